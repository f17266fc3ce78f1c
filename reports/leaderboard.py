"""Which configurations won, and by how much: the leaderboard, and the columns that show hyperparameters of the best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..spaces import short_text
from ..studies.comparison import (
    baseline_sentence,
    basic_names,
    compare_runners_up,
    epochs_texts,
    informative_names,
    lineages,
    score_sentence,
    study_space,
)
from ..texts import ABSENT, number_text
from .axis_selection import COLUMNS, is_wide
from .cards import Content, Row, Table, card, columns_of, not_yet

if TYPE_CHECKING:
    from ..studies import TrialRecord
    from .view import StudyView


@card("leaderboard", "Leaderboard")
def leaderboard(view: StudyView) -> Content:
    """Rank the best trials and say how far the first is from the others."""
    if not view.best:
        return not_yet("no trial is complete.")
    compared = compare_runners_up(view.study, view.scored)
    settings = settings_columns(view)
    close = set(compared.within_noise)
    epochs = epochs_texts(view.study, view.best)
    rows = tuple(
        Row(
            _leaderboard_cells(rank, trial, trained, settings.shown, trial.number in close),
            highlighted=rank == 1,
        )
        for rank, (trial, trained) in enumerate(zip(view.best, epochs, strict=True), start=1)
    )
    numbers = ("Trial", f"{view.study.metric} ± SE", "Epochs", "Parameters", "Seconds", *settings.shown)
    columns = columns_of("Rank", *(f">{name}" for name in numbers))
    shown = (
        f"The best {len(rows)} of {view.complete:,} complete trials"
        if len(rows) > 1
        else "The complete trial"
    )
    note = settings.note
    if len(view.best) > 1 and any(
        difference.standard_error is not None for difference in compared.differences
    ):
        note += "≈ within noise of the winner: paired by fold, corrected resampled t-test (Nadeau and Bengio 2003), 5 %."
    reading = " ".join(
        filter(
            None,
            (
                compared.sentence,
                score_sentence(view.study, view.best[0], view.trials),
                view.nested,
                baseline_sentence(view.study, view.best[0]),
                lineages(view.best),
            ),
        )
    )
    return Content(reading, Table(f"{shown}, best first", columns, rows), more=settings.more, note=note)


@dataclass(frozen=True)
class SettingsColumns:
    """Which hyperparameters of the best trials are columns of a table, and what is said of the others."""

    shown: list[str]
    more: tuple[Table, ...]
    note: str


def settings_columns(view: StudyView) -> SettingsColumns:
    """Return the hyperparameters that differ between the best trials; of too many, the most informative ones."""
    names = list(dict.fromkeys(name for trial in view.best for name in trial.configuration))
    wide = is_wide(names)
    varying = [
        name
        for name in names
        if len({setting_text(trial, name) for trial in view.best}) > 1 or len(view.best) == 1
    ]
    same = [f"{name} {setting_text(view.best[0], name)}" for name in names if name not in varying]
    every = len(varying)
    if wide:
        configurations = [trial.configuration for trial in view.best]
        chosen = informative_names(configurations, basic_names(view.study.model))[:COLUMNS]
        varying = [name for name in names if name in chosen]
    note = f"The same in all of these: {', '.join(same)}. " if same and not wide else ""
    if len(varying) < every:
        note = f"{len(varying)} of the {every} hyperparameters that differ between these are columns here. "
    return SettingsColumns(varying, (_settings_table(view, names),) if wide else (), note)


def _settings_table(view: StudyView, names: Sequence[str]) -> Table:
    """Return all settings of the best trials, one column a trial, in the order of the space where it is known."""
    space, trials = study_space(view.study), view.best
    places = {name: place for place, name in enumerate(space.names)} if space else {}
    ordered = sorted(names, key=lambda name: places.get(name, len(places)))
    return settings_table(f"All {len(names)} hyperparameters of these trials", trials, ordered)


def settings_table(caption: str, trials: Sequence[TrialRecord], names: Sequence[str]) -> Table:
    """Return a table of hyperparameters, one a row, with their values in each trial."""
    columns = columns_of("Hyperparameter", *(f">trial {trial.number}" for trial in trials))
    rows = tuple(Row((name, *(setting_text(trial, name) for trial in trials))) for name in names)
    return Table(caption, columns, rows)


def _leaderboard_cells(
    rank: int, trial: TrialRecord, epochs: str, names: list[str], close: bool
) -> tuple[str, ...]:
    place = f"{rank} ★" if rank == 1 else f"{rank} ≈" if close else str(rank)
    return (
        place,
        str(trial.number),
        number_text(trial.value, trial.standard_error),
        epochs,
        *size_and_time(trial),
        *(setting_text(trial, name) for name in names),
    )


def size_and_time(trial: TrialRecord) -> tuple[str, str]:
    """Return what a table says of a trial's parameters and of its seconds."""
    return (
        f"{trial.parameters:,}" if trial.parameters else ABSENT,
        f"{trial.seconds:.1f}" if trial.seconds else ABSENT,
    )


def setting_text(trial: TrialRecord, name: str) -> str:
    """Return a trial's value of a hyperparameter as a table shows it."""
    return short_text(trial.configuration[name]) if name in trial.configuration else ABSENT
