"""Numbers, durations and counts read as people write them."""

from __future__ import annotations

import math

import pytest
from kerasweep.texts import (
    count_text,
    duration_text,
    end_of,
    exact_bytes_text,
    number_text,
    numbers_text,
    parse_bytes,
    scores_text,
)


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (0.97342, 0.00117, "0.9734 ± 0.0012"),
        (0.97342, None, "0.9734"),
        (123.4567, 4.2, "123.5 ± 4.2"),
        (1234567.0, 4200.0, "1,234,567 ± 4,200"),
        (0.5, 0.0, "0.5000 ± 0.0000"),
        (0.00002, 0.0000031, "0.0000200 ± 0.0000031"),
        (None, None, "–"),
        (math.inf, None, "inf"),
        (1e9, None, "1e+09"),
        (50_900.4, None, "50,900"),
        (-40_993.2, 7030.1, "-40,993 ± 7,030"),
        (9_999.4, 3.2, "9999.4 ± 3.2"),
        (7.713e59, 2.209e59, "7.713e+59 ± 2.2e+59"),
        (3.0, 4e12, "3 ± 4e+12"),
        (2.5e-12, 3.1e-13, "2.5e-12 ± 3.1e-13"),
        (7_981_312_748.0, 649_589_333.0, "7.981e+09 ± 6.5e+08"),
        (3.1234e25, 1.1e24, "3.123e+25 ± 1.1e+24"),
        (12.5, 4e12, "12.5 ± 4e+12"),
    ],
)
def test_number_text(value: float | None, error: float | None, text: str) -> None:
    assert number_text(value, error) == text


@pytest.mark.parametrize(
    ("scores", "text"),
    [
        ((0.97, 0.9312, 1.0), "0.9700  0.9312  1.0000"),
        ((120.5, 3.14159), "120.5  3.1"),
        ((40990.2, 812.3), "40,990  812"),
        ((1e-5, 2e-4), "1.000e-05  2.000e-04"),
        ((-1.234, -0.3), "-1.2340  -0.3000"),
        ((math.inf, 0.5, math.nan), "inf  0.5000  nan"),
        ((0.0,), "0.0000"),
        ((), ""),
    ],
)
def test_scores_of_folds_have_the_same_decimals(scores: tuple[float, ...], text: str) -> None:
    assert scores_text(scores) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0 s"),
        (0.81, "0.8 s"),
        (42.4, "42 s"),
        (60, "1 min 0 s"),
        (107, "1 min 47 s"),
        (3600 * 3 + 301, "3 h 5 min"),
    ],
)
def test_duration_text(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 trials"),
        (1, "1 trial"),
        (2000, "2,000 trials"),
        (3.0, "3 trials"),
        (math.inf, "unbounded trials"),
    ],
)
def test_count_text(count: float, text: str) -> None:
    assert count_text(count, "trial") == text


@pytest.mark.parametrize(
    ("numbers", "text"),
    [([], ""), ([4], "4"), ([4, 7, 5], "4, 7, 5"), ([4, 7, 5, 9, 8], "4, 7, 5 and 2 more")],
)
def test_numbers_text(numbers: list[int], text: str) -> None:
    assert numbers_text(numbers, most=3) == text


@pytest.mark.parametrize(
    ("text", "size", "written"),
    [
        ("4GB", 4e9, "4GB"),
        (" 500 mb ", 5e8, "500MB"),
        ("1.5GB", 1.5e9, "1.5GB"),
        ("2GiB", 2**31, "2147.483648MB"),
        ("1.5e9", 1.5e9, "1.5GB"),
        (".25TB", 2.5e11, "250GB"),
        ("812345", 812345, "812345"),
        ("0", 0, "0"),
    ],
)
def test_sizes_are_read_and_written_to_the_byte(text: str, size: float, written: str) -> None:
    assert parse_bytes(text) == size
    assert exact_bytes_text(size) == written
    assert parse_bytes(written) == size


@pytest.mark.parametrize(
    "text", ["", "GB", "-1GB", "4 기가", "４GB", "4EB", "1e", "1.2.3GB", "nan", "inf", "4GB 2", "4\n\nG B"]
)
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be a size such as 4GB or 500MB"):
        parse_bytes(text)


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("x" * 300 + "\nlast", "x" * 60 + "\nlast"),
        ("one line\n" * 30 + "last", "one line\n" * 5 + "last"),
        ("x" * 300, "x" * 60),
        ("short", "short"),
    ],
)
def test_the_end_of_a_text_is_of_whole_lines_unless_one_has_most_of_it(text: str, end: str) -> None:
    found = end_of(text, 100)
    assert found.endswith(end)
    assert len(found) <= 100
    assert (found == text) is (len(text) <= 100)
