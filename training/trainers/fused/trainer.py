"""The fused trainer: every epoch of all folds is one call of a traced program."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial

import keras
import numpy as np
import tensorflow as tf

from ....errors import TrainingError, one_line
from ...data import leaves
from ...events import Task
from ...model_size import ModelSize
from ...models.tracked_configuration import note
from ...workload import Training, Workload
from ..fit_folds import notes_of_vectors, out_of_memory
from ..fit_trainer import FitTrainer
from ..lockstep import train_in_lockstep
from .architecture import why_fit
from .fold_program import FoldTensors
from .fused_folds import FusedFolds
from .program import TracingDrawsError
from .programs import CannotJoinError, Material, Programs


class FusedTrainer:
    """Trains all folds in one program; a model that it cannot train goes to ``fit``, and the trial says why."""

    name = "fused"

    def __init__(self, workload: Workload, *, threads: int, required: bool = False) -> None:
        """Keep programs for all trials of a process.

        Args:
            workload: What is trained.
            threads: Cores of this process; with several, the folds of small models run side by side.
            required: Whether a model that needs ``fit`` is an error.
        """
        self._workload = workload
        self._required = required
        self._fit = FitTrainer(workload)
        self._programs = Programs(len(workload.folds), threads)
        # Seeded once, TensorFlow's generator shows whether a model function draws from it (``build_model``).
        keras.utils.set_random_seed(0)

    def probe(self, task: Task) -> ModelSize:
        """Build the configuration's model once and return how large it is."""
        if self._required:
            self._refuse(why_fit(self._fit.build(task, 0)))
        return self._fit.probe(task)

    def train(self, task: Task) -> Training:
        """Train a configuration, an epoch of all folds at a time, or of those that a rung asks for."""
        started = time.perf_counter()
        folds = len(self._workload.folds)
        try:
            return (yield from self._train(task, min((folds, *(rung.folds for rung in task.rungs))), started))
        except CannotJoinError as error:
            note(f"trained anew, all folds from the start, and never paused: {error}")
        return (
            yield from self._train(replace(task, rungs=(), state=None, checkpoint_every=None), folds, started)
        )

    def _train(self, task: Task, count: int, started: float) -> Training:
        """Train a configuration with so many folds at first."""
        first = self._fit.build(task, 0, keep_programs=True)
        facts = self._fit.facts(task, first)
        folds, reason = self._folds(task, first, count)
        if folds is None:
            self._refuse(reason)
            outcome = yield from self._fit.train(task)
            return replace(outcome, notes=(*outcome.notes, f"trained by fit: {reason}"))
        outcome = yield from train_in_lockstep(
            self._workload, task, folds, facts, trainer=self.name, started=started
        )
        return replace(outcome, notes=(*outcome.notes, *notes_of_vectors(folds.vectors)))

    def _refuse(self, reason: str | None) -> None:
        if self._required and reason is not None:
            raise TrainingError("model", f"the model cannot be trained fused: {reason}")

    def _folds(self, task: Task, first: keras.Model, count: int) -> tuple[FusedFolds | None, str | None]:
        """Return the folds of a task, so many of them loaded and ready to train, or why there are none."""
        reason = why_fit(first)
        parts = (part for fold in self._fit.data(task) for part in leaves(self._fit.tensors(fold)))
        if reason is None and any(isinstance(part, np.ndarray) for part in parts):
            reason = "the data are larger than the memory that is free"
        if reason is None and not self._fit.fits_in_memory(first, task.configuration):
            reason = "memory does not hold the models of all folds together"
        if reason is not None:
            return None, reason
        try:
            material = Material(
                partial(self._fit.build, task),
                self._all_tensors(task, first),
                self._fit.mixing(task, first),
                predicts=bool(self._fit.scorers),
            )
            loaded = self._programs.begin(material, range(count), first)
        except (TrainingError, MemoryError):
            raise
        except TracingDrawsError as error:
            return None, str(error)
        except tf.errors.ResourceExhaustedError as error:
            raise out_of_memory(error) from error
        except Exception as error:  # noqa: BLE001 - a model may raise anything; fit shows it as Keras does
            return None, f"tracing it raises {type(error).__name__}: {one_line(error, 200)}"
        return FusedFolds(self._workload, self._fit, self._programs, task, first, material, loaded), None

    def _all_tensors(self, task: Task, model: keras.Model) -> list[FoldTensors]:
        return [
            FoldTensors(
                self._fit.tensors(data),
                self._fit.targets(task, fold, data, model),
                self._fit.weights(task, data),
                self._fit.own_weights,
                tf.constant(data.validation, tf.int64),
            )
            for fold, data in enumerate(self._fit.data(task))
        ]
