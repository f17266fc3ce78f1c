"""One traced program that trains and validates all folds of an architecture for an epoch.

The epoch of one fold is traced once, on the first fold's model (`fold_program.py`). The other folds run the same graph
on variables of their own. The program keeps its variables, and any further configuration of the architecture is loaded
into them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ...mixing import Mixing
from ...models.building import build_optimizer
from ...plateau import rate_variable
from ..continuing import python_draws
from ..feeding import Rows
from .fold_program import FoldProgram, FoldTensors, trace_fold
from .knobs import Guard, Sheet

OPERATION_BYTES = 16_000
"""Of an operation of a traced graph, in Python's and in TensorFlow's own memory; measured."""


_BY_FOLD = ("folds", "states", "rates", "knobs")
"""What a program has for each fold."""


@dataclass(frozen=True)
class Program:
    """A traced architecture with its variables."""

    folds: tuple[FoldProgram, ...]
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

    def only(self, folds: Iterable[int]) -> Program:
        """Return the program of some of its folds."""
        places = list(folds)
        chosen: dict[str, Any] = {
            name: tuple(getattr(self, name)[fold] for fold in places) for name in _BY_FOLD
        }
        return replace(self, **chosen)

    def beside(self, other: Program) -> Program:
        """Return the program of its folds, followed by those of another one of the same model."""
        both: dict[str, Any] = {name: getattr(self, name) + getattr(other, name) for name in _BY_FOLD}
        return replace(self, **both)

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
        functions = [function for fold in self.folds for function in fold.functions]
        graphs = {id(graph): graph for function in functions for graph in _graphs_of(function)}
        operations = sum(len(graph.get_operations()) for graph in graphs.values())
        variables = sum(int(np.prod(v.shape)) * v.dtype.size for state in self.states for v in state)
        return int(variables + OPERATION_BYTES * operations)


def trace(
    models: Sequence[keras.Model],
    tensors: Sequence[FoldTensors],
    sheet: Sheet,
    *,
    folds: int | None,
    parallel: bool,
    mixing: Mixing | None = None,
    predicts: bool = False,
) -> Program:
    """Trace the program of some models' architecture.

    Args:
        models: One a fold, compiled and built, their optimizers too; the first alone where one trace serves all folds.
        tensors: One a model.
        sheet: The first model's floats; those that it leaves out are baked in.
        folds: How many a single trace serves, whose models differ in their variables only; None for a trace of each
            model.
        parallel: Whether folds may run side by side, rather than one after the other.
        mixing: Its kind is traced; how strong it is can be another for every trial.
        predicts: Whether the program predicts, too.

    Raises:
        Exception: Whatever the model raises while it is traced.
    """
    count = folds or len(models)
    knobs = [tf.Variable(sheet.values or [0.0], dtype=tf.float64, trainable=False) for _ in range(count)]
    with _without_draws():
        traced = [
            trace_fold(model, data, sheet, knobs[0], mixing, predicts=predicts)
            for model, data in zip(models, tensors, strict=True)
        ]
    states = [_variables_of(model) for model in models]
    starts = [variable.numpy() for variable in models[0].metrics_variables]
    places = [_rate_place(model) for model in models]
    if folds is not None:
        states += [[tf.Variable(variable) for variable in states[0]] for _ in range(1, folds)]
        inputs = [[*state, floats] for state, floats in zip(states, knobs, strict=True)]
        traced[0].check_captures(inputs[0])
        traced += [traced[0].on(inputs[0], others) for others in inputs[1:]]
        places *= folds

    return Program(
        tuple(traced),
        traced[0].metrics,
        tuple(states),
        starts,
        tuple(None if place is None else state[place] for place, state in zip(places, states, strict=True)),
        tuple(knobs),
        tuple(sheet.guards),
        traced[0].vectors,
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
    before = python_draws()
    yield
    if before != python_draws():
        raise TracingDrawsError("a layer draws random numbers while it is traced")


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


def _rate_place(model: keras.Model) -> int | None:
    """Return where in a model's state its learning rate is; None where a schedule computes the rate."""
    rate = rate_variable(model.optimizer)
    if rate is None:
        return None
    return next(
        (place for place, variable in enumerate(_variables_of(model)) if variable is rate.value), None
    )


def _variables_of(model: keras.Model) -> list[tf.Variable]:
    """Return all that training changes: weights, seeds, the optimizer's variables, the metrics'."""
    variables = (*model.variables, *model.optimizer.variables, *model.metrics_variables)
    return [variable.value for variable in variables]
