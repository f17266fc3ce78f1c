"""GPUs that are not there: a tool that says what NVIDIA's would."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from kerasweep.training import gpus

A100, T4, P100 = ("A100", 40960, "8.0"), ("T4", 15360, "7.5"), ("P100", 16384, "6.0")


def pretend_gpus(folder: Path, monkeypatch: pytest.MonkeyPatch, *cards: tuple[str, int, str]) -> None:
    """Have ``nvidia-smi`` tell of some GPUs, in this process and in those that it starts."""
    lines = [
        f"{place}, GPU-{place}f00, NVIDIA {name}, {mebibytes}, {capability}"
        for place, (name, mebibytes, capability) in enumerate(cards)
    ]
    folder.mkdir(exist_ok=True)
    tool = folder / gpus.TOOL
    tool.write_text("#!/bin/sh\ncat <<'END'\n" + "\n".join(lines) + "\nEND\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv(gpus.VISIBLE, raising=False)
    monkeypatch.delenv(gpus.ORDER, raising=False)
    gpus._all_gpus.cache_clear()
