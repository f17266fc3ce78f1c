"""Whatever ``fit`` takes: every kind of data is trained alike by both trainers, refit, and exported."""

from __future__ import annotations

import json
import os
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import kerasweep as ks
import numpy as np
import pandas as pd
import pytest
from kerasweep.api import plan_sweep
from kerasweep.errors import DataError, ModelError, SpecError, TrainingError
from kerasweep.training.goals import QUANTITIES, Goals
from kerasweep.training.metrics import Objective
from kerasweep.training.seeds import fold_seed
from kinds_of_data import KINDS, MODULE
from real_training import train
from running_alone import run_alone

pytestmark = [
    pytest.mark.trains,
    # Keras's own, where it saves a TensorFlow variable with NumPy 2.
    pytest.mark.filterwarnings(
        "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
    ),
]
SIZES = Goals(tuple(Objective(name, "minimize") for name in QUANTITIES))
SPLIT_ALREADY: dict[str, Any] = {"epochs": 2, "patience": None, "trials": 1, "search": "random"}
"""For data that say how they are split."""
SETTINGS: dict[str, Any] = {"folds": 2, **SPLIT_ALREADY}


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a module of the user's own, which is the current one."""
    made = tmp_path_factory.mktemp("whatever")
    (made / "kinds.py").write_text(MODULE)
    before = Path.cwd()
    os.chdir(made)
    sys.path.insert(0, str(made))
    yield made
    os.chdir(before)
    sys.path.remove(str(made))
    sys.modules.pop("kinds", None)


def settings_of(kind: str) -> dict[str, Any]:
    return SPLIT_ALREADY if kind in ("given folds", "given validation rows") else SETTINGS


def plan_of(kind: str, **changes: Any) -> Any:
    data, model, *more = KINDS[kind]
    settings = {**settings_of(kind), **(more[0] if more else {}), **changes}
    return plan_sweep(f"kinds:{data}", name_of(model), **settings)


def name_of(model: str) -> str:
    return model if model in ("dnn", "text") else f"kinds:{model}"


TRAINED_BY = {"a loss of pairs in train_step": "fit", "a fit of its own": "hypermodel"}
"""Kind -> who trains it, where that is not the fused trainer."""
TRIED_OTHERWISE = {"a fit of its own": "the refit was trained by HyperModel.fit"}
"""Kind -> why its script may print other numbers."""


@pytest.mark.parametrize("kind", KINDS)
def test_both_trainers_train_alike(kind: str) -> None:
    plan = plan_of(kind)
    workload, configuration = replace(plan.workload, goals=SIZES), plan.space.recommended()
    fused = train(workload, configuration)
    fit = train(replace(workload, trainer="fit"), configuration)
    assert fused.trainer == TRAINED_BY.get(kind, "fused"), fused.notes
    assert fused.curves.keys() == fit.curves.keys()
    for metric, folds in fit.curves.items():
        assert np.allclose(fused.curves[metric], folds, rtol=1e-5, atol=1e-5), metric
    assert fused.measured.keys() == fit.measured.keys() == set(QUANTITIES)
    assert fused.measured["bytes"] == fit.measured["bytes"] >= 4 * fused.parameters
    assert fused.measured["memory"] == fit.measured["memory"] > fused.measured["bytes"]
    assert fit.measured["params"] == fit.parameters == fused.parameters
    assert min(fused.measured["seconds"], fit.measured["seconds"]) > 0


