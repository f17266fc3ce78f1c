"""What a trained classifier's outputs are: probabilities where that was checked on rows, else logits or scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..errors import OutputError
from ..training.data import TASKS, take
from ..training.models.labels import loss_is_own
from ..training.scoring import reads_logits
from .winner import Winner

Gives = Literal["probabilities", "logits", "scores", "numbers"]
_ROWS = 1000
"""Training rows that outputs are looked at on."""
_TOLERANCE = 1e-3
"""Of a sum of probabilities; mixed precision rounds to three digits."""


@dataclass(frozen=True)
class Outputs:
    """How class or labels, and probability follow from what the model puts out."""

    gives: Gives
    """``probabilities``: between 0 and 1, all classes together 1; ``logits``: what the loss makes these of; ``scores``:
    anything else, of which the largest one still tells the class; ``numbers``: a single one under a loss of the user's
    own that is not higher for the second class, as a distance of what belongs together: nothing tells the class.
    """
    threshold: float = 0.5
    """A single output above it is the second class; a label's number above it, or a logit's probability, is that label."""


def describe_outputs(winner: Winner) -> Outputs:
    """Look at a classifier's outputs for training rows, whatever its layers and its loss are called.

    Raises:
        OutputError: There are fewer outputs than classes or labels.
    """
    dataset = winner.dataset
    some = np.linspace(0, len(dataset.y) - 1, min(_ROWS, len(dataset.y))).astype(int)
    x = take(dataset.x, some)
    values = np.asarray(
        winner.model.predict(winner.preparation.transform(x), batch_size=_ROWS, verbose=0), np.float32
    )
    values = values.reshape(len(values), -1)
    if values.shape[1] == 1 and dataset.task == "classification" and len(dataset.classes) == 2:
        codes = dataset.y[some]
        if loss_is_own(winner.model) and not values[codes == 1].mean() > values[codes == 0].mean():
            return Outputs("numbers")
        return _of_one(values[:, 0], codes, logits=reads_logits(winner.model))
    if values.shape[1] < len(dataset.classes):
        raise OutputError(
            f"The model puts out {values.shape[1]} numbers a row for {dataset.task_text}: nothing says which number "
            f"belongs to which {TASKS[dataset.task].outputs[0]}."
        )
    if dataset.task == "multilabel":
        return _of_one(values.reshape(-1), dataset.y[some].reshape(-1), logits=reads_logits(winner.model))
    if _is_share(values) and bool((abs(values.sum(axis=1) - 1) <= _TOLERANCE).all()):
        return Outputs("probabilities")
    return Outputs("logits" if reads_logits(winner.model) else "scores")


def _of_one(values: np.ndarray, codes: np.ndarray, *, logits: bool) -> Outputs:
    if logits:
        return Outputs("logits")
    if _is_share(values):
        return Outputs("probabilities")
    # A loss of the user's own may part the classes at 0, as logits and a hinge do, or halfway between the codes.
    right = {threshold: float(((values > threshold) == codes).mean()) for threshold in (0.5, 0.0)}
    return Outputs("scores", max(right, key=lambda threshold: right[threshold]))


def _is_share(values: np.ndarray) -> bool:
    return bool((values >= 0).all() and (values <= 1 + _TOLERANCE).all())
