"""Dependencies between hyperparameters: parents come before children, and every condition can be met."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from ..errors import SpaceError, did_you_mean
from .conditions import Between, Condition, Named, Recommendation, common, either_text, named_text
from .hyperparameters import Hyperparameter
from .values import Value, value_text


@dataclass(frozen=True)
class Fault:
    """Something wrong with a space: a message, the hyperparameter, and the key of its definition."""

    name: str
    message: str
    key: str = ""
    """Empty where the definition as a whole is wrong."""


@dataclass(frozen=True)
class Demand:
    """The values that an ancestor may have, and the hyperparameter that demands it."""

    values: tuple[Named, ...]
    by: str


Demands: TypeAlias = dict[str, Demand]
"""What must hold for a hyperparameter to be active: a demand for each of its ancestors."""


class ContradictionError(SpaceError):
    """Two demands that no configuration can meet."""


def demands_of(child: str, conditions: Iterable[Condition], known: Mapping[str, Demands]) -> Demands:
    """Return all that conditions demand, of ancestors as well: a parent has a value only where it is active itself.

    Raises:
        ContradictionError: They contradict each other.
    """
    met: Demands = {}
    for condition in conditions:
        own = {condition.parent: Demand(condition.values, child)}
        for source in (own, known.get(condition.parent, {})):
            for ancestor, demand in source.items():
                met[ancestor] = _both(child, ancestor, met.get(ancestor), demand)
    return met


def _both(child: str, ancestor: str, left: Demand | None, right: Demand) -> Demand:
    if left is None:
        return right
    both = common(left.values, right.values)
    if not both:
        sides = [
            f"{'it' if one.by == child else one.by} wants {ancestor} {either_text(one.values)}"
            for one in sorted((left, right), key=lambda one: one.by != child)
        ]
        raise ContradictionError(f"{child} can never be active: {' and '.join(sides)}.", key="when")
    return Demand(both, right.by if len(both) == len(right.values) else left.by)


def parents_first(hyperparameters: Sequence[Hyperparameter]) -> tuple[Hyperparameter, ...]:
    """Sort parents before their children, and keep the order otherwise; circles are left as they are."""
    by_name = {one.name: one for one in hyperparameters}
    placed: dict[str, Hyperparameter] = {}
    for one in hyperparameters:
        waiting = {one.name: one}
        while waiting:
            last = next(reversed(waiting.values()))
            absent = (name for name in parents_of(last) if name not in placed and name not in waiting)
            parent = next((by_name[name] for name in absent if name in by_name), None)
            if parent is None:
                placed.setdefault(*waiting.popitem())
            else:
                waiting[parent.name] = parent
    return tuple(placed.values())


def parents_of(hyperparameter: Hyperparameter) -> tuple[str, ...]:
    """Return the names that a hyperparameter's conditions and recommendations refer to."""
    named = [condition.parent for condition in hyperparameter.conditions]
    for recommendation in hyperparameter.recommended_when:
        named.extend(condition.parent for condition in recommendation.conditions)
    return tuple(dict.fromkeys(named))


def resolved(
    hyperparameters: Sequence[Hyperparameter], unread: Collection[str] = ()
) -> tuple[tuple[Hyperparameter, ...], list[Fault]]:
    """Return hyperparameters whose conditions list their parents' own values (2, not 2.0), and all faults.

    Args:
        hyperparameters: Parents before their children.
        unread: Names of hyperparameters that could not be made; conditions on them are not checked.
    """
    return _Resolver(hyperparameters, unread).run()


def _own_value(parent: Hyperparameter, named: Named) -> Named:
    """Return a value of a condition in the form in which its parent has it.

    Raises:
        SpaceError: The parent can never have it.
    """
    if not isinstance(named, Between):
        return parent.check(named)
    if parent.first_in(named) is None:
        raise SpaceError(f"{parent.name} is {parent.range_text()}, never {named_text(named)}.")
    return named


