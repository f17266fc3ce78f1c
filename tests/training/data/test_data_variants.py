"""What configurations ask of columns: each hyperparameter acts, learns from training rows only, and keeps one shape."""

from __future__ import annotations

import dataclasses
import json
import pickle
import pickletools

import numpy as np
import pandas as pd
import pytest
from kerasweep.errors import TrainingError
from kerasweep.training.data import (
    applicable_hyperparameters,
    choose_preparation,
    configure_preparation,
    describe_preparation,
    fit_preparation,
    load_dataset,
    make_folds,
    resampling_of,
)
from kerasweep.training.data.configured_preparation import COLUMN_NAMES
from kerasweep.training.data.pipelines import CROSSED


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    """A CSV file with categories and missing values, once for classes and once for amounts."""
    rng = np.random.default_rng(3)
    rows = 120
    frame = pd.DataFrame(
        {
            "age": 18 + rng.gamma(1, 20, rows).round(),
            "income": rng.lognormal(3, 1, rows).round(2),
            "children": rng.integers(0, 5, rows),
            "member": rng.random(rows) < 0.5,
            "city": rng.choice(["Oslo", "Lima", "서울", "Rome"], rows, p=[0.5, 0.3, 0.15, 0.05]),
            "job": rng.choice(["cook", "pilot", None], rows),
        }
    )
    frame.loc[rng.random(rows) < 0.2, "age"] = np.nan
    score = frame["income"] + 10 * (frame["city"] == "Lima") + rng.normal(0, 5, rows)
    frame["bought"] = np.where(score > 40, "often", np.where(score > 20, "once", "never"))
    frame["spent"] = score.round(3)
    folder = tmp_path_factory.mktemp("people")
    frame.drop(columns="spent").to_csv(folder / "classes.csv", index=False)
    frame.drop(columns="bought").to_csv(folder / "amounts.csv", index=False)
    return {
        "classes": load_dataset(str(folder / "classes.csv"), target="bought"),
        "amounts": load_dataset(str(folder / "amounts.csv"), target="spent"),
        "vector": load_dataset("wine"),
    }


def vector_of(data):
    """The rows of a table of numbers as a plain array."""
    return dataclasses.replace(
        data, kind="array", x=data.x.to_numpy(np.float64), x_test=data.x_test.to_numpy(np.float64)
    )


@pytest.fixture(scope="module")
def sources(people):
    return {**people, "vector": vector_of(people["vector"])}


SCALED = [
    {"scaling": "minmax"},
    {"scaling": "robust", "robust_range": 10.0},
    {"scaling": "quantile"},
    {"scaling": "quantile", "quantile_output": "uniform"},
    {"scaling": "quantile", "n_quantiles": 10},
    {"scaling": "power"},
    {"scaling": "none"},
]
WIDER = [
    *(
        {"scaling": name, "clip_outliers": True, "outlier_limit": 2.0}
        for name in ("standard", "power", "robust")
    ),
    {"scaling": "minmax", "clip_outliers": True, "outlier_limit": 2.0},
    {"feature_selection": True, "selected_share": 0.3},
    {"pca": True, "pca_share": 0.4},
    {"pca": True, "pca_share": 0.4, "whiten": True},
    {"binning": True, "bins": 5},
    {"interactions": True},
    {"interactions": True, "binning": True, "bins": 3, "feature_selection": True, "pca": True},
]
OF_GAPS = [
    {"imputation": "mean"},
    {"imputation": "most_frequent"},
    {"imputation": "constant"},
    {"missing_indicator": True},
]
OF_CATEGORIES = [
    {"encoding": "ordinal"},
    {"encoding": "target"},
    {"encoding": "target", "target_smoothing": 20.0},
    {"min_frequency": 15},
]
CASES = [
    *(("vector", asked) for asked in (*SCALED, *WIDER)),
    *(("classes", asked) for asked in (*SCALED, *WIDER, *OF_GAPS, *OF_CATEGORIES)),
    *(("amounts", asked) for asked in (*WIDER, *OF_GAPS, *OF_CATEGORIES)),
]


def rows_of(x, positions):
    return x[positions] if isinstance(x, np.ndarray) else x.iloc[positions]


def fitted_on(plan, data, fold):
    return fit_preparation(plan, rows_of(data.x, fold.train), data.y[fold.train])


