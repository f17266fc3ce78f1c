"""What trials are judged by beside the objective that their epochs are scored by: further objectives, and bounds."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..texts import BYTE_UNITS, bytes_text, exact_bytes_text, quantity_text
from .metric_names import KnownMetric
from .metrics import Objective

QUANTITIES = {
    "params": "weights of the model, trainable or not",
    "bytes": "of these weights, each in its type",
    "memory": "bytes that training all folds is estimated to take",
    "seconds": "to predict a row, in batches of 32",
}
"""What a model is measured by once it is built; of all of them, less is better."""
_NUMBER = r"[-+]?(?:\d+(?:_\d+)*(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"
_CONSTRAINT = re.compile(
    rf"\s*([^\s<>=]+)\s*(<=|>=|<|>)\s*({_NUMBER})\s*({'|'.join(BYTE_UNITS)})?\s*", re.IGNORECASE
)
_IN_BYTES = ("bytes", "memory")


@dataclass(frozen=True)
class Constraint:
    """A bound that a trial keeps to be feasible."""

    quantity: str
    """One of ``QUANTITIES``, or a metric, ``val_accuracy``."""
    sign: str
    """``<``, ``<=``, ``>`` or ``>=``."""
    bound: float
    scoring: KnownMetric | None = None
    """How a metric is computed from predictions; None where the model computes it, or nothing does."""

    @property
    def text(self) -> str:
        """The constraint as it is written: ``params<100000``."""
        if self.quantity == "memory":  # not bytes, of which studies have the plain number
            return f"{self.quantity}{self.sign}{exact_bytes_text(self.bound)}"
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
    if found is None or (found[4] and found[1] not in _IN_BYTES):
        raise ValueError(f"'{text}' is no constraint; write it as params<100000 or accuracy>=0.9")
    unit = BYTE_UNITS[(found[4] or "B").lower()]
    return Constraint(found[1], found[2], float(found[3]) * unit)


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

    @property
    def scorings(self) -> dict[str, KnownMetric]:
        """How the metrics that models do not compute themselves are computed from predictions."""
        all_of_them = {one.quantity: one.scoring for one in self.constraints}
        all_of_them |= {one.metric: one.scoring for one in self.further}
        return {name: scoring for name, scoring in all_of_them.items() if scoring is not None}

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
            f"{one.quantity} is {_text(one.quantity, measured[one.quantity])}, not {one.sign}{_text(one.quantity, one.bound)}"
            for one in self.constraints
            if one.quantity in measured and one.excess(measured[one.quantity]) > 0
        )

    def bound_of(self, quantity: str) -> float:
        """Return the most that a quantity may be; ``math.inf`` where nothing bounds it."""
        bounds = (one.bound for one in self.constraints if one.quantity == quantity and one.sign[0] == "<")
        return min(bounds, default=math.inf)


def _text(quantity: str, value: float) -> str:
    return bytes_text(value) if quantity == "memory" else quantity_text(value)


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
