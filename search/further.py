"""Further training: the best trials of a finished study are trained on to more epochs, each as a new trial.

Optuna reopens no trial that has ended. The new one has the same configuration, says which trial it continues, and goes on from
that one's last state where it was kept. The study's own number of epochs stays what its search was made with.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import StudyError
from ..studies import StudyRecord, TrialRecord, best_trials, read_trials
from ..studies.comparison import (
    RUNNERS_UP,
    compare_runners_up,
    is_sensitivity_study,
    most_epochs,
)
from ..studies.lock import refuse_driven
from ..studies.records import UNFINISHED
from ..texts import count_text, numbers_text
from .driver.under_way import key_of
from .paused_states import PausedStates

if TYPE_CHECKING:
    from ..studies.study_writer import StudyWriter

MOST_TRIALS = 3
"""That are trained on, unless the study keeps the states of another number of models."""


@dataclass(frozen=True)
class Further:
    """Which trials of a study are trained on, and to how many epochs."""

    epochs: int
    continued: tuple[int, ...]
    """Trials that new ones continue."""
    waiting: tuple[int, ...] = ()
    """New ones that an interrupted run has left; where there are some, no others are made."""
    remarks: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """What is trained, in words."""
        to = f"trained on to {self.epochs} epochs"
        if not self.continued:
            return f"the best trials were {to} before"
        several = len(self.continued) > 1
        return f"{'trials' if several else 'trial'} {numbers_text(self.continued, most=10)} {'are' if several else 'is'} {to}"


def plan_further(study: StudyRecord, epochs: int | None, models: int = 0) -> Further | None:
    """Return which trials are trained on; None where that is not asked for, and none wait since an interrupted run.

    They are the best trial and those that the folds cannot tell from it; of several objectives, those of the Pareto front. One
    that patience has ended would end there again, and is left out.

    Args:
        study: The study.
        epochs: To how many epochs; None to go on with what an earlier run has begun.
        models: Of how many trials the last states are kept: so many are trained on at most; ``MOST_TRIALS`` where 0.

    Raises:
        StudyError: No trial can be trained on.
        StudyLocked: Another driver runs the study.
    """
    trials = read_trials(study)
    begun = [trial for trial in trials if trial.continues is not None]
    waiting = [trial for trial in begun if trial.state in UNFINISHED]
    if epochs is None and not waiting:
        return None
    refuse_driven(study)
    if epochs in (None, *(trial.most_epochs for trial in waiting)) and waiting:
        return Further(int(waiting[0].most_epochs or 0), _continued(waiting), _numbers(waiting))
    most = max((most_epochs(study, trial) or 0 for trial in trials), default=0)
    if epochs == most and begun:
        return Further(epochs, ())  # as another run of a sweep whose trials are all done
    _check_finished(study, epochs or 0, most)
    chosen, remarks = _choose(study, trials, models or MOST_TRIALS)
    return Further(epochs or 0, _numbers(chosen), remarks=remarks)


def refuse_waiting(study: StudyRecord) -> None:
    """Refuse to search on while trials wait that are to be trained on to other epochs.

    Raises:
        StudyError: Some do.
    """
    further = plan_further(study, None)
    if further is not None:
        raise StudyError(
            f"In '{study.name}' {further.text}, which is not finished; 'kerasweep resume {study.name}' finishes it first."
        )


def take_on(further: Further, writer: StudyWriter, states: PausedStates) -> int:
    """Have the new trials wait, to go on from the last states of those that they continue.

    Returns:
        How many trainings the study has once they are done: a budget of trials that leaves nothing else to train.
    """
    numbers = further.waiting or writer.take_on(further.continued, further.epochs)
    for number, continued in zip(numbers, further.continued, strict=True):
        states.hand_over(continued, number)
    ended = (one for one in writer.trials() if one.state.is_finished() and not writer.is_duplicate(one))
    return len(set(map(key_of, ended))) + len(numbers)


def _numbers(trials: list[TrialRecord]) -> tuple[int, ...]:
    return tuple(trial.number for trial in trials)


def _continued(trials: list[TrialRecord]) -> tuple[int, ...]:
    return tuple(trial.continues for trial in trials if trial.continues is not None)


def _check_finished(study: StudyRecord, epochs: int, most: int) -> None:
    """Refuse a study whose trials cannot be trained on, or not to so many epochs.

    Raises:
        StudyError: with what to do.
    """
    name = study.name
    unfinished = {state: count for state in UNFINISHED if (count := study.counts.get(state, 0))}
    if is_sensitivity_study(study):
        raise StudyError(
            f"The study '{name}' changed each hyperparameter a little, and looked for no best trial to train on."
        )
    if not study.counts.get("complete"):
        raise StudyError(
            f"The study '{name}' has no complete trial that could be trained on to {epochs} epochs."
        )
    if unfinished:
        left = ", ".join(f"{count} {state}" for state, count in unfinished.items())
        raise StudyError(
            f"The study '{name}' is not finished ({left}); 'kerasweep resume {name}' finishes it, then give --epochs."
        )
    if epochs <= most:
        raise StudyError(
            f"Trials of '{name}' have {count_text(most, 'epoch')} already; --epochs must be more, got {epochs}."
        )


def _choose(
    study: StudyRecord, trials: list[TrialRecord], most: int
) -> tuple[list[TrialRecord], tuple[str, ...]]:
    """Return the trials that are trained on, best first, and what is said of those that are not."""
    continued = {trial.continues for trial in trials if trial.state == "complete"}
    order = [one for one in best_trials(study, len(trials)) if one.number not in continued]
    if not study.has_several:
        compared = compare_runners_up(study, order[:RUNNERS_UP])
        order = [one for one in order if one.number in (compared.best, *compared.within_noise)]
    order = [one for one in order if one.score is not None and math.isfinite(one.score)]
    if not order:
        raise StudyError(
            f"No complete trial of '{study.name}' keeps its constraints, none could be trained on."
        )
    if any("epochs" in one.configuration for one in order):
        raise StudyError(
            f"The epochs of '{study.name}' are a hyperparameter of its configurations, which --epochs cannot change."
        )
    ended = [one for one in order if one.epochs_trained < (most_epochs(study, one) or 0)]
    ends = ", ".join(f"trial {one.number} after {one.epochs_trained}" for one in ended[:most])
    chosen = [one for one in order if one not in ended][:most]
    if not chosen:
        raise StudyError(
            f"More epochs would change none of the best trials of '{study.name}': patience has ended {ends}. "
            "Launch a new study with --patience none, or with more."
        )
    remarks = (f"not trained on, because patience has ended it, and would again: {ends}",) if ended else ()
    return chosen, remarks