@pytest.fixture(scope="module")
def exported(forked_workers: None) -> Callable[[str], tuple[int, Any]]:
    """Launch a kind's study, refit it once, and write it as a script and as a bundle, as ``Study.export`` does.

    All but one bundle come as packages to be deployed, which have run by themselves before they are written.
    """

    from kerasweep.export.deploy import write_deploy
    from kerasweep.export.script import write_script
    from kerasweep.training.models import find_model

    @cache
    def export(kind: str) -> tuple[int, Any]:
        data, model, *more = KINDS[kind]
        number = list(KINDS).index(kind)
        settings = {**settings_of(kind), **(more[0] if more else {}), "study": f"study{number}", "verbose": 0}
        study = ks.launch(f"kinds:{data}", name_of(model), **settings)
        if number == 0:  # which trains twice
            study.export(f"bundle{number}", "keras")
            study.export(f"train{number}.py", "python")
            return number, study
        refit = study.refit()
        with zipfile.ZipFile(write_deploy(refit, Path(f"bundle{number}.zip"))) as package:
            package.extractall()
        build = find_model(study.record.model, refit.dataset.task).load()
        write_script(refit, f"train{number}.py", build=build)
        return number, study

    return export


@pytest.mark.parametrize("kind", KINDS)
def test_a_script_prints_the_scores_of_the_refit(
    kind: str, exported: Callable[..., Any], python: Any, folder: Path
) -> None:
    number, study = exported(kind)
    said = TRIED_OTHERWISE.get(kind, "This script prints the same again")
    assert said in " ".join((folder / f"train{number}.py").read_text().split())
    printed = run_alone(python, folder, f"train{number}.py")
    record = ks.load(study.name).record
    scores = next(iter(record.refits.values()))["test"]
    lines = dict(line.split()[1:] for line in printed.splitlines() if line.startswith("test "))
    assert lines.keys() == scores.keys()
    if kind not in TRIED_OTHERWISE:
        assert {name: float(value) for name, value in lines.items()} == pytest.approx(scores, rel=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_a_bundle_predicts_as_the_model_does(kind: str, exported: Callable[..., Any], folder: Path) -> None:
    import keras
    import kinds

    number = exported(kind)[0]
    data = getattr(kinds, KINDS[kind][0])()
    x = data if hasattr(data, "columns") else data[0]
    x = x[0] if isinstance(x, tuple) and isinstance(data[1], tuple) else x
    sys.path.insert(0, f"bundle{number}")
    try:
        sys.modules.pop("predict", None)
        import predict

        predictor = predict.load(f"bundle{number}")
    finally:
        sys.path.remove(f"bundle{number}")
    model = keras.models.load_model(f"bundle{number}/model.keras", compile=False)
    said, values = predictor.predict(x), model.predict(predictor.prepare(x), verbose=0)
    about = json.loads((folder / f"bundle{number}/bundle.json").read_text())
    if about["task"] == "classification":
        assert said.tolist() == np.array(about["classes"])[values.argmax(axis=1)].tolist()
        return
    if about["task"] == "multilabel":
        said = predictor.outputs(x)
    if predictor.target is not None:
        values = predictor.target.inverse_transform(values)
    for one, other in zip(keras.tree.flatten(said), keras.tree.flatten(values), strict=True):
        assert np.allclose(one.reshape(other.shape), other, rtol=1e-5)


@pytest.mark.parametrize("kind", ["two outputs", "a loss of pairs in train_step", "a fit of its own"])
def test_a_study_is_resumed_and_reported(kind: str, exported: Callable[..., Any], folder: Path) -> None:
    study = exported(kind)[1]
    again = ks.load(study.name).resume(trials=2, verbose=0)
    assert again.record.counts["complete"] == 2
    assert study.name in again.report(folder / "report.html").read_text()


def test_one_hot_columns_are_classes_by_their_names() -> None:
    dataset = plan_of("one-hot columns").dataset
    assert dataset.classes == ("no", "yes")
    assert dataset.target_format.shape == "one-hot"


@pytest.mark.parametrize("prefix", ["", "x/"])
def test_a_bundle_of_several_inputs_reads_an_archive(
    prefix: str, exported: Callable[..., Any], python: Any, folder: Path
) -> None:
    import kinds

    rows = {
        f"{prefix}left/0": kinds.numbers,
        f"{prefix}left/1": kinds.words,
        f"{prefix}right/flag": kinds.flag,
    }
    np.savez("rows.npz", **rows)
    number = exported("a nest")[0]
    printed = run_alone(python, folder, f"bundle{number}/predict.py", "rows.npz")
    assert len(printed.splitlines()) == kinds.ROWS


def test_an_archive_is_the_same_data_as_a_dict() -> None:
    import kinds

    np.savez("data.npz", **{"x/numbers": kinds.numbers, "x/picture": kinds.picture, "y": kinds.classes})
    plan = plan_sweep("data.npz", "kinds:build_dict", **SETTINGS)
    assert plan.dataset.fingerprint == plan_of("two inputs").dataset.fingerprint
    assert plan.dataset.x.keys() == {"numbers", "picture"}


def test_what_was_given_is_what_the_model_gets() -> None:
    dataset = plan_of("a nest").dataset
    assert dataset.x["left"][0].dtype == np.float32
    assert dataset.x["left"][1].dtype == np.int64
    assert dataset.x["right"]["flag"].dtype == np.uint8
    assert dataset.x["right"]["flag"].shape == (dataset.rows,)
    assert plan_of("two inputs").dataset.x["picture"].dtype == np.uint8


@pytest.mark.parametrize("name", ["dnn", "cnn"])
def test_families_take_one_array(name: str) -> None:
    with pytest.raises(
        DataError, match=r"x is 2 arrays \('numbers', 'picture'\), and families of models read one"
    ):
        plan_sweep("kinds:two_inputs", name, **SETTINGS)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"left": np.ones((60, 2)), "right": np.ones((59, 2))},
            "different numbers of rows: left 60, right 59",
        ),
        ({"left": np.full((60, 2), np.nan)}, r"x\['left'\] has 120 missing values"),
        ({"left": np.full((60, 2), "a")}, r"x\['left'\] holds text, expected numbers"),
        ({"left": np.full((60, 2), 1e300)}, "too large for float32"),
        ({}, "x holds no arrays"),
        ({1: np.ones((60, 2))}, "keys are not all text: '1'"),
    ],
)
def test_what_cannot_be_an_input_is_refused_in_one_line(change: Any, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        plan_sweep((change, np.arange(60) % 2), "kinds:build_dict", **SETTINGS)
    assert "\n" not in str(caught.value)


def test_scaling_and_mixing_are_for_one_array() -> None:
    with pytest.raises(DataError, match="several inputs are used as they were given: leave scaling out"):
        plan_of("two inputs", scaling="standard")
    with pytest.raises(TrainingError, match="mixing is for rows of one array, and there are several inputs"):
        train(plan_of("two inputs").workload, {"mixing": "mixup"})


def test_a_model_of_other_inputs_is_refused_in_one_line() -> None:
    message = "does not fit the data: the model has 1 input, and x is 2 arrays: give one for each input"
    for call in (plan_sweep, ks.launch):
        with pytest.raises(ModelError, match=message):
            call("kinds:two_inputs", lambda config, signature: one_input(), **SETTINGS)


def one_input() -> Any:
    import keras

    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, activation="softmax")])


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        ("val_price_mea", r"computes no metric 'val_price_mea'. Did you mean 'price_mae'"),
        ("roc_auc", "computes no metric 'roc_auc'. Known: kind_accuracy, .*price_mae"),
        ("mae", "computes no metric 'mae'. Known: kind_accuracy"),
    ],
)
def test_an_unknown_metric_of_several_outputs_is_refused_before_anything_trains(
    metric: str, message: str
) -> None:
    with pytest.raises(SpecError, match=message):
        plan_of("two outputs", metric=metric)


