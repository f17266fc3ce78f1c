"""The card of all trials: a table that the page sorts and searches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..studies.comparison import basic_names, epochs_texts, informative_names, names_of
from ..studies.records import STATES
from ..texts import ABSENT, count_text, number_text, quantity_text
from .axis_selection import COLUMNS, is_wide
from .cards import Content, Row, Table, card, columns_of, not_yet
from .leaderboard import setting_text, size_and_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..studies import TrialRecord
    from .view import StudyView

MOST_ROWS = 5_000
"""Trials that a page holds: more make it slow to open."""


@card("trials", "All trials")
def all_trials(view: StudyView) -> Content:
    """List every trial: the best first, then those without a score by number."""
    if not view.trials:
        return not_yet("no trial has started.")
    study = view.study
    names = names_of([trial.configuration for trial in view.trials])
    note = ""
    if is_wide(names):
        every = len(names)
        names = informative_names([trial.configuration for trial in view.trials], basic_names(study.model))[
            :COLUMNS
        ]
        note = f"{len(names)} of {every} hyperparameters are columns here. "
    order = _in_order(view)
    shown = order[:MOST_ROWS]
    if len(shown) < len(order):
        note += (
            f"The first {len(shown):,} of {len(order):,} trials; kerasweep export --format csv writes all."
        )
    goals = [one.metric for one in study.objectives] if study.has_several else [f"{study.metric} ± SE"]
    numbers = (*goals, "Epochs", "Parameters", "Seconds", *names)
    columns = columns_of(">Trial", "State", *(f">{name}" for name in numbers))
    epochs = epochs_texts(study, shown)
    best = view.winner.number if view.winner else None
    rows = tuple(
        Row(_cells(trial, trained, len(goals), names), highlighted=trial.number == best)
        for trial, trained in zip(shown, epochs, strict=True)
    )
    table = Table("Trials, best first", columns, rows, searchable=True)
    counts = ", ".join(f"{study.counts[state]:,} {state}" for state in STATES if study.counts.get(state))
    return Content(f"{count_text(len(order), 'trial')}: {counts}.", table, note=note)


def _in_order(view: StudyView) -> list[TrialRecord]:
    ranked = view.front if view.study.has_several else view.scored
    first = {trial.number for trial in ranked}
    return [*ranked, *(trial for trial in view.trials if trial.number not in first)]


def _cells(trial: TrialRecord, epochs: str, goals: int, names: Sequence[str]) -> tuple[str, ...]:
    if goals > 1:
        values = [quantity_text(value) for value in trial.values[:goals]] or [ABSENT] * goals
    else:
        values = [number_text(trial.value, trial.standard_error)]
    return (
        str(trial.number),
        _state(trial),
        *values,
        epochs,
        *size_and_time(trial),
        *(setting_text(trial, name) for name in names),
    )


def _state(trial: TrialRecord) -> str:
    """Return a trial's state with the reason, where there is one."""
    if trial.duplicate_of is not None:
        return f"same as {trial.duplicate_of}"
    if trial.failed:
        return f"failed: {trial.failure.get('kind', 'unknown')}"
    if trial.broken:
        return f"{trial.state}, breaks {', '.join(trial.broken)}"
    return trial.state
