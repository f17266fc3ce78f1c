"""What a notebook goes on with after a refit: a model that predicts from raw rows, and tells how well."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import SpecError, StudyError
from .bundle import trained_model
from .mistakes import Mistakes, confusion_frame
from .trained import TrainedModel
from .winner import Winner

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


@dataclass(frozen=True, kw_only=True, repr=False)
class RefitModel(Winner):
    """A trial's configuration trained on all rows: its model, what it predicts, and how well.

    It holds the data; ``trained`` is what is kept of it for later.
    """

    @cached_property
    def trained(self) -> TrainedModel:
        """The model with its preparation in one object, without the data; ``kerasweep.load_model`` loads what it saves."""
        return trained_model(self)

    def predict(self, x: Any) -> Any:
        """Return what the model says of raw rows; see ``TrainedModel.predict``."""
        return self.trained.predict(x)

    def predict_proba(self, x: Any) -> np.ndarray:
        """Return the probability of each class for raw rows.

        Raises:
            StudyError: The model tells none.
        """
        if not self.trained.gives_probabilities:
            raise StudyError(
                f"The model of trial {self.trial.number} gives no probabilities; predict tells what it says."
            )
        shares: np.ndarray = self.trained.predict_proba(x)
        return shares

    def evaluate(self, x: Any = None, y: Any = None) -> dict[str, float]:
        """Return the scores on the test split, which was looked at once, after the training; of other rows, see ``TrainedModel.evaluate``.

        Raises:
            SpecError: Rows are given without targets, or these without rows.
        """
        if x is None and y is None:
            return dict(self.test)
        if x is None or y is None:
            raise SpecError("evaluate takes rows and their targets, or neither, for the test split.")
        return self.trained.evaluate(x, y)

    @property
    def history(self) -> pd.DataFrame:
        """Metrics on the training rows while it trained: one row an epoch, counted from 1."""
        import pandas as pd

        frame = pd.DataFrame(self.training)
        frame.index = pd.RangeIndex(1, len(frame) + 1, name="epoch")
        return frame

    def confusion(self) -> pd.DataFrame:
        """Return how often which class of the test rows was taken for which: truth by row, prediction by column.

        Of more than 30 classes the pairs that are confused most; of several labels each label's hits and misses.

        Raises:
            StudyError: There are no classes, or no test rows.
        """
        return confusion_frame(self.mistakes, self.trial.number)

    def worst(self, count: int = 20) -> Mistakes:
        """Return the test rows that the model was surest of and wrong, or farthest from, at most 20, the worst first.

        Raises:
            StudyError: Nothing is known of single test rows.
        """
        return Mistakes.of(self.mistakes, self.trial.number, count)

    def save(self, folder: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Write model, preparation and ``predict.py`` into a folder; see ``TrainedModel.save``."""
        return self.trained.save(folder, overwrite=overwrite)

    def __repr__(self) -> str:
        scores = ", ".join(f"{name} {value:.4g}" for name, value in self.test.items())
        return (
            f"<Winner trial {self.trial.number} of '{self.study.name}'{': test ' if scores else ''}{scores}>"
        )
