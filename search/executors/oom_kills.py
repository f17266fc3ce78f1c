"""Whether the system has ended a process for want of memory: asked of the kernel's own counts, and not guessed from a signal.

The kernel counts for each control group how many of its processes its OOM killer ended; for the whole machine, too.
"""

from __future__ import annotations

import re
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")
_MACHINE = Path("/proc/vmstat")


def counters_of(
    pid: int | str = "self", cgroups: Path = _CGROUPS, proc: Path = Path("/proc")
) -> tuple[Path, ...]:
    """Return the files that count the ends of a process and its like, the nearest to it; none where the system has none.

    The machine's own count is taken only where no group's is there: others' processes count in it.
    """
    try:
        lines = (proc / str(pid) / "cgroup").read_text().splitlines()
    except OSError:
        lines = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and "memory" not in controllers.split(","):
            continue
        root, name = (cgroups / "memory", "memory.oom_control") if controllers else (cgroups, "memory.events")
        for folder in (root / path.lstrip("/"), root):  # a container sees its own group as the root
            if _count(folder / name) is not None:
                return (folder / name,)
    return (_MACHINE,) if _count(_MACHINE) is not None else ()


def count(files: tuple[Path, ...]) -> int:
    """Return how many processes were ended for want of memory, by the files that count them."""
    return sum(_count(file) or 0 for file in files)


def _count(file: Path) -> int | None:
    try:
        found = re.search(r"^oom_kill (\d+)$", file.read_text(), re.MULTILINE)
    except OSError:
        return None
    return None if found is None else int(found[1])
