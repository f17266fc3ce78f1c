"""All studies of a storage: what each is about, its best trial, and which are running."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from ..studies import DamagedStudy, ListedStudy, StudyRecord, TrialRecord, best_or_damage, whole
from ..texts import ABSENT, count_text, number_text
from .links import link, study_link
from .pieces import alert, anchor, badge, heading, scrolling, whole_name
from .site import Site, counts_text, driven, made

SHOWN = 200
"""Studies of one page, those made last; the others are found by their address, or by searching in the list to compare."""
_HEAD = ("Study", "Best ± SE", "Trials", "Model", "Data", "Made")


def studies_page(site: Site) -> Component:
    """Return the page of all studies."""
    studies = site.studies()
    head = heading("Studies", f"{count_text(len(studies), 'study')} in {site.name}", new_sweep())
    if not studies:
        return html.Div([head, _nothing(site), _beside(site)])
    site.cards.expect(*whole(studies[:SHOWN]))
    shown = [_listed(study) for study in studies[:SHOWN]]
    return html.Div([head, _chooser(whole(studies)), studies_table(shown), *_more(studies), _beside(site)])


def _listed(study: StudyRecord | DamagedStudy) -> ListedStudy | DamagedStudy:
    """Return a study with its best trial; without one where there are several objectives, whose front is on its own page."""
    if isinstance(study, DamagedStudy):
        return study
    best = None if study.has_several else best_or_damage(study)
    return best if isinstance(best, DamagedStudy) else ListedStudy(study, best)


def new_sweep() -> Component:
    """Return the link to the page that launches."""
    return anchor("Launch a sweep", link("launch"), className="action")


def studies_table(listed: Sequence[ListedStudy | DamagedStudy]) -> Component:
    """Return a row a study."""
    head = html.Thead(html.Tr([html.Th(name, scope="col") for name in _HEAD]))
    rows = [_damaged(one) if isinstance(one, DamagedStudy) else _row(one.study, one.best) for one in listed]
    return scrolling(html.Table([head, html.Tbody(rows)], className="studies"), "Studies")


def _damaged(study: DamagedStudy) -> Component:
    name = html.Th([whole_name(study.name or "(no name)"), " ", badge("damaged", "red")], scope="row")
    return html.Tr([name, html.Td(f"damaged: {study.why}", colSpan=len(_HEAD) - 1)])


def _row(study: StudyRecord, best: TrialRecord | None) -> Component:
    score: Any = ABSENT
    if study.has_several:
        score = study.objective_text
    elif best is not None:
        words = number_text(best.value, best.standard_error)
        score = [
            anchor(words, study_link(study.name, "trial", best.number)),
            html.Span(f" {study.metric}", className="hint"),
        ]
    running: list[Any] = [" ", badge("running", "green")] if driven(study) else []
    link_to = anchor(study.name or "(no name)", study_link(study.name))
    name = html.Th([whole_name(link_to), *running], scope="row")
    cells = [score, counts_text(study.counts), study.model or ABSENT, study.source or ABSENT, made(study)]
    return html.Tr([name, *map(_cell, _HEAD[1:], cells)])


def _cell(label: str, inside: Any) -> Component:
    """Return a cell that says what it is where a study is a block instead of a row."""
    more: Any = {"data-label": label}
    return html.Td(inside, className="absent" if inside == ABSENT else "", **more)


def _chooser(studies: Sequence[StudyRecord]) -> Component:
    """Return what chooses studies to compare."""
    names = [study.name for study in studies if study.name]
    chooser = dmc.MultiSelect(
        id="compared-studies", data=names, searchable=True, clearable=True, limit=50, maxValues=8,
        label="Compare", placeholder="studies", className="chooser",
    )  # fmt: skip
    button = anchor("Choose two studies to compare", link(), id="compare-studies", className="action off")
    return html.Div([chooser, button], className="choose")


def _more(studies: Sequence[StudyRecord | DamagedStudy]) -> list[Component]:
    rest = len(studies) - SHOWN
    return [html.P(f"and {count_text(rest, 'older study')}.", className="note")] if rest > 0 else []


def _nothing(site: Site) -> Component:
    return alert(
        "Launch a sweep on this page or with: kerasweep launch digits dnn",
        title=f"{site.name} holds no study yet",
    )


def _beside(site: Site) -> Component:
    """Return how Optuna's own dashboard shows the same studies."""
    command = f"optuna-dashboard {site.name}"
    return html.P(
        ["Studies are ordinary Optuna studies: ", html.Code(command), " shows them, too."], className="note"
    )
