"""Forms of published KerasTuner code: what its tests and guides write is searched as KerasTuner does, or told in a line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras_tuner as kt
import kerasweep as ks
import numpy as np
import pytest
from kerasweep.errors import ModelError
from kerasweep.studies import read_trials
from kerasweep.training.models import find_model
from kerasweep.training.models.signature import Sample, Signature

pytestmark = pytest.mark.trains
RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 4)).astype(np.float32)
Y = (X[:, 0] > 0).astype(np.int64)
SETTINGS: dict[str, Any] = {"folds": 2, "epochs": 1, "search": "random", "verbose": 0}


def compiled(*layers: Any) -> Any:
    import keras

    model = keras.Sequential([keras.Input((4,)), *layers, keras.layers.Dense(2, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


BUILT: list[tuple[str, int]] = []


def two_scopes(hp: Any) -> Any:
    """Of KerasTuner's tests of conditional scopes: one name in each, with a range of its own."""
    import keras

    kind = hp.Choice("kind", ["narrow", "wide", "as narrow"])
    with hp.conditional_scope("kind", ["narrow"]):
        if kind == "narrow":
            units = hp.Int("units", 1, 3)
    with hp.conditional_scope("kind", ["wide"]):
        if kind == "wide":
            units = hp.Int("units", 10, 12)
    with hp.conditional_scope("kind", ["as narrow"]):
        if kind == "as narrow":
            units = hp.Int("units", 1, 3)
    BUILT.append((kind, units))
    return compiled(keras.layers.Dense(units))


def test_one_name_in_two_scopes_has_the_range_of_each(tmp_path: Path) -> None:
    space = ks.plan_sweep((X, Y), two_scopes, folds=2).space
    assert (space["units"].low, space["units"].high) == (1, 3)
    wide = space["units@kind.wide"]
    assert (wide.low, wide.high) == (10, 12)
    assert [(one.parent, one.values) for one in wide.conditions] == [("kind", ("wide",))]
    study = ks.launch((X, Y), two_scopes, trials=8, storage=tmp_path / "s.db", **SETTINGS)
    seen = set()
    for trial in read_trials(study.record):
        assert trial.state == "complete"
        kind = trial.configuration["kind"]
        name = "units@kind.wide" if kind == "wide" else "units"
        assert set(trial.configuration) & {"units", "units@kind.wide"} == {name}
        assert (kind, trial.configuration[name]) in BUILT, "the model was built with the scope's own value"
        seen.add(name)
    assert seen == {"units", "units@kind.wide"}


def asks_in_call(hp: Any) -> Any:
    import keras

    class Asking(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.last = keras.layers.Dense(2, "softmax")

        def call(self, inputs: Any) -> Any:
            return self.last(inputs * hp.Float("factor", 0.5, 2.0, default=1.0))

    model = Asking()
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def test_what_is_asked_for_in_call_is_searched(tmp_path: Path) -> None:
    study = ks.launch((X, Y), asks_in_call, trials=2, storage=tmp_path / "s.db", **SETTINGS)
    trials = read_trials(study.record)
    assert [trial.state for trial in trials] == ["complete"] * 2
    assert trials[0].configuration["factor"] != trials[1].configuration["factor"]


def raising(error: Any, *, when_built: bool) -> Any:
    class Raises(kt.HyperModel):
        def build(self, hp: Any) -> Any:
            if hp.Choice("bad", [False, True]) and when_built:
                raise error
            return compiled()

        def fit(self, hp: Any, model: Any, *args: Any, **options: Any) -> Any:
            if hp.get("bad"):
                raise error
            return model.fit(*args, **options)

    return Raises()


@pytest.mark.parametrize(
    ("error", "is_fatal", "when_built"),
    [
        (kt.errors.FatalError("stop"), True, True),
        (kt.errors.FatalTypeError("stop"), True, False),
        (kt.errors.FatalValueError("stop"), True, True),
        (kt.errors.FatalRuntimeError("stop"), True, False),
        (kt.errors.FailedTrialError("stop"), False, True),
        (kt.errors.FailedTrialError("stop"), False, False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_fatal_error_ends_the_sweep_and_no_other_does(error, is_fatal, when_built, tmp_path: Path) -> None:
    settings = {
        **SETTINGS,
        "search": "grid",
        "trials": 4,
        "set": {"batch_size": [16, 32]},
        "storage": tmp_path / "s.db",
    }
    if is_fatal:
        with pytest.raises(ks.KerasweepError, match="stop"):
            ks.launch((X, Y), raising(error, when_built=when_built), **settings)
    else:
        ks.launch((X, Y), raising(error, when_built=when_built), **settings)
    states = [trial.state for trial in read_trials(ks.load(storage=tmp_path / "s.db").record)]
    failed = states.count("failed")
    assert failed == (1 if is_fatal else 2)
    assert is_fatal or len(states) == 4


@pytest.mark.parametrize("as_object", [False, True])
def test_a_tuner_is_no_model(as_object: bool, tmp_path: Path) -> None:
    class MyTuner(kt.RandomSearch):
        def run_trial(self, trial: Any, *args: Any, **options: Any) -> float:
            return 1.0

    tuner = MyTuner(max_trials=1, directory=tmp_path) if as_object else MyTuner
    with pytest.raises(
        ModelError, match=r"^MyTuner is a tuner of KerasTuner's, .* write a run_trial of its own as"
    ):
        find_model(tuner, "classification")


def test_a_subclassed_model_is_called_once_it_may_ask_for_more() -> None:
    sample = Sample(X, Y, Signature((4,), 2, "classification"))
    assert (
        find_model(asks_in_call, "classification").with_discovered_space(lambda: sample).space.names[0]
        == "factor"
    )
