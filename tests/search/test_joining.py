"""Several drivers of one study, in real processes, on real servers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import optuna
import pytest
import sqlalchemy
from database_servers import SERVERS, Server
from kerasweep.errors import StudyLocked, UsageError
from kerasweep.search.driver.under_way import UnderWay, key_of
from kerasweep.search.methods import make_scheduler
from kerasweep.search.paused_states import PausedStates
from kerasweep.studies import read_study
from kerasweep.studies.control import status_of, wait_for
from kerasweep.studies.lifecycle import create_study, delete_study, drive_study
from kerasweep.studies.records import PAUSED, RUN_BY, RUNGS
from kerasweep.studies.wishes import ask
from optuna.trial import FrozenTrial, TrialState
from requiring import required_server

pytestmark = pytest.mark.costly

DRIVER = str(Path(__file__).parents[1] / "support" / "joined_driver.py")
SECONDS = 120
"""In which whatever is waited for must have come."""


@pytest.fixture(scope="module", params=list(SERVERS))
def restarted(request: pytest.FixtureRequest) -> Iterator[Server]:
    with required_server(request.param) as made:
        yield made


@pytest.fixture
def server(restarted: Server) -> str:
    return restarted.url


@dataclass
class Driver:
    """One of the processes."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    def begin(self) -> None:
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def wait_for(self, lines: int) -> None:
        """Wait until it has said so many trials."""
        while len(self.lines) < lines:
            self.lines.append(self.process.stdout.readline())
            assert self.lines[-1], "it has ended"

    def end(self) -> str:
        """Return why its sweep ended; nothing of one that ended before it could say anything."""
        self.lines += (
            self.process.stdout.read().splitlines()
        )  # with what was read ahead, which communicate would lose
        self.process.wait(SECONDS)
        return self.lines[-1].removeprefix("ended ") if self.lines else ""

    def kill(self) -> None:
        os.kill(self.process.pid, signal.SIGKILL)
        self.lines += self.process.stdout.read().splitlines()
        self.process.wait()

    def said(self, *states: str) -> list[int]:
        words = [line.split() for line in self.lines]
        return [int(word[1]) for word in words if word and word[0] in states]

    @property
    def trained(self) -> list[int]:
        return [
            int(number) for line in self.lines if line.startswith("trained") for number in line.split()[1:]
        ]


@dataclass
class Shared:
    """A study on a server, and its drivers."""

    url: str
    name: str
    options: dict[str, object] = field(default_factory=dict)
    drivers: list[Driver] = field(default_factory=list)

    def start(self, count: int, *, begin: bool = True, **options: object) -> list[Driver]:
        told = json.dumps(
            {"server": self.url, "name": self.name, "sharing": "joins", **self.options, **options}
        )
        started = [
            Driver(
                subprocess.Popen(
                    [sys.executable, DRIVER, told], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
                )
            )
            for _ in range(count)
        ]
        self.drivers += started
        for driver in started:
            assert driver.process.stdout.readline() == "ready\n"
        for driver in started if begin else ():
            driver.begin()
        return started

    def trials(self) -> list[FrozenTrial]:
        storage = optuna.storages.RDBStorage(self.url)
        try:
            return optuna.load_study(study_name=self.name, storage=storage).trials
        finally:
            storage.remove_session()
            storage.engine.dispose()

    def check_whole(self, count: int) -> list[FrozenTrial]:
        """Check that so many trials have ended, each once, no two of one configuration, numbered without a gap."""
        trials = self.trials()
        assert [trial.number for trial in trials] == list(range(count))
        assert all(trial.state.is_finished() for trial in trials)
        assert len({key_of(trial) for trial in trials}) == count
        said = Counter(
            number for driver in self.drivers for number in driver.said("complete", "pruned", "failed")
        )
        assert max(said.values()) == 1
        return trials

    def by_driver(self) -> Counter[str]:
        return Counter(trial.user_attrs[RUN_BY] for trial in self.trials())


@pytest.fixture
def shared(server: str, request: pytest.FixtureRequest) -> Iterator[Callable[..., Shared]]:
    """Make a study that drivers may join."""
    made: list[Shared] = []

    def make(**options: object) -> Shared:
        name = f"study {len(made)} of {request.node.name}"
        about = {"metric": "val_accuracy", "data": {"name": "fake", "fingerprint": "0"}, "epochs": 4}
        with create_study(server, name, "maximize", {"model": "fake"}, about):
            pass
        made.append(Shared(server, name, options))
        return made[-1]

    yield make
    for one in made:
        for driver in one.drivers:
            driver.process.kill()
            driver.process.communicate()
        delete_study(read_study(one.name, server))


