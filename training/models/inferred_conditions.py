"""Conditions of hyperparameters, inferred from what a model requested in a number of builds.

KerasTuner's own scopes say it outright. Most functions say it in Python (``for i in range(hp.Int("layers", 1, 3))``,
``if hp.Boolean("dropout")``), which only building shows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ...spaces import Condition, Configuration, Hyperparameter, Value

Visit = Configuration
"""What one build asked for, by name, and the values that it was given."""


def with_conditions(
    hyperparameters: Sequence[Hyperparameter], visits: Sequence[Visit], tried: Mapping[str, Sequence[Value]]
) -> tuple[Hyperparameter, ...]:
    """Return hyperparameters with the conditions under which builds asked for them.

    A condition is added only where all builds bear it out, and only on a parent whose values have all been tried.
    What no condition explains is left active everywhere: a value that a build does not ask for does no harm.

    Args:
        hyperparameters: In the order in which builds met them, with the conditions that the model itself declares.
        visits: The builds.
        tried: All values, in order, of each hyperparameter that may be a parent.
    """
    found: list[Hyperparameter] = []
    for child in hyperparameters:
        parents = {earlier.name: tried[earlier.name] for earlier in found if earlier.name in tried}
        found.append(replace(child, conditions=_conditions(child, visits, parents)))
    return tuple(found)


def _conditions(
    child: Hyperparameter, visits: Sequence[Visit], parents: Mapping[str, Sequence[Value]]
) -> tuple[Condition, ...]:
    declared = child.conditions
    if _explain(declared, child.name, visits):
        return declared
    asking = [visit for visit in visits if child.name in visit]
    named = {condition.parent for condition in declared}
    added = []
    for parent, values in parents.items():
        if parent in named or not all(parent in visit for visit in asking):
            continue
        leading = tuple(value for value in values if any(visit[parent] == value for visit in asking))
        added.append(Condition(parent, leading))
    if not _explain((*declared, *added), child.name, visits):
        return declared
    for condition in tuple(added):  # the earliest first, so that the parent nearest to the child is kept
        fewer = [other for other in added if other is not condition]
        if _explain((*declared, *fewer), child.name, visits):
            added = fewer
    return (*declared, *added)


def _explain(conditions: Sequence[Condition], name: str, visits: Sequence[Visit]) -> bool:
    """Tell whether builds asked for a hyperparameter exactly where the conditions hold."""
    return all((name in visit) == all(condition.holds(visit) for condition in conditions) for visit in visits)
