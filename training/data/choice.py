"""The rules that choose a `Preparation` for a dataset and a kind of model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from ...errors import DataError, did_you_mean
from .arrays import looks_like_images
from .preparation import Channels, Layout, Preparation, Scaling
from .raw import plural
from .scalers import MISSING

if TYPE_CHECKING:
    from .dataset import Dataset


def choose_preparation(
    dataset: Dataset,
    layout: Layout,
    scaling: Scaling = "auto",
    channels: Channels = "channels_last",
    *,
    scale_target: bool = True,
) -> Preparation:
    """Decide how a dataset's rows become a model's input.

    The decisions look at what the data are, not at how they are distributed: shape, dtype, column names, categories,
    whether anything is missing, and to which of the known ranges (0-1, 0-16, 0-255, 0-65535) pixels belong.

    Args:
        dataset: Its training rows are looked at; nothing is fitted.
        layout: What the model reads.
        scaling: ``auto``: pixels are divided by a constant, all other numbers standardised.
        channels: Where a convolution looks for the channels.
        scale_target: Standardise a regression's target.

    Raises:
        DataError: The data have no such layout or scaling.
    """
    for word, known, what in (
        (layout, Layout, "layout"),
        (scaling, Scaling, "scaling"),
        (channels, Channels, "channels"),
    ):
        if word not in get_args(known):
            raise DataError(f"unknown {what} '{word}'.{did_you_mean(str(word), get_args(known))}")
    scale_target = scale_target and dataset.task == "regression"
    if dataset.kind == "table":
        return _choose_for_table(dataset, layout, scaling, channels, scale_target=scale_target)
    source_shape = tuple(dataset.x.shape[1:])
    resolved, divisor = _choose_scaling(dataset, scaling)
    return Preparation(
        kind=dataset.kind,
        task=dataset.task,
        scaling=resolved,
        divisor=divisor,
        layout=layout,
        source_shape=source_shape,
        input_shape=_input_shape(dataset, source_shape, layout, channels),
        channels=channels,
        impute=any(
            part.dtype.kind == "f" and bool(np.isnan(part).any()) for part in (dataset.x, dataset.x_test)
        ),
        scale_target=scale_target,
        gaps=_gaps(dataset),
        rows=dataset.rows,
        outputs=dataset.outputs,
    )


def _gaps(dataset: Dataset) -> tuple[int, ...]:
    """Return the columns of an array in which training rows lack a value; images have none."""
    x = np.asarray(dataset.x)
    if dataset.kind == "image" or x.dtype.kind != "f":
        return ()
    return tuple(np.flatnonzero(np.isnan(x.reshape(len(x), -1)).any(axis=0)).tolist())


def _choose_for_table(
    dataset: Dataset, layout: Layout, scaling: Scaling, channels: Channels, *, scale_target: bool
) -> Preparation:
    if layout == "image":
        raise DataError(f"{dataset.name} is a table: a model that reads images (cnn) needs images")
    if scaling == "unit":
        raise DataError(f"{dataset.name} is a table: scaling 'unit' is for pixels; use 'minmax'")
    frame: Any = dataset.x
    categorical = tuple(str(column) for column in frame.columns if frame[column].dtype.name == "category")
    numeric = tuple(str(column) for column in frame.columns if str(column) not in categorical)
    categories = tuple(
        (*map(str, frame[column].cat.categories), *([MISSING] if frame[column].isna().any() else []))
        for column in categorical
    )
    return Preparation(
        kind="table",
        task=dataset.task,
        scaling="standard" if scaling == "auto" else scaling,
        divisor=1.0,
        layout=layout,
        source_shape=(len(frame.columns),),
        input_shape=(len(numeric) + sum(map(len, categories)),),
        channels=channels,
        impute=bool(frame[list(numeric)].isna().to_numpy().any()),
        scale_target=scale_target,
        numeric=numeric,
        categorical=categorical,
        categories=categories,
        gaps=tuple(column for column in numeric if frame[column].isna().any()),
        rows=dataset.rows,
        outputs=dataset.outputs,
    )


def _choose_scaling(dataset: Dataset, scaling: Scaling) -> tuple[Scaling, float]:
    """Return the scaling and divisor of an array: pixels by their known range, other numbers standardised."""
    if scaling not in ("auto", "unit"):
        return scaling, 1.0
    values = np.asarray(dataset.x)
    if scaling == "auto" and dataset.kind != "image" and not looks_like_images(values):
        return "standard", 1.0
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if low >= -1 and high <= 1 and (scaling == "auto" or low >= 0):
        return "none", 1.0
    # Decimal pixels a little above 1 come from resizing, not from the range 0-16.
    decimal = values.dtype.kind == "f" and not bool((values == np.floor(values)).all())
    known = (255.0, 65535.0) if decimal else (16.0, 255.0, 65535.0)
    divisor = next((most for most in known if high <= most), None)
    if low >= 0 and divisor is not None and not (decimal and high <= 16):
        return "unit", divisor
    if scaling == "unit":
        raise DataError(
            f"{dataset.name} has values from {low:g} to {high:g}: scaling 'unit' needs pixels from 0 to 65535"
        )
    return "standard", 1.0


def _input_shape(
    dataset: Dataset, source_shape: tuple[int, ...], layout: Layout, channels: Channels
) -> tuple[int, ...]:
    if layout == "natural":
        return source_shape
    if layout == "flat":
        return (int(np.prod(source_shape)),)
    if len(source_shape) not in (2, 3):
        words = plural(source_shape[0], "number") if len(source_shape) == 1 else f"shape {source_shape}"
        raise DataError(f"{dataset.name} has rows of {words}: a model that reads images (cnn) needs images")
    shape = (*source_shape, 1) if len(source_shape) == 2 else source_shape
    return (shape[2], shape[0], shape[1]) if channels == "channels_first" else shape
