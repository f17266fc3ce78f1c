"""Evaluates a small ONNX graph in NumPy: the surrogate of LCBench, without a runtime to install.

An ONNX file is a message in protocol buffers' wire format, of which the few fields that matter are read here. Sources:
``onnx/onnx.proto``, ``docs/Operators.md`` of github.com/onnx/onnx, protobuf.dev/programming-guides/encoding.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
_DTYPES = {1: np.float32, 6: np.int32, 7: np.int64, 9: np.bool_, 11: np.float64}
"""``TensorProto.DataType``."""
_FLOAT_DATA, _INT32_DATA, _INT64_DATA = 4, 5, 7
"""Fields of a ``TensorProto`` that hold its numbers where ``raw_data`` does not."""


@dataclass(frozen=True)
class Node:
    """One operation."""

    operator: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]


@dataclass(frozen=True)
class Graph:
    """A graph whose only output is ``output``."""

    nodes: tuple[Node, ...]
    constants: Mapping[str, Array]
    output: str

    @classmethod
    def load(cls, path: Path) -> Graph:
        """Read a file.

        Raises:
            ValueError: It holds an operation that is not known here.
        """
        (graph,) = _fields(path.read_bytes())[7]
        parts = _fields(graph)
        nodes = tuple(_node(one) for one in parts[1])
        unknown = sorted({node.operator for node in nodes} - {*_OPERATORS, "Constant"})
        if unknown:
            raise ValueError(f"{path} has operations that are not known here: {', '.join(unknown)}.")
        constants = dict(_tensor(one) for one in parts.get(5, []))
        for node in nodes:
            if node.operator == "Constant":
                constants[node.outputs[0]] = node.attributes["value"]
        return cls(
            tuple(node for node in nodes if node.operator != "Constant"),
            constants,
            _text(_fields(parts[12][0])[1][0]),
        )

    def __call__(self, **inputs: Array) -> Array:
        """Return the output for inputs by name."""
        values: dict[str, Array] = {**self.constants, **inputs}
        for node in self.nodes:
            arguments = [values[name] for name in node.inputs]
            values[node.outputs[0]] = _OPERATORS[node.operator](node.attributes, *arguments)
        return values[self.output]


def _fields(message: bytes) -> dict[int, list[Any]]:
    """Return the values of a message by the number of their field."""
    found: dict[int, list[Any]] = {}
    for number, value in _entries(message):
        found.setdefault(number, []).append(value)
    return found


def _entries(message: bytes) -> Iterator[tuple[int, Any]]:
    position = 0
    while position < len(message):
        key, position = _varint(message, position)
        kind = key & 7
        if kind == 0:
            value, position = _varint(message, position)
            yield key >> 3, value
            continue
        size, position = _varint(message, position) if kind == 2 else ({1: 8, 5: 4}[kind], position)
        yield key >> 3, message[position : position + size]
        position += size


def _varint(message: bytes, position: int) -> tuple[int, int]:
    """Return a whole number and the position after it."""
    value = shift = 0
    while True:
        byte = message[position]
        value |= (byte & 127) << shift
        position, shift = position + 1, shift + 7
        if byte < 128:
            return (value - 2**64 if value >= 2**63 else value), position


def _text(value: bytes) -> str:
    return value.decode()


def _node(message: bytes) -> Node:
    parts = _fields(message)
    inputs, outputs = (tuple(_text(one) for one in parts.get(field, [])) for field in (1, 2))
    return Node(_text(parts[4][0]), inputs, outputs, dict(_attribute(one) for one in parts.get(5, [])))


def _attribute(message: bytes) -> tuple[str, Any]:
    """Return an attribute that is a number, a tensor or whole numbers."""
    parts = _fields(message)
    name = _text(parts[1][0])
    if 5 in parts:
        return name, _tensor(parts[5][0])[1]
    if 2 in parts:
        return name, struct.unpack("<f", parts[2][0])[0]
    return name, parts[3][0] if 3 in parts else parts.get(8, [])


def _tensor(message: bytes) -> tuple[str, Array]:
    parts = _fields(message)
    kind = _DTYPES[parts[2][0]]
    shape = [size for one in parts.get(1, []) for size in ([one] if isinstance(one, int) else _packed(one))]
    name = _text(parts[8][0]) if 8 in parts else ""
    numbers: Array
    if 9 in parts:
        numbers = np.frombuffer(parts[9][0], kind)
    elif _FLOAT_DATA in parts:
        numbers = np.frombuffer(b"".join(parts[_FLOAT_DATA]), np.float32)
    else:
        packed = parts.get(_INT32_DATA, []) + parts.get(_INT64_DATA, [])
        listed = [number for one in packed for number in ([one] if isinstance(one, int) else _packed(one))]
        numbers = np.array(listed, kind)
    return name, numbers.reshape(shape)


def _packed(message: bytes) -> list[int]:
    numbers: list[int] = []
    position = 0
    while position < len(message):
        number, position = _varint(message, position)
        numbers.append(number)
    return numbers


def _gemm(attributes: Mapping[str, Any], a: Array, b: Array, c: Array) -> Array:
    if attributes.get("transA", 0) or attributes.get("alpha", 1) != 1 or attributes.get("beta", 1) != 1:
        raise ValueError("Gemm is known here as a layer's product only.")
    product: Array = a @ (b.T if attributes.get("transB", 0) else b) + c
    return product


def _normalize(
    attributes: Mapping[str, Any], x: Array, scale: Array, bias: Array, mean: Array, variance: Array
) -> Array:
    factor = scale / np.sqrt(variance + np.float32(attributes["epsilon"]))
    normalized: Array = (x - mean) * factor + bias
    return normalized


def _divide(_: Mapping[str, Any], a: Array, b: Array) -> Array:
    quotient: Array = a // b if np.issubdtype(a.dtype, np.integer) else a / b
    return quotient


def _slice(_: Mapping[str, Any], x: Array, starts: Array, ends: Array, axes: Array) -> Array:
    cut = [slice(None)] * x.ndim
    for start, end, axis in zip(np.ravel(starts), np.ravel(ends), np.ravel(axes), strict=True):
        cut[axis] = slice(start, end)
    return x[tuple(cut)]


def _unsqueeze(_: Mapping[str, Any], x: Array, axes: Array) -> Array:
    return np.expand_dims(x, tuple(int(axis) for axis in np.ravel(axes)))


def _concat(attributes: Mapping[str, Any], *parts: Array) -> Array:
    return np.concatenate(parts, axis=attributes["axis"])


def _elementwise(function: Callable[..., Array]) -> Callable[..., Array]:
    return lambda _, *arguments: function(*arguments)


def _sigmoid(x: Array) -> Array:
    half: Array = 0.5 * (1 + np.tanh(0.5 * x))
    return half


_OPERATORS: Mapping[str, Callable[..., Array]] = {
    "Add": _elementwise(np.add),
    "BatchNormalization": _normalize,
    "Cast": lambda attributes, x: x.astype(_DTYPES[attributes["to"]]),
    "Concat": _concat,
    "Div": _divide,
    "Exp": _elementwise(np.exp),
    "Gather": lambda attributes, x, indices: np.take(x, indices, axis=attributes.get("axis", 0)),
    "Gemm": _gemm,
    "Log": _elementwise(np.log),
    "Mul": _elementwise(np.multiply),
    "Relu": _elementwise(lambda x: np.maximum(x, 0)),
    "Shape": _elementwise(lambda x: np.array(x.shape, np.int64)),
    "Sigmoid": _elementwise(_sigmoid),
    "Slice": _slice,
    "Sub": _elementwise(np.subtract),
    "Unsqueeze": _unsqueeze,
}
