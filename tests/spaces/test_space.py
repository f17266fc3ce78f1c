"""Properties that every space has, whatever is in it; hypothesis makes the spaces."""

from __future__ import annotations

import itertools
import math

import numpy as np
import optuna
import pytest
import yaml
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st
from kerasweep.errors import SpaceError
from kerasweep.spaces import (
    Between,
    Categorical,
    Condition,
    Float,
    Int,
    Recommendation,
    Space,
    configuration_key,
    space_from_dict,
    space_to_dict,
)
from optuna.trial import TrialState, create_trial
from space_strategies import UNIT, hyperparameters, spaces


def _can_be(make, *arguments) -> bool:
    try:
        make(*arguments)
    except SpaceError:
        return False
    return True


def small_grid(space: Space) -> list:
    return list(itertools.islice(space.grid(), 300))


def _is(value, named) -> bool:
    if isinstance(named, Between):
        return type(value) in (int, float) and named.low <= value <= named.high
    return type(value) is type(named) and value == named


def active(space: Space, configuration: dict) -> set[str]:
    """Names of active hyperparameters, by the definition rather than by the code under test."""
    names: set[str] = set()
    for hyperparameter in space:
        if all(
            condition.parent in names
            and any(_is(configuration[condition.parent], value) for value in condition.values)
            for condition in hyperparameter.conditions
        ):
            names.add(hyperparameter.name)
    return names


@given(spaces())
def test_a_space_is_the_same_after_a_file(space: Space) -> None:
    text = yaml.safe_dump(space_to_dict(space), allow_unicode=True, sort_keys=False)
    assert space_from_dict(space_to_dict(space)) == space
    assert space_from_dict(yaml.safe_load(text)) == space
    assert space_to_dict(space_from_dict(yaml.safe_load(text))) == space_to_dict(space)


@given(spaces(), st.integers(0, 2**32 - 1))
def test_samples_are_configurations(space: Space, seed: int) -> None:
    for configuration in (space.sample(np.random.default_rng(seed)), space.recommended()):
        checked = space.check(configuration)
        assert configuration_key(checked) == configuration_key(configuration)
        assert list(checked) == list(configuration) == [name for name in space.names if name in configuration]
        assert set(configuration) == active(space, configuration)


@given(spaces(), st.data())
def test_points_of_the_unit_cube_are_configurations(space: Space, data: st.DataObject) -> None:
    vector = data.draw(st.lists(UNIT, min_size=len(space), max_size=len(space)))
    configuration = space.from_unit(vector)
    assert configuration_key(space.check(configuration)) == configuration_key(configuration)
    assert space.from_unit(vector) == configuration
    again = space.from_unit(space.to_unit(configuration))
    assert again.keys() == configuration.keys()
    for name, value in configuration.items():
        assert again[name] == (pytest.approx(value, rel=1e-9) if isinstance(value, float) else value)


@given(spaces())
def test_the_grid_is_every_active_combination_once(space: Space) -> None:
    grid = small_grid(space)
    keys = [configuration_key(configuration) for configuration in grid]
    assert len(set(keys)) == len(keys)
    for configuration in grid:
        assert configuration_key(space.check(configuration)) == configuration_key(configuration)
    if any(hyperparameter.recommended_when for hyperparameter in space):
        return  # a recommended value of the grid follows the choices before it
    if math.prod(len(hyperparameter.grid) for hyperparameter in space) > 300:
        return
    expected = set()
    for values in itertools.product(*(hyperparameter.grid for hyperparameter in space)):
        everything = dict(zip(space.names, values, strict=True))
        names = active(space, everything)
        expected.add(configuration_key({name: value for name, value in everything.items() if name in names}))
    assert set(keys) == expected


@given(spaces())
def test_a_grid_that_holds_the_recommended_values_begins_with_them(space: Space) -> None:
    if all(any(_is(one.recommended, value) for value in one.grid) for one in space):
        assert next(space.grid()) == space.recommended()
    for point in small_grid(space):
        for one in space:
            if one.name in point:
                values = one.grid_for({name: point[name] for name in space.names if name in point})
                assert len(values) == len(one.grid), "the grid keeps its size"
                assert any(_is(point[one.name], value) for value in values)


