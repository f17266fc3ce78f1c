"""One traced program that trains and validates all folds of an architecture for an epoch.

The epoch of one fold is traced once, on the first fold's model. The other folds run the same graph on variables of
their own: a traced function takes the variables that it captured as inputs, and these can be given anew. The program
keeps its variables, and any further configuration of the architecture is loaded into them.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ...mixing import Mixing
from ...models.building import activations_of, build_metrics, build_optimizer
from ...plateau import rate_variable
from ..averaging import averaged
from ..feeding import Rows, take, validation_batch
from .joined import joined_updates
from .knobs import Guard, Sheet

OPERATION_BYTES = 16_000
"""Of an operation of a traced graph, in Python's and in TensorFlow's own memory; measured."""
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
class Program:
    """A traced architecture with its variables."""

    folds: tuple[_FoldProgram, ...]
    metrics: tuple[str, ...]
    """Names of the metrics: those of training, then those of validation, which begin with ``val_``."""
    states: tuple[list[tf.Variable], ...]
    """Fold -> its variables, in the order of ``_variables_of``."""
    starts: list[np.ndarray]
    """First values of the metrics' variables, which end each state."""
    rates: tuple[tf.Variable | None, ...]
    """Fold -> the variable of its learning rate; None where a schedule computes the rate."""
    knobs: tuple[tf.Variable, ...]
    """Fold -> the floats of its model: a schedule counts steps, of which folds have different numbers."""
    guards: tuple[Guard, ...]
    vectors: tuple[str, ...]
    """Names of those metrics that are several numbers, one a class, of which ``finish`` returns the mean."""
    parallel: bool
    """Whether folds run side by side, rather than one after the other."""

    def train(
        self,
        rows: Sequence[Sequence[Rows]],
        orders: Sequence[tf.Tensor],
        batch: tf.Tensor,
        first: tf.Tensor,
        last: tf.Tensor,
        draws: Sequence[Sequence[tf.Tensor]],
    ) -> None:
        """Train the steps from ``first`` up to ``last`` of an epoch.

        Args:
            rows: Fold -> ``FoldTensors.rows``, of any variant of the data with equal shapes.
            orders: Fold -> the rows of an epoch in their order.
            batch: Rows a step.
            first: int64, counted from 0.
            last: int64; a fold that has fewer steps ends earlier.
            draws: Fold -> its seed with the epoch, and ``Mixing.strength``; nothing if nothing is mixed.
        """
        self._run(
            [
                partial(fold.train, *parts, order, batch, first, last, *draw)
                for fold, parts, order, draw in zip(self.folds, rows, orders, draws, strict=True)
            ]
        )

    def finish(self, validated: Sequence[Sequence[Rows]]) -> list[list[float]]:
        """Validate all folds; return each one's metrics of the epoch, and set them back."""
        ends = self._run(
            [partial(fold.finish, *parts) for fold, parts in zip(self.folds, validated, strict=True)]
        )
        return [end.numpy().tolist() for end in ends]

    def predict(self, inputs: Sequence[Sequence[Rows]]) -> list[np.ndarray]:
        """Return what each fold's model says of its validation rows, in float32."""
        ends = self._run(
            [partial(fold.predict, *parts) for fold, parts in zip(self.folds, inputs, strict=True)]
        )
        return [end.numpy() for end in ends]

    def _run(self, calls: Sequence[Callable[[], tf.Tensor]]) -> list[tf.Tensor]:
        if not self.parallel or len(calls) == 1:
            return [call() for call in calls]
        with ThreadPoolExecutor(len(calls)) as pool:
            return list(pool.map(lambda call: call(), calls))

    def fits(self, values: Sequence[Sequence[float]]) -> bool:
        """Tell whether a configuration's floats may be loaded, those of each fold."""
        return all(guard.holds(fold) for fold in values for guard in self.guards)

    def load(self, models: Sequence[keras.Model], values: Sequence[Sequence[float]]) -> None:
        """Take the weights of freshly built models, one a fold, with their optimizers, and floats of each."""
        for knobs, floats in zip(self.knobs, values, strict=True):
            if floats:
                knobs.assign(floats)
        for state, model, optimizer in zip(self.states, models, _optimizer_starts(models), strict=True):
            first = [*(variable.value for variable in model.variables), *optimizer, *self.starts]
            for variable, value in zip(state, first, strict=True):
                variable.assign(value)
        for rate, model in zip(self.rates, models, strict=True):
            own = rate_variable(model.optimizer)
            if rate is not None and own is not None:
                rate.assign(own.value)

    @cached_property
    def bytes(self) -> int:
        """Memory of its variables and, roughly, of its graphs, which take more for most."""
        functions = [function for fold in self.folds for function in fold._functions]
        graphs = {id(graph): graph for function in functions for graph in _graphs_of(function)}
        operations = sum(len(graph.get_operations()) for graph in graphs.values())
        variables = sum(int(np.prod(v.shape)) * v.dtype.size for state in self.states for v in state)
        return int(variables + OPERATION_BYTES * operations)


