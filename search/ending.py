"""How a run of a sweep ended, in words, and whether it can be called done."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import SweepError
from ..studies import StudyRecord, read_trials
from ..studies.comparison import is_sensitivity_study
from ..texts import count_text, numbers_text
from .budget import Reason
from .further import Further


@dataclass(frozen=True)
class Ending:
    """How a run of a sweep ended."""

    study: StudyRecord
    reason: Reason
    unanswered: tuple[int, ...] = ()
    """Trials that did not end when the sweep was over, and were ended from outside."""
    pruned: tuple[int, ...] = ()
    """Trials that were paused until the sweep was over, and have been pruned then."""
    further: Further | None = None
    """Where trials were trained on."""
    kept: str = ""
    """Which states of the best trials lie where, as a sentence."""

    def describe(self) -> str:
        """Return the reason, and what was cut short, as sentences."""
        reason = {
            "trials": "All trials of the budget are done.",
            "time": "The time is up.",
            "epochs": "The epochs of the budget are trained.",
            "converged": "Converged: twice the trials are not expected to gain as much as the best score's standard error.",
            "target": "The target is reached.",
            "exhausted": _exhausted(self.study),
            "interrupted": "Interrupted.",
        }[self.reason]
        if self.further is not None and self.reason == "trials":
            reason = f"Done: {self.further.text}."
        if self.pruned:
            one = len(self.pruned) == 1
            reason += f" {count_text(len(self.pruned), 'paused trial')} {'goes' if one else 'go'} on no further: {'it is' if one else 'they are'} pruned."
        if not self.unanswered:
            return reason
        cut = numbers_text(self.unanswered, 5)
        one = len(self.unanswered) == 1
        return f"{reason} {'Trial' if one else 'Trials'} {cut} did not end in time; resume runs {'it' if one else 'them'} again."


def _exhausted(study: StudyRecord) -> str:
    """Say that there is nothing left to try."""
    if is_sensitivity_study(study):
        return "Every change has been trained as often as the noise asks for."
    grid = study.spec["search"]["method"] == "grid"
    return f"Every configuration of the {'grid' if grid else 'space'} has been tried."


def check_found_something(ending: Ending) -> None:
    """Refuse to call a sweep done in which every trial failed, or for which the time was too short.

    Raises:
        SweepError: with the last trial's failure.
    """
    study = ending.study
    if ending.reason == "interrupted" or study.counts.get("complete"):
        return
    failed = [trial for trial in read_trials(study) if trial.failed]
    if len(failed) < study.trained:
        return
    if ending.reason == "time" and not study.trained:
        raise SweepError(
            f"No trial of '{study.name}' has ended. {ending.describe()} Give it more --time, or see whether the model "
            "function comes to an end."
        )
    if not study.trained:
        return
    last = failed[-1]
    message = last.failure.get("message", "no reason is known")
    raise SweepError(f"No trial of '{study.name}' could be scored. Trial {last.number}: {message}.")
