"""A sweep that runs, as a page shows it, and the buttons that reach its driver."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from app_pages import as_json, nodes, text_of
from kerasweep.app.callbacks import followed, looked
from kerasweep.app.control_view import BUTTONS, act, hidden_buttons, running_curves, running_text
from kerasweep.app.study_view import LIVE, QUIET, study_page
from kerasweep.errors import KerasweepError, StudyError, SweepError
from kerasweep.studies.control import RunningTrial, SweepStatus, status_of

if TYPE_CHECKING:
    from app_shelf import Shelf

STATUS = SweepStatus(
    "digits", "running", {"complete": 3}, host="box", pid=7, trials=10, begun=3, seconds=61.0, seconds_left=120.0,
    running=(RunningTrial(3, 2, ((1, 0.5), (2, 0.75))), RunningTrial(4, 0, ())),
)  # fmt: skip


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        ("running", {"pause", "stop"}),
        ("pausing", {"go-on", "stop"}),
        ("paused", {"go-on", "stop"}),
        ("stopping", set()),
        ("idle", {"resume"}),
        ("", set()),
    ],
)
def test_buttons_are_those_that_make_sense(state: str, shown: set[str]) -> None:
    assert {key for key, hidden in zip(BUTTONS, hidden_buttons(state), strict=True) if not hidden} == shown


def test_what_runs_is_said_and_drawn(shelf: Shelf) -> None:
    words = running_text(STATUS)
    assert words == (
        "3 of 10 trials · 1 min 1 s so far · about 2 min 0 s left · trial 3 at epoch 2 · trial 4 at epoch 0 · process 7 on box"
    )
    figure = running_curves(shelf.site.study("ordinary"), STATUS)
    assert [list(trace.y) for trace in figure.data] == [[0.5, 0.75], []]
    assert running_text(replace(STATUS, trials=None, seconds_left=None, running=())).startswith("3 trials · ")


def test_a_study_that_nobody_runs_can_be_resumed(shelf: Shelf) -> None:
    hidden, _, _, _, _, more, *buttons = followed(shelf.site, "ordinary")
    assert hidden
    assert not more
    assert buttons == hidden_buttons("idle")
    assert looked(shelf.site, {"study": "ordinary"})[4] == QUIET


@pytest.mark.parametrize("name", ["foreign", "no such"])
def test_what_kerasweep_did_not_make_cannot(shelf: Shelf, name: str) -> None:
    hidden, _, _, _, _, more, *buttons = followed(shelf.site, name)
    assert hidden
    assert more
    assert all(buttons)


def test_a_study_that_is_driven_is_looked_at_often(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    from kerasweep.app import callbacks

    monkeypatch.setattr(callbacks, "status_of", lambda study: replace(STATUS, counts=study.counts))
    hidden, words, share, figure, _, more, *buttons = followed(shelf.site, "ordinary")
    assert not hidden
    assert more
    assert share == "0.300"
    assert "trial 3 at epoch 2" in words
    assert len(figure.data) == 2
    assert buttons == hidden_buttons("running")
    assert looked(shelf.site, {"study": "ordinary"})[4] == LIVE


@pytest.mark.parametrize(
    ("button", "state", "goes"),
    [
        ("pause", "running", False),
        ("pause", "pausing", False),
        ("pause", "paused", True),
        ("go-on", "paused", False),
        ("go-on", "running", True),
        ("stop", "stopping", False),
        ("stop", "idle", True),
        ("pause", "idle", True),
        ("resume", "running", True),
        (None, "running", False),
    ],
)
def test_what_a_button_said_goes_once_it_has_happened(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, button: str | None, state: str, goes: bool
) -> None:
    from kerasweep.app import callbacks

    monkeypatch.setattr(callbacks, "status_of", lambda _study: replace(STATUS, state=state))
    said = followed(shelf.site, "ordinary", button)[4]
    assert said == "" if goes else type(said).__name__ == "NoUpdate"


def test_a_driver_that_waits_for_its_storage_is_shown(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    from kerasweep.app import study_view

    monkeypatch.setattr(study_view, "status_of", lambda _study: replace(STATUS, state="waiting"))
    assert "waiting" in text_of(as_json(study_page(shelf.site, "ordinary")))


@pytest.mark.parametrize("what", ["pause", "go-on", "stop"])
def test_nobody_can_be_paused_who_does_not_run(shelf: Shelf, what: str) -> None:
    with pytest.raises(StudyError, match="Nobody runs"):
        act(shelf.site, "ordinary", what)
    assert status_of(shelf.site.study("ordinary")).state == "idle"


def test_what_cannot_be_resumed_says_why(shelf: Shelf) -> None:
    with pytest.raises(SweepError) as raised:
        act(shelf.site, "foreign", "resume", trials=9)
    assert isinstance(raised.value, KerasweepError)
    assert "\n" not in str(raised.value)


def test_the_page_has_all_buttons_from_the_start(shelf: Shelf) -> None:
    shown = as_json(study_page(shelf.site, "ordinary"))
    assert set(BUTTONS) <= {str(node["props"].get("id")) for node in nodes(shown)}
    assert "not running" in text_of(shown)
