"""The reference trainer: ``model.fit`` on each fold, one epoch at a time, for any Keras model."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import Any
from weakref import WeakValueDictionary

import keras
import numpy as np
import tensorflow as tf

from ...errors import InfeasibleError, TrainingError
from ...spaces import Configuration
from ..batching import batches_of
from ..data import Dataset, Tree, leaves, map_shapes, take
from ..events import Task
from ..fold_cache import FoldData
from ..machine import MEMORY_SHARE, free_memory
from ..mixing import Mixing, checked_mixing, mixing_of
from ..model_size import ModelSize, tell_size
from ..models.building import activations_of, build_model, build_optimizer, summary_of
from ..models.keras_settings import KerasSettings, clear_session
from ..models.labels import Labels, encode_targets, labels_of
from ..models.signature import TrackedSignature
from ..seeds import fold_seed
from ..weighting import class_weights, training_weights
from ..workload import Training, Workload, epochs_of
from .feeding import Feed, Rows, as_tensor, as_tensors, in_order, stored_rows, validation_batch
from .fit_folds import FitFolds, FoldRun, TrainedFolds, notes_of_vectors, train_fold
from .garbage import Garbage
from .lockstep import ModelFacts, between_rungs, train_in_lockstep
from .measuring import measure
from .parts import Parts
from .training_state import note_without_checkpoint

COPIES_OF_WEIGHTS = 5
"""A fold's weights that train, their gradients, two slots of an optimizer such as Adam, and one while they are updated; of
frozen weights there is one."""
ONE_BY_ONE = "memory does not hold the models of all folds together: they were trained one after the other, each to its last epoch, which cannot be paused"
COPIES_OF_ACTIVATIONS = 3
"""A batch's activations are kept for the backward pass, which makes gradients of the same shapes."""


