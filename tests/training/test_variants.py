"""Training on rows and columns as configurations ask for: both trainers alike, nothing left of the trial before."""

from __future__ import annotations

import dataclasses
import gc
import pickle
import weakref
from typing import Any

import numpy as np
import pandas as pd
import pytest
from kerasweep.errors import TrainingError
from kerasweep.search.executors.memory_mapping import read_mapped, write_mapped
from kerasweep.search.planning import make_plan
from kerasweep.search.spec import make_spec
from kerasweep.training.events import Outcome, Task
from kerasweep.training.fold_cache import FoldCache
from kerasweep.training.trainers.runtime import make_trainer
from kerasweep.training.weighting import class_weights
from kerasweep.training.workload import Workload
from special_models import ended

MODELS = {"wine": "ann", "breast_cancer": "dnn", "diabetes": "nn"}


def make_workload(source: Any, model: str, trainer: str = "auto", **data: Any) -> Workload:
    spec = make_spec(
        {
            "data": {"source": source, **data},
            "model": model,
            "cv": {"folds": 2},
            "training": {"epochs": 2, "patience": None},
            "execution": {"trainer": trainer},
        }
    )
    return make_plan(spec).workload


@pytest.fixture(scope="module")
def workloads(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Workload]:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "size": rng.lognormal(2, 1, 150),
            "age": np.where(rng.random(150) < 0.2, np.nan, rng.normal(40, 9, 150)),
            "city": rng.choice(["Oslo", "Lima", "Rome"], 150, p=[0.6, 0.3, 0.1]),
        }
    )
    frame["bought"] = np.where(frame["size"] + 5 * (frame["city"] == "Lima") > 18, "yes", "no")
    file = tmp_path_factory.mktemp("csv") / "shop.csv"
    frame.to_csv(file, index=False)
    made = {source: make_workload(source, model) for source, model in MODELS.items()}
    return {**made, "shop": make_workload(str(file), "ann", target="bought")}


def outcome_of(trainer: Any, configuration: dict[str, Any]) -> Outcome:
    recommended = trainer._workload.model.space.recommended()
    small = {**recommended, "batch_size": 16, "units": 8, "dropout": 0.0}
    return ended(trainer.train(Task(0, {**small, **configuration}, seed=11)))


CASES = [
    ("wine", {"scaling": "quantile", "n_quantiles": 20}),
    ("wine", {"pca": True, "pca_share": 0.5, "subset": 0.7}),
    ("wine", {"balancing": "oversample", "bootstrap": True}),
    ("breast_cancer", {"feature_selection": True, "selected_share": 0.3, "balancing": "undersample"}),
    ("breast_cancer", {"class_weight": "balanced", "class_weight_power": 0.5, "clip_outliers": True}),
    ("diabetes", {"interactions": True, "binning": True, "bins": 4, "subset": 0.5}),
    ("diabetes", {"scaling": "power", "bootstrap": True}),
    ("shop", {"encoding": "target", "missing_indicator": True, "imputation": "mean"}),
    ("shop", {"encoding": "ordinal", "scaling": "robust", "class_weight": "balanced", "subset": 0.6}),
]


@pytest.mark.trains
@pytest.mark.parametrize(("source", "asked"), CASES, ids=str)
def test_fused_is_fit_and_the_hyperparameters_act(
    workloads: dict[str, Workload], source: str, asked: dict[str, Any]
) -> None:
    workload = workloads[source]
    fused = make_trainer(workload, 1)
    fit = make_trainer(dataclasses.replace(workload, trainer="fit"), 1)
    plain = outcome_of(fused, {})
    found, expected = outcome_of(fused, asked), outcome_of(fit, asked)
    assert (found.trainer, expected.trainer) == ("fused", "fit"), found.notes
    for metric, folds in expected.curves.items():
        np.testing.assert_allclose(found.curves[metric], folds, rtol=1e-5, atol=1e-5, err_msg=metric)
    assert found.curves["loss"] != plain.curves["loss"], "it acts"
    assert outcome_of(fused, {}).curves == plain.curves, "nothing is left of the trial between"