def test_a_metric_of_an_output_is_the_objective_and_its_direction_is_known() -> None:
    objectives = {
        metric: plan_of("two outputs", metric=metric).workload.objective
        for metric in ("val_price_mae", "kind_accuracy", "val_kind_loss")
    }
    assert {metric: (one.metric, one.direction) for metric, one in objectives.items()} == {
        "val_price_mae": ("val_price_mae", "minimize"),
        "kind_accuracy": ("val_kind_accuracy", "maximize"),
        "val_kind_loss": ("val_kind_loss", "minimize"),
    }


def test_a_plan_says_how_the_folds_of_several_outputs_are_cut() -> None:
    assert plan_of("two outputs").cv_text() == "stratified by 'kind', 2 folds"
    plain = plan_of("two outputs", stratify=None)
    assert plain.cv_text() == "shuffled, 2 folds"
    assert plain.about()["data"]["outputs"] == {"price": 1, "kind": 1}
    assert plain.baseline is None


def test_weights_of_losses_that_vary_leave_val_loss_nothing_to_compare() -> None:
    with pytest.raises(
        SpecError, match=r"val_loss cannot rank them; choose --objective from .*val_price_mae"
    ):
        plan_of("KerasTuner's with outputs", metric=None)


def test_families_have_one_output() -> None:
    with pytest.raises(
        ModelError, match="'dnn' gives a label or numbers, and y is more than that: give a model function"
    ):
        plan_sweep("kinds:two_outputs", "dnn", **SETTINGS)


