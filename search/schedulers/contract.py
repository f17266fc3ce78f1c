"""What decides how far each trial is trained: the seam between pruners, which only stop, and halving, which pauses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from ...spaces import Configuration
from ...training.events import Answer, EpochEnded, Rung

if TYPE_CHECKING:
    from optuna.trial import Trial


@dataclass(frozen=True)
class TrialProgress:
    """How far a trial has come, and how good it was there."""

    number: int
    configuration: Configuration
    state: Literal["running", "paused", "ended"]
    """A failed trial has ended, with no report of its last rung."""
    reports: Mapping[Rung, float]
    """Rung -> mean of its folds; the last one is of all folds and epochs for a trial that was trained whole."""
    whole: bool = False
    """Whether it was trained to its own end."""


class Scheduler(Protocol):
    """Decides at rungs. It has no state but what the trials hold, so that a resumed sweep goes on as if it had never stopped."""

    @property
    def rungs(self) -> tuple[Rung, ...]:
        """Where it is asked, in rising order."""
        ...

    @property
    def pauses(self) -> bool:
        """Whether it ever pauses a trial."""
        ...

    def answer(self, trial: Trial, event: EpochEnded, trials: Sequence[TrialProgress]) -> Answer:
        """Return how a trial goes on that has just reported its mean at a rung.

        Args:
            trial: In the study; the report is among its intermediate values.
            event: The rung, and the scores there.
            trials: All trials, this one among them.
        """
        ...

    def next_paused(self, trials: Sequence[TrialProgress], *, may_begin: bool) -> int | None:
        """Return the paused trial that a free worker goes on with; None to begin a new one, or where none is worth it.

        Args:
            trials: All trials.
            may_begin: Whether the budget allows for a new trial.
        """
        ...
