"""A script's lines for the objective compute what the study's scorer does, for every metric that a model need not compute."""

from __future__ import annotations

import warnings
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from kerasweep.errors import TrainingError
from kerasweep.training.metric_names import NAMES, known_metric
from kerasweep.training.scoring import Scorer

ROWS = 60
TASKS = {
    "a number": ("regression", 0, 1),
    "two classes, one output": ("classification", 2, 1),
    "two classes": ("classification", 2, 2),
    "three classes": ("classification", 3, 3),
    "labels": ("multilabel", 3, 3),
}


def rows_of(task: str, classes: int, outputs: int) -> tuple[np.ndarray, np.ndarray]:
    """Return targets, and predictions that are not all wrong."""
    rng = np.random.default_rng(0)
    if task == "regression":
        y = rng.uniform(1, 3, ROWS).astype("float32")
        return y, (y + rng.uniform(-0.5, 0.5, ROWS)).astype("float32")[:, None]
    if task == "multilabel":
        return (rng.random((ROWS, classes)) < 0.5).astype("uint8"), rng.random((ROWS, outputs)).astype(
            "float32"
        )
    y = np.arange(ROWS) % classes
    shares = rng.random((ROWS, classes)) + np.eye(classes)[y]
    shares = (shares / shares.sum(axis=1, keepdims=True)).astype("float32")
    return y, shares if outputs > 1 else shares[:, 1:]


def score_by_lines(winner: Any, y: np.ndarray, predictions: np.ndarray) -> float:
    import keras
    from kerasweep.export.scores import scoring_code
    from kerasweep.export.sources import sources_of

    (made,) = scoring_code(winner)
    sources = sources_of(*made.functions)
    found = {"np": np, "keras": keras, "predictions": predictions, "truth": y, "y_test": y}
    lines = [*sources.imports, *made.imports, *sources.constants, *sources.texts, *made.lines]
    exec(compile("\n".join(lines), "train.py", "exec", dont_inherit=True), found)
    return float(found["value"])


@pytest.mark.trains
@pytest.mark.parametrize("kind", TASKS)
def test_lines_compute_what_the_scorer_does(kind: str) -> None:
    task, classes, outputs = TASKS[kind]
    y, predictions = rows_of(task, classes, outputs)
    dataset: Any = SimpleNamespace(task=task, y=y, y_test=y, classes=tuple(map(str, range(classes))))
    tried = set()
    for name in NAMES:
        metric = known_metric(name)
        if metric is None or not metric.measures(task) or (metric.two_classes and classes != 2):
            continue
        winner = SimpleNamespace(
            scorings={name: metric},
            dataset=dataset,
            model=SimpleNamespace(loss=None),
            preparation=SimpleNamespace(target=None),
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of metrics that are not defined for all of these
            try:
                known = Scorer(f"val_{name}", metric, dataset).score(
                    y, y, predictions, scale=1.0, logits=False
                )
            except TrainingError:  # what cannot be scored is refused before a sweep
                continue
            assert f"{score_by_lines(winner, y, predictions):.6g}" == f"{known:.6g}", name
        tried.add(metric.library)
    assert tried == {"scikit-learn", "keras"}