class FitTrainer:
    """Trains with ``model.fit``; slow for small models, right for every model."""

    name = "fit"

    def __init__(self, workload: Workload) -> None:
        self._workload = workload
        self._build = workload.model.load()
        self._settings = KerasSettings.current()  # what the function's module has chosen among them
        self._tensors: dict[int, tuple[Tree, Rows]] = {}
        self._targets: dict[tuple[int, str], Rows] = {}
        self._weights: WeakValueDictionary[int, Any] = WeakValueDictionary()
        """Trainable ones of all models that were built, by their id."""
        self._garbage = Garbage()
        self.scorers = workload.scorers
        self.depends_on_epochs = False
        """Whether the training of the model that was built last depends on how many epochs it has in all."""

    def probe(self, task: Task) -> ModelSize:
        """Build the configuration's model once and return how large it is."""
        self.forget()
        return self.size(task, self.build(task, 0))

    def size(self, task: Task, model: keras.Model) -> ModelSize:
        """Return how large a task's model is, and what training it is estimated to take."""
        parameters = int(model.count_params())
        weights = len(self._workload.folds) * self._held(model, task.configuration)
        read = sum(leaves(map_shapes(math.prod, self._workload.signature(task.configuration).input_shape)))
        passed_on = max(activations_of(model), read)
        training = COPIES_OF_ACTIVATIONS * batches_of(task.configuration).size
        rows = max(training, validation_batch(passed_on))
        return ModelSize(parameters, 4 * (weights + rows * passed_on))

    def train(self, task: Task) -> Training:
        """Train a configuration, an epoch of all folds at a time, or of those that a rung asks for."""
        started = time.perf_counter()
        self.forget()
        folds = self.data(task)
        first = self.start_fold(task, 0, folds[0])
        # the summary is made ahead of the optimizer's weights, which it would count
        facts = self.facts(task, first.model)
        if self.fits_in_memory(first.model, task.configuration):
            self._make_ready(first)
            together = FitFolds(self.name, partial(self._begin, task, folds), first)
            outcome = yield from train_in_lockstep(
                self._workload, task, together, facts, trainer=self.name, started=started
            )
            return replace(outcome, notes=(*outcome.notes, *notes_of_vectors(first.vectors)))
        del first  # its memory is wanted
        trained = self._one_by_one(task, folds)
        outcome = yield from between_rungs(
            task.rungs,
            train_in_lockstep(
                self._workload,
                replace(task, rungs=(), state=None, checkpoint_every=None),
                trained,
                facts,
                trainer=self.name,
                started=started,
            ),
        )
        note_without_checkpoint(task, outcome.seconds, "its folds are trained one after the other")
        return replace(outcome, notes=(*outcome.notes, ONE_BY_ONE, *notes_of_vectors(trained.vectors)))

    def facts(self, task: Task, model: keras.Model) -> ModelFacts:
        """Return what is told of the model that was built last, before it is trained.

        Raises:
            InfeasibleError: It breaks a constraint, and was not trained before.
        """
        return ModelFacts(
            int(model.count_params()), summary_of(model), self.measure(task, model), self.depends_on_epochs
        )

    def measure(self, task: Task, model: keras.Model) -> dict[str, float]:
        """Return what the sweep's goals measure a model by, before it is trained, and tell how large it is.

        Raises:
            InfeasibleError: It breaks a constraint, and was not trained before.
        """
        goals, found = self._workload.goals, dict[str, float]()
        size = self.size(task, model)
        tell_size(size)
        goes_on = task.state is not None and task.state.exists()
        for quantity in goals.quantities:
            if quantity in size.measured:
                found[quantity] = size.measured[quantity]
            else:
                fold = self.data(task)[0]
                found[quantity] = measure(model, quantity, self.tensors(fold), fold.validation)
            if (broken := goals.broken(found)) and not goes_on:
                raise InfeasibleError("; ".join(broken), found, int(model.count_params()))
        return found

    def fits_in_memory(self, model: keras.Model, configuration: Configuration) -> bool:
        """Tell whether memory holds the models of all folds in training."""
        folds, free = len(self._workload.folds), free_memory()
        weights = 4 * folds * self._held(model, configuration)
        return folds == 1 or free is None or weights <= MEMORY_SHARE * free

    def _held(self, model: keras.Model, configuration: Configuration) -> int:
        """Return the float32 numbers that a fold's model in training takes, activations not counted."""
        every = int(model.count_params())
        if self._workload.fine_tuning(configuration) is not None:
            return COPIES_OF_WEIGHTS * every  # layers that are frozen now train later
        trained = int(sum(math.prod(weight.shape) for weight in model.trainable_weights))
        return COPIES_OF_WEIGHTS * trained + every - trained

    def _one_by_one(self, task: Task, folds: Sequence[FoldData]) -> TrainedFolds:
        """Train every fold to its last epoch.

        The folds' mean is not known before the last one is trained. What would have stopped the folds in lockstep stops
        the report, so that the outcome is the same.
        """
        epochs = epochs_of(task.configuration, self._workload.epochs)
        trained = TrainedFolds()
        for fold, data in enumerate(folds):
            run = self.start_fold(task, fold, data)
            self._make_ready(run)
            trained.logs.append([train_fold(run, epoch) for epoch in range(epochs)])
            trained.vectors |= run.vectors
            del run
            self.forget()
        return trained

    def _begin(self, task: Task, folds: Sequence[FoldData], fold: int) -> FoldRun:
        """Start a fold that trains beside others."""
        run = self.start_fold(task, fold, folds[fold])
        self._make_ready(run)
        return run

    def _make_ready(self, run: FoldRun) -> None:
        build_optimizer(run.model)
        self.leave(run.model)

    def forget(self) -> None:
        """Forget what Keras knows of earlier trials, whose programs would pile up, and free their models in time."""
        clear_session(free_memory=False)
        self._garbage.free()

    def leave(self, model: keras.Model) -> None:
        """Note a model that this trial leaves behind."""
        self._garbage.add(4 * COPIES_OF_WEIGHTS * int(model.count_params()))

    def build(self, task: Task, fold: int, *, keep_programs: bool = False) -> keras.Model:
        """Build and compile a fold's model; see ``build_model``."""
        seed = fold_seed(task.seed, fold)
        self._settings.restore()
        workload = self._workload
        signature = TrackedSignature.of(workload.signature(task.configuration, fold))
        model = build_model(
            self._build,
            task.configuration,
            signature,
            seed,
            workload.precision,
            keep_programs=keep_programs,
        )
        tuned = workload.model.has_base and bool(task.configuration.get("fine_tuning"))
        self.depends_on_epochs = signature.depends_on_epochs or tuned
        self._refuse_shared_weights(model)
        return model

    def _refuse_shared_weights(self, model: keras.Model) -> None:
        """Refuse a model that would train another one's weights: a fold would learn from rows that it is validated on."""
        for weight in model.trainable_variables:
            if id(weight) in self._weights:  # of one that is alive: no other object has its id
                raise TrainingError(
                    "model",
                    f"the model function gives every model the same trainable weights ({weight.path}): make the layer "
                    "inside the function, or clone it with keras.models.clone_model, or freeze it",
                )
            self._weights[id(weight)] = weight

    def data(self, task: Task) -> tuple[FoldData, ...]:
        """Return the folds of a task, and let go of the rows of earlier tasks that are none of its own."""
        folds = self._workload.data_of(task.configuration)
        kept = {id(data.x) for data in folds}
        self._tensors = {key: pair for key, pair in self._tensors.items() if key in kept}
        return folds

    def targets(self, task: Task, fold: int, data: FoldData, model: keras.Model) -> Rows:
        """Return a fold's targets in the form that a model reads, made once: all configurations share them."""
        labels = labels_for(self._workload, task.configuration, model)
        if (fold, labels) not in self._targets:
            self._targets[fold, labels] = as_tensors(targets_for(labels, data.y, self._workload.dataset))
        return self._targets[fold, labels]

    def weights(self, task: Task, data: FoldData) -> tf.Tensor | None:
        """Return the weights of a fold's rows in training; None where all weigh the same."""
        dataset = self._workload.dataset
        of_classes = class_weights(task.configuration, dataset, take(dataset.y, data.train))
        weights = training_weights(of_classes, dataset)
        return None if weights is None else as_tensor(weights)

    @cached_property
    def own_weights(self) -> tf.Tensor | None:
        """The rows' own weights, by which validation weighs, too; None where they have none."""
        weights = self._workload.dataset.weights
        return None if weights is None else as_tensor(weights)

    def mixing(self, task: Task, model: keras.Model) -> Mixing | None:
        """Return how a configuration's batches are mixed; None where they are not."""
        return mixing_for(self._workload, task.configuration, model)

    def tensors(self, data: FoldData) -> Rows:
        """Return a fold's rows as tensors, made once; the arrays are kept with them, so that their id stays their own."""
        if id(data.x) not in self._tensors:
            made = as_tensors(data.x) if data.by_batch is None else stored_rows(data.x, data.by_batch)
            self._tensors[id(data.x)] = data.x, made
        return self._tensors[id(data.x)][1]

    def start_fold(self, task: Task, fold: int, data: FoldData) -> FoldRun:
        """Build a fold's model and have its rows ready."""
        model = self.build(task, fold)
        x, y = self.tensors(data), self.targets(task, fold, data, model)
        weights = self.weights(task, data)
        batches, mixing = batches_of(task.configuration), self.mixing(task, model)
        return FoldRun(
            model,
            Feed(x, y, data.train, batches, fold_seed(task.seed, fold), weights, mixing),
            in_order(x, y, data.validation, validation_batch(activations_of(model), x), self.own_weights),
            data,
            Parts(self._workload, task.configuration, fold, model),
            self.scorers,
        )


