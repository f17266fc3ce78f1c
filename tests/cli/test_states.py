"""What a trial's state is called: by the same word in a sweep's log, in lists, on pages and in a report."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, get_args

import pytest
from app_pages import as_json, text_of
from kerasweep.app.site import counts_text
from kerasweep.app.trial_view import trial_parts
from kerasweep.reports import render_markdown
from kerasweep.studies import TrialState, read_study, read_trials
from kerasweep.studies.records import ENDED, STATES, UNFINISHED

if TYPE_CHECKING:
    from pathlib import Path

SWEEP = (
    "launch digits linear --trials 8 --epochs 9 --folds 2 --limit 300 --seed 1 --workers inline --study s"
).split()


def test_a_state_is_one_that_ends_or_one_that_does_not() -> None:
    assert set(ENDED) | set(UNFINISHED) == set(STATES) == set(get_args(TrialState))
    assert not set(ENDED) & set(UNFINISHED)


@pytest.mark.trains
def test_what_is_paused_to_the_end_is_said_to_be_pruned_and_is_called_so_everywhere(
    kerasweep: Any, tmp_path: Path
) -> None:
    done = kerasweep(*SWEEP, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    last = {int(number): word for number, word in re.findall(r"trial (\d+)  (\w+)", done.stdout)}
    paused = [number for number, word in last.items() if word == "paused"]
    assert paused, "the sweep pauses none, and the test shows nothing"
    assert f"{len(paused)} paused trial" in done.stdout
    study = read_study("s", f"sqlite:///{tmp_path / 'kerasweep.db'}")
    trials = read_trials(study)
    states = {trial.number: trial.state for trial in trials}
    assert all(states[number] == "pruned" for number in paused)
    pruned = f"{len(paused)} pruned"
    assert pruned in counts_text(study.counts)
    assert pruned in kerasweep("show", "s", cwd=tmp_path).stdout
    assert pruned in kerasweep("status", "s", cwd=tmp_path).stdout
    shown = json.loads(kerasweep("show", "s", "--json", cwd=tmp_path).stdout)["trials"]
    assert {trial["number"]: trial["state"] for trial in shown} == states
    assert "pruned" in text_of(as_json(trial_parts(study, trials[paused[0]])["head"]))
    report = render_markdown([study])
    assert f"{len(paused)} of 8 trials {'was' if len(paused) == 1 else 'were'} pruned" in report
    for text in (report, kerasweep("best", "s", cwd=tmp_path).stdout):
        assert not re.search(r"\b(paused|stopped|aborted|killed|cancell?ed|ended early)\b", text)
