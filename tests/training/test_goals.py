"""Objectives beside the first, and constraints: how they are read, and when they are broken."""

from __future__ import annotations

import math

import pytest
from kerasweep.training.goals import Constraint, Goals, as_names, parse_constraint
from kerasweep.training.metrics import Objective


@pytest.mark.parametrize(
    ("text", "constraint", "written"),
    [
        ("params<100000", Constraint("params", "<", 100000.0), "params<100000"),
        (" params <= 1e5 ", Constraint("params", "<=", 100000.0), "params<=100000"),
        ("bytes<1_000_000", Constraint("bytes", "<", 1e6), "bytes<1000000"),
        ("val_loss>-.5", Constraint("val_loss", ">", -0.5), "val_loss>-0.5"),
        ("accuracy>=0.9", Constraint("accuracy", ">=", 0.9), "accuracy>=0.9"),
        ("memory <= 4gb", Constraint("memory", "<=", 4e9), "memory<=4GB"),
        ("memory<1.5 GB", Constraint("memory", "<", 1.5e9), "memory<1.5GB"),
        ("memory<=2GiB", Constraint("memory", "<=", 2.0**31), "memory<=2147.483648MB"),
        ("memory<1234567", Constraint("memory", "<", 1234567.0), "memory<1.234567MB"),
        ("bytes<2MB", Constraint("bytes", "<", 2e6), "bytes<2000000"),
    ],
)
def test_constraints_are_read(text: str, constraint: Constraint, written: str) -> None:
    assert parse_constraint(text) == constraint
    assert constraint.text == written
    assert parse_constraint(written) == constraint


@pytest.mark.parametrize(
    "text", ["params", "params=3", "params<many", "<3", "params<nan", "1<params<2", "params<1e", "params<4GB",
     "memory<4기가", "memory<GB", "memory<4EB"]
)  # fmt: skip
def test_what_is_no_constraint_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no constraint; write it as params<100000"):
        parse_constraint(text)


@pytest.mark.parametrize(
    ("text", "kept", "broken"),
    [
        ("params<100", (-5, 0, 99, math.nextafter(100, 0)), (100, 101, 1e9)),
        ("params<=100", (0, 100), (math.nextafter(100, 200), 101)),
        ("accuracy>0.9", (1, 0.95, math.nextafter(0.9, 1)), (0.9, 0, -1)),
        ("accuracy>=0.9", (0.9, 1), (math.nextafter(0.9, 0), 0)),
        ("r2>0", (0.1, 5e-324), (0, -1)),
        ("x<-2", (-3,), (-2, 0)),
    ],
)
def test_a_bound_is_kept_or_broken_to_the_last_bit(
    text: str, kept: tuple[float, ...], broken: tuple[float, ...]
) -> None:
    constraint = parse_constraint(text)
    assert [constraint.excess(value) for value in kept] == pytest.approx(
        [min(0.0, constraint.excess(value)) for value in kept], abs=0
    )
    assert all(constraint.excess(value) > 0 for value in broken)


def test_goals_say_what_is_measured_and_what_is_broken() -> None:
    goals = Goals(
        (Objective("val_loss", "minimize"), Objective("seconds", "minimize")),
        (parse_constraint("params<100000"), parse_constraint("val_accuracy>=0.9")),
    )
    assert goals.quantities == ("params", "seconds")
    assert goals.metrics == ("val_accuracy", "val_loss")
    measured = {"val_loss": 0.3, "seconds": 1e-5, "params": 203530.0, "val_accuracy": 0.85}
    assert goals.values(measured) == (0.3, 1e-5)
    assert goals.broken(measured) == ("params is 203,530, not <100,000", "val_accuracy is 0.85, not >=0.9")
    assert list(goals.excesses({"params": 50000.0})) == ["params<100000"]
    assert goals.excesses({"params": 50000.0})["params<100000"] == pytest.approx(-0.5)


@pytest.mark.parametrize(
    ("value", "names"),
    [("accuracy", ["accuracy"]), ("accuracy, params", ["accuracy", "params"]), (("a", "b"), ["a", "b"])],
)
def test_objectives_are_named_in_one_word_or_in_a_list(value: object, names: list[str]) -> None:
    assert as_names(value) == names


@pytest.mark.parametrize("value", ["", "accuracy,", [], ["a", 3], "a,a"])
def test_objectives_without_a_name_or_named_twice_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"must name|names an objective twice"):
        as_names(value)


def test_memory_is_told_as_a_size_and_bounded_by_the_least_bound() -> None:
    goals = Goals(constraints=tuple(map(parse_constraint, ("memory<4GB", "memory<=500MB", "memory>1GB"))))
    assert goals.quantities == ("memory",)
    assert goals.broken({"memory": 4.5e9}) == (
        "memory is 4.5 GB, not <4.0 GB",
        "memory is 4.5 GB, not <=500.0 MB",
    )
    assert goals.bound_of("memory") == 5e8
    assert goals.bound_of("params") == math.inf
