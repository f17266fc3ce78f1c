"""From what a source hands over to a `Dataset`: checked, with test rows set aside, and each decision noted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ...cells import UNKNOWN
from ...errors import DataError
from ...texts import count_text, names_text
from .dataset import Dataset
from .features import Features, read_features
from .free_text import columns_of_text
from .given_folds import OF_NO_FOLD, fold_count, rows_to_draw_from, validating
from .given_targets import as_labels, present_targets
from .headers import column_at
from .mapped_table import is_table
from .multilabel import label_names, named_classes, named_columns, read_indicators
from .multiple_inputs import check_like, describe_several, holds_several, read_several, strata_of
from .rare_classes import handle_rare_classes
from .row_labels import as_groups, as_weights
from .series import (
    Series,
    check_lengths,
    describe_dropped,
    describe_windows,
    series_of,
    step_matrix,
    windows_and_targets,
)
from .splits import FEWEST_ROWS, SplitOptions, choose_test_rows, held_out, how_drawn
from .strata import row_strata
from .suspicious import suspicious_columns
from .tables import AskedKinds, clean_table, counting_columns, row_numbers
from .target_format import AS_STORED, TargetFormat
from .targets import Target, amounts, encode, read_target, target_format_of
from .text_columns import numbers_left
from .trees import map_leaves, row_count, take

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .dataset import Kind
    from .load_options import LoadOptions
    from .source_data import SourceData
    from .tasks import Task

WEIGHTED = "sample weights apply to the loss, in training and in validation"


def assemble(source: SourceData, options: LoadOptions) -> Dataset:
    """Check source data and turn them into a dataset, with all training rows.

    Raises:
        DataError: The data cannot be used; the message says what to do.
    """
    if source.columns:
        options = options.renamed(lambda column: column_at(column, source.columns))
    # Of all rows: those without a target leave gaps.
    counters = [column for column in row_numbers(source.x) if column not in options.as_texts]
    counting = counting_columns(source.x)
    if options.drop_missing_target:
        source = _without_missing_target(source, options)
    features, target, rows = _read(source, options)
    rows, held, learned, rare, notes = _split(source, features, target, rows, options)
    kind, series = features.kind, None
    if kind == "table":
        asked = AskedKinds(options.text, options.categorical, features.texts)
        rows, held, found = _clean(source, rows, held, counters, asked)
        notes += found
    if options.window is not None:
        rows, held, series, found = _as_series(source, rows, held, options)
        kind, notes = "sequence", (*notes, *found)
    elif kind == "table":
        of_time = features.time_order.columns if features.time_order else ()
        counting = [column for column in counting if column not in of_time]
        notes += _suspicious(source, rows, learned.task, counting)
    return Dataset(
        name=source.name,
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
        columns=source.columns,
        formats=features.formats,
        series=series,
        time_order=features.time_order,
        rare=rare,
        target_format=_target_format(source, learned),
        notes=(
            *source.notes,
            *learned.notes,
            *features.notes,
            *notes,
            *_said_of_rows(rows),
            *_said_of_classes(source, learned),
        ),
    )


def _read(source: SourceData, options: LoadOptions) -> tuple[Features, Target, _Rows]:
    """Return the features, the target, and the rows of both with all that the source says of them."""
    several = holds_several(source.x, source.y)
    features = read_features(
        source.x, source.name, "x", "arrays" if several else source.kind, as_texts=options.as_texts
    )
    _check_enough(features.x, source.name)
    target = _read_target(source, features.kind, options.task)
    return features, target, _check_rows(source, features.x, target, options.stratify)


def _said_of_own_test(asked: SplitOptions, name: str) -> tuple[str, ...]:
    """Return what is said where a split is asked for of data that bring their test rows."""
    if (asked.size, asked.how) == (SplitOptions.size, SplitOptions.how):
        return ()
    return (f"{name} brings its own test rows: test_size and test_split have no effect",)


def _said_of_rows(rows: _Rows) -> Iterator[str]:
    """Yield what a user should know of given validation rows, and of weights."""
    if rows.fold_labels is not None and fold_count(rows.fold_labels) == 1:
        count = count_text(int(validating(rows.fold_labels).sum()), "row")
        yield f"{count} validate, as given; refit trains on them, too"
    if rows.weights is not None:
        yield WEIGHTED


def _said_of_classes(source: SourceData, target: Target) -> Iterator[str]:
    """Yield what a user should know of a table's class that may be none."""
    if is_table(source.x) and UNKNOWN in target.classes:
        yield f"class '{UNKNOWN}' may stand for a missing target: --drop-missing-target leaves its rows out"


@dataclass(frozen=True, eq=False)
class _Rows:
    """Rows with all that is theirs, which splits take together."""

    x: Any
    y: Any
    groups: np.ndarray | None = None
    strata: np.ndarray | None = None
    weights: np.ndarray | None = None
    fold_labels: np.ndarray | None = None

    def take(self, rows: np.ndarray) -> _Rows:
        parts = {name: part for name, part in vars(self).items() if part is not None}
        return _Rows(**{name: take(part, rows) for name, part in parts.items()})


