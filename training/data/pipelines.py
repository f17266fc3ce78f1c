"""The one builder: a ``Recipe``, whoever chose it, becomes an unfitted transformer of scikit-learn's.

All objects are of scikit-learn's and NumPy's own, so that an export pickles or writes them. Whatever learns how many
columns it makes (rare categories, quantiles that fall together) is followed by a one-hot encoder of a fixed vocabulary,
so that every fold's model has the same inputs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from .preparation import MISSING, Preparation, Recipe

CROSSED = 25
"""Numeric columns that are multiplied with each other, which makes at most 300 products."""
SEED = 0
"""Of all draws inside transformers: a configuration prepares its rows alike whenever it runs."""
TARGET_FOLDS = 5
"""Parts of the training rows; a row's categories are encoded by the targets of the other parts (cross-fitting)."""


def build_features(plan: Preparation, rows: int) -> Any:
    """Return an unfitted transformer of two-dimensional rows; None where nothing is to be fitted.

    Args:
        plan: Says which columns there are, and what happens to them.
        rows: How many rows it will be fitted to; more quantiles than rows cannot be told apart.
    """
    if not plan.fits_features or (plan.kind == "table" and not plan.has_columns):
        return None
    from sklearn.compose import ColumnTransformer
    from sklearn.decomposition import PCA
    from sklearn.feature_selection import SelectKBest

    recipe, parts = plan.recipe, _parts(plan, rows)
    is_one = plan.kind != "table" and len(parts) == 1
    steps: list[Any] = [parts[0][1] if is_one else ColumnTransformer(parts, sparse_threshold=0.0)]
    if recipe.selected is not None:
        steps.append(SelectKBest(_score(plan), k=recipe.selected))
    if recipe.components is not None:
        steps.append(PCA(recipe.components, whiten=recipe.whiten, random_state=SEED))
    return _joined(steps)


def _joined(steps: list[Any]) -> Any:
    from sklearn.pipeline import make_pipeline

    if len(steps) > 1:
        return make_pipeline(*steps)
    return steps[0] if steps else "passthrough"


def _parts(plan: Preparation, rows: int) -> list[tuple[str, Any, Any]]:
    from sklearn.impute import MissingIndicator

    recipe, every = plan.recipe, _columns(plan, 0, plan.numbers)
    parts = [
        (name, _joined(_numbers(_unscaled(recipe) if is_token else recipe, rows)), columns)
        for name, columns, is_token in _runs(plan)
    ]
    if recipe.missing_indicator:
        parts.append(("missing", MissingIndicator(features="all"), list(plan.gaps)))
    if recipe.bins is not None:
        parts.append(("bins", _joined(_bins(plan, recipe.bins)), every))
    if recipe.interactions:
        parts.append(("products", _joined(_products(plan, rows)), every))
    if plan.categorical:
        parts.append(("categories", _joined(_categories(plan, rows)), list(plan.categorical)))
    return parts


def _columns(plan: Preparation, first: int, last: int) -> Any:
    return list(plan.numeric[first:last]) if plan.kind == "table" else slice(first, last)


def _runs(plan: Preparation) -> list[tuple[str, Any, bool]]:
    """Return runs of numbers that are tokens, and of those that are not: a name, the columns, which.

    A ``ColumnTransformer`` puts its parts one after the other; runs keep the order of the columns.
    """
    if not plan.recipe.tokens:
        return [("numbers", _columns(plan, 0, plan.numbers), False)] if plan.numbers else []
    are = [position in set(plan.recipe.tokens) for position in range(plan.numbers)]
    starts = [first for first in range(plan.numbers) if not first or are[first] != are[first - 1]]
    ends = [*starts[1:], plan.numbers]
    return [
        (f"{'tokens' if are[first] else 'numbers'}_{index}", _columns(plan, first, last), are[first])
        for index, (first, last) in enumerate(zip(starts, ends, strict=True))
    ]


def _unscaled(recipe: Recipe) -> Recipe:
    """Return what happens to tokens: the most frequent one stands where one is missing."""
    return replace(recipe, scaling="none", imputation=recipe.imputation and "most_frequent")


