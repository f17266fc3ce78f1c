"""The objective: its name, its direction, its units, and who computes it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from kerasweep.errors import SpecError, TrainingError
from kerasweep.training.metric_names import (
    INSTEAD,
    KERAS,
    KERAS_ALIASES,
    KERAS_WITH_ARGUMENTS,
    NAMES,
    SKLEARN,
    keras_direction,
    known_metric,
    snake_case,
)
from kerasweep.training.metrics import (
    ComputedMetrics,
    Objective,
    as_number,
    choose_objective,
    family_metrics,
    in_target_units,
)
from kerasweep.training.scoring import Scorer, as_scores

CLASSES = family_metrics("classification", losses_differ=False)
NUMBERS = family_metrics("regression", losses_differ=False)
OWN = ComputedMetrics(
    {"loss": "minimize", "auc": "maximize", "err": None, "mse": "minimize"}, {"mse": "MeanSquaredError"}
)


def choose(metric, task="classification", classes=2, computed=None, direction=None, **more) -> Objective:
    return choose_objective(
        metric,
        direction,
        task,
        classes,
        computed or (CLASSES if task == "classification" else NUMBERS),
        **more,
    )


@pytest.mark.parametrize(
    ("metric", "task", "objective"),
    [
        (None, "classification", Objective("val_accuracy", "maximize")),
        (None, "regression", Objective("val_loss", "minimize")),
        ("accuracy", "classification", Objective("val_accuracy", "maximize")),
        ("acc", "classification", Objective("val_accuracy", "maximize")),
        ("val_acc", "classification", Objective("val_accuracy", "maximize")),
        ("val_loss", "classification", Objective("val_loss", "minimize")),
        ("mae", "regression", Objective("val_mae", "minimize")),
        ("MeanAbsoluteError", "regression", Objective("val_mae", "minimize")),
        ("Accuracy", "classification", Objective("val_accuracy", "maximize")),
        ("val_mse", "regression", Objective("val_mse", "minimize", KERAS["MeanSquaredError"])),
        ("MSE", "regression", Objective("val_mse", "minimize", KERAS["MeanSquaredError"])),
        ("MeanSquaredError", "regression", Objective("val_mean_squared_error", "minimize", KERAS["MeanSquaredError"])),
        ("AUC", "classification", Objective("val_auc", "maximize", KERAS["AUC"])),
        ("auc", "classification", Objective("val_auc", "maximize", KERAS["AUC"])),
        ("recall", "classification", Objective("val_recall", "maximize", SKLEARN["recall"])),
        ("Recall", "classification", Objective("val_recall", "maximize", KERAS["Recall"])),
        ("neg_log_loss", "classification", Objective("val_neg_log_loss", "maximize", SKLEARN["neg_log_loss"])),
        ("rmse", "regression", Objective("val_rmse", "minimize", KERAS["RootMeanSquaredError"])),
        ("r2", "regression", Objective("val_r2", "maximize", SKLEARN["r2"])),
    ],
)  # fmt: skip
def test_metrics_of_families_by_any_name(metric, task: str, objective: Objective) -> None:
    found = choose(metric, task)
    assert found.metric.lower() == objective.metric.lower()
    assert (found.direction, found.scoring) == (objective.direction, objective.scoring)


def test_what_the_model_computes_comes_first() -> None:
    assert choose("auc", computed=OWN) == Objective("val_auc", "maximize")
    assert choose("AUC", computed=OWN) == Objective("val_auc", "maximize")
    assert choose("mean_squared_error", computed=OWN) == Objective("val_mse", "minimize")


def test_a_model_without_the_tasks_metric_is_compared_by_its_loss() -> None:
    assert choose(None, computed=OWN) == Objective("val_loss", "minimize")
    assert choose(None, computed=ComputedMetrics({}, {}, more=True)) == Objective("val_accuracy", "maximize")


@pytest.mark.parametrize("computed", [OWN, ComputedMetrics({}, {}, more=True)])
def test_an_own_metric_needs_its_direction(computed: ComputedMetrics) -> None:
    with pytest.raises(
        SpecError,
        match=r"^Which direction of 'err' is better is not known: add --direction maximize or minimize\.$",
    ):
        choose("err", computed=computed)
    assert choose("err", computed=computed, direction="minimize") == Objective("val_err", "minimize")
    assert choose("val_err", computed=computed, direction="maximize").direction == "maximize"


@pytest.mark.parametrize(
    ("metric", "task", "classes", "message"),
    [
        ("acuracy", "classification", 2, r"There is no metric 'acuracy' for classification\. Did you mean 'accuracy'\?"),
        ("r2", "classification", 2, r"The metric 'r2' is for regression, and this is a classification\."),
        ("roc_auc", "regression", 0, r"The metric 'roc_auc' is for classification, and this is a regression\."),
        ("roc_auc", "classification", 3, r"The metric 'roc_auc' is for two classes, and there are 3; take roc_auc_ovr\."),
        ("val_f1", "classification", 3, r"The metric 'val_f1' is for two classes, and there are 3; take f1_macro\."),
        ("MeanIoU", "classification", 2, r"The metric 'MeanIoU' needs arguments; compile it in a model of your own\."),
        ("f1", "multilabel", 3, r"The metric 'f1' is for two classes, and a row may have several labels; take f1_macro\."),
        ("r2", "multilabel", 3, r"The metric 'r2' is for regression, and these are several labels a row\."),
        ("neg_log_loss", "multilabel", 3, r"The metric 'neg_log_loss' is for classification, and these are several labels.*"),
        ("f1_samples", "classification", 3, r"The metric 'f1_samples' is for several labels a row, and this is a class.*"),
        ("mean_iou", "classification", 2, r"There is no metric 'mean_iou' for classification\..*"),
    ],
)  # fmt: skip
def test_metrics_that_cannot_be(metric: str, task: str, classes: int, message: str) -> None:
    with pytest.raises(SpecError, match=f"^{message}$"):
        choose(metric, task, classes)


def test_every_metric_of_keras_has_a_direction() -> None:
    """A metric that Keras gains must be listed: nothing is guessed from a name."""
    import keras

    plumbing = {"Mean", "MeanMetricWrapper", "Metric", "Sum", "deserialize", "get", "serialize"}
    public = {name for name in dir(keras.metrics) if not name.startswith("_")} - plumbing
    for name in public:
        assert keras_direction(name) in ("maximize", "minimize"), name
        if name not in KERAS_WITH_ARGUMENTS:
            assert known_metric(name) is not None, name
    assert set(KERAS) | set(KERAS_WITH_ARGUMENTS) | {"Accuracy"} >= {
        name for name in public if name != name.lower()
    }
    assert set(KERAS) <= public
    for alias, name in KERAS_ALIASES.items():
        if alias in keras.src.metrics.ALL_OBJECTS_DICT:
            assert keras.src.metrics.ALL_OBJECTS_DICT[alias].__name__ == name


LEFT_OUT = {
    *("adjusted_mutual_info_score", "adjusted_rand_score", "completeness_score", "fowlkes_mallows_score"),
    *(
        "homogeneity_score",
        "mutual_info_score",
        "normalized_mutual_info_score",
        "rand_score",
        "v_measure_score",
    ),
    *("positive_likelihood_ratio", "neg_negative_likelihood_ratio"),
}
"""Scorers that measure clusterings, or are undefined for usual predictions."""


def test_every_scorer_of_scikit_learn_is_listed() -> None:
    from sklearn.metrics import get_scorer_names

    assert set(SKLEARN) | LEFT_OUT >= set(get_scorer_names())
    assert set(SKLEARN) <= set(get_scorer_names())
    assert set(INSTEAD) == {name for name, metric in SKLEARN.items() if metric.two_classes}
    assert set(INSTEAD.values()) <= set(SKLEARN)


def test_names_of_classes_are_kerass() -> None:
    from keras.src.utils.naming import to_snake_case

    assert {name: snake_case(name) for name in KERAS} == {name: to_snake_case(name) for name in KERAS}


def data_of(task: str, classes: int, seed: int = 0):
    """Return a data set of 60 rows, and what a model may say of its first forty."""
    from kerasweep.training.data.dataset import Dataset

    rng = np.random.default_rng(seed)
    x = rng.normal(size=(60, 3)).astype(np.float32)
    y = np.arange(60) % classes if task == "classification" else rng.uniform(1, 9, 60).astype(np.float32)
    y = rng.integers(0, 2, (60, classes)).astype(np.uint8) if task == "multilabel" else y
    names = tuple(f"c{code}" for code in range(classes))
    said = rng.uniform(0.1, 1, (40, max(classes, 1)))
    if task == "classification":
        said = said / said.sum(axis=1, keepdims=True)
    elif task == "regression":
        said = y[:40, None] + said - 0.4
    return Dataset("d", "array", task, x, y, x[:6], y[:6], names), said.astype(np.float32)


FITTING = [
    (name, task, classes)
    for name in NAMES
    for task, classes in (
        ("classification", 2),
        ("classification", 3),
        ("multilabel", 2),
        ("multilabel", 3),
        ("regression", 0),
    )
    if known_metric(name).measures(task)
    if (task, classes) != ("classification", 3) or not known_metric(name).two_classes
    if not (name == "top_k_accuracy" and classes == 2)
]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")  # rows without a label
@pytest.mark.parametrize(("name", "task", "classes"), FITTING)
def test_every_listed_metric_is_computed(name: str, task: str, classes: int) -> None:
    """By scikit-learn as its own functions do, by Keras as a model that compiles it does."""
    dataset, said = data_of(task, classes)
    metric = known_metric(name)
    scorer = Scorer(f"val_{name}", metric, dataset)
    target = dataset.y[:40]
    # A family's target is scaled within a fold: predictions come in its units.
    scaled, outputs = (target, said) if task != "regression" else ((target - 3) / 2, (said - 3) / 2)
    found = scorer.score(target, scaled, outputs, scale=2.0, logits=False)
    assert found == pytest.approx(expected(metric, target, said, task), rel=1e-4, abs=1e-5)


def expected(metric, target, said, task) -> float:
    if metric.library == "scikit-learn":
        from sklearn import metrics

        scorer = metrics.get_scorer(metric.name)
        given = said[:, 0].astype(np.float64) if task == "regression" else said.argmax(1)
        if task == "multilabel":
            given = said if metric.reads == "probabilities" else said > 0.5
            return scorer._score_func(target, given, **scorer._kwargs)
        if metric.reads == "probabilities":
            given = said / said.sum(axis=1, keepdims=True)
            given = given[:, 1] if said.shape[1] == 2 and "log_loss" not in metric.name else given
        return scorer._sign * scorer._score_func(target, given, **scorer._kwargs)
    import keras

    kind = getattr(keras.metrics, metric.name)
    if task == "multilabel":
        if not isinstance(kind, type):
            return float(np.mean(kind(target.astype(np.float32), said)))
        each = {"F1Score": {"threshold": 0.5}, "FBetaScore": {"threshold": 0.5}, "AUC": {"multi_label": True}}
        made = kind(**each.get(metric.name, {}))
        made.update_state(target.astype(np.float32), said)
        return float(np.mean(made.result()))
    if (metric.reads == "codes" and task == "classification") or task == "regression":
        truth, given = target[:, None], said
    elif metric.reads == "column" and said.shape[1] == 2:
        truth, given = target[:, None], said[:, 1:]
    else:
        truth, given = np.eye(said.shape[1])[target], said
    if metric.name == "PearsonCorrelation":
        return float(np.corrcoef(target, said[:, 0])[0, 1])
    if metric.name == "ConcordanceCorrelation":
        spread = np.var(target) + np.var(said) + (target.mean() - said.mean()) ** 2
        return float(2 * np.cov(target, said[:, 0], bias=True)[0, 1] / spread)
    if not isinstance(kind, type):
        return float(np.mean(kind(truth.astype(np.float32), given)))
    made = kind()
    made.update_state(truth.astype(np.float32), given)
    return float(np.mean(made.result()))


def test_outputs_in_any_form() -> None:
    half = as_scores(np.array([[0.0], [2.0]]), logits=True)
    assert half == pytest.approx(np.array([[0.5, 0.5], [1 - 0.880797, 0.880797]]))
    assert as_scores(np.array([0.2, 0.9]), logits=False) == pytest.approx(np.array([[0.8, 0.2], [0.1, 0.9]]))
    soft = as_scores(np.array([[0.0, 0.0, np.log(2)]]), logits=True)
    assert soft == pytest.approx(np.array([[0.25, 0.25, 0.5]]))


def test_outputs_that_are_no_probabilities_have_no_log_loss() -> None:
    dataset, said = data_of("classification", 2)
    scorer = Scorer("val_neg_log_loss", SKLEARN["neg_log_loss"], dataset)
    with pytest.raises(
        TrainingError, match=r"val_neg_log_loss cannot be computed: it is of probabilities"
    ) as caught:
        scorer.score(dataset.y[:40], dataset.y[:40], 14 * said, scale=1.0, logits=False)
    assert caught.value.kind == "metric"
    ranked = Scorer("val_roc_auc", SKLEARN["roc_auc"], dataset)
    assert 0 < ranked.score(dataset.y[:40], dataset.y[:40], 14 * said, scale=1.0, logits=False) < 1
    with pytest.raises(TrainingError, match="predictions are not finite") as caught:
        ranked.score(dataset.y[:40], dataset.y[:40], np.full((40, 2), np.nan), scale=1.0, logits=False)
    assert caught.value.kind == "diverged"


@pytest.mark.parametrize("name", ["roc_auc", "average_precision"])
def test_a_fold_that_a_metric_is_not_defined_on_is_told_in_the_plan(name: str) -> None:
    from kerasweep.training.data import Fold

    dataset, _ = data_of("classification", 2)
    even = np.arange(0, 60, 2)
    fold = Fold(np.arange(1, 60, 2), even)
    with pytest.raises(
        SpecError, match=rf"^The metric '{name}' cannot be computed of the validation part of fold 1"
    ):
        Scorer(f"val_{name}", SKLEARN[name], dataset).check([fold])
    Scorer("val_f1_macro", SKLEARN["f1_macro"], dataset).check([fold])
    none = dataclasses.replace(dataset, y_test=np.zeros(6, np.int64))
    with pytest.raises(SpecError, match=rf"^The metric '{name}' cannot be computed of the test split: "):
        Scorer(f"val_{name}", SKLEARN[name], none).check([Fold(np.arange(30), np.arange(30, 60))])


def test_units() -> None:
    logs = {"val_loss": 2.0, "mae": 2.0, "val_root_mean_squared_error": 2.0, "r2_score": 0.5}
    squared = {"val_loss": 200.0, "mae": 20.0, "val_root_mean_squared_error": 20.0, "r2_score": 0.5}
    assert in_target_units(logs, "mean_squared_error", 10.0) == squared
    assert in_target_units(logs, "mean_absolute_error", 10.0) == {**squared, "val_loss": 20.0}
    assert in_target_units(logs, "huber", 10.0) == {**squared, "val_loss": 2.0}


def test_of_several_numbers_the_mean_counts() -> None:
    assert as_number(np.array([0.2, 0.4])) == pytest.approx(0.3)
    assert as_number(np.float32(0.5)) == 0.5
    assert in_target_units({"val_f1_score": np.array([0.25, 0.75])}, "hinge", 3.0) == {"val_f1_score": 0.5}
