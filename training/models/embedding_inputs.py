"""Which inputs of a model are looked up in embeddings: integers that identify something, a word or a user, rather than measure it.

The built model is asked, whatever it is made of: it is given one row in which every number is another one, and its
embeddings say which of them arrive there. What was calculated with on the way has another value, and is not found.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from ...errors import TrainingError
from ...spaces import Configuration
from .building import build_model
from .signature import Build, Signature
from .tracked_configuration import take_notes
from .user_errors import describe_error

_LOOKUPS = (
    keras.layers.Embedding,
    keras.layers.IntegerLookup,
    keras.layers.CategoryEncoding,
    keras.layers.Hashing,
)
_FIRST, _STEP = 100_003, 7
"""Numbers of the row: exact as float32 for two million of them, and none that a model has for another reason."""
_MOST = 2_000_000


@dataclass(frozen=True)
class Lookups:
    """What a model looks up, as far as it could be asked."""

    positions: tuple[int, ...] = ()
    """In a flattened row."""
    fault: str = ""
    """What it raised on its way; there may be more that it looks up behind it."""


def find_lookups(build: Build, configuration: Configuration, signature: Signature) -> Lookups:
    """Return the positions in a flattened row of the numbers that a model looks up as they are.

    A model that cannot be built looks up nothing; training says what is wrong with it. One that fails on such a row may take
    others, of smaller numbers: what it raised is returned.
    """
    width = int(np.prod(signature.input_shape))
    if width > _MOST:
        return Lookups()
    row = _FIRST + _STEP * np.arange(width)
    arrived: list[np.ndarray] = []
    before = random.getstate(), np.random.get_state()  # noqa: NPY002 - the caller's, which building seeds
    fault = ""
    try:
        model = build_model(build, configuration, signature, 0)
        with _noting(arrived):
            model(row.reshape(1, *signature.input_shape).astype("float32"), training=False)
    except TrainingError:  # of building, which every trial will tell of
        return Lookups()
    except Exception as error:  # noqa: BLE001 - a user's model may raise anything, after a lookup as well
        fault = describe_error(error)
    finally:
        random.setstate(before[0])
        np.random.set_state(before[1])  # noqa: NPY002
        take_notes()
    found = np.isin(row, np.concatenate(arrived)) if arrived else np.zeros(0, bool)
    return Lookups(tuple(np.flatnonzero(found).tolist()), fault)


@contextmanager
def _noting(arrived: list[np.ndarray]) -> Iterator[None]:
    """Have layers that look numbers up note those that they are called on."""
    with ExitStack() as stack:
        for kind in _LOOKUPS:
            original = kind.call
            stack.callback(setattr, kind, "call", original)
            kind.call = _noting_call(original, arrived, is_embedding=kind is keras.layers.Embedding)
        yield


def _noting_call(
    original: Callable[..., Any], arrived: list[np.ndarray], *, is_embedding: bool
) -> Callable[..., Any]:
    def call(layer: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        arrived.append(np.asarray(keras.ops.convert_to_numpy(inputs), np.float64).reshape(-1))
        if is_embedding:  # whose rows the numbers would not find
            return keras.ops.zeros((*inputs.shape, layer.output_dim), layer.compute_dtype)
        return original(layer, inputs, *args, **kwargs)

    return call
