"""What the ``loss`` of a compiled model is the sum of: of two models it compares something only where that is equal."""

from __future__ import annotations

import functools
import json
import types
from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np

_NO_NUMBERS = ("name", "dtype")
"""What the configuration of a loss holds that acts on no number."""
_AS_EVER = (("reduction", "sum_over_batch_size"),)
"""What a function of Keras's means where it is no object that says so."""

_MAKE_LOSSES = ("compute_loss", "test_step")
"""Methods of a model by which validation comes to its loss; ``train_step`` has no part in it."""
_ADDS = "add_loss"
"""By which a model's or a layer's ``call`` adds to the loss."""
_DEPTH = 10
"""How far things are followed that hold each other."""


def loss_identity(model: keras.Model) -> str:
    """Return a compiled model's losses with their arguments, their weights, its penalties, and what its own code adds, as text.

    How many layers have a penalty takes no part: it is the same measure in a deeper net. A function or class of the user's
    own is known by its code and by the numbers and words that it holds. The text is of this process only.
    """
    penalties = sorted({_as_text(one) for one in _penalties_of(model)})
    weights = getattr(model._compile_loss, "_user_loss_weights", None)
    losses = [_as_text(loss) for loss in keras.tree.flatten(model.loss)]
    added = sorted({json.dumps(part, sort_keys=True, default=str) for part in _added_by_own_code(model)})
    return json.dumps([losses, weights, penalties, added], default=str)


def _added_by_own_code(model: keras.Model) -> Iterator[list[Any]]:
    """Yield the user's methods that make losses, with the numbers and functions that they read of their object and around them.

    What else an object holds, such as its width, is no part of a loss.
    """
    for part in (model, *model._flatten_layers(include_self=False)):
        methods = _own_methods(type(part))
        makes = {
            name for name, one in methods.items() if name in _MAKE_LOSSES or _ADDS in one.__code__.co_names
        }
        waiting, seen = sorted(makes), set[str]()
        while waiting:
            name = waiting.pop()
            seen.add(name)
            waiting += [one for one in methods[name].__code__.co_names if one in methods and one not in seen]
        for name in sorted(seen):
            held = {
                one: part.__dict__[one] for one in methods[name].__code__.co_names if one in part.__dict__
            }
            yield [name, _held_by(methods[name], _DEPTH), {one: _read(value) for one, value in held.items()}]


def _own_methods(cls: type) -> dict[str, types.FunctionType]:
    """Return the methods of a class that are not Keras's, as its objects have them."""
    found: dict[str, types.FunctionType] = {}
    for one in reversed(cls.__mro__):
        if not _is_of_keras(one):
            found |= {
                name: method for name, method in vars(one).items() if isinstance(method, types.FunctionType)
            }
    return found


def _read(value: Any) -> Any:
    """Return what a method reads of its object: a loss or a penalty with its arguments, else numbers, words and functions."""
    if isinstance(value, keras.losses.Loss | keras.Regularizer):
        return _as_text(value)
    return _plain(value, _DEPTH)


def _penalties_of(model: keras.Model) -> Iterator[Any]:
    for layer in model._flatten_layers():
        for name, value in vars(layer).items():
            if isinstance(value, keras.Regularizer) or (name.endswith("regularizer") and callable(value)):
                yield value


def _as_text(part: Any) -> str:
    """Return the class and arguments of a loss or a penalty; what Keras has several names for is one."""
    if isinstance(part, str):
        part = keras.losses.get(part)
    function = getattr(part, "fn", part)  # what an object of Keras's calls
    name = getattr(function, "__name__", type(function).__name__)
    if function is part:
        arguments = {} if _is_of_keras(part) else _held_by(part, _DEPTH)
        arguments |= _configuration_of(part)
    else:
        own = {} if _is_of_keras(function) else _held_by(function, _DEPTH)
        arguments = {**own, **part._fn_kwargs, "reduction": part.reduction}
    acts = {
        key: value
        for key, value in arguments.items()
        if (key, value) not in _AS_EVER and key not in _NO_NUMBERS
    }
    return json.dumps([name, acts], sort_keys=True, default=str)


def _configuration_of(part: Any) -> dict[str, Any]:
    try:
        return dict(part.get_config()) if hasattr(part, "get_config") else {}
    except NotImplementedError:  # as Keras's own class of penalties has it
        return {}


def _is_of_keras(part: Any) -> bool:
    return str(getattr(part, "__module__", "")).partition(".")[0] == "keras"


def _held_by(part: Any, depth: int) -> dict[str, Any]:
    """Return the code of a function, or of an object that is called, and what it holds: closure, defaults, attributes."""
    if isinstance(part, functools.partial):
        return {"of": _plain([part.func, part.args, part.keywords], depth)}
    if isinstance(part, types.MethodType):
        return {**_held_by(part.__func__, depth), "kept": _kept_by(part.__self__, depth)}
    if isinstance(part, types.FunctionType):
        code, empty = part.__code__, types.CellType()
        closed = [cell.cell_contents for cell in part.__closure__ or () if cell != empty]
        held = _plain([closed, part.__defaults__, part.__kwdefaults__], depth)
        return {"code": [code.co_code.hex(), code.co_names, repr(code.co_consts)], "held": held}
    called = getattr(type(part), "call", None) or type(part).__call__
    own = _held_by(called, depth) if isinstance(called, types.FunctionType) else {}
    return {**own, "kept": _kept_by(part, depth)}


def _kept_by(part: Any, depth: int) -> Any:
    kept = getattr(part, "__dict__", {})
    return _plain({key: value for key, value in kept.items() if key not in _NO_NUMBERS}, depth)


def _plain(value: Any, depth: int) -> Any:
    """Return numbers and words as they are, also inside others; functions by what they hold, all else by its type."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.generic | np.ndarray):
        return [value.shape, hash(value.tobytes())]
    if depth and isinstance(value, Mapping):
        return {str(key): _plain(one, depth - 1) for key, one in value.items()}
    if depth and isinstance(value, list | tuple):
        return [_plain(one, depth - 1) for one in value]
    if depth and isinstance(value, types.FunctionType | types.MethodType | functools.partial):
        return _held_by(value, depth - 1)
    return type(value).__name__
