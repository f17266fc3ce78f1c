"""Encodes the values of a space as KerasTuner's hyperparameters can hold them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...spaces import Categorical, Condition, Configuration, Float, Hyperparameter, Int, Space, Value
from ...spaces.to_keras_tuner import is_listable, values_of


class Encoding:
    """A space in KerasTuner's words: choices that it cannot say (none, tuples, several types) become their positions."""

    def __init__(self, space: Space) -> None:
        self.of = space
        self._coded = {one.name for one in space if isinstance(one, Categorical) and not _is_supported(one)}
        self.space = Space(tuple(self._encoded(one) for one in space))

    def encode(self, configuration: Mapping[str, Value]) -> Configuration:
        """Return a configuration as KerasTuner holds it."""
        return {name: self._code(name, value) for name, value in configuration.items()}

    def decode(self, values: Mapping[str, Any]) -> Configuration:
        """Return the configuration that KerasTuner's values mean; rounding may not take it out of its ranges."""
        configuration: Configuration = {}
        for one in self.of:
            if one.is_active(configuration):
                configuration[one.name] = self._decoded(one, values[one.name])
        return configuration

    def _encoded(self, one: Hyperparameter) -> Hyperparameter:
        conditions = tuple(
            Condition(
                parent.name, tuple(self._code(parent.name, value) for value in values_of(condition, parent))
            )
            for condition in one.conditions
            if is_listable(condition, parent := self.of[condition.parent])  # else decoding leaves it out
        )
        if one.name not in self._coded:
            return replace(one, conditions=conditions, recommended_when=())
        positions = tuple(str(position) for position in range(int(one.cardinality)))
        return Categorical(
            one.name, positions, recommended=self._code(one.name, one.recommended), conditions=conditions
        )

    def _code(self, name: str, value: Value) -> Value:
        if name not in self._coded:
            return value
        one = self.of[name]
        return str(list(one.values()).index(one.check(value)))

    def _decoded(self, one: Hyperparameter, value: Any) -> Value:
        if one.name in self._coded:
            return list(one.values())[int(value)]
        if isinstance(one, Float):
            return one.check(min(max(float(value), one.low), one.high))
        if isinstance(one, Int):
            return one.check(min(max(int(value), one.low), one.high - (one.high - one.low) % one.step))
        return one.check(value)


def _is_supported(one: Categorical) -> bool:
    kinds = {type(choice) for choice in one.choices}
    return len(kinds) == 1 and not kinds & {type(None), tuple}
