"""Refits a trial of a study: on all training rows, for the number of epochs that its folds chose; the score is stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import ModelError, StudyError, TrainingError
from ..studies import StudyRecord, TrialRecord
from ..studies.lifecycle import drive_study
from ..training.models import Build
from ..training.quiet import quiet_tensorflow
from ..training.randomness import random_state_kept
from ..training.refit import Refit, train_on_all_rows
from ..training.seeds import fold_seed
from .model_resolution import why_not_saved
from .planning import refit_workload
from .resume import plan_trial


@quiet_tensorflow()
@random_state_kept()
def refit(
    study: StudyRecord,
    trial: TrialRecord,
    *,
    limit: int | None = None,
    data: Any = None,
    model: Build | None = None,
    cv: Any = None,
    saves: bool = False,
    on_epoch: Callable[[int, int, dict[str, float]], None] = lambda epoch, epochs, logs: None,
) -> Refit:
    """Train a trial's configuration on all training rows, evaluate it once on the test split, store the score.

    Args:
        study: The study.
        trial: One of its trials.
        limit: A subset of the training rows; all of them where None, also if the sweep ran on a subset.
        data: The data, where the study's were given in Python.
        model: The build function, where the study's was given in Python.
        cv: What cuts the folds, where it was given in Python.
        saves: Whether the model must be one that Keras can save; one that is not is refused before it trains.
        on_epoch: Called after every epoch with its number, the number of epochs, and Keras's logs.

    Raises:
        StudyError: The trial was never scored.
        ModelError: Training failed, or Keras cannot save the model.
    """
    if trial.epochs is None:
        raise StudyError(
            f"Trial {trial.number} of '{study.name}' is {trial.state}; only a scored trial can be refit."
        )
    plan = plan_trial(study, trial, data=data, model=model, cv=cv)
    if saves and (unsaved := why_not_saved(plan.spec, plan.workload, trial.configuration)):
        raise ModelError(
            f"Trial {trial.number} of '{study.name}' cannot be exported as a folder of Keras: {unsaved}. "
            "--format python writes a script."
        )
    workload = refit_workload(plan, limit, data, cv)
    seed = fold_seed(int(trial.seed or 0), 0)
    with drive_study(study) as writer:
        try:
            done = train_on_all_rows(
                workload, trial.configuration, seed=seed, epochs=trial.epochs or 1, on_epoch=on_epoch
            )
        except TrainingError as error:
            raise ModelError(f"Trial {trial.number} cannot be refit: {error}.") from error
        writer.set_refit(trial.number, done.as_dict(), done.mistakes)
    return done
