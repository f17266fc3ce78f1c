"""What decides how far each trial is trained: the seam between pruners, which only stop, and halving, which pauses."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

from ...spaces import Configuration
from ...studies.records import ORIGIN, PAUSED, RESULT, RUNGS
from ...training.events import Answer, EpochEnded, Rung

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial, Trial

REDUCTION = 3
"""Of so many trials at a rung one goes on: the value of the Hyperband paper (Li et al. 2018), and of Optuna."""


@dataclass(frozen=True)
class TrialProgress:
    """How far a trial has come, and how good it was there."""

    number: int
    configuration: Configuration
    state: Literal["running", "paused", "ended"]
    """What has not begun counts as ended, and has no report."""
    reports: Mapping[Rung, float]
    """Rung -> mean of its folds, in rising order."""
    value: float | None = None
    """Of a trial that was trained whole."""
    failed: bool = False
    origin: Mapping[str, Any] = field(default_factory=dict)
    """What its proposer has kept with it."""
    scores: Mapping[Rung, tuple[float, ...]] = field(default_factory=dict)
    """Rung -> score of each fold; empty in studies that did not keep them."""
    seconds: float = 0.0
    """That it was trained for, up to its end or its last pause."""

    @property
    def complete(self) -> bool:
        """Whether it was trained to its own end."""
        return self.value is not None

    @cached_property
    def last(self) -> Rung | None:
        """The last rung that it has come to."""
        return max(self.reports, default=None)

    @cached_property
    def drawn(self) -> str:
        """Where its configuration was drawn from; empty where its proposer does not say."""
        return str(self.origin.get("drawn", ""))

    def as_paused(self) -> TrialProgress:
        """Return it as if it were paused at its last rung."""
        return replace(self, state="paused")


def is_infeasible(trial: FrozenTrial) -> bool:
    """Tell whether a trial breaks a constraint."""
    return any(excess > 0 for excess in trial.constraints.values())


def progress_of(trial: FrozenTrial) -> TrialProgress:
    """Return how far a trial of the study has come; one that breaks a constraint counts as failed."""
    attributes, name = trial.user_attrs, trial.state.name
    infeasible = is_infeasible(trial)
    state: Literal["running", "paused", "ended"] = "ended"
    if name == "RUNNING":
        state = "paused" if attributes.get(PAUSED) else "running"
    return TrialProgress(
        trial.number,
        trial.params,
        state,
        {Rung(epochs, folds): mean for epochs, folds, mean, *_ in attributes.get(RUNGS, ())},
        trial.value if name == "COMPLETE" and not infeasible and len(trial.values) == 1 else None,
        name == "FAIL" or infeasible,
        attributes.get(ORIGIN, {}),
        {Rung(epochs, folds): tuple(scores) for epochs, folds, _, *scores in attributes.get(RUNGS, ())},
        attributes.get(RESULT, {}).get("seconds", 0.0),
    )


class KnownProgress:
    """How far trials have come, worked out anew only for what has changed: of a thousand trials that is a few."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[FrozenTrial, TrialProgress]] = {}

    def of(self, trial: FrozenTrial) -> TrialProgress:
        """Return ``progress_of`` a trial; the study holds another object of a trial that has changed."""
        known = self._known.get(trial.number)
        if known is None or known[0] is not trial:
            known = self._known[trial.number] = (trial, progress_of(trial))
        return known[1]


def reached_by(trial: FrozenTrial) -> Rung:
    """Return how far a trial of the study was trained; one that is paused, or was lost, to its last rung.

    What it took over from a trial that it continues is not counted once more.
    """
    result = trial.user_attrs.get(RESULT)
    if result is not None and trial.state.name != "RUNNING":
        epochs = int(result["epochs_trained"]) - result.get("taken_over", 0)
        return Rung(epochs, len(result["fold_scores"]))
    return progress_of(trial).last or Rung(0, 0)


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

    def expected_to_go_on(self, rung: int, trials: float) -> float:
        """Return how many of the first so many trials at a rung go on, sooner or later, as its rule has one expect.

        Args:
            rung: Its place among ``rungs``.
            trials: That come there.
        """
        ...

    def answer(
        self, trial: Trial, event: EpochEnded, trials: Sequence[TrialProgress], *, may_begin: bool
    ) -> Answer:
        """Return how a trial goes on that has just reported its mean at a rung.

        Args:
            trial: In the study; the report is among its intermediate values.
            event: The rung, and the scores there.
            trials: All trials, this one among them.
            may_begin: Whether the budget allows for a new trial.
        """
        ...

    def next_paused(self, trials: Sequence[TrialProgress], *, may_begin: bool) -> int | None:
        """Return the paused trial that a free worker goes on with; None to begin a new one, or where none is worth it.

        Args:
            trials: All trials.
            may_begin: Whether the budget allows for a new trial.
        """
        ...


class PausingScheduler:
    """What schedulers share that decide by one question alone: which paused trial goes on."""

    rungs: tuple[Rung, ...]
    pauses: ClassVar[bool] = True

    def expected_to_go_on(self, rung: int, trials: float) -> float:
        """As ``Scheduler.expected_to_go_on``: as many as the search from know-how promotes on recorded trainings, thirty or a hundred."""
        return trials * (0.43, 0.52, 0.62, 0.85)[max(0, rung + 4 - len(self.rungs))]

    @abstractmethod
    def next_paused(self, trials: Sequence[TrialProgress], *, may_begin: bool) -> int | None:
        """As ``Scheduler.next_paused``."""

    def answer(
        self, trial: Trial, event: EpochEnded, trials: Sequence[TrialProgress], *, may_begin: bool
    ) -> Answer:
        """Go on where the trial is the next to be promoted, else pause."""
        seen = [one.as_paused() if one.number == trial.number else one for one in trials]
        goes_on = self.next_paused(seen, may_begin=may_begin) == trial.number
        return Answer.GO_ON if goes_on else Answer.PAUSE
