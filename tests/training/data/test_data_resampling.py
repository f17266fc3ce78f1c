"""Which training rows train: subsets, balanced classes, bootstrap samples; of training rows only, the same every time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasweep.errors import TrainingError
from kerasweep.training.data import draw_rows, resampling_of, row_strata

CODES = np.repeat([0, 1, 2], [60, 25, 5])


def drawn(asked, codes=CODES, task="classification"):
    choice = resampling_of(asked, task)
    assert choice is not None
    draw = draw_rows(choice, row_strata(codes, task))
    positions = draw.positions(row_strata(codes, task))
    assert positions.dtype == np.int64
    assert (np.diff(positions) >= 0).all()
    assert len(positions) == sum(draw.counts)
    np.testing.assert_array_equal(positions, draw.positions(row_strata(codes, task)))
    return positions


@pytest.mark.parametrize(
    ("asked", "counts", "different"),
    [
        ({"subset": 0.5}, [30, 12, 2], [30, 12, 2]),
        ({"subset": 0.1}, [6, 2, 1], [6, 2, 1]),
        ({"balancing": "oversample"}, [60, 60, 60], [60, 25, 5]),
        ({"balancing": "undersample"}, [5, 5, 5], [5, 5, 5]),
        ({"balancing": "oversample", "balancing_strength": 0.5}, [60, 42, 32], [60, 25, 5]),
        ({"balancing": "undersample", "balancing_strength": 0.5}, [32, 15, 5], [32, 15, 5]),
        ({"subset": 0.5, "balancing": "oversample"}, [30, 30, 30], [30, 12, 2]),
    ],
    ids=str,
)
def test_rows_of_each_class(asked, counts, different):
    positions = drawn(asked)
    assert np.bincount(CODES[positions]).tolist() == counts
    assert np.bincount(CODES[np.unique(positions)]).tolist() == different


def test_repeated_rows_are_repeated_alike():
    times = np.unique(drawn({"balancing": "oversample"}), return_counts=True)[1]
    for code in range(3):
        assert np.ptp(times[code == CODES]) <= 1


def test_a_bootstrap_sample_keeps_the_classes():
    positions = drawn({"bootstrap": True})
    assert np.bincount(CODES[positions]).tolist() == [60, 25, 5]
    assert 45 < len(np.unique(positions)) < 75, "about 63% of the rows"
    amounts = drawn({"bootstrap": True}, np.linspace(0, 1, 80, dtype=np.float32), "regression")
    assert len(amounts) == 80
    assert len(np.unique(amounts)) < 65


def test_a_regression_has_subsets():
    assert len(drawn({"subset": 0.25}, np.random.default_rng(0).normal(size=(80, 2)), "regression")) == 20


@given(shares=st.tuples(st.floats(0.1, 1), st.floats(0.1, 1)), seed=st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_a_smaller_subset_is_part_of_a_larger_one(shares, seed):
    codes = np.random.default_rng(seed).integers(0, 4, 50)
    choices = [
        resampling_of({"subset": share, "bootstrap": False}, "classification") for share in sorted(shares)
    ]
    small, large = (
        np.arange(50) if choice is None else draw_rows(choice, codes).positions(codes) for choice in choices
    )
    assert set(small) <= set(large)


def test_a_class_that_a_fold_lacks_is_left_out():
    codes = np.repeat([0, 2], [20, 8])
    for balancing in ("oversample", "undersample"):
        assert set(codes[drawn({"balancing": balancing, "bootstrap": True}, codes)]) == {0, 2}


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"subset": 1.0, "balancing": "none", "bootstrap": False},
        {"subset": 1, "balancing": "oversample", "balancing_strength": 0.0},
        {"balancing_strength": 0.3},
    ],
)
def test_nothing_asked_is_all_rows(asked):
    assert resampling_of(asked, "classification") is None


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"subset": 0}, r"^subset must be a number above 0 and at most 1, got 0$"),
        ({"subset": "half"}, r"^subset must be a number above 0 and at most 1, got 'half'$"),
        ({"balancing": "over"}, r"^unknown balancing 'over'\."),
        ({"balancing_strength": 2.0}, r"^balancing_strength must be a number from 0 to 1, got 2.0$"),
        ({"bootstrap": 1}, r"^bootstrap must be true or false, got 1$"),
    ],
)
def test_what_makes_no_sense_is_one_line(asked, message):
    with pytest.raises(TrainingError, match=message):
        resampling_of(asked, "classification")


def test_a_regression_has_no_classes_to_balance():
    with pytest.raises(TrainingError, match="balancing is for classes, and this is a regression"):
        resampling_of({"balancing": "oversample"}, "regression")
