"""What a refit's model makes of the test rows, for reports: usual scores, confusion counts or residuals, the worst mistakes.

Bounded in size, and without any row of a table: rows are named by their position in the test split.
"""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np

from ..errors import TrainingError
from .data import Dataset
from .data.mapped_rows import parts_of
from .metric_names import INSTEAD, SKLEARN
from .pictures import png_text, value_span
from .scoring import LABEL_THRESHOLD, Scorer, are_probabilities, as_scores, as_shares

USUAL = {
    "classification": (
        *("accuracy", "balanced_accuracy", "f1_macro", "matthews_corrcoef"),
        *("roc_auc", "average_precision", "neg_log_loss"),
    ),
    "multilabel": ("f1_macro", "f1_micro", "f1_samples", "roc_auc", "average_precision"),
    "regression": (
        *("r2", "neg_root_mean_squared_error", "neg_mean_absolute_error"),
        *("neg_median_absolute_error", "neg_max_error"),
    ),
}
"""Scores that are kept whatever the objective, by scikit-learn's names."""

MOST_CLASSES, MOST_PAIRS = 30, 60
"""Classes whose confusions are kept as a whole matrix; of more, the pairs that are confused most."""
MOST_LABELS = 100
WORST, PIXELS = 20, 48
"""Mistakes that are kept, and pixels of the longer side of their pictures."""
BARS = 30
_NAME = 60


def describes(dataset: Dataset) -> bool:
    """Tell whether there is something to be said of predictions for a dataset's task, and a test row to say it of."""
    return dataset.test_rows > 0 and dataset.task in ("classification", "multilabel", "regression")


def describe_predictions(
    dataset: Dataset, predictions: np.ndarray, scaled: np.ndarray, *, scale: float, logits: bool
) -> dict[str, Any] | None:
    """Return what predictions of the test rows are like, as plain data; None where they are not what the task has.

    Args:
        dataset: The data.
        predictions: As the model gives them, one row a test row.
        scaled: The test rows' targets as the model was trained on them.
        scale: Original units that one unit of the scaled target is.
        logits: Whether the predictions are logits, by the model's loss.
    """
    predictions = np.asarray(predictions, np.float64)
    if not np.isfinite(predictions).all() or len(predictions) != dataset.test_rows:
        return None
    found = _errors_of(dataset, predictions, scaled, scale=scale, logits=logits)
    if found is not None:
        scores = _usual_scores(dataset, predictions, scaled, scale=scale, logits=logits)
        found["scores"] = [[name, score] for name, score in scores.items()]
    return found


def _usual_scores(
    dataset: Dataset, predictions: np.ndarray, scaled: np.ndarray, *, scale: float, logits: bool
) -> dict[str, float]:
    """Return the usual ones of scikit-learn's scores, but for those that are not defined for these rows."""
    found = {}
    for name in USUAL[dataset.task]:
        metric = SKLEARN[name]
        if metric.two_classes and dataset.task == "classification" and len(dataset.classes) != 2:
            metric = SKLEARN[INSTEAD[name]]
        scorer = Scorer(metric.name, metric, dataset)
        with contextlib.suppress(TrainingError):
            score = scorer.score(dataset.y_test, scaled, predictions, scale=scale, logits=logits)
            if np.isfinite(score):
                found[metric.name] = score
    return found


def _errors_of(
    dataset: Dataset, predictions: np.ndarray, scaled: np.ndarray, *, scale: float, logits: bool
) -> dict[str, Any] | None:
    if dataset.task == "regression":
        if predictions.size != scaled.size:
            return None
        return _of_numbers(dataset, (predictions.reshape(scaled.shape) - scaled) * scale)
    if dataset.task == "multilabel":
        shares = as_shares(predictions, logits=logits).reshape(len(predictions), -1)
        return _of_labels(dataset, shares) if shares.shape == dataset.y_test.shape else None
    scores = as_scores(predictions, logits=logits)
    one = predictions.reshape(len(predictions), -1).shape[1] == 1
    if scores.shape[1] != len(dataset.classes) or (one and not are_probabilities(scores)):
        return None  # a score of the model's own, of which it is not known where the classes part
    return _of_classes(dataset, scores)


def _of_classes(dataset: Dataset, scores: np.ndarray) -> dict[str, Any]:
    truth, predicted = np.asarray(dataset.y_test), scores.argmax(axis=1)
    names = [name[:_NAME] for name in dataset.classes]
    counts = np.zeros((len(names), len(names)), int)
    np.add.at(counts, (truth, predicted), 1)
    wrong = np.flatnonzero(truth != predicted)
    sure = scores[np.arange(len(scores)), predicted]
    worst = wrong[np.argsort(-sure[wrong], kind="stable")][:WORST]
    is_share = are_probabilities(scores)
    mistakes = [
        {
            "row": int(row),
            "truth": names[truth[row]],
            "predicted": names[predicted[row]],
            **({"confidence": round(float(sure[row]), 4)} if is_share else {}),
        }
        for row in worst
    ]
    found: dict[str, Any] = {"kind": "classes", "rows": len(truth), "wrong": len(wrong)}
    if len(names) <= MOST_CLASSES:
        found |= {"labels": names, "counts": counts.tolist()}
    else:
        np.fill_diagonal(counts, 0)
        most = np.argsort(-counts, axis=None, kind="stable")[:MOST_PAIRS]
        pairs = [divmod(int(place), len(names)) for place in most]
        found["pairs"] = [
            [names[one], names[other], int(counts[one, other])] for one, other in pairs if counts[one, other]
        ]
    return {**found, "worst": _with_pictures(dataset, mistakes)}


def _of_labels(dataset: Dataset, shares: np.ndarray) -> dict[str, Any]:
    truth, said = np.asarray(dataset.y_test) > 0, shares > LABEL_THRESHOLD
    parts = ((truth & said), (~truth & said), (truth & ~said), (~truth & ~said))
    sums = np.stack([part.sum(axis=0) for part in parts], axis=1)
    rows = [
        [name[:_NAME], *map(int, row)]
        for name, row in list(zip(dataset.classes, sums, strict=True))[:MOST_LABELS]
    ]
    return {"kind": "labels", "rows": len(truth), "labels": rows}


def _of_numbers(dataset: Dataset, errors: np.ndarray) -> dict[str, Any]:
    every = errors.reshape(len(errors), -1)
    # The few largest would leave the others one bar.
    low, high = (float(one) for one in np.quantile(every, (0.005, 0.995)))
    counts, edges = np.histogram(np.clip(every, low, high), BARS, (low, high) if low < high else None)
    size = np.abs(every).max(axis=1)
    worst = np.argsort(-size, kind="stable")[:WORST]
    mistakes = [{"row": int(row), "error": float(every[row][np.abs(every[row]).argmax()])} for row in worst]
    shares = (0.05, 0.25, 0.5, 0.75, 0.95)
    return {
        "kind": "numbers",
        "rows": len(every),
        "mean": float(every.mean()),
        "quantiles": [[share, float(np.quantile(every, share))] for share in shares],
        "edges": [float(edge) for edge in edges],
        "counts": [int(count) for count in counts],
        "worst": _with_pictures(dataset, mistakes),
    }


def _with_pictures(dataset: Dataset, mistakes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return mistakes with their pictures, where rows are pictures."""
    if dataset.kind != "image" or not mistakes:
        return mistakes
    span = value_span(parts_of(dataset.x_test[: min(dataset.test_rows, 1000)]))
    return [{**one, "png": png_text(dataset.x_test[one["row"]], span, PIXELS)} for one in mistakes]