def labels_for(workload: Workload, configuration: Configuration, model: keras.Model) -> Labels:
    """Return the form of targets that a configuration's model reads.

    Raises:
        TrainingError: It reads none of those that there are.
    """
    dataset = workload.dataset
    input_shape = workload.signature(configuration).input_shape
    return labels_of(model, dataset.task, dataset.outputs, dataset.target_format, input_shape)


def targets_for(labels: Labels, y: np.ndarray, dataset: Dataset) -> np.ndarray:
    """Return stored targets in the form that a model reads."""
    return encode_targets(y, labels, dataset.outputs, dataset.target_format)


def mixing_for(workload: Workload, configuration: Configuration, model: keras.Model) -> Mixing | None:
    """Return how the batches of a configuration's model are mixed; None where they are not.

    Raises:
        TrainingError: Its targets or rows cannot be mixed like that.
    """
    rank = len(workload.signature(configuration).input_shape)
    if mixing_of(configuration, workload.preparation.channels) is None:
        return None
    if workload.dataset.kind == "arrays" or workload.dataset.task == "outputs":
        what = "inputs" if workload.dataset.kind == "arrays" else "outputs"
        raise TrainingError("model", f"mixing is for rows of one array, and there are several {what}")
    labels = labels_for(workload, configuration, model)
    return checked_mixing(configuration, labels, rank, workload.preparation.channels)
