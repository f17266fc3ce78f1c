"""Where the states of trials lie, of running and paused ones and of the best at their ends: files, bounded, and safe to lose."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from ..texts import bytes_text, count_text, numbers_text

GIGABYTE = 2**30
_OWN = re.compile(r"[0-9]+\.(state|kept)|\.[0-9]+\.(state|kept)\.[0-9]+")
"""Names of files that are written here, and of those that a process was killed while it wrote."""


@dataclass(frozen=True)
class PausedStates:
    """The files of one study. A trial whose file is gone is trained from its start again, with the same outcome."""

    folder: Path | None
    """Made when it is needed; None where nothing is kept."""
    most_bytes: int = 2 * GIGABYTE
    checkpoint_every: float | None = None
    """Seconds of training after which a running trial's state is written; None for never."""
    models: int = 0
    """Of so many of the best trials that were trained whole the last state is kept, from which they can be trained on."""

    @property
    def used(self) -> bool:
        """Whether any state may be kept."""
        return self.folder is not None and self.most_bytes > 0

    def file(self, number: int) -> Path | None:
        """Return where a trial's state goes, and comes from; None where nothing can be kept."""
        return self._made(f"{number}.state")

    def last_file(self, number: int) -> Path | None:
        """Return where a trial's state goes at its end; None where it is not kept."""
        return self._made(f"{number}.kept") if self.models else None

    def _made(self, name: str) -> Path | None:
        if self.folder is None or not self.used:
            return None
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            return None
        return self.folder / name

    def drop(self, number: int) -> None:
        """Remove the state of a trial that has ended."""
        if self.folder is not None:
            with contextlib.suppress(OSError):
                (self.folder / f"{number}.state").unlink(missing_ok=True)

    def hand_over(self, number: int, to: int) -> None:
        """Have a trial go on from the last state of another one, which is kept no longer."""
        if self.folder is not None:
            with contextlib.suppress(OSError):
                (self.folder / f"{number}.kept").replace(self.folder / f"{to}.state")

    def keep_best(self, numbers: Collection[int]) -> None:
        """Remove the last states of all but some trials."""
        for path in self._all("kept"):
            if int(path.stem) not in numbers:
                with contextlib.suppress(OSError):
                    path.unlink(missing_ok=True)

    def make_room(self, keep: int) -> None:
        """Remove the oldest states until they take no more than they may; that of one trial goes last."""
        with contextlib.suppress(OSError):
            sizes = {path: path.stat() for path in (*self._all("state"), *self._all("kept"))}
            taken = sum(stat.st_size for stat in sizes.values())
            by_age = sorted(sizes, key=lambda path: (path.stem == str(keep), sizes[path].st_mtime))
            while taken > self.most_bytes and by_age:
                oldest = by_age.pop(0)
                oldest.unlink(missing_ok=True)
                taken -= sizes[oldest].st_size

    def clear(self, best: Collection[int] = (), waiting: Collection[int] = ()) -> None:
        """Remove the files of a study that is done, and folders that nothing is left in; what was not written here stays.

        Args:
            best: Trials whose last states stay.
            waiting: Trials that have not begun to go on from their states.
        """
        if self.folder is None:
            return
        stay = {*(f"{number}.kept" for number in best), *(f"{number}.state" for number in waiting)}
        with contextlib.suppress(OSError):
            for path in self.folder.iterdir():
                if path.name not in stay and _OWN.fullmatch(path.name):
                    path.unlink(missing_ok=True)
        self.remove_empty()

    def remove_empty(self) -> None:
        """Remove the folders if nothing is left in them."""
        if self.folder is not None:
            with contextlib.suppress(OSError):
                self.folder.rmdir()
                self.folder.parent.rmdir()

    @property
    def text(self) -> str:
        """Which last states are kept, where, and how large they are; empty where none were asked for."""
        if not self.models:
            return ""
        if self.folder is None:
            return "No trial's last state is kept: there is no folder for it."
        kept = sorted(self._all("kept"), key=lambda path: int(path.stem))
        if not kept:
            return "No trial's last state is kept."
        size = bytes_text(sum(path.stat().st_size for path in kept))
        numbers = numbers_text([path.stem for path in kept], most=5)
        which = f"The last {'state' if len(kept) == 1 else 'states'} of {count_text(len(kept), 'trial')} ({numbers})"
        return f"{which}, {size}, {'is' if len(kept) == 1 else 'are'} kept in {self.folder}."

    def _all(self, kind: str) -> list[Path]:
        found = [] if self.folder is None else self.folder.glob(f"*.{kind}")
        return [path for path in found if _OWN.fullmatch(path.name)]


NO_STATES = PausedStates(None)
"""Of a study that keeps none."""
