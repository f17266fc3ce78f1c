"""Hyperparameters of users' functions that are called as the catalogue, or anyone, calls them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from kerasweep.spaces import Categorical, Condition, Float, Hyperparameter, Int, Recommendation, Space, preset
from kerasweep.spaces.catalogue import CATALOGUE
from kerasweep.spaces.known_names import ALIASES, entry_meant, with_known_names


def advised(*asked: Hyperparameter, defaults: bool = True, **more: Any) -> Space:
    return with_known_names(Space(asked), defaults=defaults, **more).space


def as_keras_tuner(one: Hyperparameter) -> Hyperparameter:
    """Return a hyperparameter with the default that KerasTuner takes where a function says none."""
    return replace(one, recommended=one.low if hasattr(one, "low") else one.values()[0], grid=())


def ranges(name: str, entry: Hyperparameter) -> tuple[Hyperparameter, Hyperparameter]:
    """Return a range that holds an entry's recommended value, and one that does not."""
    if isinstance(entry, Categorical):
        others = [choice for choice in entry.choices if choice != entry.recommended]
        fitting = (others[0], entry.recommended)
        other = (others[0], others[-1]) if len(others) > 1 else ("one", "two")
        return Categorical(name, fitting), Categorical(name, other)
    kind, value = type(entry), entry.recommended
    span = 1 if kind is Int else max(abs(value), 0.1) / 2
    return kind(name, value - span, value + span), kind(name, value + span, value + 3 * span)


@pytest.mark.parametrize("name", [*ALIASES, "lr_1", "units_2", "optimizer", "learning_rate", "dropout"])
def test_every_name_takes_the_entrys_value_where_it_fits(name: str) -> None:
    entry = entry_meant(name)
    assert entry is not None
    assert CATALOGUE[entry.name].hyperparameter is entry
    assert ALIASES.get(name, entry.name) == entry.name
    fitting, other = map(as_keras_tuner, ranges(name, entry))
    (found,) = advised(fitting)
    assert (found.recommended, found.confidence) == (entry.recommended, entry.confidence)
    assert found.grid_for({})[0] == entry.recommended
    assert (found.name, found.range_text(), found.conditions) == (
        name, fitting.range_text(), fitting.conditions,
    )  # fmt: skip
    assert advised(other) == Space((other,))
    of_optuna = with_known_names(Space((ranges(name, entry)[0],)), defaults=False).space[name]
    assert of_optuna.recommended == entry.recommended


@pytest.mark.parametrize(
    ("name", "entry"),
    {
        "LR": "learning_rate", "learningRate": "learning_rate", "Learning Rate": "learning_rate",
        "units_1": "units", "n_units_l0": "units", "dense_1_units": "units", "fc1_units": "units", "units_2_1": "units",
        "head/units": "units", "units@model_type.dense": "units", "num_units": "units", "n_neurons": "units",
        "dropout2": "dropout", "dropout_l2": "dropout", "DropoutRate": "dropout", "layer_1_dropout": "dropout",
        "n_layers": "hidden_layers", "num_layers": "hidden_layers", "num_dense_layers": "hidden_layers",
        "conv_1_filter": "filters", "conv_1_kernel": "kernel_size", "n_filters": "filters",
        "l2": "l2", "l2_1": "l2", "beta_1": "beta_1", "beta_2": "beta_2", "batch": "batch_size",
        "momentum": "momentum", "weight_decay": "weight_decay", "activation_3": "activation", "use_bias": "use_bias",
        "epochs": None, "patience": None, "scaling": None, "mixing": None, "layer_1": None, "num_conv_layers": None,
        "hidden": None, "depth": None, "x": None, "0.1": None, "n": None, "": None,
    }.items(),
)  # fmt: skip
def test_what_a_name_means(name: str, entry: str | None) -> None:
    meant = entry_meant(name)
    assert (meant and meant.name) == entry