def _without_missing_target(source: SourceData, options: LoadOptions) -> SourceData:
    """Return a table's rows that have a target, with their number said."""
    y, kept = present_targets(source.y)
    missing = len(source.y) - len(kept)
    if not missing:
        return source
    if not len(kept):
        raise DataError(f"{source.name}: the target is missing in every row")
    groups, weights, labels = (
        None if part is None else take(part, kept)
        for part in (source.groups, source.weights, source.fold_labels)
    )
    x = take(source.x, kept)
    return replace(
        source,
        x=numbers_left(source.x, x, options.as_texts) if is_table(x) else x,
        y=y,
        groups=groups,
        weights=weights,
        fold_labels=labels,
        notes=(
            *source.notes,
            f"{count_text(missing, 'row')} without a target dropped",
            *_gaps(kept, options),
        ),
    )


def _gaps(kept: np.ndarray, options: LoadOptions) -> tuple[str, ...]:
    """Return what is said of a series whose other rows are dropped."""
    return () if options.window is None else describe_dropped(kept)


def _check_enough(x: Any, name: str) -> None:
    if (rows := row_count(x)) < FEWEST_ROWS:
        raise DataError(f"{name} has {count_text(rows, 'row')}: at least {FEWEST_ROWS} are needed")


def _read_target(source: SourceData, kind: Kind, task: Task | None) -> Target:
    """Read the targets: numbers and labels by the rules of tasks; several outputs, and pictures, as they were given."""
    y, name = source.y, source.name
    several = holds_several(y, source.x)
    if several or getattr(y, "ndim", 0) > 2:
        what = "several outputs" if several else "targets of a shape"
        if task is not None:
            raise DataError(f"{name}: task is for a number or a label a row, and y is {what}: leave it out")
        read = read_several(y, f"{name}: y")
        return Target("outputs", read, (), (f"{what}: {describe_several(read)}",))
    labels = as_labels(y, name)
    decided = source.task is not None and task in (None, source.task)
    return read_target(
        labels,
        name=name,
        kind=kind,
        task=task or source.task,
        classes=source.classes,
        decided=decided,
        label_names=label_names(y, source.classes),
        column_names=named_columns(y),
    )


def _target_format(source: SourceData, learned: Target) -> TargetFormat:
    if learned.task == "outputs":
        return AS_STORED
    coded = bool(source.classes) and learned.classes == source.classes
    return target_format_of(source.y, learned.task, learned.classes, coded=coded)


def _check_rows(source: SourceData, x: Any, target: Target, stratify: str | None) -> _Rows:
    """Return the rows with all that the source says of them, as many as there are targets."""
    name, given, count = source.name, row_count(x), row_count(target.y)
    groups = None if source.groups is None else as_groups(source.groups, count, name)
    if given != count:
        words = f"x has {count_text(given, 'row')}, y has {count:,}: they must have as many"
        raise DataError(f"{name}: {words}")
    strata = None if stratify is None else strata_of(target.y, stratify, name)
    weights = None if source.weights is None else as_weights(source.weights, count, name)
    return _Rows(x, target.y, groups, strata, weights, source.fold_labels)


def _split(
    source: SourceData, features: Features, target: Target, rows: _Rows, options: LoadOptions
) -> tuple[_Rows, _Rows, Target, tuple[str, ...], tuple[str, ...]]:
    """Return training rows, test rows, the target without rare classes, these classes, and what is said of it."""
    own_test = source.x_test is not None
    test_rows = (
        0 if own_test else held_out(len(_drawn_from(rows, options.test, source.name)), options.test.size)
    )
    left = handle_rare_classes(
        target, options.rare_classes, options.fewest, name=source.name, test_rows=test_rows
    )
    rows = replace(rows, y=left.target.y)
    gaps: tuple[str, ...] = ()
    if (left.mapping < 0).any():
        kept = np.flatnonzero(rows.y >= 0)
        rows, gaps = rows.take(kept), _gaps(kept, options)
    if not own_test:
        rows, held, note = _hold_out(rows, left.target.task, options.test, source.name)
        return rows, held, left.target, left.rare, (*gaps, note)
    held = _Rows(*_given_test(source, features, target))
    if left.rare:
        held = replace(held, y=left.mapping[held.y])
        held = held.take(np.flatnonzero(held.y >= 0))
    return rows, held, left.target, left.rare, _said_of_own_test(options.test, source.name)


