"""Laboratories for the tests of the search."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fake_executor import FakeExecutor
from kerasweep.spaces import Categorical, Int, Space
from laboratory import Lab

FINITE = Space((Categorical("a", ("x", "y", "z")), Int("b", 1, 3)))


@pytest.fixture
def lab(tmp_path: Path) -> Callable[..., Lab]:
    """Make a laboratory in the test's folder."""
    return lambda **settings: Lab(tmp_path, **settings)


@pytest.fixture
def fake() -> type[FakeExecutor]:
    return FakeExecutor


@pytest.fixture
def finite() -> Space:
    return FINITE
