"""Cards of insights and diagnostics: how the search went, what mattered, how the winners learn, what it cost."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ..spaces import value_text
from ..studies.comparison import MAX_SHOWN, cost, informative_names, names_of, study_space
from ..studies.curves import Band, curve_pairs
from ..studies.importance import FEWEST_FOR_IMPORTANCE
from ..texts import count_text, duration_text, number_text
from . import curves, figures, optuna_plots
from .axis_selection import BARS, WORDS, axes_of, is_wide, selection_note
from .cards import Content, Figure, card, not_yet
from .theme import unplain

if TYPE_CHECKING:
    from ..studies import TrialRecord
    from .view import StudyView

_CURVES = 5
"""Trials whose validation curves are compared."""
_NOTABLE = 0.05
"""Importance from which a sentence names a hyperparameter."""


@card("history", "Optimization history", "Insights")
def history(view: StudyView) -> Content:
    """Show the objective by trial and the best so far."""
    winner = view.winner
    if winner is None:
        return not_yet("no trial is complete.")
    figure = optuna_plots.history([view.plots], view.study.metric)
    last = max(trial.number for trial in view.trials)
    since = last - winner.number
    reading = f"The best value came with trial {winner.number}"
    reading += (
        f"; {count_text(since, 'trial')} since then did not beat it." if since else ", the last one so far."
    )
    first = min(view.scored, key=lambda trial: trial.number)
    if first.number != winner.number:
        reading += (
            f" The first complete one had {number_text(first.value)}, the best {number_text(winner.value)}."
        )
    return Content(reading, figures=(Figure("Objective by trial", figure),), note=_cut_note(figure))


def _cut_note(figure: Any) -> str:
    cut = figure.layout.yaxis.range is not None
    return "A few values lie far outside; double-click the figure to see them." if cut else ""


@card("parallel", "Hyperparameters together", "Insights")
def parallel(view: StudyView) -> Content:
    """Show one line a trial through all hyperparameters."""
    if view.complete < 2:
        return not_yet("two complete trials are needed.")
    if not any(trial.configuration for trial in view.best):
        return Content("The trials have no hyperparameters.", ready=False)
    axes = axes_of(view)
    names = None if axes is None else [view.labels[name] for name in axes]
    figure = optuna_plots.parallel_coordinates(view.plots, view.study.metric, names)
    shown = min(view.complete, optuna_plots.MOST_LINES)
    which = f"the best {shown} of {view.complete:,}" if shown < view.complete else f"all {shown}"
    reading = f"Each line is one complete trial, {which}; the orange ones are best."
    agreed = _agreement(view)
    reading += f" The best {len(view.best)} agree on {agreed}." if agreed else ""
    note = "" if axes is None else selection_note(view, len(axes))
    return Content(reading, figures=(Figure("Parallel coordinates", figure),), note=note)


def _agreement(view: StudyView) -> str:
    """Return the settings that all of the best trials share though others have another."""
    if len(view.best) < 3 or len(view.best) == view.complete:
        return ""
    shared = []
    for name, value in view.best[0].configuration.items():
        same = all(repr(trial.configuration.get(name)) == repr(value) for trial in view.best)
        others = any(repr(trial.configuration.get(name, value)) != repr(value) for trial in view.trials)
        if same and others:
            shared.append(f"{name} {value_text(value)}")
    more = f" and {len(shared) - WORDS} more settings" if len(shared) > MAX_SHOWN else ""
    return ", ".join(shared[:WORDS] if more else shared) + more


@card("importances", "Which hyperparameters mattered", "Insights")
def importances(view: StudyView) -> Content:
    """Rank hyperparameters by how far the best trials' values differ from those of all."""
    values = {trial.value for trial in view.scored}
    if view.complete < FEWEST_FOR_IMPORTANCE or len(values) < 2:
        return not_yet(f"{FEWEST_FOR_IMPORTANCE} complete trials with different values are needed.")
    found = view.shares
    if not found:
        return not_yet("no hyperparameter varied among the complete trials.")
    leaders = [f"{name} ({share:.0%})" for name, share in list(found.items())[:3] if share >= _NOTABLE]
    if leaders:
        reading = f"What sets the best trials apart is mostly {' and then '.join(leaders)}."
    else:
        first, share = next(iter(found.items()))
        reading = (
            f"No hyperparameter by itself sets the best trials apart; {first} comes first with {share:.0%}."
        )
    if len(leaders) == 1 and len([share for share in found.values() if share > 0]) == 1:
        return Content(
            f"Only {leaders[0].split(' (')[0]} sets the best trials apart: there is nothing to rank.",
            ready=False,
        )
    if view.complete < 20:
        reading += f" From {view.complete} complete trials, this is a hint, not a finding."
    note = "PED-ANOVA (Watanabe et al. 2023): how far the values of the best trials differ from those of all."
    shown = list(found)
    if is_wide(names_of([trial.configuration for trial in view.scored])):
        shown = shown[:BARS]
        rest = 1 - sum(found[name] for name in shown)
        note += " Only hyperparameters that half of the trials have are compared."
        note += f" The {len(found) - len(shown)} that are not shown have {rest:.0%} together."
    figure = optuna_plots.importances({view.labels[name]: found[name] for name in shown})
    return Content(reading, figures=(Figure("Importance of each hyperparameter", figure),), note=note)