def test_the_recommended_value_stands_in_a_derived_grid_and_a_given_one_begins_with_the_nearest() -> None:
    assert Float("x", 0.001, 0.1, log=True, recommended=0.003).grid == (0.001, 0.003, 0.1)
    assert Int("n", 1, 100, recommended=8).grid == (1, 8, 100)
    assert Int("n", 1, 100, recommended=100).grid == (1, 51, 100)
    given = Float("x", 0.001, 0.1, log=True, recommended=0.003, grid=(0.05, 0.02, 0.002))
    assert given.grid_for({}) == (0.002, 0.05, 0.02)
    following = Float(
        "x",
        0.001,
        0.1,
        recommended=0.003,
        recommended_when=(Recommendation(0.04, (Condition("kind", ("a",)),)),),
        grid=(0.003, 0.02),
    )
    assert following.grid_for({"kind": "b"}) == (0.003, 0.02)
    assert following.grid_for({"kind": "a"}) == (0.04, 0.02)


@given(spaces())
def test_a_finite_space_lists_all_of_its_configurations(space: Space) -> None:
    if space.cardinality > 300:
        return
    found = list(space.configurations())
    keys = {configuration_key(configuration) for configuration in found}
    assert len(keys) == len(found) <= space.cardinality
    assert all(configuration_key(space.check(configuration)) in keys for configuration in found)
    assert configuration_key(space.recommended()) in keys
    assert {configuration_key(configuration) for configuration in space.grid()} <= keys


@given(spaces(), st.data())
def test_replacing_a_hyperparameter_leaves_a_sound_space(space: Space, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(space.names))
    position = space.names.index(name)
    new = data.draw(hyperparameters(name, space.hyperparameters[:position]))
    assume(_can_be(Space, (*space.hyperparameters[:position], new)))
    changed = space.with_hyperparameter(new)
    assert changed[name] == new
    assert changed.names == tuple(kept for kept in space.names if kept in changed)
    dropped = set(space.names) - set(changed.names)
    assert all(space[child].conditions for child in dropped)
    changed.check(changed.recommended())
    for configuration in itertools.islice(changed.grid(), 20):
        changed.check(configuration)


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> optuna.storages.RDBStorage:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna.storages.RDBStorage(f"sqlite:///{tmp_path_factory.mktemp('studies') / 'study.db'}")


@settings(max_examples=25, deadline=None, phases=[Phase.generate])
@given(space=spaces())
def test_a_study_gives_configurations_and_reads_them_back(space: Space, storage) -> None:
    """Suggested and enqueued values pass through Optuna's schema, which knows numbers and JSON only."""
    study = optuna.create_study(storage=storage, sampler=optuna.samplers.RandomSampler(seed=1))
    asked = [space.suggest(study.ask())]
    recommended = space.recommended()
    study.enqueue_trial(recommended)
    asked.append(space.suggest(study.ask()))
    assert configuration_key(asked[-1]) == configuration_key(recommended)
    for configuration, trial in zip(asked, study.trials, strict=True):
        assert configuration_key(space.check(configuration)) == configuration_key(configuration)
        assert configuration_key(trial.params) == configuration_key(configuration)


@pytest.mark.parametrize("bounds", [(1, 2), (1, 3), (16, 512), (7, 1000)])
def test_a_logarithmic_range_of_whole_numbers_covers_both_ends(bounds: tuple[int, int]) -> None:
    low, high = bounds
    hyperparameter = Int("units", low, high, log=True)
    points = [hyperparameter.from_unit(float(unit)) for unit in np.linspace(0, 1, 200_001)[:-1]]
    assert points[0] == low
    assert points[-1] == high
    assert points == sorted(points)
    counts = np.bincount(points)
    shares = counts[low : high + 1] / len(points)
    expected = np.log(np.arange(low, high + 1) + 0.5) - np.log(np.arange(low, high + 1) - 0.5)
    assert np.allclose(shares, expected / expected.sum(), atol=1e-4)


def test_steps_reach_every_value_and_no_other() -> None:
    hyperparameter = Int("units", 16, 100, step=16)
    assert sorted({hyperparameter.from_unit(unit / 1000) for unit in range(1000)}) == [16, 32, 48, 64, 80, 96]
    assert tuple(hyperparameter.values()) == (16, 32, 48, 64, 80, 96)
    assert hyperparameter.from_unit(1.0) == 96