def _imputer(recipe: Recipe) -> list[Any]:
    from sklearn.impute import SimpleImputer

    # keep_empty_features: a column without any value in one fold must not change that fold's input width.
    fills = recipe.imputation is not None
    return [SimpleImputer(strategy=recipe.imputation, keep_empty_features=True)] if fills else []


def _numbers(recipe: Recipe, rows: int) -> list[Any]:
    return [*_imputer(recipe), *_scaling(recipe, rows)]


def _scaling(recipe: Recipe, rows: int) -> list[Any]:
    """Return the scaler, with the cut of outliers where its values have the unit in which they are told."""
    from sklearn import preprocessing as ready

    if recipe.scaling == "quantile":
        count = min(recipe.n_quantiles, rows)
        return [
            ready.QuantileTransformer(
                n_quantiles=count, output_distribution=recipe.quantile_output, random_state=SEED
            )
        ]
    share = recipe.robust_range
    known = {
        "standard": ready.StandardScaler(),
        "minmax": ready.MinMaxScaler(),
        "robust": ready.RobustScaler(quantile_range=(share, 100.0 - share)),
        "power": ready.PowerTransformer(),
    }
    if recipe.scaling not in known:
        return []
    if recipe.outlier_limit is None:
        return [known[recipe.scaling]]
    limit = recipe.outlier_limit
    cut = ready.FunctionTransformer(np.clip, kw_args={"a_min": -limit, "a_max": limit})
    if recipe.scaling == "minmax":  # an outlier would make the range, and has to be cut before
        return [known["standard"], cut, known["minmax"]]
    return [known[recipe.scaling], cut]


def _bins(plan: Preparation, bins: int) -> list[Any]:
    from sklearn.preprocessing import KBinsDiscretizer, OneHotEncoder

    cut = KBinsDiscretizer(
        bins,
        encode="ordinal",
        strategy="quantile",
        quantile_method="averaged_inverted_cdf",
        random_state=SEED,
    )
    codes = OneHotEncoder(
        categories=[list(range(bins)) for _ in range(plan.numbers)],
        handle_unknown="ignore",
        sparse_output=False,
    )
    return [*_imputer(plan.recipe), cut, codes]


def _products(plan: Preparation, rows: int) -> list[Any]:
    """Return the steps to products of pairs: of all columns, or of those that say most about the target."""
    from sklearn.feature_selection import SelectKBest
    from sklearn.preprocessing import PolynomialFeatures

    best = [SelectKBest(_score(plan), k=CROSSED)] if plan.numbers > CROSSED else []
    pairs = PolynomialFeatures(degree=(2, 2), interaction_only=True, include_bias=False)
    return [*_numbers(plan.recipe, rows), *best, pairs]


def _categories(plan: Preparation, rows: int) -> list[Any]:
    from sklearn.impute import SimpleImputer
    from sklearn.model_selection import KFold
    from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, TargetEncoder

    recipe = plan.recipe
    steps: list[Any] = [SimpleImputer(strategy="constant", fill_value=MISSING, keep_empty_features=True)]
    vocabulary: list[Any] = [np.array(words, dtype=object) for words in plan.categories]
    codes = {"handle_unknown": "use_encoded_value", "unknown_value": -1}
    if recipe.encoding == "ordinal":
        return [*steps, OrdinalEncoder(categories=vocabulary, **codes), *_scaling(recipe, rows)]
    if recipe.encoding == "target":
        classes = "binary" if plan.outputs == 2 else "multiclass"
        encoder = TargetEncoder(
            target_type=classes if plan.task == "classification" else "continuous",
            smooth="auto" if recipe.target_smoothing is None else recipe.target_smoothing,
            cv=KFold(TARGET_FOLDS, shuffle=True, random_state=SEED),
        )
        return [*steps, encoder, *_scaling(recipe, rows)]
    if recipe.min_frequency > 1:
        steps.append(OrdinalEncoder(categories=vocabulary, min_frequency=recipe.min_frequency, **codes))
        vocabulary = [list(range(len(words))) for words in plan.categories]
    return [*steps, OneHotEncoder(categories=vocabulary, handle_unknown="ignore", sparse_output=False)]


def _score(plan: Preparation) -> Any:
    from sklearn.feature_selection import f_classif, f_regression

    return f_classif if plan.task == "classification" else f_regression
