"""Trials of one study, or several studies, side by side."""

from __future__ import annotations

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from ..reports import curves, figures
from ..reports.cards import Figure, Row, Table, columns_of
from ..reports.leaderboard import setting_text, settings_table, size_and_time
from ..reports.overview import comparison_cards
from ..reports.view import load_view
from ..studies import StudyRecord, TrialDetails, TrialRecord, read_details, read_numbered
from ..studies.comparison import compare_pair, ranked
from ..texts import ABSENT, count_text, number_text, scores_text
from .links import Address, apart, link, study_link
from .pieces import anchor, aria, card_box, figure_box, folded, heading, panel, table_box
from .site import Site

MOST_TRIALS, MOST_STUDIES = 20, 8


def compare_trials_page(site: Site, name: str, address: Address) -> Component:
    """Return the page that sets the trials side by side that the address names: ``?trials=4,17``."""
    study = site.study(name)
    numbers = [
        int(word) for word in apart(address.query.get("trials", "")) if word.isdecimal() and len(word) < 10
    ]
    trials = read_numbered(study, list(dict.fromkeys(numbers))[:MOST_TRIALS])
    head = heading(
        "Compare trials",
        study.name,
        anchor("Choose others", study_link(study.name, "trials"), className="action"),
    )
    if len(trials) < 2:
        return html.Div([head, html.P("Choose two trials or more in the table of all trials.")])
    details = read_details(study, [trial.number for trial in trials])
    return html.Div([head, *trial_panels(study, trials, details)])


def trial_panels(
    study: StudyRecord, trials: Sequence[TrialRecord], details: dict[int, TrialDetails]
) -> list[Component]:
    """Return scores, settings and figures of trials side by side, in the order given."""
    order = ranked(trials, study.direction)
    shown = [
        panel("Scores", _scores(study, trials, order), reading=_reading(study, order)),
        panel("Settings", *_settings(trials)),
    ]
    best_first = dict.fromkeys(
        trial.number for trial in (*order, *trials)
    )  # the first line stands out, as in the table
    curves_figure = curves.validation_curves(
        {number: details[number] for number in best_first if number in details}, study.metric
    )
    plots = [Figure(f"{study.metric} by epoch", curves_figure)] if curves_figure is not None else []
    if folded_scores := [trial for trial in order if trial.fold_scores]:
        plots.append(
            Figure("Score on every fold", figures.fold_spread(folded_scores, study.metric, study.direction))
        )
    if plots:
        shown.append(
            panel("Curves and folds", html.Div([figure_box(one) for one in plots], className="figures small"))
        )
    return shown


def _reading(study: StudyRecord, order: Sequence[TrialRecord]) -> str:
    """Say of the best of the trials how far it is ahead of each other one, and what that means in practice."""
    if len(order) < 2:
        return "Fewer than two of these are complete, so that no score can be compared."
    pairs = [compare_pair(study, order[0], other) for other in order[1:]]
    return " ".join(filter(None, (words for pair in pairs for words in (pair.sentence, pair.in_practice))))


def _scores(study: StudyRecord, trials: Sequence[TrialRecord], order: Sequence[TrialRecord]) -> Component:
    best = order[0].number if order else None
    numbers = (f"{study.metric} ± SE", "Folds", "Epochs", "Parameters", "Seconds")
    columns = columns_of("Trial", "State", *(f">{name}" for name in numbers))
    rows = tuple(
        Row(
            (
                f"trial {trial.number}",
                trial.state,
                number_text(trial.score, trial.standard_error),
                scores_text(trial.fold_scores) or ABSENT,
                str(trial.epochs or trial.epochs_trained or ABSENT),
                *size_and_time(trial),
            ),
            highlighted=trial.number == best,
        )
        for trial in trials
    )
    links = [
        anchor(f"trial {trial.number}", study_link(study.name, "trial", trial.number)) for trial in trials
    ]
    nav = html.Nav(links, className="trail", **aria(label="The trials"))
    return html.Div([table_box(Table(count_text(len(trials), "trial"), columns, rows)), nav])


def _settings(trials: Sequence[TrialRecord]) -> list[Component]:
    names = list(dict.fromkeys(name for trial in trials for name in trial.configuration))
    differ = [name for name in names if len({setting_text(trial, name) for trial in trials}) > 1]
    same = [name for name in names if name not in differ]
    parts: list[Component] = [html.P("All settings are the same.")]
    if differ:
        caption = f"{count_text(len(differ), 'setting')} that differ"
        parts = [table_box(settings_table(caption, trials, differ))]
    if same:
        caption = f"{count_text(len(same), 'setting')} that all of them share"
        parts.append(folded(caption, table_box(settings_table(caption, trials, same))))
    return parts


def compare_studies_page(site: Site, address: Address) -> Component:
    """Return the page that sets the studies side by side that the address names: ``?studies=a,b``."""
    names = apart(address.query.get("studies", ""))[:MOST_STUDIES]
    studies = [site.study(name) for name in names]
    head = heading("Compare studies", ", ".join(names))
    if len(studies) < 2:
        return html.Div(
            [head, html.P(["Choose two studies or more on the page of ", anchor("all studies", link()), "."])]
        )
    views = [load_view(study) for study in studies]
    links = [anchor(study.name, study_link(study.name)) for study in studies]
    nav = html.Nav(links, className="trail", **aria(label="The studies"))
    return html.Div(
        [head, nav, html.H2("Comparison", className="group"), *map(card_box, comparison_cards(views))]
    )
