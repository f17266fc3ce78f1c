"""The presets: know-how as data."""

from __future__ import annotations

import numpy as np
import pytest
from kerasweep.errors import SpaceError
from kerasweep.spaces import (
    PRESETS,
    SIZES,
    configuration_key,
    pick,
    preset,
    space_from_dict,
    space_to_dict,
)
from kerasweep.spaces.catalogue import CATALOGUE


@pytest.mark.parametrize("family", PRESETS)
def test_a_grid_is_a_practitioners_first_grid(family: str) -> None:
    space = preset(family)
    grid = list(space.grid())
    assert 6 <= len(grid) <= 10
    assert [space.check(configuration) for configuration in grid] == grid
    assert space.check(space.recommended()) == space.recommended()


@pytest.mark.parametrize("family", PRESETS)
def test_every_hyperparameter_says_what_it_is_and_where_its_value_is_from(family: str) -> None:
    for hyperparameter in preset(family):
        assert hyperparameter.meaning
        assert hyperparameter.source
        assert hyperparameter.group
        assert hyperparameter.recommended in hyperparameter.grid or hyperparameter.name == "units"


def test_an_unknown_family() -> None:
    with pytest.raises(SpaceError, match=r"^There is no preset 'cmnn'\. Did you mean 'cnn'\?$"):
        preset("cmnn")


CASES = [
    (family, size, task, kind)
    for family in PRESETS
    for size in SIZES
    for task in ("classification", "regression")
    for kind in ("table", "array", "sequence", "image", "colour image")
    if PRESETS[family].task in (None, task)
    and (PRESETS[family].kind is None or PRESETS[family].kind in kind.split())
]


@pytest.mark.parametrize(("family", "size", "task", "kind"), CASES)
def test_presets_are_sound(family: str, size: str, task: str, kind: str) -> None:
    space = preset(family, size, task=task, kind=kind)
    assert space.check(space.recommended()) == space.recommended()
    for number in range(3):
        configuration = space.sample(np.random.default_rng(number))
        assert space.check(configuration) == configuration
    assert 3 <= space.grid_size(10) <= 10
    if size == "standard":
        assert (10 if family == "own" else 15) <= len(space) < 30, "about 25"
    if size != "basic":
        for one in space:
            assert CATALOGUE[one.name].applies(family, task, kind), one.name


@pytest.mark.parametrize("family", PRESETS)
def test_sizes_grow(family: str) -> None:
    basic, standard, full = (preset(family, size) for size in SIZES)
    assert len(basic) < len(standard) < len(full)
    assert set(basic.names) <= set(standard.names) <= set(full.names)
    assert "epochs" not in full, "the sweep says how many"


@pytest.mark.parametrize("family", PRESETS)
def test_round_trips_lose_nothing(family: str) -> None:
    space = preset(family, "full")
    assert space_from_dict(space_to_dict(space)) == space
    for number in range(3):
        configuration = space.sample(np.random.default_rng(number))
        again = space.from_unit(space.to_unit(configuration))
        assert again.keys() == configuration.keys()
        for name, value in configuration.items():
            assert again[name] == (pytest.approx(value, rel=1e-9) if isinstance(value, float) else value)


def test_learning_rates_are_the_optimizers() -> None:
    rate = CATALOGUE["learning_rate"].hyperparameter
    assert 0.01 <= rate.recommended_for({"optimizer": "sgd"}) <= 0.04
    assert rate.recommended_for({"optimizer": "adam"}) == 0.001
    basic = preset("dnn")["learning_rate"]
    assert basic.recommended_for({"optimizer": "adam"}) == 0.01, "as the course has it"


def test_a_pick_varies_what_it_names_and_fixes_the_rest() -> None:
    space = pick("dnn", ["dropout", "momentum"])
    varied = {one.name for one in space if one.cardinality > 1}
    assert varied == {"dropout", "momentum"}
    assert space["optimizer"].range_text() == "sgd", "what momentum is active with"
    assert space.recommended()["units"] == preset("dnn").recommended()["units"]
    both = pick("dnn", ["optimizer", "momentum", "beta_1", "momentum"])
    assert {one.name for one in both if one.cardinality > 1} == {"optimizer", "momentum", "beta_1"}
    assert both.recommended().keys() >= {"optimizer", "beta_1"}


@pytest.mark.parametrize(
    ("family", "names", "message"),
    [
        (
            "dnn",
            ["momentun", "filters", "unit"],
            (
                "There is no hyperparameter 'momentun' in the catalogue. Did you mean 'momentum'? "
                "filters does nothing for dnn; it acts on cnn, resnet, cnn1d, tcn, text. "
                "There is no hyperparameter 'unit' in the catalogue. Did you mean 'units'?"
            ),
        ),
        (
            "dnn",
            ["momentum", "beta_1"],
            (
                "beta_1 is active where optimizer is adam or adamw or nadam or adamax or lamb or lion, others where it is "
                "sgd or rmsprop or muon; add optimizer as well."
            ),
        ),
        ("cmnn", ["momentum"], "There is no preset 'cmnn'. Did you mean 'cnn'?"),
    ],
)
def test_picks_that_cannot_be(family: str, names: list[str], message: str) -> None:
    with pytest.raises(SpaceError) as caught:
        pick(family, names)
    assert str(caught.value) == message


def test_an_unknown_size() -> None:
    with pytest.raises(SpaceError, match=r"^There is no preset 'ful'\. Did you mean 'full'\?$"):
        preset("dnn", "ful")


@pytest.mark.parametrize("kind", ["table", "image"])
@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("family", PRESETS)
def test_the_recommended_configuration_is_the_first_of_the_grid(family, size, task, kind) -> None:
    space = preset(family, size, task=task, kind=kind)
    points = list(space.grid())
    assert points[0] == space.recommended()
    assert len({configuration_key(point) for point in points}) == len(points)
