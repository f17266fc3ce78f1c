"""The command line: parse, call, print. Every command is a thin layer over ``kerasweep.api`` and ``studies``."""

from .app import main

__all__ = ["main"]
