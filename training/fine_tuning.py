"""When a base that was trained before begins to train itself, and how fast; see ``models/unfreezing.py``."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..spaces import Configuration
from ..spaces.catalogue import CATALOGUE


@dataclass(frozen=True)
class FineTuning:
    """The second part of a training, which has a new optimizer with a lower rate, as after ``model.compile``.

    A schedule of the learning rate runs through each part by itself.
    """

    epoch: int
    """Its first one, counted from 0."""
    epochs: int
    """How many it has, at most."""
    share: float
    """Of the base's layers: the last ones train."""
    rate: float
    """Of the learning rate."""

    def configuration(self, configuration: Configuration) -> Configuration:
        """Return what the model is compiled with in this part."""
        return {**configuration, "learning_rate": self.rate * float(configuration["learning_rate"])}  # type: ignore[arg-type]


def fine_tuning_of(configuration: Configuration, epochs: int) -> FineTuning | None:
    """Return the fine-tuning of a configuration of the family ``transfer``; None where its base stays frozen.

    What the configuration does not say is as the catalogue recommends.

    Args:
        configuration: What is trained.
        epochs: The most that it may train.
    """

    def value(name: str) -> float:
        return float(configuration.get(name, CATALOGUE[name].hyperparameter.recommended))

    if not configuration.get("fine_tuning"):
        return None
    first = math.ceil(value("frozen_share") * epochs)
    if first >= epochs:
        return None
    return FineTuning(first, epochs - first, value("unfrozen_share"), value("fine_tuning_rate"))
