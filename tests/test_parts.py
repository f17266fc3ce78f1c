"""The parts of the costly tests: together all, each test in one, the cheap ones in every one."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from parts import COSTLY, TOGETHER, Part


def item(name: str, *marks: str) -> Any:
    return SimpleNamespace(nodeid=name, get_closest_marker=lambda wanted: wanted in marks or None)


@pytest.mark.parametrize("mark", COSTLY)
def test_each_costly_test_is_in_one_part(mark: str) -> None:
    parts = [Part.parse(f"{number}/8") for number in range(1, 9)]
    held = [sum(part.holds(item(f"tests/a.py::test[{case}]", mark)) for part in parts) for case in range(200)]
    assert held == [1] * 200


def test_a_family_is_spread_over_the_parts() -> None:
    for number in range(1, 9):
        part = Part.parse(f"{number}/8")
        assert any(part.holds(item(f"tests/a.py::test[{case}]", "trains")) for case in range(50))


def test_what_is_made_once_for_a_file_is_made_in_one_part() -> None:
    tests = [item(f"tests/a.py::test[{case}]", "trains", TOGETHER) for case in range(50)]
    held = [sum(Part(number, 8).holds(test) for test in tests) for number in range(1, 9)]
    assert sorted(held) == [0] * 7 + [50]


def test_others_are_in_every_part_and_one_of_one_holds_all() -> None:
    assert all(Part(number, 8).holds(item("tests/a.py::test", "browser")) for number in range(1, 9))
    assert Part.parse("1/1").holds(item("tests/a.py::test", "trains"))


@pytest.mark.parametrize("text", ["", "0/8", "9/8", "1", "1/0", "-1/8", "a/b", "1/8/2", "1/8 "])
def test_what_is_no_part_is_refused(text: str) -> None:
    with pytest.raises(pytest.UsageError, match="as 2/5"):
        Part.parse(text)
