"""Objectives that a model does not compute: both trainers, refit, and models of every form of output."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from kerasweep.errors import SpecError
from kerasweep.search.plan import Plan
from kerasweep.search.planning import make_plan, refit_workload
from kerasweep.search.spec import make_spec
from kerasweep.training.events import Answer, Outcome, Task
from kerasweep.training.metrics import Objective

pytestmark = pytest.mark.trains
RATES = {"optimizer": "adam", "learning_rate": 0.05, "batch_size": 16}


def plan_of(model: Any, metric: str | None, task: str = "classification", **more: Any) -> Plan:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(60, 3)).astype(np.float32)
    signal = x[:, 0] + rng.normal(size=60)
    y = (signal > 0.8).astype(int) if task == "classification" else (50 + 10 * signal).astype(np.float32)
    spec = {
        "data": {"source": "python:data", "task": task},
        "model": model if isinstance(model, str) else "python:build",
        "cv": {"folds": 2},
        "training": {"epochs": 2, "patience": None, "objective": metric, **more.pop("training", {})},
        "execution": {"trainer": more.pop("trainer", "auto")},
    }
    return make_plan(make_spec(spec), data=(x, y), model=None if isinstance(model, str) else model)


def train(plan: Plan, **configuration: Any) -> Outcome:
    from kerasweep.training.trainers.runtime import make_trainer

    training = make_trainer(plan.workload, threads=1).train(Task(0, {**RATES, **configuration}, seed=5))
    try:
        next(training)
        while True:
            training.send(Answer.GO_ON)
    except StopIteration as end:
        return end.value


def of(*, outputs: int, activation: str | None, loss: Any, metrics: Any = ()) -> Any:
    import keras

    def build(config: Any, signature: Any) -> Any:
        head = keras.layers.Dense(outputs, activation)
        layers = [keras.layers.Dense(4, "relu"), keras.layers.Dropout(0.2), head]
        model = keras.Sequential([keras.layers.Input(signature.input_shape), *layers])
        optimizer = keras.optimizers.Adam(0.05, use_ema=config.get("ema", False), ema_momentum=0.5)
        model.compile(optimizer, loss(keras), metrics=[metric(keras) for metric in metrics])
        return model

    return build


SIGMOID = {"outputs": 1, "activation": "sigmoid", "loss": lambda keras: "binary_crossentropy"}
LOGITS = {
    "outputs": 2,
    "activation": None,
    "loss": lambda keras: keras.losses.SparseCategoricalCrossentropy(from_logits=True),
}
NUMBER = {"outputs": 1, "activation": None, "loss": lambda keras: "mse"}


@pytest.mark.parametrize(
    ("model", "task", "metric", "configuration"),
    [
        ("ann", "classification", "roc_auc", {"units": 4}),
        ("ann", "classification", "AUC", {"units": 4}),
        ("nn", "regression", "rmse", {"hidden_layers": 1, "units": 4}),
        (SIGMOID, "classification", "average_precision", {}),
        (LOGITS, "classification", "neg_log_loss", {"ema": True}),
        (NUMBER, "regression", "r2", {}),
    ],
    ids=["family-sklearn", "family-keras", "regression-in-units", "sigmoid", "logits-averaged", "own-regression"],
)  # fmt: skip
def test_both_trainers_give_one_curve(model, task: str, metric: str, configuration: dict) -> None:
    made = model if isinstance(model, str) else of(**model)
    fused = train(plan_of(made, metric, task), **configuration)
    fitted = train(plan_of(made, metric, task, trainer="fit"), **configuration)
    assert (fused.trainer, fitted.trainer) == ("fused", "fit")
    name = f"val_{metric.lower()}"
    assert np.shape(fused.curves[name]) == (2, 2)
    assert fused.curves[name][0] != fused.curves[name][1]
    for one, other in zip(fused.curves[name], fitted.curves[name], strict=True):
        assert one == pytest.approx(other, rel=1e-4)
    if metric == "neg_log_loss":  # what the model computes itself, by another name
        assert -np.array(fused.curves[name]) == pytest.approx(np.array(fused.curves["val_loss"]), rel=1e-4)
    if metric == "rmse":
        squares = np.square(fused.curves[name])
        assert squares == pytest.approx(np.array(fused.curves["val_loss"]), rel=1e-3), "in the target's units"


@pytest.mark.parametrize(
    ("model", "task", "further", "bound", "configuration"),
    [
        ("ann", "classification", "roc_auc,neg_log_loss", "f1_macro>=0", {"units": 4}),
        ("nn", "regression", "r2,rmse", "neg_max_error>=-1000", {"hidden_layers": 1, "units": 4}),
        (SIGMOID, "classification", "average_precision", "AUC>=0", {}),
        (LOGITS, "classification", "balanced_accuracy,params", "neg_log_loss>=-100", {"ema": True}),
    ],
    ids=["family", "family-regression", "sigmoid", "logits-averaged"],
)  # fmt: skip
def test_further_objectives_and_constraints_are_of_any_name(
    model, task: str, further: str, bound: str, configuration: dict
) -> None:
    made = model if isinstance(model, str) else of(**model)
    more = {"training": {"objective": f"loss,{further}", "constraints": [bound]}}
    fused = train(plan_of(made, None, task, **more), **configuration)
    fitted = train(plan_of(made, None, task, trainer="fit", **more), **configuration)
    assert (fused.trainer, fitted.trainer) == ("fused", "fit")
    names = [
        f"val_{name}"
        for name in [*further.split(","), bound.split(">", maxsplit=1)[0].lower()]
        if name != "params"
    ]
    assert {*names, *(["params"] if "params" in further else [])} == set(fused.measured)
    for name in names:
        first = train(plan_of(made, name, task), **configuration)
        assert fused.curves[name] == first.curves[name], "as where it is the only objective"
        for one, other in zip(fused.curves[name], fitted.curves[name], strict=True):
            assert one == pytest.approx(other, rel=1e-4)


def test_refit_scores_the_test_split_by_further_objectives() -> None:
    from kerasweep.training.trainers.refit_run import start_refit

    more = {"training": {"objective": "loss,roc_auc", "constraints": ["neg_log_loss>=-9"]}}
    run = start_refit(refit_workload(plan_of(of(**SIGMOID), None, **more)), RATES, 1)
    list(run.train(1))
    found = run.evaluate()
    assert set(found) == {"loss", "roc_auc", "neg_log_loss"}
    assert found["neg_log_loss"] == pytest.approx(-found["loss"], rel=1e-4)


def test_refit_scores_the_test_split_by_the_objective() -> None:
    from kerasweep.training.trainers.refit_run import start_refit
    from sklearn.metrics import roc_auc_score

    workload = refit_workload(plan_of(of(**SIGMOID), "roc_auc"))
    run = start_refit(workload, RATES, 1)
    list(run.train(1))
    found = run.evaluate()
    predicted = run.model.predict(run.test, verbose=0)[:, 0]
    assert found["roc_auc"] == pytest.approx(roc_auc_score(workload.dataset.y_test, predicted))
    assert "loss" in found


def test_a_vector_is_averaged_and_the_trial_says_so() -> None:
    both = [lambda keras: "accuracy", lambda keras: keras.metrics.F1Score(name="f1")]
    model = of(outputs=2, activation="softmax", loss=lambda keras: "categorical_crossentropy", metrics=both)
    for trainer in ("auto", "fit"):
        plan = plan_of(model, "val_f1", trainer=trainer)
        assert plan.workload.objective == Objective("val_f1", "maximize")
        outcome = train(plan)
        assert outcome.notes == ("f1 is one number a class; the trial has their mean",)
        assert np.shape(outcome.curves["val_f1"]) == (2, 2)


class TestWhatAnOwnModelComputes:
    """Known in the plan: the model is built once."""

    def test_no_metrics_compiled_takes_the_loss(self) -> None:
        assert plan_of(of(**SIGMOID), None).workload.objective == Objective("val_loss", "minimize")

    def test_metrics_have_the_direction_of_what_computes_them(self) -> None:
        def err(y: Any, p: Any) -> Any:
            return (y - p) ** 2

        metrics = [
            lambda keras: err,
            lambda keras: keras.metrics.MeanAbsoluteError(name="mine"),
            lambda keras: keras.metrics.SensitivityAtSpecificity(0.5, name="sure"),
        ]
        model = of(**SIGMOID, metrics=metrics)
        assert plan_of(model, "mine").workload.objective == Objective("val_mine", "minimize")
        assert plan_of(model, "mae").workload.objective == Objective("val_mine", "minimize")
        assert plan_of(model, "val_sure").workload.objective == Objective("val_sure", "maximize")
        with pytest.raises(
            SpecError,
            match=r"^Which direction of 'err' is better is not known: add --direction maximize or minimize\.$",
        ):
            plan_of(model, "err")
        given = plan_of(model, "err", training={"direction": "minimize"})
        assert given.workload.objective == Objective("val_err", "minimize")
        assert given.spec.training.direction == "minimize"

    def test_what_it_does_not_compute_is_computed_or_refused(self) -> None:
        model = of(**SIGMOID)
        assert plan_of(model, "balanced_accuracy").workload.objective.scoring is not None
        with pytest.raises(SpecError, match="There is no metric 'nothing' for classification"):
            plan_of(model, "nothing")


class Undersampling:
    """Stands for a ``HyperModel`` with a ``fit`` of its own."""

    def __new__(cls, **fit: Any) -> Any:
        import keras
        import keras_tuner

        class Mine(keras_tuner.HyperModel):
            def build(self, hp: Any) -> Any:
                model = keras.Sequential(
                    [keras.layers.Dense(hp.Int("units", 2, 4)), keras.layers.Dense(1, "sigmoid")]
                )
                model.compile("adam", "binary_crossentropy", **fit.get("compile", {}))
                return model

            def fit(self, hp: Any, model: Any, *args: Any, **kwargs: Any) -> Any:
                history = model.fit(*args, **kwargs)
                return history if not fit.get("number") else 0.25

        return Mine()


def test_a_fit_of_ones_own_is_scored_by_further_objectives() -> None:
    plan = plan_of(Undersampling(), None, training={"objective": "loss,roc_auc,neg_log_loss"})
    outcome = train(plan, units=3)
    assert set(outcome.measured) == {"val_roc_auc", "val_neg_log_loss"}
    losses = np.array(outcome.curves["val_loss"])
    assert -np.array(outcome.curves["val_neg_log_loss"]) == pytest.approx(losses, rel=1e-4)


@pytest.mark.parametrize("number", [False, True])
def test_a_fit_of_ones_own_is_scored_by_any_metric(number: bool) -> None:
    plan = plan_of(Undersampling(number=number), "roc_auc")
    outcome = train(plan, units=3)
    assert outcome.trainer == "hypermodel"
    assert np.shape(outcome.curves["val_roc_auc"]) == (2, 2)
    assert (
        outcome.fold_scores == tuple(fold[-1] for fold in outcome.curves["val_roc_auc"])
        or outcome.epochs == 1
    )
    assert all(0 <= score <= 1 and score != 0.25 for score in outcome.fold_scores)


def test_a_fit_of_ones_own_without_metrics_takes_the_loss() -> None:
    assert plan_of(Undersampling(), None).workload.objective == Objective("val_loss", "minimize")
    found = plan_of(Undersampling(compile={"metrics": ["accuracy"]}), None).workload.objective
    assert found == Objective("val_accuracy", "maximize")