@pytest.mark.parametrize(("source", "asked"), CASES, ids=str)
def test_a_variant_acts_and_has_one_shape_and_leaks_nothing(sources, source, asked):
    data = sources[source]
    usual = choose_preparation(data, "flat")
    plan = configure_preparation(usual, asked)
    assert plan != usual
    assert configure_preparation(usual, dict(asked)) == plan
    assert json.loads(json.dumps(plan.as_dict())) == plan.as_dict()
    for fold in make_folds(data, folds=3):
        fitted = fitted_on(plan, data, fold)
        out = fitted.transform(data.x)
        training = fitted.transform_training(rows_of(data.x, fold.train))
        assert out.dtype == training.dtype == np.float32
        assert out.shape == (data.rows, *plan.input_shape)
        assert training.shape == (len(fold.train), *plan.input_shape)
        assert np.isfinite(out).all()
        before = fitted_on(usual, data, fold).transform(data.x)
        assert out.shape != before.shape or not np.allclose(out, before), "it acts"
    again = fitted_on(plan, changed(data, fold.validation), fold)
    np.testing.assert_array_equal(fitted.transform(data.x), again.transform(data.x))
    np.testing.assert_array_equal(training, again.transform_training(rows_of(data.x, fold.train)))
    assert fitted_on(plan, changed(data, fold.train), fold).transform(data.x).shape == out.shape


def changed(data, positions):
    """The data with other values and targets in some rows."""
    x, y = data.x.copy(), data.y.copy()
    turned = positions[::-1]
    if isinstance(x, np.ndarray):
        x[positions] = x[turned] * 3 + 1
    else:
        x.iloc[positions] = x.iloc[turned]
        x.loc[positions, "income"] *= 3
    y[positions] = y[turned]
    return dataclasses.replace(data, x=x, y=y)


DEFAULTS = {
    "scaling": "standard",
    "imputation": "median",
    "missing_indicator": False,
    "clip_outliers": False,
    "encoding": "one_hot",
    "min_frequency": 1,
    "feature_selection": False,
    "pca": False,
    "binning": False,
    "interactions": False,
}


def test_what_is_recommended_is_what_is_done_without_a_word(sources):
    for data in (sources["classes"], sources["amounts"]):
        plan = choose_preparation(data, "flat")
        assert configure_preparation(plan, DEFAULTS) is plan
        assert configure_preparation(plan, {"units": 3, "learning_rate": 0.1}) is plan
    array = choose_preparation(sources["vector"], "flat")
    plain = {name: value for name, value in DEFAULTS.items() if name not in ("encoding", "min_frequency")}
    assert configure_preparation(array, plain) is array
    robust = choose_preparation(sources["vector"], "flat", "robust")
    assert configure_preparation(robust, {"scaling": "robust", "robust_range": 25}) is robust
    assert configure_preparation(array, {"n_quantiles": 20, "bins": 4, "whiten": True}) is array, (
        "their parents are off"
    )


def test_the_catalogue_recommends_what_is_done_without_a_word(sources):
    from kerasweep.spaces.catalogue import GROUPS

    for data in sources.values():
        plan, names, asked = choose_preparation(data, "flat"), applicable_hyperparameters(data), {}
        for entry in (*GROUPS["data"], *GROUPS["tabular"]):
            hyperparameter = entry.hyperparameter
            if hyperparameter.name in names and hyperparameter.is_active(asked):
                asked[hyperparameter.name] = hyperparameter.recommended_for(asked)
        assert {"scaling", "subset"} <= set(asked)
        assert configure_preparation(plan, asked) is plan
        assert resampling_of(asked, data.task) is None


def test_what_acts_is_in_the_catalogue_and_applies_to_the_data(sources):
    from kerasweep.spaces.catalogue import CATALOGUE, GROUPS

    every = {entry.hyperparameter.name for group in ("data", "tabular") for entry in GROUPS[group]}
    of_rows = {"subset", "balancing", "balancing_strength", "bootstrap"}
    assert every == COLUMN_NAMES | of_rows | {"class_weight", "class_weight_power"}
    for data in sources.values():
        assert all(
            CATALOGUE[name].applies("dnn", data.task, data.kind) for name in applicable_hyperparameters(data)
        )


def test_who_decided_leaves_no_trace(sources):
    """``scaling=robust`` in a configuration and in a specification are one preparation, and so is the way back."""
    for source in ("vector", "classes", "amounts"):
        data = sources[source]
        standard = choose_preparation(data, "flat")
        for name in ("minmax", "robust", "none"):
            rules = choose_preparation(data, "flat", name)
            assert configure_preparation(standard, {"scaling": name}) == rules
            assert configure_preparation(rules, {"scaling": "standard"}) == standard


def test_pixels_in_an_array_are_divided_unless_scaled_otherwise(dataset_of):
    x = np.arange(200, dtype=np.uint8).reshape(40, 5)
    data = dataset_of(x, np.arange(40) % 2)
    plan = choose_preparation(data, "flat", "unit")
    assert plan.recipe.divisor == 255
    products = fit_preparation(configure_preparation(plan, {"interactions": True}), x, data.y).transform(x)
    np.testing.assert_allclose(products[:, :5], x / 255, rtol=1e-6)
    plain = fit_preparation(configure_preparation(plan, {"scaling": "none"}), x, data.y).transform(x)
    np.testing.assert_array_equal(plain, x.astype(np.float32))


