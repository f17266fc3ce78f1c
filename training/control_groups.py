"""What the control groups of this process bound: in a container, or under a scheduler, that is less than the machine has."""

from __future__ import annotations

from pathlib import Path

GROUPS = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")


def memory_left() -> int | None:
    """Return the bytes of memory that the groups of this process leave it; None where none bounds it."""
    try:
        lines = OWN.read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    left = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and "memory" not in controllers.split(","):
            continue
        root = GROUPS / "memory" if controllers else GROUPS
        own = root / path.lstrip("/")
        # A container sees its own group as the root, whatever its path is outside.
        folders = (own, *own.parents) if own.is_dir() else (root,)
        left += [_left(folder, old=bool(controllers)) for folder in folders if folder.is_relative_to(root)]
    return min((one for one in left if one is not None), default=None)


def _left(folder: Path, *, old: bool) -> int | None:
    names = ("memory.limit_in_bytes", "memory.usage_in_bytes") if old else ("memory.max", "memory.current")
    try:
        most, used = (int((folder / name).read_text(encoding="ascii")) for name in names)
    except (OSError, ValueError):  # a root has no bound, and "max" is none
        return None
    return max(
        0,
        most - used + _reclaimable(folder / "memory.stat", "total_inactive_file" if old else "inactive_file"),
    )


def _reclaimable(file: Path, name: str) -> int:
    """Return the bytes of files that were read, which count as used and are given back when they are wanted."""
    try:
        lines = (line.split() for line in file.read_text(encoding="ascii").splitlines())
        return next(int(words[1]) for words in lines if words[0] == name)
    except (OSError, ValueError, IndexError, StopIteration):
        return 0
