"""Optuna's functions under our contract: ``build(config, signature)`` around a ``define_model(trial)`` that returns a model.

The function is asked with a stand-in for ``optuna.Trial``, of which it may use what suggests values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

import keras
from optuna.distributions import FloatDistribution, IntDistribution

from ...errors import ModelError, TrainingError
from ...spaces import Categorical, Configuration, Hyperparameter, Value, value_text
from ...spaces.optuna import hyperparameter_from_optuna
from ...spaces.values import canonical, same
from .heads import build_weights
from .memory import within_memory
from .signature import Build, Signature
from .space_discovery import RecordingBuild, RequestedHyperparameters
from .tracked_configuration import mark_read, note, untracked

_INSTEAD = {
    "suggest_uniform": "suggest_float(name, low, high)",
    "suggest_loguniform": "suggest_float(name, low, high, log=True)",
    "suggest_discrete_uniform": "suggest_float(name, low, high, step=step)",
}
_OF_AN_OBJECTIVE = ("report", "should_prune")


class FixedTrial:
    """Stands for an ``optuna.Trial``: gives the values of a configuration, and the middle of a range where it has none."""

    number = 0

    def __init__(self, values: Configuration, note_asked: Callable[[Hyperparameter, Value], None]) -> None:
        self._values = values
        self._note_asked = note_asked
        self.params: dict[str, Value] = {}
        """What was suggested so far."""
        self.user_attrs: dict[str, Any] = {}

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """Return a float between two bounds, both included."""
        return self._value(name, FloatDistribution(low, high, log=log, step=step))  # type: ignore[no-any-return]

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        """Return a whole number between two bounds, both included."""
        return self._value(name, IntDistribution(low, high, log=log, step=step))  # type: ignore[no-any-return]

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """Return one of several choices, as the function itself has it: a list stays a list."""
        asked = Categorical(name, tuple(choices))
        value = self._fixed_value(asked)
        return next((one for one in choices if same(canonical(one), value)), value)

    def set_user_attr(self, key: str, value: Any) -> None:
        """Keep an attribute for the function itself."""
        self.user_attrs[key] = value

    def _value(self, name: str, distribution: Any) -> Any:
        return self._fixed_value(hyperparameter_from_optuna(name, distribution))

    def _fixed_value(self, asked: Hyperparameter) -> Any:
        value = self._values.get(asked.name, asked.recommended)
        self._note_asked(asked, value)
        self.params[asked.name] = value
        return value

    def __getattr__(self, name: str) -> NoReturn:
        if name in _INSTEAD:
            raise ModelError(f"trial.{name} is no longer Optuna's; write trial.{_INSTEAD[name]}")
        if name in _OF_AN_OBJECTIVE:
            raise ModelError(
                f"it calls trial.{name}, as an objective does; return the compiled model, which is trained here"
            )
        raise AttributeError(f"a trial that defines a model has no '{name}'")


def adapt_objective(function: Any) -> Build:
    """Return the build function of a ``define_model(trial)``.

    What it asks for and the configuration does not have gets the middle of its range, and the trial says so.
    """

    def build(config: Configuration, signature: Signature) -> Any:
        given = untracked(config)

        def note_asked(asked: Hyperparameter, value: Value) -> None:
            mark_read(config, [asked.name])
            if asked.name not in given:
                note(f"{asked.name} is not in the space; it was at {value_text(value)}")

        model = _run(function, FixedTrial(given, note_asked))
        if isinstance(model, keras.Model) and not model.built:
            build_weights(model, signature.input_shape)
        return model

    return build


def recording_objective(function: Any) -> RecordingBuild:
    """Return what explores a ``define_model(trial)``."""

    def build(values: Configuration, requested: RequestedHyperparameters) -> Any:
        def note_asked(one: Hyperparameter, value: Value) -> None:
            requested.note(one)
            requested.active[one.name] = value

        return _run(function, FixedTrial(values, note_asked))

    return build


def _run(function: Any, trial: FixedTrial) -> Any:
    try:
        with within_memory(), _untrained():
            return function(trial)
    except ModelError as error:
        raise TrainingError("model", str(error)) from error


@contextmanager
def _untrained() -> Iterator[None]:
    """Refuse to have a model trained inside: that is an objective's, and would take as long as it takes."""

    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise ModelError(
            "it calls model.fit, as an objective does; return the compiled model, which is trained here"
        )

    original = keras.Model.fit
    keras.Model.fit = refuse
    try:
        yield
    finally:
        keras.Model.fit = original