def test_what_is_of_classes_is_refused_for_several_outputs() -> None:
    workload = plan_of("two outputs").workload
    for configuration in ({"class_weight": "balanced"}, {"balancing": "oversample"}):
        with pytest.raises(TrainingError, match="is for classes, and there are several outputs"):
            train(workload, configuration)
    with pytest.raises(TrainingError, match="mixing is for"):
        train(workload, {"mixing": "mixup"})


def test_workers_share_several_inputs_and_outputs() -> None:
    settings = {**SETTINGS, "trials": 2, "metric": "kind_auc", "verbose": 0}
    alone, together = (
        ks.launch(
            "kinds:inputs_and_outputs", "kinds:build_both", workers=workers, study=f"of {workers}", **settings
        )
        for workers in ("inline", 2)
    )
    assert sorted(alone.trials["value"]) == pytest.approx(sorted(together.trials["value"]), abs=1e-6)


def test_weights_of_rows_are_those_that_fit_takes() -> None:
    """Against Keras itself: one fold, one step of all rows, the losses before and after."""
    import keras
    import kinds

    settings = {**SETTINGS, "epochs": 1, "fix": {"batch_size": 1000}, "scaling": "none", "seed": 0}
    plan = plan_sweep(
        (kinds.numbers, kinds.names), "kinds:build_weighted", sample_weight=kinds.weight, **settings
    )
    dataset, fold = plan.dataset, plan.workload.folds[0]
    assert plan.about()["data"]["notes"][-1].startswith(
        "sample weights apply to the loss, in training and in validation"
    )
    outcome = train(plan.workload, {"batch_size": 1000})
    keras.utils.set_random_seed(fold_seed(11, 0))
    model = kinds.build_weighted({}, plan.workload.signature({}))
    parts = [
        (dataset.x[rows].astype("float32"), dataset.y[rows], dataset.weights[rows])
        for rows in (fold.train, fold.validation)
    ]
    history = model.fit(
        *parts[0][:2], sample_weight=parts[0][2], validation_data=parts[1], batch_size=1000, verbose=0
    )
    for name, values in history.history.items():
        assert outcome.curves[name][0] == pytest.approx(values, rel=1e-5), name


