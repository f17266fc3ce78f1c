"""What trials are judged by beside the objective that their epochs are scored by: further objectives, and bounds."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..texts import quantity_text
from .metrics import Objective

QUANTITIES = {
    "params": "weights of the model, trainable or not",
    "bytes": "of these weights, each in its type",
    "seconds": "to predict a row, in batches of 32",
}
"""What a model is measured by once it is built; of all of them, less is better."""
_NUMBER = r"[-+]?(?:\d+(?:_\d+)*(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"
_CONSTRAINT = re.compile(rf"\s*([^\s<>=]+)\s*(<=|>=|<|>)\s*({_NUMBER})\s*")


@dataclass(frozen=True)
class Constraint:
    """A bound that a trial keeps to be feasible."""

    quantity: str
    """One of ``QUANTITIES``, or a metric, ``val_accuracy``."""
    sign: str
    """``<``, ``<=``, ``>`` or ``>=``."""
    bound: float

    @property
    def text(self) -> str:
        """The constraint as it is written: ``params<100000``."""
        return f"{self.quantity}{self.sign}{repr(self.bound).removesuffix('.0')}"

    def excess(self, value: float) -> float:
        """Return by how much a value breaks the bound, as a share of it; zero or less where it keeps it.

        Shares, because Optuna's samplers add the excesses of several constraints.
        """
        upwards = self.sign.startswith(">")
        kept = math.nextafter(self.bound, math.inf if upwards else -math.inf)
        bound = self.bound if self.sign.endswith("=") else kept
        return (bound - value if upwards else value - bound) / (abs(self.bound) or 1.0)


def parse_constraint(text: str) -> Constraint:
    """Return the constraint that ``params<100000`` means.

    Raises:
        ValueError: It is none.
    """
    found = _CONSTRAINT.fullmatch(text)
    if found is None:
        raise ValueError(f"'{text}' is no constraint; write it as params<100000 or accuracy>=0.9")
    return Constraint(found[1], found[2], float(found[3]))


@dataclass(frozen=True)
class Goals:
    """Further objectives and constraints of a sweep; usually there are none."""

    further: tuple[Objective, ...] = ()
    """Objectives beside the one that epochs are scored by."""
    constraints: tuple[Constraint, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """All that trials are judged by, the first objective among it where a constraint bounds it."""
        return frozenset(one.metric for one in self.further) | {one.quantity for one in self.constraints}

    @property
    def quantities(self) -> tuple[str, ...]:
        """What each model is measured by."""
        return tuple(name for name in QUANTITIES if name in self.names)

    @property
    def metrics(self) -> tuple[str, ...]:
        """What is read from the learning curves."""
        return tuple(sorted(self.names.difference(QUANTITIES)))

    def values(self, measured: Mapping[str, float]) -> tuple[float, ...]:
        """Return the values of the further objectives."""
        return tuple(measured[one.metric] for one in self.further)

    def excesses(self, measured: Mapping[str, float]) -> dict[str, float]:
        """Return by how much each constraint is broken, as far as what it bounds has been measured."""
        return {
            one.text: one.excess(measured[one.quantity])
            for one in self.constraints
            if one.quantity in measured
        }

    def broken(self, measured: Mapping[str, float]) -> tuple[str, ...]:
        """Return the constraints that are broken, in words: ``params is 203,530, not <100,000``."""
        return tuple(
            f"{one.quantity} is {quantity_text(measured[one.quantity])}, not {one.sign}{quantity_text(one.bound)}"
            for one in self.constraints
            if one.quantity in measured and one.excess(measured[one.quantity]) > 0
        )


NO_GOALS = Goals()


def as_names(value: Any) -> list[str]:
    """Return the objectives that ``accuracy,params`` or a list of names means.

    Raises:
        ValueError: A name is empty, or given twice.
    """
    names = value.split(",") if isinstance(value, str) else list(value)
    names = [name.strip() if isinstance(name, str) else name for name in names]
    if not names or "" in names or any(not isinstance(name, str) for name in names):
        raise ValueError("must name a metric, or several objectives, for example accuracy,params")
    if len(set(names)) < len(names):
        raise ValueError("names an objective twice")
    return names
