"""The epoch of one fold, traced: its training steps and its validation, as loops over batches inside a graph.

A traced function takes the variables that it captured as inputs, and these can be given anew: so do the other folds run
what was traced on the first one's model.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from ...mixing import Mixing
from ...models.building import activations_of, build_metrics
from ..averaging import averaged
from ..feeding import Rows, Stored, take, validation_batch
from .joined import joined_updates
from .knobs import Sheet
from .native_updates import native_updates
from .normalization import fused_normalization

_NUMBER = tf.TensorSpec((), tf.int64)
_ROWS = tf.TensorSpec((None,), tf.int64)


@dataclass(frozen=True)
class FoldTensors:
    """What one fold trains and validates on; it stays on the device. A program is given it and keeps none of it."""

    x: Rows
    y: Rows
    weights: tf.Tensor | None
    """Of the rows in training; None where all rows weigh the same."""
    own_weights: tf.Tensor | None
    """Of the rows in validation; None where they have none of their own."""
    validation: tf.Tensor
    """int64 positions."""

    @property
    def rows(self) -> list[Rows]:
        """What a training step takes, of all rows."""
        return [self.x, self.y, *([] if self.weights is None else [self.weights])]

    @property
    def inputs(self) -> list[Rows]:
        """What prediction takes."""
        return [self.x, self.validation]

    @property
    def validated(self) -> list[Rows]:
        """What validation takes."""
        return [*self.scored, self.validation]

    @property
    def scored(self) -> list[Rows]:
        """What a validation step takes, of all rows."""
        return [self.x, self.y, *([] if self.own_weights is None else [self.own_weights])]


@dataclass(frozen=True)
class FoldProgram:
    """The epoch of one fold, as traced functions."""

    train: Any
    """Trains some steps of an epoch."""
    finish: Any
    """Validates, and returns the metrics of the epoch, set back."""
    predict: Any
    """Predicts the validation rows; None if it is not asked for."""
    metrics: tuple[str, ...]
    vectors: tuple[str, ...]

    @property
    def functions(self) -> list[Any]:
        """Those of them that are there."""
        return [one for one in (self.train, self.finish, self.predict) if one is not None]

    def check_captures(self, known: Sequence[tf.Variable]) -> None:
        """Refuse a model that changes what Keras does not list: all folds would change the same.

        Raises:
            TypeError: It captures another variable or resource.
        """
        handles = {id(variable.handle) for variable in known}
        for tensor in (part for function in self.functions for part in function.captured_inputs):
            if tensor.dtype == tf.resource and id(tensor) not in handles:
                raise TypeError("a layer holds a variable that Keras does not list")

    def on(self, old: Sequence[tf.Variable], new: Sequence[tf.Variable]) -> FoldProgram:
        """Return the same program on other variables."""
        handles = {id(before.handle): after.handle for before, after in zip(old, new, strict=True)}
        train, finish = _recapture(self.train, handles), _recapture(self.finish, handles)
        predict = None if self.predict is None else _recapture(self.predict, handles)
        return FoldProgram(train, finish, predict, self.metrics, self.vectors)


def _recapture(function: Any, handles: dict[int, tf.Tensor]) -> Any:
    """Return a traced function that reads and writes other variables than those it was traced with."""
    again = copy.copy(function)
    again.set_external_captures([handles.get(id(tensor), tensor) for tensor in function.captured_inputs])
    return again


def trace_fold(
    model: keras.Model,
    data: FoldTensors,
    sheet: Sheet,
    knobs: tf.Variable,
    mixing: Mixing | None,
    *,
    predicts: bool,
) -> FoldProgram:
    """Trace ``train_step`` in a loop over batches, and ``test_step`` in another; ``predict_step`` where that is asked for."""
    _make_metrics(model, data.rows)
    names: list[str] = []
    vectors: list[str] = []
    width = len(data.rows)

    def train(*inputs: Rows) -> tf.Tensor:
        rows, (order, batch, first, last, *draw) = inputs[:width], inputs[width:]
        count = tf.shape(order, tf.int64)[0]
        last = tf.minimum(last, (count + batch - 1) // batch)
        with sheet.reading(knobs):
            return _for_each_batch(rows, order, batch, first, last, _mixed(model.train_step, mixing, draw))

    def finish(*inputs: Rows) -> tf.Tensor:
        *scored, validation = inputs
        trained, _ = _take_metrics(model)
        batch = tf.constant(validation_batch(activations_of(model), scored[0]), tf.int64)
        last = (tf.shape(validation, tf.int64)[0] + batch - 1) // batch
        with sheet.reading(knobs), averaged(model):
            _for_each_batch(
                scored,
                validation,
                batch,
                tf.constant(0, tf.int64),
                last,
                lambda _, rows: model.test_step(rows),
            )
        validated, several = _take_metrics(model)
        vectors[:] = several
        names[:] = [*trained, *(f"val_{name}" for name in validated)]
        return tf.stack([tf.cast(value, tf.float32) for value in (*trained.values(), *validated.values())])

    def predict(x: Rows, validation: tf.Tensor) -> tf.Tensor:
        with sheet.reading(knobs), averaged(model):
            return _predict_batches(model, x, validation)

    with sheet.installed(), native_updates(model), joined_updates(model), fused_normalization(model):
        inputs = [*data.rows, _ROWS, _NUMBER, _NUMBER, _NUMBER, *_draws_of(mixing)]
        traced_train = trace_function(train, inputs)
        traced_finish = trace_function(finish, [*data.scored, _ROWS])
        traced_predict = trace_function(predict, [data.x, _ROWS]) if predicts else None
    return FoldProgram(traced_train, traced_finish, traced_predict, tuple(names), tuple(vectors))


def _make_metrics(model: keras.Model, rows: Sequence[Rows]) -> None:
    """Have a model's losses and metrics make their variables, as Keras does before it traces."""
    rows = [part.take(tf.range(2)) if isinstance(part, Stored) else part for part in rows]
    if not build_metrics(model, rows):  # Keras passes symbolic rows through the model for it
        model._symbolic_build(data_batch=keras.tree.map_structure(lambda part: part[:2], tuple(rows)))


