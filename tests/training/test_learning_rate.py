"""A learning rate that a compiled model did not ask for is set on its optimizer, everywhere."""

from __future__ import annotations

import json
import sys
from itertools import chain
from pathlib import Path
from typing import Any

import kerasweep as ks
import pytest
from kerasweep.errors import ModelError, TrainingError
from kerasweep.spaces import Categorical, Space
from kerasweep.studies import read_details, read_trials
from kerasweep.training.models import Signature
from kerasweep.training.models.tracked_configuration import TrackedConfiguration, mark_read, untracked

pytestmark = pytest.mark.trains
DIGITS = Signature((8, 8, 1), 10, "classification")
MODULE = """
import keras
from keras import layers


def compiled(rate):
    model = keras.Sequential([keras.Input((8, 8, 1)), layers.Flatten(), layers.Dense(10, "softmax")])
    model.compile(keras.optimizers.SGD(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def hyper(hp):
    hp.Boolean("unused")
    return compiled(0.5)


def asks(hp):
    return compiled(hp.Choice("learning_rate", [0.01, 0.02]) * 2)


def build(config, signature):
    return compiled(0.5)


def reads(config, signature):
    return compiled(config["learning_rate"] * 2)


class Custom(keras.layers.Layer):
    def call(self, x):
        return 2 * x


def imported(config, signature):
    model = keras.Sequential([keras.Input((8, 8, 1)), layers.Flatten(), Custom(), layers.Dense(10, "softmax")])
    model.compile(keras.optimizers.SGD(0.5), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def scheduled(hp):
    hp.Boolean("unused")
    return compiled(keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9))
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch):
    from kerasweep.training.trainers.runtime import prepare_tensorflow

    prepare_tensorflow(1)
    (tmp_path / "rates.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "rates", raising=False)
    import rates

    return rates


def rate_of(function, configuration) -> float:
    from kerasweep.training.models import find_model
    from kerasweep.training.models.building import build_model

    model = build_model(find_model(function, "classification").load(), configuration, DIGITS, 0)
    return float(model.optimizer.learning_rate)


def test_who_asks_and_who_does_not(module) -> None:
    configuration = {"learning_rate": 0.02, "unused": False}
    assert rate_of(module.hyper, configuration) == pytest.approx(0.02)
    assert rate_of(module.build, configuration) == pytest.approx(0.02)
    assert rate_of(module.asks, configuration) == pytest.approx(0.04)
    assert rate_of(module.reads, configuration) == pytest.approx(0.04)
    assert rate_of(lambda config, signature: module.compiled(dict(config).get("learning_rate")), configuration) == pytest.approx(0.02)  # fmt: skip
    assert rate_of(module.hyper, {"unused": False}) == pytest.approx(0.5)
    with pytest.raises(TrainingError, match=r"follows a schedule of its own \(ExponentialDecay\), which a"):
        rate_of(module.scheduled, configuration)


def test_what_counts_as_read() -> None:
    for read in (dict, list, lambda one: {**one}, lambda one: one.items(), lambda one: one.values(), lambda one: one.copy()):  # fmt: skip
        tracked = TrackedConfiguration({"a": 1, "b": 2})
        read(tracked)
        assert tracked.read == {"a", "b"}
    for read in (lambda one: one["a"], lambda one: one.get("a"), lambda one: "a" in one, lambda one: one.pop("a")):  # fmt: skip
        tracked = TrackedConfiguration({"a": 1, "b": 2})
        read(tracked)
        assert tracked.read == {"a"}
    tracked = TrackedConfiguration({"a": 1})
    assert untracked(tracked) == {"a": 1}
    assert tracked.read == set()
    mark_read(tracked, ["a"])
    assert tracked.read == {"a"}


@pytest.mark.parametrize("name", ["hyper", "build", "imported"])
def test_both_trainers_refit_and_export(module, python: Any, name: str, tmp_path: Path) -> None:
    space = None if name == "hyper" else Space((Categorical("batch_size", (32,)),))
    values = {}
    for trainer in ("fused", "fit") if name != "imported" else ("fit",):
        study = ks.launch(
            "digits", f"rates:{name}", space=space, set={"learning_rate": "0.01,0.1"}, search="grid", limit=120,
            folds=2, epochs=2, verbose=0, trainer=trainer, study=trainer, storage=tmp_path / "s.db",
        )  # fmt: skip
        for trial in read_trials(study.record):
            key = json.dumps(trial.configuration, sort_keys=True)
            curve = read_details(study.record, [trial.number])[trial.number].curves["val_loss"]
            values.setdefault(key, []).append(curve)
    assert len(values) >= 2
    for first, *others in values.values():
        for other in others:
            assert list(chain(*other)) == pytest.approx(list(chain(*first)), rel=1e-4)
    assert len({json.dumps(curves[0]) for curves in values.values()}) >= 2, "the rate matters"
    done = study.refit(0)
    assert float(done.model.optimizer.learning_rate) == pytest.approx(
        done.trial.configuration["learning_rate"]
    )
    script = study.export(tmp_path / "train.py", "python", 0)
    ran = python(script, cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    scores = dict(line.split()[1:] for line in ran.stdout.splitlines() if line.startswith("test "))
    assert float(scores["loss"]) == pytest.approx(done.test["loss"], rel=1e-4)


def test_a_schedule_is_told_in_one_line(module, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="take learning_rate out of the space") as caught:
        ks.launch("digits", "rates:scheduled", set={"learning_rate": "0.001..0.1:log"}, limit=100, verbose=0, storage=tmp_path / "s.db")  # fmt: skip
    assert "\n" not in str(caught.value)


def test_what_was_never_met_while_exploring_is_said(module, tmp_path: Path) -> None:
    """A space from elsewhere lacks a hyperparameter, which the model asks for."""
    study = ks.launch(
        "digits", "rates:hyper", space=Space((Categorical("batch_size", (32, 64)),)), limit=100, folds=2, epochs=1,
        trials=1, verbose=0, storage=tmp_path / "s.db",
    )  # fmt: skip
    notes = read_details(study.record, [0])[0].notes
    assert notes == ("unused is not in the space; it was at KerasTuner's default, false",)
