"""What a test needs and a machine may lack: data, a browser, a peer."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from database_servers import SERVERS, Server, is_installed


def required(what: object, name: str) -> None:
    """Skip a test that lacks something, or fail it where everything must be there."""
    if not what:
        if os.environ.get("KERASWEEP_REQUIRE_ALL") == "1":
            pytest.fail(f"{name} is missing, and KERASWEEP_REQUIRE_ALL=1")
        pytest.skip(f"{name} is missing")


def required_data(name: str) -> Path:
    """Return the folder of real data, which has a file of this name; skip or fail a test where it is missing."""
    folder = Path(os.environ.get("KERASWEEP_DATA", "/nonexistent"))
    required((folder / name).is_file(), f"a folder KERASWEEP_DATA with {name}")
    return folder


@contextmanager
def required_server(name: str) -> Iterator[Server]:
    """Run one of ``SERVERS``; skip or fail a test where it is not installed."""
    required(is_installed(name), name)
    with SERVERS[name]() as server:
        yield server
