"""Search from know-how: recommended values first, then what all partial trainings and the recommendations say together.

Candidates come from around the recommended values, from near the best trials, and from anywhere (``candidates.py``); a model
of all values so far (``surrogate.py``) chooses among them. A trial is trained for a few epochs of a few folds, and promoted by what the model expects of it.
Where the budget is time, what counts of a candidate is the expected gain per second (``seconds.py``; Snoek et al. 2012).
How much recommended values count follows from how draws around them do against draws from anywhere; the recommended
configuration itself, which comes first, is trained whole unless each of three such draws is ahead of it at the lowest rung.

Sources: PriorBand (Mallik et al. 2023), pi-BO (Hvarfner et al. 2022), asynchronous halving (Li et al. 2020),
freeze-thaw (Swersky et al. 2014), and for fewer folds early Bergman, Purucker and Hutter 2024.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import norm

from ...spaces import Configuration, Space
from ...training.events import Rung
from ..proposers import START, Proposal, ProposalRequest, Random
from ..schedulers import contender
from ..schedulers.contract import KnownProgress, PausingScheduler, TrialProgress
from .candidates import Candidates
from .coordinates import Coordinates
from .seconds import Seconds
from .surrogate import Observed, Surrogate

if TYPE_CHECKING:
    from ...studies import Direction

REDUCTION = 3
"""Of the trials at a rung one in so many is promoted."""
RUNGS = 4
"""Each of half the cost of the one above."""
JUDGES = 3
"""Draws from anywhere at the lowest rung, by which the recommended configuration is judged before it is trained whole."""
JUDGES_BY_SECONDS = 1
"""The same where the budget is time: each has a program to be traced, and something should be whole soon."""
EXPLORED = 10
"""Draws from anywhere before the model chooses, where the recommended values are not trusted by then; else the judges are enough."""
EXPLORED_BY_SECONDS = 6
"""The same where the recommended values are trusted and the budget is time: what trainings take must be learned, too."""
TRUSTED = 0.5
"""Trust in the recommended values from which on they are."""
MODELLED = 0.8
"""Share of the new trials that the model chooses; the others are drawn, so that no corner is forgotten."""
REFIT = 1.15
"""Growth of the number of values after which the model's kernel is fitted anew."""
SLACK = 1.5
"""Promotions beyond one in ``REDUCTION`` that a changing model may make at a rung, as a factor."""
PATIENCE = 1.5
"""Something is trained whole at least every so many whole trainings' cost: what is promising must be seen to hold."""
TRIED = 2.5
"""What a new trial costs, promotions included, as a multiple of the lowest rung: a third of those at a rung goes on, for twice its cost."""
FIRST = "recommended"
"""Where the first trial is drawn from."""
FINALIST = 0.2
"""Chance of beating the best whole trial from which on a paused trial is trained whole before the search ends."""


