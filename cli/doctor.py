"""What ``kerasweep doctor`` looks at; nothing of it imports TensorFlow."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from ..errors import KerasweepError
from ..studies import read_studies, shown_storage
from ..studies.storage import sqlite_path
from ..texts import count_text

PACKAGES = ("kerasweep", "tensorflow", "keras", "keras-tuner", "optuna", "scikit-learn", "pandas", "plotly")
DATASETS = ("mnist", "fashion_mnist", "cifar10", "cifar100")
LITTLE = 2 * 1024**3
"""Bytes of free disk below which a sweep may fail: data are laid out once for the workers."""


@dataclass(frozen=True)
class Finding:
    """One line of the examination."""

    name: str
    text: str
    fine: bool = True


def examine(url: str) -> list[Finding]:
    """Return all findings, in the order in which they are shown."""
    return [_python(), *_packages(), _machine(), _disk(), _storage(url), _data()]


def _python() -> Finding:
    text = f"{platform.python_version()} at {sys.executable}"
    return Finding("python", text, sys.version_info >= (3, 11))


def _packages() -> list[Finding]:
    found, missing = [], []
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            missing.append(package)
    findings = [Finding("packages", ", ".join(found))]
    if missing or find_spec("tensorflow") is None:
        findings.append(
            Finding("missing", f"{', '.join(missing) or 'tensorflow'}; install with pip", fine=False)
        )
    return findings


def _machine() -> Finding:
    from ..training.machine import computes_bfloat16, cores

    bfloat16 = ", computes bfloat16 (--precision auto)" if computes_bfloat16() else ""
    return Finding("machine", f"{platform.system()} {platform.machine()}, {cores()} cores{bfloat16}")


def _disk() -> Finding:
    import tempfile

    free = shutil.disk_usage(tempfile.gettempdir()).free
    return Finding("temporary", f"{tempfile.gettempdir()}, {free / 1024**3:.1f} GiB free", free > LITTLE)


def _storage(url: str) -> Finding:
    path = sqlite_path(url)
    shown = shown_storage(url)
    if path is not None and not path.exists():
        folder = path.absolute().parent
        writable = folder.is_dir() and os.access(folder, os.W_OK)
        return Finding(
            "storage", f"{shown}, " + ("made by the first sweep" if writable else "cannot be made"), writable
        )
    try:
        count = len(read_studies(url))
    except KerasweepError as error:
        return Finding("storage", str(error), fine=False)
    return Finding("storage", f"{shown}, {count_text(count, 'study')}")


def _data() -> Finding:
    folder = os.environ.get("KERASWEEP_DATA")
    if not folder:
        return Finding(
            "data", "KERASWEEP_DATA is not set: mnist and its like are downloaded by keras.datasets"
        )
    if not Path(folder).is_dir():
        return Finding("data", f"KERASWEEP_DATA={folder} is not a folder", fine=False)
    here = [name for name in DATASETS if (Path(folder) / f"{name}.npz").is_file()]
    return Finding("data", f"{folder}: {', '.join(here) or 'none of ' + ', '.join(DATASETS)}")
