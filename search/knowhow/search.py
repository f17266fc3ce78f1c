"""Search from know-how: recommended values first, then what all partial trainings and the recommendations say together.

Candidates come from around the recommended values, from near the best trials, and from anywhere; a model of all values so
far chooses among them. A trial is trained for a few epochs of a few folds, and promoted by what the model expects of it.
How much recommended values count follows from how draws around them do against draws from anywhere.

Sources: PriorBand (Mallik et al. 2023), pi-BO (Hvarfner et al. 2022), asynchronous halving (Li et al. 2020),
freeze-thaw (Swersky et al. 2014), and for fewer folds early Bergman, Purucker and Hutter 2024.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import norm

from ...spaces import Space, configuration_key
from ...training.events import Rung
from ..proposers import Proposal, ProposalRequest, Random
from ..schedulers.contract import PausingScheduler, TrialProgress, progress_of
from .coordinates import Coordinates
from .surrogate import Observed, Surrogate

if TYPE_CHECKING:
    from ...studies import Direction

REDUCTION = 3
"""Of the trials at a rung one in so many is promoted."""
RUNGS = 3
"""Each of half the cost of the one above."""
WARM_UP = 3
"""Draws from anywhere, after the recommended configuration, by which the recommended values are judged before the model chooses."""
MODELLED = 0.8
"""Share of the new trials that the model chooses; the others are drawn, so that no corner is forgotten."""
REFIT = 1.15
"""Growth of the number of values after which the model's kernel is fitted anew."""
SHARES = {"prior": 0.25, "near": 0.25, "uniform": 0.5}
"""Of candidates; that of the prior is weighted by the trust in it."""
BEST = 3
"""Trials whose neighbours are drawn."""
CANDIDATES, REFINED, WIDTHS = 300, 100, (0.1, 0.03)
"""Points that the model is asked about, then points near to the best five of them, within these deviations."""
SLACK = 1.5
"""Promotions beyond one in ``REDUCTION`` that a changing model may make at a rung, as a factor."""
PATIENCE = 2.0
"""Something is trained whole at least every so many whole trainings' cost: what is promising must be seen to hold."""
FIRST = "recommended"
"""Where the first trial is drawn from, which is trained whole."""
FINALIST = 0.2
"""Chance of beating the best whole trial from which on a paused trial is trained whole before the search ends."""


