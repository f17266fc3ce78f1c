"""Sequences: rows of steps of features, each feature scaled alike in all steps."""

from __future__ import annotations

import numpy as np
import pytest
from kerasweep.errors import DataError
from kerasweep.training.data import (
    choose_preparation,
    configure_preparation,
    describe_preparation,
    fit_preparation,
    load_dataset,
)


def rows(count: int = 40) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.normal([5, -100], [1, 30], size=(count, 7, 2))
    return x, x[:, -1, 0]


def test_each_feature_is_scaled_over_rows_and_time_of_the_training_part() -> None:
    x, y = rows()
    dataset = load_dataset((x, y))
    assert dataset.kind == "sequence"
    plan = choose_preparation(dataset, "sequence")
    assert plan.input_shape == (7, 2)
    fitted = fit_preparation(plan, dataset.x[:10], dataset.y[:10])
    mean, deviation = dataset.x[:10].mean((0, 1)), dataset.x[:10].std((0, 1))
    np.testing.assert_allclose(fitted.transform(dataset.x), (dataset.x - mean) / deviation, atol=1e-5)
    assert "rows are sequences of 7 steps of 2 features" in describe_preparation(plan)


def test_a_missing_number_is_filled_with_what_is_usual_of_its_feature() -> None:
    x, y = rows()
    x[:, 3, 1] = np.nan
    dataset = load_dataset((x, y))
    plan = choose_preparation(dataset, "sequence")
    assert plan.gaps == (1,)
    changed = configure_preparation(plan, {"scaling": "none", "imputation": "mean"})
    transformed = fit_preparation(changed, dataset.x, dataset.y).transform(dataset.x)
    np.testing.assert_allclose(transformed[:, 3, 1], np.nanmean(dataset.x[..., 1]), rtol=1e-5)


def test_numbers_of_pictures_are_no_pixels_for_a_model_of_sequences() -> None:
    x = np.random.default_rng(0).random((40, 8, 8))
    dataset = load_dataset((x, x[:, 0, 0]), keep_shape=True)
    assert (dataset.kind, dataset.x.shape[1:]) == ("sequence", (8, 8))
    assert choose_preparation(dataset, "sequence").recipe.scaling == "standard"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("iris", "is a table: {needs}; a window makes them of rows in order of time"),
        ("digits", "has rows of shape (8, 8, 1): {needs}"),
    ],
)
def test_what_is_no_sequence_is_refused_in_a_line(data: str, words: str) -> None:
    with pytest.raises(DataError) as caught:
        choose_preparation(load_dataset(data), "sequence")
    needs = "a model that reads sequences (rnn) needs rows of shape (time, features)"
    assert str(caught.value) == f"{data} {words.format(needs=needs)}"
