"""Studies for all tests of the web app, written once."""

from __future__ import annotations

import pytest
from app_shelf import Shelf, make_shelf


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return make_shelf(tmp_path_factory.mktemp("app"))
