"""Proposers: which configuration comes next, chosen from the trials so far.

A proposer looks at the trials and changes nothing, so that a resumed sweep goes on as if it had never stopped.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from optuna.trial import FrozenTrial

from ..errors import KerasweepError
from ..spaces import Configuration, Space, configuration_key
from ..studies.records import MOST_EPOCHS

_DRAWS = 1000
"""Draws at random before a finite space is enumerated to find a configuration that has not been tried."""
START = "start"
"""What ``Starting`` says of where a configuration was drawn from."""
ENUMERABLE = 100_000
"""Configurations of a space that is still enumerated."""
SEED = "seed"
"""Key of a proposal's origin: the seed of a training that repeats another one's configuration with other chance."""


def training_key(configuration: Configuration, origin: Mapping[str, Any]) -> str:
    """Return a text that is equal for equal trainings: of one configuration, with the sweep's seed or the same other one, for the
    study's epochs or the same others.
    """
    other = (f"{name} {origin[name]}" for name in (SEED, MOST_EPOCHS) if name in origin)
    return " ".join((configuration_key(configuration), *other))


class SpaceExhausted(KerasweepError):  # noqa: N818 - an end, not an error
    """Every configuration has been tried."""


class WaitForTrials(KerasweepError):  # noqa: N818 - a state, not a fault
    """What comes next depends on trials that run."""


class Seen(Protocol):
    """Keys of trainings."""

    def __contains__(self, key: object, /) -> bool:
        """Tell whether one of them is there."""
        ...

    def __len__(self) -> int:
        """Return how many there are."""
        ...


@dataclass(frozen=True)
class ProposalRequest:
    """What a proposer is asked for, and all that it may look at."""

    number: int
    """Of the new trial."""
    seen: Seen
    """Keys of the trainings of all trials so far."""
    read_trials: Callable[[], Sequence[FrozenTrial]] = tuple
    """Reads all trials so far: they may be many, and most proposers need none."""
    stuck: bool = False
    """Whether the study's sampler keeps suggesting configurations that were tried before."""

    @cached_property
    def trials(self) -> Sequence[FrozenTrial]:
        """All trials so far, with their states and values, for a proposer that learns from them."""
        return self.read_trials()


@dataclass(frozen=True)
class Proposal:
    """The configuration of a new trial."""

    configuration: Configuration
    origin: Mapping[str, Any] = field(default_factory=dict)
    """How it was chosen, as JSON; it is kept with the trial. A ``SEED`` in it is what the trial is trained with, in place of
    the sweep's."""


class Proposer(Protocol):
    """Chooses configurations by itself or leaves them to the study's Optuna sampler."""

    def propose(self, request: ProposalRequest) -> Proposal | None:
        """Return the configuration of a new trial, or None to have the study's sampler suggest it.

        Raises:
            SpaceExhausted: No configuration is left.
            WaitForTrials: What comes next depends on trials that run.
        """
        ...


class Grid:
    """Every configuration of a grid once, in order."""

    def __init__(self, configurations: Iterator[Configuration]) -> None:
        self._left = configurations

    def propose(self, request: ProposalRequest) -> Proposal:
        """Return the next combination that no trial has."""
        for configuration in self._left:
            if configuration_key(configuration) not in request.seen:
                return Proposal(configuration)
        raise SpaceExhausted("every configuration of the grid has been tried")


class Random:
    """The recommended configuration, then uniform draws without repetition."""

    def __init__(self, space: Space, seed: int) -> None:
        self._space = space
        self._seed = seed

    def propose(self, request: ProposalRequest) -> Proposal:
        """Return a configuration that no trial has."""
        generator = np.random.default_rng([self._seed, request.number])
        draws = (self._space.sample(generator) for _ in range(_DRAWS))
        return _first_unseen(request, draws, self._space)


class QuasiRandom:
    """The recommended configuration, then a scrambled Sobol sequence, which covers a space more evenly than chance.

    Source: Bergstra and Bengio 2012, Random Search for Hyper-Parameter Optimization, section 5; ``scipy.stats.qmc``.
    """

    def __init__(self, space: Space, seed: int) -> None:
        self._space = space
        self._seed = seed

    def propose(self, request: ProposalRequest) -> Proposal:
        """Return the sequence's point of this number, or a point after it that no trial has."""
        from scipy.stats import qmc

        sequence = qmc.Sobol(len(self._space), scramble=True, rng=self._seed)
        if request.number:  # SciPy cannot go forward by nothing
            sequence.fast_forward(request.number)
        points = (self._space.from_unit(sequence.random(1)[0].tolist()) for _ in range(_DRAWS))
        return _first_unseen(request, points, self._space)


class Bayes:
    """The recommended configuration, then what the study's sampler learns from the trials so far."""

    def __init__(self, space: Space, seed: int) -> None:
        self._chance = Random(space, seed)

    def propose(self, request: ProposalRequest) -> Proposal | None:
        """Leave all but the first configuration to the sampler; where it is stuck, take one by chance."""
        if request.number == 0 or request.stuck:
            return self._chance.propose(request)
        return None


class Starting:
    """What another proposer begins with, then some given configurations, then what it proposes further."""

    def __init__(self, inner: Proposer, starts: Sequence[Configuration], after: int = 1) -> None:
        """Take the configurations.

        Args:
            inner: The other proposer.
            starts: The configurations, in order.
            after: How many the other one proposes before them: the recommended one, and what it is judged by.
        """
        self._inner = inner
        self._starts = starts
        self._after = after

    def propose(self, request: ProposalRequest) -> Proposal | None:
        """Return the first start that no trial has, when its turn has come; else leave it to the other proposer."""
        for start in self._starts if len(request.seen) >= self._after else ():
            if configuration_key(start) not in request.seen:
                return Proposal(start, {"drawn": START})
        return self._inner.propose(request)


def _first_unseen(request: ProposalRequest, draws: Iterator[Configuration], space: Space) -> Proposal:
    """Return a configuration that no trial has: for trial 0 the recommended one, else a draw, else any that is left."""
    first = [space.recommended()] if request.number == 0 else []
    everything = space.configurations() if space.cardinality <= ENUMERABLE else iter(())
    for configuration in itertools.chain(first, draws, everything):
        if configuration_key(configuration) not in request.seen:
            return Proposal(configuration)
    raise SpaceExhausted("every configuration of the space has been tried")
