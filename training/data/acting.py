"""Which hyperparameters of data have something to act on: presets leave the others out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .choice import choose_preparation
from .configuring import MOST_BINS

if TYPE_CHECKING:
    from .dataset import Dataset
    from .preparation import Preparation

_CATALOGUE_BINS = 32
"""The most bins that the catalogue proposes."""


def acting(dataset: Dataset) -> frozenset[str]:
    """Return the names of ``spaces/catalogue/tabular.py`` and ``data.py`` that change training on a dataset.

    No missing value, no imputation; no category, no encoding; no class, no balancing. What would make a trial fail
    is left out, too, as feature selection for several targets is.
    """
    names = {"subset", "bootstrap", *_of_classes(dataset)}
    if dataset.kind != "image":
        flat = dataset.kind == "table" or np.ndim(dataset.x) == 2
        names |= _of_columns(choose_preparation(dataset, "flat"), flat=flat)
    return frozenset(names)


def _of_classes(dataset: Dataset) -> set[str]:
    if dataset.task != "classification":
        return set()
    counts = np.bincount(dataset.y, minlength=len(dataset.classes))
    if counts.max() - counts.min() <= 1:
        return set()  # folds of equal classes differ by a row, which is no imbalance
    return {"balancing", "balancing_strength", "class_weight", "class_weight_power"}


def _of_columns(plan: Preparation, *, flat: bool) -> set[str]:
    numbers, one_target = plan.numbers, plan.task == "classification" or plan.outputs == 1
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
