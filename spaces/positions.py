"""Where a value lies in a hyperparameter's range, whether or not the range is of this version's making."""

from __future__ import annotations

import math

from .hyperparameters import Hyperparameter
from .kinds import Categorical, Float, Int
from .values import Value, is_number


def position_in_range(hyperparameter: Hyperparameter, value: Value) -> float | None:
    """Return where a value lies in its range, 0 to 1: on its log scale, or by its place among the choices."""
    if isinstance(hyperparameter, Categorical):
        places = [place for place, choice in enumerate(hyperparameter.choices) if repr(choice) == repr(value)]
        return places[0] / max(len(hyperparameter.choices) - 1, 1) if places else None
    if not isinstance(hyperparameter, Float | Int) or not is_number(value):
        return None
    low, high, at = float(hyperparameter.low), float(hyperparameter.high), float(value)
    if hyperparameter.log:
        low, high, at = math.log(low), math.log(high), math.log(at) if at > 0 else math.nan
    share = (at - low) / (high - low)
    return share if -1e-9 <= share <= 1 + 1e-9 else None
