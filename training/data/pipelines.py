"""The scikit-learn objects that a configuration asks for: ``Recipe`` -> an unfitted transformer.

They are of scikit-learn's and NumPy's own, so that an export pickles or writes them. Whatever learns how many columns
it makes (rare categories, quantiles that fall together) is followed by a one-hot encoder of a fixed vocabulary, so
that every fold's model has the same inputs.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .preparation import Preparation
from .recipe import CROSSED, Recipe
from .scalers import MISSING

SEED = 0
"""Of all draws inside transformers: a configuration prepares its rows alike whenever it runs."""
TARGET_FOLDS = 5
"""Parts of the training rows; a row's categories are encoded by the targets of the other parts (cross-fitting)."""


def build_recipe(plan: Preparation, recipe: Recipe, rows: int) -> Any:
    """Return an unfitted transformer of two-dimensional rows.

    Args:
        plan: Says which columns there are.
        recipe: What happens to them.
        rows: How many rows it will be fitted to; more quantiles than rows cannot be told apart.
    """
    from sklearn.compose import ColumnTransformer
    from sklearn.decomposition import PCA
    from sklearn.feature_selection import SelectKBest
    from sklearn.pipeline import make_pipeline

    parts = _parts(plan, recipe, rows)
    is_one = plan.kind != "table" and len(parts) == 1
    columns = parts[0][1] if is_one else ColumnTransformer(parts, sparse_threshold=0.0)
    after: list[Any] = []
    if recipe.selected is not None:
        after.append(SelectKBest(_score(plan), k=recipe.selected))
    if recipe.components is not None:
        after.append(PCA(recipe.components, whiten=recipe.whiten, random_state=SEED))
    return make_pipeline(columns, *after) if after else columns


def _parts(plan: Preparation, recipe: Recipe, rows: int) -> list[tuple[str, Any, Any]]:
    from sklearn.impute import MissingIndicator
    from sklearn.pipeline import make_pipeline

    parts: list[tuple[str, Any, Any]] = []
    every: Any = list(plan.numeric) if plan.kind == "table" else slice(0, plan.numbers)
    if plan.numbers:
        parts.append(("numbers", make_pipeline(*_numbers(plan, recipe, rows)), every))
        if recipe.missing_indicator:
            parts.append(("missing", MissingIndicator(features="all"), list(plan.gaps)))
        if recipe.bins is not None:
            parts.append(("bins", make_pipeline(*_bins(plan, recipe)), every))
        if recipe.interactions:
            parts.append(("products", make_pipeline(*_products(plan, recipe, rows)), every))
    if plan.categorical:
        parts.append(("categories", make_pipeline(*_categories(plan, recipe, rows)), list(plan.categorical)))
    return parts


def _imputer(recipe: Recipe) -> Any:
    from sklearn.impute import SimpleImputer

    # keep_empty_features: a column without any value in one fold must not change that fold's input width.
    return SimpleImputer(strategy=recipe.imputation, keep_empty_features=True)


def _numbers(plan: Preparation, recipe: Recipe, rows: int) -> list[Any]:
    from sklearn.preprocessing import FunctionTransformer

    fills = plan.kind == "table" or plan.impute
    steps = [*([_imputer(recipe)] if fills else []), *_scaling(recipe, rows)]
    return steps or [FunctionTransformer()]


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


def _bins(plan: Preparation, recipe: Recipe) -> list[Any]:
    from sklearn.preprocessing import KBinsDiscretizer, OneHotEncoder

    bins = int(recipe.bins or 0)
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
    return [*([_imputer(recipe)] if plan.kind == "table" or plan.impute else []), cut, codes]


def _products(plan: Preparation, recipe: Recipe, rows: int) -> list[Any]:
    """Return the steps to products of pairs: of all columns, or of those that say most about the target."""
    from sklearn.feature_selection import SelectKBest
    from sklearn.preprocessing import PolynomialFeatures

    best = [SelectKBest(_score(plan), k=CROSSED)] if plan.numbers > CROSSED else []
    pairs = PolynomialFeatures(degree=(2, 2), interaction_only=True, include_bias=False)
    return [*_numbers(plan, recipe, rows), *best, pairs]


def _categories(plan: Preparation, recipe: Recipe, rows: int) -> list[Any]:
    from sklearn.impute import SimpleImputer
    from sklearn.model_selection import KFold
    from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, TargetEncoder

    filler = SimpleImputer(strategy="constant", fill_value=MISSING)
    vocabulary: list[Any] = [np.array(words, dtype=object) for words in plan.categories]
    codes = {"handle_unknown": "use_encoded_value", "unknown_value": -1}
    if recipe.encoding == "ordinal":
        return [filler, OrdinalEncoder(categories=vocabulary, **codes), *_scaling(recipe, rows)]
    if recipe.encoding == "target":
        classes = "binary" if plan.outputs == 2 else "multiclass"
        encoder = TargetEncoder(
            target_type=classes if plan.task == "classification" else "continuous",
            smooth="auto" if recipe.target_smoothing is None else recipe.target_smoothing,
            cv=KFold(TARGET_FOLDS, shuffle=True, random_state=SEED),
        )
        return [filler, encoder, *_scaling(recipe, rows)]
    if recipe.min_frequency > 1:
        joined = OrdinalEncoder(categories=vocabulary, min_frequency=recipe.min_frequency, **codes)
        vocabulary = [list(range(len(words))) for words in plan.categories]
        steps = [filler, joined]
    else:
        steps = [filler]
    encoder = OneHotEncoder(categories=vocabulary, handle_unknown="ignore", sparse_output=False)
    return [*steps, encoder]


def _score(plan: Preparation) -> Any:
    from sklearn.feature_selection import f_classif, f_regression

    return f_classif if plan.task == "classification" else f_regression
