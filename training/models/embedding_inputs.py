"""Which inputs of a model are looked up in embeddings: integers that identify something, a word or a user, rather than measure it.

The built model is asked, whatever it is made of: it is given one row in which every number is another one, and its
embeddings say which of them arrive there. What was calculated with on the way (shifted past the padding, kept within a
vocabulary) has another value: rows of numbers that occur tell by which of them alone it is decided.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras.src import backend

from ...errors import TrainingError
from ...spaces import Configuration
from .building import build_model
from .keras_settings import settings_kept
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
_MOST_DECIDING = 50_000
"""Of which some thirty rows are passed through the model."""


@dataclass(frozen=True)
class Lookups:
    """What a model looks up, as far as it could be asked."""

    positions: tuple[int, ...] = ()
    """In a flattened row, ascending."""
    fault: str = ""
    """What it raised on its way; there may be more that it looks up behind it. Empty where it takes no rows at all, as training says."""


def find_lookups(
    build: Build, configuration: Configuration, signature: Signature, samples: Sequence[np.ndarray] = ()
) -> Lookups:
    """Return the positions in a flattened row of the numbers that a model looks up.

    A model that cannot be built looks up nothing; training says what is wrong with it. One that fails on such a row may take
    others, of smaller numbers: what it raised is returned.

    Args:
        build: Makes the model.
        configuration: Of the model.
        signature: Of the data.
        samples: Two or more flattened rows of numbers that occur, each as different from the first as may be. Without
            them only numbers are found that are looked up as they are.
    """
    width = int(np.prod(signature.input_shape))
    if width > _MOST:
        return Lookups()
    row = _FIRST + _STEP * np.arange(width)
    found: set[int] = set()
    before = random.getstate(), np.random.get_state()  # noqa: NPY002 - the caller's, which building seeds
    fault = ""
    try:
        with settings_kept():
            model = build_model(build, configuration, signature, 0)
            arrived: list[np.ndarray] = []
            try:
                _call(model, row[None], signature, arrived)
            except Exception as error:  # noqa: BLE001 - a user's model may raise anything, after a lookup as well
                fault = describe_error(error) if _takes_zeros(model, signature) else ""
            found.update(np.flatnonzero(np.isin(row, np.concatenate(arrived) if arrived else [])).tolist())
            for other in samples[1:] if width <= _MOST_DECIDING else ():
                found.update(_deciding(model, samples[0], other, signature))
    except TrainingError:  # of building, which every trial will tell of
        return Lookups()
    finally:
        random.setstate(before[0])
        np.random.set_state(before[1])  # noqa: NPY002
        take_notes()
    return Lookups(tuple(sorted(found)), fault)


def _takes_zeros(model: keras.Model, signature: Signature) -> bool:
    """Tell whether a model takes rows at all: of its numbers none is too large, and none beyond a table."""
    try:
        _call(model, np.zeros((1, int(np.prod(signature.input_shape)))), signature, [])
    except Exception:  # noqa: BLE001 - a user's model may raise anything
        return False
    return True


def _deciding(model: keras.Model, first: np.ndarray, other: np.ndarray, signature: Signature) -> set[int]:
    """Return the positions of numbers each of which alone decides a number that is looked up.

    For every binary digit of the positions, counted from 1, there is a row in which the numbers with that digit are the
    other row's, and a row in which those without are. What a single number decides changes in exactly one of the two; in
    which, tells the position.
    """
    places = np.arange(1, len(first) + 1)
    digits = np.arange(len(first).bit_length())[:, None]
    with_digit = (places >> digits & 1).astype(bool)
    rows = np.where(np.vstack([np.zeros_like(first, bool), with_digit, ~with_digit]), other, first)
    arrived: list[np.ndarray] = []
    with contextlib.suppress(Exception):  # a user's model may raise anything; what it looked up before counts
        _call(model, rows, signature, arrived)
    found: set[int] = set()
    for numbers in arrived:
        if numbers.size % len(rows):
            continue
        by_row = numbers.reshape(len(rows), -1)
        having, lacking = np.split(by_row[1:] != by_row[0], 2)
        alone = (having ^ lacking).all(axis=0)
        found.update(((having[:, alone] * 2**digits).sum(axis=0) - 1).tolist())
    return {place for place in found if 0 <= place < len(first)}


def _call(model: keras.Model, rows: np.ndarray, signature: Signature, arrived: list[np.ndarray]) -> None:
    """Pass flattened rows through a model, whose layers note what arrives to be looked up."""
    with _noting(arrived):
        model(rows.reshape(-1, *signature.input_shape).astype("float32"), training=False)


@contextmanager
def _noting(arrived: list[np.ndarray]) -> Iterator[None]:
    """Have layers that look numbers up, and what else does, note those that they are called on."""
    with ExitStack() as stack:
        for place, name, noting in (
            (backend.nn, "one_hot", _noting_one_hot),
            (backend.numpy, "take", _noting_take),
        ):
            function = getattr(place, name)
            stack.callback(setattr, place, name, function)
            setattr(place, name, noting(function, arrived))
        for kind in _LOOKUPS:
            original = kind.call
            stack.callback(setattr, kind, "call", original)
            kind.call = _noting_call(original, arrived, is_embedding=kind is keras.layers.Embedding)
        yield


def _noting_call(
    original: Callable[..., Any], arrived: list[np.ndarray], *, is_embedding: bool
) -> Callable[..., Any]:
    def call(layer: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        arrived.append(_flat(inputs))
        if is_embedding:  # whose rows the numbers would not find
            return keras.ops.zeros((*inputs.shape, layer.output_dim), layer.compute_dtype)
        return original(layer, inputs, *args, **kwargs)

    return call


def _noting_one_hot(original: Callable[..., Any], arrived: list[np.ndarray]) -> Callable[..., Any]:
    """Numbers that there are no columns for are rows of zeros."""

    def one_hot(x: Any, *args: Any, **kwargs: Any) -> Any:
        arrived.append(_flat(x))
        return original(x, *args, **kwargs)

    return one_hot


def _noting_take(original: Callable[..., Any], arrived: list[np.ndarray]) -> Callable[..., Any]:
    """Of a table of a user's own, whose rows the numbers would not find."""

    def take(x: Any, indices: Any, axis: int | None = None) -> Any:
        if axis != 0 or len(x.shape) < 2:
            return original(x, indices, axis=axis)
        arrived.append(_flat(indices))
        if arrived[-1].max(initial=0) < x.shape[0]:
            return original(x, indices, axis=axis)
        return keras.ops.zeros((*keras.ops.shape(indices), *x.shape[1:]), x.dtype)

    return take


def _flat(numbers: Any) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(numbers), np.float64).reshape(-1)