def trace(
    models: Sequence[keras.Model],
    tensors: Sequence[FoldTensors],
    sheet: Sheet,
    *,
    shared: bool,
    parallel: bool,
    mixing: Mixing | None = None,
    predicts: bool = False,
) -> Program:
    """Trace the program of some models' architecture.

    Args:
        models: One a fold, compiled and built, their optimizers too.
        tensors: One a fold.
        sheet: The first model's floats; those that it leaves out are baked in.
        shared: Whether the models differ in their variables only, so that one trace serves all folds.
        parallel: Whether folds may run side by side, rather than one after the other.
        mixing: Its kind is traced; how strong it is can be another for every trial.
        predicts: Whether the program predicts, too.

    Raises:
        Exception: Whatever the model raises while it is traced.
    """
    knobs = [tf.Variable(sheet.values or [0.0], dtype=tf.float64, trainable=False) for _ in models]
    traced = models[:1] if shared else models
    with _without_draws():
        folds = [
            _trace_fold(model, data, sheet, knobs[0], mixing, predicts=predicts)
            for model, data in zip(traced, tensors, strict=False)
        ]
    states = [_variables_of(model) for model in traced]
    starts = [variable.numpy() for variable in models[0].metrics_variables]
    places = [_rate_place(model) for model in traced]
    if shared:
        states += [[tf.Variable(variable) for variable in states[0]] for _ in models[1:]]
        inputs = [[*state, floats] for state, floats in zip(states, knobs, strict=True)]
        folds[0].check_captures(inputs[0])
        folds += [folds[0].on(inputs[0], others) for others in inputs[1:]]
        places *= len(models)

    return Program(
        tuple(folds),
        folds[0].metrics,
        tuple(states),
        starts,
        tuple(None if place is None else state[place] for place, state in zip(places, states, strict=True)),
        tuple(knobs),
        tuple(sheet.guards),
        folds[0].vectors,
        parallel,
    )


def _graphs_of(function: Any) -> list[Any]:
    """Return the graph of a traced function, and those of all functions that it calls."""
    called = (getattr(one, "graph", None) for one in function.graph._functions.values())
    return [function.graph, *(graph for graph in called if graph is not None)]


def _optimizer_starts(models: Sequence[keras.Model]) -> list[list[np.ndarray]]:
    """Return the first values of each model's optimizer; the first one's for all, unless they depend on weights."""
    first = [variable.numpy() for variable in models[0].optimizer.variables]
    if all(np.all(value == value.flat[0]) for value in first if value.size):
        return [first] * len(models)
    for model in models[1:]:
        build_optimizer(model)
    return [first, *([variable.numpy() for variable in model.optimizer.variables] for model in models[1:])]


class TracingDrawsError(Exception):
    """Python code of a step draws random numbers, so that every trace of it is another program."""


@contextmanager
def _without_draws() -> Iterator[None]:
    """Refuse to trace what draws from Python's or NumPy's generator.

    Raises:
        TracingDrawsError: It does.
    """
    before = random.getstate(), _numpy_draws()
    yield
    if before != (random.getstate(), _numpy_draws()):
        raise TracingDrawsError("a layer draws random numbers while it is traced")


