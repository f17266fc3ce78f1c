"""The parts of a trial's page: its configuration, how it scored on each fold, its curves, and why it failed if it did."""

from __future__ import annotations

from typing import Any

from dash import html
from dash.development.base_component import Component

from ..reports.cards import Figure
from ..spaces import value_text
from ..studies import StudyRecord, TrialDetails, TrialRecord, read_details, read_log
from ..studies.comparison import refit_score, study_space
from ..studies.records import ENDED
from ..texts import duration_text, number_text, quantity_text, scores_text
from .fold_curves import fold_curves
from .links import study_link
from .pieces import anchor, aria, badge, facts, figure_box, heading, panel, preformatted, scrolling

COLOURS = {"complete": "green", "failed": "red", "running": "blue", "paused": "blue"}


def trial_parts(study: StudyRecord, trial: TrialRecord) -> dict[str, Component | None]:
    """Return the parts of a trial's page by name, in their order; one that there is nothing to say in is None."""
    details = read_details(study, [trial.number]).get(trial.number)
    return {
        "head": _head(study, trial),
        "result": panel("Result", facts(result_facts(study, trial, details))),
        "failure": _failure(trial),
        "configuration": _configuration(study, trial),
        "curves": _curves(trial, details),
        "summary": _summary(details),
        "log": _log(read_log(study, trial.number)),
    }


def _head(study: StudyRecord, trial: TrialRecord) -> Component:
    links = [
        anchor(study.name or "(no name)", study_link(study.name)),
        anchor("all trials", study_link(study.name, "trials")),
    ]
    count = sum(study.counts.values())
    for number, words in ((trial.number - 1, "previous"), (trial.number + 1, "next")):
        if 0 <= number < count:
            links.append(anchor(words, study_link(study.name, "trial", number)))
    if trial.state == "complete":
        links.append(anchor("export", study_link(study.name, "export", trial=trial.number)))
    nav = html.Nav(links, className="trail", **aria(label="Where this trial stands"))
    state = badge(trial.state, COLOURS.get(trial.state, "grey"))
    return html.Div([nav, heading(f"Trial {trial.number}", "", state)])


def result_facts(study: StudyRecord, trial: TrialRecord, details: TrialDetails | None) -> dict[str, Any]:
    """Return what a trial scored and cost, by name."""
    scores = {
        one.metric: number_text(value, trial.standard_error if place == 0 else None)
        for place, (one, value) in enumerate(
            zip(study.objectives, trial.values or (trial.value,), strict=False)
        )
    }
    epochs = (
        f"{trial.epochs} chosen, {trial.epochs_trained} trained"
        if trial.epochs
        else trial.epochs_trained or ""
    )
    same = trial.duplicate_of
    return {
        **scores,
        "Test score of its refit": ""
        if (test := refit_score(study, trial.number)) is None
        else number_text(test),
        "Folds": scores_text(trial.fold_scores),
        "Scored": trial.scored_where,
        "Epochs": epochs,
        "Parameters": f"{trial.parameters:,}" if trial.parameters else "",
        **{
            key: quantity_text(value)
            for key, value in trial.measured.items()
            if key not in scores and key != "params"
        },
        "Breaks": ", ".join(trial.broken),
        "Time": duration_text(trial.seconds) if trial.seconds else "",
        "Trainer": trial.trainer,
        "Seed": "" if trial.seed is None else str(trial.seed),
        "Continues": trial.lineage,
        "Same as": "" if same is None else anchor(f"trial {same}", study_link(study.name, "trial", same)),
        "Noted": "; ".join(details.notes) if details else "",
        "Started": f"{trial.started:%Y-%m-%d %H:%M:%S}" if trial.started else "",
    }


def _failure(trial: TrialRecord) -> Component | None:
    if not trial.failure:
        return None
    message = str(trial.failure.get("message", "no reason was kept"))
    text = str(trial.failure.get("traceback", ""))
    inside = [preformatted(text, "Traceback")] if text else []
    return panel(f"Failed: {trial.failure.get('kind', 'unknown')}", *inside, reading=message)


def _log(text: str) -> Component | None:
    return panel("What it printed", preformatted(text, "What it printed")) if text else None


def _configuration(study: StudyRecord, trial: TrialRecord) -> Component:
    space = study_space(study)
    known = {one.name: one for one in space} if space else {}
    if not trial.configuration:
        return panel("Configuration", reading="It has no hyperparameters.")
    head = html.Thead(
        html.Tr(
            [html.Th(word, scope="col") for word in ("Hyperparameter", "Value", "Recommended", "Meaning")]
        )
    )
    rows = []
    for name, value in trial.configuration.items():
        one = known.get(name)
        cells = (value_text(value), value_text(one.recommended) if one else "", one.meaning if one else "")
        rows.append(html.Tr([html.Th(name, scope="row"), *map(html.Td, cells)]))
    return panel("Configuration", scrolling(html.Table([head, html.Tbody(rows)]), "Configuration"))


def _curves(trial: TrialRecord, details: TrialDetails | None) -> Component | None:
    found = list(fold_curves(details, trial.epochs)) if details else []
    if not found and trial.state == "running":
        return None  # what it has so far stands above
    if not found:
        without = (
            "no learning curves" if trial.state in ENDED else "the curves of its folds once it has ended"
        )
        return panel("Learning curves", reading=f"Trial {trial.number} keeps {without}.")
    boxes = [figure_box(Figure(metric, plot)) for metric, plot in found]
    note = "A line is a fold, dotted in training. The dashed line is the chosen number of epochs."
    return panel(
        "Learning curves",
        html.Div(boxes, className="figures small"),
        html.P(note, className="note"),
    )


def _summary(details: TrialDetails | None) -> Component | None:
    return (
        panel("Model", preformatted(details.summary, "Summary of the model"))
        if details and details.summary
        else None
    )
