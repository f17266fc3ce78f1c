"""A sweep that is stopped, or whose driver is killed, goes on inside the trial that it was training."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest


@pytest.mark.parametrize("capacity", [1, 2])
def test_a_stopped_sweep_goes_on_inside_its_trials(lab, fake, tmp_path: Path, capacity: int) -> None:
    whole = lab(trials=3, epochs=9)
    expected = fake(epochs=9, capacity=capacity)
    whole.run(expected)
    stopped = whole.copy(tmp_path / "stopped", Path("none"))
    executor = fake(epochs=9, capacity=capacity)
    stopped.listen = lambda progress: progress.epoch and progress.epoch[1] == 5 and stopped.sweep.stop()
    assert stopped.run(executor) == "interrupted"
    assert "R" not in stopped.states()
    stopped.listen = lambda _: None
    stopped.run(executor)
    assert executor.single_epochs == expected.single_epochs, "no epoch was trained twice"
    if capacity == 1:
        assert stopped.picture == whole.picture
    assert not (stopped.folder / "states").exists()


BEGIN = """
import os, signal
import kerasweep as ks
from kerasweep.training.trainers import training_state
save = training_state.save_state

def save_and_die(paused, path):
    save(paused, path)
    if max(paused.lengths) == 10:
        os.kill(os.getpid(), signal.SIGKILL)

training_state.save_state = save_and_die
settings = dict(search="grid", trials=1, limit=200, folds=2, epochs=20, patience=None, workers="inline", verbose=0)
ks.launch("digits", "ann", storage="killed.db", checkpoint_every=1e-9, **settings)
"""
GO_ON = """
import json
import kerasweep as ks
from kerasweep.search.driver.epoch_handler import EpochHandler
settings = dict(search="grid", trials=1, limit=200, folds=2, epochs=20, patience=None, workers="inline", verbose=0)
told, take = [], EpochHandler.take

def listen(handler, run, event):
    told.append(event.epoch)
    take(handler, run, event)

EpochHandler.take = listen
resumed = ks.resume(storage="killed.db", verbose=0)
trained = [*told]
whole = ks.launch("digits", "ann", storage="whole.db", **settings)
scores = [study.best.fold_scores for study in (resumed, whole)]
print(json.dumps([trained, *scores]))
"""


@pytest.mark.trains
def test_a_killed_driver_goes_on_inside_its_trial(python, tmp_path: Path) -> None:
    for name, text in (("begin.py", BEGIN), ("go_on.py", GO_ON)):
        (tmp_path / name).write_text(text)
    killed = python("begin.py", cwd=tmp_path)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert [path.name for path in (tmp_path / "killed.db.states" / "1").iterdir()] == ["0.state"]
    done = python("go_on.py", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    trained, scores, expected = json.loads(done.stdout.splitlines()[-1])
    assert trained == [*range(11, 21)]
    assert scores == expected
    assert not list(tmp_path.glob("*.states")), "what is of no use goes"
