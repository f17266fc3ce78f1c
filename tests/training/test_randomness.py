"""Whatever runs in the caller's process leaves the caller's random generators as they were."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import kerasweep as ks
import numpy as np
import pytest

pytestmark = [
    pytest.mark.trains,
    pytest.mark.filterwarnings(
        "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
    ),
]
RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 3)).astype(np.float32)
Y = np.arange(40) % 2
SETTINGS: dict[str, Any] = {"folds": 2, "epochs": 1, "trials": 1, "search": "random"}


def build_model(hp: Any) -> Any:
    import keras

    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(hp.Choice("units", [2, 3])), keras.layers.Dropout(0.5)]
    )
    model.add(keras.layers.Dense(2, "softmax"))
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def draws() -> tuple[Any, ...]:
    """Return the next numbers of every global generator."""
    import keras
    import tensorflow as tf

    return (
        random.random(),
        np.random.random(),  # noqa: NPY002 - the global one is meant
        float(keras.random.uniform((), seed=None)),
        float(tf.random.uniform(())),
    )


def seed_all() -> None:
    import keras

    keras.utils.set_random_seed(123)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> ks.Study:
    return ks.launch(
        (X, Y), build_model, storage=tmp_path_factory.mktemp("random") / "s.db", verbose=0, **SETTINGS
    )


def resume(study: ks.Study, folder: Path) -> None:
    ks.resume(study.name, storage=study.record.storage, data=(X, Y), model=build_model, trials=2, verbose=0)


def calibrate(study: ks.Study, folder: Path) -> None:
    from kerasweep.search.calibration import calibrate

    calibrate(ks.plan_sweep((X, Y), build_model, **SETTINGS))


def refused(study: ks.Study, folder: Path) -> None:
    with pytest.raises(ks.KerasweepError):
        ks.launch((X, Y), lambda hp: None, storage=folder / "s.db", verbose=0, **SETTINGS)


ENTRIES: dict[str, Callable[[ks.Study, Path], Any]] = {
    "plan_sweep": lambda study, folder: ks.plan_sweep((X, Y), build_model, **SETTINGS),
    "launch": lambda study, folder: ks.launch(
        (X, Y), build_model, storage=folder / "s.db", verbose=0, **SETTINGS
    ),
    "resume": resume,
    "calibrate": calibrate,
    "refit": lambda study, folder: study.refit(data=(X, Y), model=build_model),
    "export": lambda study, folder: study.export(folder / "keras", "keras", data=(X, Y), model=build_model),
    "a launch that is refused": refused,
}


@pytest.mark.parametrize("entry", ENTRIES)
def test_the_callers_draws_are_what_they_would_have_been(entry: str, study: ks.Study, tmp_path: Path) -> None:
    seed_all()
    draws()
    expected = draws()
    seed_all()
    draws()
    ENTRIES[entry](study, tmp_path)
    found = draws()
    assert found[:2] == expected[:2], "Python's and NumPy's"
    assert found[2] == expected[2], "Keras's"


FIRST = """
import random, sys
import numpy as np
import kerasweep as ks
random.seed(5)
np.random.seed(5)
before = random.getstate(), np.random.get_state()[1:3]
{what}
after = random.getstate(), np.random.get_state()[1:3]
assert before[0] == after[0], "Python's"
np.testing.assert_equal(before[1], after[1])
"""
LAUNCH = "ks.launch('iris', 'ann', folds=2, epochs=1, trials=1, limit=40, search='random', storage=sys.argv[1], {more})"


@pytest.mark.parametrize("more", ["workers='inline', verbose=0", "workers=1"])
def test_the_first_launch_of_a_process_leaves_them_too(more: str, tmp_path: Path) -> None:
    """What is imported for it draws as well."""
    code = FIRST.format(what=LAUNCH.format(more=more))
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "s.db")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_first_look_at_a_study_leaves_them_too(study: ks.Study, tmp_path: Path) -> None:
    looks = "study = ks.load(storage=sys.argv[1]); study.best; study.trials; study.report(sys.argv[2])"
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            FIRST.format(what=looks),
            str(study.record.storage),
            str(tmp_path / "report.html"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
