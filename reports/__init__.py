"""What people look at: figures, cards with a reading in words, and the report, as HTML, Markdown or pictures."""

from .html import render_report
from .markdown import render_markdown
from .writing import write_report

__all__ = ["render_markdown", "render_report", "write_report"]
