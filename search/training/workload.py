"""What a worker holds for a whole sweep: data, folds, model, and how long to train."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np

from ...spaces import Configuration
from ..data import Dataset, FittedPreparation, Fold, Preparation
from ..events import EpochEnded, Outcome, Task
from ..metrics import Objective
from ..models import ModelSource, Precision, Signature
from .ordering import batches_of

TrainerName = Literal["auto", "fused", "fit"]
"""``auto`` is ``fused`` for every model that allows it."""

Training: TypeAlias = Generator[EpochEnded, bool, Outcome]
"""Yields after every epoch; is sent True to stop there; returns how the configuration did."""


class Trainer(Protocol):
    """Trains one configuration on all folds in lockstep.

    A trainer belongs to one process and trains one task at a time. Closing the generator ends the training without
    an outcome. Whatever goes wrong with the configuration is raised as ``TrainingError``.
    """

    def train(self, task: Task) -> Training:
        """Train a configuration, an epoch of all folds at a time."""
        ...

    def probe(self, task: Task) -> ModelSize:
        """Build the configuration's model once and return how large it is.

        Raises:
            TrainingError: The model cannot be built.
        """
        ...


@dataclass(frozen=True)
class ModelSize:
    """How large a model is."""

    parameters: int
    """Number of weights."""
    training_bytes: int
    """An estimate of the memory that training all of its folds takes, data not counted."""


@dataclass(frozen=True)
class FoldData:
    """One fold, ready to train: arrays of all rows, and which of them are for what."""

    x: np.ndarray
    """float32, ``(rows, *input_shape)``; folds that fit nothing share one array."""
    y: np.ndarray
    train: np.ndarray
    """int64 positions."""
    validation: np.ndarray
    target_scale: float


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

    def signature(self, configuration: Configuration) -> Signature:
        """Return what a configuration's model must fit."""
        rows = len(self.folds[0].train) if self.folds else self.dataset.rows
        return Signature(
            self.preparation.input_shape,
            self.dataset.outputs,
            self.dataset.task,
            batches_of(configuration).rows(rows),
            epochs_of(configuration, self.epochs),
        )

    def prepared(self) -> Workload:
        """Return the workload with its folds prepared, so that processes that it is given to share the outcome."""
        _ = self.fold_data
        return self

    @cached_property
    def fold_data(self) -> tuple[FoldData, ...]:
        """All folds, prepared; whatever is fitted is fitted on a fold's training rows."""
        shared: FittedPreparation | None = None
        shared_x: np.ndarray | None = None
        made = []
        for fold in self.folds:
            fitted = shared or self.preparation.fit(
                _rows(self.dataset.x, fold.train), self.dataset.y[fold.train]
            )
            x = fitted.transform(self.dataset.x) if shared_x is None else shared_x
            y = fitted.transform_target(self.dataset.y)
            if not self.preparation.fits_features:
                shared_x = x
                if self.preparation.shared:
                    shared = fitted
            made.append(FoldData(x, y, fold.train, fold.validation, fitted.target_scale))
        return tuple(made)


def epochs_of(configuration: Configuration, default: int) -> int:
    """Return the most epochs that a configuration may train."""
    return int(configuration.get("epochs", default))  # type: ignore[arg-type]


def _rows(x: Any, positions: np.ndarray) -> Any:
    return x[positions] if isinstance(x, np.ndarray) else x.iloc[positions]
