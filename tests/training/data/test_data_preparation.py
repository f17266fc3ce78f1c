"""Preparation: the rules, what is learned from which rows, and what travels to an export."""

from __future__ import annotations

import json
import pickle
import pickletools
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasweep.errors import DataError
from kerasweep.training.data import (
    choose_preparation,
    describe_preparation,
    fit_preparation,
    load_dataset,
    make_folds,
)
from kerasweep.training.data.configured_preparation import configure_preparation
from kerasweep.training.machine import ALIGNMENT


def pixels(high, dtype=np.uint8, shape=(20, 8, 8, 1)):
    x = np.random.default_rng(0).integers(0, int(high) + 1, shape)
    x.flat[0] = high
    return x.astype(dtype)


@pytest.mark.parametrize(
    ("x", "scaling", "divisor"),
    [
        (pixels(255), "unit", 255),
        (pixels(200), "unit", 255),
        (pixels(16), "unit", 16),
        (pixels(17), "unit", 255),
        (pixels(1), "none", 1),
        (pixels(60_000, np.uint16), "unit", 65535),
        (pixels(255, np.float64), "unit", 255),
        (pixels(255) / np.float32(255), "none", 1),
        (pixels(255) / 127.5 - 1, "none", 1),
        (pixels(255) / 250.0, "standard", 1),
        (pixels(255) * 1000.0, "standard", 1),
        (pixels(255) - 100.0, "standard", 1),
    ],
)
def test_pixels_are_divided_by_their_range(dataset_of, x, scaling, divisor):
    data = dataset_of(x, np.arange(20) % 2, kind="image")
    plan = choose_preparation(data, "image")
    assert (plan.recipe.scaling, plan.recipe.divisor) == (scaling, divisor)
    assert plan.shared == (scaling in ("none", "unit"))
    out = fit_preparation(plan, data.x, data.y).transform(data.x)
    assert out.dtype == np.float32
    if scaling == "unit":
        np.testing.assert_allclose(out, x / divisor, rtol=1e-6)
        assert out.max() <= 1


@pytest.mark.parametrize(
    ("shape", "layout", "channels", "expected"),
    [
        ((20, 8, 6, 3), "flat", "channels_last", (144,)),
        ((20, 8, 6, 3), "natural", "channels_last", (8, 6, 3)),
        ((20, 8, 6, 3), "image", "channels_last", (8, 6, 3)),
        ((20, 8, 6, 3), "image", "channels_first", (3, 8, 6)),
        ((20, 8, 6), "image", "channels_last", (8, 6, 1)),
        ((20, 8, 6), "image", "channels_first", (1, 8, 6)),
        ((20, 8, 6), "flat", "channels_last", (48,)),
        ((20, 5), "natural", "channels_last", (5,)),
    ],
)
@pytest.mark.parametrize("scaling", ["none", "unit", "minmax", "standard", "robust"])
def test_layouts(dataset_of, shape, layout, channels, expected, scaling):
    data = dataset_of(pixels(255, shape=shape), np.arange(20) % 2)
    plan = choose_preparation(data, layout, scaling, channels)
    fitted = fit_preparation(plan, data.x, data.y)
    out = fitted.transform(data.x)
    assert plan.input_shape == expected
    assert out.shape == (20, *expected)
    assert out.dtype == np.float32
    assert out.flags.c_contiguous
    assert not np.shares_memory(out, data.x)
    if scaling == "unit":
        wanted = data.x / 255
        if channels == "channels_first":
            wanted = np.moveaxis(wanted if len(shape) == 4 else wanted[..., None], -1, 1)
        np.testing.assert_allclose(out, wanted.reshape(20, *expected), rtol=1e-6)
    if scaling == "standard" and layout == "flat":
        np.testing.assert_allclose(out.mean(axis=0), 0, atol=1e-5)


def test_layout_image_needs_images(dataset_of):
    with pytest.raises(DataError, match="iris is a table: a model that reads images"):
        choose_preparation(load_dataset("iris"), "image")
    with pytest.raises(DataError, match="rows of 5 numbers: a model that reads images"):
        choose_preparation(dataset_of(np.zeros((20, 5)), np.arange(20) % 2), "image")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("flatt",), "Did you mean 'flat'"),
        (("flat", "standart"), "Did you mean 'standard'"),
        (("flat", "auto", "last"), "channels_last, channels_first"),
        (("flat", "unit"), "use 'minmax'"),
    ],
)
def test_bad_choices(words, message):
    with pytest.raises(DataError, match=message):
        choose_preparation(load_dataset("iris"), *words)


