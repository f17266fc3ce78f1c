"""Tracks which values of its configuration a model reads, and collects notes for its trial.

A process builds one model at a time. Its notes are taken by whoever runs the trial (``run_task``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ...spaces import Configuration, Value

_notes: dict[str, None] = {}


def note(text: str) -> None:
    """Have the trial that is running say something, once."""
    _notes[text] = None


def take_notes() -> tuple[str, ...]:
    """Return what was noted since this was last called, and forget it."""
    taken = tuple(_notes)
    _notes.clear()
    return taken


class TrackedConfiguration(dict[str, Value]):
    """A configuration that remembers which of its values were read; whoever goes through all reads all."""

    def __init__(self, configuration: Mapping[str, Value]) -> None:
        super().__init__(configuration)
        self.read: set[str] = set()

    def __getitem__(self, name: str) -> Value:
        self.read.add(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self.read.add(str(name))
        return super().__contains__(name)

    def get(self, name: str, default: Any = None) -> Any:
        """Return a value, or the default."""
        self.read.add(name)
        return super().get(name, default)

    def pop(self, name: str, *default: Any) -> Any:
        """Take a value out."""
        self.read.add(name)
        return super().pop(name, *default)

    def __iter__(self) -> Iterator[str]:
        self.read.update(super().keys())
        return super().__iter__()

    def keys(self) -> Any:
        """Return all names."""
        self.read.update(super().keys())
        return super().keys()

    def values(self) -> Any:
        """Return all values."""
        self.read.update(super().keys())
        return super().values()

    def items(self) -> Any:
        """Return all names with their values."""
        self.read.update(super().keys())
        return super().items()

    def copy(self) -> dict[str, Value]:
        """Return all of it, no longer tracked."""
        return dict(self)


def untracked(configuration: Configuration) -> Configuration:
    """Return a copy of a configuration, of which nothing counts as read."""
    return dict(dict.items(configuration))


def mark_read(configuration: Configuration, names: Iterable[str]) -> None:
    """Let values count as read, which were handed on without being looked at."""
    if isinstance(configuration, TrackedConfiguration):
        configuration.read.update(names)
