"""A preparation fitted: medians, means and ranges learned from the rows it is given, and applied to any.

``fit_preparation`` learns from a fold's training part, ``FittedPreparation.transform`` applies it. What is fitted is
made of scikit-learn objects and nothing else: an export pickles them for a script that does not import Kerasweep. That
script repeats four plain steps: divide, transform, reshape, and move the channels if asked.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import DataError, TrainingError, did_you_mean, one_line
from ...texts import names_text
from ..machine import aligned_empty
from .by_batch import ByBatch, divided, scaler_steps
from .column_fitting import column_steps, fit_columns, is_by_column
from .free_text import FEATURES, TOKENS, plain_texts
from .mapped_rows import MappedRows
from .mapped_table import MappedTable, in_memory
from .multiple_inputs import describe_several
from .pipelines import build_features
from .preparation import Preparation
from .trees import Tree, is_nest, row_count, row_shapes
from .vectorization import adapt_vocabulary, look_up

MOST_FLOATS = 64 * 2**20
"""Bytes of float32 that rows of bytes are prepared to ahead of training; more are divided in every batch."""


@dataclass(frozen=True, eq=False)
class FittedPreparation:
    """A preparation with what it learned from one set of training rows."""

    preparation: Preparation
    features: Any
    """A scikit-learn transformer of two-dimensional rows, or None."""
    target: Any
    """A ``StandardScaler`` whose scale is the same for every target, or None."""
    training: np.ndarray | None = None
    """The columns of training rows as the model trains on them, where a row must not be encoded by its own target."""
    vocabulary: tuple[str, ...] = ()
    """The words of training rows, the most frequent ones first; empty where the model reads no text."""

    def transform_training(self, x: Any) -> Tree:
        """Return the training rows, which this was fitted to, as the model trains on them.

        It is ``transform``, but for categories that are encoded by the target: there each row is encoded by what the
        others say (scikit-learn's cross-fitting), else the model would trust in rare categories too much.
        """
        if self.training is None:
            return self.transform(x)
        return (
            self.training
            if self.preparation.recipe.text is None
            else {**self.transform(x), FEATURES: self.training}
        )

    def transform(self, x: Tree) -> Tree:
        """Return rows as the model reads them.

        Args:
            x: Rows as the dataset stores them.

        Returns:
            float32, or int32 for rows of tokens, of shape ``(rows, *input_shape)``, contiguous, never a view of ``x``;
            of several inputs each array as it is; of texts beside columns a dict of both.

        Raises:
            DataError: Columns are missing or rows have another shape.
        """
        plan = self.preparation
        if plan.kind == "arrays":
            return _as_given(plan, x)
        if isinstance(x, MappedRows):  # scikit-learn computes in float64
            x.check_memory(x.nbytes + (4 if self.features is None else 12) * x.size)
        values = _stored(plan, x)
        if plan.recipe.text is not None:
            tokens = look_up(self.vocabulary, _texts(plan, x), plan.recipe.text)
            if self.features is None:
                return tokens
            return {TOKENS: tokens, FEATURES: self._columns(values)}
        if plan.kind == "table":
            return self._columns(values)
        if self.features is not None:
            values = np.asarray(self.features.transform(values), plan.dtype)
        if plan.layout in ("image", "sequence") or self.features is None:
            values = _with_channels(plan, values.reshape(-1, *plan.source_shape))
        if plan.dtype == "int32":
            values = values.astype(plan.dtype)
        elif self.features is None:
            # One pass from bytes to float32: 60,000 images never exist as float64.
            scaled = aligned_empty(values.shape)
            np.divide(
                values, np.float32(plan.recipe.divisor), out=scaled, casting="same_kind", dtype=np.float32
            )
            values = scaled
        return np.ascontiguousarray(values.reshape(len(values), *plan.input_shape))

    def _columns(self, stored: Any) -> np.ndarray:
        return np.ascontiguousarray(np.asarray(self.features.transform(stored), self.preparation.dtype))

    def as_stored(self, x: Tree) -> tuple[Any, ByBatch] | None:
        """Return rows as they are stored, and what trainers do to them batch by batch.

        That is what ``transform`` returns, to the last bit. It pays for many pictures in memory, of which the bytes are a
        quarter, and for rows in a file, of which memory holds a batch. None for others, and where more is done to
        rows than the same to each.
        """
        plan = self.preparation
        if isinstance(x, MappedTable):
            return self._batches_of(x)
        if plan.kind in ("table", "arrays") or plan.dtype != "float32" or 4 * x.size <= MOST_FLOATS:
            return None
        steps = self._steps(x.dtype)
        if steps is not None and isinstance(x, MappedRows) and not _moves_channels(plan):
            _check_shape(plan, x)
            return x.reshaped(plan.input_shape), steps
        if steps is None or x.dtype != np.uint8 or plan.fits_features:
            return None
        values = _with_channels(plan, _stored(plan, x))
        return np.ascontiguousarray(values.reshape(len(values), *plan.input_shape)), steps

    def _batches_of(self, table: MappedTable) -> tuple[Any, ByBatch] | None:
        plan = self.preparation
        if not is_by_column(plan):
            return None
        return table.matrix([*plan.numeric, *plan.categorical]), column_steps(self.features, table, plan)

    def _steps(self, dtype: np.dtype) -> ByBatch | None:
        """Return what is done to rows of a type; None where it is more than the same operations on each row."""
        plan = self.preparation
        if not plan.fits_features:
            return divided(plan.recipe.divisor)
        single = _is_measured_in_singles(plan, dtype) or dtype == np.float32
        kept = np.dtype(np.float32 if single else np.float64)
        scaling = scaler_steps(self.features, kept)
        if scaling is None:
            return None
        shaped = tuple(
            (operation, by if plan.layout == "sequence" else by.reshape(plan.input_shape))
            for operation, by in scaling
        )
        first = divided(plan.recipe.divisor).steps if plan.recipe.divisor != 1 else ()
        return ByBatch(kept, (*first, *shaped))

    def transform_target(self, y: np.ndarray) -> np.ndarray:
        """Return targets as the model is trained on: codes unchanged, amounts as float32 in the shape they came in."""
        if self.target is None:
            return y
        columns = np.asarray(y, np.float64).reshape(len(y), -1)
        return np.asarray(self.target.transform(columns).reshape(y.shape), np.float32)

    @property
    def target_scale(self) -> float:
        """How many of the target's units one scaled unit is; all targets share it, so that errors convert exactly."""
        return 1.0 if self.target is None else float(self.target.scale_[0])


def fit_preparation(plan: Preparation, x: Any, y: np.ndarray) -> FittedPreparation:
    """Learn from a fold's training rows, and from nothing else.

    Args:
        plan: What is decided.
        x: Rows as the dataset stores them: ``(rows, ...)`` array, or a DataFrame.
        y: Their targets, ``(rows,)`` or ``(rows, targets)``.

    Raises:
        DataError: The rows are not of the dataset that this was chosen for.
        TrainingError: ``data``: what a configuration asks for cannot be fitted to these rows.
    """
    target = _fit_target(y) if plan.scale_target else None
    if plan.kind == "arrays":
        _as_given(plan, x)
        return FittedPreparation(plan, None, target)
    recipe, training = plan.recipe, None
    features = build_features(plan, row_count(x))
    if isinstance(x, MappedRows) and features is None:  # nothing is learned of rows, and none is read
        _check_shape(plan, x)
        return FittedPreparation(plan, None, target)
    if isinstance(x, MappedRows) and recipe.is_plain and hasattr(features, "partial_fit"):
        for part in x.parts():
            features.partial_fit(_stored(plan, part))
        return FittedPreparation(plan, features, target)
    if isinstance(x, MappedTable) and is_by_column(plan):
        fit_columns(features, x, plan)
        return FittedPreparation(plan, features, target)
    stored = _stored(plan, x)
    if recipe.encoding == "target" and plan.task == "classification" and len(np.unique(y)) < plan.outputs:
        raise TrainingError(
            "data", "encoding=target needs rows of every class in every fold: use fewer folds"
        )
    if features is not None and recipe.is_plain:
        features.fit(stored)
    elif features is not None:
        training = _fit_checked(plan, features, stored, y)
    words = adapt_vocabulary(_texts(plan, x), recipe.text) if recipe.text else ()
    return FittedPreparation(plan, features, target, training, words)


def _moves_channels(plan: Preparation) -> bool:
    return plan.layout == "image" and plan.channels == "channels_first"


def _with_channels(plan: Preparation, values: np.ndarray) -> np.ndarray:
    """Return rows of their source's shape with the channels of pictures where the model reads them."""
    if not _moves_channels(plan):
        return values
    return np.moveaxis(values[..., None] if values.ndim == 3 else values, -1, 1)


def _fit_checked(plan: Preparation, features: Any, stored: Any, y: np.ndarray) -> np.ndarray | None:
    """Fit what rows can make fail, see what becomes of them, and return it where the rows are cross-fitted."""
    recipe, training = plan.recipe, None
    try:
        with warnings.catch_warnings():
            # A column that is constant in one fold, or whose bins fall together, is no news and does no harm.
            warnings.simplefilter("ignore")
            if recipe.encoding == "target":
                training = np.ascontiguousarray(features.fit_transform(stored, y), np.float32)
            else:
                features.fit(stored, y if recipe.reads_target else None)
            values = features.transform(stored)
    except ValueError as error:
        raise TrainingError("data", f"the columns cannot be prepared so: {one_line(error, 160)}") from error
    if not np.isfinite(values).all():
        raise TrainingError("data", f"scaling {recipe.scaling} makes numbers that are not finite")
    expected = plan.numbers if plan.layout == "sequence" else int(np.prod(plan.features_shape))
    if values.shape[1] != expected:
        raise TrainingError("data", f"a fold's rows become {values.shape[1]} columns, expected {expected}")
    return training


def _fit_target(y: np.ndarray) -> Any:
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


def _as_given(plan: Preparation, x: Tree) -> Tree:
    """Check several inputs against the plan and return them: whole numbers may be looked up, nothing is scaled."""
    if not is_nest(x) or row_shapes(x) != plan.source_shape:
        got = describe_several(x) if is_nest(x) else type(x).__name__
        raise DataError(f"expected several inputs with rows of shape {plan.source_shape}, got {got}")
    return x


def _texts(plan: Preparation, x: Any) -> np.ndarray:
    """Return the texts of rows as the recipe has them read."""
    return plain_texts(x, plan.texts, plan.recipe.text.longest_word if plan.recipe.text else None)


def _stored(plan: Preparation, x: Any) -> Any:
    """Check rows against the plan and return what the fitted transformer reads: two axes, or a frame's columns."""
    if plan.kind == "table":
        names = [*plan.numeric, *plan.categorical, *(plan.texts if plan.recipe.text else ())]
        if not hasattr(x, "columns"):
            raise DataError(f"expected a table with columns {names_text(names)}, got {type(x).__name__}")
        if lost := [name for name in names if name not in x.columns]:
            raise DataError(
                f"the table lacks column {names_text(lost)}.{did_you_mean(lost[0], map(str, x.columns))}"
            )
        return in_memory(x[[*plan.numeric, *plan.categorical]])
    _check_shape(plan, x)
    values = np.asarray(x)
    if not plan.fits_features:
        return values
    if _is_measured_in_singles(plan, values.dtype):
        values = values.astype(np.float32)
    if plan.recipe.divisor != 1:
        values = values / np.float32(plan.recipe.divisor)
    return values.reshape(-1, plan.numbers)


def _check_shape(plan: Preparation, x: Any) -> None:
    """Refuse an array whose rows have another shape than the dataset's."""
    if np.shape(x)[1:] != plan.source_shape:
        raise DataError(f"expected rows of shape {plan.source_shape}, got {np.shape(x)[1:]}")


def _is_measured_in_singles(plan: Preparation, dtype: np.dtype) -> bool:
    """Tell whether rows are scaled in float32, whatever they are stored in.

    Scalers would turn bytes into float64; pixels lose nothing in float32. Other numbers may (time stamps).
    """
    return plan.kind == "image" or dtype.itemsize <= 2
