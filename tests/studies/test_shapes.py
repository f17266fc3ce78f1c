"""What attributes of a study must look like."""

from __future__ import annotations

from typing import get_args

import pytest
from kerasweep.errors import DamagedError
from kerasweep.studies import control
from kerasweep.studies.records import LIVE
from kerasweep.studies.shapes import check_shape


@pytest.mark.parametrize("state", get_args(control.State))
def test_whatever_a_driver_tells_of_itself_is_whole(state: str) -> None:
    check_shape(LIVE, {"state": state}, "The study")


def test_another_state_is_damage() -> None:
    with pytest.raises(DamagedError, match="asleep"):
        check_shape(LIVE, {"state": "asleep"}, "The study")