def test_unit_needs_pixels(dataset_of):
    data = dataset_of(np.random.default_rng(0).normal(size=(20, 5)), np.arange(20) % 2)
    with pytest.raises(DataError, match="'unit' needs pixels"):
        choose_preparation(data, "flat", "unit")


def test_plain_arrays_are_standardised_and_filled(dataset_of):
    x = np.random.default_rng(0).normal(50, 9, (20, 5))
    x[3, 2] = np.nan
    x[:, 4] = np.nan
    data = dataset_of(x, np.arange(20) % 2)
    plan = choose_preparation(data, "flat")
    out = fit_preparation(plan, data.x, data.y).transform(data.x)
    assert plan.recipe.imputation == "median"
    assert np.isfinite(out).all()
    assert out.shape == (20, 5), "a column without any value keeps its place"
    np.testing.assert_allclose(out[:, 0].std(), 1, rtol=1e-5)


def test_filling_without_scaling(dataset_of):
    x = np.arange(20.0).reshape(-1, 1)
    x[0] = np.nan
    data = dataset_of(x, np.arange(20) % 2)
    assert (
        fit_preparation(choose_preparation(data, "flat", "none"), data.x, data.y).transform(data.x)[0, 0]
        == 10
    )


def test_large_numbers_keep_their_differences(dataset_of):
    """Time stamps differ by less than float32 can tell; they are scaled before they are shortened."""
    x = (1_700_000_000 + np.arange(20.0)).reshape(-1, 1)
    data = dataset_of(x, np.arange(20) % 2)
    out = fit_preparation(choose_preparation(data, "flat"), data.x, data.y).transform(data.x)
    assert len(np.unique(out)) == 20


@pytest.mark.parametrize("scaling", ["auto", "none", "minmax", "standard", "robust"])
def test_tables(houses, scaling):
    data = load_dataset(houses(), target="price")
    plan = choose_preparation(data, "flat", scaling)
    fitted = fit_preparation(plan, data.x, data.y)
    out = fitted.transform(data.x)
    assert plan.numeric == ("area", "rooms", "garden")
    assert plan.categorical == ("city", "street")
    assert plan.input_shape == out.shape[1:] == (3 + sum(map(len, plan.categories)),)
    assert out.dtype == np.float32
    assert np.isfinite(out).all()
    city = out[:, 3 : 3 + len(plan.categories[0])]
    assert (city.sum(axis=1) == 1).all(), "a missing city is a category of its own"
    assert not plan.shared


def test_a_script_may_hand_over_plain_text_columns(houses):
    """What read_csv gives, without pandas categories and with columns in another order, encodes the same."""
    data = load_dataset(houses(), target="price")
    fitted = fit_preparation(choose_preparation(data, "flat"), data.x, data.y)
    expected = fitted.transform(data.x)
    plain = data.x.astype({"city": str, "street": str})[data.x.columns[::-1]].assign(extra=1)
    np.testing.assert_array_equal(fitted.transform(plain), expected)
    np.testing.assert_array_equal(fitted.features.transform(plain).astype(np.float32), expected)


def test_rows_that_do_not_fit(houses):
    data = load_dataset(houses(), target="price")
    fitted = fit_preparation(choose_preparation(data, "flat"), data.x, data.y)
    with pytest.raises(DataError, match="the table lacks column 'city'"):
        fitted.transform(data.x.drop(columns="city"))
    with pytest.raises(DataError, match="expected a table"):
        fitted.transform(np.zeros((3, 5)))
    digits = load_dataset("digits")
    with pytest.raises(DataError, match=r"expected rows of shape \(8, 8, 1\), got \(64,\)"):
        fit_preparation(choose_preparation(digits, "flat"), digits.x, digits.y).transform(np.zeros((3, 64)))


