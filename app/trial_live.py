"""The page of one trial, which follows the trial until it has ended.

Each part has a place of its own that is filled anew only where it says something new: what a reader has scrolled to,
marked or enlarged in another one stays as it is.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

from dash import Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component
from plotly.io.json import to_json_plotly

from ..errors import KerasweepError
from ..studies import StudyRecord, TrialRecord, read_trial
from ..studies.control import SweepStatus, status_of
from ..studies.records import ENDED
from .control_view import running_curves
from .pieces import GRAPH
from .site import Site
from .study_view import LIVE, QUIET
from .trial_view import trial_parts

PARTS = ("head", "result", "failure", "configuration", "curves", "summary", "log")
"""Keys of ``trial_parts``, in their order."""
_CURVE_AFTER = "configuration"
"""The part below which the curve of a trial stands that is being trained."""


def trial_page(site: Site, name: str, number: int) -> Component:
    """Return the page of a trial."""
    study = site.study(name)
    trial = read_trial(study, number)
    parts, status = trial_parts(study, trial), status_of(study)
    places: list[Component] = []
    for key in PARTS:
        places.append(html.Div(parts[key], id=_place(key)))
        if key == _CURVE_AFTER:
            places.append(_running_panel(study, trial, status))
    seen = {"study": name, "trial": number, "shown": {key: _mark(part) for key, part in parts.items()}}
    follow = dcc.Interval(id="trial-live", interval=_every(trial, status), disabled=trial.state in ENDED)
    return html.Div([*places, follow, dcc.Store(id="trial-seen", data=seen)])


def register_trial(app: Dash, site: Site) -> None:
    """Put the callback of a trial's page into an app."""

    @app.callback(
        *(Output(_place(key), "children") for key in PARTS),
        Output("trial-running", "hidden"),
        Output("trial-curve", "figure"),
        Output("trial-live", "interval"),
        Output("trial-live", "disabled"),
        Output("trial-seen", "data"),
        Input("trial-live", "n_intervals"),
        State("trial-seen", "data"),
        prevent_initial_call=True,
    )
    def look(_count: int, seen: dict[str, Any]) -> tuple[Any, ...]:
        return trial_looked(site, seen)


def trial_looked(site: Site, seen: dict[str, Any]) -> tuple[Any, ...]:
    """Return what is new of a trial for a page that has seen some of it: each part, the curve, when to look again."""
    try:
        study = site.study(str(seen["study"]))
        trial = read_trial(study, int(seen["trial"]))
        parts = trial_parts(study, trial)
    except KerasweepError:  # deleted, or the database does not answer now
        return (*(no_update,) * (len(PARTS) + 2), QUIET, False, no_update)
    status, shown = status_of(study), seen["shown"]
    marks = {key: _mark(part) for key, part in parts.items()}
    news = [no_update if marks[key] == shown.get(key) else parts[key] for key in PARTS]
    trains = _trained(trial, status)
    figure = running_curves(study, trains) if trains.running else no_update
    ended = trial.state in ENDED
    return *news, not trains.running, figure, _every(trial, status), ended, {**seen, "shown": marks}


def _running_panel(study: StudyRecord, trial: TrialRecord, status: SweepStatus) -> Component:
    trains = _trained(trial, status)
    figure = running_curves(study, trains)
    graph = dcc.Graph(
        id="trial-curve", figure=figure, config=GRAPH, style={"height": "260px"}, className="plot"
    )
    words = html.P("The mean over the folds, as far as they are.", className="reading")
    return html.Article(
        [html.H2("Running"), words, graph], id="trial-running", className="card", hidden=not trains.running
    )


def _trained(trial: TrialRecord, status: SweepStatus) -> SweepStatus:
    """Return what a status says of one trial alone; one that has ended is named there until the driver speaks again."""
    here = [one for one in status.running if one.number == trial.number and trial.state == "running"]
    return replace(status, running=tuple(here))


def _every(trial: TrialRecord, status: SweepStatus) -> int:
    return LIVE if status.is_driven and trial.state not in ENDED else QUIET


def _place(key: str) -> str:
    return f"trial-{key}"


def _mark(part: Component | None) -> str:
    """Return what changes whenever a part says something new."""
    return hashlib.sha256(to_json_plotly(part).encode(errors="replace")).hexdigest()[:16]
