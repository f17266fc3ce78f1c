"""The scikit-learn objects that a preparation fits: built here, and of no other classes, so that they travel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

MISSING = "(missing)"
"""The category that stands for no value. That a value is missing may itself say something, and nothing is learned."""

TABLE_SCALINGS = ("minmax", "standard", "robust")
"""Scalings that are fitted."""


def build_features(
    scaling: str,
    numeric: Sequence[str],
    categorical: Sequence[str],
    categories: Sequence[Sequence[str]],
    *,
    impute: bool,
    tokens: Collection[int] = (),
    numbers: int = 0,
) -> Any:
    """Return an unfitted transformer of two-dimensional rows.

    Args:
        scaling: One of `TABLE_SCALINGS`, or anything else for none.
        numeric: Columns of numbers; with ``categorical`` empty too, the rows are a plain array.
        categorical: Columns of categories.
        categories: The vocabulary of each of these.
        impute: Fill missing numbers of a plain array; tables always do, since new rows may lack what old ones have.
        tokens: Positions of numbers that are left as they are.
        numbers: How many numbers a row of a plain array has.
    """
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, RobustScaler, StandardScaler

    known = {"minmax": MinMaxScaler, "standard": StandardScaler, "robust": RobustScaler}
    scaler = known[scaling]() if scaling in known else None
    # keep_empty_features: a column without any value in one fold must not change that fold's input width.
    imputer = SimpleImputer(strategy="median", keep_empty_features=True)
    named = bool(numeric or categorical)
    if not named and not tokens:
        steps = [step for step in (imputer if impute else None, scaler) if step is not None]
        return make_pipeline(*steps) if len(steps) != 1 else steps[0]
    parts: list[tuple[str, Any, Any]] = []
    if tokens:
        filler = (
            SimpleImputer(strategy="most_frequent", keep_empty_features=True) if named or impute else None
        )
        imputer = imputer if named or impute else None
        for position, (first, last, are_tokens) in enumerate(
            _runs(tokens, len(numeric) if named else numbers)
        ):
            steps = [filler] if are_tokens else [imputer, scaler]
            made = [step for step in steps if step is not None]
            columns = list(numeric[first:last]) if named else slice(first, last)
            parts.append(
                (
                    f"{'tokens' if are_tokens else 'numbers'}_{position}",
                    make_pipeline(*made) if made else "passthrough",
                    columns,
                )
            )
    elif numeric:
        parts.append(
            ("numbers", make_pipeline(imputer, scaler) if scaler else make_pipeline(imputer), list(numeric))
        )
    if categorical:
        encoder = OneHotEncoder(
            categories=[np.array(words, dtype=object) for words in categories],
            handle_unknown="ignore",
            sparse_output=False,
        )
        filler = SimpleImputer(strategy="constant", fill_value=MISSING)
        parts.append(("categories", make_pipeline(filler, encoder), list(categorical)))
    return ColumnTransformer(parts, sparse_threshold=0.0)


def _runs(tokens: Collection[int], numbers: int) -> list[tuple[int, int, bool]]:
    """Return runs of numbers that are tokens, and of those that are not: first position, the one after the last, which.

    A ``ColumnTransformer`` puts its parts one after the other; runs keep the order of the columns.
    """
    are = [position in set(tokens) for position in range(numbers)]
    starts = [position for position in range(numbers) if not position or are[position] != are[position - 1]]
    return [(first, last, are[first]) for first, last in zip(starts, [*starts[1:], numbers], strict=True)]


def fit_target(y: np.ndarray) -> Any:
    """Return a ``StandardScaler`` fitted to targets ``(rows,)`` or ``(rows, targets)``, with one scale for all.

    Each target keeps its own mean. One scale, the root of the mean variance, keeps the weight of each target in the
    loss, and an error in scaled units times that scale is the error in the target's units.
    """
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(np.asarray(y, np.float64).reshape(len(y), -1))
    if len(scaler.scale_) > 1:
        common = float(np.sqrt(scaler.var_.mean())) or 1.0
        scaler.scale_ = np.full_like(scaler.scale_, common)
        scaler.var_ = scaler.scale_**2
    return scaler
