"""How a trial's end is written to the study."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...training.events import TrialEnded, TrialFailed, TrialInfeasible
from ...training.goals import Goals
from ...training.metrics import Objective
from ..failures import write_failure
from ..progress import TrialLine
from .trial_lines import line_of_ended
from .under_way import TrialUnderWay

if TYPE_CHECKING:
    from ...studies.study_writer import StudyWriter


class Recorder:
    """Writes how trials end, and returns what is shown of each."""

    def __init__(self, writer: StudyWriter, objective: Objective, goals: Goals) -> None:
        self._writer = writer
        self._objective = objective
        self._goals = goals
        self._said: set[str] = set()
        """Notes that some trial has had; each is shown once."""

    def write(self, run: TrialUnderWay, event: TrialEnded | TrialInfeasible | TrialFailed) -> TrialLine:
        """Write the end of a trial."""
        if isinstance(event, TrialFailed):
            state = write_failure(self._writer, run.trial, event, self._goals)
            return TrialLine(event.number, state, run.configuration, message=event.message)
        if isinstance(event, TrialInfeasible):
            self._writer.refuse(run.trial, event.result(), self._goals.excesses(event.measured))
            return TrialLine(event.number, "pruned", run.configuration, broken=(event.message,))
        return self._write_trained(run, event)

    def _write_trained(self, run: TrialUnderWay, event: TrialEnded) -> TrialLine:
        outcome = event.outcome
        found = {self._objective.metric: outcome.value, **outcome.measured}
        if outcome.ending == "stopped":
            self._writer.prune(run.trial, outcome.value, outcome.result(), outcome.details())
        else:
            told = (outcome.value, *self._goals.values(found))
            excesses = self._goals.excesses(found)
            self._writer.finish(run.trial, told, outcome.result(), outcome.details(), excesses)
        notes = tuple(note for note in outcome.notes if note not in self._said)
        self._said.update(notes)
        return line_of_ended(run, event, found, self._goals, notes)
