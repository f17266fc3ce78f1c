"""A space in a file, as people write it."""

from __future__ import annotations

from pathlib import Path

import pytest
from kerasweep.errors import SpaceError
from kerasweep.spaces import (
    Space,
    read_space,
)


@pytest.fixture
def read(tmp_path: Path):
    def read_(text: str | bytes) -> Space:
        file = tmp_path / "space.yaml"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_space(file)

    return read_


@pytest.fixture
def faults(read, tmp_path: Path):
    """Return what is told about a file, a line each, without the file's path."""

    def faults_(text: str | bytes) -> list[str]:
        with pytest.raises(SpaceError) as caught:
            read(text)
        return [line.removeprefix(f"{tmp_path / 'space.yaml'} ") for line in str(caught.value).splitlines()]

    return faults_
