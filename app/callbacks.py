"""What happens on a page: each callback reads what is asked for and hands it to a view."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, ctx, no_update

from ..errors import KerasweepError
from .export_view import export_words, job_state
from .links import parse_address
from .pages import page
from .pieces import error_alert
from .shell import navigation
from .site import Site, driven
from .study_view import LIVE, QUIET, is_due, made_cards, revision, study_head
from .table_view import rows_of, shown_names


def register(app: Dash, site: Site) -> None:
    """Put the callbacks of browsing into an app."""
    _register_frame(app, site)
    _register_study(app, site)
    _register_table(app, site)
    _register_export(app, site)


def _register_frame(app: Dash, site: Site) -> None:
    @app.callback(
        Output("page", "children"),
        Output("navigation", "children"),
        Output("title", "data"),
        Input("url", "pathname"),
        Input("url", "search"),
    )
    def show(path: str, search: str) -> tuple[Any, Any, str]:
        address = parse_address(path, search)
        found = page(site, address)
        return found.content, navigation(site.studies(), address), found.title

    app.clientside_callback(
        ClientsideFunction("kerasweep", "title"), Output("title", "storage_type"), Input("title", "data")
    )
    app.clientside_callback(
        ClientsideFunction("kerasweep", "navbar"),
        Output("shell", "navbar"),
        Output("burger", "opened"),
        Input("burger", "opened"),
        Input("url", "pathname"),
        State("shell", "navbar"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("kerasweep", "comparedStudies"),
        Output("compare-studies", "href"),
        Output("compare-studies", "children"),
        Output("compare-studies", "className"),
        Input("compared-studies", "value"),
    )


def _register_study(app: Dash, site: Site) -> None:
    @app.callback(
        Output("study-head", "children"),
        Output("study-tiles", "children"),
        Output("study-cards", "children"),
        Output("study-cards", "aria-busy"),
        Output("live", "interval"),
        Output("seen", "data"),
        Input("live", "n_intervals"),
        State("seen", "data"),
    )
    def look(_count: int, seen: dict[str, Any]) -> tuple[Any, ...]:
        return looked(site, seen)


def looked(site: Site, seen: dict[str, Any]) -> tuple[Any, ...]:
    """Return what is new of a study for a page that has seen some of it: head, tiles, cards, and when to look again."""
    try:
        study = site.study(str(seen["study"]))
    except KerasweepError:  # deleted, or the database does not answer now
        return (no_update,) * 4 + (QUIET, no_update)
    runs, which = driven(study), revision(study)
    state = f"{which} {runs}"
    head = study_head(study, "Results") if seen.get("head") != state else no_update
    every = LIVE if runs else QUIET
    if not is_due(seen, which, time.time(), runs=runs):
        return head, no_update, no_update, no_update, every, {**seen, "head": state}
    cards = made_cards(site.storage, study.name, which)
    news = {**seen, "head": state, "cards": which, "at": time.time(), "took": cards.seconds}
    return head, cards.tiles, cards.boxes, "false", every, news


def _register_table(app: Dash, site: Site) -> None:
    @app.callback(
        Output("trials", "getRowsResponse"),
        Output("trials-found", "children"),
        Input("trials", "getRowsRequest"),
        State("table-of", "data"),
        prevent_initial_call=True,
    )
    def rows(request: Mapping[str, Any] | None, place: Mapping[str, Any]) -> tuple[Any, Any]:
        if request is None:
            return no_update, no_update
        study = site.study(str(place["study"]))
        found, total = rows_of(study, request, shown_names(study))
        every = sum(study.counts.values())
        words = f"{total:,} trials" if total == every else f"{total:,} of {every:,} trials"
        return {"rowData": found, "rowCount": total}, words

    app.clientside_callback(
        ClientsideFunction("kerasweep", "compared"),
        Output("compare-trials", "href"),
        Output("compare-trials", "children"),
        Output("compare-trials", "className"),
        Input("trials", "selectedRows"),
        State("table-of", "data"),
    )


def _register_export(app: Dash, site: Site) -> None:
    @app.callback(
        Output("job", "children"),
        Output("job-of", "data"),
        Output("job-poll", "disabled"),
        Output("refit", "disabled"),
        Input("refit", "n_clicks"),
        Input("job-poll", "n_intervals"),
        State("job-of", "data"),
        prevent_initial_call=True,
    )
    def refit(_clicks: int, _looks: int, place: dict[str, Any]) -> tuple[Any, ...]:
        if ctx.triggered_id == "refit":
            try:
                words = export_words(str(place["study"]), str(place["format"]), place["trial"])
                place = {**place, "job": site.jobs.start(words).key}
            except KerasweepError as error:
                return error_alert(error), place, True, False
        job = site.jobs.find(str(place["job"]))
        runs = job is not None and job.runs
        return job_state(job, str(place["format"])), place, not runs, runs
