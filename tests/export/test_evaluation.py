"""How well a trained model does on rows with targets, of every task, without training one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from kerasweep.errors import DataError, StudyError
from kerasweep.export.evaluation import scores_on
from kerasweep.export.predictor import Predictor
from sklearn import metrics

ROWS = 40
GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(ROWS, 3)).astype(np.float32)
SHARES = GENERATOR.dirichlet(np.ones(3), size=ROWS).astype(np.float32)
CODES = GENERATOR.integers(0, 3, ROWS)


class Says:
    """A model that says what it was given."""

    def __init__(self, outputs: np.ndarray) -> None:
        self._outputs = outputs

    def predict(self, x: Any, **_: object) -> np.ndarray:
        return self._outputs[: len(x)]


def predictor(outputs: np.ndarray, task: str = "classification", classes: Any = (), **more: Any) -> Predictor:
    plan = {"kind": "arrays", "source_shape": (3,)}
    about = {"task": task, "classes": list(classes), "gives": "probabilities", "series": None, **more}
    return Predictor({**about, "preparation": plan}, Says(outputs), None, None, None)


@pytest.mark.parametrize(
    ("classes", "y"),
    [
        (("a", "b", "c"), np.array(["a", "b", "c"])[CODES]),
        (("a", "b", "c"), pd.Series(np.array([" a", "b", "'c'"], object)[CODES])),
        (("a", "b", "c"), np.eye(3)[CODES]),
        (("3", "5", "7"), np.array([3, 5, 7])[CODES]),
        (("3", "5", "7"), np.array([3.0, 5.0, 7.0])[CODES]),
        (("0", "1", "2"), CODES.tolist()),
    ],
    ids=["texts", "found", "one-hot", "whole numbers", "decimals", "a list"],
)
def test_classes_however_they_are_written(classes: tuple[str, ...], y: Any) -> None:
    found = scores_on(predictor(SHARES, classes=classes), X, y)
    told = SHARES.argmax(axis=1)
    assert found == pytest.approx(
        {
            "accuracy": metrics.accuracy_score(CODES, told),
            "balanced_accuracy": metrics.balanced_accuracy_score(CODES, told),
            "log_loss": metrics.log_loss(CODES, SHARES),
        },
        rel=1e-5,
    )


def test_scores_that_are_no_probabilities_have_no_log_loss() -> None:
    made = predictor(SHARES[:, :1], classes=("no", "yes"), gives="scores", threshold=0.3)
    assert set(scores_on(made, X, np.array(["no", "yes"])[CODES % 2])) == {"accuracy", "balanced_accuracy"}


@pytest.mark.parametrize("width", [1, 2])
def test_numbers(width: int) -> None:
    y = GENERATOR.normal(size=(ROWS, width))
    outputs = (y + 0.5).astype(np.float32)
    found = scores_on(predictor(outputs, "regression", gives=None), X, y if width > 1 else y[:, 0])
    assert found == pytest.approx({"mse": 0.25, "mae": 0.5, "r2": metrics.r2_score(y, outputs)}, rel=1e-4)
    one = scores_on(predictor(outputs, "regression", gives=None), X[:1], y[:1] if width > 1 else y[:1, 0])
    assert set(one) == {"mse", "mae"}


def test_several_labels() -> None:
    y = (GENERATOR.random((ROWS, 3)) > 0.5).astype(int)
    found = scores_on(predictor(SHARES, "multilabel", "abc", threshold=0.4), X, y)
    told = (SHARES > 0.4).astype(int)
    assert found == pytest.approx(
        {"binary_accuracy": np.mean(told == y), "f1_macro": metrics.f1_score(y, told, average="macro")}
    )


@pytest.mark.parametrize(
    ("made", "y", "message"),
    [
        ({"classes": "abc"}, np.array(["a", "d"])[CODES % 2], "knows no class 'd': it tells 'a', 'b', 'c'"),
        ({"classes": "abc"}, np.array(["a", "b"])[CODES % 2][1:], "x has 40 rows, and y has 39"),
        ({"classes": "abc"}, np.eye(2)[CODES % 2], "must be one-hot, one for each of 3 classes"),
        ({"classes": "abc"}, np.array(["a", None])[CODES % 2], "the target is missing in"),
        ({"task": "multilabel", "classes": "abc", "threshold": 0.5}, CODES, "columns of 0 and 1"),
        ({"task": "multilabel", "classes": "abc", "threshold": 0.5}, np.eye(2)[CODES % 2], "2 columns"),
        ({"task": "regression"}, np.array(["a", "b"])[CODES % 2], "a regression needs numbers"),
        ({"task": "regression"}, X[:, :2], "y has 2 columns, and the model predicts 3"),
    ],
)
def test_targets_that_are_not_these_rows_or_this_models(made: dict[str, Any], y: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        scores_on(predictor(SHARES, **made), X, y)


@pytest.mark.parametrize(
    ("made", "x"),
    [
        ({"task": "outputs"}, X),
        ({"gives": "numbers"}, X),
        ({"task": "regression", "series": {"window": 3}}, pd.DataFrame(X)),
    ],
)
def test_what_has_no_such_scores_is_refused(made: dict[str, Any], x: Any) -> None:
    with pytest.raises(StudyError, match=r"predict\(x\)|windows"):
        scores_on(predictor(SHARES, **made), x, CODES)
