"""A configuration trained on all training rows, scored once on the test split, and all that is known about it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..spaces import Configuration
from .batching import batches_of
from .data import Dataset, FittedPreparation, RowDraw
from .fine_tuning import FineTuning
from .machine import cores
from .metric_names import KnownMetric
from .models import Signature
from .plateau import Plateau, plateau_values
from .workload import Workload

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Rule:
    """Something that the trainer applied to the model, which an exported script repeats."""

    function: Callable[..., Any]
    """A function or a class, whose source a script holds."""
    arguments: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Refit:
    """A trained model with all that is needed to use it and to train it again."""

    configuration: Configuration
    model: keras.Model
    preparation: FittedPreparation
    """Fitted on all training rows."""
    dataset: Dataset
    signature: Signature
    labels: str
    """In what form the model reads its targets: see ``models.labels.Labels``."""
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
    draw: RowDraw | None
    """How many of the training rows of each class train; None for each row once."""
    scorings: Mapping[str, KnownMetric] = field(default_factory=dict)
    """Metric of ``test`` that the model does not compute -> what it is of all predictions of the test rows."""
    mistakes: dict[str, Any] | None = None
    """What the predictions of the test rows are like; None where nothing can be said of them."""
    second_part: FineTuning | None = None
    """How training goes on after its first part, if it gets there; None where it has one part."""

    @property
    def shuffle(self) -> bool:
        """Whether every epoch had an order of its own, rather than that of the rows."""
        return batches_of(self.configuration).shuffle

    @property
    def rows_an_epoch(self) -> int:
        """Training rows of an epoch: fewer than there are where the last smaller batch was left out."""
        rows = self.dataset.rows if self.draw is None else sum(self.draw.counts)
        return batches_of(self.configuration).rows(rows)

    @property
    def mixing(self) -> Rule | None:
        """How training batches were mixed: ``function(batch, (seed, epoch), step, **arguments)``; None where they were not."""
        from .mixing import mixing_of

        mixing = mixing_of(self.configuration, self.preparation.preparation.channels)
        return None if mixing is None else Rule(mixing.function, mixing.arguments)

    @property
    def plateau(self) -> Rule | None:
        """What lowered the learning rate where the training loss stood still; None where nothing did.

        ``function(**arguments).after(loss)`` is the share of the first rate that an epoch with this training loss is
        followed by.
        """
        values = plateau_values(self.configuration)
        return None if values is None else Rule(Plateau, values)

    @property
    def fine_tuning(self) -> FineTuning | None:
        """The part of the training in which layers of the model's base trained, too; None where there was none."""
        tuning = self.second_part
        return tuning if tuning is not None and tuning.epoch < self.epochs else None

    def as_dict(self) -> dict[str, Any]:
        """Return what the study stores of it."""
        return {
            "test": self.test,
            "epochs": self.epochs,
            "rows": self.dataset.rows,
            "test_rows": self.dataset.test_rows,
            "seconds": self.seconds,
            "seed": self.seed,
        }


def train_on_all_rows(
    workload: Workload,
    configuration: Configuration,
    *,
    seed: int,
    epochs: int,
    on_epoch: Callable[[int, int, dict[str, float]], None],
) -> Refit:
    """Train on all training rows of a workload, and evaluate once on its test split.

    Args:
        workload: The data, whole, and the model.
        configuration: What is trained.
        seed: Of weights, dropout and the order of rows.
        epochs: How many are trained; nothing ends them early.
        on_epoch: Called after every epoch with its number, the number of epochs, and Keras's logs.

    Raises:
        TrainingError: The model cannot be built or trained.
    """
    from .trainers.runtime import prepare_tensorflow

    prepare_tensorflow(cores())
    from .trainers.refit_run import start_refit

    started = time.perf_counter()
    own = workload.model.own_fit()
    if own is None:
        run = start_refit(workload, configuration, seed)
    else:
        from .trainers.hypermodel_refit import refit_hypermodel

        run = refit_hypermodel(workload, configuration, seed, own, epochs)
    history: dict[str, list[float]] = {}
    for epoch, logs in enumerate(run.train(epochs)):
        for metric, value in logs.items():
            history.setdefault(metric, []).append(value)
        on_epoch(epoch + 1, epochs, logs)
    test = run.evaluate()
    mistakes = run.mistakes(workload.dataset)
    return Refit(
        configuration=configuration,
        model=run.model,
        preparation=run.preparation,
        dataset=workload.dataset,
        signature=workload.signature(configuration),
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
        scorings={one.name.removeprefix("val_"): one.metric for one in workload.scorers},
        mistakes=mistakes,
        second_part=workload.fine_tuning(configuration),
    )
