"""How a configuration changes the preparation of columns: the hyperparameters, which apply to a dataset, and their effect.

``configure_preparation`` turns the default preparation into what a configuration asks for. It fits nothing. The shape of a row follows
from the recipe and from the dataset's schema alone, so that it is the same in every fold.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import TrainingError, did_you_mean
from ...spaces import Configuration
from .default_preparation import choose_preparation, holds_only_text
from .free_text import MAX_TOKENS, SEQUENCE_LENGTH, SPECIAL_TOKENS, TextExtent, text_recipe, with_token_shape
from .pipelines import CROSSED
from .preparation import Preparation, Recipe, Shapes

if TYPE_CHECKING:
    from .dataset import Dataset

SCALINGS = ("standard", "minmax", "robust", "quantile", "power", "none")
CLIPPED = ("standard", "minmax", "robust", "power")
"""Scalings in whose units outliers can be told; ranks have none, and plain numbers have no common unit."""
QUANTILE_OUTPUTS = ("normal", "uniform")
IMPUTATIONS = ("median", "mean", "most_frequent", "constant")
ENCODINGS = ("one_hot", "ordinal", "target")
MOST_BINS = 2000
"""Columns that binning may add."""
_CATALOGUE_BINS = 32
"""The most bins that the catalogue proposes."""

TEXT_NAMES = frozenset({"max_tokens", "sequence_length", "token_unit", "ngrams"})
"""Hyperparameters that change what becomes of texts."""
TOKEN_UNITS = ("word", "character")
COLUMN_NAMES = frozenset(
    {
        "scaling",
        "quantile_output",
        "n_quantiles",
        "robust_range",
        "imputation",
        "missing_indicator",
        "clip_outliers",
        "outlier_limit",
        "encoding",
        "target_smoothing",
        "min_frequency",
        "feature_selection",
        "selected_share",
        "pca",
        "pca_share",
        "whiten",
        "binning",
        "bins",
        "interactions",
    }
)
"""Hyperparameters that change columns."""


def configure_preparation(preparation: Preparation, configuration: Configuration) -> Preparation:
    """Return the preparation that a configuration asks for; the same one where it asks for nothing else.

    Args:
        preparation: What the rules chose for the dataset.
        configuration: Hyperparameters without effect on what is chosen are passed over, as ``n_quantiles`` is
            without ``scaling=quantile``.

    Raises:
        TrainingError: ``data``: a value is unknown, out of range, or makes no sense for these data.
    """
    # Of other data, a user's model may have hyperparameters of such names.
    known = COLUMN_NAMES if preparation.extent is None else COLUMN_NAMES | TEXT_NAMES
    asked = {name: value for name, value in configuration.items() if name in known}
    if not asked:
        return preparation
    _check_kind(preparation, asked)
    recipe, shape = _sized(preparation, _recipe(preparation, asked), asked)
    if preparation.extent is not None:
        recipe, shape = _with_text(preparation.extent, recipe, shape, asked)
    if recipe == preparation.recipe:
        return preparation
    return replace(preparation, recipe=recipe, input_shape=shape)


def applicable_hyperparameters(dataset: Dataset) -> frozenset[str]:
    """Return the names of ``spaces/catalogue/tabular.py`` and ``data.py`` that change training on a dataset.

    No missing value, no imputation; no category, no encoding; no class, no balancing. What would make a trial fail
    is left out, too, as feature selection for several targets is.
    """
    names = {"subset", "bootstrap", *_of_classes(dataset)}
    if dataset.kind not in ("image", "arrays") and not holds_only_text(dataset):
        names |= _of_columns(choose_preparation(dataset, "natural"))
    return frozenset(names)


def _of_classes(dataset: Dataset) -> set[str]:
    if dataset.task != "classification":
        return set()
    counts = np.bincount(dataset.y, minlength=len(dataset.classes))
    if counts.max() - counts.min() <= 1:
        return set()  # folds of equal classes differ by a row, which is no imbalance
    return {"balancing", "balancing_strength", "class_weight", "class_weight_power"}


def _of_columns(plan: Preparation) -> set[str]:
    numbers, flat, one_target = plan.numbers, _is_flat(plan), not _has_several_targets(plan)
    names: set[str] = set()
    if numbers:
        names |= {"scaling", "quantile_output", "n_quantiles", "robust_range"}
        names |= {"clip_outliers", "outlier_limit"}
    if plan.gaps:
        names |= {"imputation", "missing_indicator"} if flat else {"imputation"}
    if plan.categorical and one_target:
        names |= {"encoding", "target_smoothing", "min_frequency"}
    if flat and 0 < numbers * _CATALOGUE_BINS <= MOST_BINS:
        names |= {"binning", "bins"}
    if flat and numbers > 1 and one_target:
        names.add("interactions")
    if flat and plan.input_shape[0] > 1:
        names |= {"pca", "pca_share", "whiten"}
        names |= {"feature_selection", "selected_share"} if one_target else set()
    return names


def _check_kind(preparation: Preparation, asked: Configuration) -> None:
    first = next(iter(asked))
    if preparation.recipe.tokens:
        raise TrainingError(
            "data", f"{first} is for numbers that measure, and the model looks these up in an embedding"
        )
    if preparation.kind == "arrays":
        raise TrainingError("data", f"{first} is for tables and vectors, and there are several inputs")
    if preparation.kind == "image":
        raise TrainingError("data", f"{first} is for tables and vectors, and these are images")
    if preparation.kind != "table":
        for name in ("encoding", "target_smoothing", "min_frequency"):
            if name in asked:
                raise TrainingError("data", f"{name} is for categories, and an array has none")


def _recipe(preparation: Preparation, asked: Configuration) -> Recipe:
    """Return the rules' recipe with what is asked for, but for the columns that are selected or projected."""
    rules = preparation.recipe
    scaling = _string(asked, "scaling", SCALINGS, rules.scaling)
    values: dict[str, Any] = {"scaling": scaling, "divisor": rules.divisor if scaling == "unit" else 1.0}
    if _flag(asked, "clip_outliers"):
        values["outlier_limit"] = _number(asked, "outlier_limit", 4.0, above=0)
        if scaling not in CLIPPED:
            raise TrainingError(
                "data", f"clip_outliers needs scaling {', '.join(CLIPPED)}, and it is {scaling}"
            )
    if scaling == "quantile":
        values["quantile_output"] = _string(asked, "quantile_output", QUANTILE_OUTPUTS, "normal")
        values["n_quantiles"] = _integer(asked, "n_quantiles", 100, 2)
    if scaling == "robust":
        values["robust_range"] = _number(asked, "robust_range", 25.0, above=0, below=50)
    if preparation.gaps:
        values["imputation"] = _string(asked, "imputation", IMPUTATIONS, "median")
        values["missing_indicator"] = _flag(asked, "missing_indicator")
    if preparation.categorical:
        values |= _encoding(preparation, asked)
    if _flag(asked, "binning") and preparation.numbers:
        values["bins"] = _integer(asked, "bins", 8, 2)
    values["interactions"] = _flag(asked, "interactions") and preparation.numbers > 1
    values["whiten"] = _flag(asked, "whiten") and _flag(asked, "pca")
    return replace(rules, **values)


