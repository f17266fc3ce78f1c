"""A study for Optuna's plots: in memory, with names and choices that Plotly shows literally.

It is made of what the report has read, and of what plots need beside that, as plain rows: Optuna's own storage takes many
times as long. Trials keep their numbers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, json_to_distribution
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from ..spaces import value_text
from ..studies import StudyRecord, TrialRecord, read_reports, read_stored_parameters
from ..studies.importance import read_only_study
from ..studies.records import CONSTRAINT, DUPLICATE
from .theme import plain

_STATES = {
    "complete": TrialState.COMPLETE,
    "pruned": TrialState.PRUNED,
    "failed": TrialState.FAIL,
    "running": TrialState.RUNNING,
    "paused": TrialState.RUNNING,
    "waiting": TrialState.WAITING,
}


def study_for_plots(
    study: StudyRecord, trials: Sequence[TrialRecord], labels: Mapping[str, str]
) -> optuna.Study:
    """Return trials as a study in memory whose names and choices are safe to plot. Reads the storage.

    Args:
        study: The study.
        trials: Those of it that were read.
        labels: Name of a hyperparameter -> its label.
    """
    reports, stored = read_reports(study), read_stored_parameters(study)
    laws: dict[str, BaseDistribution] = {}  # by their texts: trials have few, and each takes long to parse
    copies = []
    for trial in trials:
        found = {name: pair for name, pair in stored.get(trial.number, {}).items() if name in labels}
        for _, text in found.values():
            if text not in laws:
                laws[text] = _law(text)
        parameters = {labels[name]: (value, laws[text]) for name, (value, text) in found.items()}
        copies.append(_copy(trial, parameters, reports.get(trial.number, {})))
    direction = StudyDirection.MAXIMIZE if study.direction == "maximize" else StudyDirection.MINIMIZE
    return read_only_study(copies, direction, plain(study.name))


def _copy(
    trial: TrialRecord, parameters: Mapping[str, tuple[float, BaseDistribution]], reports: Mapping[int, float]
) -> FrozenTrial:
    value = trial.values[0] if trial.values else trial.value
    return FrozenTrial(
        number=trial.number,
        trial_id=trial.number,
        state=_STATES[trial.state],
        value=value if trial.state == "complete" else None,
        params={label: law.to_external_repr(stored) for label, (stored, law) in parameters.items()},
        distributions={label: law for label, (_, law) in parameters.items()},
        intermediate_values={step: found for step, found in reports.items() if math.isfinite(found)},
        system_attrs={f"{CONSTRAINT}{name}": excess for name, excess in trial.excesses.items()},
        user_attrs={} if trial.duplicate_of is None else {DUPLICATE: trial.duplicate_of},
        datetime_start=trial.started,
        datetime_complete=None,
    )


def _law(text: str) -> BaseDistribution:
    """Return a distribution as it is shown."""
    law = json_to_distribution(text)
    return CategoricalDistribution(_choices(law)) if isinstance(law, CategoricalDistribution) else law


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
