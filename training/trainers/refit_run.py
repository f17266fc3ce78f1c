"""Trains one model on all training rows and scores it on the test split: the run of a ``refit``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ...spaces import Configuration
from ..batching import batches_of
from ..data import (
    Dataset,
    FittedPreparation,
    RowDraw,
    Tree,
    configure_preparation,
    fit_preparation,
    row_strata,
    take,
)
from ..metrics import in_target_units, unit_power
from ..mistakes import describe_predictions, describes
from ..models import Build
from ..models.building import activations_of, build_model, build_optimizer, loss_name
from ..models.keras_settings import clear_session
from ..models.labels import Labels
from ..scoring import reads_logits
from ..weighting import class_weights, training_weights
from ..workload import Workload
from .averaging import take_average, uses_average
from .feeding import Feed, Rows, in_order, stored_rows, validation_batch
from .fit_folds import train_epoch
from .fit_trainer import labels_for, mixing_for, targets_for
from .parts import Parts


@dataclass(frozen=True)
class RefitRun:
    """A model in training on all rows."""

    model: keras.Model
    feed: Feed
    test: tf.data.Dataset | None
    """None where no rows are held out."""
    preparation: FittedPreparation
    """Fitted on all training rows."""
    labels: Labels
    """In what form the model reads its targets."""
    batch_size: int
    class_weight: dict[int, float] | None
    """Class code -> weight in training; None where all weigh the same."""
    draw: RowDraw | None
    """How many of the training rows of each class train; None for each row once."""
    parts: Parts | None = None
    """Of the training, with the learning rate of each; None where the model trains itself."""
    score: Callable[[np.ndarray], dict[str, float]] | None = None
    """Returns of predictions of the test rows what the model does not compute; None where it computes all."""

    def train(self, epochs: int) -> Iterator[dict[str, float]]:
        """Train epoch by epoch, and yield the metrics of each in the target's units."""
        for epoch in range(epochs):
            yield self.train_epoch(epoch)

    def train_epoch(self, epoch: int) -> dict[str, float]:
        """Train one epoch, counted from 0, and return its metrics in the target's units."""
        if self.parts is not None:
            self.parts.begin_epoch(epoch)
        logs = train_epoch(self.model, self.feed, epoch)
        if self.parts is not None:
            self.parts.end_epoch(logs["loss"])
        return self._in_units(logs)

    def evaluate(self) -> dict[str, float]:
        """Return the metrics on the test split, in the target's units; with averaged weights where there are any; none without test rows.

        To be called once, after the last epoch. The optimizer gets its first learning rate again: the model is what
        its configuration says, and an exported script that is written from it starts where this training did.
        """
        if self.parts is not None:
            self.parts.restore_rate()
        if uses_average(self.model):
            take_average(self.model)
        if self.test is None:
            return {}
        found = self._in_units(self.model.evaluate(self.test, verbose=0, return_dict=True))
        if self.score is None:
            return found
        return {**found, **self.score(self.test_predictions)}

    @cached_property
    def test_predictions(self) -> np.ndarray:
        """What the model gives for each test row; to be asked for after ``evaluate``, and where there are test rows."""
        return np.asarray(self.model.predict(self.test, verbose=0))

    def mistakes(self, dataset: Dataset) -> dict[str, Any] | None:
        """Return what the predictions of the test rows are like, for reports; None where nothing can be said of them."""
        if not describes(dataset):
            return None
        return describe_predictions(
            dataset,
            self.test_predictions,
            self.preparation.transform_target(dataset.y_test),
            scale=self.preparation.target_scale,
            logits=reads_logits(self.model),
        )

    def _in_units(self, logs: dict[str, float]) -> dict[str, float]:
        return in_target_units(logs, loss_name(self.model), self.preparation.target_scale)

    def unit_powers(self, metrics: Iterable[str]) -> dict[str, int]:
        """Return the power of the target's unit in each of the metrics that has one."""
        powers = {metric: unit_power(metric, loss_name(self.model)) for metric in metrics}
        return {metric: power for metric, power in powers.items() if power}


def start_refit(
    workload: Workload, configuration: Configuration, seed: int, build: Build | None = None
) -> RefitRun:
    """Fit the preparation on all training rows and build the configuration's model.

    Args:
        workload: Its folds take no part.
        configuration: What to train.
        seed: Seeds weights, dropout and the order of rows.
        build: The model's build function, where it is loaded already.

    Raises:
        TrainingError: The model cannot be built.
    """
    clear_session()
    dataset = workload.dataset
    fitted = fit_preparation(configure_preparation(workload.preparation, configuration), dataset.x, dataset.y)
    signature = workload.signature(configuration)
    model = build_model(build or workload.model.load(), configuration, signature, seed, workload.precision)
    build_optimizer(model)
    batches = batches_of(configuration)
    labels = labels_for(workload, configuration, model)
    mixing = mixing_for(workload, configuration, model)
    parts = [(dataset.x, dataset.y, fitted.transform_training)]
    if dataset.test_rows:
        parts.append((dataset.x_test, dataset.y_test, fitted.transform))
    arrays = []
    for x, y, transform in parts:
        stored = fitted.as_stored(x)
        rows_of_x = constants(transform(x)) if stored is None else stored_rows(*stored)
        arrays.append((rows_of_x, constants(targets_for(labels, fitted.transform_target(y), dataset))))
    rows = np.arange(dataset.rows)
    draw = workload.draw(configuration, rows)
    if draw is not None:
        rows = draw.positions(row_strata(dataset.y, dataset.task))
    of_classes = class_weights(configuration, dataset, take(dataset.y, rows))
    weights = training_weights(of_classes, dataset)
    has_test = bool(dataset.test_rows)
    return RefitRun(
        model,
        Feed(*arrays[0], rows, batches, seed, None if weights is None else tf.constant(weights), mixing),
        _test_batches(dataset, *arrays[1], model=model) if has_test else None,
        fitted,
        labels,
        batches.size,
        of_classes,
        draw,
        Parts(workload, configuration, 0, model),
        _score_of(workload, fitted, reads_logits(model)) if has_test else None,
    )


def _test_batches(dataset: Dataset, x: Rows, y: Rows, model: keras.Model) -> tf.data.Dataset:
    weights = None if dataset.weights_test is None else tf.constant(dataset.weights_test)
    batch = validation_batch(activations_of(model), x)
    return in_order(x, y, np.arange(dataset.test_rows), batch, weights)


def constants(tree: Tree) -> Rows:
    """Return a nest of arrays as one of tensors with memory of their own."""
    return keras.tree.map_structure(tf.constant, keras.tree.lists_to_tuples(tree))


def _score_of(
    workload: Workload, fitted: FittedPreparation, logits: bool
) -> Callable[[np.ndarray], dict[str, float]] | None:
    """Return what scores predictions of the test rows; None where the model computes all that is asked for."""
    scorers, scale = workload.scorers, fitted.target_scale
    if not scorers:
        return None
    targets = workload.dataset.y_test
    scaled = fitted.transform_target(targets)

    def score(predictions: np.ndarray) -> dict[str, float]:
        return {
            one.name.removeprefix("val_"): one.score(targets, scaled, predictions, scale=scale, logits=logits)
            for one in scorers
        }

    return score
