"""A winner trained on all rows by the ``fit`` of its own ``HyperModel``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ...spaces import Configuration
from ..data import Dataset, row_strata, take
from ..metrics import in_target_units
from ..models.building import loss_name
from ..models.hypermodel_fit import HypermodelFit, RetryFit
from ..workload import Workload
from .fit_trainer import targets_for
from .hypermodel_call import call_fit
from .refit_run import RefitRun, start_refit


@dataclass(frozen=True)
class HypermodelRefit(RefitRun):
    """A model that a ``HyperModel.fit`` has trained on all rows."""

    logs: tuple[dict[str, float], ...] = ()

    def train(self, epochs: int) -> Iterator[dict[str, float]]:
        """Yield what the ends of the epochs said, which are trained."""
        yield from self.logs


def _trained_rows(run: RefitRun, dataset: Dataset) -> np.ndarray:
    """Return the positions of the rows that train: drawn as in the folds."""
    if run.draw is None:
        return np.arange(dataset.rows)
    return run.draw.positions(row_strata(dataset.y, dataset.task))


def refit_hypermodel(
    workload: Workload, configuration: Configuration, seed: int, own: HypermodelFit, epochs: int
) -> HypermodelRefit:
    """Train a model on all rows by its own fit; the arguments are those of ``start_refit``.

    A fit that names validation rows gets training rows: the test split is for the end alone.

    Raises:
        TrainingError: The model cannot be built, or the fit raises.
    """
    dataset = workload.dataset
    while True:
        run = start_refit(workload, configuration, seed, own.build)
        rows = _trained_rows(run, dataset)
        x = take(run.preparation.transform_training(dataset.x), rows)
        y = take(targets_for(run.labels, run.preparation.transform_target(dataset.y), dataset), rows)
        try:
            done = call_fit(
                own,
                run.model,
                configuration,
                x,
                y,
                epochs=epochs,
                weights=run.class_weight,
                validation=(take(x, slice(1000)), take(y, slice(1000))) if own.needs_validation else None,
                ends=True,
            )
        except RetryFit:
            continue
        loss, scale = loss_name(run.model), run.preparation.target_scale
        logs = tuple(in_target_units(one, loss, scale) for one in done.logs)
        return HypermodelRefit(**vars(run), logs=logs)