@card("slices", "Each hyperparameter by itself", "Insights")
def slices(view: StudyView) -> Content:
    """Show the objective by the value of each hyperparameter."""
    if view.complete < 2:
        return not_yet("two complete trials are needed.")
    space = study_space(view.study)
    labels = view.labels
    favourites = {labels[one.name]: one.recommended for one in space if one.name in labels} if space else {}
    axes = axes_of(view)
    chosen = None if axes is None else [labels[name] for name in axes]
    found = optuna_plots.slices(view.plots, view.study.metric, favourites, chosen)
    if not found:
        return not_yet("no hyperparameter has taken two values in complete trials.")
    shown = tuple(Figure(unplain(name), figure) for name, figure in found)
    varying = (
        len(shown) if axes is None else len(informative_names([trial.configuration for trial in view.scored]))
    )
    reading = f"{count_text(varying, 'hyperparameter')} took several values; later trials are bluer."
    mark = " A dotted line or a star marks the recommended value." if favourites else ""
    note = "" if axes is None else selection_note(view, len(shown))
    return Content(reading + mark, figures=shown, small=True, note=note)


@card("curves", "Learning curves", "Diagnostics")
def learning(view: StudyView) -> Content:
    """Show how the winner learns, with the spread of the folds, and beside the next best trials."""
    winner = view.winner
    if winner is None:
        return not_yet("no trial is complete.")
    details = view.details.get(winner.number)
    pairs = curve_pairs(details) if details else []
    if details is None or not pairs:
        return Content(f"Trial {winner.number} keeps no learning curves.", ready=False)
    shown = []
    for train, validation in pairs:
        metric = (train or validation or pairs[0][0]).metric.removeprefix("val_")  # type: ignore[union-attr]
        figure = curves.learning_curves(train, validation, winner.epochs)
        shown.append(Figure(f"{metric} of trial {winner.number}", figure))
    top = {
        trial.number: view.details[trial.number]
        for trial in view.best[:_CURVES]
        if trial.number in view.details
    }
    several = curves.validation_curves(top, view.study.metric) if len(top) > 1 else None
    if several is not None:
        shown.append(Figure(f"{view.study.metric} of the best {len(top)} trials", several))
    note = "Mean of the folds; the band is one standard deviation of the folds to each side."
    note += " The dashed line is the chosen number of epochs, one for all folds." if winner.epochs else ""
    note += f" Its trial is scored {winner.scored_where}." if winner.scored_where else ""
    return Content(
        _curves_reading(winner, pairs, view.study.metric), figures=tuple(shown), note=note, small=True
    )


def _curves_reading(winner: TrialRecord, pairs: list[tuple[Band | None, Band | None]], objective: str) -> str:
    """Return what the objective's curves say, or those of the last metric that has both."""
    whole = [(train, validation) for train, validation in pairs if train and validation]
    train, validation = next(
        (pair for pair in whole if pair[1].metric == objective), whole[-1] if whole else pairs[-1]
    )
    chosen = winner.epochs
    epochs = f"Trial {winner.number} is best at epoch {chosen}" if chosen else f"Trial {winner.number}"
    if train is None or validation is None or chosen not in train.epochs or chosen not in validation.epochs:
        return f"{epochs}." if chosen else f"{epochs}: mean of the folds by epoch."
    left = train.mean[train.epochs.index(chosen)]
    right = validation.mean[validation.epochs.index(chosen)]
    return f"{epochs}: {train.metric} {left:.4f} in training, {right:.4f} in validation (gap {abs(left - right):.4f})."


