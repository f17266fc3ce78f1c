"""The folds of one configuration that programs train, each as far as it has come."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import keras
import tensorflow as tf

from ....errors import TrainingError, one_line
from ...batching import batches_of
from ...events import Task
from ...heartbeat import beat
from ...metrics import in_target_units
from ...models.building import loss_name
from ...plateau import FallingRate, falling_rate
from ...scoring import reads_logits, score_fold
from ...seeds import fold_seed
from ...workload import Workload
from ..continuing import check_continues
from ..fit_folds import out_of_memory
from ..fit_trainer import FitTrainer
from ..parts import Parts
from ..paused_state import FoldState
from .program import Program, TracingDrawsError, without_graph_passes
from .programs import LoadedProgram, Material, Programs

CALL_SECONDS = 1.0
"""How long a call of a program should take at most, so that Ctrl-C is heard; longer epochs are cut into several."""
FIRST_STEPS = 16
"""Steps of the first call of a trial, which is timed."""


class FusedFolds:
    """Each fold has a program loaded, that of the part of the training in which it is."""

    def __init__(
        self,
        workload: Workload,
        fit: FitTrainer,
        programs: Programs,
        task: Task,
        model: keras.Model,
        material: Material,
        first: LoadedProgram,
    ) -> None:
        """Take the folds of a task, the first of which have begun.

        Args:
            workload: What is trained on.
            fit: Has its data and its scorers.
            programs: Of this process.
            task: The configuration.
            model: Of one of the folds.
            material: What programs are traced with.
            first: The program that the first folds have begun with.
        """
        self._workload = workload
        self._programs = programs
        self._material = material
        self._first = first
        self._second: LoadedProgram | None = None
        self._tuning = workload.fine_tuning(task.configuration)
        self._data = fit.data(task)
        self._scorers = fit.scorers
        self._loss = loss_name(model)
        self._logits = reads_logits(model)
        self._seeds = [fold_seed(task.seed, fold) for fold in range(len(self._data))]
        self._batches = batches_of(task.configuration)
        self._strength = None if material.mixing is None else material.mixing.strength
        self._configuration = task.configuration
        self._now: dict[int, LoadedProgram] = {}
        """Fold -> with what it was trained last."""
        self._rates: dict[int, FallingRate | None] = {}
        self._steps_a_call = FIRST_STEPS

    @property
    def method(self) -> str:
        """How they are trained: a program of each fold's own computes other digits than one that they share."""
        return "fused" if self._first.shared is not None else "fused, each fold by itself"

    @property
    def vectors(self) -> tuple[str, ...]:
        """Names of metrics that are several numbers, one a class."""
        return self._first.of([0]).vectors

    def train(self, epoch: int, folds: Sequence[int]) -> list[dict[str, float]]:
        """Train an epoch, counted from 0, of some folds, and return Keras's logs of each."""
        program = self._program(epoch, folds)
        data = [self._data[fold] for fold in folds]
        try:
            with without_graph_passes():
                self._train_steps(program, epoch, folds)
                values = program.finish([self._material.tensors[fold].validated for fold in folds])
                scores = self._scores(program, folds)
        except tf.errors.ResourceExhaustedError as error:
            raise out_of_memory(error) from error
        except tf.errors.OpError as error:
            raise TrainingError(
                "training", f"the traced epoch raises {type(error).__name__}: {one_line(error)}"
            ) from error
        logs = [dict(zip(program.metrics, row, strict=True)) for row in values]
        for fold, log in zip(folds, logs, strict=True):
            rate = self._rates[fold]
            if rate is not None:
                rate.after(log["loss"])
        return [
            {**in_target_units(log, self._loss, one.target_scale), **score}
            for log, one, score in zip(logs, data, scores, strict=True)
        ]

    def copy_states(self, folds: Sequence[int]) -> list[FoldState]:
        """Return the states of some folds, copied out of the programs that trials share."""
        states = []
        for fold in folds:
            program, rate = self._now[fold].of([fold]), self._rates[fold]
            (variables,) = program.states
            check_continues(program.folds[0].functions, [*variables, *program.knobs])
            seen = None if rate is None else rate.standstill
            states.append(FoldState(tuple(variable.numpy() for variable in variables), seen))
        return states

    def load_states(self, states: Sequence[FoldState], epochs: Sequence[int]) -> None:
        """Have the first folds go on from states, each after so many epochs."""
        tuned = [
            fold
            for fold, trained in enumerate(epochs)
            if self._tuning is not None and trained > self._tuning.epoch
        ]
        self._begin([fold for fold in range(len(states)) if fold not in tuned])
        self._begin_second(tuned)
        programs = [self._now[fold].of([fold]) for fold in range(len(states))]
        for program, state in zip(programs, states, strict=True):
            state.check_fits(program.states[0])
        for fold, (program, state) in enumerate(zip(programs, states, strict=True)):
            for variable, value in zip(program.states[0], state.variables, strict=True):
                variable.assign(value)
            rate = self._rates[fold]
            if rate is not None and state.standstill is not None:
                rate.go_on(state.standstill)

    def _program(self, epoch: int, folds: Sequence[int]) -> Program:
        """Return the program with which some folds train an epoch, counted from 0, that they may begin."""
        if epoch == 0:
            self._begin(folds)
        if self._tuning is not None and epoch == self._tuning.epoch:  # which may be the first one
            self._begin_second(folds)
        return self._now[folds[0]].of(folds)

    def _begin(self, folds: Sequence[int]) -> None:
        """Have folds begin with their first epoch."""
        new = [fold for fold in folds if fold not in self._first]
        if new:
            try:
                self._programs.join(self._first, self._material, new)
            except tf.errors.ResourceExhaustedError as error:
                raise out_of_memory(error) from error
        self._enter(self._first, folds)

    def _begin_second(self, folds: Sequence[int]) -> None:
        """Have folds begin the second part, from the weights that they have.

        Raises:
            TrainingError: It cannot be traced.
        """
        if not folds:
            return
        material = replace(self._material, build=self._build_second)
        try:
            if self._second is None:
                first = material.build(folds[0], keep_programs=True)
                self._second = self._programs.begin(material, folds, first)
            else:
                self._programs.join(self._second, material, folds)
        except tf.errors.ResourceExhaustedError as error:
            raise out_of_memory(error) from error
        except (TracingDrawsError, tf.errors.OpError, TypeError, ValueError) as error:
            reason = f"tracing its fine-tuning raises {type(error).__name__}: {one_line(error, 200)}"
            raise TrainingError("training", reason) from error
        self._enter(self._second, folds)

    def _build_second(self, fold: int, *, keep_programs: bool = False) -> keras.Model:
        """Return a fold's model as it begins the second part."""
        model = self._material.build(fold, keep_programs=keep_programs)
        if fold in self._now:
            (trained,) = self._first.of([fold]).states
            for variable, value in zip(model.variables, trained, strict=False):
                variable.assign(value)
        Parts(self._workload, self._configuration, fold, model).compile_second()
        return model

    def _enter(self, loaded: LoadedProgram, folds: Sequence[int]) -> None:
        for fold in folds:
            self._now[fold] = loaded
            (rate,) = loaded.of([fold]).rates
            self._rates[fold] = falling_rate(self._configuration, rate)
        self._steps_a_call = FIRST_STEPS

    def _scores(self, program: Program, folds: Sequence[int]) -> list[dict[str, float]]:
        """Return of each fold what the model does not compute."""
        if not self._scorers:
            return [{} for _ in folds]
        predictions = program.predict([self._material.tensors[fold].inputs for fold in folds])
        return [
            score_fold(self._scorers, self._data[fold], predicted, logits=self._logits)
            for fold, predicted in zip(folds, predictions, strict=True)
        ]

    def _order(self, epoch: int, fold: int) -> tf.Tensor:
        """Return a fold's training rows in the order of an epoch."""
        rows = self._data[fold].train
        return tf.constant(rows[self._batches.order(self._seeds[fold], epoch, len(rows))], tf.int64)

    def _draws(self, epoch: int, fold: int) -> list[tf.Tensor]:
        """Return what a fold takes more where batches are mixed."""
        if self._strength is None:
            return []
        return [tf.constant([self._seeds[fold], epoch], tf.int64), self._strength]

    def _train_steps(self, program: Program, epoch: int, folds: Sequence[int]) -> None:
        """Train in calls of about ``CALL_SECONDS``: Python hears signals between them only."""
        rows = [self._material.tensors[fold].rows for fold in folds]
        orders = [self._order(epoch, fold) for fold in folds]
        draws = [self._draws(epoch, fold) for fold in folds]
        steps = max(self._batches.steps(len(self._data[fold].train)) for fold in folds)
        batch, done = tf.constant(self._batches.size, tf.int64), 0
        while done < steps:
            ahead = min(steps, done + self._steps_a_call)
            started = time.perf_counter()
            part = (tf.constant(done, tf.int64), tf.constant(ahead, tf.int64))
            program.train(rows, orders, batch, *part, draws)
            beat()
            seconds = (time.perf_counter() - started) / (ahead - done)
            self._steps_a_call = max(1, min(2 * self._steps_a_call, int(CALL_SECONDS / seconds)))
            done = ahead
