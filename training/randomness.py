"""Leaves the caller's random generators as they were: building models seeds Python's, NumPy's, TensorFlow's and Keras's."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

_OF_KERAS = ("global_random_seed", "global_seed_generator")


@contextmanager
def random_state_kept() -> Iterator[None]:
    """Restore the state of all global generators at the end; also a decorator."""
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002 - the global one is meant
    tensorflow, keras = _tensorflow_state(), _keras_state()
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002
        _restore_tensorflow(*tensorflow)
        _restore_keras(keras)


def _tensorflow_state() -> tuple[Any, Any]:
    """Return TensorFlow's global seed and the state of what it draws seeds of operations from; None for none."""
    context = _module("tensorflow.python.eager.context")
    if context is None:
        return None, None
    generator = getattr(context.context(), "_rng", None)
    return getattr(context.context(), "_seed", None), None if generator is None else generator.getstate()


def _restore_tensorflow(seed: Any, state: Any) -> None:
    context = _module("tensorflow.python.eager.context")
    if context is None or not hasattr(context.context(), "_rng"):
        return
    generator = random.Random()  # noqa: S311 - no secret; as TensorFlow makes one where nobody has seeded it
    if state is not None:
        generator.setstate(state)
    context.context()._seed, context.context()._rng = seed, generator


def _keras_state() -> dict[str, Any]:
    state = _module("keras.src.backend.common.global_state")
    return {name: None if state is None else state.get_global_attribute(name) for name in _OF_KERAS}


def _restore_keras(before: dict[str, Any]) -> None:
    state = _module("keras.src.backend.common.global_state")
    if state is not None:
        for name, value in before.items():
            state.set_global_attribute(name, value)


def _module(name: str) -> Any:
    """Return a module that is imported, and None for one that is not."""
    return sys.modules.get(name)