def test_outliers_are_cut(sources):
    data = sources["amounts"]
    plan = configure_preparation(
        choose_preparation(data, "flat"), {"scaling": "standard", "clip_outliers": True, "outlier_limit": 2}
    )
    out = fit_preparation(plan, data.x, data.y).transform(data.x)
    assert np.abs(out[:, :4]).max() == 2
    minmax = configure_preparation(
        choose_preparation(data, "flat"), {"scaling": "minmax", "clip_outliers": True, "outlier_limit": 2}
    )
    spread = fit_preparation(minmax, data.x, data.y).transform(data.x)[:, 1]
    assert spread.max() == 1
    assert (spread == 1).sum() > 1, "the outliers are one with the largest value that is none"


def test_a_row_is_not_encoded_by_its_own_target(sources):
    """Cross-fitting: another target of one row changes how others are encoded, and not that row."""
    data = sources["amounts"]
    plan = configure_preparation(choose_preparation(data, "flat"), {"encoding": "target", "scaling": "none"})
    y = data.y.copy()
    y[5] += 1000
    before, after = (
        fit_preparation(plan, data.x, targets).transform_training(data.x) for targets in (data.y, y)
    )
    assert plan.input_shape == (6,), "a column for each category"
    np.testing.assert_array_equal(before[5], after[5])
    assert (before[:, 4:] != after[:, 4:]).any()
    classes = sources["classes"]
    assert configure_preparation(choose_preparation(classes, "flat"), {"encoding": "target"}).input_shape == (
        4 + 2 * 3,
    )


def test_rare_categories_share_a_column(sources):
    data = sources["classes"]
    plan = configure_preparation(choose_preparation(data, "flat"), {"min_frequency": 25})
    out = fit_preparation(plan, data.x, data.y).transform(data.x)[:, 4 : 4 + len(plan.categories[0])]
    counts = data.x["city"].value_counts()
    rare = data.x["city"].isin(counts[counts < 25].index).to_numpy()
    assert rare.any()
    assert (out.sum(axis=1) == 1).all()
    assert len(np.unique(out[rare], axis=0)) == 1
    assert not (out[~rare] == out[rare][0]).all(axis=1).any()


