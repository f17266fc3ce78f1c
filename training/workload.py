"""What a worker holds for a whole sweep: data, folds, model, and how long to train."""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, Protocol, TypeAlias

import numpy as np

from ..spaces import Configuration
from .batching import batches_of
from .data import (
    ByBatch,
    Dataset,
    FittedPreparation,
    Fold,
    MappedTable,
    Preparation,
    RowDraw,
    Tree,
    configure_preparation,
    disjoint_folds,
    draw_rows,
    fit_preparation,
    is_nest,
    resampling_of,
    row_strata,
    take,
    value_range,
)
from .data.free_text import FEATURES
from .events import Answer, EpochEnded, Outcome, Task
from .fine_tuning import FineTuning, fine_tuning_of
from .fold_cache import FoldCache, FoldData
from .goals import NO_GOALS, Goals
from .metrics import Objective
from .model_size import ModelSize
from .models import ModelSource, Precision, Signature
from .models.tracked_configuration import note
from .scoring import Scorer

PICTURE_AXES = 3
"""Of a row that is a picture: height, width and channels."""

PREPARED_WHOLE = "every fold's prepared rows are in memory, though the table is on disk: this preparation needs all of them"
"""Noted by trials that a table's batches cannot be prepared for, one after the other."""

TrainerName = Literal["auto", "fused", "fit"]
"""``auto`` is ``fused`` for every model that allows it."""

Training: TypeAlias = Generator[EpochEnded, Answer | None, Outcome]
"""Yields after every epoch; is sent how to go on, which is on where nothing is sent; returns how the configuration did."""


class Trainer(Protocol):
    """Trains one configuration on all folds in lockstep, or at a task's rungs on the first ones, which the others follow.

    A trainer belongs to one process and trains one task at a time. Closing the generator ends the training without
    an outcome. Whatever goes wrong with the configuration is raised as ``TrainingError``.
    """

    def train(self, task: Task) -> Training:
        """Train a configuration, an epoch of some folds at a time, from where its state says.

        The outcome of a training that comes to its end depends neither on rungs nor on pauses.
        """
        ...

    def probe(self, task: Task) -> ModelSize:
        """Build the configuration's model once and return how large it is.

        Raises:
            TrainingError: The model cannot be built.
        """
        ...


