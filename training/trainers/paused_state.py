"""The state of a trial between two epochs, as a file: what goes on from it goes on exactly as if it never had been interrupted.

The file is an archive that holds no pickled objects: a text with all that is small, and the bytes of each fold's
variables. It may be lost, cut off or another trial's at any time; a trial then trains from its start, with the same
outcome.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from ..events import Task
from ..plateau import Standstill
from ..workload import Workload

LAYOUT = 2
"""Of the file, and of what an epoch does with it; states of another number are not used."""
SURE = 60.0
"""Seconds of training from which on a state is made sure to lie on the disk, which takes longer than to write it."""
_HEADER = "header.json"


class UnusableStateError(Exception):
    """No trial goes on from it, or it cannot be taken; says why."""


@dataclass(frozen=True)
class FoldState:
    """One fold between two epochs."""

    variables: tuple[np.ndarray, ...]
    """Of its model and its optimizer, in the order in which its trainer has them."""
    standstill: Standstill | None = None
    """What the schedule ``plateau`` has seen of its losses; None for another schedule."""

    def check_fits(self, variables: Sequence[Any]) -> None:
        """Refuse a state of another model.

        Args:
            variables: Those that it would be given to, with a shape and a dtype each.

        Raises:
            UnusableStateError: Their number, a shape or a dtype differs.
        """
        found = [(tuple(each.shape), _dtype_name(each.dtype)) for each in variables]
        if found != [(each.shape, each.dtype.name) for each in self.variables]:
            raise UnusableStateError("its variables are another model's")


@dataclass(frozen=True)
class PausedTrial:
    """All that a trial needs to go on."""

    identity: str
    """Of what was trained, and how: see ``identity_of``."""
    folds: tuple[FoldState, ...]
    """Of those that were trained."""
    curves: dict[str, list[list[float]]]
    """Metric -> fold -> epoch."""
    seconds: float
    """That it has trained so far."""
    span: int | None = None
    """All epochs that it was made for, where its training depends on their number, as a cosine schedule does."""
    trial: int | None = None
    """The number of the trial whose state it is; None where a file of an earlier version does not say."""
    taken_over: int = 0
    """Epochs among its own that were trained by the trial that it continues."""

    @property
    def lengths(self) -> list[int]:
        """Epochs that each of the folds has trained."""
        return [max(map(len, fold)) for fold in zip(*self.curves.values(), strict=True)]


def identity_of(workload: Workload, task: Task, method: str) -> str:
    """Return a text that is equal for trainings that can go on from each other's states.

    Args:
        workload: What is trained on.
        task: Its configuration and seed count.
        method: Which trainer, and how it trains: what the variables are, and in which order.
    """
    seen = (
        *(LAYOUT, version("keras"), version("tensorflow"), method),
        *(workload.identity, sorted(task.configuration.items()), task.seed),
    )
    return hashlib.blake2b(repr(seen).encode(), digest_size=16).hexdigest()


def save_state(paused: PausedTrial, path: Path) -> None:
    """Write a state, whole or not at all; of a short training, it may be damaged where the machine fails soon after.

    Raises:
        UnusableStateError: A variable is of objects, which no archive without pickles can hold.
        OSError: The disk is full, or may not be written to.
    """
    if any(variable.dtype.hasobject for fold in paused.folds for variable in fold.variables):
        raise UnusableStateError("a variable holds objects")
    header = {
        "identity": paused.identity,
        "curves": paused.curves,
        "seconds": paused.seconds,
        "span": paused.span,
        "trial": paused.trial,
        "taken_over": paused.taken_over,
        "folds": [_describe(fold) for fold in paused.folds],
    }
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with zipfile.ZipFile(beside, "w") as archive:
            archive.writestr(_HEADER, json.dumps(header))
            for number, fold in enumerate(paused.folds):
                with archive.open(str(number), "w", force_zip64=True) as entry:
                    for variable in fold.variables:
                        entry.write(np.ascontiguousarray(variable).reshape(-1).view(np.uint8).data)
        if paused.seconds >= SURE:
            with beside.open("rb+") as written:
                os.fsync(written.fileno())  # a machine that fails must not leave a new name for old blocks
        beside.replace(path)
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)


def load_state(path: Path, identity: str, epochs: int) -> PausedTrial:
    """Read a state of the training with an identity, which has so many epochs in all.

    Raises:
        UnusableStateError: The file is another trial's, or damaged, or made for other epochs, on which its training depends.
        OSError: It is missing, or cannot be read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _refuse_packed(archive, path.stat().st_size)
            header = json.loads(archive.read(_HEADER))
            data = [archive.read(str(number)) for number in range(len(header["folds"]))]
        found = PausedTrial(
            header["identity"],
            tuple(map(_from_bytes, header["folds"], data)),
            header["curves"],
            header["seconds"],
            header.get("span"),
            header.get("trial"),
            header.get("taken_over", 0),
        )
        _check_numbers(found)
    except OSError:
        raise
    except Exception as error:
        raise UnusableStateError("the file is damaged") from error  # whatever is made of what it holds
    if found.identity != identity:
        raise UnusableStateError("it is of another training")
    if found.span not in (None, epochs):
        raise UnusableStateError(
            f"its training depends on how many epochs it has in all, as a cosine schedule does, {found.span} then and {epochs} now"
        )
    return found


def _refuse_packed(archive: zipfile.ZipFile, size: int) -> None:
    """Refuse what no trial has written: a few bytes may unpack to gigabytes, or be the contents of many entries."""
    entries = archive.infolist()
    packed = any(entry.file_size > entry.compress_size for entry in entries)
    if packed or sum(entry.file_size for entry in entries) > size:
        raise zipfile.BadZipFile


def _check_numbers(paused: PausedTrial) -> None:
    """Refuse curves and times of a file that are none, as others may have written it.

    Raises:
        ValueError: One is.
    """
    of_folds = [fold for every in paused.curves.values() for fold in every]
    shaped = all(len(every) == len(paused.folds) for every in paused.curves.values())
    epochs = [value for fold in of_folds for value in fold]
    if not (shaped and all(isinstance(one, int | float) for one in (*epochs, paused.seconds))):
        raise ValueError
    if not all(one is None or isinstance(one, int) for one in (paused.span, paused.trial, paused.taken_over)):
        raise ValueError


def _describe(fold: FoldState) -> dict[str, Any]:
    """Return all of a fold but its numbers."""
    return {
        "variables": [(variable.dtype.name, variable.shape) for variable in fold.variables],
        "standstill": fold.standstill,
    }


def _from_bytes(written: dict[str, Any], data: bytes) -> FoldState:
    variables, start = [], 0
    for name, shape in written["variables"]:
        dtype, count = np.dtype(name), int(np.prod(shape))
        variables.append(np.frombuffer(data, dtype, count, start).reshape(shape))
        start += count * dtype.itemsize
    standstill = written["standstill"]
    return FoldState(tuple(variables), None if standstill is None else Standstill(*standstill))


def _dtype_name(dtype: Any) -> str:
    return dtype if isinstance(dtype, str) else str(dtype.name)
