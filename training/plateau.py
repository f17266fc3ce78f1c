"""The schedule ``plateau``: a fold's learning rate falls when its own training loss stands still.

It looks at the training loss, not at validation rows: nothing that scores a fold acts on its training, and ``refit``,
which has no validation rows, does the same on its own loss.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ..errors import TrainingError
from ..spaces import Configuration
from ..spaces.catalogue.plateau import PLATEAU


class Plateau:
    """Says after every epoch which share of its first learning rate training goes on with.

    Formulas: ``keras.callbacks.ReduceLROnPlateau``, whose ``min_lr`` is ``minimum`` times the first rate.
    """

    def __init__(self, factor: float, patience: int, min_delta: float, cooldown: int, minimum: float) -> None:
        self.factor = factor
        self.patience = patience
        self.min_delta = min_delta
        self.cooldown = cooldown
        self.minimum = minimum
        self._share = 1.0
        self._best = float("inf")
        self._waited = 0
        self._cooling = 0

    def after(self, loss: float) -> float:
        """Return the share of the first rate, in (0, 1], after an epoch with this training loss."""
        if self._cooling > 0:
            self._cooling -= 1
            self._waited = 0
        if loss + self.min_delta < self._best:
            self._best = loss
            self._waited = 0
        elif self._cooling == 0:
            self._waited += 1
            if self._waited >= self.patience and self._share > self.minimum:
                self._share = max(self._share * self.factor, self.minimum)
                self._cooling = self.cooldown
                self._waited = 0
        return self._share


def plateau_values(configuration: Configuration) -> dict[str, Any] | None:
    """Return the arguments of a configuration's ``Plateau``; None where its schedule is another one.

    What the configuration does not say is as the catalogue recommends.
    """
    if configuration.get("learning_rate_schedule") != "plateau":
        return None
    known = {entry.hyperparameter.name: entry.hyperparameter.recommended for entry in PLATEAU}
    return {
        name.removeprefix("plateau_"): configuration.get(name, recommended)
        for name, recommended in known.items()
    }


class Standstill(NamedTuple):
    """What a plateau has seen so far."""

    share: float
    best: float
    waited: int
    cooling: int


class FallingRate:
    """The learning rate of one model, which a plateau lowers."""

    def __init__(self, plateau: Plateau, rate: Any) -> None:
        """Take the first rate from its variable, Keras's or TensorFlow's."""
        self._plateau = plateau
        self._rate = rate
        self._first = float(rate.numpy())

    def after(self, loss: float) -> None:
        """Set the rate of the next epoch, by the training loss of this one as Keras computes it."""
        self._rate.assign(self._first * self._plateau.after(loss))

    @property
    def standstill(self) -> Standstill:
        """What it has seen of the losses; the rate itself is the optimizer's variable."""
        plateau = self._plateau
        return Standstill(plateau._share, plateau._best, plateau._waited, plateau._cooling)

    def go_on(self, seen: Standstill) -> None:
        """Go on from what was seen before."""
        plateau = self._plateau
        plateau._share, plateau._best, plateau._waited, plateau._cooling = seen

    def restore(self) -> None:
        """Set the first rate again."""
        self._rate.assign(self._first)


def rate_variable(optimizer: Any) -> Any | None:
    """Return the variable of an optimizer's learning rate; None where a schedule computes the rate."""
    rate = getattr(optimizer, "learning_rate", None)
    return rate if hasattr(rate, "assign") else None


def falling_rate(configuration: Configuration, rate: Any) -> FallingRate | None:
    """Return what lowers a model's learning rate; None where the configuration's schedule is another one.

    Args:
        configuration: Its ``learning_rate_schedule`` may be ``plateau``.
        rate: See ``rate_variable``; a program has variables of its own.

    Raises:
        TrainingError: The rate follows a schedule of the optimizer's own.
    """
    values = plateau_values(configuration)
    if values is None:
        return None
    if rate is None:
        raise TrainingError(
            "model", "learning_rate_schedule=plateau needs an optimizer without a schedule of its own"
        )
    return FallingRate(Plateau(**values), rate)
