"""`load_dataset`: from a name, a file, a folder, a function or Python objects to a `Dataset`."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import DataError, did_you_mean, one_line
from ...texts import count_text, names_text
from .arrays import as_array, as_image_or_array, keeps_shape, shape_text
from .dataset import Dataset, Kind
from .dates import TimeOrder, find_time_order, with_dates
from .delimited import table_suffix
from .files import TABLE_SUFFIXES, read_npz, read_table
from .images import read_image_folder
from .multilabel import label_names, read_indicators
from .multiple_inputs import check_like, describe_several, holds_several, read_several, strata_of
from .named_datasets import KNOWN_NAMES, known_name, load_named
from .python_sources import call_function, from_object, is_function
from .rare_classes import RareClasses, handle_rare_classes
from .series import (
    Series,
    check_lengths,
    check_series_options,
    describe_windows,
    series_of,
    step_matrix,
    windows_and_targets,
)
from .source_data import SourceData
from .splits import (
    FEWEST_ROWS,
    SplitOptions,
    TestSplit,
    choose_test_rows,
    group_labels,
    held_out,
    how_drawn,
    limited,
)
from .strata import row_strata
from .suspicious import suspicious_columns
from .table_options import TableOptions, names_of
from .tables import clean_table, row_numbers
from .target_format import AS_STORED
from .targets import Target, amounts, as_labels, encode, present_targets, read_target, target_format_of
from .tasks import TASKS, Task
from .text_columns import PLAIN, ColumnFormats, read_texts
from .trees import map_leaves, row_count, take

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["KNOWN_NAMES", "load_dataset"]

ASKED_TASKS = tuple(task for task in TASKS if task != "outputs")
WEIGHTED = "rows weigh in the loss, of training and of validation, by the weights given"
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
    if (
        keep_shape
        and source_data.kind is None
        and not holds_several(source_data.x, source_data.y)
        and keeps_shape(source_data.x)
    ):
        source_data = replace(
            source_data,
            kind="array",
            notes=(*source_data.notes, f"rows of shape {shape_text(source_data.x)} left as given"),
        )
    counters = row_numbers(source_data.x)
    if drop_missing_target:
        source_data = _without_missing_target(source_data)
    dataset = _assemble(source_data, task, test, rare_classes, fewest, stratify, counters, options)
    return limited(dataset, limit, seed)


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


def _without_missing_target(source_data: SourceData) -> SourceData:
    """Return a table's rows that have a target, with their number said."""
    y, kept = present_targets(source_data.y)
    missing = len(source_data.y) - len(kept)
    if not missing:
        return source_data
    if not len(kept):
        raise DataError(f"{source_data.name}: the target is missing in every row")
    groups, weights, labels = (
        None if part is None else take(part, kept)
        for part in (source_data.groups, source_data.weights, source_data.fold_labels)
    )
    note = f"{count_text(missing, 'row')} without a target dropped"
    return replace(
        source_data,
        x=take(source_data.x, kept),
        y=y,
        groups=groups,
        weights=weights,
        fold_labels=labels,
        notes=(*source_data.notes, note),
    )