def test_every_fold_has_the_same_width(houses):
    frame = houses(30)
    frame.loc[10:, "area"] = np.nan
    data = load_dataset(frame, target="price")
    plan = choose_preparation(data, "flat")
    for fold in make_folds(data, folds=10):
        out = fit_preparation(plan, data.x.iloc[fold.train], data.y[fold.train]).transform(data.x)
        assert out.shape[1:] == plan.input_shape
    nothing = data.x.assign(area=np.nan)
    assert fit_preparation(plan, nothing, data.y).transform(data.x).shape[1:] == plan.input_shape


def test_one_target(dataset_of):
    y = np.random.default_rng(0).normal(500, 40, 30).astype(np.float32)
    data = dataset_of(np.zeros((30, 2)), y, "regression")
    plan = choose_preparation(data, "flat")
    fitted = fit_preparation(plan, data.x, data.y)
    scaled = fitted.transform_target(y)
    assert scaled.shape == y.shape
    assert scaled.dtype == np.float32
    assert abs(scaled.mean()) < 1e-5
    back = fitted.target.inverse_transform(scaled[:, None].astype(float))[:, 0]
    np.testing.assert_allclose(back, y, rtol=1e-5)
    error = np.abs(scaled - 0.5).mean() * fitted.target_scale
    half = fitted.target.inverse_transform([[0.5]])
    np.testing.assert_allclose(error, np.abs(y - half).mean(), rtol=1e-4)


