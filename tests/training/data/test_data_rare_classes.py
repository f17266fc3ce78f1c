"""Classes of too few rows: refused with what can be done about it, dropped, or merged."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from kerasweep.errors import DataError
from kerasweep.search.planning import make_plan, refit_workload
from kerasweep.search.spec import make_spec
from kerasweep.training.data import load_dataset

KINDS = ("words", "numbers", "own test rows")


def rows_of(counts: dict[Any, int]) -> tuple[np.ndarray, np.ndarray]:
    y = np.array([label for label, count in counts.items() for _ in range(count)])
    order = np.random.default_rng(0).permutation(len(y))
    return np.random.default_rng(1).normal(size=(len(y), 3))[order], y[order]


def plan_of(data: Any, **spec: Any) -> Any:
    cv, asked = spec.pop("cv", {"folds": 5}), {"source": "python:tuple", **spec}
    return make_plan(make_spec({"data": asked, "model": "ann", "cv": cv, "search": {"trials": 1}}), data=data)


@pytest.mark.parametrize(
    ("count", "cv", "message"),
    [
        (
            1,
            {},
            r"class 'c' has 1 training row, too few for 5 folds: --rare-classes drop .*--rare-classes merge",
        ),
        (
            5,
            {},
            r"class 'c' has 4 training rows, too few for 5 folds: --folds 4 keeps them in every fold; --rare",
        ),
        (
            1,
            {"method": "holdout"},
            r"has 1 training row, and a holdout needs one on each side: --rare-classes drop",
        ),
        (1, {"method": "repeated"}, r"too few for 5 folds: --rare-classes drop"),
    ],
)
def test_a_rare_class_is_refused_with_what_can_be_done(count: int, cv: Any, message: str) -> None:
    data = rows_of({"a": 40, "b": 40, "c": count})
    with pytest.raises(DataError, match=message):
        plan_of(data, cv=cv)


@pytest.mark.parametrize(
    "cv", [{}, {"method": "holdout"}, {"method": "repeated"}, {"method": "kfold"}], ids=str
)
@pytest.mark.parametrize("kind", KINDS)
def test_rare_classes_can_be_dropped(kind: str, cv: dict[str, Any]) -> None:
    names = ("a", "b", "c", "d") if kind == "words" else (0, 1, 2, 3)
    x, y = rows_of(dict(zip(names, (40, 1, 40, 1), strict=True)))
    data: Any = (x, y)
    if kind == "own test rows":
        data = ((x, y), (x, y))
    workload = plan_of(data, cv=cv, rare_classes="drop").workload
    dataset = workload.dataset
    least = 2 if cv else 5
    left = [str(name) for name, count in zip(names, (40, 1, 40, 1), strict=True) if count > 1]
    assert list(dataset.classes) == left
    assert set(dataset.rare) == {str(names[1]), str(names[3])}
    assert set(np.unique(dataset.y)) == set(np.unique(dataset.y_test)) == {0, 1}
    assert np.bincount(dataset.y).min() >= least
    assert len(dataset.x) == len(dataset.y)
    assert len(dataset.x_test) == len(dataset.y_test)
    said = [note for note in dataset.notes if note.startswith("2 rare classes")]
    assert said == [f"2 rare classes '{names[1]}', '{names[3]}' (2 rows) dropped"]
    for row, code in zip(dataset.x, dataset.y, strict=True):
        assert str(y[np.flatnonzero((x == row).all(axis=1))[0]]) == dataset.classes[code]


def test_rare_classes_can_be_merged() -> None:
    x, y = rows_of({"a": 40, "b": 5, "c": 40, "d": 4})
    dataset = plan_of((x, y), rare_classes="merge").workload.dataset
    assert dataset.classes == ("a", "c", "other")
    assert len(dataset.y) + len(dataset.y_test) == len(y)
    names = {"b": "other", "d": "other"}
    for row, code in zip(dataset.x, dataset.y, strict=True):
        word = str(y[np.flatnonzero((x == row).all(axis=1))[0]])
        assert names.get(word, word) == dataset.classes[code]
    assert (
        plan_of(rows_of({"a": 40, "other": 40, "d": 4, "e": 4}), rare_classes="merge").dataset.classes[2]
        == "other (rare)"
    )


def test_what_is_left_must_be_enough() -> None:
    with pytest.raises(DataError, match="merged have 1 training row, too few for 5: --rare-classes drop"):
        plan_of(rows_of({"a": 40, "b": 40, "c": 1}), rare_classes="merge")
    with pytest.raises(DataError, match="no two classes are left"):
        plan_of(rows_of({"a": 40, "b": 1, "c": 1}), rare_classes="drop")


def test_nothing_rare_changes_nothing() -> None:
    data = rows_of({"a": 40, "b": 40})
    plain, asked = load_dataset(data), load_dataset(data, rare_classes="drop", fewest=5)
    assert plain.fingerprint == asked.fingerprint
    assert plain.notes == asked.notes
    amounts = (data[0], data[0][:, 0])
    assert load_dataset(amounts).fingerprint == load_dataset(amounts, rare_classes="merge").fingerprint


def test_a_refit_on_more_rows_has_the_classes_that_were_scored() -> None:
    data = rows_of({"a": 200, "b": 200, "c": 5})
    plan = plan_of(data, rare_classes="drop", limit=100)
    assert refit_workload(plan, None, data).dataset.classes == plan.dataset.classes == ("a", "b")
