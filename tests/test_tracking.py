"""A sweep that others' tools follow, by its command: they have each trial, a resumed one tells what is new, and their faults end nothing."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from kerasweep import tracking
from kerasweep.export.tracking import EpochValue
from kerasweep.search.progress import Progress, TrialLine
from kerasweep.tracking import _Teller
from synthetic import fast_writes, make_study

FLAGS = "--search random --epochs 2 --folds 2 --limit 100 --study s".split()


@pytest.mark.trains
def test_tools_follow_a_sweep_and_its_continuation(kerasweep, tmp_path: Path) -> None:
    environment = {
        "MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path}/mlflow.db",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    launch = ["launch", "digits", "ann", *FLAGS, "--trials", "2", "--log", "tensorboard,mlflow"]
    done = kerasweep(*launch, cwd=tmp_path, **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"tensorboard --logdir {tmp_path}/kerasweep.db.tensorboard" in done.stdout
    assert f"MLflow at sqlite:///{tmp_path}/mlflow.db" in done.stdout
    folder = tmp_path / "kerasweep.db.tensorboard" / "s"
    assert {path.parent.name for path in folder.glob("*/*.whole")} == {"trial 0", "trial 1"}
    assert not [*folder.glob("**/*.part"), *folder.glob("*/*.live")]
    before = {path: path.stat().st_mtime for path in folder.glob("*/*.whole")}

    done = kerasweep("resume", "s", "--trials", "3", cwd=tmp_path, **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    after = {path: path.stat().st_mtime for path in folder.glob("*/*.whole")}
    assert after.items() >= before.items()
    assert len(after) == 3

    done = kerasweep("resume", "s", "--trials", "4", "--log", "none", cwd=tmp_path, **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len([*folder.glob("*/*.whole")]) == 3
    assert "told to" not in done.stdout


def test_a_word_that_names_no_tool_is_refused(kerasweep, tmp_path: Path) -> None:
    done = kerasweep("launch", "digits", "ann", "--log", "tensorbord", cwd=tmp_path)
    assert done.returncode == 2
    assert "there is no 'tensorbord'. Did you mean 'tensorboard'?" in done.stderr
    assert not any(tmp_path.iterdir())


class Recorder:
    """A tool that notes what it is told, and fails at a trial."""

    where = "here"

    def __init__(self, fails_at: int | None = None, *, logged: frozenset[int] = frozenset()) -> None:
        self.told: list[object] = []
        self._fails_at, self._logged = fails_at, logged

    def logged(self, study) -> set[int]:
        return set(self._logged)

    def log_epoch(self, study, news: EpochValue) -> None:
        self.told.append(news)

    def log_trial(self, study, trial, details) -> None:
        if trial.number == self._fails_at:
            raise ConnectionError("the server\nhas gone")
        self.told.append(trial.number)

    def close(self, study) -> None:
        self.told.append("closed")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory):
    with fast_writes():
        return make_study(
            f"sqlite:///{tmp_path_factory.mktemp('told')}/s.db", "s", trials=8, folds=2, epochs=4
        )


def numbers(recorder: Recorder) -> list[object]:
    return [one for one in recorder.told if isinstance(one, int)]


def test_all_that_ended_is_told_once_whatever_was_heard(study) -> None:
    new, known = Recorder(), Recorder(logged=frozenset({0, 1}))
    teller = _Teller({"new": new, "known": known}, "s", study.storage)
    teller.listen(Progress(8, epoch=(3, 1, 0.5)))
    line = TrialLine(2, "complete", {})
    teller.listen(Progress(8, ended=line))
    assert teller.close() == []
    assert len(numbers(new)) == len(set(numbers(new))) == study.trained
    assert set(numbers(new)) - set(numbers(known)) == {0, 1}
    assert new.told[-1] == known.told[-1] == "closed"


def test_one_that_fails_is_told_no_more_and_ends_nothing_else(study) -> None:
    bad, good = Recorder(fails_at=3), Recorder()
    teller = _Teller({"bad": bad, "good": good}, "s", study.storage)
    teller.listen(Progress(8, ended=TrialLine(2, "complete", {})))
    (fault,) = teller.close()
    assert fault == "--log bad ended: the server has gone. kerasweep resume tells the rest."
    assert numbers(bad) == [0, 1, 2]
    assert len(numbers(good)) == study.trained


def test_a_sweep_that_made_no_study_tells_nothing(study) -> None:
    recorder = Recorder()
    teller = _Teller({"recorder": recorder}, "another", study.storage)
    teller.listen(Progress(8, epoch=(3, 1, 0.5)))
    assert teller.close() == []
    assert recorder.told == ["closed"]


def test_the_end_of_a_sweep_waits_no_longer_than_it_may(study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracking, "CLOSE_SECONDS", 0.05)
    slow = SimpleNamespace(
        logged=lambda _: time.sleep(1) or set(), log_trial=lambda *_: None, close=lambda _: None
    )
    (fault,) = _Teller({"slow": slow}, "s", study.storage).close()
    assert fault.startswith("--log slow: ")
    assert "not enough to tell all of it" in fault