@pytest.mark.trains
def test_variants_of_one_shape_share_a_program(workloads: dict[str, Workload]) -> None:
    fused = make_trainer(workloads["wine"], 1)
    for name in ("standard", "minmax", "power"):
        outcome_of(fused, {"scaling": name, "subset": 0.5})
    assert len(fused._programs.cache) == 1
    outcome_of(fused, {"class_weight": "balanced"})
    assert len(fused._programs.cache) == 2
    outcome_of(fused, {"class_weight": "balanced", "class_weight_power": 0.5, "scaling": "none"})
    assert len(fused._programs.cache) == 2


@pytest.mark.trains
@pytest.mark.parametrize("name", ["auto", "fit"])
def test_rows_of_earlier_variants_are_let_go(workloads: dict[str, Workload], name: str) -> None:
    """Neither tensors nor programs hold on to rows that the workload has forgotten, so that no id is used twice."""
    workload = dataclasses.replace(workloads["wine"], trainer=name)
    workload.__dict__["_fold_cache"] = FoldCache(most=1)
    trainer = make_trainer(workload, 1)
    outcome_of(trainer, {"scaling": "minmax"})
    gone = [weakref.ref(fold.x) for fold in workload.data_of({"scaling": "minmax"})]
    first = outcome_of(trainer, {"scaling": "power"})
    gc.collect()
    assert [reference() for reference in gone] == [None, None]
    for scaling in ("minmax", "robust", "none", "minmax"):
        outcome_of(trainer, {"scaling": scaling})
    assert outcome_of(trainer, {"scaling": "power"}).curves == first.curves


def test_a_workload_keeps_the_last_variants_and_the_usual_one(workloads: dict[str, Workload]) -> None:
    workload = dataclasses.replace(workloads["wine"])
    usual = workload.fold_data
    assert all(
        found is kept for found, kept in zip(workload.data_of({"scaling": "standard"}), usual, strict=True)
    )
    (first, _) = workload.data_of({"scaling": "minmax"})
    assert workload.data_of({"scaling": "minmax", "units": 9})[0] is first
    (half, _) = workload.data_of({"scaling": "minmax", "subset": 0.5})
    assert half.x is first.x, "rows are chosen without preparing them again"
    for quantiles in range(10, 16):
        workload.data_of({"scaling": "quantile", "n_quantiles": quantiles})
    assert len(workload._fold_cache) == 4
    assert workload.data_of({"scaling": "minmax"})[0] is not first
    assert workload.fold_data is usual


def test_large_variants_are_kept_one_at_a_time(workloads: dict[str, Workload]) -> None:
    workload = dataclasses.replace(workloads["wine"])
    workload.__dict__["_fold_cache"] = FoldCache(most_bytes=1)
    for name in ("minmax", "power"):
        workload.data_of({"scaling": name})
    assert len(workload._fold_cache) == 1


def test_workers_prepare_variants_themselves(workloads: dict[str, Workload], tmp_path: Any) -> None:
    workload = dataclasses.replace(workloads["shop"])
    asked = {"encoding": "target", "balancing": "oversample"}
    expected = workload.data_of(asked)
    without = len(pickle.dumps(dataclasses.replace(workload).prepared()))
    assert abs(len(pickle.dumps(workload.prepared())) - without) < 500, "variants do not travel"
    write_mapped(workload.prepared(), tmp_path)
    for found, known in zip(read_mapped(tmp_path).data_of(asked), expected, strict=True):
        np.testing.assert_array_equal(found.x, known.x)
        np.testing.assert_array_equal(found.train, known.train)


