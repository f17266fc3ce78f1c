"""The folds of a configuration that ``model.fit`` trains: side by side, or one after the other where memory is scarce."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ...errors import TrainingError, one_line
from ..fold_cache import FoldData
from ..heartbeat import beat
from ..metrics import in_target_units
from ..models.building import build_metrics, loss_name
from ..scoring import Scorer, reads_logits, score_fold
from .averaging import ScoreAverage, averaged, uses_average
from .continuing import check_fit_continues, python_draws
from .feeding import Feed
from .parts import Parts
from .paused_state import FoldState, UnusableStateError


@dataclass(frozen=True)
class FoldRun:
    """One fold's model in training."""

    model: keras.Model
    feed: Feed
    validation: tf.data.Dataset
    data: FoldData
    parts: Parts
    """Of the training, with the learning rate of each."""
    scorers: tuple[Scorer, ...]
    """Compute what the trial is judged by where the model does not."""
    vectors: set[str] = field(default_factory=set)
    """Names of validation metrics that are several numbers, one a class."""

    def scores(self) -> dict[str, float]:
        """Return the metrics of the model's predictions of the whole validation part."""
        if not self.scorers:
            return {}
        with averaged(self.model):
            predictions = self.model.predict(self.validation, verbose=0)
        return score_fold(self.scorers, self.data, predictions, logits=reads_logits(self.model))

    @property
    def state(self) -> FoldState:
        """All that further epochs depend on; metrics are set back when an epoch begins."""
        standstill = self.parts.standstill
        return FoldState(tuple(variable.numpy() for variable in self._variables), standstill)

    def go_on(self, state: FoldState, epochs: int) -> None:
        """Go on from a state after so many epochs.

        Raises:
            UnusableStateError: It is another model's.
        """
        self.parts.go_on(epochs, state.standstill)
        state.check_fits(self._variables)
        for variable, value in zip(self._variables, state.variables, strict=True):
            variable.assign(value)

    @property
    def _variables(self) -> list[Any]:
        return [variable.value for variable in (*self.model.variables, *self.model.optimizer.variables)]


class FitFolds:
    """Folds whose models memory holds together."""

    def __init__(self, method: str, start: Callable[[int], FoldRun], first: FoldRun) -> None:
        """Take the first fold, and what starts another one."""
        self.method = method
        self._start = start
        self._runs = [first]
        self._draws = False
        """Whether a step has drawn from Python's or NumPy's generator."""

    def train(self, epoch: int, folds: Sequence[int]) -> list[dict[str, float]]:
        """Train an epoch, counted from 0, of some folds."""
        self._start_all(folds)
        before = python_draws()
        logs = [train_fold(self._runs[fold], epoch) for fold in folds]
        self._draws = self._draws or before != python_draws()
        return logs

    def copy_states(self, folds: Sequence[int]) -> list[FoldState]:
        """Return the states of some folds."""
        if self._draws:
            raise UnusableStateError("its steps draw from Python's or NumPy's generator")
        for fold in folds:
            check_fit_continues(self._runs[fold].model)
        return [self._runs[fold].state for fold in folds]

    def load_states(self, states: Sequence[FoldState], epochs: Sequence[int]) -> None:
        """Have the first folds go on from states."""
        self._start_all(range(len(states)))
        try:
            for run, state, trained in zip(self._runs, states, epochs, strict=True):
                run.go_on(state, trained)
        except UnusableStateError:
            self._runs = [self._start(fold) for fold in range(len(states))]
            raise

    def _start_all(self, folds: Sequence[int]) -> None:
        self._runs += [self._start(fold) for fold in folds if fold >= len(self._runs)]


@dataclass
class TrainedFolds:
    """Folds that were trained to the end, one after the other, and are told of afterwards."""

    logs: list[list[dict[str, float]]] = field(default_factory=list)
    """Fold -> epoch."""
    vectors: set[str] = field(default_factory=set)
    method: str = "one by one"

    def train(self, epoch: int, folds: Sequence[int]) -> list[dict[str, float]]:
        """Return what an epoch brought."""
        return [self.logs[fold][epoch] for fold in folds]

    def copy_states(self, folds: Sequence[int]) -> list[FoldState]:
        """Refuse."""
        raise UnusableStateError("its folds were trained one after the other")

    def load_states(self, states: Sequence[FoldState], epochs: Sequence[int]) -> None:
        """Refuse."""
        raise UnusableStateError("its folds were trained one after the other")


def out_of_memory(error: Exception) -> TrainingError:
    """Return TensorFlow's error as the trial's."""
    return TrainingError("memory", f"out of memory: {one_line(error, 120)}")


def train_epoch(
    model: keras.Model, feed: Feed, epoch: int, validation: tf.data.Dataset | None = None
) -> dict[str, float]:
    """Train one epoch, counted from 0, and return Keras's logs.

    Raises:
        TrainingError: ``memory`` or ``training``: the model does not train on these rows.
    """
    try:
        if model.train_function is None:
            with contextlib.suppress(Exception):  # whatever is wrong, ``fit`` says as Keras does
                build_metrics(model, feed.specs)
        history = model.fit(
            feed.epoch(epoch),
            initial_epoch=epoch,
            epochs=epoch + 1,
            shuffle=False,
            verbose=0,
            validation_data=validation,
            callbacks=[ScoreAverage()] if uses_average(model) else None,
        )
    except (MemoryError, tf.errors.ResourceExhaustedError) as error:
        raise out_of_memory(error) from error
    except Exception as error:
        raise TrainingError(
            "training", f"model.fit raises {type(error).__name__}: {one_line(error)}"
        ) from error
    return {metric: values[-1] for metric, values in history.history.items()}


def train_fold(run: FoldRun, epoch: int) -> dict[str, float]:
    """Train an epoch of a fold, counted from 0, and return its logs with what the scorers compute."""
    run.parts.begin_epoch(epoch)
    logs = train_epoch(run.model, run.feed, epoch, run.validation)
    beat()
    run.parts.end_epoch(logs["loss"])
    run.vectors.update(name.removeprefix("val_") for name, value in logs.items() if np.size(value) > 1)
    return {**in_target_units(logs, loss_name(run.model), run.data.target_scale), **run.scores()}


def notes_of_vectors(names: Iterable[str]) -> tuple[str, ...]:
    """Return what a trial notes of metrics that are several numbers."""
    return tuple(f"{name} is one number a class; the trial has their mean" for name in sorted(names))
