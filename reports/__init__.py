"""What people look at: figures, cards with a reading in words, and the HTML report."""

from .html import render_report, write_report

__all__ = ["render_report", "write_report"]