def _draws_of(mixing: Mixing | None) -> list[tf.TensorSpec]:
    """Return what a fold takes more where batches are mixed: its seed with the epoch, and the strength."""
    return [] if mixing is None else [tf.TensorSpec((2,), tf.int64), tf.TensorSpec((2,), tf.float64)]


def _mixed(
    step: Callable[[tuple[tf.Tensor, ...]], Any], mixing: Mixing | None, draw: Sequence[tf.Tensor]
) -> Callable[[tf.Tensor, tuple[tf.Tensor, ...]], Any]:
    """Return a training step that is given its number in the epoch, and mixes its batch where that is asked for."""
    if mixing is None:
        return lambda _, rows: step(rows)
    seed, strength = draw
    return lambda number, rows: step(mixing.mix(rows, seed, number, strength))


def trace_function(function: Callable[..., tf.Tensor], inputs: Sequence[Any]) -> Any:
    """Trace a function of tensors, which all folds call."""
    return tf.function(function, autograph=False).get_concrete_function(*specs_of(inputs))


def specs_of(inputs: Sequence[Rows]) -> list[Any]:
    """Return the specifications of tensors, or nests of them, with any number of rows."""
    return keras.tree.map_structure(  # type: ignore[no-any-return]
        lambda part: (
            part if isinstance(part, tf.TensorSpec) else tf.TensorSpec((None, *part.shape[1:]), part.dtype)
        ),
        list(inputs),
    )


def _for_each_batch(
    rows: Sequence[Rows],
    order: tf.Tensor,
    batch: tf.Tensor,
    first: tf.Tensor,
    last: tf.Tensor,
    step: Callable[[tf.Tensor, tuple[tf.Tensor, ...]], Any],
) -> tf.Tensor:
    """Take steps on the batches from ``first`` up to ``last`` of rows in an order; the last one may be smaller.

    A step is given its number and its batch.
    """
    count = tf.shape(order, tf.int64)[0]

    def body(number: tf.Tensor) -> list[tf.Tensor]:
        chosen = order[number * batch : tf.minimum((number + 1) * batch, count)]
        step(number, take(tuple(rows), chosen))
        return [number + 1]

    return tf.while_loop(lambda number: number < last, body, [first], parallel_iterations=1)[0]


def _predict_batches(model: keras.Model, x: Rows, rows: tf.Tensor) -> tf.Tensor:
    """Return what a model says of some rows, in batches of validation, in float32."""
    count = tf.shape(rows, tf.int64)[0]
    batch = tf.constant(validation_batch(activations_of(model), x), tf.int64)
    last = (count + batch - 1) // batch

    def part(number: tf.Tensor) -> tf.Tensor:
        chosen = rows[number * batch : tf.minimum((number + 1) * batch, count)]
        return tf.cast(model.predict_step((take(x, chosen),)), tf.float32)

    shape = part(tf.constant(0, tf.int64)).shape  # of no batch that is computed: the graph leaves it out
    parts = tf.TensorArray(
        tf.float32, tf.cast(last, tf.int32), infer_shape=False, element_shape=(None, *shape[1:])
    )

    def body(number: tf.Tensor, written: tf.TensorArray) -> tuple[tf.Tensor, tf.TensorArray]:
        return number + 1, written.write(tf.cast(number, tf.int32), part(number))

    start = (tf.constant(0, tf.int64), parts)
    return tf.while_loop(lambda number, _: number < last, body, start, parallel_iterations=1)[1].concat()


def _take_metrics(model: keras.Model) -> tuple[dict[str, tf.Tensor], list[str]]:
    """Return the metrics' results and set them back, and the names of those that are several numbers.

    Of several numbers, one a class, the result is the mean.
    """
    results = {name: tf.convert_to_tensor(value) for name, value in model.get_metrics_result().items()}
    vectors = [name for name, value in results.items() if value.shape.rank != 0]
    with tf.control_dependencies(list(results.values())):
        for metric in model.metrics:
            metric.reset_state()
    return {name: tf.reduce_mean(value) for name, value in results.items()}, vectors
