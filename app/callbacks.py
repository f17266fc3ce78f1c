"""What happens on a page: each callback reads what is asked for and hands it to a view."""

from __future__ import annotations

import time
from collections.abc import Mapping
from subprocess import TimeoutExpired
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, no_update

from ..errors import KerasweepError, one_line
from ..studies import whole
from ..studies.control import status_of
from .card_maker import revision
from .control_view import BUTTONS, act, has_happened, hidden_buttons, running_curves, running_text
from .export_view import export_words, job_state
from .launch_callbacks import register_launch
from .links import parse_address
from .pages import page
from .pieces import error_alert
from .pressed import pressed
from .shell import navigation
from .site import Site
from .study_view import LIVE, QUIET, SOON, is_due, study_head
from .table_view import rows_of
from .trial_live import register_trial


def register(app: Dash, site: Site) -> None:
    """Put the callbacks of browsing into an app."""
    _register_frame(app, site)
    _register_study(app, site)
    _register_table(app, site)
    _register_export(app, site)
    register_trial(app, site)
    register_launch(app, site)


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
        return found.content, navigation(whole(site.studies()), address), found.title

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

    @app.callback(
        Output("running", "hidden"),
        Output("running-text", "children"),
        Output("running-share", "value"),
        Output("running-curves", "figure"),
        Output("control-said", "children"),
        Output("resume-more", "hidden"),
        *(Output(key, "hidden") for key in BUTTONS),
        Input("live", "n_intervals"),
        State("seen", "data"),
        State("control-asked", "data"),
    )
    def follow(_count: int, seen: dict[str, Any], asked: str | None) -> tuple[Any, ...]:
        return followed(site, str(seen["study"]), asked)

    @app.callback(
        Output("control-said", "children", allow_duplicate=True),
        Output("control-asked", "data"),
        Output("live", "interval", allow_duplicate=True),
        *(Input(key, "n_clicks") for key in BUTTONS),
        State("seen", "data"),
        State("resume-trials", "value"),
        prevent_initial_call=True,
        running=[(Output(key, "disabled"), True, False) for key in BUTTONS],
    )
    def control(*given: Any) -> tuple[Any, Any, Any]:
        *_, seen, trials = given
        button = pressed()
        if button is None:
            return no_update, no_update, no_update
        try:
            words = act(site, str(seen["study"]), button, trials if isinstance(trials, int) else None)
        except (KerasweepError, TimeoutExpired) as error:
            return error_alert(one_line(error)), None, LIVE
        return words, button, LIVE


def looked(site: Site, seen: dict[str, Any]) -> tuple[Any, ...]:
    """Return what is new of a study for a page that has seen some of it: head, tiles, cards, and when to look again."""
    try:
        study = site.study(str(seen["study"]))
    except KerasweepError:  # deleted, or the database does not answer now
        return (no_update,) * 4 + (QUIET, no_update)
    status, which = status_of(study), revision(study)
    state = f"{which} {status.state}"
    head = study_head(study, "Results") if seen.get("head") != state else no_update
    every = LIVE if status.is_driven else QUIET
    if not is_due(seen, which, time.time(), runs=status.is_driven):
        return head, no_update, no_update, no_update, every, {**seen, "head": state}
    cards = site.cards.cards(study)
    if cards is None:
        return head, no_update, no_update, no_update, SOON, {**seen, "head": state}
    news = {**seen, "head": state, "cards": which, "at": time.time(), "took": cards.seconds}
    return head, cards.tiles, cards.boxes, "false", every, news


def followed(site: Site, name: str, asked: str | None = None) -> tuple[Any, ...]:
    """Return what a study's driver does at this moment: text, share of the budget, curves; and which buttons are hidden.

    Args:
        site: Where the study is.
        name: The study.
        asked: The button that was pressed last, whose words go once it has happened.
    """
    try:
        study = site.study(name)
    except KerasweepError:
        return True, "", "0", no_update, no_update, True, *hidden_buttons("")
    status = status_of(study)
    said = "" if asked and has_happened(asked, status.state) else no_update
    resumes = status.state == "idle" and bool(study.spec) and not study.imported
    hidden = hidden_buttons(status.state if resumes or status.is_driven else "")
    if not status.is_driven:
        return True, "", "0", no_update, said, not resumes, *hidden
    share = min(status.begun / status.trials, 1.0) if status.trials else 0.0
    curves = running_curves(study, status)
    return False, running_text(status), f"{share:.3f}", curves, said, True, *hidden


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
        found, total = rows_of(site.trials.of(study), request)
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
        if pressed():
            try:
                words = export_words(str(place["study"]), str(place["format"]), place["trial"])
                place = {**place, "job": site.jobs.start(words).key}
            except KerasweepError as error:
                return error_alert(error), place, True, False
        job = site.jobs.find(str(place["job"]))
        runs = job is not None and job.runs
        return job_state(job, str(place["format"])), place, not runs, runs