def _assemble(
    source_data: SourceData,
    task: Task | None,
    test: SplitOptions,
    rare_classes: RareClasses | None,
    fewest: int,
    stratify: str | None,
    counters: list[str],
    options: TableOptions,
) -> Dataset:
    """Check source data and turn them into a dataset, with all training rows; ``counters`` are columns that number rows."""
    several = holds_several(source_data.x, source_data.y)
    features = _features(source_data.x, source_data.name, "x", "arrays" if several else source_data.kind)
    x, kind, notes = features.x, features.kind, features.notes
    if (rows_of_x := row_count(x)) < FEWEST_ROWS:
        raise DataError(
            f"{source_data.name} has {count_text(rows_of_x, 'row')}: at least {FEWEST_ROWS} are needed"
        )
    every = _target(source_data, kind, task)
    count = row_count(every.y)
    groups = _groups(source_data, count)
    if rows_of_x != count:
        words = f"x has {count_text(rows_of_x, 'row')}, y has {count:,}: they must have as many"
        raise DataError(f"{source_data.name}: {words}")
    strata = None if stratify is None else strata_of(every.y, stratify, source_data.name)
    test_rows = 0 if source_data.x_test is not None else held_out(count, test.size)
    classes_left = handle_rare_classes(
        every, rare_classes, fewest, name=source_data.name, test_rows=test_rows
    )
    learned = classes_left.target
    weights = (
        None if source_data.weights is None else as_weights(source_data.weights, count, source_data.name)
    )
    rows = _Rows(x, learned.y, groups, strata, weights, source_data.fold_labels)
    if (classes_left.mapping < 0).any():
        rows = rows.take(np.flatnonzero(learned.y >= 0))
    if source_data.x_test is None:
        rows, held, note = _hold_out(rows, learned.task, test, source_data.name)
        notes += (note,)
    else:
        held = _Rows(*_given_test(source_data, features, every))
        if classes_left.rare:
            held = replace(held, y=classes_left.mapping[held.y])
            held = held.take(np.flatnonzero(held.y >= 0))
    if kind == "table":
        x, x_test, decided_columns = clean_table(rows.x, held.x, source_data.name, counters)
        rows, held, notes = replace(rows, x=x), replace(held, x=x_test), notes + decided_columns
        if options.window is None:
            known = {
                str(column) for column in getattr(source_data.x, "columns", x.columns)
            }  # not parts of dates
            given = [column for column in x.columns if column in known]
            notes += suspicious_columns(x[given], rows.y, learned.task)
    series = None
    if options.window is not None:
        series = series_of(rows.x, options, source_data.time_order)
        check_lengths(series, len(rows.y), len(held.y), source_data.name)
        rows, held, kind = _in_windows(rows, series), _in_windows(held, series), "sequence"
        notes = (*notes, describe_windows(series, len(rows.y), len(held.y)))
    return Dataset(
        name=source_data.name,
        kind=kind,
        task=learned.task,
        x=rows.x,
        y=map_leaves(np.ascontiguousarray, rows.y),
        x_test=held.x,
        y_test=map_leaves(np.ascontiguousarray, held.y),
        classes=learned.classes,
        strata=rows.strata,
        groups=rows.groups,
        weights=rows.weights,
        fold_labels=rows.fold_labels,
        weights_test=held.weights,
        columns=source_data.columns,
        formats=features.formats,
        series=series,
        time_order=features.time_order,
        rare=classes_left.rare,
        target_format=AS_STORED
        if learned.task == "outputs"
        else target_format_of(
            source_data.y,
            learned.task,
            learned.classes,
            coded=bool(source_data.classes) and learned.classes == source_data.classes,
        ),
        notes=(*source_data.notes, *learned.notes, *notes, *(() if weights is None else (WEIGHTED,))),
    )


@dataclass(frozen=True, eq=False)
class _Rows:
    x: Any
    y: Any
    groups: np.ndarray | None = None
    strata: np.ndarray | None = None
    weights: np.ndarray | None = None
    fold_labels: np.ndarray | None = None

    def take(self, rows: np.ndarray) -> _Rows:
        parts = {name: part for name, part in vars(self).items() if part is not None}
        return _Rows(**{name: take(part, rows) for name, part in parts.items()})


def _target(source_data: SourceData, kind: Kind, task: Task | None) -> Target:
    """Read the targets: numbers and labels by the rules of tasks; several outputs, and pictures, as they were given."""
    y, name = source_data.y, source_data.name
    several = holds_several(y, source_data.x)
    if several or getattr(y, "ndim", 0) > 2:
        what = "several outputs" if several else "targets of a shape"
        if task is not None:
            raise DataError(f"{name}: task is for a number or a label a row, and y is {what}: leave it out")
        read = read_several(y, f"{name}: y")
        return Target("outputs", read, (), (f"{what}: {describe_several(read)}",))
    labels = as_labels(y, name)
    decided = source_data.task is not None and task in (None, source_data.task)
    return read_target(
        labels,
        name=name,
        kind=kind,
        task=task or source_data.task,
        classes=source_data.classes,
        decided=decided,
        label_names=label_names(y, source_data.classes),
    )


def _in_windows(rows: _Rows, series: Series) -> _Rows:
    categories = dict(zip(series.categorical, series.categories, strict=True))
    steps = step_matrix(rows.x, series.numeric, categories)
    return _Rows(*windows_and_targets(steps, rows.y, series.window, series.horizon))


def _hold_out(rows: _Rows, task: Task, test: SplitOptions, name: str) -> tuple[_Rows, _Rows, str]:
    """Return training rows, held-out rows, and what is said of the split."""
    count, labelled = row_count(rows.y), task in ("classification", "multilabel")
    codes = row_strata(rows.y, task) if labelled else rows.strata
    held = choose_test_rows(count, codes, rows.groups, test, name, are_classes=task != "multilabel")
    if test.how == "last":
        words = f"the last {count_text(len(held), 'row')} held out as test rows"
    else:
        drawn = "by groups" if rows.groups is not None else how_drawn(task, stratified=codes is not None)
        words = f"{count_text(len(held), 'row')} held out as test rows, {drawn}"
    return rows.take(np.setdiff1d(np.arange(count), held)), rows.take(held), words


