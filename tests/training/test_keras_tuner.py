"""KerasTuner's models run unchanged: their space is found by building them, and their trials are built from it."""

from __future__ import annotations

import functools
import itertools
import pickle
from pathlib import Path
from types import ModuleType

import kerasweep as ks
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasweep.errors import ModelError, SpaceError, SpecError, TrainingError
from kerasweep.search.space_resolution import add_known_names
from kerasweep.search.spec import SpaceSpec
from kerasweep.spaces import Categorical, Condition, Float, Int, Space, preset
from kerasweep.studies import read_trials
from kerasweep.training import machine
from kerasweep.training.models import Signature, find_model
from kerasweep.training.models.inferred_conditions import with_conditions

pytestmark = pytest.mark.trains
DIGITS = Signature((8, 8, 1), 10, "classification")
TABLE = Signature((10,), 1, "regression")
NAMES = ("small", "many_kinds", "loop", "WithAttributes", "made", "convolutions", "model_type", "nested_scopes",
         "named_scopes", "uncompiled", "fixed", "own_batches", "both", "regression")  # fmt: skip


@functools.cache
def models() -> ModuleType:
    """Import TensorFlow, quietly, and the models."""
    from kerasweep.training.trainers.runtime import prepare_tensorflow

    prepare_tensorflow(1)
    import hypermodels

    return hypermodels


@functools.cache
def found(name: str):
    return find_model(
        getattr(models(), name), "regression" if name == "regression" else "classification"
    ).with_discovered_space()


def conditions(name: str) -> dict[str, tuple[Condition, ...]]:
    return {one.name: one.conditions for one in found(name).space if one.conditions}


@pytest.mark.parametrize("name", NAMES)
def test_sweeps(name: str, tmp_path: Path) -> None:
    study = ks.launch(
        "diabetes" if name == "regression" else "digits",
        getattr(models(), name),
        limit=100,
        folds=2,
        epochs=1,
        trials=1 if name == "fixed" else 2,
        search="random",
        storage=tmp_path / "studies.db",
        verbose=0,
    )
    trials = read_trials(study.record)
    assert [trial.state for trial in trials] == ["complete"] * len(trials)
    started, _ = add_known_names(SpaceSpec(), found(name))
    assert trials[0].configuration == started.space.recommended(), "what is recommended comes first"


STARTS = {
    "many_kinds": {"units": (32, 128), "lr": (0.0001, 0.001)},
    "loop": {"num_layers": (1, 2)},
    "convolutions": {"learning_rate": (0.0001, 0.001)},
    "regression": {"learning_rate": (0.01, 0.001)},
}
"""Function -> what starts at another value by its name: KerasTuner's default, and the catalogue's value."""


@pytest.mark.parametrize("name", NAMES)
def test_starts_at_the_catalogues_values_of_names_that_it_knows(name: str) -> None:
    source = found(name)
    changed, notes = add_known_names(SpaceSpec(), source)
    before, now = source.space.recommended(), changed.space.recommended()
    assert {one: (before[one], now[one]) for one in before if now[one] != before[one]} == STARTS.get(name, {})
    assert [one.range_text() for one in changed.space] == [one.range_text() for one in source.space]
    assert [one.conditions for one in changed.space] == [one.conditions for one in source.space]
    assert bool(notes) == (changed.space != source.space)
    for said in (
        SpaceSpec(prior="none"),
        SpaceSpec(file="s.yaml"),
        SpaceSpec(define={"x": {"choices": [1]}}),
    ):
        assert add_known_names(said, source) == (source, ())
    kept, _ = add_known_names(SpaceSpec(set={"lr": "0.0001..0.01:log"}, fix={"units": 32}), source)
    assert all(kept.space[one] == source.space[one] for one in ("lr", "units") if one in kept.space)


def test_the_plan_says_which_names_it_knows() -> None:
    settings = {"limit": 100, "folds": 2, "epochs": 1}
    plan = ks.plan_sweep("digits", models().many_kinds, **settings)
    assert plan.space.recommended() == {
        "activation": "relu", "units": 128, "dropout": False, "lr": 0.001, "batch_size": 100,
    }  # fmt: skip
    assert [plan.space[one].confidence for one in ("activation", "units", "lr")] == ["high", "low", "medium"]
    assert (
        "activation, units, lr: recommended values of the catalogue's activation, units and learning_rate "
        "(--prior none: as the function says)" in plan.hints
    )
    again = ks.plan_sweep("digits", models().many_kinds, prior="none", **settings)
    assert again.space == found("many_kinds").space
    assert not any("recommended values" in hint for hint in again.hints)
    broken = ks.plan_sweep("digits", models().too_large_for_digits, **settings)
    assert broken.space.recommended()["kernel_size"] == 1
    assert broken.decisions[0].startswith(
        "the catalogue's recommended values are left out, with which the model cannot be built: "
    )
    with pytest.raises(
        ModelError, match=r"does not fit the data: the model does not take rows of shape \(8, 8, 1\)"
    ):
        ks.plan_sweep("digits", models().too_large_for_digits, fix={"kernel_size": 5}, **settings)
    with pytest.raises(SpecError, match=r"prior: there is no 'nams'\. Did you mean 'names'\?"):
        ks.plan_sweep("digits", models().many_kinds, prior="nams", **settings)


