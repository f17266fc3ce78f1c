"""Metrics that a model does not compute itself: of all predictions of a validation part, by scikit-learn or Keras.

A metric of a whole part is not the mean of those of its batches (an area under a curve, an F1), so that it is computed
from the predictions of all of its rows at every epoch. scikit-learn's are computed through its own scorers, so that a
name means what it means there: more is better, and what should be small comes as its negative.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import SpecError, TrainingError, one_line
from .data import Dataset, Fold
from .metric_names import MULTILABEL_ARGUMENTS, KnownMetric

if TYPE_CHECKING:
    from .fold_cache import FoldData

PROBABILITY_ERROR = 1e-3
"""How far rows of probabilities may be from a sum of 1: bfloat16 has three digits."""
LABEL_THRESHOLD = 0.5
"""Probability above which a row has a label, as Keras's metrics have it by default."""


@dataclass(frozen=True)
class Scorer:
    """Computes one metric of whole parts of a data set."""

    name: str
    """As trials keep it, with ``val_``."""
    metric: KnownMetric
    dataset: Dataset

    def score_fold(self, data: FoldData, predictions: np.ndarray, *, logits: bool) -> float:
        """Return the metric of a model's predictions of a fold's validation rows; see ``score``."""
        rows = data.validation
        return self.score(
            self.dataset.y[rows], data.y[rows], predictions, scale=data.target_scale, logits=logits
        )

    def score(
        self, targets: np.ndarray, scaled: np.ndarray, predictions: np.ndarray, *, scale: float, logits: bool
    ) -> float:
        """Return the metric of a model's predictions.

        Args:
            targets: Of the rows, in the data set's own units.
            scaled: The same as the model was trained on them.
            predictions: As the model gives them, one row each.
            scale: Original units that one unit of the scaled target is.
            logits: Whether the predictions are logits, by the model's loss.

        Raises:
            TrainingError: ``diverged`` or ``metric``.
        """
        if not np.isfinite(predictions).all():
            raise TrainingError("diverged", f"{self.name} cannot be computed: predictions are not finite")
        try:
            if self.dataset.task == "regression":
                # By the differences: the scaled target's mean, too, is another one for each fold.
                errors = predictions.reshape(scaled.shape).astype(np.float64) - scaled
                truth = np.asarray(targets, np.float64)
                return self._of_numbers(truth, truth + errors.reshape(truth.shape) * scale)
            if self.dataset.task == "multilabel":
                return self._of_labels(targets, as_shares(predictions, logits=logits))
            return self._of_classes(targets, as_scores(predictions, logits=logits))
        except ValueError as error:
            raise TrainingError("metric", f"{self.name} cannot be computed: {one_line(error)}") from error

    def _of_numbers(self, truth: np.ndarray, predicted: np.ndarray) -> float:
        if self.metric.library == "keras":
            from .keras_scores import score_with_keras

            return score_with_keras(self.metric, _columns(truth), _columns(predicted))
        return score_with_sklearn(self.metric.name, PredictedNumbers(predicted), truth)

    def _of_classes(self, codes: np.ndarray, scores: np.ndarray) -> float:
        if self.metric.library == "keras":
            from .keras_scores import score_classes_with_keras

            return score_classes_with_keras(self.metric, codes, scores)
        ranks = scores.shape[1] == 2 and self.metric.name in ("roc_auc", "average_precision")
        if self.metric.reads == "probabilities" and not ranks and not are_probabilities(scores):
            raise ValueError("it is of probabilities, which the model's outputs are not")
        return score_with_sklearn(self.metric.name, PredictedClasses(scores), codes)

    def _of_labels(self, truth: np.ndarray, shares: np.ndarray) -> float:
        if self.metric.library == "keras":
            from .keras_scores import score_with_keras

            given = MULTILABEL_ARGUMENTS.get(self.metric.name, self.metric.arguments)
            return score_with_keras(replace(self.metric, arguments=given), truth, shares)
        return score_with_sklearn(self.metric.name, PredictedLabels(shares), truth)

    def check(self, folds: Sequence[Fold]) -> None:
        """Try the metric on the targets of each fold and of the test split, before anything is trained.

        Raises:
            SpecError: It cannot be computed of them.
        """
        if self.metric.library == "keras":
            return
        parts = {
            f"the validation part of fold {number}": self.dataset.y[fold.validation]
            for number, fold in enumerate(folds, start=1)
        }
        if len(self.dataset.y_test):
            parts["the test split"] = self.dataset.y_test
        for part, targets in parts.items():
            try:
                value = self._of_stand_in(targets)
                reason = "it is not defined there"
            except ValueError as error:
                value, reason = np.nan, one_line(error, 160)
            if not np.isfinite(value):
                raise SpecError(
                    f"The metric '{self.metric.name}' cannot be computed of {part}: {reason.rstrip('.')}."
                )

    def _of_stand_in(self, targets: np.ndarray) -> float:
        if self.dataset.task == "regression":
            truth = np.asarray(targets, np.float64)
            return self._of_numbers(truth, truth)
        scores = np.random.default_rng(0).uniform(0.1, 1, (len(targets), len(self.dataset.classes)))
        if self.dataset.task == "multilabel":
            return self._of_labels(targets, scores)
        return self._of_classes(targets, scores / scores.sum(axis=1, keepdims=True))