@dataclass(frozen=True, eq=False)
class _Features:
    x: Any
    kind: Kind
    notes: tuple[str, ...]
    formats: ColumnFormats = PLAIN
    time_order: TimeOrder | None = None


def _features(
    values: Any, source: str, part: str, kind: Kind | None, formats: ColumnFormats | None = None
) -> _Features:
    """Check features and decide of what kind they are; ``formats`` are those of the training rows' columns."""
    import pandas as pd

    name = f"{source}: {part}"
    if kind == "arrays":
        tree = read_several(values, name)
        return _Features(tree, kind, (f"several inputs: {describe_several(tree)}",))
    if isinstance(values, pd.Series):
        values = values.to_frame()
    if not isinstance(values, pd.DataFrame):
        return _Features(*as_image_or_array(as_array(values, name), name, kind))
    frame = values.set_axis([str(column) for column in values.columns], axis=1).reset_index(drop=True)
    if not frame.columns.is_unique:
        twice = names_text(frame.columns[frame.columns.duplicated()])
        raise DataError(f"{name}: column {twice} appears more than once")
    frame, found, notes = read_texts(frame, source, formats)
    if formats is not None:
        return _Features(frame, "table", notes)
    order = find_time_order(frame, found.dates)
    notes = (*notes, *([order.describe()] if order else []))
    return _Features(with_dates(frame, found.dates), "table", notes, found, order)


def as_weights(weights: Any, rows: int, name: str) -> np.ndarray:
    """Return the weights of rows, float32, ``(rows,)``.

    Raises:
        DataError: They are no numbers of 0 or more, one a row.
    """
    try:
        numbers = np.asarray(weights, np.float64).reshape(len(weights), -1)
    except (TypeError, ValueError) as error:
        raise DataError(f"{name}: the weights of rows are no numbers: {one_line(error, 100)}") from error
    if numbers.shape != (rows, 1):
        raise DataError(
            f"{name}: there are weights of shape {np.shape(weights)} for {count_text(rows, 'row')}"
        )
    if not np.isfinite(numbers).all() or (numbers < 0).any() or not numbers.any():
        raise DataError(
            f"{name}: the weights of rows must be numbers of 0 or more, none missing, and not all 0"
        )
    return numbers[:, 0].astype(np.float32)


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
        raise DataError(f"{source_data.name}: groups has {count_text(len(series), 'row')}, y has {rows:,}")
    if missing := int(series.isna().sum()):
        raise DataError(
            f"{source_data.name}: the group is missing in {count_text(missing, 'row')}: fill or remove them"
        )
    return group_labels(series)


def _given_test(source_data: SourceData, features: _Features, learned: Target) -> tuple[Any, np.ndarray]:
    """Check the source's own test rows against the training rows."""
    name = f"{source_data.name}: test rows"
    x, kind = features.x, features.kind
    expected = kind if kind != "table" else None
    given = _features(source_data.x_test, source_data.name, "x_test", expected, features.formats)
    x_test, test_kind = given.x, given.kind
    several = learned.task == "outputs"
    labels = (
        read_several(source_data.y_test, f"{name}: y_test")
        if several
        else as_labels(source_data.y_test, name)
    )
    rows, targets = row_count(x_test), row_count(labels)
    if rows != targets or not targets:
        raise DataError(f"{name}: x_test has {count_text(rows, 'row')}, y_test has {targets:,}")
    if (test_kind == "table") != (kind == "table"):
        raise DataError(f"{name}: x_test must be a DataFrame where x_train is one")
    if kind == "arrays":
        check_like(x_test, x, f"{name}: x_test")
    elif kind != "table" and x_test.shape[1:] != x.shape[1:]:
        raise DataError(f"{name}: x_test has rows of shape {x_test.shape[1:]}, x_train of {x.shape[1:]}")
    if several:
        check_like(labels, learned.y, f"{name}: y_test")
        return x_test, labels
    if learned.task == "classification":
        return x_test, encode(
            labels,
            learned.classes,
            source_data.name,
            coded=bool(source_data.classes) and labels.dtype.kind == "i",
        )
    y_test = read_indicators(labels, name) if learned.task == "multilabel" else amounts(labels, name)
    if y_test.shape[1:] != learned.y.shape[1:]:
        raise DataError(f"{name}: y_test has shape {y_test.shape}, y_train {learned.y.shape}")
    return x_test, y_test
