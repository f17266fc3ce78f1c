"""A trial in the words of other tools: KerasTuner's ``HyperParameters``, and a trial for any study of Optuna's."""

from __future__ import annotations

import json
from typing import Any

from ..errors import StudyError
from ..spaces import Hyperparameter, Space, fixed
from ..spaces.optuna import distribution_of
from ..spaces.to_keras_tuner import keras_tuner_config
from ..spaces.values import stored
from ..studies import StudyRecord, TrialRecord
from ..studies.comparison import study_space
from .text import json_text, provenance


def to_keras_tuner(study: StudyRecord, trial: TrialRecord) -> str:
    """Return the study's space with the trial's values, for ``keras_tuner.HyperParameters.from_config``.

    KerasTuner passes over ``note`` and ``provenance``.

    Raises:
        SpaceError: KerasTuner has no words for a hyperparameter of the space; it is named.
        StudyError: The study holds no space.
    """
    return json_text(
        {
            "note": "KerasTuner has no words for what is recommended under a condition, why, and how surely.",
            "space": keras_tuner_config(_space(study)),
            "values": trial.configuration,
            "provenance": provenance(study, trial),
        }
    )


def to_optuna(study: StudyRecord, trial: TrialRecord) -> str:
    """Return the trial's ``params`` for ``study.enqueue_trial``, with the distributions that they were drawn from.

    Raises:
        StudyError: The study holds no space.
    """
    space = _space(study)
    return json_text(
        {
            "note": "Optuna has no words for conditions, which code asks for, nor for tuples, which are text here.",
            "params": {name: stored(value) for name, value in trial.configuration.items()},
            "distributions": {
                name: _distribution(space[name] if name in space else fixed(name, value))
                for name, value in trial.configuration.items()
            },
            "directions": [one.direction for one in study.objectives],
            "values": list(trial.values or (trial.value,)),
            "provenance": provenance(study, trial),
        }
    )


def _space(study: StudyRecord) -> Space:
    space = study_space(study)
    if space is None:
        raise StudyError(f"The study '{study.name}' holds no space that this version can read.")
    return space


def _distribution(hyperparameter: Hyperparameter) -> dict[str, Any]:
    """Return a distribution as ``optuna.distributions.json_to_distribution`` reads it, but as data, not as text."""
    from optuna.distributions import distribution_to_json

    data: dict[str, Any] = json.loads(distribution_to_json(distribution_of(hyperparameter)))
    return data