class KnowHow(PausingScheduler):
    """Proposer and scheduler in one: what is begun and what goes on is decided by the same model."""

    def __init__(self, space: Space, seed: int, direction: Direction, epochs: int, folds: int) -> None:
        self._space = space
        self._seed = seed
        self._sign = 1.0 if direction == "maximize" else -1.0
        self._coordinates = Coordinates(space)
        self._chance = Random(space, seed)
        self._whole = Rung(epochs, folds)
        self.rungs = rungs_of(epochs, folds)
        self._points: dict[int, np.ndarray] = {}
        self._last_model: tuple[Any, Surrogate] | None = None
        """The model of the last decision, with what it was fitted to: the next one is often about the same."""

    # What is begun.

    def propose(self, request: ProposalRequest) -> Proposal:
        """Return the recommended configuration, then what the model or chance chooses."""
        if not request.seen:
            return Proposal(self._space.recommended(), {"drawn": FIRST})
        trials = [progress_of(trial) for trial in request.trials]
        generator = np.random.default_rng([self._seed, request.number])
        observed = self._observe(trials)
        warm = self._is_warm(trials)
        if warm and generator.random() < MODELLED:
            return self._propose_by_model(generator, trials, observed, request)
        names, shares = self._shares(trials, observed)
        name = str(generator.choice(names, p=shares)) if warm else "uniform"
        for point in self._draw(name, generator, observed, 20):
            configuration = self._coordinates.configuration(point)
            if configuration_key(configuration) not in request.seen:
                return Proposal(configuration, {"drawn": name})
        return self._by_chance(request)

    def _by_chance(self, request: ProposalRequest) -> Proposal:
        return Proposal(self._chance.propose(request).configuration, {"drawn": "uniform"})

    def _propose_by_model(
        self,
        generator: np.random.Generator,
        trials: Sequence[TrialProgress],
        observed: Sequence[Observed],
        request: ProposalRequest,
    ) -> Proposal:
        count = sum(len(trial.values) for trial in observed)
        kernel, fitted = _last_kernel(trials)
        renewed = kernel is None or count >= REFIT * fitted
        running = [
            Observed(trial.number, self._point(trial), ()) for trial in trials if trial.state == "running"
        ]
        used = None if renewed else kernel
        model = Surrogate(observed, self._coordinates, self._trust(trials), used, running)
        note = {"kernel": model.kernel.round(6).tolist(), "values": count} if renewed else {}
        points, gains = self._candidates(generator, trials, observed, model)
        for place in np.argsort(-gains, kind="stable")[:50]:
            configuration = self._coordinates.configuration(points[place])
            if configuration_key(configuration) not in request.seen:
                return Proposal(configuration, {"drawn": "model", **note})
        return self._by_chance(request)

    def _candidates(
        self,
        generator: np.random.Generator,
        trials: Sequence[TrialProgress],
        observed: Sequence[Observed],
        model: Surrogate,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return points, each coordinate from one of the sources, of which every point has shares of its own, and their gains."""
        names, shares = self._shares(trials, observed)
        drawn = np.array([self._draw(name, generator, observed, CANDIDATES) for name in names])
        own = generator.dirichlet(shares * len(names), CANDIDATES)
        chance = generator.random(drawn.shape[1:])
        source = (chance[:, :, None] > np.cumsum(own, axis=1)[:, None, :]).sum(2).clip(0, len(names) - 1)
        points = np.take_along_axis(drawn, source[None], axis=0)[0]
        gains = model.expected_improvement(points)
        for width in WIDTHS:
            best = points[np.argsort(-gains, kind="stable")[:5]]
            near = self._coordinates.refine(generator, np.repeat(best, REFINED // 5, axis=0), width, 0.4)
            points = np.concatenate([points, near])
            gains = np.concatenate([gains, model.expected_improvement(near)])
        return points, gains

    def _draw(
        self, name: str, generator: np.random.Generator, observed: Sequence[Observed], count: int
    ) -> np.ndarray:
        if name == "prior":
            return self._coordinates.draw_prior(generator, count)
        if name == "uniform":
            return self._coordinates.draw_uniform(generator, count)
        best = sorted(observed, key=lambda trial: (-max(value for _, value in trial.values), trial.number))
        centers = np.array([trial.point for trial in best[:BEST]])
        return self._coordinates.draw_near(generator, centers[generator.integers(len(centers), size=count)])

    def _shares(
        self, trials: Sequence[TrialProgress], observed: Sequence[Observed]
    ) -> tuple[list[str], np.ndarray]:
        """Return the sources of candidates, and how much comes from each."""
        shares = {**SHARES, "prior": SHARES["prior"] * self._trust(trials)}
        if len(observed) < BEST:
            del shares["near"]
        weights = np.array(list(shares.values()))
        return list(shares), weights / weights.sum()

    def _trust(self, trials: Sequence[TrialProgress]) -> float:
        """Return how far recommended values are to be trusted, from 0 to 1, by the evidence of this search.

        It is the squared odds that a draw around them beats one from anywhere at the lowest rung, at most 1.
        """
        prior, uniform = (
            [self._lowest(trial) for trial in trials if trial.drawn in names and self._has_value(trial)]
            for names in ((FIRST, "prior"), ("uniform",))
        )
        wins = 1.0 + sum((mine > other) + 0.5 * (mine == other) for mine in prior for other in uniform)
        chance = wins / (2.0 + len(prior) * len(uniform))
        return min(1.0, (chance / (1.0 - chance)) ** 2) if chance < 1.0 else 1.0

    # What goes on.

    def next_paused(self, trials: Sequence[TrialProgress], *, may_begin: bool) -> int | None:
        """Return the recommended trial, until it is trained whole, then the trial of the highest rung that is promoted there.

        Where no trial may begin, it is the one that most likely beats the best whole one, as long as that is likely enough.
        """
        paused = [trial for trial in trials if trial.state == "paused"]
        if not paused:
            return None
        for trial in paused:
            if trial.drawn == FIRST:
                return trial.number
        expected = self._expectations(trials)
        if self._is_overdue(trials):
            best = max(expected, key=lambda number: (expected[number][0], -number))
            if best in [trial.number for trial in paused]:
                return best
        for rung in reversed(self.rungs):
            promoted = self._promoted(trials, rung, expected)
            if promoted is not None:
                return promoted
        return None if may_begin else self._finalist(trials, paused, expected)

    def _is_overdue(self, trials: Sequence[TrialProgress]) -> bool:
        """Tell whether too little was trained whole for what was spent."""
        whole = sum(trial.whole for trial in trials)
        partial = sum(trial.last.cost for trial in trials if trial.last is not None and not trial.whole)
        return whole + partial / self._whole.cost >= PATIENCE * (1 + whole)

    def _promoted(
        self, trials: Sequence[TrialProgress], rung: Rung, expected: Mapping[int, tuple[float, float]]
    ) -> int | None:
        there = [trial for trial in trials if rung in trial.reports]
        beyond = sum(self._is_beyond(trial, rung) and trial.drawn != FIRST for trial in trials)
        if beyond >= SLACK * len(there) / REDUCTION:
            return None
        ranked = sorted(there, key=lambda trial: (-expected[trial.number][0], trial.number))
        for trial in ranked[: len(there) // REDUCTION]:
            if trial.state == "paused" and trial.last == rung:
                return trial.number
        return None

    def _is_beyond(self, trial: TrialProgress, rung: Rung) -> bool:
        """Tell whether a trial was promoted from a rung."""
        if rung not in trial.reports:
            return False
        return trial.state == "running" or trial.whole or trial.last != rung

    def _finalist(
        self,
        trials: Sequence[TrialProgress],
        paused: Sequence[TrialProgress],
        expected: Mapping[int, tuple[float, float]],
    ) -> int | None:
        best = max(paused, key=lambda trial: (expected[trial.number][0], -trial.number))
        whole = [expected[trial.number][0] for trial in trials if trial.whole and trial.number in expected]
        if not whole:
            return None if any(trial.state == "running" for trial in trials) else best.number
        chances = {
            trial.number: norm.sf((max(whole) - expected[trial.number][0]) / expected[trial.number][1])
            for trial in paused
        }
        likeliest = max(chances, key=lambda number: (chances[number], -number))
        return likeliest if chances[likeliest] > FINALIST else None

    def _expectations(self, trials: Sequence[TrialProgress]) -> dict[int, tuple[float, float]]:
        """Return mean and deviation of what each trial with a value would be if trained whole, in the model's units.

        While there are too few for a model, it is the last value, with no doubt.
        """
        observed = self._observe(trials)
        kernel, _ = _last_kernel(trials)
        if kernel is None:
            return {trial.number: (trial.values[-1][1], 1e-9) for trial in observed}
        model = self._model(observed, self._trust(trials), kernel)
        mean, deviation = model.of_trials(observed)
        return {
            trial.number: (float(one), float(other))
            for trial, one, other in zip(observed, mean, deviation, strict=True)
        }

    def _model(self, observed: Sequence[Observed], trust: float, kernel: np.ndarray) -> Surrogate:
        key = ([(trial.number, trial.values) for trial in observed], trust, kernel.tolist())
        if self._last_model is None or self._last_model[0] != key:
            self._last_model = key, Surrogate(observed, self._coordinates, trust, kernel)
        return self._last_model[1]

    # What was seen.

    def _is_warm(self, trials: Sequence[TrialProgress]) -> bool:
        return sum(self._has_value(trial) and trial.drawn != FIRST for trial in trials) >= WARM_UP

    def _observe(self, trials: Sequence[TrialProgress]) -> list[Observed]:
        found = []
        for trial in trials:
            if not self._has_value(trial):
                continue
            values = [(self._fidelity(rung), self._sign * mean) for rung, mean in trial.reports.items()]
            if trial.whole and trial.value is not None:
                values.append((1.0, self._sign * trial.value))
            found.append(
                Observed(
                    trial.number,
                    self._point(trial),
                    tuple(values) or ((self._fidelity(self._lowest_rung), -math.inf),),
                )
            )
        return found

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
        return bool(trial.reports) or trial.whole or trial.failed

    def _lowest(self, trial: TrialProgress) -> float:
        if trial.reports:
            return self._sign * trial.reports[min(trial.reports)]
        return -math.inf if trial.value is None else self._sign * trial.value


def rungs_of(epochs: int, folds: int) -> tuple[Rung, ...]:
    """Return where trials are compared: at an eighth, a fourth and a half of the cost of a whole training.

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


def _last_kernel(trials: Sequence[TrialProgress]) -> tuple[np.ndarray | None, int]:
    """Return the model's kernel as it was fitted last, with the number of values it was fitted to."""
    for trial in reversed(trials):
        if "kernel" in trial.origin:
            return np.array(trial.origin["kernel"]), int(trial.origin["values"])
    return None, 0
