"""Which hyperparameters mattered in a study, as Optuna's importance says. This module imports Optuna: load it when needed."""

from __future__ import annotations

import math
import warnings
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager

import optuna
from optuna.trial import FrozenTrial, TrialState, create_trial

from ..spaces import Configuration
from .comparison import MAX_SHOWN, common_names, names_of
from .records import DUPLICATE

FEWEST_FOR_IMPORTANCE = 4
_NOTABLE = 5
"""Trials that should count as good when importances are estimated; Optuna's documentation asks for five."""


@contextmanager
def quietly() -> Iterator[None]:
    """Silence what Optuna says about experimental plots and about studies too small for them."""
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            warnings.simplefilter("ignore", UserWarning)
            yield
    finally:
        optuna.logging.set_verbosity(verbosity)


class _ReadOnlyTrials(optuna.storages.InMemoryStorage):
    """Trials that nobody changes any more: each is handed out as it is, where Optuna's storage copies all of them each time."""

    def __init__(self, trials: Sequence[FrozenTrial]) -> None:
        super().__init__()
        self._given = list(trials)

    def get_all_trials(
        self,
        study_id: int,
        deepcopy: bool = True,
        states: Container[TrialState] | None = None,
    ) -> list[FrozenTrial]:
        return [trial for trial in self._given if states is None or trial.state in states]


def read_only_study(
    trials: Sequence[FrozenTrial], direction: optuna.study.StudyDirection, name: str | None = None
) -> optuna.Study:
    """Return a study to look at and never to change: trials as they are, with their numbers, in the order given."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)  # no word of each study
    return optuna.create_study(study_name=name, direction=direction, storage=_ReadOnlyTrials(trials))


def complete_trials(study: optuna.Study, most: int | None = None) -> optuna.Study:
    """Return a study of the complete trials with a finite value: the best ones, best last.

    Repetitions are left out, and trials that break a constraint.
    """
    maximize = study.direction == optuna.study.StudyDirection.MAXIMIZE
    chosen = [
        trial
        for trial in study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        if DUPLICATE not in trial.user_attrs
        and all(excess <= 0 for excess in trial.constraints.values())
        and trial.value is not None
        and math.isfinite(trial.value)
    ]
    chosen.sort(key=lambda trial: trial.value or 0.0, reverse=not maximize)
    return read_only_study(chosen[-most:] if most else chosen, study.direction, study.study_name)


def trials_by_rank(study: optuna.Study) -> optuna.Study:
    """Return a study of all trials that were scored at least once, in which their ranks are the values: a higher one is better.

    Those that were trained further beat those that were ended or paused before, which others had beaten there; among those
    that came as far, the score decides. A search that trains few trials whole has too few that are complete.
    """
    sign = 1.0 if study.direction == optuna.study.StudyDirection.MAXIMIZE else -1.0
    scored: list[tuple[tuple[float, float], FrozenTrial]] = []
    for trial in study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED)):
        whole = trial.state == TrialState.COMPLETE
        last = max(trial.intermediate_values, default=None)
        value = trial.value if whole else None if last is None else trial.intermediate_values[last]
        if DUPLICATE in trial.user_attrs or value is None or not math.isfinite(value):
            continue
        scored.append(((math.inf if whole else float(last or 0), sign * value), trial))
    ranks = {key: rank for rank, key in enumerate(sorted({key for key, _ in scored}))}
    ranked = [
        create_trial(value=float(ranks[key]), params=trial.params, distributions=trial.distributions)
        for key, trial in scored
    ]
    return read_only_study(ranked, optuna.study.StudyDirection.MAXIMIZE)


def compared_names(configurations: Sequence[Configuration]) -> list[str] | None:
    """Return the hyperparameters whose importance is compared; None for all that every trial has.

    Of a space with too many to show, only those count that half of the complete trials have: among a hundred, one that two
    trials had leads by chance.
    """
    wide = len(names_of(configurations)) > MAX_SHOWN
    return common_names(configurations) if wide else None


def importance_shares(study: optuna.Study, names: Sequence[str] | None = None) -> dict[str, float]:
    """Return the importance of hyperparameters as shares of one, largest first; of all where none are named.

    PED-ANOVA (Watanabe et al. 2023, Optuna's default): how far the values of the best trials differ from those of all.
    The share of trials that counts as best is a tenth, or what it takes to have five trials.
    """
    selection = complete_trials(study)
    count = len(selection.get_trials(deepcopy=False))
    quantile = min(0.5, max(0.1, _NOTABLE / max(count, 1)))
    with quietly():
        evaluator = optuna.importance.PedAnovaImportanceEvaluator(target_quantile=quantile)
        return optuna.importance.get_param_importances(
            selection, evaluator=evaluator, params=None if names is None else list(names)
        )