@given(scales=st.lists(st.floats(1e-2, 1e4), min_size=2, max_size=4), seed=st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_several_targets_share_one_scale_so_that_errors_convert(dataset_of, scales, seed):
    rng = np.random.default_rng(seed)
    y = (rng.normal(size=(40, len(scales))) * scales + scales).astype(np.float32)
    fitted = fit_preparation(
        choose_preparation(dataset_of(np.zeros((40, 2)), y, "regression"), "flat"), np.zeros((40, 2)), y
    )
    scaled = fitted.transform_target(y)
    guess = np.float32(0.1) * scaled
    in_units = np.mean((y - fitted.target.inverse_transform(guess.astype(float))) ** 2, dtype=float)
    np.testing.assert_allclose(
        np.mean((scaled - guess) ** 2, dtype=float) * fitted.target_scale**2, in_units, rtol=1e-2
    )


def test_a_constant_target_in_one_fold(dataset_of):
    y = np.array([3.0] * 20 + [4.0] * 5, np.float32)
    data = dataset_of(np.zeros((25, 2)), y, "regression")
    fitted = fit_preparation(choose_preparation(data, "flat"), data.x[:20], y[:20])
    assert fitted.target_scale == 1
    assert (fitted.transform_target(y[:20]) == 0).all()
    two = fit_preparation(choose_preparation(data, "flat"), data.x[:20], np.stack([y[:20], y[:20]], axis=1))
    assert two.target_scale == 1


def test_targets_as_they_are(dataset_of):
    y = np.arange(20) % 2
    data = dataset_of(np.zeros((20, 2)), y)
    fitted = fit_preparation(choose_preparation(data, "flat"), data.x, y)
    assert fitted.transform_target(y) is y
    assert fitted.target_scale == 1
    amounts = dataset_of(np.zeros((20, 2)), y.astype(np.float32), "regression")
    assert (
        fit_preparation(choose_preparation(amounts, "flat", scale_target=False), amounts.x, amounts.y).target
        is None
    )


@given(seed=st.integers(0, 1000), factor=st.floats(1e-3, 1e3))
@settings(max_examples=20, deadline=None)
def test_nothing_leaks_from_validation_rows(houses, seed, factor):
    """Changing validation rows at will changes nothing in what fit() learned."""
    data = load_dataset(houses(), target="price")
    plan = choose_preparation(data, "flat")
    fold = make_folds(data, seed=seed)[0]
    x, y = data.x.copy(), data.y.copy()
    x.loc[fold.validation, "area"] *= factor
    x.loc[fold.validation, "rooms"] += 100
    x.loc[fold.validation, "city"] = np.nan
    y[fold.validation] *= factor
    first = fit_preparation(plan, data.x.iloc[fold.train], data.y[fold.train])
    second = fit_preparation(plan, x.iloc[fold.train], y[fold.train])
    np.testing.assert_array_equal(first.transform(data.x), second.transform(data.x))
    assert first.target_scale == second.target_scale
    assert choose_preparation(data, "flat") == plan


def test_what_is_fitted_travels_without_us(houses):
    data = load_dataset(houses(), target="price")
    fitted = fit_preparation(choose_preparation(data, "flat"), data.x, data.y)
    for part in (fitted.features, fitted.target):
        code = pickle.dumps(part)
        mentioned = {str(argument) for _, argument, _ in pickletools.genops(code)}
        assert any("sklearn" in word for word in mentioned)
        assert not any("kerasweep" in word for word in mentioned)
        assert type(pickle.loads(code)) is type(part)


def test_decisions_are_json(houses):
    for data, layout in ((load_dataset(houses(), target="price"), "flat"), (load_dataset("digits"), "image")):
        plan = choose_preparation(data, layout)
        stored = json.loads(json.dumps(plan.as_dict()))
        assert stored == plan.as_dict()
        assert tuple(stored["input_shape"]) == plan.input_shape
        assert stored["divisor"] == plan.recipe.divisor, "a recipe stands on the same level as all else"


@pytest.mark.parametrize(
    ("source", "layout", "sentences"),
    [
        ("digits", "flat", ["pixels 0-16 divided by 16", "8x8 images flattened to 64 numbers"]),
        ("digits", "image", ["pixels 0-16 divided by 16", "8x8 images as 8x8x1 (height, width, channels)"]),
        (
            "iris",
            "flat",
            ["4 numeric columns standardised (mean 0, deviation 1) on each fold's training rows"],
        ),
        (
            "houses",
            "flat",
            [
                "3 numeric columns standardised (mean 0, deviation 1) on each fold's training rows",
                "missing numbers filled with the median of each fold's training rows",
                "2 categorical columns one-hot encoded (",
                "target standardised on each fold's training rows; metrics are in the target's units",
            ],
        ),
    ],
)
def test_decisions_in_words(houses, source, layout, sentences):
    data = (
        load_dataset(houses(), target="price", test_split="last")
        if source == "houses"
        else load_dataset(source)
    )
    said = describe_preparation(choose_preparation(data, layout))
    assert len(said) == len(sentences)
    assert all(line.startswith(sentence) for line, sentence in zip(said, sentences, strict=True))


def test_bytes_become_float32_once(dataset_of):
    x = np.full((4000, 28, 28, 1), 255, np.uint8)
    data = dataset_of(x, np.arange(4000) % 2, kind="image")
    fitted = fit_preparation(choose_preparation(data, "flat"), x, data.y)
    tracemalloc.start()
    out = fitted.transform(x)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1.2 * out.nbytes


@pytest.mark.parametrize("asked", [{}, {"encoding": "target"}, {"encoding": "ordinal"}, {"min_frequency": 5}])
def test_a_fold_may_lack_all_values_of_a_category(asked):
    frame = pd.DataFrame({"a": ["x", "y"] * 20, "late": [None] * 30 + ["u", "v"] * 5, "price": range(40)})
    data = load_dataset(frame, target="price", test_size=0)
    plan = configure_preparation(choose_preparation(data, "flat"), asked)
    lacking = np.flatnonzero(data.x["late"].isna())
    out = fit_preparation(plan, data.x.iloc[lacking], data.y[lacking]).transform(data.x)
    assert out.shape == (40, *plan.input_shape)


def test_categories_only_and_numbers_only():
    frame = pd.DataFrame({"a": ["x", "y"] * 20, "label": [0, 1] * 20})
    data = load_dataset(frame, target="label")
    plan = choose_preparation(data, "natural")
    assert plan.numeric == ()
    assert fit_preparation(plan, data.x, data.y).transform(data.x_test).shape == (10, 2)


@pytest.mark.parametrize("rows", [0, 1, 7])
def test_prepared_pictures_lie_where_tensorflow_takes_them_as_they_are(rows, dataset_of):
    pixels = np.random.default_rng(0).integers(0, 256, (9, 5, 3, 1), dtype=np.uint8)
    data = dataset_of(pixels, np.arange(9) % 2, kind="image")
    fitted = fit_preparation(choose_preparation(data, "image"), data.x, data.y)
    prepared = fitted.transform(pixels[:rows])
    assert prepared.ctypes.data % ALIGNMENT == 0 or rows == 0
    assert prepared.flags.writeable
    np.testing.assert_array_equal(prepared, pixels[:rows] / np.float32(255))
