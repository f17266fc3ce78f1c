"""How a script draws the test rows and the training rows that a study drew, and how many."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ..training.data.multiple_inputs import class_codes_in
from ..training.data.splits import draw_groups, draw_in_proportion, draw_stratified
from ..training.data.strata import label_strata, row_strata
from ..training.data.trees import named_leaves
from .expressions import quoted
from .reading import Reading
from .steps import Steps
from .winner import Winner


def _take(winner: Winner, name: str, rows: str) -> str:
    several = winner.dataset.kind == "arrays" if name.startswith("x") else winner.dataset.task == "outputs"
    if several:
        return f"take({name}, {rows})"
    return (
        f"{name}.iloc[{rows}]"
        if name.startswith("x") and winner.dataset.kind == "table"
        else f"{name}[{rows}]"
    )


def split_steps(winner: Winner, reading: Reading) -> Steps:
    """Hold out the rows that ``refit`` held out; of those that do not validate where given folds say so."""
    drawn = _draw_test_rows(winner, reading, among="[others]" if reading.validates else "")
    lines = drawn.lines
    if reading.validates:
        others = "others = np.flatnonzero(~validates)  # of which test rows are drawn"
        lines = (others, *lines, "test = others[test]")
    taken = (
        f"train = np.setdiff1d(np.arange({rows_in(winner, 'y')}), test)",
        f"x_train, y_train = {_take(winner, 'x', 'train')}, {_take(winner, 'y', 'train')}",
        f"x_test, y_test = {_take(winner, 'x', 'test')}, {_take(winner, 'y', 'test')}",
        *(("w_train, w_test = weights[train], weights[test]",) if reading.weights else ()),
    )
    return replace(drawn, lines=(*lines, *taken))


def _draw_test_rows(winner: Winner, reading: Reading, among: str = "") -> Steps:
    """Draw the positions of the test rows, ``test``, ``among`` some of the rows or all."""
    spec, dataset, rows = winner.study.spec, winner.dataset, rows_in(winner, "y")
    seed = _seed(winner)
    if reading.groups:
        size = float(spec["data"].get("test_size", 0.25))
        codes = "y" if dataset.task == "classification" else "np.zeros(len(y), int)"
        line = f"test = draw_groups({codes}{among}, groups{among}, TEST_SIZE, SPLIT_SEED)"
        comments = {"SPLIT_SEED": "draws the splits by groups, of which the best one is kept"}
        return Steps((line,), {"SPLIT_SEED": seed, "TEST_SIZE": size}, comments, functions=(draw_groups,))
    by_time = "last" if spec.get("cv", {}).get("method") == "time" else "random"
    if (spec["data"].get("test_split") or by_time) == "last":
        count = {"TEST_ROWS": dataset.test_rows}
        drawn_from = "len(others)" if among else rows
        line = f"test = np.arange({drawn_from} - TEST_ROWS, {drawn_from})  # the last rows: time goes on"
        return Steps((line,), count, {"TEST_ROWS": "held out"})
    if stratify := spec.get("cv", {}).get("stratify"):
        output = "".join(f"[{part if part.isdigit() else quoted(part)}]" for part in stratify.split("/"))
        codes = f"class_codes_in(y{output}){among}"
        line = f"test = draw_stratified({codes}, TEST_ROWS, np.random.default_rng(SPLIT_SEED))"
        constants = {"SPLIT_SEED": seed, "TEST_ROWS": _counts_in_output(winner, stratify)}
        comments = {"TEST_ROWS": "held out, of each class", "SPLIT_SEED": "draws the test rows"}
        return Steps((line,), constants, comments, functions=(draw_stratified, class_codes_in))
    constants = {"SPLIT_SEED": seed, "TEST_ROWS": _counts(winner, dataset.y_test)}
    comments = {"TEST_ROWS": "held out, of each class or in all", "SPLIT_SEED": "draws the test rows"}
    line = _draw(winner, "test", "y", "TEST_ROWS", among)
    return Steps((line,), constants, comments, functions=_drawing(winner))


def subset_steps(winner: Winner, *, needs_seed: bool) -> Steps:
    """Draw the subset of training rows that ``refit`` was limited to."""
    constants = {
        **({"SPLIT_SEED": _seed(winner)} if needs_seed else {}),
        "TRAIN_ROWS": _counts(winner, winner.dataset.y),
    }
    lines = (
        _draw(winner, "kept", "y_train", "TRAIN_ROWS"),
        f"x_train, y_train = {_take(winner, 'x_train', 'kept')}, {_take(winner, 'y_train', 'kept')}",
        *(("w_train = w_train[kept]",) if winner.dataset.weights is not None else ()),
    )
    comments = {"TRAIN_ROWS": "a subset, of each class or in all"}
    comments |= {"SPLIT_SEED": "draws the subset"} if needs_seed else {}
    return Steps(lines, constants, comments, functions=_drawing(winner))


def _seed(winner: Winner) -> int:
    return int(winner.study.spec.get("search", {}).get("seed", 0))


def row_classes(winner: Winner, y: str) -> str:
    """Return the expression of what rows are drawn by: see ``row_strata``."""
    expressions = {"classification": y, "multilabel": f"label_strata({y})"}
    return expressions.get(winner.dataset.task, f"np.zeros({rows_in(winner, y)}, int)")


def rows_in(winner: Winner, y: str) -> str:
    """Return the expression of how many rows targets have."""
    return f"row_count({y})" if winner.dataset.task == "outputs" else f"len({y})"


def _counts(winner: Winner, y: np.ndarray) -> list[int] | int:
    """Return how many rows of each class are drawn, or in all where classes are none: strata are those of the rows."""
    if winner.dataset.task == "multilabel":
        return len(y)
    codes = row_strata(y, winner.dataset.task)
    return [int(count) for count in np.bincount(codes, minlength=len(winner.dataset.classes))]


def _counts_in_output(winner: Winner, output: str) -> list[int]:
    """Return how many test rows there are of each class of an output."""
    parts = [dict(named_leaves(y))[output] for y in (winner.dataset.y, winner.dataset.y_test)]
    codes = class_codes_in(np.concatenate(parts))
    return [] if codes is None else np.bincount(codes[len(parts[0]) :], minlength=codes.max() + 1).tolist()


def _drawing(winner: Winner) -> tuple[Callable[..., Any], ...]:
    """Return the functions that ``_draw`` calls."""
    several = winner.dataset.task == "multilabel"
    return (draw_in_proportion, label_strata) if several else (draw_stratified,)


def _draw(winner: Winner, name: str, y: str, counts: str, among: str = "") -> str:
    function = _drawing(winner)[0].__name__
    return (
        f"{name} = {function}({row_classes(winner, y)}{among}, {counts}, np.random.default_rng(SPLIT_SEED))"
    )
