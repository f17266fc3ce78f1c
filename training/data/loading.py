"""`load_dataset`: from a name, a file, a folder, a function or Python objects to a `Dataset`."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import DataError, did_you_mean
from ...texts import names_text
from .arrays import keeps_shape, shape_text
from .assembling import AssemblyOptions, assemble
from .dataset import Dataset
from .delimited import table_suffix
from .files import TABLE_SUFFIXES, read_npz, read_table
from .images import read_image_folder
from .multiple_inputs import holds_several
from .named_datasets import KNOWN_NAMES, known_name, load_named
from .python_sources import call_function, from_object, is_function
from .rare_classes import RareClasses
from .series import check_series_options
from .source_data import SourceData
from .splits import SplitOptions, TestSplit, limited
from .table_options import TableOptions, names_of
from .tasks import TASKS, Task

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["KNOWN_NAMES", "load_dataset"]

ASKED_TASKS = tuple(task for task in TASKS if task != "outputs")
"""What may be asked for; several outputs are no choice."""


def load_dataset(
    source: Any,
    *,
    target: str | Sequence[str] | None = None,
    task: Task | None = None,
    group: str | None = None,
    weight: str | None = None,
    validation: str | None = None,
    fold_column: str | None = None,
    limit: int | None = None,
    seed: int = 0,
    test_size: float = 0.25,
    test_split: TestSplit = "random",
    header: bool | None = None,
    encoding: str | None = None,
    drop: str | Sequence[str] = (),
    drop_missing_target: bool = False,
    window: int | None = None,
    horizon: int | None = None,
    time_column: str | None = None,
    keep_shape: bool = False,
    rare_classes: RareClasses | None = None,
    fewest: int = 2,
    stratify: str | None = None,
) -> Dataset:
    """Load data from any source, check it, and set test rows aside.

    What is decided by rule is written into the dataset's ``notes``. Text columns of a table become categories whose
    vocabulary is that of the whole training table, so that every fold has the same input width; nothing else is taken
    from outside a fold's training part.

    Args:
        source: A name (``digits``, ``iris``, ``wine``, ``breast_cancer``, ``diabetes``, ``mnist``, ``fashion_mnist``,
            ``cifar10``, ``cifar100``); a path to ``.csv``, ``.tsv``, ``.parquet``, ``.npz`` or to a folder with one
            folder of images per class; ``module:function`` or ``file.py:function``; or a Python object: (x, y),
            ((x_train, y_train), (x_test, y_test)), a DataFrame, a dict of arrays, a Dataset. Several inputs are a dict,
            list or tuple of arrays in place of ``x``.
        target: The column to predict, for tables; several columns for several labels a row, or a regression with several
            targets.
        task: ``classification``, ``multilabel`` (columns of 0 and 1, with any number of ones a row) or ``regression``; by
            rule from the target's values if None.
        validation: A column that says which rows validate: 1 or 0, true or false, validation or train.
        fold_column: A column with the number of the fold in which a row validates; -1 for rows that always train.
        weight: A column of numbers that rows weigh by in the loss; Python objects bring ``sample_weight``.
        group: A column (tables) or array (``.npz``, dict) of labels; equal labels stay on one side of every split.
        limit: Most training rows to keep: a draw with class proportions kept; test rows are not touched.
        seed: Seed of the test split and of the draw.
        test_size: Part of the rows to hold out where the source has no test split, between 0 and 1.
        test_split: Hold out rows drawn by chance, or the last ones, for rows in order of time.
        header: Whether a CSV's first line holds names; without, columns are ``c0``, ``c1``, ..., and ``target`` may be a
            position. Names that look like data are refused where None.
        encoding: Of a CSV's text; its byte order mark's, else UTF-8, where None.
        drop: Columns of a table that are left out; without a header also by position.
        drop_missing_target: Leave out rows of a table without a target, which are refused otherwise.
        window: Rows that a prediction looks back on, for a table whose rows are steps of time: they become windows, the
            last rows are held out, and the target's own past is a feature.
        horizon: Rows from the last one of a window to the one that is predicted; 1 where None.
        time_column: What rows are sorted by, numbers or dates; they are taken as they are where None.
        keep_shape: Whether arrays keep their shape, however much they look like images.
        rare_classes: Drop or merge classes of fewer training rows than ``fewest``; all stay where None.
        fewest: Training rows that a class needs to be in every fold.
        stratify: Which of several outputs holds classes whose proportions every split keeps.

    Returns:
        The data, training rows in their source's order.

    Raises:
        DataError: The source does not exist or cannot be used; the message says what to do.
    """
    if task is not None and task not in ASKED_TASKS:
        raise DataError(f"unknown task '{task}'.{did_you_mean(str(task), ASKED_TASKS)}")
    if limit is not None and limit < 1:
        raise DataError(f"limit must be a positive number of rows, got {limit}")
    options = TableOptions(
        target,
        group,
        weight,
        header,
        encoding,
        names_of(drop),
        drop_missing_target,
        window,
        horizon,
        time_column,
        validation,
        fold_column,
    )
    check_series_options(options, source if isinstance(source, str) else "the data given")
    test = SplitOptions(test_size, test_split if window is None else "last", seed)
    source_data = _read(source, options)
    if isinstance(source_data, Dataset):
        if clash := [*options.given, *(["task"] if task not in (None, source_data.task) else [])]:
            raise DataError(f"{source_data.name} is a Dataset already: {names_text(clash)} cannot be changed")
        return limited(source_data, limit, seed)
    if keep_shape:
        source_data = _left_as_given(source_data)
    asked = AssemblyOptions(task, test, rare_classes, fewest, stratify, options)
    return limited(assemble(source_data, asked), limit, seed)


def _left_as_given(source_data: SourceData) -> SourceData:
    """Return data whose arrays keep their shape, however much they look like images."""
    x = source_data.x
    if source_data.kind is not None or holds_several(x, source_data.y) or not keeps_shape(x):
        return source_data
    note = f"rows of shape {shape_text(x)} left as given"
    return replace(source_data, kind="array", notes=(*source_data.notes, note))


def _read(source: Any, options: TableOptions) -> SourceData | Dataset:
    """Find out what kind of source this is, and read it."""
    columns = replace(options, header=None, encoding=None)
    if not isinstance(source, str | os.PathLike):
        _refuse("data given in Python", options, columns)
        return from_object(source, "the data given", options)
    text = os.fspath(source)
    name = known_name(text)
    if name is not None and isinstance(source, str):
        _refuse(name, options)
        return load_named(name)
    path = Path(text).expanduser()
    if is_function(text) and not path.exists():
        _refuse(text, options, columns)
        return call_function(text, options)
    if path.is_dir():
        _refuse(str(path), options)
        return read_image_folder(path)
    if path.exists() or path.suffix or isinstance(source, os.PathLike) or "/" in text:
        return _read_file(path, options)
    raise DataError(
        f"unknown data '{text}'.{did_you_mean(text, KNOWN_NAMES)} A path to {', '.join(TABLE_SUFFIXES)}, .npz, or a "
        f"folder of images, or module:function, works too."
    )


def _read_file(path: Path, options: TableOptions) -> SourceData:
    suffix = table_suffix(path)
    if not path.exists():
        near = [other.name for other in sorted(path.parent.iterdir())] if path.parent.is_dir() else []
        raise DataError(f"no file or folder '{path}'.{did_you_mean(path.name, near)}")
    if suffix in TABLE_SUFFIXES:
        return read_table(path, options)
    if suffix == ".npz":
        _refuse(str(path), options, TableOptions(group=options.group))
        return read_npz(path, options.group)
    if suffix == ".py":
        raise DataError(f"{path} is a Python file: name its function too, as in {path.name}:load")
    raise DataError(
        f"{path}: cannot read '{suffix}' files; known: {', '.join(TABLE_SUFFIXES)}, .npz, image folders"
    )


def _refuse(name: str, options: TableOptions, known: TableOptions | None = None) -> None:
    """Refuse options that only tables' files know, but for those that a source knows too."""
    known = known or TableOptions()
    if clash := [word for word in options.given if word not in known.given]:
        raise DataError(f"{name} takes no {' or '.join(clash)}: that is for the columns of a table's file")
