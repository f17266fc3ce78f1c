"""How a trial that failed is written: one that ran out of memory breaks a constraint, so that a search learns from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ..training.events import OUT_OF_MEMORY, TrialFailed, TrialInfeasible
from ..training.goals import Goals
from ..training.machine import total_memory

if TYPE_CHECKING:
    from optuna import Trial

    from ..studies.study_writer import StudyWriter

LEAST_EXCESS = 1e-3
"""By which a trial that ran out of memory breaks that constraint, however small it was: as a share of the machine's memory."""


def write_failure(
    writer: StudyWriter, trial: Trial, event: TrialFailed, goals: Goals
) -> Literal["failed", "pruned"]:
    """Write how a trial failed, and return its state.

    By how much a trial breaks the constraint of memory follows from its model's size, so that larger ones are avoided more;
    one that was not built to its end breaks it as a whole.
    """
    failure = {"kind": event.kind, "message": event.message, "traceback": event.traceback}
    if event.kind != OUT_OF_MEMORY:
        writer.fail(trial, failure)
        return "failed"
    size, excess = event.size, 1.0
    if size is None:
        found = TrialInfeasible(event.number, {}, 0, event.message)
    else:
        found = TrialInfeasible(event.number, size.measured, size.parameters, event.message)
        excess = max(size.training_bytes / total_memory(), LEAST_EXCESS)
    excesses = {**goals.excesses(found.measured), OUT_OF_MEMORY: excess}
    writer.refuse(trial, found.result(), excesses, failure)
    return "pruned"
