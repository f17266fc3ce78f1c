"""A search space: hyperparameters in order, parents before the children that depend on them."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..errors import SpaceError, did_you_mean
from .conditions import Between, Condition, Named, Recommendation
from .dependencies import ContradictionError, Demands, demands_of, resolved
from .hyperparameters import Hyperparameter
from .kinds import Categorical
from .values import Configuration, Value, stored

if TYPE_CHECKING:
    import numpy as np
    import optuna


@dataclass(frozen=True)
class Space:
    """What may vary in a sweep. A configuration is a dict of its active hyperparameters, in its order."""

    hyperparameters: tuple[Hyperparameter, ...]

    def __post_init__(self) -> None:
        made, faults = resolved(tuple(self.hyperparameters))
        if faults:
            raise SpaceError(" ".join(fault.message for fault in faults))
        object.__setattr__(self, "hyperparameters", made)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all hyperparameters, in order."""
        return tuple(hyperparameter.name for hyperparameter in self.hyperparameters)

    def __iter__(self) -> Iterator[Hyperparameter]:
        return iter(self.hyperparameters)

    def __len__(self) -> int:
        return len(self.hyperparameters)

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __getitem__(self, name: str) -> Hyperparameter:
        for hyperparameter in self.hyperparameters:
            if hyperparameter.name == name:
                return hyperparameter
        raise SpaceError(f"There is no hyperparameter '{name}'.{did_you_mean(name, self.names)}")

    def with_hyperparameter(self, new: Hyperparameter) -> Space:
        """Return a space in which ``new`` replaces the hyperparameter of that name, or is appended.

        Conditions of its children lose the values that it no longer takes; children without a value left are dropped.
        """
        if new.name not in self:
            return Space((*self.hyperparameters, new))
        changed = [new if old.name == new.name else old for old in self.hyperparameters]
        return Space(narrowed(changed, untouched=(new.name,)))

    def without(self, names: Collection[str]) -> Space:
        """Return a space without some hyperparameters and those that are active only with them."""
        return Space(narrowed(one for one in self.hyperparameters if one.name not in names))

    def recommended(self) -> Configuration:
        """Return the configuration that know-how suggests to try first."""
        return self._build(lambda hyperparameter, chosen: hyperparameter.recommended_for(chosen))

    def one_at_a_time(self) -> Iterator[Configuration]:
        """Yield the recommended configuration, then all that differ from it in one choice or in one range's end.

        Hyperparameters that such a value makes active have their recommended values.
        """
        recommended = self.recommended()
        yield recommended
        for changed in self.hyperparameters:
            choices = getattr(changed, "choices", None)
            for value in choices if choices is not None else (changed.from_unit(0.0), changed.from_unit(1.0)):
                if changed.name in recommended and value != recommended[changed.name]:
                    yield self._build(
                        lambda one, chosen, changed=changed, value=value: (  # type: ignore[misc]
                            value if one is changed else one.recommended_for(chosen)
                        )
                    )

    def changed(self, configuration: Configuration, name: str, value: Value) -> Configuration:
        """Return a configuration in which one hyperparameter has another value.

        Hyperparameters that it makes active have their recommended values; those that it makes inactive are left out.
        """
        given = {**configuration, name: value}
        return self._build(
            lambda one, chosen: given[one.name] if one.name in given else one.recommended_for(chosen)
        )

    def sample(self, generator: np.random.Generator) -> Configuration:
        """Draw a configuration uniformly (log-uniformly where the scale is logarithmic)."""
        return self.from_unit(generator.random(len(self)).tolist())

    def from_unit(self, vector: Sequence[float]) -> Configuration:
        """Return the configuration at a point of the unit cube, one coordinate a hyperparameter.

        Coordinates of inactive hyperparameters have no effect.
        """
        position = dict(zip(self.names, vector, strict=True))
        return self._build(lambda hyperparameter, _: hyperparameter.from_unit(position[hyperparameter.name]))

    def to_unit(self, configuration: Mapping[str, Value]) -> list[float]:
        """Return a point of the unit cube at which ``from_unit`` gives a configuration; 0.5 for what is inactive.

        Raises:
            SpaceError: The configuration does not lie in the space.
        """
        checked = self.check(configuration)
        return [
            hyperparameter.to_unit(checked[hyperparameter.name]) if hyperparameter.name in checked else 0.5
            for hyperparameter in self.hyperparameters
        ]

    def suggest(self, trial: optuna.Trial) -> Configuration:
        """Ask an Optuna trial for every active hyperparameter, in order."""
        return self._build(lambda hyperparameter, _: hyperparameter.suggest(trial))

    def _build(self, choose: Callable[[Hyperparameter, Configuration], Value]) -> Configuration:
        configuration: Configuration = {}
        for hyperparameter in self.hyperparameters:
            if hyperparameter.is_active(configuration):
                configuration[hyperparameter.name] = choose(hyperparameter, configuration)
        return configuration

    def grid(self) -> Iterator[Configuration]:
        """Yield every combination of the grid values once; inactive hyperparameters are left out."""
        return self._extend({}, 0, lambda hyperparameter, chosen: hyperparameter.grid_for(chosen))

    def grid_size(self, at_most: int) -> int:
        """Return the number of combinations of the grid values, or one more than ``at_most`` where there are more."""
        return sum(1 for _ in itertools.islice(self.grid(), at_most + 1))

    def configurations(self) -> Iterator[Configuration]:
        """Yield every configuration of a finite space once.

        Raises:
            SpaceError: A range is continuous.
        """
        return self._extend({}, 0, lambda hyperparameter, _: hyperparameter.values())

    def _extend(
        self,
        configuration: Configuration,
        position: int,
        values: Callable[[Hyperparameter, Configuration], Iterable[Value]],
    ) -> Iterator[Configuration]:
        if position == len(self.hyperparameters):
            yield dict(configuration)
            return
        hyperparameter = self.hyperparameters[position]
        if not hyperparameter.is_active(configuration):
            yield from self._extend(configuration, position + 1, values)
            return
        for value in values(hyperparameter, configuration):
            yield from self._extend({**configuration, hyperparameter.name: value}, position + 1, values)

    @property
    def cardinality(self) -> float:
        """An upper bound of the number of configurations; ``math.inf`` where a range is continuous."""
        return math.prod(hyperparameter.cardinality for hyperparameter in self.hyperparameters)

    def check(self, configuration: Mapping[str, Value]) -> Configuration:
        """Return a configuration in canonical order and types.

        Raises:
            SpaceError: with every fault in one message: unknown, missing, inactive or out of range.
        """
        faults = self._unknown(configuration)
        checked: Configuration = {}
        for hyperparameter in self.hyperparameters:
            active = hyperparameter.is_active(checked)
            if hyperparameter.name not in configuration:
                if active:
                    faults.append(f"{hyperparameter.name} is missing.")
                continue
            if not active:
                parents = ", ".join(condition.parent for condition in hyperparameter.conditions)
                faults.append(f"{hyperparameter.name} is not active here (it depends on {parents}).")
                continue
            try:
                checked[hyperparameter.name] = hyperparameter.check(configuration[hyperparameter.name])
            except SpaceError as error:
                faults.append(str(error))
        if faults:
            raise SpaceError(" ".join(faults))
        return checked

    def check_values(self, values: Mapping[str, Any]) -> None:
        """Check some values, each by itself: others may be missing, and whether one is active is of no matter.

        Raises:
            SpaceError: with every fault in one message: unknown, or out of range.
        """
        faults = self._unknown(values)
        for name in (name for name in values if name in self):
            try:
                self[name].check(values[name])
            except SpaceError as error:
                faults.append(str(error))
        if faults:
            raise SpaceError(" ".join(faults))

    def _unknown(self, values: Mapping[str, Any]) -> list[str]:
        return [
            f"There is no hyperparameter '{name}'.{did_you_mean(name, self.names)}"
            for name in values
            if name not in self
        ]