@pytest.mark.parametrize("name", NAMES)
def test_a_configuration_is_what_the_model_is_given(name: str) -> None:
    """Every configuration builds, and each of its values is the one that the model got; nothing else is asked for."""
    import keras
    import keras_tuner
    from kerasweep.training.models.hypermodels import build_model_of, run

    source = found(name)
    build_model = build_model_of(getattr(models(), name))
    added = {"optimizer", "learning_rate", "batch_size"}

    @given(
        st.lists(st.floats(0, 1, exclude_max=True), min_size=len(source.space), max_size=len(source.space))
    )
    @settings(max_examples=10, deadline=None)
    def check(vector: list[float]) -> None:
        configuration = source.space.from_unit(vector)
        hp = keras_tuner.HyperParameters()
        model = run(build_model, configuration, hp, TABLE if name == "regression" else DIGITS)
        assert isinstance(model, keras.Model)
        assert model.built
        asked = {one.name for one in hp.space if hp.is_active(one)}
        assert asked - set(configuration) == set(), "found while exploring"
        assert set(configuration) - asked <= added, "and only what is asked for"
        assert all(hp.get(one) == configuration[one] for one in asked)

    check()


def test_a_loop() -> None:
    assert found("loop").space.names == (
        "num_layers", "units_0", "normalize_0", "dropout", "units_1", "normalize_1", "units_2", "normalize_2",
        "rate", "batch_size")  # fmt: skip
    two, three, dropout = (
        (Condition("num_layers", (2, 3)),),
        (Condition("num_layers", (3,)),),
        (Condition("dropout", (True,)),),
    )
    assert conditions("loop") == {
        "units_1": two, "normalize_1": two, "units_2": three, "normalize_2": three, "rate": dropout}  # fmt: skip
    assert found("loop").space["units_0"] == Int("units_0", 8, 64, step=8, recommended=8)


def test_scopes() -> None:
    assert conditions("model_type") == {
        "units": (Condition("model_type", ("mlp",)),),
        "filters": (Condition("model_type", ("cnn",)),),
    }
    sgd = Condition("optimizer", ("sgd",))
    assert conditions("nested_scopes") == {
        "momentum": (sgd,),
        "amount": (sgd, Condition("momentum", (True,))),
        "rate": (sgd,),
    }
    assert found("named_scopes").space.names[-3:-1] == ("second block/activation", "out/[0]/use bias")
    assert conditions("both") == {"units": (Condition("deep", (True,)), Condition("wide", (True,)))}


def test_what_is_added() -> None:
    added = {one.name: one for one in preset("own")}
    assert found("small").space["batch_size"] == added["batch_size"]
    assert found("small").space.names == ("units", "batch_size")
    assert found("uncompiled").space.names == ("units", *added)
    assert found("own_batches").space == Space(
        (Categorical("batch_size", (16, 64)), Float("learning_rate", 0.01, 0.02, recommended=0.01))
    )


def test_what_is_added_of_the_catalogue() -> None:
    planned = ks.plan_sweep("digits", models().small, space="learning_rate,patience,mixing_alpha", limit=100)
    assert planned.space.names == (
        "units",
        "batch_size",
        "learning_rate",
        "patience",
        "mixing",
        "mixing_alpha",
    )
    assert planned.space["mixing"].range_text() == "mixup", "what makes it active"
    compiled = ks.plan_sweep("digits", models().uncompiled, space="momentum", limit=100)
    assert [one.name for one in compiled.space][-1] == "momentum"
    with pytest.raises(
        SpaceError,
        match=r"^momentum does nothing for 'hypermodels:small', which compiles its models itself\. clipping does nothing",
    ):
        ks.plan_sweep("digits", models().small, space="momentum,clipping,learning_rate", limit=100)
    with pytest.raises(
        SpaceError,
        match=r"^patience does nothing for 'hypermodels:OwnEpochs', which trains its models itself\.$",
    ):
        ks.plan_sweep("digits", models().OwnEpochs, space="patience,subset", limit=100)


def test_a_model_that_is_told_its_attributes() -> None:
    source = pickle.loads(
        pickle.dumps(find_model(models().WithAttributes(classes=3), "classification").with_discovered_space())
    )
    model = source.load()(source.space.recommended(), Signature((8, 8, 1), 3, "classification"))
    assert model.output_shape == (None, 3)
    assert source.name == "hypermodels:WithAttributes"


