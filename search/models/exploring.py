"""Finds the space of a KerasTuner model by building it, as often as it takes to see its branches.

The first build gets every default. Then each hyperparameter is tried at its other values (a long range at its ends, and
wholly where these ask for different things), from the build in which it was first met. Some random builds at the end
hold the conditions that were found against combinations. Nothing depends on time, so that a model has one space.
"""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Iterable
from typing import Any

import keras
import keras_tuner

from ...errors import ModelError, SpaceError, TrainingError
from ...spaces import Configuration, Hyperparameter, Space, Value, preset
from ...spaces.keras_tuner import definition_text, hyperparameter_from_keras_tuner, joined
from .activity import with_conditions
from .hypermodels import BuildModel, run
from .loading import describe_error

MOST_BUILDS = 200
MOST_VALUES = 64
"""A range of more values is tried at its ends only, and is no condition of others."""
RANDOM_BUILDS = 8


def explore(build_model: BuildModel, name: str) -> Space:
    """Return the space of a model: what it asks for, the batch size, and what compiles it where it does not.

    Raises:
        ModelError: With its defaults, the model cannot be built.
        SpaceError: A name is asked for with two definitions.
    """
    explorer = _Explorer(build_model, name)
    explorer.explore()
    keras.utils.clear_session()  # once: it collects garbage, which takes longer than a small build
    own = with_conditions(
        [joined(asked) for asked in explorer.definitions.values()], explorer.visits, explorer.tried()
    )
    added = ("optimizer", "learning_rate", "batch_size") if explorer.uncompiled else ("batch_size",)
    known = explorer.definitions
    return Space(
        (*own, *(extra for extra in preset("own") if extra.name in added and extra.name not in known))
    )


class _Asked(keras_tuner.HyperParameters):  # type: ignore[misc]
    """Notes what a build asks for, in all builds of a model, and refuses a name that changes its definition."""

    def __init__(self, definitions: dict[str, list[Any]]) -> None:
        super().__init__()
        self.active: Configuration = {}
        self._definitions = definitions

    def _retrieve(self, hp: Any) -> Any:
        known = self._definitions.setdefault(hp.name, [])
        ours = hyperparameter_from_keras_tuner(hp)
        if known:
            before, now = definition_text(hyperparameter_from_keras_tuner(known[0])), definition_text(ours)
            if before != now:
                raise SpaceError(
                    f"{hp.name} is asked for as {before} and as {now}; a hyperparameter has one definition."
                )
        if all(hp.conditions != other.conditions for other in known):
            known.append(type(hp).from_config(hp.get_config()))
        value = super()._retrieve(hp)
        if value is not None:
            self.active[hp.name] = value
        return value


class _Explorer:
    def __init__(self, build_model: BuildModel, name: str) -> None:
        self._build_model = build_model
        self._name = name
        self._builds = 0
        self._met: set[str] = set()
        self._open: deque[tuple[str, Configuration]] = deque()
        self.definitions: dict[str, list[Any]] = {}
        self.visits: list[Configuration] = []
        self.uncompiled = False

    def explore(self) -> None:
        """Build the defaults, every branch that they lead to, and some combinations."""
        self._visit({}, must_build=True)
        while self._open and self._builds < MOST_BUILDS:
            self._vary(*self._open.popleft())
        if any(visit.keys() != self.visits[0].keys() for visit in self.visits):
            generator = random.Random(0)  # noqa: S311 - no secret
            for _ in range(RANDOM_BUILDS):
                self._visit({name: generator.choice(values) for name, values in self._listed().items()})

    def tried(self) -> dict[str, tuple[Value, ...]]:
        """Return the values of every hyperparameter that was seen at all of them."""
        seen = {name: [visit[name] for visit in self.visits if name in visit] for name in self.definitions}
        return {
            name: values
            for name, values in self._listed().items()
            if all(value in seen[name] for value in values)
        }

    def _listed(self) -> dict[str, tuple[Value, ...]]:
        ours = {name: self._ours(name) for name in self.definitions}
        return {name: tuple(one.values()) for name, one in ours.items() if 1 < one.cardinality <= MOST_VALUES}

    def _ours(self, name: str) -> Hyperparameter:
        return hyperparameter_from_keras_tuner(self.definitions[name][0])

    def _vary(self, name: str, base: Configuration) -> None:
        ours = self._ours(name)
        few = ours.cardinality <= MOST_VALUES
        if few and not hasattr(ours, "low"):
            self._try(name, base, ours.values())
            return
        asked = [base.keys(), *self._try(name, base, _ends(ours))]
        if few and any(keys != asked[0] for keys in asked):
            self._try(name, base, list(ours.values())[1:-1])

    def _try(self, name: str, base: Configuration, values: Iterable[Value]) -> list[Any]:
        visits = [self._visit({**base, name: value}) for value in values if value != base[name]]
        return [visit.keys() for visit in visits if visit is not None]

    def _visit(self, values: Configuration, *, must_build: bool = False) -> Configuration | None:
        """Build once; None where that fails, as the trial of such a configuration then will, with its reason."""
        self._builds += 1
        hp = _Asked(self.definitions)
        try:
            model = run(self._build_model, values, hp)
        except SpaceError:
            raise
        except Exception as error:
            if must_build:
                text = (
                    str(error) if isinstance(error, TrainingError) else f"it raises {describe_error(error)}"
                )
                raise ModelError(f"The model '{self._name}' cannot be built: {text}.") from error
            return None
        if not isinstance(model, keras.Model):
            if must_build:
                raise ModelError(
                    f"The model '{self._name}' returns {type(model).__name__}, not a keras.Model; "
                    "a function of one argument is KerasTuner's build_model(hp)."
                )
            return None
        self.uncompiled = self.uncompiled or not model.compiled
        self.visits.append(hp.active)
        new = [name for name in hp.active if name not in self._met]
        self._met.update(new)
        self._open.extend((name, hp.active) for name in new)
        return hp.active


def _ends(ours: Any) -> tuple[Value, Value]:
    """Return the least and the greatest value of a range."""
    if math.isfinite(ours.cardinality):
        values = ours.values()
        return values[0], values[-1]
    return ours.low, ours.high
