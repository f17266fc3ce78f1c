"""The time that is left is foretold: whole sweeps over recorded trainings, by the seconds that these took."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import Any

import pytest
from kerasweep.search.progress import Progress

pytestmark = pytest.mark.costly

FACTORS = {0.1: 1.5, 1 / 3: 1.5, 2 / 3: 2.0}
"""Share of the time that a sweep takes -> how far what is foretold then may be from what it goes on to take. In the end a few
trials are left, of which chance decides whether one more is trained whole."""
METHODS = (
    ("random+none", 60, 1),
    ("random+median", 60, 2),
    ("bayes+median", 60, 1),
    ("random+hyperband", 60, 1),
    ("bayes+hyperband", 60, 1),
    ("random+asha", 60, 1),
    ("bayes+asha", 60, 1),
    ("knowhow", 30, 1),
)
"""With trials and seeds."""


def factors(pictures: Sequence[Progress]) -> list[float]:
    """Return how far the time that was foretold was from the one it took, as a factor, after shares of the time."""
    total = pictures[-1].seconds
    found = []
    for share in FACTORS:
        then = next(one for one in pictures if one.seconds >= share * total and one.seconds_left is not None)
        assert then.seconds_left is not None
        found.append((then.seconds_left + 1e-9) / (total - then.seconds + 1e-9))
    return found


@pytest.mark.parametrize(("method", "trials", "seeds"), METHODS)
def test_the_time_left_is_right_within_a_factor(
    simulation: Any, method: str, trials: int, seeds: int
) -> None:
    found = []
    for table in simulation.layouts.read_tables(simulation.layouts.OWN, ""):
        for seed in range(seeds):
            pictures: list[Progress] = []
            simulation.simulate.simulate(
                table,
                simulation.simulate.Method.named(method),
                "file",
                seed,
                until=math.inf,
                clock="seconds",
                trials=trials,
                listen=pictures.append,
            )
            found.append(factors(pictures))
    means = [statistics.geometric_mean(column) for column in zip(*found, strict=True)]
    print(method, [round(one, 2) for one in means])
    assert all(1 / most <= one <= most for one, most in zip(means, FACTORS.values(), strict=True)), means
