"""Selects the hyperparameters that a figure or a table shows where there are too many for all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..studies.comparison import MAX_SHOWN, basic_names, informative_names, names_of
from ..texts import count_text

if TYPE_CHECKING:
    from .view import StudyView

AXES = 9
"""Hyperparameters of figures that give each an axis, or a figure of its own, three in a row."""
COLUMNS = 8
"""Hyperparameters of a leaderboard that cannot show all."""
BARS = 16
"""Hyperparameters of a figure that gives each a line."""
WORDS = 6
"""Settings that a sentence names."""


def is_wide(names: Sequence[object]) -> bool:
    """Tell whether there are too many hyperparameters to show all at once."""
    return len(names) > MAX_SHOWN


def axes_of(view: StudyView) -> list[str] | None:
    """Return the hyperparameters that figures of all complete trials show; None where they show all.

    Those come first that set the best trials apart most. Where that is equal or unknown, those of the basic preset lead,
    then those that most of the trials have.
    """
    configurations = [trial.configuration for trial in view.scored]
    if not is_wide(names_of(configurations)):
        return None
    names, shares = informative_names(configurations, basic_names(view.study.model)), view.shares
    return sorted(names, key=lambda name: -shares.get(name, 0.0))[:AXES]


def selection_note(view: StudyView, shown: int) -> str:
    """Say by which rule a figure's hyperparameters were chosen, and where the others are."""
    every = len(names_of([trial.configuration for trial in view.scored]))
    rule = "those that set the best trials apart most" if view.shares else "those of the basic preset first"
    return (
        f"Shown are {shown} of {count_text(every, 'hyperparameter')}, {rule}. "
        "The leaderboard has a table of all, and kerasweep show STUDY --json every trial's."
    )
