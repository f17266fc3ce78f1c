"""The fused trainer: every epoch of all folds is one call of a traced program."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ....errors import TrainingError, one_line
from ...batching import batches_of
from ...data import leaves
from ...events import Task
from ...fold_cache import FoldData
from ...heartbeat import beat
from ...metrics import in_target_units
from ...mixing import Mixing
from ...models.building import build_optimizer, loss_name, summary_of
from ...models.tracked_configuration import note
from ...plateau import FallingRate, falling_rate
from ...scoring import Scorer, reads_logits
from ...seeds import fold_seed
from ...workload import ModelSize, Training, Workload
from ..fit_trainer import FitTrainer, notes_of_vectors, out_of_memory
from ..lockstep import train_in_lockstep
from ..parts import Parts
from .architecture import is_convolutional, why_fit
from .cache import ProgramCache
from .fold_program import FoldTensors, specs_of
from .joined import NotJoinedError, build_joined, can_join
from .knobs import Sheet
from .program import Program, TracingDrawsError, trace, without_graph_passes
from .state import State, read_state

CALL_SECONDS = 1.0
"""How long a call of a program should take at most, so that Ctrl-C is heard; longer epochs are cut into several."""
FIRST_STEPS = 16
"""Steps of the first call of a trial, which is timed."""
ITS_OWN = "traced for this trial and each of its folds"
"""How a note begins that says why a program is not shared."""
OTHER_MODELS = f"{ITS_OWN}: the model function builds another model for every fold"


BuildFold = Callable[..., keras.Model]
"""``build(fold, keep_programs=...)`` returns a fold's model, compiled; see ``build_model``."""


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
        self._threads = threads
        self._required = required
        self._fit = FitTrainer(workload)
        self._cache = ProgramCache()
        self._not_joined: set[str] = set()
        """Fingerprints of models whose gradients cannot be joined."""
        # Seeded once, TensorFlow's generator shows whether a model function draws from it (``build_model``).
        keras.utils.set_random_seed(0)

    def probe(self, task: Task) -> ModelSize:
        """Build the configuration's model once and return how large it is."""
        if self._required:
            self._refuse(why_fit(self._fit.build(task, 0)))
        return self._fit.probe(task)

    def train(self, task: Task) -> Training:
        """Train a configuration, an epoch of all folds at a time."""
        started = time.perf_counter()
        first = self._fit.build(task, 0, keep_programs=True)
        facts: dict[str, Any] = {"parameters": int(first.count_params()), "summary": summary_of(first)}
        program, reason = self._program(task, first)
        if program is None:
            self._refuse(reason)
            outcome = yield from self._fit.train(task)
            return replace(outcome, notes=(*outcome.notes, f"trained by fit: {reason}"))
        data = self._fit.data(task), self._all_tensors(task, first)
        epochs = _Epochs(*data, task, program, first, self._fit.mixing(task, first), self._fit.scorer)
        tuning = self._workload.fine_tuning(task.configuration)

        def train_epoch(epoch: int) -> list[dict[str, float]]:
            if tuning is not None and epoch == tuning.epoch:
                epochs.go_on(self._fine_tuning_program(task, epochs.program))
            return epochs.train(epoch)

        outcome = yield from train_in_lockstep(
            self._workload, task, train_epoch, trainer=self.name, started=started, **facts
        )
        return replace(outcome, notes=(*outcome.notes, *notes_of_vectors(program.vectors)))

    def _refuse(self, reason: str | None) -> None:
        if self._required and reason is not None:
            raise TrainingError("model", f"the model cannot be trained fused: {reason}")

    def _program(self, task: Task, first: keras.Model) -> tuple[Program | None, str | None]:
        """Return a program, loaded and ready to train, or why there is none."""
        reason = why_fit(first)
        parts = (part for fold in self._fit.data(task) for part in leaves(self._fit.tensors(fold)))
        if reason is None and any(isinstance(part, np.ndarray) for part in parts):
            reason = "the data are larger than the memory that is free"
        if reason is None and not self._fit.fits_in_memory(first):
            reason = "memory does not hold the models of all folds together"
        if reason is not None:
            return None, reason
        try:
            program = self._traced_program(task, partial(self._fit.build, task), first)
        except (TrainingError, MemoryError):
            raise
        except TracingDrawsError as error:
            return None, str(error)
        except tf.errors.ResourceExhaustedError as error:
            raise out_of_memory(error) from error
        except Exception as error:  # noqa: BLE001 - a model may raise anything; fit shows it as Keras does
            return None, f"tracing it raises {type(error).__name__}: {one_line(error, 200)}"
        return program, None

    def _fine_tuning_program(self, task: Task, before: Program) -> Program:
        """Return the program of the second part of a training, which goes on from the weights of the first.

        Raises:
            TrainingError: It cannot be traced.
        """

        def build(fold: int, *, keep_programs: bool = False) -> keras.Model:
            model = self._fit.build(task, fold, keep_programs=keep_programs)
            for variable, trained in zip(model.variables, before.states[fold], strict=False):
                variable.assign(trained)
            Parts(self._workload, task.configuration, fold, model).compile_second()
            return model

        try:
            return self._traced_program(task, build, build(0, keep_programs=True))
        except tf.errors.ResourceExhaustedError as error:
            raise out_of_memory(error) from error
        except (TracingDrawsError, tf.errors.OpError, TypeError, ValueError) as error:
            reason = f"tracing its fine-tuning raises {type(error).__name__}: {one_line(error, 200)}"
            raise TrainingError("training", reason) from error

    def _traced_program(self, task: Task, build: BuildFold, first: keras.Model) -> Program:
        """Return a program, shared where it can be; the optimizer's updates are joined where they can be."""
        state = read_state(first)
        try:
            return self._shared_program(task, build, first, state) or self._own_program(task, build, state)
        except NotJoinedError:
            self._not_joined.add(state.fingerprint)
            return self._traced_program(task, build, build(0, keep_programs=True))

    def _build_optimizer(self, model: keras.Model, state: State) -> None:
        """Give a model's optimizer its variables; which they are follows from the model's state."""
        joins = can_join(model) and state.fingerprint not in self._not_joined
        (build_joined if joins else build_optimizer)(model)

    def _shared_program(
        self, task: Task, build: BuildFold, first: keras.Model, state: State
    ) -> Program | None:
        """Return the program of an architecture: one that was traced for an earlier trial, if it fits.

        None where the model needs a program of its own; the trial says why.
        """
        if state.own_code is not None:
            note(f"{ITS_OWN}: {state.own_code} is not Keras's, and may read anything")
            return None
        folds = range(1, len(self._workload.folds))
        models = [first, *(build(fold, keep_programs=True) for fold in folds)]
        states = [state, *(read_state(model) for model in models[1:])]
        values = [each.sheet.values for each in states]
        if any(each.fingerprint != state.fingerprint for each in states):
            note(OTHER_MODELS)
            return None
        tensors = self._all_tensors(task, first)
        mixing = self._fit.mixing(task, first)
        key = repr((state.fingerprint, specs_of(tensors[0].rows), mixing and mixing.kind))
        self._build_optimizer(first, state)
        program = self._cache.find(key, values)
        if program is None:
            program = self._traced(models, tensors, state.sheet, mixing)
            if program is None:
                return None
            if not program.fits(values):
                note(OTHER_MODELS)
                return None
            self._cache.keep(key, program)
        program.load(models, values)
        return program

    def _traced(
        self,
        models: Sequence[keras.Model],
        tensors: Sequence[FoldTensors],
        sheet: Sheet,
        mixing: Mixing | None,
    ) -> Program | None:
        """Return a program that others may use; where a layer wants plain numbers, others with equal ones.

        None where one trace cannot serve all folds; the trial says why.
        """
        for floats in (sheet, sheet.baked()):
            try:
                return trace(
                    models,
                    tensors,
                    floats,
                    shared=True,
                    parallel=self._is_parallel(models[0]),
                    mixing=mixing,
                    predicts=self._predicts,
                )
            except (NotJoinedError, TracingDrawsError, MemoryError, tf.errors.ResourceExhaustedError):
                raise
            except Exception as error:  # noqa: BLE001 - Keras may need a number where a variable is
                reason = one_line(error, 120)
        note(f"{ITS_OWN}: {reason}")
        return None

    def _own_program(self, task: Task, build: BuildFold, state: State) -> Program:
        """Return a program for one trial, every fold traced by itself, with nothing but its variables left open."""
        models = [build(fold) for fold in range(len(self._workload.folds))]
        for model in models:
            self._build_optimizer(model, state)
        return trace(
            models,
            self._all_tensors(task, models[0]),
            Sheet([]),
            shared=False,
            parallel=self._is_parallel(models[0]),
            mixing=self._fit.mixing(task, models[0]),
            predicts=self._predicts,
        )

    @property
    def _predicts(self) -> bool:
        return self._fit.scorer is not None

    def _is_parallel(self, model: keras.Model) -> bool:
        return self._threads > 1 and not is_convolutional(model)

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


