"""The test split, and how rows are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from ...errors import DataError, did_you_mean
from ...texts import count_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .tasks import Task

TestSplit = Literal["random", "last"]
"""Which rows are held out where a source brings no test split: drawn by chance, or the last ones (time order)."""


@dataclass(frozen=True)
class SplitOptions:
    """Which rows are held out where a source brings no test split."""

    size: float = 0.25
    """Part of the rows, from 0 (none is held out) to less than 1."""
    how: TestSplit = "random"
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be.

        Raises:
            DataError: The split is unknown, or the size no part.
        """
        if self.how not in get_args(TestSplit):
            raise DataError(
                f"unknown test split '{self.how}'.{did_you_mean(str(self.how), get_args(TestSplit))}"
            )
        if not 0 <= self.size < 1:
            raise DataError(f"test_size must be between 0 (for none) and 1, got {self.size:g}")


FEWEST_ROWS = 4
GROUP_DRAWS = 20
AT_RANDOM = "at random"


def choose_test_rows(
    rows: int,
    codes: np.ndarray | None,
    groups: np.ndarray | None,
    options: SplitOptions,
    name: str,
    *,
    are_classes: bool = True,
) -> np.ndarray:
    """Return the sorted indices of the rows to hold out, shape ``(held out,)`` int64.

    Args:
        rows: Number of all rows.
        codes: Codes for a stratified draw; None for a regression.
        groups: Group labels; whole groups are held out.
        options: How many to hold out, and how.
        name: How messages call the data.
        are_classes: Whether training must know every code; combinations of labels may be in the test rows alone.

    Raises:
        DataError: No split leaves every class in training, or groups are too few.
    """
    count = held_out(rows, options.size)
    if not count:
        return np.zeros(0, np.int64)
    strata, codes = codes, codes if are_classes else None
    rng = np.random.default_rng(options.seed)
    if groups is not None:
        if options.how == "last":
            raise DataError(
                f"{name}: a test split of the last rows would cut groups in two: use a random one"
            )
        return _hold_out_groups(rows, codes, groups, name=name, size=options.size, seed=options.seed)
    if options.how == "last":
        test = np.arange(rows - count, rows)
        if codes is not None and len(lost := np.setdiff1d(codes, codes[: rows - count])):
            raise DataError(
                f"{name}: {count_text(len(lost), 'class', 'classes')} would be in the last (test) rows only"
            )
        return test
    if codes is None:
        return draw_in_proportion(np.zeros(rows, np.int64) if strata is None else strata, count, rng)
    # At most all but one row of a class: training must know every class.
    per_class = np.bincount(codes)
    return draw_stratified(
        codes, shares(per_class, count, np.zeros_like(per_class), np.maximum(per_class - 1, 0)), rng
    )


def held_out(rows: int, size: float) -> int:
    """Return how many rows a test split of a size takes."""
    return min(max(1, round(rows * size)), rows - 1) if size else 0


def _hold_out_groups(
    rows: int, codes: np.ndarray | None, groups: np.ndarray, *, name: str, size: float, seed: int
) -> np.ndarray:
    if len(np.unique(groups)) < 2:
        raise DataError(f"{name}: all rows are of one group: a test split needs at least two groups")
    test = draw_groups(np.zeros(rows, np.int64) if codes is None else codes, groups, size, seed)
    if test is None:
        raise DataError(
            f"{name}: a test split by groups would leave a class without training rows: bring your own"
        )
    return test


def draw_groups(codes: np.ndarray, groups: np.ndarray, size: float, seed: int) -> np.ndarray | None:
    """Draw several splits by groups and return the test rows of the best one, sorted.

    It is the one nearest to the wanted size and class proportions; None where each one leaves a class without
    training rows.
    """
    from sklearn.model_selection import GroupShuffleSplit

    distinct = len(np.unique(groups))
    part = min(max(size, 1 / distinct), 1 - 1 / distinct)
    splitter = GroupShuffleSplit(GROUP_DRAWS, test_size=part, random_state=seed)
    whole = np.bincount(codes)
    nearest, best = np.inf, None
    for train, test in splitter.split(codes, groups=groups):
        if (np.bincount(codes[train], minlength=len(whole))[whole > 0] == 0).any():
            continue
        held = np.bincount(codes[test], minlength=len(whole))
        shift = float(np.abs(held / len(test) - whole / len(codes)).sum())
        distance = abs(len(test) / len(codes) - size) + shift
        if distance < nearest:
            nearest, best = distance, np.sort(test)
    return best


def group_labels(groups: Any) -> np.ndarray:
    """Return the groups of rows as whole numbers where they are, else as text."""
    import pandas as pd

    series = groups if isinstance(groups, pd.Series) else pd.Series(np.asarray(groups).reshape(-1))
    if pd.api.types.is_integer_dtype(series.dtype):
        return np.asarray(series.to_numpy(np.int64))
    return np.array([str(value) for value in series])


def how_drawn(task: Task, *, stratified: bool = False) -> str:
    """Return how rows are drawn, in words; ``stratified`` is by classes of one of several outputs."""
    if task == "multilabel":
        return "label proportions kept"
    return "class proportions kept" if stratified or task == "classification" else AT_RANDOM


def draw_in_proportion(strata: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Return the sorted positions of ``count`` rows, drawn without replacement; each stratum gives its share.

    Args:
        strata: Codes from 0, ``(rows,)``.
        count: At most as many as there are.
        rng: Draws them.
    """
    rows = np.bincount(strata)
    return draw_stratified(strata, shares(rows, count, np.zeros_like(rows), rows), rng)


def shares(counts: np.ndarray, total: int, least: np.ndarray, most: np.ndarray) -> np.ndarray:
    """Return how many rows each class gives to a draw of ``total``: proportional, by largest remainder.

    scikit-learn's stratified draws refuse classes of one row; here such a class stays whole on one side.
    """
    exact = counts * (total / counts.sum())
    shares: np.ndarray = np.clip(np.floor(exact).astype(np.int64), least, most)
    while shares.sum() < total and (shares < most).any():
        shares[np.where(shares < most, exact - shares, -np.inf).argmax()] += 1
    while shares.sum() > total and (shares > least).any():
        shares[np.where(shares > least, shares - exact, -np.inf).argmax()] -= 1
    return shares


def draw_stratified(codes: np.ndarray, counts: Iterable[int], rng: np.random.Generator) -> np.ndarray:
    """Return the sorted positions of ``counts[c]`` rows of each class ``c``, drawn without replacement."""
    drawn = [rng.permutation(np.flatnonzero(codes == code))[:count] for code, count in enumerate(counts)]
    return np.sort(np.concatenate(drawn))
