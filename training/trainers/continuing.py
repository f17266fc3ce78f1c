"""Tells whether a training can go on from its variables alone, by looking at the operations of its traced steps.

Keras's layers keep the state of their random numbers in variables. Other operations that draw count in TensorFlow's own
memory, or in Python's, which nobody can take and give.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import keras
import numpy as np
import tensorflow as tf

from .paused_state import UnusableStateError

_DRAWS = re.compile(
    r"(?!Stateless).*(Random|Multinomial|TruncatedNormal|Sampler|SampleDistorted|StatefulUniform)"
)
_seen: WeakKeyDictionary[Any, frozenset[str]] = WeakKeyDictionary()
_PYTHON = re.compile(r".*PyFunc")


def python_draws() -> tuple[Any, ...]:
    """Return the states of Python's and NumPy's global generators, which layers may draw from."""
    name, keys, *rest = np.random.get_state(legacy=True)  # noqa: NPY002
    return random.getstate(), name, np.asarray(keys).tobytes(), *rest


def check_continues(functions: Iterable[Any], known: Sequence[tf.Variable]) -> None:
    """Refuse steps that depend on more than variables.

    Args:
        functions: Traced.
        known: All variables that a state has.

    Raises:
        UnusableStateError: They draw random numbers that no variable counts, call Python, or have other variables.
    """
    handles = {id(variable.handle) for variable in known}
    for function in functions:
        for operation in _operations_of(function):
            if _DRAWS.match(operation):
                raise UnusableStateError("its steps draw random numbers without a seed generator of Keras's")
            if _PYTHON.match(operation):
                raise UnusableStateError("its steps call Python")
        for tensor in function.captured_inputs:
            if tensor.dtype == tf.resource and id(tensor) not in handles:
                raise UnusableStateError("its steps change what Keras does not list")


def check_fit_continues(model: keras.Model) -> None:
    """Refuse a model whose ``fit`` depends on more than its variables and its optimizer's.

    Raises:
        UnusableStateError: It does, or its steps cannot be looked at.
    """
    functions = list(_functions_of_fit(model))
    if model.run_eagerly or not functions:
        raise UnusableStateError("its steps are no graph that could be looked at")
    if not isinstance(model.optimizer, keras.optimizers.Optimizer):
        raise UnusableStateError("its optimizer is not Keras's")
    if any(getattr(layer, "stateful", False) for layer in model._flatten_layers()):
        raise UnusableStateError("a layer is stateful")
    variables = (*model.variables, *model.optimizer.variables, *model.metrics_variables)
    check_continues(functions, [variable.value for variable in variables])


def _functions_of_fit(model: keras.Model) -> Iterator[Any]:
    """Yield the traced functions that ``fit`` has made of a model's steps: Keras keeps them in closures."""
    for step in (model.train_function, model.test_function):
        for cell in getattr(step, "__closure__", None) or ():
            traced = getattr(cell.cell_contents, "_list_all_concrete_functions", None)
            yield from () if traced is None else traced()


def _operations_of(function: Any) -> frozenset[str]:
    """Return the kinds of operations of a traced function and of all that it calls; a graph is looked at once."""
    if function.graph not in _seen:
        graph = function.graph.as_graph_def()
        nodes = (graph.node, *(called.node_def for called in graph.library.function))
        _seen[function.graph] = frozenset(node.op for part in nodes for node in part)
    return _seen[function.graph]
