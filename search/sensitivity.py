"""``--search sensitivity``: changes each hyperparameter a little, and repeats a change as often as the noise asks for.

The start, which is the space's recommended configuration, is trained with a few seeds: how they differ is the noise. Each
change is trained with the first of these seeds, then again with the next ones as long as its difference could be told
from noise by that, and no longer. All of it follows from the trials of the study.

The sweep's own seed is not among them: an earlier study has chosen its winner, which may be the start, for what that seed
made of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from optuna.trial import FrozenTrial, TrialState

from ..spaces import Configuration, Space, configuration_key, small_changes
from ..studies import Direction
from ..studies.comparison.sensitivity import MOST_REPEATS, STARTS, Scores, seeds_needed, shift
from ..studies.records import ORIGIN, PAUSED, RESULT
from .proposers import SEED, Proposal, ProposalRequest, SpaceExhausted, WaitForTrials

MOST_SEED = 2**32
"""Seeds are below."""


@dataclass
class _Trained:
    """What is known of one configuration."""

    begun: set[int] = field(default_factory=set)
    """Seeds that it is, or was, trained with."""
    scores: dict[int, Scores] = field(default_factory=dict)
    """Of the trainings that came to their end."""


class SmallChanges:
    """Proposes the start with some seeds, then each small change of it, then the repetitions that the noise asks for."""

    def __init__(self, space: Space, seed: int, direction: Direction) -> None:
        self._seed = seed
        self._direction = direction
        self._start = space.recommended()
        self._changes = [change.configuration for change in small_changes(space)]

    def propose(self, request: ProposalRequest) -> Proposal:
        """Return the first training that is wanted and has not begun."""
        trained = self._trained(request.trials)
        for configuration, repeat in self._wanted(trained):
            seed = (self._seed + 1 + repeat) % MOST_SEED
            if seed not in trained[configuration_key(configuration)].begun:
                return Proposal(configuration, {SEED: seed})
        if any(_is_running(trial) for trial in request.trials):
            raise WaitForTrials("the repetitions depend on trials that run")
        raise SpaceExhausted("every change has been trained as often as the noise asks for")

    def _wanted(self, trained: Mapping[str, _Trained]) -> Iterator[tuple[Configuration, int]]:
        """Yield all trainings that are wanted so far, with the number of each one's repetition, in order."""
        for repeat in range(STARTS):
            yield self._start, repeat
        for change in self._changes:
            yield change, 0
        start = trained[configuration_key(self._start)].scores
        needed = [
            seeds_needed(shift(start, trained[configuration_key(change)].scores, self._direction))
            for change in self._changes
        ]
        for repeat in range(1, max(needed, default=0)):
            if repeat >= STARTS:
                yield self._start, repeat
            for change, count in zip(self._changes, needed, strict=True):
                if repeat < count:
                    yield change, repeat

    def _trained(self, trials: Sequence[FrozenTrial]) -> Mapping[str, _Trained]:
        found: dict[str, _Trained] = defaultdict(_Trained)
        for trial in trials:
            known = found[configuration_key(trial.params)]
            seed = trial.user_attrs.get(ORIGIN, {}).get(SEED, self._seed)
            known.begun.add(seed)
            if trial.state == TrialState.COMPLETE:
                known.scores.setdefault(seed, tuple(trial.user_attrs[RESULT]["fold_scores"]))
        return found


def _is_running(trial: FrozenTrial) -> bool:
    return trial.state == TrialState.RUNNING and not trial.user_attrs.get(PAUSED)


def most_trainings(space: Space) -> int:
    """Return how many trainings there can be."""
    return MOST_REPEATS * (1 + len(small_changes(space)))