def parent_and(*more: Categorical | Int | Float) -> Space:
    return Space((Categorical("optimizer", ("adam", "sgd")), *more))


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda: parent_and(Int("optimizer", 1, 2)), "optimizer is defined twice."),
        (
            lambda: Space((Int("a", 1, 3, conditions=(Condition("a", (1,)),)),)),
            "a depends on itself.",
        ),
        (
            lambda: Space((Int("a", 1, 3, conditions=(Condition("b", (1,)),)), Int("b", 1, 3))),
            "a depends on b, which must be defined before it.",
        ),
        (
            lambda: Space(
                (
                    Int("a", 1, 3, conditions=(Condition("b", (1,)),)),
                    Int("b", 1, 3, conditions=(Condition("a", (1,)),)),
                )
            ),
            "a depends on itself in a circle: a -> b -> a.",
        ),
        (
            lambda: parent_and(Float("momentum", 0, 1, conditions=(Condition("optimiser", ("sgd",)),))),
            "momentum depends on optimiser, which is not in the space. Did you mean 'optimizer'?",
        ),
        (
            lambda: parent_and(Float("momentum", 0, 1, conditions=(Condition("optimizer", ("SGD",)),))),
            "momentum has a condition that never holds: optimizer must be one of adam,sgd, got 'SGD'.",
        ),
        (
            lambda: parent_and(Float("momentum", 0, 1, conditions=(Condition("optimizer", ()),))),
            "momentum can never be active: no value of optimizer is named.",
        ),
        (
            lambda: Int(
                "a", 1, 2, conditions=(Condition("optimizer", ("sgd",)), Condition("optimizer", ("adam",)))
            ),
            "a has two conditions on optimizer; join their values in one.",
        ),
    ],
)
def test_spaces_that_cannot_be(made, message: str) -> None:
    with pytest.raises(SpaceError) as caught:
        made()
    assert str(caught.value) == message


def test_conditions_hold_for_values_as_the_parent_gives_them() -> None:
    space = Space(
        (
            Int("layers", 1, 3),
            Float("rate", 0, 2),
            Int("units", 1, 9, conditions=(Condition("layers", (2.0,)), Condition("rate", [1]))),
        )
    )
    assert space.check({"layers": 2, "rate": 1.0, "units": 3}) == {"layers": 2, "rate": 1.0, "units": 3}
    assert hash(space) == hash(space_from_dict(space_to_dict(space)))


def test_children_are_narrowed_or_dropped_with_their_parent() -> None:
    space = Space(
        (
            Int("layers", 0, 3),
            Int("units", 8, 64, conditions=(Condition("layers", (1, 2, 3)),)),
            Categorical("activation", ("relu", "tanh"), conditions=(Condition("units", (8,)),)),
        )
    )
    fewer = space.with_hyperparameter(Int("layers", 0, 2))
    assert fewer["units"].conditions == (Condition("layers", (1, 2)),)
    assert fewer.names == space.names
    none = space.with_hyperparameter(Categorical("layers", (0,)))
    assert none.names == ("layers",)
    assert space.with_hyperparameter(Int("new", 1, 2)).names == (*space.names, "new")


def test_check_names_every_fault_at_once() -> None:
    space = parent_and(
        Float("momentum", 0, 1, conditions=(Condition("optimizer", ("sgd",)),)), Int("units", 1, 9)
    )
    with pytest.raises(SpaceError) as caught:
        space.check({"optimizer": "adam", "momentum": 0.5, "unit": 3})
    assert str(caught.value) == (
        "There is no hyperparameter 'unit'. Did you mean 'units'? "
        "momentum is not active here (it depends on optimizer). units is missing."
    )


def test_configurations_differ_by_type() -> None:
    assert len({configuration_key({"a": value}) for value in (1, 1.0, True, "1", None)}) == 5
    assert configuration_key({"a": 1, "b": 2}) == configuration_key({"b": 2, "a": 1})


def test_a_continuous_space_has_no_list() -> None:
    with pytest.raises(SpaceError, match=r"^rate is continuous; its values cannot be listed\.$"):
        list(Space((Float("rate", 0, 1),)).configurations())


def test_readers_of_optuna_need_no_kerasweep() -> None:
    """What a study holds is Optuna's own: distributions rebuild the space's ranges."""
    space = Space(
        (Float("rate", 1e-3, 1, log=True), Int("units", 2, 8, step=2), Categorical("name", ("가", "b")))
    )
    study = optuna.create_study()
    study.add_trial(
        create_trial(
            state=TrialState.COMPLETE,
            value=1.0,
            params={"rate": 0.1, "units": 4, "name": "가"},
            distributions={
                "rate": optuna.distributions.FloatDistribution(1e-3, 1, log=True),
                "units": optuna.distributions.IntDistribution(2, 8, step=2),
                "name": optuna.distributions.CategoricalDistribution(("가", "b")),
            },
        )
    )
    trial = study.ask()
    space.suggest(trial)
    assert trial.distributions == study.trials[0].distributions
