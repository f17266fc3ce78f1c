"""The ancestors that hyperparameters of the catalogue need in a space to be active."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from ..errors import SpaceError
from .catalogue import CATALOGUE
from .conditions import Between, Named, admits, common, either_text
from .hyperparameters import Hyperparameter
from .kinds import Categorical
from .space import fixed, remaining_conditions


def missing_ancestors(
    hyperparameters: Sequence[Hyperparameter], present: Collection[str]
) -> tuple[Categorical, ...]:
    """Return the missing ancestors, each fixed at a value that makes all of its children active.

    Args:
        hyperparameters: Hyperparameters of the catalogue that should be active.
        present: Names of all hyperparameters of the space; these keep their values.

    Raises:
        SpaceError: Two of them want different values of an ancestor that is not present.
    """
    wanted: dict[str, tuple[Named, ...]] = {}
    waiting = list(hyperparameters)
    for child in waiting:
        for condition in child.conditions:
            parent = condition.parent
            if parent in present or parent not in CATALOGUE:
                continue
            if parent not in wanted:
                waiting.append(CATALOGUE[parent].hyperparameter)
            wanted[parent] = _common(child.name, parent, condition.values, wanted.get(parent))
    return tuple(_fixed(parent, values) for parent, values in wanted.items())


def _common(
    child: str, parent: str, values: tuple[Named, ...], others: tuple[Named, ...] | None
) -> tuple[Named, ...]:
    if others is None:
        return values
    both = common(others, values)
    if not both:
        texts = [either_text(side) for side in (values, others)]
        raise SpaceError(
            f"{child} is active where {parent} is {texts[0]}, others where it is {texts[1]}; add {parent} as well.",
            key=child,
        )
    return both


def _fixed(parent: str, values: tuple[Named, ...]) -> Categorical:
    like, first = CATALOGUE[parent].hyperparameter, values[0]
    if any(admits(value, like.recommended) for value in values):
        return fixed(parent, like.recommended, like)
    return fixed(parent, like.first_in(first) if isinstance(first, Between) else first, like)


def without_foreign_recommendations(hyperparameters: Sequence[Hyperparameter]) -> tuple[Hyperparameter, ...]:
    """Drop the catalogue's recommendations that depend on hyperparameters which are not given."""
    by_name = {one.name: one for one in hyperparameters}
    return tuple(_without_foreign_recommendations(one, by_name) for one in hyperparameters)


def _without_foreign_recommendations(
    one: Hyperparameter, by_name: Mapping[str, Hyperparameter]
) -> Hyperparameter:
    entry = CATALOGUE.get(one.name)
    if entry is None or one.recommended_when != entry.hyperparameter.recommended_when:
        return one
    kept = [
        each for each in one.recommended_when if remaining_conditions(each.conditions, by_name) is not None
    ]
    return replace(one, recommended_when=tuple(kept))