def test_products_of_many_columns_are_those_that_say_most(dataset_of):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(80, 40))
    y = (x[:, 30] > 0).astype(np.int64)
    data = dataset_of(x, y)
    plan = configure_preparation(choose_preparation(data, "flat"), {"interactions": True})
    assert plan.input_shape == (40 + CROSSED * (CROSSED - 1) // 2,)
    fitted = fit_preparation(plan, x, y)
    assert fitted.transform(x).shape == (80, *plan.input_shape)
    best = fitted.features.named_transformers_["products"][1]
    assert best.get_support()[30]


def test_components_are_at_most_half_of_the_rows(dataset_of):
    x = np.random.default_rng(0).normal(size=(30, 100))
    data = dataset_of(x, np.arange(30) % 2)
    plan = configure_preparation(choose_preparation(data, "flat"), {"pca": True, "pca_share": 1.0})
    assert plan.input_shape == (15,)
    for fold in make_folds(data, folds=2):
        assert fitted_on(plan, data, fold).transform(x).shape == (30, 15)


@pytest.mark.parametrize("asked", [*WIDER, *OF_GAPS, *OF_CATEGORIES], ids=str)
def test_what_is_fitted_travels_without_us(sources, asked):
    data = sources["classes"]
    fitted = fit_preparation(configure_preparation(choose_preparation(data, "flat"), asked), data.x, data.y)
    code = pickle.dumps(fitted.features)
    assert not any("kerasweep" in str(argument) for _, argument, _ in pickletools.genops(code))
    again = pickle.loads(code).transform(data.x)
    np.testing.assert_array_equal(np.asarray(again, np.float32), fitted.transform(data.x))


@pytest.mark.parametrize(
    ("source", "asked", "message"),
    [
        ("classes", {"scaling": "standart"}, r"^unknown scaling 'standart'\. Did you mean 'standard'\?$"),
        ("classes", {"encoding": "hash"}, r"^unknown encoding 'hash'\. Known: one_hot, ordinal, target\.$"),
        ("classes", {"pca": 1}, r"^pca must be true or false, got 1$"),
        (
            "classes",
            {"pca": True, "pca_share": 0},
            r"^pca_share must be a number above 0 and at most 1, got 0$",
        ),
        ("classes", {"binning": True, "bins": 2.5}, r"^bins must be a whole number, got 2.5$"),
        (
            "classes",
            {"binning": True, "bins": 900},
            r"^binning would add 3,600 columns, at most 2,000: use fewer",
        ),
        (
            "classes",
            {"scaling": "robust", "robust_range": 50},
            r"^robust_range must be a number above 0 and below 50",
        ),
        (
            "classes",
            {"scaling": "none", "clip_outliers": True},
            r"^clip_outliers needs scaling standard, .* is none$",
        ),
        ("vector", {"encoding": "ordinal"}, r"^encoding is for categories, and an array has none$"),
        ("image", {"pca": True}, r"^pca is for tables and vectors, and these are images$"),
        ("series", {"pca": True}, r"^pca needs rows of plain columns, and these have shape \(4, 5\)$"),
        ("targets", {"feature_selection": True}, r"^feature_selection needs one target, and there are 2$"),
    ],
)
def test_what_makes_no_sense_is_one_line(sources, dataset_of, source, asked, message):
    x = np.random.default_rng(0).normal(size=(40, 4, 5))
    made = {
        "image": (dataset_of(x, np.arange(40) % 2, kind="image"), "flat"),
        "series": (dataset_of(x, np.arange(40) % 2), "natural"),
        "targets": (dataset_of(x[:, 0], x[:, 1, :2].astype(np.float32), "regression"), "flat"),
    }
    data, layout = made.get(source) or (sources[source], "flat")
    with pytest.raises(TrainingError, match=message) as caught:
        configure_preparation(choose_preparation(data, layout), asked)
    assert caught.value.kind == "data"


def test_rows_that_cannot_be_fitted_are_one_line(sources):
    data = sources["classes"]
    plan = configure_preparation(choose_preparation(data, "flat"), {"encoding": "target"})
    few = np.flatnonzero(data.y < 2)
    with pytest.raises(TrainingError, match=r"^encoding=target needs rows of every class in every fold"):
        fit_preparation(plan, data.x.iloc[few], data.y[few])


def test_series_may_be_scaled(dataset_of):
    x = np.random.default_rng(0).normal(size=(40, 4, 5))
    plan = configure_preparation(
        choose_preparation(dataset_of(x, np.arange(40) % 2), "natural"), {"scaling": "minmax"}
    )
    out = fit_preparation(plan, x, np.arange(40) % 2).transform(x)
    assert out.shape == (40, 4, 5)
    assert (out.min(), out.max()) == (0, 1)


def test_a_variant_in_words(sources):
    plan = configure_preparation(
        choose_preparation(sources["amounts"], "flat"), {"scaling": "power", "imputation": "mean"}
    )
    assert describe_preparation(plan)[0] == (
        "columns by the configuration, on each fold's training rows: scaling power, imputation mean"
    )


def test_what_acts_on_which_data(sources, dataset_of):
    every = applicable_hyperparameters(sources["classes"])
    assert {"scaling", "imputation", "encoding", "binning", "balancing", "pca", "subset"} <= every
    numbers = applicable_hyperparameters(sources["vector"])
    assert "scaling" in numbers
    assert not numbers & {"imputation", "missing_indicator", "encoding", "min_frequency"}
    amounts = applicable_hyperparameters(sources["amounts"])
    assert amounts == every - {"balancing", "balancing_strength", "class_weight", "class_weight_power"}
    images = applicable_hyperparameters(
        dataset_of(np.zeros((40, 4, 4, 1), np.uint8), np.arange(40) % 4 // 3, kind="image")
    )
    assert images == {
        "subset",
        "bootstrap",
        "balancing",
        "balancing_strength",
        "class_weight",
        "class_weight_power",
    }
    assert "balancing" not in applicable_hyperparameters(dataset_of(np.zeros((40, 4)), np.arange(40) % 2)), (
        "classes are even"
    )
    words = load_dataset(pd.DataFrame({"a": ["x", "y"] * 20, "label": [0, 1] * 20}), target="label")
    assert not applicable_hyperparameters(words) & {"scaling", "binning", "interactions", "imputation"}
    assert "encoding" in applicable_hyperparameters(words)
    targets = dataset_of(np.random.rand(40, 3), np.random.rand(40, 2).astype(np.float32), "regression")  # noqa: NPY002
    assert not applicable_hyperparameters(targets) & {"feature_selection", "interactions", "encoding"}


def test_what_acts_can_be_done(sources):
    """No hyperparameter that is said to act fails on the data, at a value away from the recommended one."""
    from kerasweep.spaces.catalogue import GROUPS

    for data in sources.values():
        plan, names = choose_preparation(data, "flat"), applicable_hyperparameters(data)
        asked = {}
        for entry in GROUPS["tabular"]:
            hyperparameter = entry.hyperparameter
            if hyperparameter.name in names and hyperparameter.is_active(asked):
                asked[hyperparameter.name] = hyperparameter.from_unit(0.6)
                fitted = fit_preparation(configure_preparation(plan, asked), data.x, data.y)
                assert np.isfinite(fitted.transform(data.x)).all()
        assert len(asked) > 8