@pytest.mark.parametrize(
    "asked",
    [{"subset": 0.5}, {"balancing": "oversample"}, {"balancing": "undersample"}, {"bootstrap": True}],
    ids=str,
)
def test_rows_are_chosen_among_a_folds_training_rows(
    workloads: dict[str, Workload], asked: dict[str, Any]
) -> None:
    workload = workloads["wine"]
    rows = []
    for before, after in zip(workload.fold_data, workload.data_of(asked), strict=True):
        assert set(after.train) <= set(before.train)
        assert not np.array_equal(after.train, before.train)
        np.testing.assert_array_equal(after.validation, before.validation)
        rows.append(len(after.train))
    assert workload.signature(asked).rows == rows[0]
    whole = dataclasses.replace(workload, folds=())
    draw = whole.draw(asked, np.arange(workload.dataset.rows))
    assert whole.signature(asked).rows == sum(draw.counts)


def test_a_signature_has_the_variants_shape(workloads: dict[str, Workload]) -> None:
    workload = workloads["breast_cancer"]
    assert workload.signature({"pca": True, "pca_share": 0.5}).input_shape == (15,)
    assert workload.signature({}).input_shape == (30,)


def test_cross_fitted_rows_are_the_training_rows_only(workloads: dict[str, Workload]) -> None:
    workload = workloads["shop"]
    asked = {"encoding": "target", "scaling": "none"}
    for data, fold in zip(workload.data_of(asked), workload.folds, strict=True):
        city = workload.dataset.x["city"].to_numpy()
        held = {name: data.x[fold.validation][city[fold.validation] == name][:, 2] for name in set(city)}
        assert all(len(np.unique(values)) <= 1 for values in held.values())
        trained = data.x[fold.train][city[fold.train] == "Lima"][:, 2]
        assert len(np.unique(trained)) == 5, "a row is encoded by the four fifths that it is not in"


def test_a_power_between_balance_and_none(workloads: dict[str, Workload]) -> None:
    dataset = workloads["breast_cancer"].dataset
    full, root = (
        class_weights({"class_weight": "balanced", "class_weight_power": power}, dataset, dataset.y)
        for power in (1.0, 0.5)
    )
    assert full == class_weights({"class_weight": "balanced"}, dataset, dataset.y)
    counts = np.bincount(dataset.y)
    assert root[0] / root[1] == pytest.approx((full[0] / full[1]) ** 0.5)
    assert sum(root[code] * counts[code] for code in (0, 1)) == pytest.approx(len(dataset.y))
    with pytest.raises(
        TrainingError, match=r"^class_weight_power must be a number above 0 and at most 1, got 2$"
    ):
        class_weights({"class_weight": "balanced", "class_weight_power": 2}, dataset, dataset.y)


@pytest.mark.trains
@pytest.mark.parametrize(
    ("source", "asked", "message"),
    [
        ("diabetes", {"balancing": "oversample"}, "balancing is for classes"),
        ("wine", {"scaling": "odd"}, "unknown scaling 'odd'"),
    ],
)
def test_a_trial_fails_with_one_line(
    workloads: dict[str, Workload], source: str, asked: dict[str, Any], message: str
) -> None:
    with pytest.raises(TrainingError, match=message) as caught:
        outcome_of(make_trainer(workloads[source], 1), asked)
    assert "\n" not in str(caught.value)


@pytest.mark.trains
@pytest.mark.filterwarnings("ignore:.*:DeprecationWarning", "ignore:.*:FutureWarning")
def test_a_sweep_over_data_is_the_same_in_workers_and_refit_repeats_it(tmp_path: Any) -> None:
    import kerasweep as ks

    values = []
    for workers in ("inline", 2):
        study = ks.launch(
            "wine",
            "ann",
            study=f"wine-{workers}",
            space=["scaling", "pca", "subset", "balancing"],
            search="random",
            trials=4,
            workers=workers,
            threads=1,
            folds=2,
            epochs=2,
            verbose=0,
            storage=tmp_path / "s.db",
        )
        assert list(study.trials["state"]) == ["complete"] * 4
        values.append(list(study.trials["value"]))
    assert values[0] == values[1]
    first, second = study.refit(), study.refit()
    assert first.test == second.test
    assert first.signature.rows == (first.dataset.rows if first.draw is None else sum(first.draw.counts))
