"""Functions written for Optuna that return a model run unchanged: their space is found by building them."""

from __future__ import annotations

import functools
from pathlib import Path
from types import ModuleType
from typing import Any

import kerasweep as ks
import optuna
import pytest
from kerasweep.errors import ModelError, SpaceError
from kerasweep.search.space_resolution import add_known_names
from kerasweep.search.spec import SpaceSpec
from kerasweep.spaces import Categorical, Condition, Float, Int, Space
from kerasweep.studies import read_details, read_trials
from kerasweep.training.models import Signature, find_model

pytestmark = pytest.mark.trains


@functools.cache
def functions() -> ModuleType:
    from kerasweep.training.trainers.runtime import prepare_tensorflow

    prepare_tensorflow(1)
    import objectives

    return objectives


@functools.cache
def found(name: str):
    return find_model(getattr(functions(), name), "classification").with_discovered_space()


def test_the_space() -> None:
    source = found("define_model")
    assert source.contract == "optuna"
    space = source.space
    layers = [f"{name}_l{layer}" for layer in range(3) for name in ("n_units", "dropout")]
    assert sorted(space.names) == sorted(
        ["n_layers", *layers, "learning_rate", "optimizer", "momentum", "batch_size"]
    )
    assert space.recommended()["n_layers"] == 2, "the middle of the range"
    assert space["n_layers"] == Int("n_layers", 1, 3)
    assert space["n_units_l0"] == Int("n_units_l0", 4, 64, log=True)
    assert space["dropout_l0"] == Categorical("dropout_l0", (0.0, 0.2, 0.4))
    assert space["learning_rate"] == Float("learning_rate", 1e-4, 1e-1, log=True)
    assert space["n_units_l2"].conditions == (Condition("n_layers", (3,)),)
    assert space["momentum"].conditions == (Condition("optimizer", ("SGD",)),)
    added = tuple(one for one in ks.preset("own"))
    assert found("annotated").space == Space((Categorical("bias", (True, False)), *added))


def test_starts_at_the_catalogues_values_of_names_that_it_knows() -> None:
    source = found("define_model")
    started, notes = add_known_names(SpaceSpec(), source)
    assert started.space.recommended() == {
        "n_layers": 2, "n_units_l0": 15, "dropout_l0": 0.2, "n_units_l1": 15, "dropout_l1": 0.2,
        "learning_rate": 0.001, "optimizer": "Adam", "batch_size": 100,
    }  # fmt: skip
    assert started.space["momentum"].recommended == 0.9
    (note,) = notes
    assert note.startswith(
        "n_layers, dropout_l0, dropout_l1, learning_rate, optimizer, dropout_l2, momentum: "
    )
    assert "the catalogue's hidden_layers, dropout, learning_rate, optimizer and momentum (" in note
    assert add_known_names(SpaceSpec(prior="none"), source) == (source, ())


def test_a_configuration_is_what_the_function_is_given() -> None:
    source = found("define_model")
    configuration = {
        "n_layers": 2,
        "n_units_l0": 5,
        "dropout_l0": 0.2,
        "n_units_l1": 7,
        "dropout_l1": 0.0,
        "learning_rate": 0.01,
        "optimizer": "SGD",
        "momentum": 0.5,
        "batch_size": 32,
    }
    model = source.load()(source.space.check(configuration), Signature((8, 8, 1), 10, "classification"))
    assert [layer.units for layer in model.layers if hasattr(layer, "units")] == [5, 7, 10]
    assert model.built
    assert model.optimizer.momentum == 0.5
    assert float(model.optimizer.learning_rate) == pytest.approx(0.01)


def test_a_sweep_its_refit_and_its_script(python: Any, tmp_path: Path) -> None:
    functions()
    study = ks.launch("digits", "objectives:define_model", limit=100, folds=2, epochs=1, trials=3, search="random",
                      verbose=0, storage=tmp_path / "s.db")  # fmt: skip
    trials = read_trials(study.record)
    assert [trial.state for trial in trials] == ["complete"] * 3
    assert read_details(study.record, [0])[0].notes == ()
    done = study.refit()
    script = study.export(tmp_path / "train.py", "python")
    support = Path(__file__).parents[1] / "support"
    ran = python(script, cwd=support)
    assert ran.returncode == 0, ran.stderr
    scores = dict(line.split()[1:] for line in ran.stdout.splitlines() if line.startswith("test "))
    assert float(scores["loss"]) == pytest.approx(done.test["loss"], rel=1e-4)


def test_a_branch_that_the_space_lacks_is_said(tmp_path: Path) -> None:
    space = Space((Int("n_layers", 1, 2, recommended=1), Categorical("optimizer", ("Adam",))))
    study = ks.launch("digits", functions().define_model, space=space, limit=100, folds=2, epochs=1, trials=1,
                      verbose=0, storage=tmp_path / "s.db")  # fmt: skip
    notes = read_details(study.record, [0])[0].notes
    assert [note.partition(" ")[0] for note in notes] == ["n_units_l0", "dropout_l0", "learning_rate"]
    assert notes[1:] == (
        "dropout_l0 is not in the space; it was at 0",
        "learning_rate is not in the space; it was at 0.00316",
    )


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("returns_a_score", r"returns float, not a keras\.Model; return the compiled model from it, not a score\.$"),
        ("trains", r"cannot be built: it calls model\.fit, as an objective does; return the compiled model, which is"),
        ("reports", r"cannot be built: it calls trial\.report, as an objective does; return the compiled model"),
        ("deprecated", r"trial\.suggest_loguniform is no longer Optuna's; write trial\.suggest_float\(name, low, high, log=True\)\.$"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(name: str, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        found(name)


def test_a_name_with_two_ranges() -> None:
    functions()

    def twice(trial):
        trial.suggest_int("units", 1, 3)
        trial.suggest_float("units", 1, 3)

    with pytest.raises(SpaceError, match=r"^units is asked for as Int 1\.\.3 and as Float 1\.\.3; a hyper"):
        find_model(twice, "classification").with_discovered_space()


def test_who_is_asked() -> None:
    def of_trial(trial): ...
    def annotated(t: optuna.Trial): ...
    def named(t: "optuna.trial.Trial"): ...  # noqa: UP037 - as text
    def of_hp(hp): ...
    def own(trial, signature): ...

    contracts = [
        find_model(one, "classification").contract for one in (of_trial, annotated, named, of_hp, own)
    ]
    assert contracts == ["optuna", "optuna", "optuna", "keras_tuner", "own"]