def narrowed(
    hyperparameters: Iterable[Hyperparameter], untouched: Collection[str] = ()
) -> tuple[Hyperparameter, ...]:
    """Drop values of conditions that the parents do not take, and hyperparameters that can never be active.

    Args:
        hyperparameters: Parents before their children.
        untouched: Names of those that are kept as they are; a ``Space`` says what is wrong with their conditions.
    """
    kept: dict[str, Hyperparameter] = {}
    demands: dict[str, Demands] = {}
    for child in hyperparameters:
        if child.name in untouched:
            kept[child.name] = child
            with suppress(ContradictionError):
                demands[child.name] = demands_of(child.name, child.conditions, demands)
            continue
        conditions = remaining_conditions(child.conditions, kept)
        if conditions is None:
            continue
        try:
            demands[child.name] = demands_of(child.name, conditions, demands)
        except ContradictionError:
            continue
        recommendations = tuple(_still_recommended(child, conditions, kept, demands))
        kept[child.name] = replace(child, conditions=conditions, recommended_when=recommendations)
    return tuple(kept.values())


def _still_recommended(
    child: Hyperparameter,
    conditions: Sequence[Condition],
    earlier: Mapping[str, Hyperparameter],
    demands: Mapping[str, Demands],
) -> Iterator[Recommendation]:
    for recommendation in child.recommended_when:
        left = remaining_conditions(recommendation.conditions, earlier)
        if left is None:
            continue
        try:
            demands_of(child.name, (*conditions, *left), demands)
        except ContradictionError:
            continue
        yield Recommendation(recommendation.value, left)


def remaining_conditions(
    conditions: Sequence[Condition], earlier: Mapping[str, Hyperparameter]
) -> tuple[Condition, ...] | None:
    """Return conditions with those of their values that the parents take; None if one can no longer hold."""
    left = []
    for condition in conditions:
        parent = earlier.get(condition.parent)
        values = () if parent is None else tuple(value for value in condition.values if fits(parent, value))
        if not values:
            return None
        left.append(Condition(condition.parent, values))
    return tuple(left)


def fits(hyperparameter: Hyperparameter, named: Named) -> bool:
    """Tell whether a hyperparameter can take a value, or any value in a range."""
    if isinstance(named, Between):
        return hyperparameter.first_in(named) is not None
    try:
        hyperparameter.check(named)
    except SpaceError:
        return False
    return True


def configuration_key(configuration: Mapping[str, Value]) -> str:
    """Return a text that is equal for equal configurations, whatever the order of their keys."""
    return json.dumps({name: stored(value) for name, value in configuration.items()}, sort_keys=True)


def kept_fields(like: Hyperparameter | None) -> dict[str, Any]:
    """Return the fields that a hyperparameter keeps when its range is replaced."""
    names = ("confidence", "conditions", "group", "meaning", "advice", "source")
    return {name: getattr(like, name) for name in names} if like is not None else {}


def fixed(name: str, value: Value, like: Hyperparameter | None = None) -> Categorical:
    """Return a hyperparameter with a single choice; meaning and conditions are those of ``like``."""
    return Categorical(name, (value,), **kept_fields(like))