@pytest.mark.parametrize(
    ("asked", "value"),
    [
        (Int("units", 32, 512, step=32, recommended=32), 128),
        (Int("units", 16, 500, step=50, recommended=16), 116),
        (Int("units", 100, 130, step=100, recommended=100), 100),
        (Int("batch", 8, 512, log=True, recommended=8), 100),
        (Categorical("batch", (16, 64, 128)), 128),
        (Categorical("batch", (32, 64, 110)), 110),
        (Categorical("units", (32.0, 64.0, 160.0)), 160.0),
        (Categorical("lr", (1e-2, 2e-3, 1e-4)), 2e-3),
        (Categorical("dropout", (0.0, 0.2, 0.4)), 0.2),
        (Categorical("kernel", (5, 3)), 3),
        (Int("kernel", 2, 5, recommended=2), 3),
        (Categorical("opt", ("RMSprop", "Adam")), "Adam"),
        (Categorical("act", ("tanh", "ReLU")), "ReLU"),
        (Categorical("nesterov", (True, False)), False),
    ],
)
def test_the_nearest_step_or_choice(asked: Hyperparameter, value: Any) -> None:
    assert [one.recommended for one in advised(asked)] == [value]


@pytest.mark.parametrize(
    "asked",
    [
        Int("dropout", 0, 50, recommended=0),  # percents
        Categorical("dropout", (10, 20, 50)),
        Categorical("dropout", (False, True)),  # whether
        Int("lr", -5, -1, recommended=-5),  # exponents
        Float("lr", -5.0, -1.0, recommended=-5.0),
        Categorical("lr", ("constant", "cosine")),
        Categorical("lr", (0.1, 0.01)),
        Categorical("units", ("small", "large")),
        Categorical("units", (32, None, 512)),
        Categorical("units", ((64, 32), (128,))),
        Categorical("units", (128,)),
        Categorical("optimizer", ("sgd", "ftrl")),
        Categorical("optimizer", ("adam",)),
        Int("optimizer", 0, 3, recommended=0),
        Categorical("amsgrad", (1, 0)),
        Float("l2", 0.001, 0.1, log=True, recommended=0.001),
    ],
)
def test_what_does_not_fit_stays(asked: Hyperparameter) -> None:
    found = with_known_names(Space((asked,)), defaults=True)
    assert found.space == Space((asked,))
    assert not found.meant
    assert not str(found)


def test_a_default_that_a_function_says_stays() -> None:
    said = (
        Float("lr", 1e-4, 1e-1, log=True, recommended=1e-2),
        Int("units", 32, 512, step=32, recommended=64),
        Categorical("optimizer", ("sgd", "rmsprop", "adam"), recommended="rmsprop"),
    )
    assert advised(*said) == Space(said)
    assert advised(*said, defaults=False).recommended() == {"lr": 0.001, "units": 128, "optimizer": "adam"}
    silent = tuple(map(as_keras_tuner, said))
    assert advised(*silent).recommended() == {"lr": 0.001, "units": 128, "optimizer": "adam"}
    assert advised(*silent, except_for=("lr", "units", "optimizer")) == Space(silent)


def test_what_the_catalogue_gave_stays() -> None:
    changed = replace(preset("own")["optimizer"], recommended="sgd")
    own = preset("own").with_hyperparameter(changed)
    assert advised(*own, defaults=False) == own


def test_advice_follows_the_functions_own_optimizer() -> None:
    space = advised(
        Categorical("opt", ("SGD", "rmsprop")), Float("lr", 1e-4, 1e-1, log=True, recommended=1e-4)
    )
    assert space["lr"].recommended_when == (Recommendation(0.02, (Condition("opt", ("SGD",)),)),)
    assert space.recommended() == {"opt": "SGD", "lr": 0.02}
    rate = Float("lr", 1e-4, 1e-1, log=True, recommended=1e-4, conditions=(Condition("opt", ("adam",)),))
    assert not advised(Categorical("opt", ("SGD", "adam")), rate)["lr"].recommended_when
    later = advised(replace(rate, conditions=()), Categorical("opt", ("SGD", "rmsprop")))
    assert not later["lr"].recommended_when, "it is chosen before the optimizer"
    two = (Categorical("opt_1", ("SGD", "rmsprop")), Categorical("opt_2", ("SGD", "rmsprop")))
    assert not advised(*two, replace(rate, conditions=()))["lr"].recommended_when


def test_which_is_which_as_words() -> None:
    rate, units = Float("lr", 1e-4, 1e-1, recommended=1e-4), Int("units", 32, 512, recommended=32)
    known = with_known_names(Space((rate, units, Int("x", 1, 3))), defaults=True)
    assert str(known) == "lr, units: recommended values of the catalogue's learning_rate and units"
    many = [replace(units, name=f"units_{layer}") for layer in range(10)]
    text = str(with_known_names(Space(tuple(many)), defaults=True))
    assert text.endswith("units_7 and 2 more: recommended values of the catalogue's units")
