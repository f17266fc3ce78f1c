"""The modules of the simulation for tests, as the command that imports them sees them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def simulation() -> Iterator[Any]:
    """The modules of the simulation, which lie beside the command that imports them."""
    sys.path.insert(0, str(BENCHMARKS))
    try:
        import simulation.clock
        import simulation.layouts
        import simulation.learned
        import simulation.onnx_graph
        import simulation.record
        import simulation.report
        import simulation.simulate
        import simulation.table

        yield simulation
    finally:
        sys.path.remove(str(BENCHMARKS))
