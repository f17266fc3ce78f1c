"""The page of a trial follows it while it trains, says only what is new, and then asks no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from app_pages import as_json, nodes, text_of
from kerasweep.app.site import Site
from kerasweep.app.study_view import LIVE, QUIET
from kerasweep.app.trial_live import PARTS, trial_looked, trial_page
from kerasweep.studies.lifecycle import create_study
from synthetic import fast_writes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app_shelf import Shelf

ABOUT = {"metric": "val_loss", "folds": 2, "epochs": 3}


@pytest.fixture
def driven(tmp_path: Path) -> Iterator[tuple[Site, Any, Any]]:
    """A study that this process drives, with a trial that trains."""
    url = f"sqlite:///{tmp_path / 's.db'}"
    with fast_writes(), create_study(url, "s", "minimize", {}, ABOUT) as writer:
        trial = writer.new_trial()
        trial.suggest_float("learning_rate", 0.01, 0.1)
        writer.tell({"state": "running", "running": [[0, 1, [[1, 0.5]]]]})
        site = Site(url)
        yield site, writer, trial
        site.close()


def props(page: Any, key: str) -> dict[str, Any]:
    return next(node["props"] for node in nodes(as_json(page)) if node["props"].get("id") == key)


def new(found: tuple[Any, ...]) -> set[str]:
    """Return the parts that have changed."""
    return {key for key, part in zip(PARTS, found, strict=False) if type(part).__name__ != "NoUpdate"}


def test_it_follows_a_trial_to_its_end(driven: tuple[Site, Any, Any]) -> None:
    site, writer, trial = driven
    page = trial_page(site, "s", 0)
    assert not props(page, "trial-live")["disabled"]
    assert props(page, "trial-live")["interval"] == LIVE
    assert not props(page, "trial-running")["hidden"]
    assert "Learning curves" not in text_of(as_json(page))
    seen = props(page, "trial-seen")["data"]
    writer.tell({"state": "running", "running": [[0, 2, [[1, 0.5], [2, 0.25]]], [7, 1, [[1, 9.0]]]]})
    found = trial_looked(site, seen)
    assert new(found) == set()
    hidden, figure, every, ended, seen = found[len(PARTS) :]
    assert [list(line.y) for line in figure.data] == [[0.5, 0.25]]
    assert (hidden, every, ended) == (False, LIVE, False)
    writer.log(trial, "a line of its own")
    writer.finish(trial, 0.25, {"fold_scores": [0.2, 0.3]}, {"curves": {"val_loss": [[0.2], [0.3]]}})
    found = trial_looked(site, seen)  # the driver has not spoken since
    assert new(found) == {"head", "result", "curves", "log"}
    assert found[len(PARTS)] is True
    assert found[-2] is True, "it asks no more"
    assert new(trial_looked(site, found[-1])) == set()


def test_what_cannot_be_read_leaves_the_page_as_it_is(driven: tuple[Site, Any, Any]) -> None:
    site, _, _ = driven
    seen = props(trial_page(site, "s", 0), "trial-seen")["data"]
    for lost in ({**seen, "study": "gone"}, {**seen, "trial": 99}):
        found = trial_looked(site, lost)
        assert new(found) == set()
        assert found[-3:-1] == (QUIET, False)


@pytest.mark.parametrize(
    ("study", "trial", "asks"),
    [("ordinary", 0, False), ("only failed", 0, False), ("running", 0, True), ("running", 1, True)],
)
def test_only_a_trial_that_may_change_is_asked_for(
    shelf: Shelf, study: str, trial: int, *, asks: bool
) -> None:
    follow = props(trial_page(shelf.site, study, trial), "trial-live")
    assert follow["disabled"] is not asks
    assert follow["interval"] == QUIET
