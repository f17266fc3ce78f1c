"""Synthetic studies are ordinary studies: Optuna reads what was written past it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import optuna
from kerasweep.studies import read_trials

if TYPE_CHECKING:
    from conftest import Shelf


def test_optuna_reads_a_study_that_was_written_in_bulk(shelf: Shelf) -> None:
    ours = read_trials(shelf.study("large"))
    theirs = optuna.load_study(study_name="large", storage=shelf.url).trials
    assert len(theirs) == 400
    names = {"COMPLETE": "complete", "PRUNED": "pruned", "FAIL": "failed"}
    for mine, other in zip(ours, theirs, strict=True):
        assert (mine.number, mine.state, mine.configuration) == (
            other.number,
            names[other.state.name],
            other.params,
        )
        assert mine.value == (other.values[0] if other.values else None)
        assert other.datetime_complete is not None


def test_a_synthetic_study_has_every_kind_of_trial(shelf: Shelf) -> None:
    trials = read_trials(shelf.study("ordinary"))
    assert {trial.state for trial in trials} == {"complete", "pruned", "failed"}
    assert [trial.duplicate_of for trial in trials if trial.duplicate_of is not None] == [2]
