"""Every figure of a study's report by itself, as Plotly's own: a notebook shows it, a script goes on with it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from ..errors import StudyError, did_you_mean
from ..studies import StudyRecord, choose_trial, read_details
from ..studies.curves import curve_pairs
from . import insights, sensitivity
from .curves import learning_curves
from .front import front
from .mistakes import predictions
from .recommended import recommended
from .view import StudyView, load_view

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from .cards import Card, Figure


class Plots:
    """The figures of a study, as it was when the first of them was asked for.

    Where a study has nothing to show, a figure raises ``StudyError`` with what is missing.
    """

    def __init__(self, study: StudyRecord) -> None:
        self._study = study

    @cached_property
    def _view(self) -> StudyView:
        return load_view(self._study)

    def history(self) -> go.Figure:
        """Return the objective by trial, and the best so far."""
        return _first(insights.history(self._view))

    def importance(self) -> go.Figure:
        """Return how much each hyperparameter sets the best trials apart."""
        return _first(insights.importances(self._view))

    def parallel(self) -> go.Figure:
        """Return one line a trial through all hyperparameters."""
        return _first(insights.parallel(self._view))

    def slice(self, name: str | None = None) -> go.Figure:
        """Return the objective by the value of a hyperparameter; of the one that matters most where None is named.

        Raises:
            StudyError: It has not taken two values in complete trials.
        """
        found = {figure.label: figure for figure in _figures(insights.slices(self._view))}
        if name is None:
            name = next((one for one in self._view.shares if one in found), next(iter(found)))
        if name not in found:
            raise StudyError(
                f"'{name}' has not taken two values in complete trials.{did_you_mean(name, found)}"
            )
        return found[name].plot

    def curves(self, trial: int | None = None, metric: str | None = None) -> go.Figure:
        """Return how a trial learns, in training and in validation: the folds' mean and their spread, by epoch.

        Args:
            trial: Its number; the best one where None.
            metric: For example ``loss``; the objective where None.

        Raises:
            StudyError: There is no such trial, or it keeps no curves, or none of that metric.
        """
        chosen = choose_trial(self._study, trial)
        details = read_details(self._study, [chosen.number]).get(chosen.number)
        pairs = {
            (train or validation).metric.removeprefix("val_"): (train, validation)  # type: ignore[union-attr]
            for train, validation in (curve_pairs(details) if details else [])
        }
        if not pairs:
            raise StudyError(f"Trial {chosen.number} of '{self._study.name}' keeps no learning curves.")
        wanted = (metric or self._study.metric).removeprefix("val_")
        if metric is None and wanted not in pairs:
            wanted = next(iter(pairs))
        if wanted not in pairs:
            raise StudyError(
                f"Trial {chosen.number} keeps no curve of '{wanted}'.{did_you_mean(wanted, pairs)}"
            )
        return learning_curves(*pairs[wanted], chosen.epochs)

    def folds(self) -> go.Figure:
        """Return every fold's score of the best trials."""
        return _first(insights.folds(self._view))

    def epochs(self) -> go.Figure:
        """Return the mean of the folds at every rung, and where trials were pruned."""
        return _first(insights.pruning(self._view))

    def cost(self) -> go.Figure:
        """Return what became of the planned epochs."""
        return _first(insights.expense(self._view))

    def recommended(self) -> go.Figure:
        """Return the winner's values against those that are recommended."""
        return _first(recommended(self._view))

    def predictions(self) -> go.Figure:
        """Return the confusion matrix of a refit's test rows, or their residuals."""
        return _first(predictions(self._view))

    def sensitivity(self) -> go.Figure:
        """Return what small changes did, of a study that was launched for that."""
        return _first(sensitivity.small_changes(self._view))

    def front(self) -> go.Figure:
        """Return the Pareto front of several objectives."""
        return _first(front(self._view))


def _first(card: Card) -> go.Figure:
    return _figures(card)[0].plot


def _figures(card: Card) -> tuple[Figure, ...]:
    """Return the figures of a card.

    Raises:
        StudyError: It has none; with what it says instead.
    """
    if not card.content.figures:
        raise StudyError(f"{card.title}: {card.content.reading}")
    return card.content.figures
