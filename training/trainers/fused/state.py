"""All that tracing a model may read, written down: what two models must share so that one program trains both.

A trace reads objects, not configurations: the lists, arrays and flags that a layer made of its arguments, the layers
that it holds, the graph of a functional model. So the whole state of a compiled model is walked. Everything enters the
fingerprint by its value, but for what a program carries as an input: variables, and floats that are attributes, which
``knobs.py`` replaces while tracing. Initializers are left out because they only act on a variable's first value; a
trace that uses one nevertheless is refused.

Code of a user's own ends the walk: what it reads while it is traced is written nowhere.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import types
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from .knobs import Place, Sheet

_PLAIN = (type(None), bool, int, str, bytes, complex)
_CODE = (types.FunctionType, types.MethodType, types.BuiltinFunctionType, type)
_ARRAYS = (np.generic, np.ndarray, tf.Tensor)
_OPAQUE = (tf.DType, tf.TensorShape, tf.TensorSpec, np.dtype, inspect.Signature)
_OURS = __name__.partition(".")[0]
_TRUSTED = ("keras", _OURS)
"""Packages whose code reads nothing but the state of its objects."""
_PLAIN_MODULES = ("builtins", "numpy")
_BOOKKEEPING = frozenset(
    (
        "_auto_config",  # the arguments as they were given, which only ``get_config`` reads
        "_compile_config",
        "_tracker",
        "_tracked",
        "_trainable_variables_indices",
        "_compiled_trainable_state",
        "_inbound_nodes",  # a model lists the nodes of its own graph
        "_outbound_nodes",
        "_nodes",
        "_loss_ids",
        "_distribution_strategy",
        "_initial_seed",  # the first value of a variable
    )
)
"""Attributes that Keras and TensorFlow keep for other purposes than a step."""
_WRAPPED = ("build", "quantize")
"""Methods that every layer of Keras holds a wrapper of."""


@dataclass(frozen=True)
class State:
    """A compiled model as a trace finds it."""

    fingerprint: str
    """Equal for models that differ in variables' values, initializers and the floats of the sheet only."""
    sheet: Sheet
    own_code: str | None
    """Code that is not Keras's, which may read anything; None where there is none."""


def read_state(model: keras.Model) -> State:
    """Return the state of a compiled model whose weights and optimizer are built, before anything is traced."""
    walk = _Walk()
    walk.read(model)
    globals_ = [keras.config.floatx(), keras.config.epsilon(), keras.config.image_data_format()]
    fingerprint = hashlib.sha256(repr((globals_, walk.written)).encode()).hexdigest()
    return State(fingerprint, Sheet(walk.floats, starts=walk.starts), walk.own_code)