class KnowHow(PausingScheduler):
    """Proposer and scheduler in one: what is begun and what goes on is decided by the same model."""

    def __init__(
        self,
        space: Space,
        seed: int,
        direction: Direction,
        epochs: int,
        folds: int,
        among: Iterable[Configuration] | None = None,
        *,
        by_seconds: bool = False,
    ) -> None:
        """Take what is searched, and how.

        Args:
            space: What is searched.
            seed: Of the sweep.
            direction: Which way the objective is better.
            epochs: The most that a trial may train.
            folds: Number of folds.
            among: The only configurations there are, if not every one of the space is.
            by_seconds: Whether the budget is time, so that what trainings took counts in the choice of new ones.
        """
        self._space = space
        self._seed = seed
        self._by_seconds = by_seconds
        self._direction: Direction = direction
        self._sign = 1.0 if direction == "maximize" else -1.0
        self._coordinates = Coordinates(space)
        self._candidates = Candidates(space, self._coordinates, among)
        self._chance = Random(space, seed)
        self._whole = Rung(epochs, folds)
        self.rungs = rungs_of(epochs, folds)
        self._known = KnownProgress()
        self._points: dict[int, np.ndarray] = {}
        self._seen: dict[int, tuple[TrialProgress, Observed]] = {}
        """What the model saw of each trial last, with what it was made of."""
        self._last_model: tuple[Any, Surrogate] | None = None
        """The model of the last decision, with what it was fitted to: the next one is often about the same."""

    # What is begun.

    def propose(self, request: ProposalRequest) -> Proposal:
        """Return the recommended configuration, then what the model or chance chooses."""
        if not request.seen:
            return Proposal(self._space.recommended(), {"drawn": FIRST})
        trials = [self._known.of(trial) for trial in request.trials]
        generator = np.random.default_rng([self._seed, request.number])
        observed, trust = self._observe(trials), self._trust(trials)
        warm = self._is_warm(trials, trust)
        if warm and generator.random() < MODELLED:
            found = self._propose_by_model(generator, trials, observed, trust, request)
        else:
            source = None if warm else "uniform"
            drawn = self._candidates.draw(generator, trust, observed, request.seen, source)
            found = drawn and Proposal(drawn[0], {"drawn": drawn[1]})
        return found or Proposal(self._chance.propose(request).configuration, {"drawn": "uniform"})

    def _propose_by_model(
        self,
        generator: np.random.Generator,
        trials: Sequence[TrialProgress],
        observed: Sequence[Observed],
        trust: float,
        request: ProposalRequest,
    ) -> Proposal | None:
        count = sum(len(trial.values) for trial in observed)
        kernel, fitted = _last_kernel(trials)
        renewed = kernel is None or count >= REFIT * fitted
        running = [
            Observed(trial.number, self._point(trial), ()) for trial in trials if trial.state == "running"
        ]
        model = Surrogate(observed, self._coordinates, trust, None if renewed else kernel, running)
        note = {"kernel": model.kernel.round(6).tolist(), "values": count} if renewed else {}
        seconds = self._seconds(trials) if self._by_seconds else None

        def gain(points: np.ndarray) -> np.ndarray:
            gains = model.expected_improvement(points)
            return gains if seconds is None else gains / seconds.of(points, TRIED * self._lowest_rung.cost)

        best = self._candidates.best(generator, trust, observed, request.seen, gain)
        return None if best is None else Proposal(best, {"drawn": "model", **note})

    def _seconds(self, trials: Sequence[TrialProgress]) -> Seconds | None:
        """Return what trainings take, by those that were trained whole or are paused; None where none is."""
        told = [
            (self._point(trial), self._whole.cost if trial.complete else trial.last.cost, trial.seconds)
            for trial in trials
            if trial.seconds > 0 and trial.last is not None and (trial.complete or trial.state == "paused")
        ]
        if not told:
            return None
        points, costs, seconds = zip(*told, strict=True)
        return Seconds(self._space, self._coordinates, np.array(points), costs, seconds)

    def _trust(self, trials: Sequence[TrialProgress]) -> float:
        """Return how far recommended values are to be trusted, from 0 to 1, by the evidence of this search.

        It is the squared odds that a draw around them beats one from anywhere at the lowest rung, at most 1.
        """
        prior, uniform = (
            np.array(
                [self._lowest(trial) for trial in trials if trial.drawn in names and self._has_value(trial)]
            )
            for names in ((FIRST, "prior"), ("uniform",))
        )
        ahead, equal = prior[:, None] > uniform, prior[:, None] == uniform
        wins = 1.0 + float(ahead.sum() + 0.5 * equal.sum())
        chance = wins / (2.0 + len(prior) * len(uniform))
        return min(1.0, (chance / (1.0 - chance)) ** 2) if chance < 1.0 else 1.0

    # What goes on.

    def next_paused(self, trials: Sequence[TrialProgress], *, may_begin: bool) -> int | None:
        """Return the recommended trial, if it is not refuted, then the trial of the highest rung that is promoted there.

        Where no trial may begin, it is what cannot be told from the best whole one at the highest rung (``racing.py``), then the
        one that most likely beats it, as long as that is likely enough.
        """
        paused = [trial for trial in trials if trial.state == "paused"]
        if not paused:
            return None
        for trial in paused:
            if trial.drawn == FIRST and self._is_backed(trial, trials, may_begin=may_begin):
                return trial.number
        expected = self._expectations(trials)
        if self._is_overdue(trials):
            best = max(expected, key=lambda number: (expected[number], -number))
            if best in [trial.number for trial in paused]:
                return best
        for rung in reversed(self.rungs):
            promoted = self._promoted(trials, rung, expected)
            if promoted is not None:
                return promoted
        return None if may_begin else self._finalist(trials, paused)

    def _is_backed(self, first: TrialProgress, trials: Sequence[TrialProgress], *, may_begin: bool) -> bool:
        """Tell whether the recommended trial is to be trained whole: not all its judges are ahead of it at the lowest rung."""
        wanted = JUDGES_BY_SECONDS if self._by_seconds else JUDGES
        judges = [trial for trial in trials if trial.drawn == "uniform" and self._has_value(trial)][:wanted]
        if len(first.reports) > 1:
            return True
        if len(judges) < wanted:
            return not may_begin
        return self._lowest(first) >= min(map(self._lowest, judges))

    def _is_overdue(self, trials: Sequence[TrialProgress]) -> bool:
        """Tell whether too little was trained whole for what was spent."""
        whole = sum(trial.complete for trial in trials)
        partial = sum(trial.last.cost for trial in trials if trial.last is not None and not trial.complete)
        return whole + partial / self._whole.cost >= PATIENCE * (1 + whole)

    def _promoted(
        self, trials: Sequence[TrialProgress], rung: Rung, expected: Mapping[int, float]
    ) -> int | None:
        there = [trial for trial in trials if rung in trial.reports]
        beyond = sum(self._is_beyond(trial, rung) and trial.drawn != FIRST for trial in there)
        if beyond >= SLACK * len(there) / REDUCTION:
            return None
        ranked = sorted(there, key=lambda trial: (-expected[trial.number], trial.number))
        for trial in ranked[: len(there) // REDUCTION]:
            if trial.state == "paused" and trial.last == rung:
                return trial.number
        return None

    def _is_beyond(self, trial: TrialProgress, rung: Rung) -> bool:
        """Tell whether a trial that has come to a rung was promoted from there."""
        return trial.state == "running" or trial.complete or trial.last != rung

    def _finalist(self, trials: Sequence[TrialProgress], paused: Sequence[TrialProgress]) -> int | None:
        expected = self._expectations_with_doubt(trials)
        best = max(paused, key=lambda trial: (expected[trial.number][0], -trial.number))
        whole = [expected[trial.number][0] for trial in trials if trial.complete and trial.number in expected]
        if not whole:
            return None if any(trial.state == "running" for trial in trials) else best.number
        raced = contender(trials, self.rungs[-1], self._direction)
        if raced is not None:
            return raced
        chances = {
            trial.number: norm.sf((max(whole) - expected[trial.number][0]) / expected[trial.number][1])
            for trial in paused
        }
        likeliest = max(chances, key=lambda number: (chances[number], -number))
        return likeliest if chances[likeliest] > FINALIST else None

    def _expectations(self, trials: Sequence[TrialProgress]) -> dict[int, float]:
        """Return what each trial with a value is expected to be if trained whole, in the model's units.

        While there are too few for a model, it is the last value.
        """
        observed = self._observe(trials)
        model = self._model(observed, trials)
        if model is None:
            return {trial.number: trial.values[-1][1] for trial in observed}
        means = model.means_of(observed).tolist()
        return dict(zip((trial.number for trial in observed), means, strict=True))

    def _expectations_with_doubt(self, trials: Sequence[TrialProgress]) -> dict[int, tuple[float, float]]:
        """Return the same with the deviation, which takes longer; while there is no model, there is no doubt."""
        observed = self._observe(trials)
        model = self._model(observed, trials)
        if model is None:
            return {trial.number: (trial.values[-1][1], 1e-9) for trial in observed}
        both = zip(*(part.tolist() for part in model.of_trials(observed)), strict=True)
        return dict(zip((trial.number for trial in observed), both, strict=True))

    def _model(self, observed: Sequence[Observed], trials: Sequence[TrialProgress]) -> Surrogate | None:
        """Return the model of trials with values, with the kernel that was fitted last; None where none was."""
        kernel, _ = _last_kernel(trials)
        if kernel is None:
            return None
        made_of = (observed, self._trust(trials), kernel.tolist())
        if self._last_model is None or self._last_model[0] != made_of:
            self._last_model = made_of, Surrogate(observed, self._coordinates, made_of[1], kernel)
        return self._last_model[1]

    # What was seen.

    def _is_warm(self, trials: Sequence[TrialProgress], trust: float) -> bool:
        """Tell whether there are enough draws from anywhere for the model to choose."""
        drawn = sum(self._has_value(trial) and trial.drawn not in (FIRST, START) for trial in trials)
        if trust < TRUSTED:
            return drawn >= EXPLORED
        return drawn >= (EXPLORED_BY_SECONDS if self._by_seconds else JUDGES)

    def _observe(self, trials: Sequence[TrialProgress]) -> list[Observed]:
        return [self._observed(trial) for trial in trials if self._has_value(trial)]

    def _observed(self, trial: TrialProgress) -> Observed:
        """Return what the model sees of a trial with a value; made anew only when there is more of it."""
        known = self._seen.get(trial.number)
        if known is not None and known[0] is trial:
            return known[1]
        seen = self._see(trial) if known is None or _told_by(known[0]) != _told_by(trial) else known[1]
        self._seen[trial.number] = trial, seen
        return seen

    def _see(self, trial: TrialProgress) -> Observed:
        values = [(self._fidelity(rung), self._sign * mean) for rung, mean in trial.reports.items()]
        if trial.value is not None:
            values.append((1.0, self._sign * trial.value))
        told = tuple(values) or ((self._fidelity(self._lowest_rung), -math.inf),)
        return Observed(trial.number, self._point(trial), told)

    def _point(self, trial: TrialProgress) -> np.ndarray:
        """Return a trial's point of the unit cube; its configuration is the same for ever."""
        if trial.number not in self._points:
            self._points[trial.number] = self._coordinates.unit(trial.configuration)
        return self._points[trial.number]

    @property
    def _lowest_rung(self) -> Rung:
        return self.rungs[0] if self.rungs else self._whole

    def _fidelity(self, rung: Rung) -> float:
        """Return how much a rung tells: the logarithm of its cost, as a share of that of a whole training."""
        return math.log1p(rung.cost) / math.log1p(self._whole.cost)

    @staticmethod
    def _has_value(trial: TrialProgress) -> bool:
        """Tell whether a trial has come to a rung or to an end: one that failed counts as the worst."""
        return bool(trial.reports) or trial.complete or trial.failed

    def _lowest(self, trial: TrialProgress) -> float:
        return self._observed(trial).values[0][1]


def rungs_of(epochs: int, folds: int) -> tuple[Rung, ...]:
    """Return where trials are compared: at a sixteenth, an eighth, a fourth and a half of the cost of a whole training.

    Folds and epochs are saved alike, each by the root of two from one rung to the one below: 17 epochs of 2 folds, of 27
    of 5, are a fourth. With few of both there are fewer rungs.
    """
    found: list[Rung] = []
    above = Rung(epochs, folds)
    for halvings in range(1, RUNGS + 1):
        cost = epochs * folds / 2**halvings
        fewer = min(above.folds, max(1, round(folds / 2 ** (halvings / 2))))
        rung = Rung(min(above.epochs, max(1, round(cost / fewer))), fewer)
        if rung.cost >= above.cost:
            break
        found.append(rung)
        above = rung
    return tuple(reversed(found))


def _told_by(trial: TrialProgress) -> tuple[Any, ...]:
    """Return what changes when there is more to be seen of a trial."""
    return len(trial.reports), trial.value, trial.failed


def _last_kernel(trials: Sequence[TrialProgress]) -> tuple[np.ndarray | None, int]:
    """Return the model's kernel as it was fitted last, with the number of values it was fitted to."""
    for trial in reversed(trials):
        if "kernel" in trial.origin:
            return np.array(trial.origin["kernel"]), int(trial.origin["values"])
    return None, 0
