"""What the tests of the store share: a hasty SQLite, and one study with every kind of trial."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import optuna
import pytest
from kerasweep.spaces import Categorical, Condition, Float, Int, Space
from kerasweep.studies.lifecycle import create_study
from kerasweep.studies.study_writer import StudyWriter

SPACE = Space(
    (
        Categorical("optimizer", ("adam", "sgd", None)),
        Float("momentum", 0.0, 1.0, conditions=(Condition("optimizer", ("sgd",)),)),
        Float("learning_rate", 1e-5, 1.0, log=True),
        Int("units", 8, 64, step=8),
        Categorical("normalize", (False, True)),
        Categorical("활성화", ("relu", "쌍곡선", 0.1, 3)),
    )
)
ABOUT = {"metric": "val_accuracy", "data": {"name": "digits", "fingerprint": "f00"}}
SPEC = {"model": "ann", "study": "first", "search": {"method": "bayes"}}
RESULT = {
    "fold_scores": [0.1, 0.2, 1 / 3],
    "epochs": 7,
    "epochs_trained": 9,
    "seconds": 1.25,
    "parameters": 42,
    "seed": 4,
    "trainer": "fit",
}
DETAILS = {"curves": {"val_accuracy": [[0.1, 0.2]]}, "summary": "층 one", "notes": ["a note"]}
FAILURE = {"kind": "diverged", "message": "loss became nan", "traceback": "Traceback ..."}


def fill(url: str, name: str = "first", direction: str = "maximize", trials: int = 12) -> None:
    """Make a study whose trials end in every way: complete, pruned, failed, repeated, running, waiting."""
    with create_study(url, name, direction, SPEC, ABOUT) as writer:
        writer.optuna.sampler = optuna.samplers.RandomSampler(seed=2)
        writer.optuna.pruner = optuna.pruners.NopPruner()
        for number in range(trials):
            trial = writer.new_trial(SPACE.recommended() if number == 0 else None)
            SPACE.suggest(trial)
            if number % 6 == 1:
                writer.fail(trial, FAILURE)
                continue
            if number % 6 == 3:
                writer.finish_as_duplicate(trial, 0)
                continue
            writer.report(trial, 3, number / 100)
            if number % 6 == 2:
                writer.prune(trial, number / 100, RESULT, DETAILS)
                continue
            writer.report(trial, 6, number / 50)
            writer.finish(trial, number / 7, RESULT, DETAILS)
        SPACE.suggest(writer.new_trial())
        half = writer.new_trial()
        half.suggest_categorical("optimizer", ("adam", "sgd", None))
        writer.requeue(half)
        writer.optuna.enqueue_trial(SPACE.recommended())
        writer.set_refit(0, {"test": {"accuracy": 0.5}})


def begin(writer: StudyWriter) -> optuna.Trial:
    """Begin a trial of recommended values."""
    trial = writer.new_trial(SPACE.recommended())
    assert SPACE.suggest(trial) == SPACE.recommended()
    return trial


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'studies.db'}"


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """A database with one full study, to be read only."""
    file = tmp_path_factory.mktemp("filled") / "studies.db"
    fill(f"sqlite:///{file}")
    return SimpleNamespace(file=file, url=f"sqlite:///{file}")


@pytest.fixture(scope="session")
def samples() -> SimpleNamespace:
    return SimpleNamespace(
        space=SPACE,
        spec=SPEC,
        about=ABOUT,
        result=RESULT,
        details=DETAILS,
        failure=FAILURE,
        fill=fill,
        begin=begin,
    )


@pytest.fixture
def writer(sqlite_url: str) -> Iterator[StudyWriter]:
    """A new study that nobody prunes."""
    with create_study(sqlite_url, "first", "minimize", SPEC, ABOUT) as made:
        made.optuna.pruner = optuna.pruners.NopPruner()
        yield made


@pytest.fixture
def fill_study() -> Callable[..., None]:
    return fill
