"""A copy of a study for Optuna's plots: in memory, with names and choices that Plotly shows literally.

Trials keep their numbers.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.trial import FrozenTrial, TrialState

from ..spaces import value_text
from ..studies.importance import read_only_study
from ..studies.records import DUPLICATE
from .theme import plain

if TYPE_CHECKING:
    from collections.abc import Mapping


def copy_for_plots(study: optuna.Study, labels: Mapping[str, str]) -> optuna.Study:
    """Return an in-memory copy of a study whose names and choices are safe to plot.

    Args:
        study: The study.
        labels: Name of a hyperparameter -> its label.
    """
    trials = [_copy_trial(trial, labels) for trial in study.get_trials(deepcopy=False)]
    return read_only_study(trials, study.directions[0], plain(study.study_name))


def _copy_trial(trial: FrozenTrial, labels: Mapping[str, str]) -> FrozenTrial:
    parameters: dict[str, Any] = {}
    distributions: dict[str, BaseDistribution] = {}
    for name, law in trial.distributions.items():
        shown = labels.get(name) or plain(name, 30)  # a trial that began after the labels were made
        value = trial.params[name]
        if isinstance(law, CategoricalDistribution):
            texts = _choices(law)
            value = texts[law.choices.index(value)]
            law = CategoricalDistribution(texts)  # noqa: PLW2901 - the copy's own
        parameters[shown], distributions[shown] = value, law
    ended = trial.state == TrialState.COMPLETE
    finite = {step: v for step, v in trial.intermediate_values.items() if math.isfinite(v)}
    return FrozenTrial(
        number=trial.number,
        trial_id=trial.number,
        state=trial.state,
        value=trial.values[0] if ended and trial.values else None,
        params=parameters,
        distributions=distributions,
        intermediate_values=finite,
        system_attrs={
            key: value for key, value in trial.system_attrs.items() if key.startswith("constraints")
        },
        user_attrs={key: value for key, value in trial.user_attrs.items() if key == DUPLICATE},
        datetime_start=trial.datetime_start,
        datetime_complete=trial.datetime_complete,
    )


def _choices(law: CategoricalDistribution) -> list[Any]:
    """Return choices as shown: numbers stay numbers, so that they are sorted; no two look the same to Plotly."""
    texts: list[Any] = []
    for choice in law.choices:
        number = isinstance(choice, int | float) and not isinstance(choice, bool)
        text = choice if number else plain(value_text(choice))
        while text in texts:
            text = f"{text}\u200b"
        texts.append(text)
    return texts