@card("folds", "Spread of the folds", "Diagnostics")
def folds(view: StudyView) -> Content:
    """Show every fold's score of the best trials."""
    scored = [trial for trial in view.best if trial.fold_scores]
    if not scored:
        return (
            Content("The trials keep no scores of single folds.", ready=False)
            if view.best
            else not_yet("no trial is complete.")
        )
    figure = figures.fold_spread(scored, view.study.metric, view.study.direction)
    shown = (Figure("Score on every fold", figure),)
    return Content(_folds_reading(view, scored), figures=shown, note=_cut_note(figure))


def _folds_reading(view: StudyView, scored: list[TrialRecord]) -> str:
    rows = [[score for score in row if score is not None] for row in figures.fold_rows(scored)]
    means = [sum(row) / len(row) if row else math.nan for row in rows]
    if len(means) < 2 or any(math.isnan(mean) for mean in means):
        return f"{count_text(len(means), 'fold')}: the spread between folds cannot be judged."
    hardest = min(means) if view.study.direction == "maximize" else max(means)
    overall = sum(means) / len(means)
    which = means.index(hardest) + 1
    return f"Fold {which} is the hardest: {number_text(hardest)} on average, against {number_text(overall)} over all folds."


@card("pruning", "Trials by epoch", "Diagnostics")
def pruning(view: StudyView) -> Content:
    """Show the mean of the folds at every rung, and where trials were pruned."""
    if not view.trials:
        return not_yet("no trial has started.")
    if not any(trial.intermediate_values for trial in view.plots.get_trials(deepcopy=False)):
        return Content(
            "No trial reported values while it trained, so that none could be pruned.", ready=False
        )
    number = view.winner.number if view.winner else None
    figure = optuna_plots.intermediate_values(view.plots, view.study.metric, number)
    pruned = [
        trial
        for trial in view.trials
        if trial.state == "pruned" and trial.duplicate_of is None and not trial.broken
    ]
    if not pruned:
        reading = "No trial was pruned."
    else:
        ran = [trial.epochs_trained for trial in pruned if trial.epochs_trained]
        were = "was" if len(pruned) == 1 else "were"
        reading = (
            f"{len(pruned):,} of {count_text(view.study.trained, 'trial')} {were} pruned, for lagging behind"
        )
        reading += f", after {count_text(round(sum(ran) / len(ran)), 'epoch')} on average." if ran else "."
    note = f"The last {optuna_plots.MOST_LINES} trials." if len(view.trials) > optuna_plots.MOST_LINES else ""
    return Content(reading, figures=(Figure("Mean of the folds by epoch", figure),), note=note)


@card("cost", "What the search cost", "Diagnostics")
def expense(view: StudyView) -> Content:
    """Show epochs spent and saved, and what a smaller model would cost in score."""
    spent = cost(view.study, view.trials)
    if not spent.trials:
        return not_yet("no trial has ended.")
    if not spent.epochs_spent:
        return Content("The study does not say how many epochs its trials took.", ready=False)
    reading = f"{spent.epochs_spent:,} epochs of one fold in {duration_text(spent.seconds)} of training"
    shown = []
    if spent.epochs_planned:
        parts = [
            f"{saved / spent.epochs_planned:.0%} by {how}"
            for saved, how in (
                (spent.saved_by_pruning, "pruning"),
                (spent.saved_by_stopping, "early stopping"),
                (spent.saved_by_constraints, "constraints"),
            )
            if saved
        ]
        reading += f", of {spent.epochs_planned:,} planned"
        reading += f"; saved {' and '.join(parts)}" if parts else ""
        shown.append(Figure("What became of the planned epochs", figures.cost_bar(spent)))
    if len(figures.size_points(view.trials)) > 1:
        number = view.winner.number if view.winner else None
        plot = figures.size_against_value(view.trials, view.study.metric, number)
        shown.append(Figure("Value by size of the model", plot))
    return Content(f"{reading}.", figures=tuple(shown))
