"""Commands that train, each in a process of its own, so that the server stays light and answers meanwhile.

A job is the command line with its words: what it prints is what the page shows. Whoever stops the server ends them;
a sweep is none of them, it is launched into a process that outlives the server.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import SweepError

_KEPT = 20
"""Jobs whose files are kept."""
_TAIL = 20_000
"""Letters of its output that are shown, the last ones."""


@dataclass(frozen=True)
class Job:
    """A command that runs, or has ended."""

    key: str
    """Names it in addresses, and cannot be guessed."""
    words: tuple[str, ...]
    folder: Path
    """Of its own, for what it writes."""
    process: subprocess.Popen[bytes] = field(repr=False)

    @property
    def runs(self) -> bool:
        """Whether it has not ended yet."""
        return self.process.poll() is None

    @property
    def failed(self) -> bool:
        """Whether it ended with an error."""
        return not self.runs and self.process.returncode != 0

    @property
    def output(self) -> str:
        """What it has printed."""
        return (self.folder / "output.txt").read_text(encoding="utf-8", errors="replace")[-_TAIL:]

    @property
    def product(self) -> Path:
        """What it writes: a file or a folder, once it has ended well."""
        return self.folder / "product"


class Jobs:
    """The jobs of a server: one at a time, because each takes the whole machine."""

    def __init__(self, storage: str) -> None:
        self._storage = storage
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()
        self._folder: Path | None = None

    def start(self, words: Sequence[str], folder: Path | None = None) -> Job:
        """Start a command of Kerasweep.

        Args:
            words: Its words; ``{product}`` in one of them is replaced by the path of what it writes.
            folder: Where it lies; a new one where None.

        Raises:
            SweepError: Another one runs.
        """
        with self._lock:
            if any(job.runs for job in self._jobs.values()):
                raise SweepError("Another command of this page is running; wait until it has ended.")
            where = folder or self.new_folder()
            chosen = tuple(word.replace("{product}", str(where / "product")) for word in words)
            with (where / "output.txt").open("wb") as output:
                process = subprocess.Popen(  # noqa: S603 - our own command, whose words no shell reads
                    [sys.executable, "-m", "kerasweep", *chosen],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    # A storage may hold a password, which the words of a process do not hide.
                    env={**os.environ, "KERASWEEP_STORAGE": self._storage, "COLUMNS": "100", "NO_COLOR": "1"},
                )
            job = Job(secrets.token_urlsafe(12), chosen, where, process)
            self._jobs[job.key] = job
            self._forget()
            return job

    def find(self, key: str) -> Job | None:
        """Return a job; None where there is none of that key, or it was forgotten."""
        return self._jobs.get(key)

    def close(self) -> None:
        """End what runs, and remove what was written."""
        for job in self._jobs.values():
            if job.runs:
                job.process.terminate()
                job.process.wait()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def new_folder(self) -> Path:
        """Return a new folder that nobody else can read."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="kerasweep-ui-"))
        return Path(tempfile.mkdtemp(dir=self._folder))

    def _forget(self) -> None:
        while len(self._jobs) > _KEPT:
            oldest = next(iter(self._jobs))
            shutil.rmtree(self._jobs.pop(oldest).folder, ignore_errors=True)
