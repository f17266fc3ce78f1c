"""A ``Space`` as KerasTuner's ``HyperParameters``, for which alone KerasTuner is imported.

What KerasTuner cannot express is refused; know-how (confidence, grid, meaning) stays here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..errors import SpaceError
from .conditions import Between, Condition, admits
from .hyperparameters import Hyperparameter
from .keras_tuner import MOST_CHOICES
from .kinds import Categorical, Float, Int
from .space import Space
from .values import Value


def space_to_keras_tuner(space: Space) -> Any:
    """Return a ``keras_tuner.HyperParameters`` of a space; its values are the recommended ones. Imports TensorFlow.

    Raises:
        SpaceError: It names every hyperparameter that KerasTuner cannot express: a choice of None, or choices of several types.
    """
    import keras_tuner

    config = {"space": keras_tuner_config(space), "values": space.recommended()}
    return keras_tuner.HyperParameters.from_config(config)


def keras_tuner_config(space: Space) -> list[dict[str, Any]]:
    """Return a space as KerasTuner's files hold it, the ``space`` of ``HyperParameters.get_config()``; without KerasTuner.

    Raises:
        SpaceError: As ``space_to_keras_tuner``.
    """
    faults = [fault for hyperparameter in space for fault in _unsupported(hyperparameter, space)]
    if faults:
        raise SpaceError(" ".join(faults))
    return [_config(hyperparameter, space) for hyperparameter in space]


def values_of(condition: Condition, parent: Hyperparameter) -> list[Value]:
    """Return the values of a condition as a list, which KerasTuner needs; ranges are listed value by value."""
    ranges = [named for named in condition.values if isinstance(named, Between)]
    if not ranges:
        return [named for named in condition.values if not isinstance(named, Between)]
    return [value for value in parent.values() if any(admits(named, value) for named in condition.values)]


def is_listable(condition: Condition, parent: Hyperparameter) -> bool:
    """Tell whether the values of a condition can be listed."""
    ranges = any(isinstance(named, Between) for named in condition.values)
    return not ranges or parent.cardinality <= MOST_CHOICES


def _unsupported(hyperparameter: Hyperparameter, space: Space) -> Iterable[str]:
    for condition in hyperparameter.conditions:
        if not is_listable(condition, space[condition.parent]):
            yield f"{hyperparameter.name}: KerasTuner has no condition on a range of {condition.parent}."
    if not isinstance(hyperparameter, Categorical):
        return
    kinds = sorted({type(choice).__name__ for choice in hyperparameter.choices})
    if "NoneType" in kinds:
        yield f"{hyperparameter.name}: KerasTuner has no choice that is none; write it as text or another number."
    elif "tuple" in kinds:
        yield f"{hyperparameter.name}: KerasTuner has no choice that is a tuple; write it as text."
    elif len(kinds) > 1:
        yield f"{hyperparameter.name}: KerasTuner's choices have one type, not {' and '.join(kinds)}."


def _config(hyperparameter: Hyperparameter, space: Space) -> dict[str, Any]:
    conditions = [
        {
            "class_name": "Parent",
            "config": {"name": one.parent, "values": values_of(one, space[one.parent])},
        }
        for one in hyperparameter.conditions
    ]
    shared = {
        "name": hyperparameter.name,
        "default": hyperparameter.recommended,
        "conditions": conditions,
    }
    if isinstance(hyperparameter, Int | Float):
        config = {
            **shared,
            "min_value": hyperparameter.low,
            "max_value": hyperparameter.high,
            "step": hyperparameter.step
            if isinstance(hyperparameter, Int) and not hyperparameter.log
            else None,
            "sampling": "log" if hyperparameter.log else "linear",
        }
        return {"class_name": type(hyperparameter).__name__, "config": config}
    choices = list(hyperparameter.values())
    if len(choices) == 1:
        config = {"name": hyperparameter.name, "conditions": conditions, "value": choices[0]}
        return {"class_name": "Fixed", "config": config}
    if all(isinstance(choice, bool) for choice in choices):
        return {"class_name": "Boolean", "config": shared}
    ordered = not isinstance(choices[0], str)
    return {"class_name": "Choice", "config": {**shared, "values": choices, "ordered": ordered}}
