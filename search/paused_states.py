"""Where the states of paused trials lie: files beside the database, bounded, and safe to lose."""

from __future__ import annotations

import contextlib
import shutil
from dataclasses import dataclass
from pathlib import Path

GIGABYTE = 2**30


@dataclass(frozen=True)
class PausedStates:
    """The files of one study. A trial whose file is gone is trained from its start again, with the same outcome."""

    folder: Path | None
    """Made when it is needed; None where nothing is kept."""
    most_bytes: int = 2 * GIGABYTE

    def file(self, number: int) -> Path | None:
        """Return where a trial's state goes, and comes from; None where nothing can be kept."""
        if self.folder is None or self.most_bytes == 0:
            return None
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            return None
        return self.folder / f"{number}.state"

    def drop(self, number: int) -> None:
        """Remove the state of a trial that has ended."""
        if self.folder is not None:
            with contextlib.suppress(OSError):
                (self.folder / f"{number}.state").unlink(missing_ok=True)

    def make_room(self, keep: int) -> None:
        """Remove the oldest states until they take no more than they may; that of one trial goes last."""
        if self.folder is None:
            return
        with contextlib.suppress(OSError):
            sizes = {path: path.stat() for path in self.folder.glob("*.state")}
            taken = sum(stat.st_size for stat in sizes.values())
            by_age = sorted(sizes, key=lambda path: (path.stem == str(keep), sizes[path].st_mtime))
            while taken > self.most_bytes and by_age:
                oldest = by_age.pop(0)
                oldest.unlink(missing_ok=True)
                taken -= sizes[oldest].st_size

    def clear(self) -> None:
        """Remove all files of a study that is done, and the folder of the database if no other study uses it."""
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
            with contextlib.suppress(OSError):
                self.folder.parent.rmdir()
