"""`load_dataset`: from a name, a file, a folder, a function or Python objects to a `Dataset`."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from ...errors import DataError, did_you_mean
from .arrays import as_array, as_image_or_array, keeps_shape, shape_text
from .dataset import Dataset, Kind, Task
from .files import TABLE_SUFFIXES, read_npz, read_table
from .images import read_image_folder
from .multiple_inputs import refuse_multiple_inputs
from .named_datasets import KNOWN_NAMES, known_name, load_named
from .python_sources import call_function, from_object, is_function
from .rare_classes import RareClasses, handle_rare_classes
from .source_data import SourceData, listing, plural
from .splits import FEWEST_ROWS, TestSplit, choose_test_rows, group_labels, held_out, limited, take
from .tables import clean_table, row_numbers
from .targets import Target, amounts, as_labels, encode, read_target, target_format_of
from .text_columns import read_texts

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["KNOWN_NAMES", "load_dataset"]


def load_dataset(
    source: Any,
    *,
    target: str | Sequence[str] | None = None,
    task: Task | None = None,
    group: str | None = None,
    limit: int | None = None,
    seed: int = 0,
    test_size: float = 0.25,
    test_split: TestSplit = "random",
    header: bool | None = None,
    keep_shape: bool = False,
    rare_classes: RareClasses | None = None,
    fewest: int = 2,
) -> Dataset:
    """Load data from any source, check it, and set test rows aside.

    What is decided by rule is written into the dataset's ``notes``. Text columns of a table become categories whose
    vocabulary is that of the whole training table, so that every fold has the same input width; nothing else is taken
    from outside a fold's training part.

    Args:
        source: A name (``digits``, ``iris``, ``wine``, ``breast_cancer``, ``diabetes``, ``mnist``, ``fashion_mnist``,
            ``cifar10``, ``cifar100``); a path to ``.csv``, ``.tsv``, ``.parquet``, ``.npz`` or to a folder with one
            folder of images per class; ``module:function`` or ``file.py:function``; or a Python object: (x, y),
            ((x_train, y_train), (x_test, y_test)), a DataFrame, a dict of arrays, a Dataset.
        target: The column to predict, for tables; several columns for a regression with several targets.
        task: ``classification`` or ``regression``; by rule from the target's values if None.
        group: A column (tables) or array (``.npz``, dict) of labels; equal labels stay on one side of every split.
        limit: Most training rows to keep: a draw with class proportions kept; test rows are not touched.
        seed: Seed of the test split and of the draw.
        test_size: Part of the rows to hold out where the source has no test split, between 0 and 1.
        test_split: Hold out rows drawn by chance, or the last ones, for rows in order of time.
        header: Whether a CSV's first line holds names; without, columns are ``c0``, ``c1``, ..., and ``target`` may be a
            position. Names that look like data are refused where None.
        keep_shape: Whether arrays keep their shape, however much they look like images.
        rare_classes: Drop or merge classes of fewer training rows than ``fewest``; all stay where None.
        fewest: Training rows that a class needs to be in every fold.

    Returns:
        The data, training rows in their source's order.

    Raises:
        DataError: The source does not exist or cannot be used; the message says what to do.
    """
    if task is not None and task not in get_args(Task):
        raise DataError(f"unknown task '{task}'.{did_you_mean(str(task), get_args(Task))}")
    if test_split not in get_args(TestSplit):
        raise DataError(
            f"unknown test split '{test_split}'.{did_you_mean(str(test_split), get_args(TestSplit))}"
        )
    if not 0 < test_size < 1:
        raise DataError(f"test_size must be between 0 and 1, got {test_size:g}")
    if limit is not None and limit < 1:
        raise DataError(f"limit must be a positive number of rows, got {limit}")
    source_data = _read(source, target, group, header)
    if isinstance(source_data, Dataset):
        given = {"target": target, "group": group, "task": task if task != source_data.task else None}
        if clash := [word for word, value in given.items() if value is not None]:
            raise DataError(f"{source_data.name} is a Dataset already: {listing(clash)} cannot be changed")
        return limited(source_data, limit, seed)
    if keep_shape and source_data.kind is None and keeps_shape(source_data.x):
        source_data = replace(
            source_data,
            kind="array",
            notes=(*source_data.notes, f"rows of shape {shape_text(source_data.x)} left as given"),
        )
    dataset = _assemble(
        source_data,
        task=task,
        seed=seed,
        test_size=test_size,
        test_split=test_split,
        rare_classes=rare_classes,
        fewest=fewest,
    )
    return limited(dataset, limit, seed)


def _read(
    source: Any, target: str | Sequence[str] | None, group: str | None, header: bool | None
) -> SourceData | Dataset:
    """Find out what kind of source this is, and read it."""
    if not isinstance(source, str | os.PathLike):
        _refuse("data given in Python", header=header)
        return from_object(source, "the data given", target, group)
    text = os.fspath(source)
    name = known_name(text)
    if name is not None and isinstance(source, str):
        _refuse(name, target=target, group=group, header=header)
        return load_named(name)
    path = Path(text).expanduser()
    if is_function(text) and not path.exists():
        _refuse(text, header=header)
        return call_function(text, target, group)
    suffix = path.suffix.lower()
    if path.is_dir():
        _refuse(str(path), target=target, group=group, header=header)
        return read_image_folder(path)
    if path.exists() or suffix or isinstance(source, os.PathLike) or "/" in text:
        return _read_file(path, suffix, target, group, header)
    raise DataError(
        f"unknown data '{text}'.{did_you_mean(text, KNOWN_NAMES)} A path to {', '.join(TABLE_SUFFIXES)}, .npz or a "
        f"folder of images, or module:function, works too."
    )


def _read_file(
    path: Path, suffix: str, target: str | Sequence[str] | None, group: str | None, header: bool | None
) -> SourceData:
    if not path.exists():
        near = [other.name for other in sorted(path.parent.iterdir())] if path.parent.is_dir() else []
        raise DataError(f"no file or folder '{path}'.{did_you_mean(path.name, near)}")
    if suffix in TABLE_SUFFIXES:
        return read_table(path, target, group, header)
    if suffix == ".npz":
        _refuse(str(path), target=target, header=header)
        return read_npz(path, group)
    if suffix == ".py":
        raise DataError(f"{path} is a Python file: name its function too, as in {path.name}:load")
    raise DataError(
        f"{path}: cannot read '{suffix}' files; known: {', '.join(TABLE_SUFFIXES)}, .npz, image folders"
    )


def _refuse(name: str, **given: object) -> None:
    """Refuse options that only tables know."""
    if clash := [word for word, value in given.items() if value is not None]:
        raise DataError(f"{name} takes no {' or '.join(clash)}: that is for the columns of a table's file")


def _assemble(
    source_data: SourceData,
    *,
    task: Task | None,
    seed: int,
    test_size: float,
    test_split: TestSplit,
    rare_classes: RareClasses | None,
    fewest: int,
) -> Dataset:
    """Check source data and turn them into a dataset, with all training rows."""
    refuse_multiple_inputs(source_data)
    x, kind, notes = _features(source_data.x, source_data.name, "x", source_data.kind)
    labels = as_labels(source_data.y, source_data.name)
    groups = _groups(source_data, len(labels))
    _check_rows(source_data.name, len(x), len(labels))
    decided = source_data.task is not None and task in (None, source_data.task)
    learned = read_target(
        labels,
        name=source_data.name,
        kind=kind,
        task=task or source_data.task,
        classes=source_data.classes,
        decided=decided,
    )
    counters = row_numbers(x) if kind == "table" else []
    every = learned
    test_rows = 0 if source_data.x_test is not None else held_out(len(labels), test_size)
    classes_left = handle_rare_classes(
        every, rare_classes, fewest, name=source_data.name, test_rows=test_rows
    )
    learned = classes_left.target
    if (classes_left.mapping < 0).any():
        kept = np.flatnonzero(learned.y >= 0)
        x, learned = take(x, kept), replace(learned, y=learned.y[kept])
        groups = None if groups is None else groups[kept]
    if source_data.x_test is None:
        test = choose_test_rows(
            len(learned.y),
            learned.y if learned.task == "classification" else None,
            groups,
            name=source_data.name,
            size=test_size,
            how=test_split,
            seed=seed,
        )
        train = np.setdiff1d(np.arange(len(learned.y)), test)
        x, x_test, y, y_test = take(x, train), take(x, test), learned.y[train], learned.y[test]
        groups = None if groups is None else groups[train]
        notes += (_describe_split(len(test), learned.task, test_split, by_groups=groups is not None),)
    else:
        y = learned.y
        x_test, y_test = _given_test(source_data, x, kind, every)
        if classes_left.rare:
            y_test = classes_left.mapping[y_test]
            x_test, y_test = take(x_test, np.flatnonzero(y_test >= 0)), y_test[y_test >= 0]
    if kind == "table":
        x, x_test, decided_columns = clean_table(x, x_test, source_data.name, counters)
        notes += decided_columns
    return Dataset(
        name=source_data.name,
        kind=kind,
        task=learned.task,
        x=x,
        y=np.ascontiguousarray(y),
        x_test=x_test,
        y_test=np.ascontiguousarray(y_test),
        classes=learned.classes,
        groups=groups,
        columns=source_data.columns,
        rare=classes_left.rare,
        target_format=target_format_of(
            source_data.y,
            learned.classes,
            coded=bool(source_data.classes) and learned.classes == source_data.classes,
        ),
        notes=(*source_data.notes, *learned.notes, *notes),
    )


def _features(values: Any, source: str, part: str, kind: Kind | None) -> tuple[Any, Kind, tuple[str, ...]]:
    import pandas as pd

    name = f"{source}: {part}"

    if isinstance(values, pd.Series):
        values = values.to_frame()
    if isinstance(values, pd.DataFrame):
        frame = values.set_axis([str(column) for column in values.columns], axis=1).reset_index(drop=True)
        if not frame.columns.is_unique:
            raise DataError(
                f"{name}: column {listing(frame.columns[frame.columns.duplicated()])} appears more than once"
            )
        frame, notes = read_texts(frame, source)
        return frame, "table", notes
    return as_image_or_array(as_array(values, name), name, kind)


def _groups(source_data: SourceData, rows: int) -> np.ndarray | None:
    """Return group labels as an array of integers or str."""
    import pandas as pd

    if source_data.groups is None:
        return None
    series = (
        pd.Series(np.asarray(source_data.groups).reshape(-1))
        if not isinstance(source_data.groups, pd.Series)
        else source_data.groups
    )
    if len(series) != rows:
        raise DataError(f"{source_data.name}: groups has {plural(len(series), 'row')}, y has {rows:,}")
    if missing := int(series.isna().sum()):
        raise DataError(
            f"{source_data.name}: the group is missing in {plural(missing, 'row')}: fill or remove them"
        )
    return group_labels(series)


def _check_rows(name: str, x_rows: int, y_rows: int) -> None:
    if x_rows != y_rows:
        raise DataError(f"{name}: x has {plural(x_rows, 'row')}, y has {y_rows:,}: they must have as many")
    if x_rows < FEWEST_ROWS:
        raise DataError(f"{name} has {plural(x_rows, 'row')}: at least {FEWEST_ROWS} are needed")


def _given_test(source_data: SourceData, x: Any, kind: Kind, learned: Target) -> tuple[Any, np.ndarray]:
    """Check the source's own test rows against the training rows."""
    name = f"{source_data.name}: test rows"
    x_test, test_kind, _ = _features(
        source_data.x_test, source_data.name, "x_test", kind if kind != "table" else None
    )
    labels = as_labels(source_data.y_test, name)
    if len(x_test) != len(labels) or not len(labels):
        raise DataError(f"{name}: x_test has {plural(len(x_test), 'row')}, y_test has {len(labels):,}")
    if (test_kind == "table") != (kind == "table"):
        raise DataError(f"{name}: x_test must be a DataFrame where x_train is one")
    if kind != "table" and x_test.shape[1:] != x.shape[1:]:
        raise DataError(f"{name}: x_test has rows of shape {x_test.shape[1:]}, x_train of {x.shape[1:]}")
    if learned.task == "classification":
        return x_test, encode(
            labels,
            learned.classes,
            source_data.name,
            coded=bool(source_data.classes) and labels.dtype.kind == "i",
        )
    y_test = amounts(labels, name)
    if y_test.shape[1:] != learned.y.shape[1:]:
        raise DataError(f"{name}: y_test has shape {y_test.shape}, y_train {learned.y.shape}")
    return x_test, y_test


def _describe_split(count: int, task: Task, how: TestSplit, *, by_groups: bool) -> str:
    if how == "last":
        return f"the last {plural(count, 'row')} held out as test rows"
    way = "by groups" if by_groups else "class proportions kept" if task == "classification" else "at random"
    return f"{plural(count, 'row')} held out as test rows, {way}"
