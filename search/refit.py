"""Trains a configuration on all training data for its chosen number of epochs and scores it once on the test split."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import ModelError, StudyError, TrainingError
from ..studies import StudyRecord, TrialRecord, best_trial, read_trial
from ..studies.writing import drive_study
from ..training.data import Dataset, FittedPreparation, RowDraw
from ..training.machine import cores
from ..training.models import Build, Signature
from ..training.ordering import batches_of
from ..training.plateau import Plateau, plateau_values
from ..training.quiet import quiet_tensorflow
from ..training.randomness import random_state_kept
from ..training.seeds import fold_seed
from ..training.workload import Workload
from .launch import plan_resume
from .plan import all_rows

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Rule:
    """Something that the trainer applied to the model, as code that an exported script repeats."""

    name: str
    """A function or a class of the source."""
    source: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class Refit:
    """A trained model with all that is needed to use it and to train it again."""

    study: StudyRecord
    trial: TrialRecord
    model: keras.Model
    preparation: FittedPreparation
    """Fitted on all training rows."""
    dataset: Dataset
    signature: Signature
    labels: str
    """In what form the model reads its targets: see ``training.models.labels.Labels``."""
    epochs: int
    batch_size: int
    seed: int
    """Given to ``keras.utils.set_random_seed`` and to the order of rows."""
    test: dict[str, float]
    """Metrics on the test split, in the target's units."""
    class_weight: dict[int, float] | None
    """Class code -> weight in training; None where all weigh the same."""
    unit_powers: dict[str, int]
    """Metric -> power of the target's unit in it, for a regression's metrics that have one."""
    training: dict[str, list[float]]
    """Metric -> epoch, on the training rows while training."""
    seconds: float
    draw: RowDraw | None = None
    """How many of the training rows of each class train; None for each row once."""

    @property
    def shuffle(self) -> bool:
        """Whether every epoch had an order of its own, rather than that of the rows."""
        return batches_of(self.trial.configuration).shuffle

    @property
    def rows_an_epoch(self) -> int:
        """Training rows of an epoch: fewer than there are where the last smaller batch was left out."""
        rows = len(self.dataset.y) if self.draw is None else sum(self.draw.counts)
        return batches_of(self.trial.configuration).rows(rows)

    @property
    def mixing(self) -> Rule | None:
        """How training batches were mixed; None where they were not."""
        from ..training.mixing import mixing_of

        mixing = mixing_of(self.trial.configuration, self.preparation.preparation.channels)
        return None if mixing is None else Rule(mixing.kind, mixing.source, mixing.arguments)

    @property
    def plateau(self) -> Rule | None:
        """What lowered the learning rate where the training loss stood still; None where nothing did."""
        values = plateau_values(self.trial.configuration)
        return None if values is None else Rule(Plateau.__name__, inspect.getsource(Plateau), values)

    def as_dict(self) -> dict[str, Any]:
        """Return what the study stores of it."""
        return {
            "test": self.test,
            "epochs": self.epochs,
            "rows": self.dataset.rows,
            "test_rows": len(self.dataset.y_test),
            "seconds": self.seconds,
            "seed": self.seed,
        }


@quiet_tensorflow()
@random_state_kept()
def refit(
    study: StudyRecord,
    number: int | None = None,
    *,
    limit: int | None = None,
    data: Any = None,
    model: Build | None = None,
    on_epoch: Callable[[int, int, dict[str, float]], None] = lambda epoch, epochs, logs: None,
) -> Refit:
    """Train a trial's configuration on all training rows, evaluate it once on the test split, store the score.

    Args:
        study: The study.
        number: The trial; the best one where None.
        limit: A subset of the training rows; all of them where None, also if the sweep ran on a subset.
        data: The data, where the study's were given in Python.
        model: The build function, where the study's was given in Python.
        on_epoch: Called after every epoch with its number, the number of epochs, and Keras's logs.

    Raises:
        StudyError: The trial does not exist or was never scored.
        ModelError: Training failed.
    """
    trial = best_trial(study) if number is None else read_trial(study, number)
    if trial.epochs is None:
        raise StudyError(
            f"Trial {trial.number} of '{study.name}' is {trial.state}; only a scored trial can be refit."
        )
    plan = plan_resume(study, {"execution": {"workers": 1}}, data=data, model=model)
    workload = all_rows(plan, limit, data)
    with drive_study(study) as writer:
        try:
            done = _train(study, trial, workload, on_epoch)
        except TrainingError as error:
            raise ModelError(f"Trial {trial.number} cannot be refit: {error}.") from error
        writer.set_refit(trial.number, done.as_dict())
    return done


def _train(
    study: StudyRecord,
    trial: TrialRecord,
    workload: Workload,
    on_epoch: Callable[[int, int, dict[str, float]], None],
) -> Refit:
    from ..training.trainers.runtime import prepare_tensorflow

    prepare_tensorflow(cores())
    from ..training.trainers.whole import start_whole

    started = time.perf_counter()
    epochs = int(trial.epochs or 1)
    seed = fold_seed(int(trial.seed or 0), 0)
    own = workload.model.own_fit()
    if own is None:
        run = start_whole(workload, trial.configuration, seed)
    else:
        from ..training.trainers.hyperfit import train_whole

        run = train_whole(workload, trial.configuration, seed, own, epochs)
    history: dict[str, list[float]] = {}
    for epoch, logs in enumerate(run.train(epochs)):
        for metric, value in logs.items():
            history.setdefault(metric, []).append(value)
        on_epoch(epoch + 1, epochs, logs)
    test = run.evaluate()
    return Refit(
        study=study,
        trial=trial,
        model=run.model,
        preparation=run.preparation,
        dataset=workload.dataset,
        signature=workload.signature(trial.configuration),
        labels=run.labels,
        epochs=epochs,
        batch_size=run.batch_size,
        seed=seed,
        test=test,
        class_weight=run.class_weight,
        unit_powers=run.unit_powers(test),
        training=history,
        seconds=round(time.perf_counter() - started, 3),
        draw=run.draw,
    )
