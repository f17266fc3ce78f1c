"""Runs exported programs where Kerasweep cannot be imported."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

CODE = """
import runpy, sys
names = [name for name in sys.modules if name.partition(".")[0] == "kerasweep"]
sys.modules.update(dict.fromkeys([*names, "kerasweep"]))
sys.argv = sys.argv[1:]
sys.path[0] = "."
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def run_alone(python: Callable[..., Any], folder: Path, *arguments: str) -> str:
    """Run a program of a folder in a process of its own, forked by the fixture ``python``; return what it prints."""
    done = python("-c", CODE, *arguments, cwd=folder, timeout=300)
    assert done.returncode == 0, done.stderr
    return str(done.stdout)
