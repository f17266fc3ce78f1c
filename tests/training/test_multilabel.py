"""Several labels a row, from the plan to an export: both trainers alike, every loss right or refused."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import kerasweep as ks
import numpy as np
import pandas as pd
import pytest
from kerasweep.api import plan_sweep
from kerasweep.errors import ModelError, SpaceError, TrainingError
from kerasweep.reports.summary import data_text
from kerasweep.training.models.labels import labels_of
from real_training import train
from running_alone import run_alone
from sklearn.datasets import make_multilabel_classification

pytestmark = [
    pytest.mark.trains,
    # Keras's own, where it saves a TensorFlow variable with NumPy 2.
    pytest.mark.filterwarnings(
        "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
    ),
]
X, Y = make_multilabel_classification(90, 5, n_classes=3, n_labels=2, random_state=0)
PICTURES = np.random.default_rng(0).integers(0, 255, (60, 8, 8, 1)).astype("uint8")
NAMES = ["red", "green", "blue"]
SETTINGS: dict[str, Any] = {"folds": 2, "epochs": 2, "patience": None, "trials": 1, "search": "random"}


def logits(config: Any, signature: Any) -> Any:
    """A model that is compiled here, and has no sigmoid."""
    import keras

    return keras.Sequential([keras.Input(signature.input_shape), keras.layers.Dense(signature.outputs)])


def test_the_plan_says_what_was_decided() -> None:
    plan = plan_sweep((X, Y), "dnn", **SETTINGS)
    assert plan.dataset.task == "multilabel"
    assert plan.objective_text == "maximize val_binary_accuracy"
    assert plan.cv_text() == "stratified, 2 folds"
    baseline = plan.baseline
    assert baseline is not None
    assert baseline["predictor"] == "each label's majority"
    train_part, held = plan.workload.folds[0].train, plan.workload.folds[0].validation
    majority = plan.dataset.y[train_part].mean(axis=0) > 0.5
    assert baseline["fold_scores"][0] == pytest.approx((plan.dataset.y[held] == majority).mean())
    assert data_text(plan.about()["data"]).endswith("3 labels")


def test_a_rare_label_is_pointed_out() -> None:
    y = np.hstack([Y, (np.arange(90) % 15 == 0)[:, None]])
    hints = plan_sweep((X, y), "dnn", **SETTINGS).hints
    assert "label 'label_3' is" in hints[0]
    assert hints[0].endswith(
        "binary_accuracy hardly counts: consider --objective average_precision or f1_macro"
    )


@pytest.mark.parametrize(
    ("model", "configuration"),
    [
        ("linear", {}),
        ("ann", {"loss": "focal"}),
        ("dnn", {"loss": "squared_error", "subset": 0.5}),
        ("mlp_residual", {"label_smoothing": 0.1}),
        ("dnn", {"mixing": "mixup", "bootstrap": True}),
        ("cnn", {"mixing": "cutmix"}),
        (logits, {"learning_rate": 0.01}),
    ],
)
def test_both_trainers_train_alike(model: Any, configuration: dict[str, Any]) -> None:
    data = (PICTURES, Y[:60]) if model == "cnn" else (X, Y)
    plan = plan_sweep(data, model, **SETTINGS)
    configuration = {**plan.space.recommended(), **configuration}
    fused = train(plan.workload, configuration)
    fit = train(replace(plan.workload, trainer="fit"), configuration)
    assert fused.trainer == "fused", fused.notes
    assert fused.curves.keys() == fit.curves.keys() >= {"val_binary_accuracy", "val_loss"}
    for metric, folds in fit.curves.items():
        assert np.allclose(fused.curves[metric], folds, rtol=1e-5, atol=1e-5), metric


@pytest.mark.parametrize("metric", ["f1_micro", "average_precision", "AUC"])
def test_a_metric_is_computed_of_whole_validation_parts(metric: str) -> None:
    plan = plan_sweep((X, Y), "linear", metric=metric, **SETTINGS)
    configuration, name = plan.space.recommended(), f"val_{metric.lower()}"
    fused = train(plan.workload, configuration).curves[name]
    fit = train(replace(plan.workload, trainer="fit"), configuration).curves[name]
    assert np.allclose(fused, fit, atol=1e-5)
    assert ((np.array(fused) > 0) & (np.array(fused) < 1)).all()


@pytest.mark.parametrize(
    ("configuration", "message"),
    [
        ({"loss": "hinge"}, "loss=hinge is for one class a row; take crossentropy, focal, squared_error"),
        ({"class_weight": "balanced"}, "class_weight is for classes, and a row may have several labels"),
        ({"balancing": "oversample"}, "balancing is for classes, and a row may have several labels"),
    ],
)
def test_what_is_for_classes_is_refused_in_one_line(configuration: Any, message: str) -> None:
    plan = plan_sweep((X, Y), "dnn", **SETTINGS)
    with pytest.raises(TrainingError, match=f"^{message}$"):
        train(plan.workload, {**plan.space.recommended(), **configuration})


def test_spaces_hold_what_acts() -> None:
    full = plan_sweep((X, Y), "dnn", preset="full", **SETTINGS).space
    assert full["loss"].values() == ("crossentropy", "focal", "squared_error")
    assert {"label_smoothing", "focal_gamma", "focal_alpha", "mixing", "subset"} <= set(full.names)
    assert not {"class_weight", "balancing", "regression_loss"} & set(full.names)
    picked = plan_sweep((X, Y), "dnn", space="loss", **SETTINGS).space
    assert "hinge" not in picked["loss"].values()
    with pytest.raises(SpaceError, match="class_weight has nothing to act on"):
        plan_sweep((X, Y), "dnn", space="class_weight", **SETTINGS)
    frame = pd.DataFrame(X, columns=list("abcde")).assign(city=np.array(["x", "y"])[np.arange(90) % 2])
    table = plan_sweep((frame, Y), "dnn", preset="full", **SETTINGS).space
    assert "encoding" not in table.names


def of_units(units: int, activation: str, **compiled: Any) -> Any:
    import keras

    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(units, activation=activation)])
    if compiled:
        model.compile("adam", **compiled)
    return model


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ((2, "sigmoid", {}), "its last layer has 2 units and there are 3 labels; give it 3 with sigmoid"),
        ((3, "softmax", {}), "ends with softmax, which is for one class a row; give it sigmoid"),
        ((3, "log_softmax", {}), "ends with log_softmax, which is for one class a row"),
        ((1, "sigmoid", {"loss": "binary_crossentropy"}), "its last layer has 1 unit and a row has 3 labels"),
        (
            (3, "sigmoid", {"loss": "sparse_categorical_crossentropy"}),
            "reads class codes .* take binary ones",
        ),
        (
            (3, "sigmoid", {"loss": "binary_crossentropy", "metrics": ["sparse_categorical_accuracy"]}),
            "one of its metrics reads class codes",
        ),
    ],
)
def test_own_models_that_cannot_learn_labels_are_refused_in_one_line(model: Any, message: str) -> None:
    units, activation, compiled = model
    with pytest.raises(ModelError, match=f"does not fit the data: .*{message}") as caught:
        plan_sweep(
            (X, Y),
            lambda config, signature: of_units(units, activation, **compiled),
            metric="loss",
            **SETTINGS,
        )
    assert "\n" not in str(caught.value)


def test_a_model_with_a_loss_of_its_own_gets_labels_as_they_were_given() -> None:
    dataset = plan_sweep((X, Y.astype(np.int8)), "dnn", **SETTINGS).dataset
    given = (dataset.task, dataset.outputs, dataset.target_format, (5,))
    assert labels_of(of_units(3, "sigmoid", loss="binary_crossentropy"), *given) == "multi-hot"
    assert labels_of(of_units(3, "sigmoid"), *given) == "values"


@pytest.mark.parametrize("model", ["nn", "HyperResNet"])
def test_models_for_other_tasks_are_refused_in_one_line(model: str) -> None:
    with pytest.raises(ModelError, match="for multilabel choose"):
        plan_sweep((X, Y), model, **SETTINGS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a study of a table and one of an archive, refit and exported, which is the current one."""
    made = tmp_path_factory.mktemp("labels")
    frame = pd.DataFrame(X, columns=list("abcde")).assign(**dict(zip(NAMES, Y.T, strict=True)))
    frame.to_csv(made / "colours.csv", index=False)
    np.savez(made / "colours.npz", x=X, y=Y.astype(bool))
    before = Path.cwd()
    os.chdir(made)
    options = {**SETTINGS, "verbose": 0}
    study = ks.launch("colours.csv", "dnn", study="table", target=NAMES, metric="f1_macro", **options)
    study.export("table.py", "python")
    study.export("bundle", "keras")
    study = ks.launch(
        "colours.npz", "linear", study="archive", space="subset", fix={"subset": 0.7}, **options
    )
    study.export("archive.py", "python")
    yield made
    os.chdir(before)


