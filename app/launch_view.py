"""The page that launches a sweep: data, model, space, search, budget; then the plan, an estimate, and the start."""

from __future__ import annotations

from typing import Any, get_args

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from ..search.spec import SearchMethod
from ..spaces import PRESETS
from ..texts import bytes_text
from ..training.data.named_datasets import KNOWN_NAMES
from .pieces import aria, error_alert, heading, panel, preformatted
from .uploads import LARGEST, SUFFIXES

SIZES = ("basic", "standard", "full")
FIELDS = (
    "target",
    "limit",
    "preset",
    "search",
    "trials",
    "time",
    "folds",
    "epochs",
    "objective",
    "workers",
    "study",
)
"""Fields of the form that are settings of a sweep; their components are called ``launch-NAME``."""
_STEPS = 200
"""Places of a slider."""


def launch_page() -> Component:
    """Return the page."""
    return html.Div(
        [
            heading(
                "Launch a sweep",
                "Nothing is trained before you start it; what you leave empty is decided by rule and shown in the plan.",
            ),
            _data_panel(),
            html.Div(id="preview", **aria(live="polite")),
            _model_panel(),
            _search_panel(),
            _start_panel(),
            dcc.Interval(id="launch-poll", interval=1000, disabled=True),
            dcc.Store(id="launch-job"),
        ],
        className="launch",
    )


def _data_panel() -> Component:
    upload = html.Label(
        [
            html.Span("Or a file of yours", className="name"),
            dcc.Upload(
                html.Button("Upload a file", type="button", className="action quiet"),
                id="upload",
                max_size=LARGEST,
                multiple=False,
                className="upload",
            ),
        ]
    )
    source = dmc.Autocomplete(
        id="launch-source",
        label="Data",
        description="A name, or a path on this machine: a table, an .npz, a folder of images or texts; or module:function.",
        data=list(KNOWN_NAMES),
        placeholder="digits",
        value="",
    )
    note = f"{', '.join(SUFFIXES)} up to {bytes_text(LARGEST)}; kept beside the database. A .zip holds a folder of images or texts."
    target = dmc.MultiSelect(
        id="launch-target", label="Target", description="The column to predict; several for several labels a row.",
        data=[], searchable=True, clearable=True,
    )  # fmt: skip
    limit = dmc.NumberInput(
        id="launch-limit", label="Rows", description="Search on a part of the training rows; the refit takes all.",
        min=1, allowDecimal=False, placeholder="all",
    )  # fmt: skip
    look = html.Button("Look at the data", id="look", type="button", className="action", n_clicks=0)
    return panel(
        "1. Data",
        html.Div(
            [
                source,
                html.Div(
                    [
                        upload,
                        html.Span(note, className="hint"),
                        html.Div(id="upload-state", **aria(live="polite")),
                        _refused(),
                    ]
                ),
                target,
                limit,
            ],
            className="form",
        ),
        html.P(look),
    )


def _refused() -> Component:
    """Return where the page's script says of a file that it is too large."""
    most: dict[str, Any] = {"data-most": str(LARGEST)}
    return html.Div(id="upload-refused", role="alert", **most)


def _model_panel() -> Component:
    families = [
        {"value": name, "label": f"{name}: {one.meaning}"} for name, one in PRESETS.items() if name != "own"
    ]
    model = dmc.Select(
        id="launch-model", label="Model", description="A family, or a function of your own beside it.",
        data=families, searchable=True, clearable=True, allowDeselect=False,
    )  # fmt: skip
    own = dmc.TextInput(
        id="launch-own", label="A model of your own", description="module:function on this machine, where Kerasweep can import it.",
        placeholder="mymodels:build", value="",
    )  # fmt: skip
    size = dmc.Select(
        id="launch-preset",
        label="Space",
        description="How much varies.",
        data=list(SIZES),
        value="basic",
        allowDeselect=False,
    )
    return panel("2. Model and space", html.Div([model, own, size], className="form"), html.Div(id="space"))


def _search_panel() -> Component:
    methods = [*get_args(SearchMethod)]
    fields = [
        dmc.Select(id="launch-search", label="Search", description="knowhow: recommended values first, then what partial trainings teach.", data=methods, value="knowhow", allowDeselect=False),
        dmc.NumberInput(id="launch-trials", label="Trials", description="To train; by rule where empty.", min=1, allowDecimal=False, placeholder="by rule"),
        dmc.TextInput(id="launch-time", label="Time", description="Ends the search: 90s, 10m, 1h30m.", placeholder="no limit", value=""),
        dmc.NumberInput(id="launch-epochs", label="Epochs", description="The most of a trial.", min=1, allowDecimal=False, placeholder="100"),
        dmc.NumberInput(id="launch-folds", label="Folds", description="Of the cross-validation.", min=2, allowDecimal=False, placeholder="5"),
        dmc.TextInput(id="launch-objective", label="Objective", description="A metric by its name, or several: accuracy,params.", placeholder="by the task", value=""),
        dmc.TextInput(id="launch-workers", label="Workers", description="Processes that train; auto, or inline.", placeholder="1", value=""),
        dmc.TextInput(id="launch-study", label="Name of the study", description="Data, model and search where empty.", placeholder="by rule", value=""),
    ]  # fmt: skip
    more = dmc.Textarea(
        id="launch-more", label="More settings and ranges",
        description="One a line, as on the command line: group=site, cv=time, patience=5, units=64,128, batch_size=32.",
        autosize=True, minRows=2, value="",
    )  # fmt: skip
    return panel(
        "3. Search and budget", html.Div(fields, className="form"), html.Div(more, className="wide-field")
    )


def _start_panel() -> Component:
    buttons = [
        html.Button(
            "Show the plan and an estimate", id="plan", type="button", className="action quiet", n_clicks=0
        ),
        html.Button("Launch", id="launch", type="button", className="action", n_clicks=0),
    ]
    return panel(
        "4. Start", html.Div(buttons, className="buttons"), html.Div(id="launch-state", **aria(live="polite"))
    )


def launch_state(words: str, output: str, *, runs: bool, failed: bool) -> Component:
    """Return how far a plan or a launch is."""
    if failed:
        return error_alert(output.strip() or "It ended without a word.")
    progress = [html.P(words, className="waiting")] if runs else []
    return html.Div([*progress, preformatted(output, "Plan")] if output.strip() else progress)