class _Walk:
    """Goes through all objects that can be reached, each once, in an order that follows from them alone."""

    def __init__(self) -> None:
        self.written: list[Any] = []
        self.floats: list[Place] = []
        self.starts: list[Place] = []
        self.own_code: str | None = None
        self._numbers: dict[int, int] = {}
        self._waiting: list[Any] = []

    def read(self, root: Any) -> None:
        """Write down all that is reached from an object."""
        self._write(root)
        for value in self._waiting:  # grows meanwhile
            self._open(value)

    def _write(self, value: Any) -> None:
        """Write a plain value, or the number of an object, which is opened later."""
        kind = type(value)
        if kind in _PLAIN or kind is float:
            self.written.append(value)
        elif issubclass(kind, _CODE):
            self._write_code(value)
        elif issubclass(kind, _ARRAYS):
            self._write_array(value)
        elif issubclass(kind, _OPAQUE):
            self.written.append(repr(value))
        elif kind is types.ModuleType:
            self.written.append(value.__name__)
        else:
            number = self._numbers.setdefault(id(value), len(self._numbers))
            self.written.append(("object", number))
            if number == len(self._waiting):
                self._waiting.append(value)

    def _open(self, value: Any) -> None:
        """Write what an object holds."""
        if isinstance(value, dict):
            self.written.append(("dict", len(value)))
            for key, part in value.items():
                self._write(key)
                self._write(part)
        elif isinstance(value, list | tuple):
            self.written.append((type(value).__name__ if isinstance(value, tuple) else "list", len(value)))
            for part in value:
                self._write(part)
        elif isinstance(value, set | frozenset):
            self._write_set(value)
        elif isinstance(value, functools.partial):
            for part in (value.func, value.args, value.keywords):
                self._write(part)
        elif isinstance(value, types.CellType):
            self._write(value.cell_contents)
        elif isinstance(value, tf.Variable):
            self.written.append(("variable", tuple(value.shape), value.dtype.name))
        else:
            self._open_holder(value)

    def _open_holder(self, value: Any) -> None:
        """Write the attributes of an object of Keras's."""
        self._write_code(type(value))
        attributes = getattr(value, "__dict__", None)
        if attributes is None or not _is_trusted(type(value).__module__):
            self._meet(f"the class {type(value).__name__}")
            return
        arguments = attributes.get("_fn_kwargs", {})
        for name, part in attributes.items():
            if name in _BOOKKEEPING or name.startswith("_self_") or name in _WRAPPED:
                continue
            self.written.append(name)
            if isinstance(part, float) and arguments.get(name) == part:
                continue  # written with the arguments
            if isinstance(part, float) and not isinstance(value, keras.initializers.Initializer):
                self._note_float(Place(value, name, part))
            elif isinstance(part, keras.initializers.Initializer):
                self.written.append(("initializer",))
                self.starts.append(Place(value, name, part))
            elif name == "_fn_kwargs":
                self._write_arguments(value, part)
            else:
                self._write(part)

    def _write_arguments(self, holder: Any, arguments: dict[str, Any]) -> None:
        """Write what a loss or a metric passes to its function, and keeps a second time as attributes."""
        for key, part in arguments.items():
            self.written.append(key)
            if isinstance(part, float):
                twin = holder if holder.__dict__.get(key) == part else None
                self._note_float(Place(arguments, key, part, twin))
            else:
                self._write(part)

    def _note_float(self, place: Place) -> None:
        self.written.append(("float",))
        self.floats.append(place)

    def _write_code(self, code: Any) -> None:
        """Write a class or a function by its name, and what it was bound to or closes over."""
        self.written.append(f"{code.__module__}.{code.__qualname__}")
        if isinstance(code, types.MethodType):
            self._write(code.__self__)
            self._write_code(code.__func__)
        elif isinstance(code, types.FunctionType):
            if not _is_trusted(
                str(code.__globals__.get("__name__"))
            ):  # ``functools.wraps`` copies __module__
                self._meet("a lambda" if code.__name__ == "<lambda>" else f"the function {code.__name__}")
            for cell in code.__closure__ or ():
                self._write(cell)
        elif isinstance(code, type):
            if not _is_trusted(code.__module__) and code.__module__ not in _PLAIN_MODULES:
                self._meet(f"the class {code.__name__}")
        elif not isinstance(code.__self__, types.ModuleType | None):
            self._meet(f"the function {code.__name__}")

    def _write_array(self, value: Any) -> None:
        array = np.asarray(value)
        data = array.tobytes() if array.dtype != object else repr(array.tolist()).encode()
        self.written.append((array.shape, array.dtype.str, hashlib.sha256(data).digest()))

    def _write_set(self, value: Iterable[Any]) -> None:
        if all(type(part) in _PLAIN for part in value):
            self.written.append(("set", sorted(map(repr, value))))
        else:
            self._meet("a set of objects")

    def _meet(self, code: str) -> None:
        if self.own_code is None:
            self.own_code = code


def _is_trusted(module: str) -> bool:
    """Tell whether a module is Keras's or ours."""
    return module.partition(".")[0] in _TRUSTED
