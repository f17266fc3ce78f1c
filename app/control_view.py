"""A sweep that runs: how far it is, what it trains at this moment, and the buttons that reach its driver.

They go through the study's one channel, as the commands ``pause``, ``stop`` and ``resume`` do.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import dash_mantine_components as dmc
import plotly.graph_objects as go
from dash import dcc, html
from dash.development.base_component import Component

from ..errors import SweepError
from ..reports.theme import COLOURS, plain, themed
from ..studies import StudyRecord
from ..studies.control import COME_TRUE, SweepStatus, Wish
from ..study import Study
from ..texts import count_text, duration_text
from .pieces import GRAPH, aria
from .site import Site

BUTTONS = {
    "pause": ("Pause", ("running",)),
    "go-on": ("Go on", ("pausing", "paused")),
    "stop": ("Stop", ("running", "pausing", "paused")),
    "resume": ("Resume", ("idle",)),
}
"""Button -> what it says, and the states of a driver that it is shown in."""
COLOUR_OF = {"running": "green", "idle": "grey"}
"""Of states of a driver; all others are blue."""
_WISHES: Mapping[str, Wish] = {"pause": "pause", "go-on": "go on", "stop": "stop"}
_PATIENCE = 180
"""Seconds that a driver is given to begin."""


def control_bar() -> Component:
    """Return the buttons; which of them are shown is told by ``hidden_buttons``."""
    buttons: list[Any] = [
        html.Button(words, id=key, type="button", className="action quiet", n_clicks=0, hidden=True)
        for key, (words, _) in BUTTONS.items()
    ]
    more = dmc.NumberInput(
        id="resume-trials",
        placeholder="trials in all",
        min=1,
        allowDecimal=False,
        w=140,
        **aria(label="Trials in all"),
    )
    return html.Div(
        [
            *buttons,
            html.Div(more, id="resume-more", hidden=True),
            html.Span(id="control-said", **aria(live="polite")),
            dcc.Store(id="control-asked"),
        ],
        className="buttons",
    )


def hidden_buttons(state: str) -> list[bool]:
    """Return for each button whether it is hidden."""
    return [state not in states for _, states in BUTTONS.values()]


def has_happened(button: str, state: str) -> bool:
    """Tell whether what a button asks for has happened, where a driver is in a state: what was said of it may go."""
    wish = _WISHES.get(button)
    return wish is None or state in COME_TRUE[wish]


def running_panel() -> Component:
    """Return what shows a sweep that runs; it is filled while one does."""
    return html.Article(
        [
            html.H2("Running"),
            html.P(id="running-text", className="reading"),
            html.Progress(id="running-share", value="0", max="1", **aria(label="Trials of the budget")),
            dcc.Graph(id="running-curves", config=GRAPH, style={"height": "260px"}, className="plot"),
        ],
        id="running",
        className="card",
        hidden=True,
    )


def running_text(status: SweepStatus) -> str:
    """Return how far a sweep is."""
    parts = [
        f"{status.begun:,} of {count_text(status.trials, 'trial')}"
        if status.trials
        else count_text(status.begun, "trial")
    ]
    if status.seconds:
        parts.append(f"{duration_text(status.seconds)} so far")
    if status.seconds_left is not None:
        parts.append(f"about {duration_text(status.seconds_left)} left")
    parts += [f"trial {one.number} at epoch {one.epoch}" for one in status.running]
    parts.append(f"process {status.pid} on {status.host}")
    return " · ".join(parts)


def running_curves(study: StudyRecord, status: SweepStatus) -> go.Figure:
    """Draw the mean over the folds by epoch of the trials that are being trained."""
    figure = go.Figure()
    for one in status.running:
        figure.add_scatter(
            x=[epoch for epoch, _ in one.curve],
            y=[value for _, value in one.curve],
            mode="lines+markers",
            name=f"trial {one.number}",
            marker={"size": 5},
            line={"color": COLOURS[one.number % len(COLOURS)], "width": 2},
        )
    figure.update_layout(showlegend=True, uirevision="running")  # what a reader has zoomed into stays
    figure = themed(figure, height=260, x="Epoch", y=plain(study.metric))
    last = max((epoch for one in status.running for epoch, _ in one.curve), default=0)
    if not last:
        figure.add_annotation(text="no epoch has ended yet", showarrow=False)
        return figure.update_xaxes(visible=False).update_yaxes(visible=False)
    return figure.update_xaxes(dtick=max(1, math.ceil(last / 10)), tickformat="d")


def act(site: Site, name: str, what: str, trials: int | None = None) -> str:
    """Do what a button says, and return what is to be said of it.

    Args:
        site: Where the study is.
        name: The study.
        what: A key of ``BUTTONS``.
        trials: To resume, the trials in all; its own budget where None.

    Raises:
        StudyError: Nobody runs the study.
        SweepError: It cannot be resumed.
    """
    study = Study(site.study(name))
    if what == "pause":
        study.pause(wait=0)
        return "Asked: it pauses at the end of the epoch."
    if what == "go-on":
        study.go_on(wait=0)
        return "Asked: it goes on."
    if what == "stop":
        study.stop(wait=0)
        return "Asked: it stops at the end of the epoch; Resume goes on from there."
    budget = [] if trials is None else ["--trials", str(trials)]
    job = site.jobs.start(["resume", "--detach", *budget, "--", name])
    job.process.wait(_PATIENCE)
    if job.failed:
        raise SweepError(job.output.removeprefix("Error: ").strip())
    return "It runs again."
