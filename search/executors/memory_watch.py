"""Ends a worker that holds more memory than it may, before the system ends whom it likes."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from ...texts import bytes_text
from .process import WorkerProcess, kill_group

SECONDS = 0.5
"""Between two looks: a process may fill a gigabyte meanwhile."""
MOST_SHARE = 0.05
"""Of a core that looking may take, on a machine with thousands of processes."""
_PROCESSES = Path("/proc")


class MemoryWatch:
    """Looks in a thread of its own: the driver may be busy when a worker runs away."""

    def __init__(self, most: float) -> None:
        """Prepare to watch.

        Args:
            most: Bytes of its own that each worker may hold, with all processes that it has started.
        """
        self._most = most
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, workers: Callable[[], Sequence[WorkerProcess]]) -> None:
        """Begin to watch the workers that there are, where they are bounded and the system says what they hold."""
        if math.isfinite(self._most) and _PROCESSES.is_dir():
            self._thread = threading.Thread(target=self._watch, args=(workers,), daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Watch no longer. May be called twice."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _watch(self, workers: Callable[[], Sequence[WorkerProcess]]) -> None:
        pause = SECONDS
        while not self._over.wait(pause):
            began = time.monotonic()
            running = [worker for worker in workers() if worker.process.poll() is None]
            held = group_memory(worker.process.pid for worker in running)
            for worker in running:
                if (bytes_held := held[worker.process.pid]) > self._most:
                    worker.exceeded = (
                        f"it held {bytes_text(bytes_held)} of memory and may hold {bytes_text(self._most)}"
                    )
                    kill_group(worker.process)
            pause = max(SECONDS, (time.monotonic() - began) / MOST_SHARE)


def group_memory(leaders: Iterable[int]) -> dict[int, int]:
    """Return the bytes of memory that process groups hold of their own, by their leaders.

    What is mapped from a file, such as the data of a sweep, is the system's to take back, and does not count.
    """
    held = dict.fromkeys(leaders, 0)
    for folder in _PROCESSES.glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text(encoding="ascii", errors="replace")
            group = int(stat.rpartition(")")[2].split()[2])
            if group in held:
                held[group] += _own_bytes((folder / "status").read_text(encoding="ascii", errors="replace"))
        except (OSError, IndexError, ValueError):
            continue  # it has ended
    return held


def _own_bytes(status: str) -> int:
    lines = (line.split() for line in status.splitlines() if line.startswith(("RssAnon:", "RssShmem:")))
    return sum(int(line[1]) * 1024 for line in lines)
