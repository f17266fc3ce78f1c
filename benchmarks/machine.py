"""What figures were measured on: processor, cores, memory, the commit, and the versions of what took part."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

PACKAGES = ("kerasweep", "tensorflow", "keras", "keras-tuner", "optuna", "scikeras", "scikit-learn", "numpy")
IMPORTED = {"keras-tuner": "keras_tuner", "scikit-learn": "sklearn"}
"""Names of modules, where they are not those of their packages."""


def describe_machine() -> dict[str, Any]:
    """Return processor, cores, memory and system, and nothing that names the machine."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "processor": processor(),
        "cores": cores,
        "memory_gib": round(memory() / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}",
    }


def processor() -> str:
    """Return the processor's model, with the family of instructions that decides whether bfloat16 is fast."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or "unknown"
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    wide = [name for name in ("avx512f", "avx512_bf16", "amx_bf16") if re.search(rf"\b{name}\b", text)]
    return " with ".join(filter(None, (found.group(1) if found else "unknown", ", ".join(wide))))


def memory() -> int:
    """Return the machine's memory in bytes, 0 where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError):
        return 0


def describe_versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that are there; SciKeras comes with ``make bench`` only."""
    installed = {
        package: version(package) for package in PACKAGES if find_spec(IMPORTED.get(package, package))
    }
    return {"python": platform.python_version(), **installed}


def describe_commit(folder: Path) -> str:
    """Return the commit of a clone, with a plus sign where files differ from it; the pages themselves do not count."""

    def git(*words: str) -> str:
        done = subprocess.run(["git", "-C", folder, *words], capture_output=True, text=True, check=True)  # noqa: S607
        return done.stdout.strip()

    try:
        changed = git(
            "status",
            "--porcelain",
            "--",
            ".",
            *(f":!docs/{page}.*" for page in ("benchmarks", "search", "reliability")),
        )
        return git("rev-parse", "--short=10", "HEAD") + ("+" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