@dataclass(frozen=True)
class Workload:
    """Everything that training needs, except the configuration. Can be pickled."""

    dataset: Dataset
    preparation: Preparation
    folds: tuple[Fold, ...]
    model: ModelSource
    objective: Objective
    epochs: int
    """The most that a trial may train, unless its configuration has ``epochs`` of its own."""
    patience: int | None
    trainer: TrainerName = "auto"
    precision: Precision = "float32"
    """In which layers compute; weights are float32 either way."""
    goals: Goals = NO_GOALS
    """What trials are judged by beside the objective."""

    @property
    def scorers(self) -> tuple[Scorer, ...]:
        """Compute what trials are judged by where the models do not."""
        scorings = self.goals.scorings
        if self.objective.scoring is not None:
            scorings = {self.objective.metric: self.objective.scoring, **scorings}
        return tuple(Scorer(name, scoring, self.dataset) for name, scoring in scorings.items())

    @cached_property
    def judges(self) -> tuple[tuple[int, ...], ...]:
        """Fold -> the folds that choose the number of epochs at which it is scored."""
        return disjoint_folds(self.folds)

    @cached_property
    def identity(self) -> str:
        """A hash of data, folds, model and objective: equal where equal configurations train alike."""
        digest = hashlib.blake2b(digest_size=16)
        for part in (
            self.dataset.fingerprint,
            self.preparation,
            self.model.name,
            self.objective,
            self.precision,
        ):
            digest.update(repr(part).encode())
        for fold in self.folds:
            digest.update(fold.train.tobytes() + b"/" + fold.validation.tobytes())
        return digest.hexdigest()

    def signature(self, configuration: Configuration, fold: int = 0) -> Signature:
        """Return what a configuration's model must fit.

        Args:
            configuration: Says how many of the rows it trains, and how long.
            fold: Whose rows an epoch has, so that a schedule that counts in epochs is the same in all folds; of no
                matter where there are no folds, and all rows train.
        """
        positions = self.folds[fold].train if self.folds else np.arange(self.dataset.rows)
        draw, tuning = self.draw(configuration, positions), self.fine_tuning(configuration)
        preparation = configure_preparation(self.preparation, configuration)
        text = preparation.recipe.text
        return Signature(
            preparation.input_shape,
            self.dataset.outputs,
            self.dataset.task,
            batches_of(configuration).rows(len(positions) if draw is None else sum(draw.counts)),
            epochs_of(configuration, self.epochs) if tuning is None else tuning.epoch,
            self._value_range(fold),
            0 if text is None else text.max_tokens,
        )

    def fine_tuning(self, configuration: Configuration) -> FineTuning | None:
        """Return the second part of a configuration's training, in which its base trains, too; None where it has one part."""
        if not self.model.has_base:
            return None
        return fine_tuning_of(configuration, epochs_of(configuration, self.epochs))

    def _value_range(self, fold: int) -> tuple[float, float]:
        """Return between which values the pictures of a fold's training rows lie; of no matter for other data."""
        plan = self.preparation
        if (
            plan.kind == "arrays"
            or plan.recipe.text
            or len(plan.input_shape) != PICTURE_AXES
            or plan.recipe.scaling == "unit"
        ):
            return 0.0, 1.0
        if fold not in self._value_ranges:
            if self.folds:
                data, rows = self.fold_data[fold], self.folds[fold].train
            else:
                rows = np.arange(self.dataset.rows)
                (data,) = self._prepare(plan, (Fold(rows, rows[:0]),))
            self._value_ranges[fold] = value_range(data.parts(rows))
        return self._value_ranges[fold]

    @cached_property
    def _value_ranges(self) -> dict[int, tuple[float, float]]:
        return {}

    def draw(self, configuration: Configuration, positions: np.ndarray) -> RowDraw | None:
        """Return how many of some training rows a configuration trains; None for each of them once."""
        resampling = resampling_of(configuration, self.dataset.task)
        if resampling is None:
            return None
        return draw_rows(resampling, row_strata(take(self.dataset.y, positions), self.dataset.task))

    def data_of(self, configuration: Configuration) -> tuple[FoldData, ...]:
        """Return all folds as a configuration has them prepared, with the rows that it trains.

        Raises:
            TrainingError: The configuration asks for what cannot be done with these data.
        """
        preparation = configure_preparation(self.preparation, configuration)
        if preparation == self.preparation:
            folds = self.fold_data
        else:
            folds = self._fold_cache.get(preparation, self._prepare)
        if isinstance(self.dataset.x, MappedTable) and any(fold.by_batch is None for fold in folds):
            note(PREPARED_WHOLE)
        return tuple(self._with_rows(fold, configuration) for fold in folds)

    def _with_rows(self, fold: FoldData, configuration: Configuration) -> FoldData:
        draw = self.draw(configuration, fold.train)
        if draw is None:
            return fold
        codes = row_strata(take(self.dataset.y, fold.train), self.dataset.task)
        return replace(fold, train=fold.train[draw.positions(codes)])

    def prepared(self) -> Workload:
        """Return the workload with its folds prepared, so that processes that it is given to share the outcome.

        Texts are left to these, which have TensorFlow.
        """
        if self.preparation.recipe.text is None:
            _ = self.fold_data
        return self

    @cached_property
    def fold_data(self) -> tuple[FoldData, ...]:
        """All folds, prepared as the rules chose; whatever is fitted is fitted on a fold's training rows."""
        return self._prepare(self.preparation)

    @cached_property
    def _fold_cache(self) -> FoldCache:
        return FoldCache()

    def _prepare(
        self, preparation: Preparation, folds: tuple[Fold, ...] | None = None
    ) -> tuple[FoldData, ...]:
        shared: FittedPreparation | None = None
        shared_x: Tree = None
        by_batch: ByBatch | None = None
        made = []
        for fold in self.folds if folds is None else folds:
            training = take(self.dataset.x, fold.train) if preparation.fits_features else self.dataset.x
            fitted = shared or fit_preparation(preparation, training, take(self.dataset.y, fold.train))
            x = shared_x
            if x is None and (stored := fitted.as_stored(self.dataset.x)) is not None:
                x, by_batch = stored
            elif x is None:
                x = fitted.transform(self.dataset.x)
            if fitted.training is not None:
                columns = x[FEATURES] if is_nest(x) else x
                columns[fold.train] = fitted.training
            y = fitted.transform_target(self.dataset.y)
            if not preparation.fits_features:
                shared_x = x
                if preparation.shared:
                    shared = fitted
            made.append(FoldData(x, y, fold.train, fold.validation, fitted.target_scale, by_batch))
        return tuple(made)


def epochs_of(configuration: Configuration, default: int) -> int:
    """Return the most epochs that a configuration may train."""
    return int(configuration.get("epochs", default))  # type: ignore[arg-type]
