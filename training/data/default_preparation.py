"""The default preparation: rules for how a dataset's columns become a model's input where a configuration does not say."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from ...errors import DataError, did_you_mean
from ...texts import count_text, names_text
from .arrays import looks_like_images
from .free_text import (
    MAX_TOKENS,
    SEQUENCE_LENGTH,
    TextExtent,
    columns_of_text,
    extent_of,
    plain_texts,
    text_recipe,
    with_token_shape,
)
from .mapped_rows import extremes, parts_of
from .multiple_inputs import refuse_one_array
from .preparation import MISSING, Channels, Layout, Preparation, Recipe, Scaling
from .trees import leaves, row_shapes

if TYPE_CHECKING:
    from .dataset import Dataset


NO_TEXT = (
    "no column holds text, which the family 'text' reads: texts of several words, different in most rows; "
    "numbers and categories alone are for other families"
)
SEQUENCES_NEEDED = "a model that reads sequences (rnn) needs rows of shape (time, features)"


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
    if dataset.kind == "arrays":
        if layout != "natural":
            raise DataError(f"{dataset.name}: {refuse_one_array('x', dataset.x)}")
        if scaling not in ("auto", "none"):
            raise DataError(f"{dataset.name}: several inputs are used as they were given: leave scaling out")
    if layout == "text" and dataset.kind != "table":
        raise DataError(f"{dataset.name}: {NO_TEXT}")
    of = {"table": _of_table, "arrays": _of_arrays}.get(dataset.kind)
    return Preparation(
        kind=dataset.kind,
        task=dataset.task,
        layout=layout,
        channels=channels,
        scale_target=scale_target and dataset.task == "regression",
        rows=dataset.rows,
        outputs=len(leaves(dataset.y)) if dataset.task == "outputs" else dataset.outputs,
        **(of(dataset, layout, scaling) if of else _of_array(dataset, layout, scaling, channels)),
    )


def _of_table(dataset: Dataset, layout: Layout, scaling: Scaling) -> dict[str, Any]:
    frame: Any = dataset.x
    texts = columns_of_text(frame)
    columns = [str(column) for column in frame.columns if column not in texts]
    if layout == "text" and not texts:
        words = [column for column in columns if frame[column].dtype.name == "category"]
        hint = f" (here {names_text(words)}; --text {words[0]} takes one for text)" if words else ""
        raise DataError(f"{dataset.name}: {NO_TEXT}{hint}")
    if scaling != "auto" and not columns:
        raise DataError(f"{dataset.name} holds no more than text, and nothing to scale: leave scaling out")
    if layout != "text" and not columns:
        raise DataError(
            f"{dataset.name} holds no more than text ({names_text(texts)}), and this model reads numbers and categories: "
            "the family 'text' reads it"
        )
    if layout == "image":
        raise DataError(f"{dataset.name} is a table: a model that reads images (cnn) needs images")
    if layout == "sequence":
        raise DataError(
            f"{dataset.name} is a table: {SEQUENCES_NEEDED}; a window makes them of rows in order of time"
        )
    if scaling == "unit":
        raise DataError(f"{dataset.name} is a table: scaling 'unit' is for pixels; use 'minmax'")
    categorical = tuple(column for column in columns if frame[column].dtype.name == "category")
    numeric = tuple(column for column in columns if column not in categorical)
    categories = tuple(
        (*map(str, frame[column].cat.categories), *([MISSING] if frame[column].isna().any() else []))
        for column in categorical
    )
    of_columns: dict[str, Any] = {
        # Numbers are filled even where none is missing: new rows may lack what these have.
        "recipe": Recipe("standard" if scaling == "auto" else scaling),
        "source_shape": (len(frame.columns),),
        "input_shape": (len(numeric) + sum(map(len, categories)),),
        "numeric": numeric,
        "categorical": categorical,
        "categories": categories,
        "gaps": tuple(column for column in numeric if frame[column].isna().any()),
        "texts": texts,
    }
    return _with_texts(of_columns, extent_of(plain_texts(frame, texts))) if layout == "text" else of_columns


def holds_only_text(dataset: Dataset) -> bool:
    """Tell whether a dataset is a table without a column beside its texts."""
    frame: Any = dataset.x
    return dataset.kind == "table" and len(columns_of_text(frame)) == len(frame.columns)


def _with_texts(of_columns: dict[str, Any], extent: TextExtent) -> dict[str, Any]:
    """Return what is decided of a table's columns with what becomes of its texts."""
    text = text_recipe(extent, MAX_TOKENS, SEQUENCE_LENGTH)
    return {
        **of_columns,
        "recipe": replace(of_columns["recipe"], text=text),
        "input_shape": with_token_shape(text, of_columns["input_shape"]),
        "extent": extent,
    }