def test_weights_take_no_part_in_features_and_do_in_the_fingerprint() -> None:
    weighted, plain = plan_of("a column of weights"), plan_of("a column of weights", weight=None)
    assert "w" not in weighted.dataset.x.columns
    assert "w" in plain.dataset.x.columns
    dropped = plan_of("a column of weights", weight=None, drop="w")
    assert weighted.dataset.fingerprint != dropped.dataset.fingerprint
    assert weighted.dataset.weights.dtype == np.float32


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.full(60, -1.0), "must be numbers of 0 or more"),
        (np.zeros(60), "not all 0"),
        (np.full(60, np.nan), "none missing"),
        (np.ones(59), r"weights of shape \(59,\) for 60 rows"),
        (["a"] * 60, "the weights of rows are no numbers"),
        (np.ones(60) + 1j, "the weights of rows are complex numbers"),
        (np.arange(60).astype("datetime64[D]"), "the weights of rows are dates"),
        (np.arange(60).astype("timedelta64[s]"), "the weights of rows are durations"),
    ],
)
def test_what_is_no_weight_is_refused(weights: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        plan_sweep((np.ones((60, 2)), np.arange(60) % 2), "dnn", sample_weight=weights, **SETTINGS)


def test_weights_of_named_data_are_a_column() -> None:
    with pytest.raises(
        SpecError, match="sample_weight is for data given in Python; of a table, name a column"
    ):
        plan_sweep("iris", "dnn", sample_weight=np.ones(150), **SETTINGS)


def test_given_folds_are_those_of_a_column() -> None:
    plan = plan_of("given folds")
    labels, folds = plan.dataset.fold_labels, plan.workload.folds
    assert plan.cv_text() == "given, 2 folds"
    assert "fold" not in plan.dataset.x.columns
    for number, fold in enumerate(folds):
        assert (labels[fold.validation] == number).all()
        assert len(fold.train) + len(fold.validation) == plan.dataset.rows
    assert (
        plan.dataset.fingerprint
        != plan_of("given folds", fold_column=None, drop=["fold", "checks"]).dataset.fingerprint
    )


def test_given_validation_rows_are_one_split() -> None:
    plan = plan_of("given validation rows")
    (fold,) = plan.workload.folds
    assert plan.cv_text() == "the validation rows that are given"
    assert (plan.dataset.fold_labels[fold.validation] == 0).all()
    assert (plan.dataset.fold_labels[fold.train] == -1).all()


@pytest.mark.parametrize("kind", ["given folds", "given validation rows"])
def test_test_rows_are_drawn_from_those_that_do_not_validate(kind: str) -> None:
    dataset = plan_of(kind).dataset
    validating, train_only = (40, 20) if kind == "given folds" else (15, 45)
    assert (dataset.fold_labels >= 0).sum() == validating
    assert dataset.test_rows == round(train_only / 4)
    assert any(
        f"{dataset.test_rows} rows held out as test rows of the {train_only} that validate in no fold" in note
        for note in dataset.notes
    )


def test_test_rows_are_drawn_from_all_where_all_validate_and_refused_where_hardly_any_trains() -> None:
    frame = pd.DataFrame({"a": np.arange(40.0), "fold": np.arange(40) % 4, "y": np.arange(40) % 2})
    dataset = plan_sweep(frame, "dnn", target="y", fold_column="fold", **SPLIT_ALREADY).dataset
    assert dataset.test_rows == 10
    frame["fold"] = np.where(np.arange(40) < 3, -1, 0)
    with pytest.raises(DataError, match="3 rows that do not validate are too few to draw test rows from"):
        plan_sweep(frame, "dnn", target="y", fold_column="fold", **SPLIT_ALREADY)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"validation": "a"}, "column 'a' holds .*, expected 1 or 0, true or false, validation or train"),
        ({"fold_column": "a"}, "column 'a' must hold whole numbers"),
        ({"fold_column": "word"}, "column 'word' must hold the numbers of folds"),
        ({"fold_column": "fold", "validation": "checks"}, "both say how rows are split: give one of them"),
        ({"fold_column": "fold", "group": "word"}, "the folds are given, and groups would cut others"),
        ({"fold_column": "fold", "cv": "kfold"}, "the folds are given, which method 'kfold' would cut anew"),
    ],
)
def test_what_gives_no_folds_is_refused(settings: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        plan_sweep("kinds:a_table_with_folds", "dnn", target="answer", **SPLIT_ALREADY, **settings)


def test_validation_rows_from_python_are_those_of_a_column() -> None:
    """The same rows, told by a column of one table and given apart: folds, test rows and scores are the same."""
    import kinds

    frame = kinds.a_table_with_folds().drop(columns="fold")
    frame = pd.concat([frame[frame.checks == "train"], frame[frame.checks == "val"]], ignore_index=True)
    told = plan_sweep(frame, "dnn", target="answer", validation="checks", **SPLIT_ALREADY)
    train_rows, validation = (
        part.drop(columns="checks").reset_index(drop=True) for _, part in frame.groupby("checks")
    )
    given = [
        plan_sweep(train_rows, "dnn", target="answer", validation=rows, **SPLIT_ALREADY)
        for rows in (
            validation,
            (validation.drop(columns="answer")[["word", "a", "b", "c"]], validation.answer),
        )
    ]
    for plan in given:
        assert plan.dataset.fingerprint == told.dataset.fingerprint
        assert plan.cv_text() == told.cv_text() == "the validation rows that are given"
        assert "15 rows validate, as given; refit trains on them, too" in plan.dataset.notes
    assert given[0].workload.folds[0].validation.tolist() == told.workload.folds[0].validation.tolist()


def split_nest(weighted: bool = False) -> tuple[Any, Any]:
    """Return the rows of two inputs for training, and others that validate, with weights."""
    import kinds

    x, y = kinds.two_inputs()
    parts = [
        ({name: leaf[rows] for name, leaf in x.items()}, y[rows]) for rows in (slice(0, 40), slice(40, 60))
    ]
    return parts[0], ((*parts[1], kinds.weight[40:]) if weighted else parts[1])


def test_validation_rows_of_several_inputs_are_trained_alike_with_their_weights() -> None:
    import kinds

    training, validation = split_nest(weighted=True)
    plan = plan_sweep(training, "kinds:build_dict", validation=validation, **{**SPLIT_ALREADY, "epochs": 1})
    (fold,) = plan.workload.folds
    dataset = plan.dataset
    assert np.array_equal(dataset.x["numbers"][fold.validation], validation[0]["numbers"].astype("float32"))
    assert dataset.weights[fold.validation] == pytest.approx(kinds.weight[40:])
    assert set(dataset.weights[fold.train]) == {1.0}
    assert dataset.test_rows == 10
    fused = train(plan.workload, {})
    fit = train(replace(plan.workload, trainer="fit"), {})
    for metric, folds in fit.curves.items():
        assert np.allclose(fused.curves[metric], folds, rtol=1e-5, atol=1e-5), metric


@pytest.mark.parametrize(
    ("validation", "message"),
    [
        ((np.ones((0, 2)), []), "validation has no rows"),
        ((np.ones((4, 2)), [0, 1, 0]), "x has 4 rows, y has 3"),
        ((np.ones((4, 3)), [0, 1, 0, 1]), r"x has rows of shape \(3,\), and training rows of \(2,\)"),
        ((np.ones((4, 2)), [0, 1, 2, 2]), "class '2' has validation rows but none to train"),
        ((np.ones((4, 2)), list("abab")), "y holds <U1, and training rows int64: give one kind"),
        ((np.ones((4, 2), "uint8"), [0, 1, 0, 1]), "x holds uint8, and training rows float64: give one unit"),
        (pd.DataFrame({"a": [1.0]}), "say which column is the target"),
        (({"a": np.ones((4, 2))}, [0, 1, 0, 1]), "x is no array of rows"),
        (np.ones((4, 2)), r"validation is ndarray, expected \(x, y\), \(x, y, sample_weight\)"),
        ((np.ones((4, 2)), [0, 1, 0, 1], np.ones(3)), "there are 3 weights for 4 rows"),
    ],
)
def test_what_cannot_validate_is_refused_in_one_line(validation: Any, message: str) -> None:
    data = (np.random.default_rng(0).normal(size=(40, 2)), np.arange(40) % 2)
    with pytest.raises(DataError, match=message) as caught:
        plan_sweep(data, "dnn", validation=validation, **SPLIT_ALREADY)
    assert "\n" not in str(caught.value)


def test_validation_rows_are_given_once_and_of_the_same_columns() -> None:
    training, validation = split_nest()
    with pytest.raises(DataError, match="the folds are given, which method 'kfold' would cut anew"):
        plan_sweep(training, "kinds:build_dict", validation=validation, cv="kfold", **SPLIT_ALREADY)
    other = ({"numbers": validation[0]["numbers"]}, validation[1])
    with pytest.raises(DataError, match=r"validation: x holds numbers 3, expected numbers 3, picture 6x6x1"):
        plan_sweep(training, "kinds:build_dict", validation=other, **SPLIT_ALREADY)
    with pytest.raises(SpecError, match="validation is for data given in Python; of a table, name a column"):
        plan_sweep("iris", "dnn", validation=validation, **SPLIT_ALREADY)
    frame = pd.DataFrame({"a": np.arange(20.0), "b": np.arange(20.0) ** 2, "y": np.arange(20) % 2})
    for rows, message in (
        (frame.drop(columns="b"), "validation: x lacks column 'b'"),
        (frame.assign(c=1), "validation: x has column 'c', which the training rows have not"),
        (frame.drop(columns="y"), "validation has no target column 'y'"),
    ):
        with pytest.raises(DataError, match=message):
            plan_sweep(frame, "dnn", target="y", validation=rows, **SPLIT_ALREADY)


def splitters() -> dict[str, Any]:
    """Return what ``cv=`` takes, by a name for the test."""
    from sklearn import model_selection as ways

    rows = np.arange(60)
    return {
        "kfold": ways.KFold(3, shuffle=True, random_state=0),
        "stratified": ways.StratifiedKFold(3),
        "time": ways.TimeSeriesSplit(3),
        "groups": ways.GroupKFold(3),
        "stratified groups": ways.StratifiedGroupKFold(3, shuffle=True, random_state=1),
        "shuffles": ways.ShuffleSplit(2, test_size=0.2, random_state=3),
        "predefined": ways.PredefinedSplit(rows % 3 - 1),
        "pairs": list(ways.KFold(3).split(rows)),
        "masks": [(rows % 2 == 0, rows % 2 == 1), (rows % 2 == 1, rows % 2 == 0)],
        "one pair": [(rows[:40], rows[40:50])],
        "later pairs": (pair for pair in ways.TimeSeriesSplit(2).split(rows)),
    }


@pytest.mark.parametrize("name", splitters())
def test_a_splitter_cuts_the_folds(name: str) -> None:
    import kinds

    cv = splitters()[name]
    settings = SPLIT_ALREADY
    groups = {"groups": np.arange(60) // 4} if "groups" in name else {}
    plan = plan_sweep((kinds.numbers, kinds.classes), "dnn", cv=cv, **groups, **settings)
    dataset, folds = plan.dataset, plan.workload.folds
    assert dataset.rows + dataset.test_rows == 60
    assert plan.spec.cv.splitter
    assert plan.about()["cv"].endswith(f"{len(folds)} folds") or len(folds) == 1
    if hasattr(cv, "split") and name != "predefined":
        expected = list(cv.split(dataset.x, dataset.y, dataset.groups))
        for fold, (train_rows, validation_rows) in zip(folds, expected, strict=True):
            assert fold.train.tolist() == sorted(train_rows)
            assert fold.validation.tolist() == sorted(validation_rows)
    for fold in folds:
        assert not np.intersect1d(fold.train, fold.validation).size
        if name in ("time", "later pairs"):
            assert fold.train.max() < fold.validation.min()
    if name == "time":
        assert np.array_equal(dataset.x_test, kinds.numbers[-15:].astype(dataset.x_test.dtype))
    if name == "one pair":
        assert (len(folds[0].validation), dataset.test_rows) == (10, 12)


def test_positions_are_of_the_rows_that_were_given() -> None:
    """A fold keeps of its rows those that the test split leaves it; a table's column of folds says the same."""
    import kinds
    from sklearn.model_selection import PredefinedSplit

    frame = kinds.a_table_with_folds().drop(columns="checks")
    settings = SPLIT_ALREADY
    told = plan_sweep(frame, "dnn", target="answer", fold_column="fold", **settings)
    rows = frame.drop(columns="fold")
    numbers = frame.fold.to_numpy()
    given = plan_sweep(rows, "dnn", target="answer", cv=PredefinedSplit(numbers), **settings)
    pairs = [(np.flatnonzero(numbers != fold), np.flatnonzero(numbers == fold)) for fold in (0, 1)]
    paired = plan_sweep(rows, "dnn", target="answer", cv=pairs, **settings)
    for plan in (given, paired):
        assert plan.dataset.fingerprint == told.dataset.fingerprint
        for fold, other in zip(plan.workload.folds, told.workload.folds, strict=True):
            assert fold.validation.tolist() == other.validation.tolist()
    assert given.spec.cv.fingerprint == paired.spec.cv.fingerprint
    assert (given.spec.cv.splitter, paired.spec.cv.splitter) == ("PredefinedSplit", "pairs of positions")


def refused_splitters() -> list[tuple[Any, dict[str, Any], str]]:
    from sklearn import model_selection as ways

    rows = np.arange(40)
    of_groups = {"groups": rows // 4}
    return [
        (ways.KFold(3, shuffle=True), {}, "cuts other folds each time.*: give it a random_state"),
        (ways.KFold(3), of_groups, "fold 0 of KFold.* cuts a group in two"),
        (ways.GroupKFold(3), {}, "cannot cut these rows: The 'groups' parameter should not be None"),
        (ways.KFold(90), {}, "KFold.* cannot cut these rows: Cannot have number of splits"),
        (ways.PredefinedSplit([0, 1, 0]), {}, "cv has 3 fold numbers for 40 rows"),
        (5, {}, "cv is int, expected a splitter of scikit-learn or pairs of positions"),
        ([], {}, "cv gives no folds"),
        ([(rows[:20], rows[19:])], {}, "fold 0 trains on rows that it validates on"),
        ([(rows[:20], rows[20:] + 1)], {}, "names rows that are not there: positions go from 0 to 39"),
        ([(rows[:20], [30, 30])], {}, "names a row twice"),
        ([(rows[:20], [])], {}, "no rows that train, or none that validate"),
        ([rows], {}, "cv must give pairs of positions"),
        (ways.KFold(3), {"validation": (np.ones((4, 2)), [0, 1, 0, 1])}, "the folds are given, which KFold"),
        (
            [(rows[:20], rows[20:])],
            {"validation": (np.ones((4, 2)), [0, 1, 0, 1])},
            "both say how rows are split",
        ),
        (ways.KFold(3), {"folds": 3}, "cv= says how rows are split: leave folds out"),
    ]


@pytest.mark.parametrize(("cv", "more", "message"), refused_splitters())
def test_what_cannot_cut_the_folds_is_refused_in_one_line(cv: Any, more: Any, message: str) -> None:
    data = (np.random.default_rng(0).normal(size=(40, 2)), np.arange(40) % 2)
    settings = SPLIT_ALREADY
    with pytest.raises((DataError, SpecError), match=message) as caught:
        plan_sweep(data, "dnn", cv=cv, **more, **settings)
    assert "\n" not in str(caught.value)


def test_windows_need_a_gap_between_training_and_validation() -> None:
    from sklearn.model_selection import TimeSeriesSplit

    frame = pd.DataFrame({"temp": np.sin(np.arange(80) / 5)})
    settings = {"epochs": 1, "target": "temp", "window": 4}
    with pytest.raises(
        DataError, match=r"windows that overlap .*: leave 4 out between them, as TimeSeriesSplit\(gap=4\)"
    ):
        plan_sweep(frame, "rnn", cv=TimeSeriesSplit(3), **settings)
    plan = plan_sweep(frame, "rnn", cv=TimeSeriesSplit(3, gap=4), **settings)
    assert len(plan.workload.folds) == 3