def _numpy_draws() -> tuple[Any, ...]:
    """Return the state of NumPy's global generator, which layers may draw from."""
    name, keys, *rest = np.random.get_state(legacy=True)  # noqa: NPY002
    return (name, np.asarray(keys).tobytes(), *rest)


@contextmanager
def without_graph_passes() -> Iterator[None]:
    """Have programs that are called inside run as they were traced.

    TensorFlow's passes over a graph take longer than they save, for dense and convolutional networks alike
    (docs/benchmarks.md). They replace a division by a root, too, which rounds otherwise in the last digit of float32:
    ``fit`` has them.
    """
    before = tf.config.optimizer.get_experimental_options().get("disable_meta_optimizer", False)
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
    try:
        yield
    finally:
        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": before})


@dataclass(frozen=True)
class _FoldProgram:
    """The epoch of one fold."""

    train: Any
    finish: Any
    predict: Any
    """None if it is not asked for."""
    metrics: tuple[str, ...]
    vectors: tuple[str, ...]

    @property
    def _functions(self) -> list[Any]:
        return [one for one in (self.train, self.finish, self.predict) if one is not None]

    def check_captures(self, known: Sequence[tf.Variable]) -> None:
        """Refuse a model that changes what Keras does not list: all folds would change the same.

        Raises:
            TypeError: It captures another variable or resource.
        """
        handles = {id(variable.handle) for variable in known}
        for tensor in (part for function in self._functions for part in function.captured_inputs):
            if tensor.dtype == tf.resource and id(tensor) not in handles:
                raise TypeError("a layer holds a variable that Keras does not list")

    def on(self, old: Sequence[tf.Variable], new: Sequence[tf.Variable]) -> _FoldProgram:
        """Return the same program on other variables."""
        handles = {id(before.handle): after.handle for before, after in zip(old, new, strict=True)}
        train, finish = _recapture(self.train, handles), _recapture(self.finish, handles)
        predict = None if self.predict is None else _recapture(self.predict, handles)
        return _FoldProgram(train, finish, predict, self.metrics, self.vectors)


def _recapture(function: Any, handles: dict[int, tf.Tensor]) -> Any:
    """Return a traced function that reads and writes other variables than those it was traced with."""
    again = copy.copy(function)
    again.set_external_captures([handles.get(id(tensor), tensor) for tensor in function.captured_inputs])
    return again


def _trace_fold(
    model: keras.Model,
    data: FoldTensors,
    sheet: Sheet,
    knobs: tf.Variable,
    mixing: Mixing | None,
    *,
    predicts: bool,
) -> _FoldProgram:
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
        batch = tf.constant(validation_batch(activations_of(model)), tf.int64)
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

    with sheet.installed(), joined_updates(model):
        inputs = [*data.rows, _ROWS, _NUMBER, _NUMBER, _NUMBER, *_draws_of(mixing)]
        traced_train = trace_function(train, inputs)
        traced_finish = trace_function(finish, [*data.scored, _ROWS])
        traced_predict = trace_function(predict, [data.x, _ROWS]) if predicts else None
    return _FoldProgram(traced_train, traced_finish, traced_predict, tuple(names), tuple(vectors))


def _make_metrics(model: keras.Model, rows: Sequence[Rows]) -> None:
    """Have a model's losses and metrics make their variables, as Keras does before it traces."""
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


def _rate_place(model: keras.Model) -> int | None:
    """Return where in a model's state its learning rate is; None where a schedule computes the rate."""
    rate = rate_variable(model.optimizer)
    if rate is None:
        return None
    return next(
        (place for place, variable in enumerate(_variables_of(model)) if variable is rate.value), None
    )


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
    batch = tf.constant(validation_batch(activations_of(model)), tf.int64)
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


def _variables_of(model: keras.Model) -> list[tf.Variable]:
    """Return all that training changes: weights, seeds, the optimizer's variables, the metrics'."""
    variables = (*model.variables, *model.optimizer.variables, *model.metrics_variables)
    return [variable.value for variable in variables]