def _of_arrays(dataset: Dataset, _layout: Layout, _scaling: Scaling) -> dict[str, Any]:
    shapes = row_shapes(dataset.x)
    return {"recipe": Recipe("none", imputation=None), "source_shape": shapes, "input_shape": shapes}


def _of_array(dataset: Dataset, layout: Layout, scaling: Scaling, channels: Channels) -> dict[str, Any]:
    shape = tuple(dataset.x.shape[1:])
    lacking = [_lacks(x) for x in (dataset.x, dataset.x_test)]
    gaps: list[int] = []
    if lacking[0] and dataset.kind != "image":
        width = shape[-1] if layout == "sequence" else int(np.prod(shape))
        missing = [np.isnan(part.reshape(-1, width)).any(axis=0) for part in parts_of(dataset.x)]
        gaps = np.flatnonzero(np.any(missing, axis=0)).tolist()
    recipe = _scaled(dataset, scaling, layout)
    return {
        "recipe": recipe if any(lacking) else replace(recipe, imputation=None),
        "source_shape": shape,
        "input_shape": _input_shape(dataset, shape, layout, channels),
        "gaps": tuple(gaps),
    }


def _lacks(x: Any) -> bool:
    """Tell whether a value is missing in an array."""
    return x.dtype.kind == "f" and any(bool(np.isnan(part).any()) for part in parts_of(x))


def _scaled(dataset: Dataset, scaling: Scaling, layout: Layout) -> Recipe:
    """Return how an array is scaled: pixels by their known range, other numbers standardised."""
    if scaling not in ("auto", "unit"):
        return Recipe(scaling)
    values: Any = dataset.x
    is_pixels = layout != "sequence" and (dataset.kind == "image" or looks_like_images(values))
    if scaling == "auto" and not is_pixels:
        return Recipe("standard")
    low, high = extremes(values)
    if low >= -1 and high <= 1 and (scaling == "auto" or low >= 0):
        return Recipe("none")
    # Decimal pixels a little above 1 come from resizing, not from the range 0-16.
    decimal = values.dtype.kind == "f" and not all(
        bool((part == np.floor(part)).all()) for part in parts_of(values)
    )
    known = (255.0, 65535.0) if decimal else (16.0, 255.0, 65535.0)
    divisor = next((most for most in known if high <= most), None)
    if low >= 0 and divisor is not None and not (decimal and high <= 16):
        return Recipe("unit", divisor)
    if scaling == "unit":
        raise DataError(
            f"{dataset.name} has values from {low:g} to {high:g}: scaling 'unit' needs pixels from 0 to 65535"
        )
    return Recipe("standard")


def _input_shape(
    dataset: Dataset, source_shape: tuple[int, ...], layout: Layout, channels: Channels
) -> tuple[int, ...]:
    if layout == "sequence" and len(source_shape) != 2:
        raise DataError(f"{dataset.name} has rows of {_shape_words(source_shape)}: {SEQUENCES_NEEDED}")
    if layout in ("natural", "sequence"):
        return source_shape
    if layout == "flat":
        return (int(np.prod(source_shape)),)
    if len(source_shape) not in (2, 3):
        raise DataError(
            f"{dataset.name} has rows of {_shape_words(source_shape)}: a model that reads images (cnn) needs images"
        )
    shape = (*source_shape, 1) if len(source_shape) == 2 else source_shape
    return (shape[2], shape[0], shape[1]) if channels == "channels_first" else shape


def _shape_words(shape: tuple[int, ...]) -> str:
    return count_text(shape[0], "number") if len(shape) == 1 else f"shape {shape}"
