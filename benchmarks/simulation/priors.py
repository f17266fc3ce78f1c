"""What a search is told beforehand: recommended values that are right, wrong, or not there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from kerasweep.spaces import Configuration, Space
from simulation.table import Table

PRIORS = ("file", "none", "near-optimum", "good", "bad")
NOISE = {"near-optimum": 0.05, "good": 0.2}
"""How far from the best configuration the recommended values lie: standard deviation in the unit cube."""


def with_prior(table: Table, prior: str, seed: int) -> Space:
    """Return a table's space with other recommended values, believed as much as its own.

    Args:
        table: The table.
        prior: ``file``: as the space says; ``none``: a draw at random, little believed; ``near-optimum`` and ``good``: the best
            configuration, with noise; ``bad``: the worst of all draws that can be trained.
        seed: Of the draw and the noise.
    """
    if prior == "file":
        return table.space
    generator = np.random.default_rng([7, seed])
    if prior == "none":
        return _recommending(table.space, table.space.sample(generator), believed=False)
    draws = table.draws
    if prior == "bad":
        worst = int(np.nanargmin(table.sign * draws.worths))
        return _recommending(table.space, draws.configurations[worst])
    point = np.array(table.space.to_unit(draws.best[0]))
    noisy = np.clip(point + generator.normal(0, NOISE[prior], len(point)), 0, 1 - 1e-9)
    return _recommending(table.space, table.space.from_unit(noisy.tolist()))


def _recommending(space: Space, configuration: Configuration, *, believed: bool = True) -> Space:
    return Space(
        tuple(
            replace(
                one,
                recommended=configuration.get(one.name, one.recommended),
                recommended_when=(),
                confidence=one.confidence if believed else "low",
            )
            for one in space
        )
    )
