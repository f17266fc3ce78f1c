"""Search that starts from know-how and wastes no epoch."""

from .search import KnowHow

__all__ = ["KnowHow"]
