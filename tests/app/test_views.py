"""Every view answers for every study, and what a study holds is never read as HTML."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from app_pages import as_json, nodes, shown, text_of
from app_shelf import HOSTILE, STUDIES
from kerasweep.app import card_maker, kept_trials
from kerasweep.app.callbacks import looked
from kerasweep.app.card_maker import CardMaker, Cards, revision
from kerasweep.app.kept_trials import KeptTrials
from kerasweep.app.links import Address, joined, parse_address, study_link
from kerasweep.app.pages import page
from kerasweep.app.site import Site
from kerasweep.app.studies_view import studies_page
from kerasweep.app.study_view import is_due
from kerasweep.app.table_view import columns, rows_of, shown_names
from kerasweep.errors import SweepError
from kerasweep.studies import paging

if TYPE_CHECKING:
    from pathlib import Path

    from app_shelf import Shelf
    from kerasweep.studies import StudyRecord

PLACES = ((), ("trials",), ("trial", "0"), ("compare",), ("export",))


@pytest.mark.parametrize("name", STUDIES)
@pytest.mark.parametrize("place", PLACES, ids="/".join)
def test_every_view_of_every_study_answers(shelf: Shelf, name: str, place: tuple[str, ...]) -> None:
    found = shown(shelf, "study", name, *place, trials="0,1,2")
    words = text_of(found)
    if name == "empty" and place == ("trial", "0"):
        assert "has no trial 0" in json.dumps(found)
        return
    assert "cannot be shown" not in words
    kinds = {node["type"] for node in nodes(found)}
    assert not kinds & {"Markdown", "DangerouslySetInnerHTML", "Iframe"}
    for node in nodes(found):
        href = node["props"].get("href")
        assert href is None or (href.startswith("/") and not set('<>"') & set(href))


@pytest.mark.parametrize("name", STUDIES)
def test_the_cards_of_every_study_are_made(shelf: Shelf, name: str) -> None:
    head, tiles, cards, busy, _, seen = looked(shelf.site, {"study": name})
    assert busy == "false"
    assert len(cards) > 2
    assert "has an unexpected form" not in text_of(as_json(cards))
    again = looked(shelf.site, seen)
    assert [type(part).__name__ for part in again[:4]] == ["NoUpdate"] * 4
    assert as_json([head, tiles])


def test_all_studies_are_listed(shelf: Shelf) -> None:
    words = text_of(as_json(studies_page(shelf.site)))
    assert all(name in words for name in STUDIES)


def test_several_studies_are_compared(shelf: Shelf) -> None:
    words = text_of(shown(shelf, "compare", studies=joined(["ordinary", "second", HOSTILE])))
    assert "Studies side by side" in words
    assert HOSTILE in words
    assert "Choose two studies" in text_of(shown(shelf, "compare", studies="ordinary"))
    assert "no study 'no such'" in json.dumps(shown(shelf, "compare", studies="ordinary,no such"))


def test_trials_are_compared_by_fold(shelf: Shelf) -> None:
    words = text_of(shown(shelf, "study", "ordinary", "compare", trials="0,2,3,999"))
    assert "Trial 2" in words
    assert "trial 999" not in words


@pytest.mark.parametrize(
    "parts",
    [
        ("x",),
        ("study",),
        ("study", "ordinary", "trial", "-1"),
        ("study", "ordinary", "trial", "9" * 40),
        ("a",) * 50,
    ],
)
def test_addresses_without_a_page_say_so(shelf: Shelf, parts: tuple[str, ...]) -> None:
    assert "Not found" in text_of(shown(shelf, *parts))


def test_what_is_not_there_is_said(shelf: Shelf, tmp_path: Path) -> None:
    assert "There is no study 'nope'" in json.dumps(shown(shelf, "study", "nope"))
    assert "has no trial 99" in json.dumps(shown(shelf, "study", "ordinary", "trial", "99"))
    nothing = Site(f"sqlite:///{tmp_path / 'none.db'}")
    assert "holds no study yet" in json.dumps(as_json(studies_page(nothing)))
    assert page(nothing, Address()).title == ""
    assert not (tmp_path / "none.db").exists()


def test_a_failed_trial_says_why_and_what_it_printed(shelf: Shelf) -> None:
    words = text_of(shown(shelf, "study", "only failed", "trial", "0"))
    assert words.count(HOSTILE) == 4
    assert "What it printed" in words
    assert "What it printed" not in text_of(shown(shelf, "study", "only failed", "trial", "1"))


def test_the_table_reads_what_it_shows(shelf: Shelf) -> None:
    trials = shelf.site.trials.of(shelf.site.study("large"))
    names = shown_names(trials)
    asked = {
        "startRow": 50,
        "endRow": 100,
        "sortModel": [{"colId": "value", "sort": "desc"}],
        "filterModel": {},
    }
    rows, total = rows_of(trials, asked)
    assert (len(rows), total) == (50, 300)
    place = names.index("optimizer")
    chosen = {
        "filterModel": {
            f"p{place}": {"type": "equals", "filter": "adam"},
            "number": {"type": "inRange", "filter": 10, "filterTo": 30},
        }
    }
    rows, total = rows_of(trials, chosen)
    assert total == len(rows) > 0
    assert {row[f"p{place}"] for row in rows} == {"adam"}
    assert all(10 <= row["number"] <= 30 for row in rows)


@pytest.mark.parametrize(
    "asked",
    [
        {"startRow": -5, "endRow": 10**9},
        {"sortModel": [{"colId": "p999", "sort": "asc"}, {"colId": "x; DROP TABLE trials"}]},
        {"filterModel": {"number": {"type": "blank"}, "state": {"type": "contains", "filter": "' OR 1=1"}}},
        {"filterModel": {"value": {"type": "inRange", "filter": "a", "filterTo": None}}},
    ],
)
def test_the_table_takes_whatever_is_asked(shelf: Shelf, asked: dict[str, Any]) -> None:
    rows, total = rows_of(shelf.site.trials.of(shelf.site.study("large")), asked)
    assert len(rows) <= 500
    assert total <= 300


def test_a_wide_study_has_few_columns_and_any_name(shelf: Shelf) -> None:
    study = shelf.site.study("wide")
    names = shown_names(shelf.site.trials.of(study))
    assert len(names) == 16
    assert all("." not in column["field"] for column in columns(study, names))


def test_a_study_that_grows_is_shown_anew(shelf: Shelf) -> None:
    study = shelf.site.study("ordinary")
    which = revision(study)
    assert shelf.site.cards.cards(study) is shelf.site.cards.cards(study)
    assert is_due({}, which, 0.0, runs=True)
    assert not is_due({"cards": which}, which, 1e9, runs=True)
    assert not is_due({"cards": "other", "at": 100.0, "took": 5.0}, which, 120.0, runs=True)
    assert is_due({"cards": "other", "at": 100.0, "took": 5.0}, which, 120.0, runs=False)
    assert is_due({"cards": "other", "at": 100.0, "took": 5.0}, which, 151.0, runs=True)


def test_a_table_that_is_filtered_again_reads_no_more_than_it_shows(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = shelf.site.study("large")
    kept = KeptTrials()
    trials = kept.of(study)
    asked = {"filterModel": {"seconds": {"type": "greaterThanOrEqual", "filter": 0}}}
    assert rows_of(trials, asked)[1] > 0
    monkeypatch.setattr(paging, "open_database", None)
    assert kept.of(shelf.site.study("large")) is trials
    assert rows_of(kept.of(study), asked)[1] > 0
    assert kept.of(replace(study, counts={**study.counts, "complete": 1})) is not trials
    moving = replace(study, counts={**study.counts, "running": 1})
    first = kept.of(moving)
    assert kept.of(moving) is first
    monkeypatch.setattr(kept_trials, "_FRESH_SECONDS", -1.0)
    assert kept.of(moving) is not first


def test_links_of_a_hostile_study_lead_to_it(shelf: Shelf) -> None:
    path = study_link(HOSTILE)
    assert shelf.client.get(path, headers={"Host": "localhost"}).status_code == 200
    assert parse_address(path, "").parts == ("study", HOSTILE)


def made(maker: CardMaker, study: StudyRecord) -> Cards:
    """Wait for the cards of a study."""
    end = time.monotonic() + 100
    while (found := maker.cards(study)) is None and time.monotonic() < end:
        time.sleep(0.1)
    assert found is not None
    return found


def test_the_cards_of_a_large_study_are_made_in_another_process_that_stays(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    study, other = shelf.site.study("one hyperparameter"), shelf.site.study("second")
    own = shelf.site.cards.cards(study)
    monkeypatch.setattr(card_maker, "LARGE", 1)
    maker = CardMaker(shelf.site.storage)
    try:
        assert maker.cards(study) is None
        found = made(maker, study)
        assert own is not None
        assert as_json(found.tiles) == as_json(own.tiles)
        assert len(found.boxes) == len(own.boxes)
        assert maker.cards(study) is found
        process = maker._drawer.start()
        made(maker, other)
        assert maker._drawer.start() is process
    finally:
        maker.close()
    assert process.poll() is not None


def test_the_process_that_makes_cards_outlives_a_study_that_it_cannot_read_and_is_started_anew_when_it_died(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = shelf.site.study("one hyperparameter")
    monkeypatch.setattr(card_maker, "LARGE", 1)
    maker = CardMaker(shelf.site.storage)
    try:
        with pytest.raises(SweepError, match="cards of 'no such' could not be made"):
            maker._drawer.draw(shelf.site.storage, "no such")
        process = maker._drawer.start()
        assert process.poll() is None
        process.kill()
        with pytest.raises(SweepError):
            maker._drawer.draw(shelf.site.storage, study.name)
        assert made(maker, study).boxes
    finally:
        maker.close()


def test_cards_that_are_likely_to_be_asked_for_find_the_process_ready(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = shelf.site.study("one hyperparameter")
    maker = CardMaker(shelf.site.storage)
    try:
        maker.expect(study)
        assert maker._drawer._process is None
        monkeypatch.setattr(card_maker, "LARGE", 1)
        maker.expect(study)
        maker._threads.submit(lambda: None).result()
        assert maker._drawer._process is not None
    finally:
        maker.close()
