"""Continuous hyperparameters as inputs of a traced program, where Keras would bake them in as constants.

While a program is traced, every float attribute of what the model is made of (a dropout rate, a momentum, a weight
decay) is replaced by a ``Knob``. Arithmetic with it builds the graph on a variable. Where Python code needs a number
instead, to compare it (``if self.rate > 0``) or as an attribute of an operation, it gets the number, and the sheet
notes a guard: what was asked, and what the answer was. A program may be used with other values as long as all of its
guards give the same answers. A float that did not enter the graph as a variable is guarded by its value: whatever was
made of it before tracing is part of the graph.
"""

from __future__ import annotations

import numbers
import operator
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import tensorflow as tf

Evaluate = Callable[[Sequence[Any]], Any]
"""Computes an expression from the sheet's values, whether these are numbers or tensors."""
Expression = Hashable
"""What is computed: equal for expressions of one kind and the same floats."""


@dataclass(frozen=True)
class Guard:
    """A question that was answered while tracing."""

    ask: Callable[[Sequence[float]], Any]
    answer: Any

    def holds(self, values: Sequence[float]) -> bool:
        """Tell whether other values give the same answer."""
        return bool(self.ask(values) == self.answer)


@dataclass(frozen=True)
class Place:
    """Where a float or an initializer was found: an attribute of an object, or an entry of a dictionary."""

    holder: Any
    name: str
    value: Any
    twin: Any = None
    """Another object that has the same number as an attribute of the same name."""

    def put(self, value: Any) -> None:
        """Have the holder hold another value."""
        if isinstance(self.holder, dict):
            self.holder[self.name] = value
        else:
            object.__setattr__(self.holder, self.name, value)  # Keras would track it
        if self.twin is not None:
            object.__setattr__(self.twin, self.name, value)


class Unread:
    """Stands for an initializer while tracing, which has no use for one: another one would make another program."""

    def __init__(self, name: str) -> None:
        object.__setattr__(self, "_name", name)

    def __getattribute__(self, name: str) -> Any:
        if name in ("__class__", "__dict__"):
            return object.__getattribute__(self, name)
        raise TypeError(f"its step reads {object.__getattribute__(self, '_name')}")

    def __call__(self, *_: Any, **__: Any) -> Any:
        """Refuse."""
        raise TypeError(f"its step calls {object.__getattribute__(self, '_name')}")


class _Noted(list[Any]):
    """Tensors of the floats; notes which were taken."""

    def __init__(self, tensors: list[tf.Tensor], taken: set[int]) -> None:
        super().__init__(tensors)
        self._taken = taken

    def __getitem__(self, position: Any) -> Any:
        self._taken.add(position)
        return super().__getitem__(position)