def returns(value):
    return lambda hp: value


def changes():
    calls = []

    def build_model(hp):
        import keras

        calls.append(1)
        hp.Boolean("a")
        hp.Int("units", 1, 1 + len(calls))
        return keras.Sequential([keras.layers.Dense(1)])

    return build_model


def other_names():
    calls = itertools.count()

    def build_model(hp):
        import keras

        hp.Boolean(f"choice {next(calls)}")
        return keras.Sequential([keras.layers.Dense(1)])

    return build_model


def twice(hp) -> None:
    hp.Int("units", 1, 3)
    hp.Choice("units", ["a", "b"])


def fails(hp) -> None:
    hp.Int("units", 1, 3)
    raise ValueError("not\ntoday")


def leaves(hp) -> None:
    raise SystemExit(hp.Int("units", 1, 3))


def huge(hp):
    import keras

    return keras.Sequential([keras.Input((10**6,)), keras.layers.Dense(hp.Int("units", 10**7, 10**8))])


@pytest.mark.parametrize(
    ("build_model", "error", "message"),
    [
        (returns(None), ModelError, r"^The model '.*' returns NoneType, not a keras\.Model; a function of one argument is KerasTuner's build_model\(hp\)\.$"),
        (fails, ModelError, r"^The model '.*fails' cannot be built: it raises ValueError: not today \(test_keras_tuner\.py line \d+\)\.$"),
        (leaves, ModelError, r"^The model '.*leaves' cannot be built: it raises SystemExit: 1 \(test_keras_tuner\.py line \d+\)\.$"),
        (changes(), SpaceError, r"^units is asked for as Int 1\.\.2 and as Int 1\.\.3; a hyperparameter has one definition\.$"),
        (other_names(), SpaceError, r"^The model '.*' asks for choice 0 in one build and not in another of the same values; "),
        (twice, SpaceError, r"^units is asked for as Int 1\.\.3 and as Categorical a,b; a hyperparameter has one definition\.$"),
        (huge, ModelError, r"^The model '.*huge' cannot be built: the model has 10,000,000,000,000 parameters or more, which take 200,000\.0 GB to train; memory has room for [\d,]+\.$"),
        (lambda hp: hp.Choice("a", []), ModelError, r"cannot be built: it raises ValueError: `values` must be provided"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(build_model, error: type[Exception], message: str) -> None:
    models()
    with pytest.raises(error, match=message):
        find_model(build_model, "classification").with_discovered_space()


def test_a_class_that_cannot_be_made() -> None:
    import keras_tuner

    class Needs(keras_tuner.HyperModel):
        def __init__(self, classes: int) -> None: ...

    with pytest.raises(
        ModelError, match=r"^The HyperModel Needs cannot be made: TypeError: .* Pass an object of it"
    ):
        find_model(Needs, "classification").with_discovered_space()


def test_a_branch_that_fails_is_the_trials_own_failure() -> None:
    models()
    import keras

    def build_model(hp):
        if hp.Boolean("broken"):
            raise ValueError("broken")
        return keras.Sequential([keras.layers.Dense(10)])

    assert "broken" in find_model(build_model, "classification").with_discovered_space().space


def test_a_trial_that_memory_does_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    source = found("small")
    build = source.load()
    monkeypatch.setattr(machine, "free_memory", lambda: 20 * 700 / 0.8)
    assert build({"units": 8}, DIGITS).count_params() == 610
    with pytest.raises(
        TrainingError, match=r"^the model has 1,024 parameters or more.*memory has room for 700$"
    ) as caught:
        build({"units": 16}, DIGITS)
    assert caught.value.kind == "memory"


def test_conditions_that_builds_do_not_bear_out_are_not_made() -> None:
    a, b, child = Categorical("a", (False, True)), Categorical("b", (False, True)), Int("child", 1, 2)
    tried = {"a": (False, True), "b": (False, True)}
    either = [
        {"a": x, "b": y, **({"child": 1} if x or y else {})} for x in (False, True) for y in (False, True)
    ]
    assert with_conditions((a, b, child), either, tried) == (a, b, child)
    assert with_conditions((a, b, child), either[:3], {"a": (False, True)}) == (a, b, child)


@pytest.mark.parametrize("name", ["HyperResNet", "HyperXception"])
def test_applications(name: str) -> None:
    models()
    source = find_model(name, "classification").with_discovered_space()
    assert "learning_rate" in source.space
    assert add_known_names(SpaceSpec(), source) == (source, ()), "its authors say where it starts"
    smallest = source.space.recommended()
    model = source.load()(smallest, Signature((32, 32, 3), 10, "classification"))
    assert model.output_shape == (None, 10)
    with pytest.raises(ModelError, match=f"'{name}' does classification"):
        find_model(name, "regression")