@pytest.mark.parametrize("name", ["table", "archive"])
def test_a_script_prints_the_scores_of_the_refit(name: str, folder: Path, python: Any) -> None:
    scores = next(iter(ks.load(name).record.refits.values()))["test"]
    printed = run_alone(python, folder, f"{name}.py")
    said = dict(line.split()[1:] for line in printed.splitlines() if line[:5] == "test ")
    assert {metric: float(value) for metric, value in said.items()} == pytest.approx(scores, rel=1e-4)
    text = (folder / f"{name}.py").read_text()
    assert "This script prints the same again" in " ".join(text.split())


def test_a_bundle_names_the_labels_with_their_probabilities(folder: Path, python: Any) -> None:
    import keras

    lines = run_alone(python, folder, "bundle/predict.py", "colours.csv").splitlines()
    assert lines[0].split("\t") == ["labels", *NAMES]
    assert len(lines) == 91
    about = json.loads((folder / "bundle/bundle.json").read_text())
    assert (about["task"], about["classes"], about["gives"]) == ("multilabel", NAMES, "probabilities")
    assert about["threshold"] == 0.5
    assert "given those above 0.5" in (folder / "bundle/README.md").read_text()
    sys.path.insert(0, "bundle")
    try:
        import predict

        predictor = predict.load("bundle")
        frame = pd.read_csv("colours.csv")
        probabilities, said = predictor.probabilities(frame), predictor.predict(frame)
        prepared = predictor.prepare(frame)
    finally:
        sys.path.remove("bundle")
        sys.modules.pop("predict", None)
    model = keras.models.load_model("bundle/model.keras", compile=False)
    np.testing.assert_allclose(probabilities, model.predict(prepared, verbose=0), rtol=1e-5)
    np.testing.assert_array_equal(said, probabilities > 0.5)
    for line, row in zip(lines[1:], said, strict=True):
        labels, *shares = line.split("\t")
        assert labels == ", ".join(name for name, has in zip(NAMES, row, strict=True) if has)
        assert len(shares) == 3


def test_the_command_line_takes_several_targets(folder: Path) -> None:
    from kerasweep.cli.app import app
    from typer.testing import CliRunner

    flags = [word for name in NAMES for word in ("--target", name)]
    done = CliRunner().invoke(app, ["launch", "colours.csv", "linear", *flags, "--dry-run", "--folds", "2"])
    assert done.exit_code == 0, done.output
    assert "3 labels, any number of them a row" in " ".join(done.output.split())