@dataclass
class Sheet:
    """The floats of one model, and the variable that a program reads them from."""

    places: list[Place]
    starts: list[Place] = field(default_factory=list)
    """Initializers."""
    tensors: list[tf.Tensor] | None = None
    """float64 scalars of the function that is being traced."""
    bakes: bool = False
    """Whether floats stay numbers."""
    _guards: list[Guard] = field(default_factory=list)
    _carried: set[int] = field(default_factory=set)
    """Positions of the floats that entered the graph."""
    _made: dict[tuple[Expression, tf.DType], tf.Tensor] = field(default_factory=dict)

    @property
    def values(self) -> list[float]:
        """The floats as they were found."""
        return [place.value for place in self.places]

    @property
    def guards(self) -> list[Guard]:
        """What other values must answer alike; a float that the graph does not carry must be equal."""
        baked = [place for place in range(len(self.places)) if place not in self._carried]
        return [
            *self._guards,
            *(Guard(operator.itemgetter(place), self.places[place].value) for place in baked),
        ]

    def note(self, guard: Guard) -> None:
        """Remember a question and its answer."""
        self._guards.append(guard)

    def baked(self) -> Sheet:
        """Return a sheet that leaves the floats where they are: a program of it serves equal ones only."""
        return Sheet(self.places, self.starts, bakes=True)

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Have the model hold knobs instead of floats."""
        try:
            for position, place in enumerate([] if self.bakes else self.places):
                place.put(Knob(self, position, operator.itemgetter(position)))
            for place in self.starts:
                place.put(Unread(place.name))
            yield
        finally:
            for place in (*self.places, *self.starts):
                place.put(place.value)

    @contextmanager
    def reading(self, variable: tf.Variable) -> Iterator[None]:
        """Have knobs take their values from a float64 variable, in the function that is being traced."""
        self.tensors = _Noted(tf.unstack(variable.read_value()), self._carried) if self.places else []
        try:
            yield
        finally:
            self.tensors = None
            self._made.clear()

    def carry(self, expression: Expression, dtype: tf.DType, evaluate: Evaluate) -> tf.Tensor | None:
        """Return an expression as a tensor, made once a function, outside of its loop over batches; None outside of one."""
        if self.tensors is None:
            return None
        if (expression, dtype) not in self._made:
            with list.__getitem__(self.tensors, 0).graph.as_default():
                self._made[expression, dtype] = tf.cast(evaluate(self.tensors), dtype)
        return self._made[expression, dtype]


class Knob:
    """A number that Python code may ask about, and that enters a graph as a variable."""

    def __init__(self, sheet: Sheet, expression: Expression, evaluate: Evaluate) -> None:
        self._sheet = sheet
        self._expression = expression
        self._evaluate = evaluate

    def _number(self) -> Any:
        return self._evaluate(self._sheet.values)

    def _answer(self, ask: Evaluate) -> Any:
        """Answer a question about the number, and remember both."""
        answer = ask(self._sheet.values)
        self._sheet.note(Guard(ask, answer))
        return answer

    def _compare(self, other: Any, compare: Callable[[Any, Any], Any]) -> Any:
        if _is_number(other):
            return self._answer(lambda values: compare(self._evaluate(values), _evaluated(other, values)))
        if tf.is_tensor(other) or isinstance(other, keras.Variable):
            return compare(self.__tf_tensor__(other.dtype), other)
        return NotImplemented

    def _combine(self, other: Any, combine: Callable[[Any, Any], Any], *, swapped: bool = False) -> Any:
        """Return an expression: with a number in double precision, as Python computes it, else a tensor."""
        if _is_number(other):
            written = other._expression if isinstance(other, Knob) else ("number", type(other), other)
            return Knob(
                self._sheet,
                (combine.__name__, swapped, self._expression, written),
                lambda values: _combined(
                    combine, self._evaluate(values), _evaluated(other, values), swapped=swapped
                ),
            )
        if isinstance(other, keras.Variable):
            other = other.value
        if tf.is_tensor(other) or isinstance(other, tf.Variable):
            return _combined(combine, self.__tf_tensor__(other.dtype), other, swapped=swapped)
        return NotImplemented

    def __tf_tensor__(self, dtype: Any = None, name: str | None = None) -> tf.Tensor:
        """Return the number as a tensor of the graph; in single precision where nothing else is asked."""
        dtype = tf.as_dtype(dtype or tf.float32)
        carried = self._sheet.carry(self._expression, dtype, self._evaluate)
        return tf.constant(float(self), dtype) if carried is None else carried

    def __float__(self) -> float:
        return float(self._answer(lambda values: float(self._evaluate(values))))

    def __int__(self) -> int:
        return int(self._answer(lambda values: int(self._evaluate(values))))

    def __bool__(self) -> bool:
        return bool(self._answer(lambda values: bool(self._evaluate(values))))

    def __repr__(self) -> str:
        return f"Knob({self._number()})"

    def __deepcopy__(self, memo: dict[int, Any]) -> Knob:
        return self

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """Return the number for NumPy, which bakes it in."""
        return np.asarray(float(self), dtype)

    def __hash__(self) -> int:
        return id(self)

    def __add__(self, other: Any) -> Any:
        return self._combine(other, operator.add)

    def __radd__(self, other: Any) -> Any:
        return self._combine(other, operator.add, swapped=True)

    def __sub__(self, other: Any) -> Any:
        return self._combine(other, operator.sub)

    def __rsub__(self, other: Any) -> Any:
        return self._combine(other, operator.sub, swapped=True)

    def __mul__(self, other: Any) -> Any:
        return self._combine(other, operator.mul)

    def __rmul__(self, other: Any) -> Any:
        return self._combine(other, operator.mul, swapped=True)

    def __truediv__(self, other: Any) -> Any:
        return self._combine(other, operator.truediv)

    def __rtruediv__(self, other: Any) -> Any:
        return self._combine(other, operator.truediv, swapped=True)

    def __pow__(self, other: Any) -> Any:
        return self._combine(other, operator.pow)

    def __rpow__(self, other: Any) -> Any:
        return self._combine(other, operator.pow, swapped=True)

    def __neg__(self) -> Any:
        return self._combine(-1.0, operator.mul)

    def __lt__(self, other: Any) -> Any:
        return self._compare(other, operator.lt)

    def __le__(self, other: Any) -> Any:
        return self._compare(other, operator.le)

    def __gt__(self, other: Any) -> Any:
        return self._compare(other, operator.gt)

    def __ge__(self, other: Any) -> Any:
        return self._compare(other, operator.ge)

    def __eq__(self, other: object) -> Any:
        return self._compare(other, operator.eq)

    def __ne__(self, other: object) -> Any:
        return self._compare(other, operator.ne)


numbers.Real.register(Knob)  # TensorFlow's dropout takes a real number or a tensor


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Knob)


def _combined(combine: Callable[[Any, Any], Any], own: Any, other: Any, *, swapped: bool) -> Any:
    return combine(other, own) if swapped else combine(own, other)


def _evaluated(value: Any, values: Sequence[Any]) -> Any:
    return value._evaluate(values) if isinstance(value, Knob) else value
