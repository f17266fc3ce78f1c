"""Finds the space of a model that asks for its hyperparameters, by building it as often as it takes to see its branches.

The first build gets every default. Then each hyperparameter is tried at its other values (a long range at its ends, and
wholly where these ask for different things), from the build in which it was first met. Some random builds at the end
hold the conditions that were found against combinations. Nothing depends on time, so that a model has one space.

``RecordingBuild`` hides which API a model uses, KerasTuner's ``hp`` or Optuna's ``trial``.
"""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, TypeAlias

import keras

from ...errors import ModelError, SpaceError, TrainingError
from ...spaces import Configuration, Hyperparameter, Space, Value, preset
from ...spaces.keras_tuner import definition_text, joined, scoped_name
from ..heartbeat import beat
from ..users_code import NOT_ITS_OWN
from .inferred_conditions import with_conditions
from .keras_settings import clear_session, settings_kept
from .user_errors import describe_error

MOST_BUILDS = 200
MOST_VALUES = 64
"""A range of more values is tried at its ends only, and is no condition of others."""
RANDOM_BUILDS = 8


class RequestedHyperparameters:
    """What one build asks for; refuses a name whose definition changes from build to build."""

    def __init__(self, definitions: dict[str, list[Hyperparameter]]) -> None:
        self.active: Configuration = {}
        """What was asked for and is active, with the values that were given."""
        self._definitions = definitions

    def note(self, asked: Hyperparameter) -> str:
        """Note a hyperparameter, once for each set of conditions under which it is asked for.

        Returns:
            The name that it has in the space: its own, or that of its scope where another scope has other values.

        Raises:
            SpaceError: It was asked for with another range before.
        """
        known = self._definitions.setdefault(asked.name, [])
        if known:
            before, now = definition_text(known[0]), definition_text(asked)
            if before != now and scoped_name(asked) != asked.name and asked.conditions != known[0].conditions:
                return self.note(replace(asked, name=scoped_name(asked)))
            if before != now:
                raise SpaceError(
                    f"{asked.name} is asked for as {before} and as {now}; a hyperparameter has one definition."
                )
        if all(asked.conditions != other.conditions for other in known):
            known.append(asked)
        return asked.name


RecordingBuild: TypeAlias = Callable[[Configuration, RequestedHyperparameters], Any]
"""Builds a model of some values, at its defaults where there are none, and notes what it asks for."""


OF_FIT = ("optimizer", "learning_rate", "batch_size")
"""What Keras's ``fit`` needs and a model may leave to the search."""


def discover_space(
    build: RecordingBuild, name: str, *, hint: str, needed: Callable[[], tuple[str, ...]] = lambda: OF_FIT
) -> Space:
    """Return the space of a model: what it asks for, the batch size, and what compiles it where it does not.

    Args:
        build: Builds it.
        name: What messages call it.
        hint: Ends the message about a function that returns no model.
        needed: Returns which of ``OF_FIT`` its training uses; called once everything is built.

    Raises:
        ModelError: With its defaults, the model cannot be built.
        SpaceError: A name is asked for with two definitions.
    """
    explorer = _Explorer(build, name, hint)
    with settings_kept():
        explorer.explore()
    clear_session()  # once: it collects garbage, which takes longer than a small build
    own = with_conditions(
        [joined(asked) for asked in explorer.definitions.values()], explorer.visits, explorer.tried()
    )
    added = [one for one in needed() if one == "batch_size" or explorer.uncompiled]
    known = explorer.definitions
    return Space(
        (*own, *(extra for extra in preset("own") if extra.name in added and extra.name not in known))
    )


class _Explorer:
    def __init__(self, build: RecordingBuild, name: str, hint: str) -> None:
        self._build = build
        self._name = name
        self._hint = hint
        self._builds = 0
        self._met: set[str] = set()
        self._open: deque[tuple[str, Configuration]] = deque()
        self.definitions: dict[str, list[Hyperparameter]] = {}
        self.visits: list[Configuration] = []
        self.uncompiled = False

    def explore(self) -> None:
        """Build the defaults, every branch that they lead to, and some combinations."""
        self._visit({}, must_build=True)
        self._check_repeatable()
        while self._open and self._builds < MOST_BUILDS:
            self._vary(*self._open.popleft())
        if any(visit.keys() != self.visits[0].keys() for visit in self.visits):
            generator = random.Random(0)  # noqa: S311 - no secret
            for _ in range(RANDOM_BUILDS):
                self._visit({name: generator.choice(values) for name, values in self._listed().items()})

    def _check_repeatable(self) -> None:
        """Build the defaults once more.

        Raises:
            SpaceError: That asks for other hyperparameters: there would be no end of new ones.
        """
        again = self._visit({}, must_build=True) or {}
        changing = self.visits[0].keys() ^ again.keys()
        if changing:
            raise SpaceError(
                f"The model '{self._name}' asks for {min(changing)} in one build and not in another of the same values; "
                "what it asks for may depend on its hyperparameters only."
            )

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
        return self.definitions[name][0]

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
        beat()
        requested = RequestedHyperparameters(self.definitions)
        try:
            model = self._build(values, requested)
        except (SpaceError, *NOT_ITS_OWN):
            raise
        except BaseException as error:
            if must_build:
                text = (
                    str(error) if isinstance(error, TrainingError) else f"it raises {describe_error(error)}"
                )
                raise ModelError(f"The model '{self._name}' cannot be built: {text}.") from error
            return None
        if not isinstance(model, keras.Model):
            if must_build:
                raise ModelError(
                    f"The model '{self._name}' returns {type(model).__name__}, not a keras.Model; {self._hint}."
                )
            return None
        self.uncompiled = self.uncompiled or not model.compiled
        self.visits.append(requested.active)
        new = [name for name in requested.active if name not in self._met]
        self._met.update(new)
        self._open.extend((name, requested.active) for name in new)
        return requested.active


def _ends(ours: Any) -> tuple[Value, Value]:
    """Return the least and the greatest value of a range."""
    if math.isfinite(ours.cardinality):
        values = ours.values()
        return values[0], values[-1]
    return ours.low, ours.high