class _Resolver:
    """Goes through hyperparameters in order, and collects the faults of their conditions."""

    def __init__(self, hyperparameters: Sequence[Hyperparameter], unread: Collection[str]) -> None:
        self._given = hyperparameters
        self._parents = {one.name: parents_of(one) for one in hyperparameters}
        self._unread = unread
        self._earlier: dict[str, Hyperparameter] = {}
        self._demands: dict[str, Demands] = {}
        self._circles: set[frozenset[str]] = set()
        self._faults: list[Fault] = []

    def run(self) -> tuple[tuple[Hyperparameter, ...], list[Fault]]:
        for one in self._given:
            if one.name in self._earlier:
                self._faults.append(Fault(one.name, f"{one.name} is defined twice."))
            else:
                self._earlier[one.name] = self._resolve(one)
        return tuple(self._earlier.values()), self._faults

    def _resolve(self, child: Hyperparameter) -> Hyperparameter:
        conditions = self._canonical(child.name, child.conditions, "when")
        self._demands[child.name] = self._check(child.name, conditions, "when")
        recommended_when = []
        for one in child.recommended_when:
            when = self._canonical(child.name, one.conditions, "recommended_when")
            self._check(child.name, (*conditions, *when), "recommended_when", one.value)
            if when:
                recommended_when.append(Recommendation(one.value, when))
        if not child.conditions and not child.recommended_when:
            return child
        return replace(child, conditions=conditions, recommended_when=tuple(recommended_when))

    def _check(self, child: str, conditions: Sequence[Condition], key: str, value: Value = None) -> Demands:
        """Return what conditions demand; add a fault where no configuration can meet them."""
        try:
            return demands_of(child, conditions, self._demands)
        except ContradictionError as error:
            text = str(error)
            if key == "recommended_when":
                text = text.replace("can never be active", f"never recommends {value_text(value)}", 1)
            # Where a child is never active, its recommendations need no fault of their own.
            if key == "when" or not any(fault.name == child for fault in self._faults):
                self._faults.append(Fault(child, text, key))
            return {}

    def _canonical(self, child: str, conditions: Sequence[Condition], key: str) -> tuple[Condition, ...]:
        kept = []
        for condition in conditions:
            parent = self._earlier.get(condition.parent)
            if parent is None:
                self._faults.extend(self._why_missing(child, condition.parent, key))
                continue
            try:
                values = tuple(_own_value(parent, value) for value in condition.values)
            except SpaceError as error:
                message = f"{child} has a condition that never holds: {error}"
                self._faults.append(Fault(child, message, key))
                continue
            kept.append(Condition(condition.parent, values))
        return tuple(kept)

    def _why_missing(self, child: str, parent: str, key: str) -> Iterator[Fault]:
        """Yield why a parent does not stand before its child; nothing where another fault says so already."""
        if parent == child:
            yield Fault(child, f"{child} depends on itself.", key)
        elif parent in self._unread:
            return
        elif parent not in self._parents:
            hint = did_you_mean(parent, [name for name in self._parents if name != child])
            yield Fault(child, f"{child} depends on {parent}, which is not in the space.{hint}", key)
        elif circle := self._circle(child):
            if frozenset(circle) not in self._circles:
                self._circles.add(frozenset(circle))
                first = min(circle)  # the same one, wherever the circle was entered
                way = " -> ".join(self._circle(first))
                yield Fault(first, f"{first} depends on itself in a circle: {way}.", key)
        else:
            yield Fault(child, f"{child} depends on {parent}, which must be defined before it.", key)

    def _circle(self, start: str) -> list[str]:
        """Return the shortest path from a hyperparameter through its parents back to itself; empty if there is none."""
        ways = {start: [start]}
        reached = [start]
        for name in reached:
            for parent in self._parents.get(name, ()):
                if parent == start:
                    return [*ways[name], start]
                if parent not in ways:
                    ways[parent] = [*ways[name], parent]
                    reached.append(parent)
        return []
