"""A learning rate that falls when the loss stands still: what belongs to the schedule ``plateau``."""

from __future__ import annotations

from ..kinds import Float, Int
from .entry import ANY, Entry, when
from .sources import KERAS

_KERAS_PLATEAU = f"{KERAS}/callbacks/reduce_lr_on_plateau"
_ACTIVE = when(learning_rate_schedule="plateau")

_HYPERPARAMETERS = (
    Float(
        "plateau_factor",
        0.1,
        0.8,
        recommended=0.5,
        conditions=_ACTIVE,
        meaning="what the learning rate is multiplied by when the training loss stands still",
        advice="The loss falls sharply at each reduction: 0.2 or 0.1. The rate is soon too small: 0.7.",
        source=f"Bengio 2012, Practical Recommendations for Gradient-Based Training, section 3.1; {_KERAS_PLATEAU}",
    ),
    Int(
        "plateau_patience",
        1,
        20,
        recommended=5,
        conditions=_ACTIVE,
        meaning="epochs without an improvement of the training loss after which the rate falls",
        advice="The curve is jagged: more. Most epochs are spent on a flat curve: 2 or 3.",
        source=_KERAS_PLATEAU,
    ),
    Float(
        "plateau_min_delta",
        1e-5,
        1e-2,
        log=True,
        recommended=1e-4,
        conditions=_ACTIVE,
        meaning="fall of the training loss that counts as an improvement",
        advice="The rate never falls although the loss hardly does: 1e-3.",
        source=f"{_KERAS_PLATEAU}: 1e-4",
    ),
    Int(
        "plateau_cooldown",
        0,
        10,
        recommended=0,
        conditions=_ACTIVE,
        meaning="epochs after a reduction in which no patience is lost",
        advice="The rate falls again before the last fall could act: 2 to 5.",
        source=f"{_KERAS_PLATEAU}: 0",
    ),
    Float(
        "plateau_minimum",
        1e-4,
        0.1,
        log=True,
        recommended=1e-3,
        confidence="low",
        conditions=_ACTIVE,
        meaning="share of the first learning rate below which the rate does not fall",
        advice="The last epochs learn nothing: 0.01 or 0.1.",
        source=f"{_KERAS_PLATEAU}: its min_lr is 0",
    ),
)

PLATEAU = tuple(Entry(hyperparameter, families=ANY) for hyperparameter in _HYPERPARAMETERS)
"""Part of the group that ``learning_rate_schedule`` stands in."""