def score_fold(
    scorers: Iterable[Scorer], data: FoldData, predictions: np.ndarray, *, logits: bool
) -> dict[str, float]:
    """Return all metrics of a model's predictions of a fold's validation rows."""
    return {one.name: one.score_fold(data, predictions, logits=logits) for one in scorers}


def as_scores(predictions: np.ndarray, *, logits: bool) -> np.ndarray:
    """Return one column a class: of logits the probabilities, of a single column both classes'."""
    scores = predictions.reshape(len(predictions), -1).astype(np.float64)
    if scores.shape[1] == 1:
        positive = as_shares(scores, logits=logits)
        return np.hstack([1 - positive, positive])
    if logits:
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))
    if are_probabilities(scores):  # float32's last digit is enough for scikit-learn to complain
        return np.asarray(scores / scores.sum(axis=1, keepdims=True))
    return scores


def as_shares(predictions: np.ndarray, *, logits: bool) -> np.ndarray:
    """Return a number from 0 to 1 for each label, of logits the probabilities."""
    shares = predictions.reshape(len(predictions), -1).astype(np.float64)
    return 1 / (1 + np.exp(-np.clip(shares, -700, 700))) if logits else shares


def are_probabilities(scores: np.ndarray) -> bool:
    """Tell whether rows are probabilities of classes."""
    near = np.abs(scores.sum(axis=1) - 1) <= PROBABILITY_ERROR
    return bool(((scores >= 0) & (scores <= 1)).all() and near.all())


def _columns(numbers: np.ndarray) -> np.ndarray:
    return numbers.reshape(len(numbers), -1)


class PredictedNumbers:
    """A regressor that has predicted already."""

    def __init__(self, predicted: np.ndarray) -> None:
        self._predicted = predicted

    def predict(self, _: Any) -> np.ndarray:
        """Return what was predicted."""
        return self._predicted

    def __sklearn_tags__(self) -> Any:
        """Say that it is a regressor."""
        from sklearn.utils import Tags, TargetTags

        return Tags(estimator_type="regressor", target_tags=TargetTags(required=True))


class PredictedClasses:
    """A classifier that has predicted already."""

    def __init__(self, scores: np.ndarray) -> None:
        self._scores = scores
        self.classes_ = np.arange(scores.shape[1])

    def predict(self, _: Any) -> np.ndarray:
        """Return the class of the highest score."""
        return np.asarray(self._scores.argmax(axis=1))

    def predict_proba(self, _: Any) -> np.ndarray:
        """Return the scores."""
        return self._scores

    def __sklearn_tags__(self) -> Any:
        """Say that it is a classifier."""
        from sklearn.utils import Tags, TargetTags

        return Tags(estimator_type="classifier", target_tags=TargetTags(required=True))


class PredictedLabels(PredictedClasses):
    """A classifier of several labels a row that has predicted already."""

    def __init__(self, shares: np.ndarray) -> None:
        super().__init__(shares)
        self.classes_ = np.tile((0, 1), (shares.shape[1], 1))

    def predict(self, _: Any) -> np.ndarray:
        """Return 1 for each label that is likelier than not."""
        return (self._scores > LABEL_THRESHOLD).astype(np.int64)


def score_with_sklearn(name: str, estimator: PredictedNumbers | PredictedClasses, truth: np.ndarray) -> float:
    """Return scikit-learn's metric of predictions, by the name of its scorer.

    Raises:
        ValueError: It is not defined for these rows.
    """
    from sklearn.exceptions import UndefinedMetricWarning
    from sklearn.metrics import get_scorer

    with warnings.catch_warnings():
        # A class that is never predicted counts as 0, which is scikit-learn's own choice.
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        warnings.filterwarnings("ignore", message="y_pred contains classes not in y_true")
        warnings.filterwarnings("ignore", message="A single label was found")
        # A class that no row has counts as 0 there, which says nothing of the predictions.
        warnings.filterwarnings("error", message="No positive class found")
        try:
            return float(get_scorer(name)(estimator, np.empty((len(truth), 0)), truth))
        except UserWarning as error:
            raise ValueError(str(error)) from error


def reads_logits(model: Any) -> bool:
    """Tell whether a compiled Keras model's outputs are logits: whether its loss makes them probabilities."""
    return bool(getattr(model.loss, "from_logits", False))
