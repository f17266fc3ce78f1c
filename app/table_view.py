"""The table of a study's trials: sorted, filtered and paged by the server, which reads only what is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash_ag_grid as dag
from dash import dcc, html
from dash.development.base_component import Component

from ..reports.leaderboard import setting_text
from ..spaces import Float, Int
from ..studies import Condition, Order, StudyRecord, TrialColumns, TrialRecord
from ..studies.comparison import MAX_SHOWN, basic_names, study_space
from ..studies.paging import PARAM
from ..texts import ABSENT, count_text, number_text
from .links import study_link
from .pieces import anchor
from .site import Site
from .study_view import study_head

PAGE = 50
"""Trials of a page."""
_KINDS: dict[str, str] = {
    "equals": "is",
    "notEqual": "is not",
    "contains": "contains",
    "greaterThanOrEqual": "at least",
    "lessThanOrEqual": "at most",
    "inRange": "between",
}
"""The table's words for conditions, and ours."""
_NUMBERS = ["equals", "greaterThanOrEqual", "lessThanOrEqual", "inRange"]
_TEXTS = ["contains", "equals", "notEqual"]
_MEASURED = ("epochs", "parameters", "seconds")


def trials_page(site: Site, name: str) -> Component:
    """Return the page of a study's trials."""
    study = site.study(name)
    trials = site.trials.of(study)
    names = shown_names(trials)
    compare = study_link(study.name, "compare")
    button = anchor("Choose two trials to compare", compare, id="compare-trials", className="action off")
    grid = dag.AgGrid(
        id="trials",
        columnDefs=columns(study, names),
        defaultColDef={"sortable": True, "resizable": True, "filter": "agTextColumnFilter", "minWidth": 90},
        rowModelType="infinite",
        columnSize="autoSize",
        getRowId="params.data.id",
        dashGridOptions={
            "pagination": True,
            "paginationPageSize": PAGE,
            "paginationPageSizeSelector": [PAGE, 2 * PAGE, 4 * PAGE],
            "cacheBlockSize": PAGE,
            "rowSelection": {"mode": "multiRow", "headerCheckbox": False, "enableClickSelection": False},
            "enableCellTextSelection": True,
            "suppressDragLeaveHidesColumns": True,
        },
        style={"height": "min(75vh, 50rem)", "width": "100%"},
        className="trials",
    )
    every = len(trials.names)
    rest = (
        f"{len(names)} of {count_text(every, 'hyperparameter')} are columns; a trial's page shows all of its. "
        if len(names) < every
        else ""
    )
    note = html.P(
        f"{rest}Sort by a click on a column's name, filter by the sign beside it.", className="note"
    )
    return html.Div(
        [
            study_head(study, "Trials"),
            html.Div([html.P("", id="trials-found", role="status"), button], className="choose"),
            grid,
            note,
            dcc.Store(id="table-of", data={"study": name, "compare": compare}),
        ]
    )


def shown_names(trials: TrialColumns) -> list[str]:
    """Return the hyperparameters that are columns: all, or of too many those of the basic preset and of most trials."""
    names = trials.names
    if len(names) <= MAX_SHOWN:
        return names
    basic = basic_names(trials.study.model)
    return sorted(names, key=lambda name: name not in basic)[:MAX_SHOWN]


def columns(study: StudyRecord, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return the table's columns. Fields are numbered: a name with a dot in it would be taken for a path."""
    numeric, text = (
        {
            "filter": f"ag{kind}ColumnFilter",
            "filterParams": {"filterOptions": options, "maxNumConditions": 1, "debounceMs": 50},
        }
        for kind, options in (("Number", _NUMBERS), ("Text", _TEXTS))
    )
    link = {"pinned": "left", "cellRenderer": "TrialLink", "width": 90}
    fixed: list[dict[str, Any]] = [
        {"field": "number", "headerName": "Trial", **link, **numeric},
        {"field": "state", "headerName": "State", **text},
    ]
    measured = {"value": f"{study.metric} ± SE"} | {name: name.title() for name in _MEASURED}
    fixed += [
        {"field": field, "headerName": name, **numeric, "type": "rightAligned"}
        for field, name in measured.items()
    ]
    space = study_space(study)
    numbers = {one.name for one in space if isinstance(one, Float | Int)} if space else set()
    free = [
        {"field": f"p{place}", "headerName": name, **(numeric if name in numbers else text)}
        for place, name in enumerate(names)
    ]
    return [*fixed, *free]


def rows_of(trials: TrialColumns, request: Mapping[str, Any]) -> tuple[list[dict[str, Any]], int]:
    """Return the rows that the table asks for, and how many meet its filters.

    Args:
        trials: Those of the study.
        request: What the table asks for: ``startRow``, ``endRow``, ``sortModel``, ``filterModel``.
    """
    names = shown_names(trials)
    start = int(request.get("startRow") or 0)
    count = min(max(int(request.get("endRow") or PAGE) - start, 0), 10 * PAGE)
    order = [
        Order(column, one.get("sort") == "desc")
        for one in request.get("sortModel") or []
        if (column := _column(one.get("colId"), names))
    ]
    conditions = [
        condition
        for field, model in (request.get("filterModel") or {}).items()
        if (column := _column(field, names)) and (condition := _condition(column, model))
    ]
    page = trials.page(start, count, order, conditions)
    return [_row(trials.study, trial, names) for trial in page.trials], page.total


def _column(field: object, names: Sequence[str]) -> str | None:
    """Return what the trials are read by; None for what is no column."""
    text = str(field)
    if text in ("number", "state", "value", *_MEASURED):
        return text
    place = text.removeprefix("p")
    return f"{PARAM}{names[int(place)]}" if place.isdecimal() and int(place) < len(names) else None


def _condition(column: str, model: Mapping[str, Any]) -> Condition | None:
    """Return what a filter asks for; None for what is no filter."""
    kind, value, upper = _KINDS.get(str(model.get("type"))), model.get("filter"), model.get("filterTo")
    if kind in ("at least", "at most", "between") and not isinstance(value, int | float):
        return None
    if kind is None or value is None:
        return None
    most = upper if isinstance(upper, int | float) else None
    return Condition(column, kind, value, most)  # type: ignore[arg-type]  # one of the words above


def _row(study: StudyRecord, trial: TrialRecord, names: Sequence[str]) -> dict[str, Any]:
    same = f", same as {trial.duplicate_of}" if trial.duplicate_of is not None else ""
    cells = {f"p{place}": setting_text(trial, name) for place, name in enumerate(names)}
    return {
        "id": str(trial.number),
        "number": trial.number,
        "href": study_link(study.name, "trial", trial.number),
        "state": f"{trial.state}{same}",
        "value": number_text(trial.score, trial.standard_error),
        "epochs": str(trial.epochs or trial.epochs_trained or ABSENT),
        "parameters": f"{trial.parameters:,}" if isinstance(trial.parameters, int) else ABSENT,
        "seconds": f"{trial.seconds:.1f}" if trial.seconds else ABSENT,
        **cells,
    }