class _Epochs:
    """The epochs of one configuration on a loaded program."""

    def __init__(
        self,
        folds: Sequence[FoldData],
        tensors: Sequence[FoldTensors],
        task: Task,
        program: Program,
        model: keras.Model,
        mixing: Mixing | None,
        scorer: Scorer | None,
    ) -> None:
        self.program = program
        self._loss = loss_name(model)
        self._scorer = scorer
        self._logits = reads_logits(model)
        self._inputs = [part.inputs for part in tensors]
        self._folds = folds
        self._rows = [part.rows for part in tensors]
        self._validated = [part.validated for part in tensors]
        self._seeds = [fold_seed(task.seed, fold) for fold in range(len(self._folds))]
        self._batches = batches_of(task.configuration)
        self._steps = max(self._batches.steps(len(fold.train)) for fold in self._folds)
        self._strength = None if mixing is None else mixing.strength
        self._configuration = task.configuration
        self._rates = self._falling_rates()
        self._steps_a_call = FIRST_STEPS

    def go_on(self, program: Program) -> None:
        """Train further epochs with another program of the same rows, loaded and ready to train."""
        self.program = program
        self._rates = self._falling_rates()
        self._steps_a_call = FIRST_STEPS

    def _falling_rates(self) -> list[FallingRate | None]:
        return [falling_rate(self._configuration, rate) for rate in self.program.rates]

    def train(self, epoch: int) -> list[dict[str, float]]:
        """Train an epoch, counted from 0, and return Keras's logs of each fold."""
        orders = [
            tf.constant(data.train[self._batches.order(seed, epoch, len(data.train))], tf.int64)
            for seed, data in zip(self._seeds, self._folds, strict=True)
        ]
        try:
            with without_graph_passes():
                self._train_steps(orders, self._draws(epoch))
                values = self.program.finish(self._validated)
                scores = self._scores()
        except tf.errors.ResourceExhaustedError as error:
            raise out_of_memory(error) from error
        except tf.errors.OpError as error:
            raise TrainingError(
                "training", f"the traced epoch raises {type(error).__name__}: {one_line(error)}"
            ) from error
        logs = [dict(zip(self.program.metrics, row, strict=True)) for row in values]
        for rate, log in zip(self._rates, logs, strict=True):
            if rate is not None:
                rate.after(log["loss"])
        return [
            {**in_target_units(log, self._loss, data.target_scale), **score}
            for log, data, score in zip(logs, self._folds, scores, strict=True)
        ]

    def _scores(self) -> list[dict[str, float]]:
        """Return the objective of each fold where the model does not compute it."""
        if self._scorer is None:
            return [{} for _ in self._folds]
        predictions = self.program.predict(self._inputs)
        return [
            {self._scorer.name: self._scorer.score_fold(data, predicted, logits=self._logits)}
            for data, predicted in zip(self._folds, predictions, strict=True)
        ]

    def _draws(self, epoch: int) -> list[list[tf.Tensor]]:
        """Return what each fold takes more where batches are mixed."""
        if self._strength is None:
            return [[] for _ in self._seeds]
        return [[tf.constant([seed, epoch], tf.int64), self._strength] for seed in self._seeds]

    def _train_steps(self, orders: Sequence[tf.Tensor], draws: Sequence[Sequence[tf.Tensor]]) -> None:
        """Train in calls of about ``CALL_SECONDS``: Python hears signals between them only."""
        batch, done = tf.constant(self._batches.size, tf.int64), 0
        while done < self._steps:
            ahead = min(self._steps, done + self._steps_a_call)
            started = time.perf_counter()
            part = (tf.constant(done, tf.int64), tf.constant(ahead, tf.int64))
            self.program.train(self._rows, orders, batch, *part, draws)
            beat()
            seconds = (time.perf_counter() - started) / (ahead - done)
            self._steps_a_call = max(1, min(2 * self._steps_a_call, int(CALL_SECONDS / seconds)))
            done = ahead