def until(done: Callable[[], object]) -> None:
    end = time.monotonic() + SECONDS
    while not done():
        assert time.monotonic() < end
        time.sleep(0.05)


def answers(url: str) -> bool:
    engine = sqlalchemy.create_engine(url)
    try:
        engine.connect().close()
    except sqlalchemy.exc.OperationalError:
        return False
    finally:
        engine.dispose()
    return True


@pytest.mark.parametrize("method", ["grid", "random", "bayes"])
def test_three_drivers_train_a_budget_once_and_no_configuration_twice(shared, method: str) -> None:
    study = shared(method=method, trials=20, capacity=2)
    drivers = study.start(3)
    whole = 18 if method == "grid" else 20
    assert {driver.end() for driver in drivers} == {"exhausted" if method == "grid" else "trials"}
    study.check_whole(whole)
    trained = [number for driver in drivers for number in driver.trained]
    assert sorted(trained) == list(range(whole))
    assert len(study.by_driver()) == 3


@pytest.mark.parametrize("scheduler", ["none", "median", "asha"])
def test_what_a_killed_driver_trained_is_trained_by_the_other_one(shared, scheduler: str) -> None:
    study = shared(trials=14, capacity=2, scheduler=scheduler)
    first, second = study.start(2)
    first.wait_for(3)
    first.kill()
    assert second.end() == "trials"
    trials = study.check_whole(14)
    assert not set(first.said("complete", "pruned", "failed")) & set(second.trained)
    assert {trial.state for trial in trials} <= {TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL}
    if scheduler == "none":
        assert len(second.trained) == len(set(second.trained))


def test_a_server_that_is_restarted_once_a_driver_was_killed_loses_no_trial(
    shared, restarted: Server
) -> None:
    """The other driver waits for it, unless it went in the middle of a decision: then a new one goes on, as ``run_plan`` has it."""
    study = shared(trials=20, capacity=2, pace=0.05)
    first, second = study.start(2)
    first.wait_for(3)
    first.kill()
    restarted.stop(hard=True)
    restarted.start()
    second.end()
    until(lambda: answers(restarted.url))
    (third,) = study.start(1)
    assert third.end() == "trials"
    study.check_whole(20)


def test_the_last_trial_of_a_driver_that_is_killed_is_not_lost(shared) -> None:
    """The other one has nothing left to train, and waits."""
    study = shared(trials=2)
    (slow,), (quick,) = study.start(1, pace=2.0, begin=False), study.start(1, begin=False)
    slow.begin()
    until(study.trials)
    quick.begin()
    until(lambda: len([trial for trial in study.trials() if trial.state == TrialState.COMPLETE]) == 1)
    slow.kill()
    assert quick.end() == "trials"
    study.check_whole(2)


def test_a_driver_joins_one_that_was_not_told_to_share_and_takes_over_when_that_is_interrupted(
    shared,
) -> None:
    study = shared(trials=16, scheduler="asha", pace=0.3)
    (first,), (second,) = study.start(1, sharing="open", begin=False), study.start(1, begin=False, pace=0.02)
    first.begin()
    first.wait_for(2)
    second.begin()
    second.wait_for(2)
    first.process.send_signal(signal.SIGINT)
    assert first.end() == "interrupted"
    assert second.end() == "trials"
    study.check_whole(16)


def test_status_pause_and_stop_reach_all_of_them(shared) -> None:
    study = shared(trials=500, capacity=2)
    drivers = study.start(2)
    record = lambda: read_study(study.name, study.url)  # noqa: E731
    until(lambda: len(status_of(record()).running) == 4)
    found = status_of(record())
    assert found.state == "running"
    assert {found.pid, *(one.pid for one in found.joined)} == {driver.process.pid for driver in drivers}
    for wish, state in (("pause", "paused"), ("go on", "running")):
        ask(record(), wish)
        assert wait_for(record(), wish, SECONDS).state == state
        until(lambda state=state: {one.state for one in status_of(record()).joined} == {state})
    with pytest.raises(StudyLocked, match=r"is being run by process \d+ on "), drive_study(record()):
        pass
    ask(record(), "stop")
    assert wait_for(record(), "stop", SECONDS).state == "idle"
    assert {driver.end() for driver in drivers} == {"interrupted"}
    assert {trial.state for trial in study.trials()} <= {
        TrialState.COMPLETE,
        TrialState.FAIL,
        TrialState.WAITING,
    }
    assert not record().live


