"""Optuna's distributions as our hyperparameters, and back."""

from __future__ import annotations

import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasweep.errors import SpaceError
from kerasweep.spaces import Categorical, Condition, Float, Int, Space, space_from_optuna, space_to_optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

SPACE = Space(
    (
        Categorical("optimizer", ("adam", None, True, 1.5)),
        Float("rate", 1e-4, 1e-1, log=True, recommended=0.01),
        Float("momentum", 0.0, 0.9, conditions=(Condition("optimizer", ("adam",)),)),
        Int("units", 8, 64, log=True),
        Int("step", 3, 20, step=5),
    )
)


def test_they_are_what_a_sweep_stores() -> None:
    study = optuna.create_study()
    trial = study.ask()
    asked = SPACE.suggest(trial)
    distributions = space_to_optuna(SPACE)
    assert {name: distributions[name] for name in asked} == trial.distributions
    assert study.ask(distributions).params.keys() == set(SPACE.names)


def test_there_and_back() -> None:
    back = space_from_optuna(space_to_optuna(SPACE))
    assert back.names == SPACE.names
    assert (back["step"].low, back["step"].high, back["step"].step) == (3, 18, 5)
    assert space_to_optuna(back) == space_to_optuna(SPACE)


def test_what_only_optuna_says() -> None:
    space = space_from_optuna(
        {
            "stepped": FloatDistribution(0.0, 0.3, step=0.1),
            "one": IntDistribution(3, 3),
            "alone": FloatDistribution(0.5, 0.5),
            "log": IntDistribution(1, 100, log=True),
        }
    )
    assert space == Space(
        (
            Categorical("stepped", (0.0, 0.1, 0.2, 0.3)),
            Categorical("one", (3,)),
            Categorical("alone", (0.5,)),
            Int("log", 1, 100, log=True),
        )
    )


@pytest.mark.parametrize(
    ("distribution", "message"),
    [
        (FloatDistribution(0.0, 1.0, step=1e-4), r"^a: the step 0\.0001 makes more than 1000 values; leave it out\.$"),
        (CategoricalDistribution((float("inf"), 1.0)), r"^a: a choice must be finite, got inf\.$"),
        (object(), r"^a: Optuna's object has no counterpart\.$"),
    ],
)  # fmt: skip
def test_what_has_no_counterpart(distribution, message: str) -> None:
    with pytest.raises(SpaceError, match=message):
        space_from_optuna({"a": distribution})


BOUNDS = st.tuples(st.integers(1, 1000), st.integers(1, 1000)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@st.composite
def hyperparameters(draw, name: str):
    low, high = draw(BOUNDS)
    kind = draw(st.sampled_from(("int", "log int", "stepped", "float", "log float", "choice")))
    if kind == "choice":
        return Categorical(name, tuple(draw(st.lists(st.integers(), min_size=1, max_size=4, unique=True))))
    if "float" in kind:
        return Float(name, float(low), float(high), log=kind == "log float")
    return Int(
        name,
        low,
        high,
        log=kind == "log int",
        step=draw(st.integers(1, high - low)) if kind == "stepped" else 1,
    )


@given(st.tuples(hyperparameters("a"), hyperparameters("b")))
@settings(max_examples=200, deadline=None)
def test_any_space_comes_back(made) -> None:
    space = Space(made)
    distributions = space_to_optuna(space)
    back = space_from_optuna(distributions)
    assert space_to_optuna(back) == distributions
    for one, again in zip(space, back, strict=True):
        assert one.range_text() == again.range_text() or getattr(one, "step", 1) > 1