def _encoding(preparation: Preparation, asked: Configuration) -> dict[str, Any]:
    values: dict[str, Any] = {"encoding": _string(asked, "encoding", ENCODINGS, "one_hot")}
    if values["encoding"] == "target":
        _check_one_target(preparation, "encoding=target")
        if "target_smoothing" in asked:
            values["target_smoothing"] = _number(asked, "target_smoothing", 0.0, least=0)
    if values["encoding"] == "one_hot":
        values["min_frequency"] = _integer(asked, "min_frequency", 1, 1)
    return values


def _sized(preparation: Preparation, recipe: Recipe, asked: Configuration) -> tuple[Recipe, tuple[int, ...]]:
    """Return the recipe with numbers of columns, and the shape of a row in the end."""
    if not _is_flat(preparation):
        for name in ("missing_indicator", "binning", "interactions", "feature_selection", "pca"):
            if _flag(asked, name):
                raise TrainingError(
                    "data",
                    f"{name} needs rows of plain columns, and these have shape {preparation.source_shape}",
                )
        return recipe, preparation.input_shape
    width = _width(preparation, recipe)
    if not width:
        return recipe, (0,)
    if _flag(asked, "feature_selection"):
        _check_one_target(preparation, "feature_selection")
        share = _number(asked, "selected_share", 0.5, above=0, most=1)
        width = max(1, round(share * width))
        recipe = replace(recipe, selected=width)
    if _flag(asked, "pca"):
        share = _number(asked, "pca_share", 0.5, above=0, most=1)
        # There are no more components than rows, and two folds or more train on half of the rows at least.
        width = max(1, round(share * min(width, preparation.rows // 2)))
        recipe = replace(recipe, components=width)
    return recipe, (width,)


def _with_text(
    extent: TextExtent, recipe: Recipe, columns: tuple[int, ...], asked: Configuration
) -> tuple[Recipe, Shapes]:
    """Return the recipe with what becomes of texts, and the shape of a row of tokens and columns."""
    unit = _string(asked, "token_unit", TOKEN_UNITS, "word")
    most = _integer(asked, "max_tokens", MAX_TOKENS, SPECIAL_TOKENS + 1)
    length = _integer(asked, "sequence_length", SEQUENCE_LENGTH, 1)
    text = text_recipe(extent, most, length, unit, _integer(asked, "ngrams", 1, 1))
    return replace(recipe, text=text), with_token_shape(text, columns)


def _width(preparation: Preparation, recipe: Recipe) -> int:
    """Return the columns before some are selected or projected."""
    numbers = preparation.numbers
    width = numbers + (len(preparation.gaps) if recipe.missing_indicator else 0)
    if recipe.bins is not None:
        added = numbers * recipe.bins
        if added > MOST_BINS:
            raise TrainingError(
                "data", f"binning would add {added:,} columns, at most {MOST_BINS:,}: use fewer bins"
            )
        width += added
    if recipe.interactions:
        crossed = min(numbers, CROSSED)
        if crossed < numbers:
            _check_one_target(preparation, f"interactions of more than {CROSSED} columns")
        width += crossed * (crossed - 1) // 2
    if recipe.encoding == "one_hot":
        return width + sum(map(len, preparation.categories))
    classes = preparation.outputs if preparation.task == "classification" and preparation.outputs > 2 else 1
    return width + len(preparation.categorical) * (classes if recipe.encoding == "target" else 1)


def _is_flat(preparation: Preparation) -> bool:
    return len(preparation.features_shape) == 1


def _has_several_targets(preparation: Preparation) -> bool:
    return preparation.task != "classification" and preparation.outputs > 1


def _check_one_target(preparation: Preparation, what: str) -> None:
    if _has_several_targets(preparation):
        raise TrainingError("data", f"{what} needs one target, and there are {preparation.outputs}")


def _string(asked: Configuration, name: str, known: tuple[str, ...], default: str) -> str:
    value = asked.get(name, default)
    if name in asked and value not in known:
        raise TrainingError("data", f"unknown {name} {value!r}.{did_you_mean(str(value), known)}")
    return str(value)


def _flag(asked: Configuration, name: str) -> bool:
    value = asked.get(name, False)
    if not isinstance(value, bool):
        raise TrainingError("data", f"{name} must be true or false, got {value!r}")
    return value


def _integer(asked: Configuration, name: str, default: int, least: int) -> int:
    value = _number(asked, name, default, least=least)
    if not value.is_integer():
        raise TrainingError("data", f"{name} must be a whole number, got {asked[name]!r}")
    return int(value)


def _number(
    asked: Configuration,
    name: str,
    default: float,
    *,
    above: float | None = None,
    least: float | None = None,
    most: float | None = None,
    below: float | None = None,
) -> float:
    value: Any = asked.get(name, default)
    bounds = {"above": above, "at least": least, "at most": most, "below": below}
    fits = not isinstance(value, bool) and isinstance(value, int | float)
    fits = fits and (above is None or value > above) and (least is None or value >= least)
    fits = fits and (most is None or value <= most) and (below is None or value < below)
    if not fits:
        words = " and ".join(f"{word} {bound:g}" for word, bound in bounds.items() if bound is not None)
        raise TrainingError("data", f"{name} must be a number {words}, got {value!r}")
    return float(value)