def test_who_joins_a_finished_study_has_nothing_to_do(shared) -> None:
    study = shared(trials=3)
    (first,) = study.start(1)
    assert first.end() == "trials"
    (second,) = study.start(1)
    assert (second.end(), second.trained) == ("trials", [])
    study.check_whole(3)


def test_a_driver_that_is_taken_for_dead_writes_nothing_more(shared) -> None:
    study = shared()
    record = read_study(study.name, study.url)
    with drive_study(record, sharing="open") as first, drive_study(record, sharing="joins") as second:
        trial = first.new_trial({"units": 8})
        second.lease.bury = lambda connection: _bury_all(second, connection)
        with second.decision() as changed:
            assert changed == [0]
        assert second.trials()[0].state == TrialState.WAITING
        with pytest.raises(StudyLocked, match="took this one for dead"):
            first.fail(trial, {"kind": "x", "message": "x", "traceback": ""})
    assert [trial.state for trial in study.trials()] == [TrialState.WAITING]


def _bury_all(writer, connection) -> None:
    del writer.lease.bury
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("kerasweep.studies.lease.is_driven", lambda *_: False)
        writer.lease.bury(connection)


@pytest.mark.parametrize("sharing", ["joins", "alone"])
def test_a_driver_that_does_not_share_is_not_joined(shared, sharing: str) -> None:
    """As one that refits, or trains the best trials further."""
    study = shared()
    record = read_study(study.name, study.url)
    with (
        drive_study(record),
        pytest.raises(StudyLocked, match="is being run"),
        drive_study(record, sharing=sharing),
    ):
        pass


def test_a_trial_that_another_driver_left_goes_on_from_all_that_it_has_reported(
    lab: Callable[..., Any],
) -> None:
    """It was known before it came to its rung; a report that is made again would be written twice."""
    made = lab()
    about = {"metric": "val_accuracy", "data": {"name": "fake", "fingerprint": "0"}, "epochs": 4}
    scheduler = make_scheduler("asha", made.space, epochs=4, folds=3, direction="maximize", by_seconds=False)
    with create_study(made.url, "study", "maximize", {"model": "fake"}, about) as writer:
        under_way = UnderWay(writer, made.space, scheduler, PausedStates(None))
        number = writer.new_trial({"optimizer": "adam", "learning_rate": 0.1, "units": 8}).number
        theirs = writer.open_trial(writer.trials()[number])
        made.space.suggest(theirs)
        theirs.set_user_attr(RUN_BY, "another driver")
        under_way.learn(writer.trials()[number])
        assert list(under_way.elsewhere) == [number]
        writer.report_rung(theirs, 1, 1, 0.5, [0.5])
        theirs.set_user_attr(PAUSED, True)
        run = under_way.learn(writer.trials()[number])
        assert list(under_way.paused) == [number]
        writer.report_rung(run.trial, 1, 1, 0.5, [0.5])
        writer.report_rung(run.trial, 2, 1, 0.6, [0.6])
        assert [rung[:2] for rung in writer.trials()[number].user_attrs[RUNGS]] == [[1, 1], [2, 1]]


def test_an_sqlite_file_has_one_driver(lab: Callable[..., Any], tmp_path: Path) -> None:
    import kerasweep

    lab(trials=1).run()
    with pytest.raises(UsageError, match=r"one writer.*--workers.*kerasweep copy"):
        kerasweep.resume("study", storage=f"sqlite:///{tmp_path / 'study.db'}", join=True)
    with pytest.raises(UsageError, match="one writer"):
        kerasweep.launch("digits", "dnn", storage=tmp_path / "study.db", join=True)


def test_two_commands_that_make_one_study_at_one_moment_share_it(server: str) -> None:
    """Real ones, which train; what is printed last needs no more than to be right."""
    more = ["--trials", "4", "--epochs", "1", "--cv", "holdout", "--search", "random", "--study", "both"]
    launch = [sys.executable, "-m", "kerasweep", "launch", "digits", "dnn", "--join", *more]
    environment = {**os.environ, "KERASWEEP_STORAGE": server}
    both = [
        subprocess.Popen(launch, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
        for _ in range(2)
    ]
    told = [process.communicate(timeout=4 * SECONDS)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], told
    assert all("depends on the order in which the trials" in " ".join(text.split()) for text in told)
    study = read_study("both", server)
    assert study.counts == {"complete": 4}
    resume = [sys.executable, "-m", "kerasweep", "resume", "both", "--join"]
    other = subprocess.run(
        [*launch, "--holdout", "0.3"], capture_output=True, text=True, env=environment, check=False
    )
    assert (other.returncode, "exists and differs" in other.stderr) == (2, True), other.stderr
    done = subprocess.run(resume, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    delete_study(study)
