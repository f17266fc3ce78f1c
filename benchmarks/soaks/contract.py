"""What a soak is, what it finds, and where it runs: in a folder of its own, with processes that can be told from all others."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SECONDS = 600.0
"""In which any single command must have ended: what takes longer hangs."""


@dataclass(frozen=True)
class Finding:
    """What came of a soak: a row of ``docs/reliability.md``."""

    done: str
    """What was done, with its numbers, as ``200 kills in 31 sweeps``."""
    faults: tuple[str, ...] = ()
    """What should not have been; none where all held."""


@dataclass(frozen=True)
class Soak:
    """One kind of harm, done so often."""

    name: str
    what: str
    """What is done, as the page says it."""
    promise: str
    """What must come of it."""
    run: Callable[[Place, int], Finding]
    size: int
    """How often, in ``make soak``."""
    tiny: int = 1
    """How often, in the tests."""


class Place:
    """A folder in which a soak's processes run, and leave nothing."""

    def __init__(self, folder: Path, popen: Callable[..., subprocess.Popen[Any]] = subprocess.Popen) -> None:
        """Take an empty folder.

        Args:
            folder: It holds the database and, in ``tmp``, temporary files.
            popen: Starts processes.
        """
        self.folder = folder
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        self._popen = popen

    def start(self, *words: object, new: bool = False, **more: str) -> subprocess.Popen[Any]:
        """Start ``kerasweep`` with arguments; its output goes to ``output.txt``.

        Args:
            words: The arguments.
            new: Whether it is a new process even where others are forked: of a forked one, memory is also what it shared before.
            more: Is added to its environment.
        """
        environment = {**os.environ, "TMPDIR": str(self.temporary), "TF_CPP_MIN_LOG_LEVEL": "3", **more}
        command = [sys.executable, "-m", "kerasweep", *map(str, words)]
        with (self.folder / "output.txt").open("ab") as output:
            return (subprocess.Popen if new else self._popen)(
                command,
                cwd=self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    @property
    def output(self) -> str:
        """The last that its processes have written."""
        with contextlib.suppress(OSError):
            return (self.folder / "output.txt").read_text(encoding="utf-8", errors="replace")[-2000:]
        return ""

    def workers(self) -> list[int]:
        """Return the workers that run in the folder, or its subfolders."""
        return [
            int(process.name) for process in Path("/proc").glob("[0-9]*") if _is_worker(process, self.folder)
        ]

    def processes(self) -> list[str]:
        """Return what still runs in the folder, once what dies had a moment to."""
        return _none_left(lambda: list(_processes_in(self.folder)))

    def litter(self, *kept: str) -> list[str]:
        """Return the files that are left in the folder, but those of some names, and what is left in ``tmp``."""
        own = {*kept, "output.txt", "tmp"}
        return _none_left(
            lambda: [
                *(path.name for path in self.folder.iterdir() if path.name not in own),
                *(f"tmp/{path.name}" for path in self.temporary.iterdir()),
            ]
        )


def _none_left(look: Callable[[], list[str]], seconds: float = 10.0) -> list[str]:
    """Return what is found, at last: nothing as soon as there is nothing."""
    end = time.monotonic() + seconds
    while (found := look()) and time.monotonic() < end:
        time.sleep(0.1)
    return found


def _is_worker(process: Path, folder: Path) -> bool:
    """Tell whether a process, by its folder under ``/proc``, is a worker whose temporary files lie in a folder.

    A forked process has another's command line, but a name of its own.
    """
    with contextlib.suppress(OSError, UnicodeDecodeError):
        ours = (process / "cwd").readlink().is_relative_to(folder)
        name, command = (process / "comm").read_text(), (process / "cmdline").read_text()
        return ours and (name.strip() == "worker" or "executors.worker" in command)
    return False


def _processes_in(folder: Path) -> Iterator[str]:
    """Yield the processes whose working folder is one, by number and command."""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (process / "cwd").readlink() == folder and process.name != str(os.getpid()):
                yield f"{process.name} {(process / 'cmdline').read_text().replace(chr(0), ' ')[:80]}"


@contextmanager
def ended(process: subprocess.Popen[Any]) -> Iterator[subprocess.Popen[Any]]:
    """Kill a process at the end, if it still runs."""
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def differences(expected: list[dict[str, Any]], found: list[dict[str, Any]]) -> list[str]:
    """Say what is other in one list of trials than in another."""
    if len(expected) != len(found):
        return [f"{len(found)} trials, not {len(expected)}"]
    return [
        f"trial {one['number']} has another {key}: {other[key]}, not {one[key]}"
        for one, other in zip(expected, found, strict=True)
        for key in one
        if one[key] != other[key]
    ]


def unfinished(url: str, study: str, count: int) -> list[str]:
    """Say what is other in a study than it must be: so many trials, all complete, numbered without a gap."""
    from kerasweep.studies import read_study, read_trials

    trials = read_trials(read_study(study, url))
    gaps = (
        [] if [one.number for one in trials] == list(range(count)) else [f"{len(trials)} trials, not {count}"]
    )
    return gaps + [f"trial {one.number} is {one.state}" for one in trials if one.state != "complete"]
