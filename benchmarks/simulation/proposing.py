"""What proposes in a simulation: Kerasweep's own methods, plain Optuna, and either of them over a table's rows."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import optuna
from kerasweep.search.knowhow import KnowHow
from kerasweep.search.knowhow.search import RUNGS
from kerasweep.search.learning import Learned
from kerasweep.search.methods import make_proposer, make_scheduler, with_starts
from kerasweep.search.proposers import Proposal, ProposalRequest, Proposer, Random, SpaceExhausted
from kerasweep.search.schedulers import Scheduler
from kerasweep.spaces import Configuration, Space
from kerasweep.training.events import Rung
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, TrialState
from simulation.table import Table

ALL_FOLDS = "all-folds"
"""The search from know-how with all folds at every rung, as a scheduler's name."""
PLAIN = "tpe"
"""Optuna's TPE alone: unlike ``bayes`` it does not begin with the recommended values."""


class Plain:
    """Leaves everything to the study's sampler, as who uses Optuna does; where that is stuck, to chance."""

    def __init__(self, space: Space, seed: int) -> None:
        self._chance = Random(space, seed)

    def propose(self, request: ProposalRequest) -> Proposal | None:
        """Propose nothing, unless the sampler is stuck."""
        return self._chance.propose(request) if request.stuck else None


class OverRows:
    """Has a proposer search a table's rows, each once: the row that is left and nearest to what it proposes.

    Near is meant in the unit cube, where every hyperparameter counts alike. What the study's sampler would suggest is asked
    of it first, so that the study, and with it the sampler, holds what was trained, and not what was meant.
    """

    def __init__(self, inner: Proposer, table: Table, space: Space, study: optuna.Study) -> None:
        self._inner = inner
        self._table = table
        self._space = space
        self._study = study

    def propose(self, request: ProposalRequest) -> Proposal:
        """Return the nearest row that is left."""
        left = np.array([key not in request.seen for key in self._table.keys])
        if not left.any():
            raise SpaceExhausted("every row of the table has been trained")
        proposal = self._inner.propose(request)
        if proposal is None:
            suggested = self._space.suggest(_Asking(self._study, request.number))  # type: ignore[arg-type]
            proposal = Proposal(suggested)
        wanted = self._space.to_unit(proposal.configuration)
        distances = np.linalg.norm(self._table.unit_rows - wanted, axis=1)
        nearest = int(np.argmin(np.where(left, distances, np.inf)))
        return Proposal(self._table.rows[nearest], proposal.origin)


class _Asking:
    """What a trial asks of a study's sampler, without a trial: see ``optuna/trial/_trial.py``."""

    def __init__(self, study: optuna.Study, number: int) -> None:
        self._trial = FrozenTrial(
            number=number,
            state=TrialState.RUNNING,
            value=None,
            datetime_start=None,
            datetime_complete=None,
            params={},
            distributions={},
            user_attrs={},
            system_attrs={},
            intermediate_values={},
            trial_id=-1,
        )
        alone = copy.copy(study)
        alone._storage = _Unchanged(study._storage)  # type: ignore[assignment]
        self._study = optuna.pruners._filter_study(alone, self._trial)
        sampler = study.sampler
        self._together = sampler.infer_relative_search_space(self._study, self._trial)
        self._sampled = sampler.sample_relative(self._study, self._trial, self._together)

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        return float(self._suggest(name, FloatDistribution(low, high, log=log)))

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        return int(self._suggest(name, IntDistribution(low, high, log=log, step=step)))

    def suggest_categorical(self, name: str, choices: tuple[Any, ...]) -> Any:
        return self._suggest(name, CategoricalDistribution(choices))

    def _suggest(self, name: str, distribution: BaseDistribution) -> Any:
        if name in self._together and name in self._sampled:
            value = self._sampled[name]
        else:
            value = self._study.sampler.sample_independent(self._study, self._trial, name, distribution)
        self._trial.params[name] = value
        self._trial.distributions[name] = distribution
        return value


class AllFolds(KnowHow):
    """The search from know-how with all folds at every rung, each of half the epochs of the one above."""

    def __init__(
        self, space: Space, seed: int, table: Table, among: Sequence[Configuration] | None = None
    ) -> None:
        super().__init__(space, seed, table.direction, table.epochs, table.folds, among)
        shares = (max(1, round(table.epochs / 2**halvings)) for halvings in range(1, RUNGS + 1))
        self.rungs = tuple(
            Rung(epochs, table.folds) for epochs in sorted(set(shares)) if epochs < table.epochs
        )


def make_scheduler_over(table: Table, scheduler: str, space: Space, *, by_seconds: bool = False) -> Scheduler:
    """Return a scheduler by its name: ``all-folds``, or one of Kerasweep's.

    Args:
        table: What is searched.
        scheduler: The name.
        space: The table's, with a prior.
        by_seconds: Whether a training costs what it takes.
    """
    if scheduler == ALL_FOLDS:
        return AllFolds(space, 0, table)  # it draws nothing as a scheduler
    return make_scheduler(
        scheduler,
        space,
        epochs=table.epochs,
        folds=table.folds,
        direction=table.direction,
        by_seconds=by_seconds,
    )


class _Unchanged:
    """A study's storage, on which a sampler notes nothing: there is no trial yet."""

    def __init__(self, storage: BaseStorage) -> None:
        self._storage = storage

    def __getattr__(self, name: str) -> Any:
        return getattr(self._storage, name)

    def set_trial_system_attr(self, trial_id: int, key: str, value: Any) -> None:
        """Drop it."""


def proposer_over(
    table: Table,
    search: str,
    scheduler: str,
    learned: Learned,
    seed: int,
    study: optuna.Study,
    *,
    by_seconds: bool = False,
) -> Proposer:
    """Return what proposes configurations of a table.

    Args:
        table: What is searched.
        search: ``tpe``, or a search method of Kerasweep's.
        scheduler: As ``make_scheduler_over`` takes it.
        learned: The table's space, with the recommended values of a prior, and what to begin with beside them.
        seed: Of the sweep.
        study: Whose sampler suggests what the proposer leaves open.
        by_seconds: Whether a training costs what it takes.
    """
    inner: Proposer
    space = learned.space
    if search == PLAIN:
        inner = Plain(space, seed)
    elif scheduler == ALL_FOLDS:
        inner = AllFolds(space, seed, table, table.rows or None)
    elif search == "knowhow":
        inner = KnowHow(
            space, seed, table.direction, table.epochs, table.folds, table.rows or None, by_seconds=by_seconds
        )
    else:
        inner = make_proposer(
            search, space, seed, direction=table.direction, epochs=table.epochs, folds=table.folds
        )
    if not table.rows:
        return with_starts(inner, search, learned.starts)
    rows = [table.nearest_row(start) for start in learned.starts]
    return with_starts(OverRows(inner, table, space, study), search, rows)
