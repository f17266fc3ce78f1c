"""What ``kerasweep doctor`` finds on disks: the storage, what lies beside it, caches, and the folder of data."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ..errors import KerasweepError
from ..studies import damaged, read_all, shown_storage
from ..studies.storage import sqlite_path, states_folder
from ..texts import bytes_text, count_text
from .finding import GIBIBYTE, Finding, existing, gibibytes

DATASETS = ("mnist", "fashion_mnist", "cifar10", "cifar100")
LITTLE = 2 * GIBIBYTE
"""Bytes of free disk below which a sweep may fail: data are laid out once for the workers, and states of trials are kept."""


def temporary() -> Iterator[Finding]:
    """Tell how much room there is for data that are laid out for workers."""
    folder = Path(tempfile.gettempdir())
    free = shutil.disk_usage(folder).free
    todo = "make room, or name another folder by TMPDIR"
    yield Finding("temporary", f"{folder}, {gibibytes(free)} free", free > LITTLE, todo)


def storage(url: str) -> Iterator[Finding]:
    """Tell what the storage holds, or what keeps it from being read."""
    path, shown = sqlite_path(url), shown_storage(url)
    if path is not None and not path.exists():
        folder = path.absolute().parent
        writable = folder.is_dir() and os.access(folder, os.W_OK)
        text = f"{shown}, {'made by the first sweep' if writable else 'cannot be made'}"
        yield Finding("storage", text, writable, f"make the folder {folder}, or let yourself write to it")
        return
    try:
        found = read_all(url)
    except KerasweepError as error:
        yield Finding("storage", str(error), fine=False)
        return
    for one in damaged(found):
        todo = "put a backup in its place, or remove it: optuna delete-study"
        yield Finding("study", str(one.error), fine=False, todo=todo)
    text = f"{shown}, {count_text(len(found), 'study')}"
    if path is None:
        yield Finding("storage", text)
        return
    writable = os.access(path, os.W_OK) and os.access(path.absolute().parent, os.W_OK)
    text += "" if writable else ", can be read only"
    yield Finding(
        "storage", text, writable, f"let yourself write to it and to its folder {path.absolute().parent}"
    )


def states(url: str) -> Iterator[Finding]:
    """Tell what is kept of trials that are paused, or may be trained further, and how much room there is for more."""
    of_study = states_folder(url, 0)
    if of_study is None:
        text = "no home folder: no trial's state is kept, and what is paused trains from its start"
        yield Finding("states", text, fine=False, todo="name a folder by XDG_CACHE_HOME")
        return
    local = sqlite_path(url) is not None
    folder = of_study.parent if local else of_study.parent.parent
    files = [file for file in folder.rglob("*.*") if file.suffix in (".state", ".kept")]
    kept = f"{count_text(len(files), 'state')} of {bytes_text(sum(file.stat().st_size for file in files))}"
    yield _room(
        "states", folder, kept if files else "none kept", "make room, or bound what is kept by --keep-states"
    )


def cache() -> Iterator[Finding]:
    """Tell what is kept of pictures and arrays that were read once."""
    from ..training.data.disk_cache import FOLDER_VARIABLE, cache_folder, entries

    whole = [entry for _, entry in entries()]
    kept = f"{count_text(len(whole), 'entry')} of {bytes_text(sum(entry.bytes for entry in whole))}"
    todo = f"make room, or name another folder by {FOLDER_VARIABLE}"
    yield _room("cache", cache_folder(), kept if whole else "empty", todo)


def data() -> Iterator[Finding]:
    """Tell which data sets need no download."""
    folder = os.environ.get("KERASWEEP_DATA")
    if not folder:
        yield Finding(
            "data", "KERASWEEP_DATA is not set: mnist and its like are downloaded by keras.datasets"
        )
        return
    if not Path(folder).is_dir():
        text = f"KERASWEEP_DATA={folder} is not a folder"
        yield Finding("data", text, fine=False, todo="name one that holds mnist.npz, or unset it")
        return
    here = [name for name in DATASETS if (Path(folder) / f"{name}.npz").is_file()]
    yield Finding("data", f"{folder}: {', '.join(here) or 'none of ' + ', '.join(DATASETS)}")


def _room(name: str, folder: Path, kept: str, todo: str) -> Finding:
    """Return what a folder keeps, and whether more can be kept there; it may not be made yet."""
    there = existing(folder)
    free = shutil.disk_usage(there).free
    text = f"{folder}, {kept}, {gibibytes(free)} free"
    if not (there.is_dir() and os.access(there, os.W_OK)):
        return Finding(name, f"{text}, cannot be written", fine=False, todo=f"let yourself write to {there}")
    return Finding(name, text, free > LITTLE, todo)
