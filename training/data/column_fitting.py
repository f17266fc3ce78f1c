"""Preparations of tables in files: fitted a column at a time, and applied to each batch.

What scikit-learn learns of numbers, it learns of each column by itself. So a transformer is fitted to a few rows, which tell it
all but that, and then to each column, whole; what each has learned is put in its place.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from .by_batch import ByBatch, Operation, scaler_steps
from .mapped_table import MappedTable
from .preparation import MISSING, Preparation, Recipe

_FIRST_ROWS = 100
_SCALINGS = ("standard", "minmax", "robust", "none")
_NOTHING = {"subtract": 0.0, "add": 0.0, "divide": 1.0, "multiply": 1.0}
"""By what an operation leaves values as they are."""
_NO_CODE = -1.0
"""Of a missing category."""


def is_by_column(plan: Preparation) -> bool:
    """Tell whether each number of a row follows from one column, by operations that a batch can have."""
    recipe = plan.recipe
    known = Recipe(
        recipe.scaling, imputation=recipe.imputation, tokens=recipe.tokens, robust_range=recipe.robust_range
    )
    return plan.dtype == "float32" and recipe == known and recipe.scaling in _SCALINGS


def fit_columns(features: Any, table: MappedTable, plan: Preparation) -> None:
    """Fit a transformer to a table, of which memory holds a column.

    Args:
        features: Of ``build_features``, of a plan that ``is_by_column``; it is fitted in place.
        table: Training rows.
        plan: Says which columns there are.
    """
    from sklearn.base import clone

    names = [*plan.numeric, *plan.categorical]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a column that has no value in these few rows
        features.fit(table[names].iloc[:_FIRST_ROWS].frame())
    unfitted = {name: part for name, part, _ in features.transformers}
    for name, fitted, columns in _of_numbers(features):
        dtype = _measured_in(table, columns)
        for place, column in enumerate(columns):
            one = clone(unfitted[name]).fit(table[column].to_frame().astype(dtype))
            for whole, part in zip(_steps(fitted), _steps(one), strict=True):
                _put(whole, part, place)


def _measured_in(table: MappedTable, columns: list[str]) -> np.dtype:
    """Return the type in which scikit-learn measures columns together."""
    types = [dtype for name, dtype in table.dtypes.items() if name in set(columns)]
    is_single = not any(dtype.kind == "b" for dtype in types) and np.result_type(*types) == np.float32
    return np.dtype(np.float32 if is_single else np.float64)


def _of_numbers(features: Any) -> Iterator[tuple[str, Any, list[str]]]:
    for name, fitted, columns in features.transformers_:
        if name.startswith(("numbers", "tokens")):
            yield name, fitted, list(columns)


def _steps(part: Any) -> list[Any]:
    return [step for _, step in part.steps] if hasattr(part, "steps") else [part]


def _put(whole: Any, part: Any, place: int) -> None:
    """Put what was learned of one column among what was learned of all."""
    for name, learned in vars(whole).items():
        one = getattr(part, name, None)
        if isinstance(learned, np.ndarray) and isinstance(one, np.ndarray) and name.endswith("_"):
            learned[place] = one[0]
        elif name == "n_samples_seen_":
            setattr(whole, name, one)


def column_steps(features: Any, table: MappedTable, plan: Preparation) -> ByBatch:
    """Return what a fitted transformer does to rows of ``MappedTable.matrix``: numbers first, then codes of categories."""
    width, numbers = plan.input_shape[0], len(plan.numeric)
    dtype = _measured_in(table, list(plan.numeric)) if numbers else np.dtype(np.float64)
    fills, scaling = np.full(width, _NO_CODE), dict[Operation, np.ndarray]()
    first = 0
    for _, part, columns in _of_numbers(features):
        run = slice(first, first + len(columns))
        imputer, *scalers = _steps(part)
        fills[run] = imputer.statistics_
        for operation, by in (scaler_steps(scalers[0], dtype) or ()) if scalers else ():
            whole = scaling.setdefault(operation, np.full(width, _NOTHING[operation], by.dtype))
            whole[run] = by
        first = run.stop
    steps: list[tuple[Operation, np.ndarray]] = [("fill", fills), *scaling.items()]
    if plan.categorical:
        places, codes = _categories(plan)
        unmatched = np.full(numbers, np.nan)
        steps = [
            ("columns", np.concatenate([np.arange(numbers), numbers + places])),
            *steps,
            ("match", np.concatenate([unmatched, codes])),
        ]
    return ByBatch(dtype, tuple(steps))


def _categories(plan: Preparation) -> tuple[np.ndarray, np.ndarray]:
    """Return for each one-hot column which category it is of, and the code that it stands for."""
    places = np.repeat(np.arange(len(plan.categories)), [len(words) for words in plan.categories])
    codes = [
        _NO_CODE if word == MISSING and code == len(words) - 1 else float(code)
        for words in plan.categories
        for code, word in enumerate(words)
    ]
    return places, np.array(codes)
