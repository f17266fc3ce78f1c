"""What is shown of a trial when it ends or is paused, made of what the study or its worker says."""

from __future__ import annotations

from optuna.trial import FrozenTrial, TrialState

from ...studies.records import CONTINUES, ORIGIN
from ...training.events import TrialEnded, TrialPaused
from ...training.goals import Goals
from ..progress import TrialLine
from .under_way import TrialUnderWay


def line_of(trial: FrozenTrial, goals: Goals) -> TrialLine:
    """Return the line of a trial that the study holds, and that has ended."""
    state = {TrialState.COMPLETE: "complete", TrialState.PRUNED: "pruned"}.get(trial.state, "failed")
    value, *further = trial.values or (None,)
    return TrialLine(
        trial.number,
        state,  # type: ignore[arg-type]
        trial.params,
        value=value,
        further_values={one.metric: found for one, found in zip(goals.further, further, strict=False)},
        broken=tuple(name for name, excess in trial.constraints.items() if excess > 0),
    )


def line_of_ended(
    run: TrialUnderWay, event: TrialEnded, found: dict[str, float], goals: Goals, notes: tuple[str, ...]
) -> TrialLine:
    """Return the line of a trial that has been trained.

    Args:
        run: The trial.
        event: Its end.
        found: What it is compared by: metric -> value.
        goals: Of the sweep.
        notes: What its training has to say.
    """
    outcome, stopped = event.outcome, event.outcome.ending == "stopped"
    return TrialLine(
        event.number,
        "pruned" if stopped else "complete",
        run.configuration,
        value=outcome.value,
        epochs=outcome.epochs_trained if stopped else outcome.epochs,
        seconds=outcome.seconds,
        further_values={one.metric: found[one.metric] for one in goals.further},
        broken=() if stopped else goals.broken(found),
        continues=run.trial.user_attrs.get(ORIGIN, {}).get(CONTINUES),
        notes=notes,
    )


def line_of_paused(run: TrialUnderWay, event: TrialPaused) -> TrialLine:
    """Return the line of a trial that was put aside."""
    outcome = event.outcome
    return TrialLine(
        event.number,
        "paused",
        run.configuration,
        value=outcome.value,
        epochs=outcome.epochs_trained,
        folds=len(outcome.fold_scores),
        seconds=outcome.seconds,
    )