def _hold_out(rows: _Rows, task: Task, test: SplitOptions, name: str) -> tuple[_Rows, _Rows, str]:
    """Return training rows, held-out rows, and what is said of the split."""
    count, labelled = row_count(rows.y), task in ("classification", "multilabel")
    codes = row_strata(rows.y, task) if labelled else rows.strata
    among = _drawn_from(rows, test, name)
    of_codes, of_groups = (None if part is None else part[among] for part in (codes, rows.groups))
    held = among[
        choose_test_rows(len(among), of_codes, of_groups, test, name, are_classes=task != "multilabel")
    ]
    if not len(held):
        return rows, rows.take(held), "no rows held out for a test, as asked: nothing scores a refit"
    words = f"{count_text(len(held), 'row')} held out as test rows"
    if len(among) < count:
        words += f" of the {len(among):,} {OF_NO_FOLD}"
    if test.how == "last":
        words = f"the last {words}"
    else:
        drawn = "by groups" if rows.groups is not None else how_drawn(task, stratified=codes is not None)
        words = f"{words}, {drawn}"
    return rows.take(np.setdiff1d(np.arange(count), held)), rows.take(held), words


def _drawn_from(rows: _Rows, test: SplitOptions, name: str) -> np.ndarray:
    """Return the positions of the rows that test rows are drawn from."""
    if rows.fold_labels is None or not test.size:
        return np.arange(row_count(rows.y))
    return rows_to_draw_from(rows.fold_labels, name)


def _given_test(source: SourceData, features: Features, target: Target) -> tuple[Any, Any]:
    """Check the source's own test rows against the training rows."""
    name = f"{source.name}: test rows"
    x, kind = features.x, features.kind
    expected = kind if kind != "table" else None
    given = read_features(source.x_test, source.name, "x_test", expected, features.formats)
    several = target.task == "outputs"
    labels = read_several(source.y_test, f"{name}: y_test") if several else as_labels(source.y_test, name)
    rows, targets = row_count(given.x), row_count(labels)
    if rows != targets or not targets:
        raise DataError(f"{name}: x_test has {count_text(rows, 'row')}, y_test has {targets:,}")
    if (given.kind == "table") != (kind == "table"):
        raise DataError(f"{name}: x_test must be a DataFrame where x_train is one")
    if kind == "arrays":
        check_like(given.x, x, f"{name}: x_test")
    elif kind != "table" and given.x.shape[1:] != x.shape[1:]:
        raise DataError(f"{name}: x_test has rows of shape {given.x.shape[1:]}, x_train of {x.shape[1:]}")
    if several:
        check_like(labels, target.y, f"{name}: y_test")
        return given.x, labels
    if target.task == "classification":
        labels = named_classes(labels, named_columns(source.y) and named_columns(source.y_test))
        coded = bool(source.classes) and labels.dtype.kind == "i"
        return given.x, encode(labels, target.classes, source.name, coded=coded)
    y_test = read_indicators(labels, name) if target.task == "multilabel" else amounts(labels, name)
    if y_test.shape[1:] != target.y.shape[1:]:
        raise DataError(f"{name}: y_test has shape {y_test.shape}, y_train {target.y.shape}")
    return given.x, y_test


def _clean(
    source: SourceData, rows: _Rows, held: _Rows, counters: list[str], asked: AskedKinds
) -> tuple[_Rows, _Rows, tuple[str, ...]]:
    """Return a table's rows without the columns that say nothing, and what is said of it."""
    x, x_test, notes = clean_table(rows.x, held.x, source.name, counters, asked)
    return replace(rows, x=x), replace(held, x=x_test), notes


def _suspicious(source: SourceData, rows: _Rows, task: Task, counting: Sequence[str]) -> tuple[str, ...]:
    """Return what is said of the source's columns, the parts of dates left out."""
    known = {str(column) for column in getattr(source.x, "columns", rows.x.columns)}
    given = rows.x[[column for column in rows.x.columns if column in known]]
    return suspicious_columns(given, rows.y, task, counting)


def _as_series(
    source: SourceData, rows: _Rows, held: _Rows, options: LoadOptions
) -> tuple[_Rows, _Rows, Series, tuple[str, ...]]:
    """Return windows of the training rows and of the test rows, the series they are of, and what is said of it."""
    notes: tuple[str, ...] = ()
    if texts := columns_of_text(rows.x):
        left = [column for column in rows.x.columns if column not in texts]
        rows, held = replace(rows, x=rows.x[left]), replace(held, x=held.x[left])
        notes = (f"{names_text(texts)} left out: a window is of numbers and categories, not of text",)
    series = series_of(rows.x, options, source.time_order)
    check_lengths(series, len(rows.y), len(held.y), source.name)
    rows, held = _in_windows(rows, series), _in_windows(held, series)
    return rows, held, series, (*notes, describe_windows(series, len(rows.y), len(held.y)))


def _in_windows(rows: _Rows, series: Series) -> _Rows:
    categories = dict(zip(series.categorical, series.categories, strict=True))
    steps = step_matrix(rows.x, series.numeric, categories)
    return _Rows(*windows_and_targets(steps, rows.y, series.window, series.horizon))
