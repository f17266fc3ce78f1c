"""One study: its head, and the cards of its report, made anew while it runs."""

from __future__ import annotations

from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from ..reports.summary import tiles
from ..reports.view import StudyView
from ..studies import StudyRecord, best_trials
from ..studies.control import status_of
from .card_maker import is_large
from .control_view import COLOUR_OF, control_bar, running_panel
from .links import link, study_link
from .pieces import anchor, aria, badge, heading, tile_row
from .site import Site, subtitle

LIVE, QUIET = 2_000, 15_000
"""Milliseconds between two looks at a study that is driven, and at one that is not, to see whether it is by now."""
SOON = 300
"""Milliseconds between two looks for cards that are being made."""
_REST = 10
"""The cards of a study that runs are made anew no sooner than after so many times what making them took."""
TABS = (("Results", ()), ("Trials", ("trials",)), ("Export", ("export",)))


def study_page(site: Site, name: str) -> Component:
    """Return the page of a study: at once what is read at once, the cards when they are made."""
    study = site.study(name)
    if is_large(study):
        site.cards.cards(study)  # begins with them, which this page waits for
    return html.Div(
        [
            html.Div(study_head(study, "Results"), id="study-head"),
            control_bar(),
            running_panel(),
            html.Div(first_tiles(study), id="study-tiles"),
            html.Div(waiting(), id="study-cards", **aria(live="polite", busy="true")),
            dcc.Interval(id="live", interval=LIVE),
            dcc.Store(id="seen", data={"study": name}),
        ]
    )


def study_head(study: StudyRecord, chosen: str) -> Component:
    """Return the head of a study's pages: name, what it is, whether it runs, and the way to the other pages."""
    state = status_of(study).state
    mark = badge("not running" if state == "idle" else state, COLOUR_OF.get(state, "blue"))
    tabs = [
        anchor(
            title, study_link(study.name, *rest), className="page-tab on" if title == chosen else "page-tab",
            **aria(**({"current": "page"} if title == chosen else {})),
        )
        for title, rest in TABS
    ]  # fmt: skip
    nav = html.Nav(tabs, className="page-tabs", **aria(label="Pages of the study"))
    return html.Div([heading(study.name or "(no name)", subtitle(study), mark), nav])


def first_tiles(study: StudyRecord) -> Component | None:
    """Return the numbers of the head that are read at once; those of all trials come with the cards."""
    best = tuple(best_trials(study, 1))
    return tile_row(tiles(StudyView(study, (), best, {})))


def waiting() -> Component:
    """Return what stands where the cards will be."""
    return html.P("Reading all trials and drawing the figures …", className="waiting")


def is_due(seen: dict[str, Any], which: str, now: float, *, runs: bool) -> bool:
    """Tell whether a page that has seen a revision is to be given the cards of another one."""
    if seen.get("cards") == which:
        return False
    rested = now - float(seen.get("at", 0.0)) >= _REST * float(seen.get("took", 0.0))
    return rested or not runs


def missing_page(words: str) -> Component:
    """Return the page of an address that there is nothing at."""
    return html.Div([heading("Not found"), html.P(words), anchor("All studies", link())])
