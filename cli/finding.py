"""One line of what ``kerasweep doctor`` finds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

GIBIBYTE = 1024**3


@dataclass(frozen=True)
class Finding:
    """What was looked at, and what there is."""

    name: str
    text: str
    fine: bool = True
    todo: str = ""
    """What mends it, where it is not fine."""

    @property
    def line(self) -> str:
        """All that is to be read of it."""
        return f"{self.text.removesuffix('.')}; {self.todo}" if self.todo and not self.fine else self.text

    @property
    def record(self) -> dict[str, object]:
        """What programs read of it."""
        todo = "" if self.fine else self.todo
        return {"name": self.name, "text": self.text, "fine": self.fine, "todo": todo}


def gibibytes(count: float) -> str:
    """Return a number of bytes in words: ``20.0 GiB``."""
    return f"{count / GIBIBYTE:,.1f} GiB"


def existing(path: Path) -> Path:
    """Return a path, or the closest folder above it that exists."""
    return next(one for one in (path.absolute(), *path.absolute().parents) if one.exists())
