"""The card of a study with several objectives: its Pareto front, drawn and in a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..studies.comparison import epochs_texts, front_sentence, lineages
from ..texts import number_text, quantity_text
from .cards import Content, Figure, Row, Table, card, columns_of, not_yet
from .figures import front_figure
from .leaderboard import setting_text, settings_columns, size_and_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..studies import TrialRecord
    from .view import StudyView


@card("front", "Pareto front")
def front(view: StudyView) -> Content:
    """Show the trials that no other one beats in all objectives."""
    study, trials = view.study, view.trials
    if not view.front:
        return not_yet("no trial with all of its values is complete.")
    settings = settings_columns(view)
    measures = (
        "Epochs",
        *(() if any(one.metric == "params" for one in study.objectives) else ("Parameters",)),
        "Seconds",
    )
    metrics = (one.metric for one in study.objectives)
    columns = columns_of(*(f">{name}" for name in ("Trial", *metrics, *measures, *settings.shown)))
    epochs = epochs_texts(study, view.best)
    rows = tuple(
        Row(_cells(trial, trained, measures, settings.shown))
        for trial, trained in zip(view.best, epochs, strict=True)
    )
    plots = tuple(
        Figure(f"{study.metric} by {one.metric}", front_figure(study, trials, place))
        for place, one in enumerate(study.further, 1)
    )
    some = f"{len(rows)} of {len(view.front)}" if len(rows) < len(view.front) else "All"
    table = Table(f"{some} trials of the front, in the order of {study.metric}", columns, rows)
    broken = sum(bool(trial.broken) for trial in trials)
    note = f"{broken} of all trials break a constraint, and are not compared. " if broken else ""
    return Content(
        " ".join(filter(None, (front_sentence(study, trials), lineages(view.best)))),
        table,
        plots,
        settings.more,
        note=note + settings.note,
        small=len(plots) > 1,
    )


def _cells(trial: TrialRecord, epochs: str, measures: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    first, *others = trial.values
    measured = dict(zip(("Parameters", "Seconds"), size_and_time(trial), strict=True), Epochs=epochs)
    return (
        str(trial.number),
        number_text(first, trial.standard_error),
        *map(quantity_text, others),
        *(measured[name] for name in measures),
        *(setting_text(trial, name) for name in names),
    )
