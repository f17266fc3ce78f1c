"""Deep links: any name comes back as it was."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kerasweep.app.links import apart, joined, link, parse_address, study_link

NAMES = (
    "plain",
    "",
    ".",
    "..",
    "~",
    "~..",
    "a/b",
    "a?b#c",
    "100%",
    "%2F",
    "한국어",
    "<script>",
    "a,b",
    " ",
    "a+b",
    "\\",
)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_comes_back(name: str) -> None:
    check(name)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_name_comes_back(name: str) -> None:
    check(name)


def check(name: str) -> None:
    address = urlsplit(study_link(name, "trial", 17, trials="4,5"))
    assert address.scheme == address.netloc == ""
    assert "/../" not in address.path
    assert not set('<>"') & set(address.path)
    found = parse_address(address.path, f"?{address.query}")
    assert found.parts == ("study", name, "trial", "17")
    assert found.query == {"trials": "4,5"}


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), unique=True))
def test_several_names_come_back(names: list[str]) -> None:
    found = parse_address("/compare", urlsplit(link("compare", studies=joined(names))).query)
    assert apart(found.query["studies"]) == names
