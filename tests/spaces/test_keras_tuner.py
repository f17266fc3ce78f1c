"""KerasTuner's hyperparameters as ours, and back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasweep.errors import SpaceError
from kerasweep.spaces import (
    Categorical,
    Condition,
    Float,
    Int,
    Space,
    space_from_dict,
    space_from_keras_tuner,
    space_to_dict,
    space_to_keras_tuner,
)
from kerasweep.spaces.tuner_functions import takes_hp

pytestmark = pytest.mark.trains  # imports TensorFlow


@pytest.fixture(scope="module")
def kt():
    from kerasweep.training.quiet import import_tensorflow

    import_tensorflow()
    import keras_tuner

    return keras_tuner


def ask(hp) -> None:
    hp.Int("layers", 1, 3, default=2)
    hp.Int("units", 32, 512, step=32, default=64)
    hp.Int("filters", 8, 64, sampling="log", default=8)
    hp.Float("rate", 1e-4, 1e-2, sampling="log", default=1e-3)
    hp.Float("momentum", 0.0, 0.9)
    hp.Choice("activation", ["relu", "tanh"], default="tanh")
    hp.Choice("size", [3, 5])
    hp.Boolean("dropout", default=True)
    hp.Fixed("seed", 7)
    with hp.name_scope("optimizer"):
        kind = hp.Choice("kind of it", ["adam", "sgd"])
        with hp.conditional_scope("kind of it", ["sgd"]):
            hp.Boolean("nesterov")
            with hp.conditional_scope("nesterov", [True]):
                hp.Float("0.1", 0.0, 1.0)
    assert kind == "adam"


def test_every_kind(kt) -> None:
    hp = kt.HyperParameters()
    ask(hp)
    space = space_from_keras_tuner(hp)
    sgd, nesterov = (
        Condition("optimizer/kind of it", ("sgd",)),
        Condition("optimizer/nesterov", (True,)),
    )
    expected = Space(
        (
            Int("layers", 1, 3, recommended=2),
            Int("units", 32, 512, step=32, recommended=64),
            Int("filters", 8, 64, log=True, recommended=8),
            Float("rate", 1e-4, 1e-2, log=True, recommended=1e-3),
            Float("momentum", 0.0, 0.9, recommended=0.0),
            Categorical("activation", ("relu", "tanh"), recommended="tanh"),
            Categorical("size", (3, 5)),
            Categorical("dropout", (False, True), recommended=True),
            Categorical("seed", (7,)),
            Categorical("optimizer/kind of it", ("adam", "sgd")),
            Categorical("optimizer/nesterov", (False, True), conditions=(sgd,)),
            Float("optimizer/0.1", 0.0, 1.0, recommended=0.0, conditions=(sgd, nesterov)),
        )
    )
    assert space == expected
    assert space_from_dict(space_to_dict(space)) == space
    back = space_to_keras_tuner(space)
    assert back.get_config() == hp.get_config(), "nothing is lost"


def test_what_only_keras_tuner_says(kt) -> None:
    hp = kt.HyperParameters()
    hp.Float("rate", 0.0, 0.5, step=0.25, default=0.25)
    hp.Int("batch", 2, 32, step=2, sampling="log")
    hp.Float("momentum", 0.5, 0.9, sampling="reverse_log")
    hp.Int("one", 3, 3)
    hp.Choice("alone", ["x"])
    space = space_from_keras_tuner(hp)
    assert space["rate"] == Categorical("rate", (0.0, 0.25, 0.5), recommended=0.25)
    assert space["batch"] == Categorical("batch", (2, 4, 8, 16, 32))
    assert space["momentum"] == Float("momentum", 0.5, 0.9, recommended=0.5)
    assert (space["one"].choices, space["alone"].choices) == ((3,), ("x",))
    assert space_to_keras_tuner(space).values == space.recommended()


def test_one_name_in_two_scopes(kt) -> None:
    hp = kt.HyperParameters()
    hp.Choice("kind", ["a", "b", "c"])
    for kind in ("a", "b"):
        with hp.conditional_scope("kind", kind):
            hp.Int("units", 1, 3)
    assert space_from_keras_tuner(hp)["units"].conditions == (Condition("kind", ("a", "b")),)
    with hp.conditional_scope("kind", "c"):
        hp.Int("units", 1, 4)
    with pytest.raises(
        SpaceError, match=r"^units is asked for as Int 1\.\.3 and as Int 1\.\.4; a hyperparameter has"
    ):
        space_from_keras_tuner(hp)  # fmt: skip


def test_what_keras_tuner_cannot_say(kt) -> None:
    space = Space((Categorical("a", (None, 1)), Categorical("b", ("x", 1)), Int("c", 1, 2)))
    with pytest.raises(SpaceError) as caught:
        space_to_keras_tuner(space)
    assert str(caught.value) == (
        "a: KerasTuner has no choice that is none; write it as text or another number. "
        "b: KerasTuner's choices have one type, not int and str."
    )
    hp = kt.HyperParameters()
    hp.Float("fine", 0.0, 1.0, step=1e-4)
    with pytest.raises(
        SpaceError, match=r"^fine: the step 0\.0001 makes more than 1000 values; leave it out\."
    ):
        space_from_keras_tuner(hp)


NAMES = st.text(st.characters(codec="utf-8", exclude_characters="="), min_size=1, max_size=12).filter(
    lambda name: name.isprintable() and name == name.strip()
)
BOUNDS = st.tuples(st.integers(1, 1000), st.integers(1, 1000)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@st.composite
def spaces(draw) -> Space:
    made: list = []
    for name in draw(st.lists(NAMES, min_size=1, max_size=5, unique=True)):
        parents = [one for one in made if isinstance(one, Categorical) and len(one.choices) > 1]
        words: dict = {}
        if parents and draw(st.booleans()):
            parent = draw(st.sampled_from(parents))
            words["conditions"] = (Condition(parent.name, (draw(st.sampled_from(parent.choices)),)),)
        low, high = draw(BOUNDS)
        kind = draw(st.sampled_from(("int", "log int", "float", "choice", "boolean", "fixed")))
        if kind == "int":
            made.append(Int(name, low, high, step=draw(st.integers(1, 9)), **words))
        elif kind == "log int":
            made.append(Int(name, low, high, log=True, **words))
        elif kind == "float":
            made.append(Float(name, low / 7, high / 3 + 1e3, log=draw(st.booleans()), **words))
        else:
            choices = {"choice": ("x", "y", "z"), "boolean": (False, True), "fixed": (low,)}[kind]
            made.append(Categorical(name, choices, **words))
    return Space(tuple(made))


@given(spaces())
@settings(max_examples=60, deadline=None)
def test_there_and_back(space: Space) -> None:
    assert space_from_keras_tuner(space_to_keras_tuner(space)) == space


@pytest.mark.parametrize(
    ("function", "theirs"),
    [
        (lambda hp: None, True),
        (lambda anything, width=3: None, True),
        (lambda hp, *, width=3: None, True),
        (lambda config, signature: None, False),
        (lambda config, signature, width=3: None, False),
        (lambda config, signature=None: None, False),
        (lambda *arguments: None, False),
        (lambda: None, False),
        (print, False),
        ("text", False),
    ],
)
def test_whose_function_it_is(function, theirs: bool) -> None:
    assert takes_hp(function) == theirs
