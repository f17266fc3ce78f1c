"""The presets: know-how as data."""

from __future__ import annotations

import pytest
from kerasweep.errors import SpaceError
from kerasweep.spaces import PRESETS, preset


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
    with pytest.raises(SpaceError, match=r"^There is no preset 'cmn'\. Did you mean 'cnn'\?$"):
        preset("cmn")
