"""Continuous hyperparameters as inputs of a traced program, where Keras would bake them in as constants.

While a program is traced, every float attribute of the model's layers, optimizer and loss (a dropout rate, a momentum,
a weight decay) is replaced by a ``Knob``. Arithmetic with it builds the graph on a variable. Where Python code needs a
number instead, to compare it (``if self.rate > 0``) or as an attribute of an operation, it gets the number, and the
sheet notes a guard: what was asked, and what the answer was. A program may be used with other values as long as all
of its guards give the same answers.
"""

from __future__ import annotations

import numbers
import operator
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import keras
import tensorflow as tf

Evaluate = Callable[[Sequence[Any]], Any]
"""Computes an expression from the sheet's values, whether these are numbers or tensors."""


@dataclass(frozen=True)
class Guard:
    """A question that was answered while tracing."""

    ask: Callable[[Sequence[float]], Any]
    answer: Any

    def holds(self, values: Sequence[float]) -> bool:
        """Tell whether other values give the same answer."""
        return bool(self.ask(values) == self.answer)


@dataclass(frozen=True)
class _Place:
    """Where a float was found: an attribute of an object, or an entry of a dictionary."""

    holder: Any
    name: str
    value: float

    def put(self, value: Any) -> None:
        if isinstance(self.holder, dict):
            self.holder[self.name] = value
        else:
            object.__setattr__(self.holder, self.name, value)  # Keras would track it


@dataclass
class Sheet:
    """The floats of one model, and the variable that a program reads them from."""

    places: list[_Place]
    guards: list[Guard] = field(default_factory=list)
    tensors: list[tf.Tensor] | None = None
    """float64 scalars of the function that is being traced."""
    masking: bool = False
    """Whether numbers are hidden: while the architecture is written down, which all values share."""

    @property
    def values(self) -> list[float]:
        """The floats as they were found."""
        return [place.value for place in self.places]

    @property
    def names(self) -> list[str]:
        """Whose floats they are."""
        return [f"{type(place.holder).__name__}.{place.name}" for place in self.places]

    @contextmanager
    def installed(self, *, masking: bool = False) -> Iterator[None]:
        """Have the model hold knobs instead of floats."""
        self.masking = masking
        try:
            for position, place in enumerate(self.places):
                place.put(Knob(self, operator.itemgetter(position)))
            yield
        finally:
            for place in self.places:
                place.put(place.value)
            self.masking = False

    @contextmanager
    def reading(self, variable: tf.Variable) -> Iterator[None]:
        """Have knobs take their values from a float64 variable, in the function that is being traced."""
        self.tensors = tf.unstack(variable.read_value())
        try:
            yield
        finally:
            self.tensors = None


class Knob:
    """A number that Python code may ask about, and that enters a graph as a variable."""

    def __init__(self, sheet: Sheet, evaluate: Evaluate) -> None:
        self._sheet = sheet
        self._evaluate = evaluate

    def _number(self) -> Any:
        return self._evaluate(self._sheet.values)

    def _answer(self, ask: Evaluate) -> Any:
        """Answer a question about the number, and remember both."""
        answer = ask(self._sheet.values)
        if not self._sheet.masking:
            self._sheet.guards.append(Guard(ask, answer))
        return answer

    def _compare(self, other: Any, compare: Callable[[Any, Any], Any]) -> Any:
        if _is_number(other):
            return self._answer(lambda values: compare(self._evaluate(values), _evaluated(other, values)))
        if tf.is_tensor(other) or isinstance(other, keras.Variable):
            return compare(self.__tf_tensor__(other.dtype), other)
        return NotImplemented

    def _combine(self, other: Any, combine: Callable[[Any, Any], Any]) -> Any:
        """Return an expression: with a number in double precision, as Python computes it, else a tensor."""
        if _is_number(other):
            return Knob(
                self._sheet, lambda values: combine(self._evaluate(values), _evaluated(other, values))
            )
        if isinstance(other, keras.Variable):
            other = other.value
        if tf.is_tensor(other) or isinstance(other, tf.Variable):
            return combine(self.__tf_tensor__(other.dtype), other)
        return NotImplemented

    def __tf_tensor__(self, dtype: Any = None, name: str | None = None) -> tf.Tensor:
        """Return the number as a tensor of the graph; in single precision where nothing else is asked."""
        if self._sheet.tensors is None:
            return tf.constant(float(self), dtype or tf.float32)
        return tf.cast(self._evaluate(self._sheet.tensors), dtype or tf.float32, name=name)

    def __float__(self) -> float:
        if self._sheet.masking:
            return 0.0
        return float(self._answer(lambda values: float(self._evaluate(values))))

    def __int__(self) -> int:
        return int(self._answer(lambda values: int(self._evaluate(values))))

    def __bool__(self) -> bool:
        return bool(self._answer(lambda values: bool(self._evaluate(values))))

    def __repr__(self) -> str:
        return f"Knob({self._number()})"

    def __deepcopy__(self, memo: dict[int, Any]) -> Knob:
        return self

    def get_config(self) -> dict[str, Any]:
        """Return nothing: all values have the same architecture."""
        return {}

    def __hash__(self) -> int:
        return id(self)

    def __add__(self, other: Any) -> Any:
        return self._combine(other, operator.add)

    def __radd__(self, other: Any) -> Any:
        return self._combine(other, lambda left, right: right + left)

    def __sub__(self, other: Any) -> Any:
        return self._combine(other, operator.sub)

    def __rsub__(self, other: Any) -> Any:
        return self._combine(other, lambda left, right: right - left)

    def __mul__(self, other: Any) -> Any:
        return self._combine(other, operator.mul)

    def __rmul__(self, other: Any) -> Any:
        return self._combine(other, lambda left, right: right * left)

    def __truediv__(self, other: Any) -> Any:
        return self._combine(other, operator.truediv)

    def __rtruediv__(self, other: Any) -> Any:
        return self._combine(other, lambda left, right: right / left)

    def __pow__(self, other: Any) -> Any:
        return self._combine(other, operator.pow)

    def __rpow__(self, other: Any) -> Any:
        return self._combine(other, lambda left, right: right**left)

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


def _evaluated(value: Any, values: Sequence[Any]) -> Any:
    return value._evaluate(values) if isinstance(value, Knob) else value


def find_floats(model: keras.Model) -> Sheet:
    """Return the float attributes of a compiled model's layers, optimizer, schedule and losses."""
    roots = [*model._flatten_layers(include_self=False), model.optimizer, *tf.nest.flatten(model.loss)]
    places: list[_Place] = []
    seen: set[int] = set()
    for root in roots:
        _collect(root, places, seen)
    return Sheet(places)


def _collect(holder: Any, places: list[_Place], seen: set[int]) -> None:
    if id(holder) in seen:
        return
    seen.add(id(holder))
    attributes = holder if isinstance(holder, dict) else getattr(holder, "__dict__", {})
    for name, value in attributes.items():
        if isinstance(value, float):
            places.append(_Place(holder, name, value))
        elif isinstance(value, _HOLDERS) or name == "_fn_kwargs":
            _collect(value, places, seen)


_HOLDERS = (
    keras.regularizers.Regularizer,
    keras.constraints.Constraint,
    keras.losses.Loss,
    keras.optimizers.schedules.LearningRateSchedule,
)
"""What a layer or an optimizer holds that has floats of its own."""
