"""Tests in turn: of those that cost seconds, a run takes a part, and the runs of following commits take the others.

All of them need more than an hour of two cores. A part holds some cases of nearly every family of tests, so that what is
broken for a whole kind is seen at once, and what is broken for one case within ``PARTS`` commits.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass

import pytest

COSTLY = ("trains", "costly")
"""Marks of the tests that are taken in turn; all others always run."""
TOGETHER = "together"
"""Mark of files whose tests share what is costly to make: one part takes all of them."""


@dataclass(frozen=True)
class Part:
    """One of the parts into which the costly tests fall."""

    number: int
    """From 1."""
    count: int

    @classmethod
    def parse(cls, text: str) -> Part:
        """Read ``"2/5"``.

        Raises:
            pytest.UsageError: It is not a part.
        """
        found = re.fullmatch(r"([1-9]\d{0,3})/([1-9]\d{0,3})", text)
        if found is None or int(found[1]) > int(found[2]):
            raise pytest.UsageError(f"--part {text}: give a part and their number, as 2/5; 1/1 is all")
        return cls(int(found[1]), int(found[2]))

    def holds(self, item: pytest.Item) -> bool:
        """Tell whether a test runs."""
        if not any(item.get_closest_marker(name) for name in COSTLY):
            return True
        name = item.nodeid
        if item.get_closest_marker(TOGETHER):
            name = name.partition("::")[0]
        return zlib.crc32(name.encode()) % self.count == self.number - 1

    def choose(self, items: list[pytest.Item]) -> None:
        """Take the other parts' tests out of those that were collected."""
        left = [item for item in items if not self.holds(item)]
        if left:
            left[0].config.hook.pytest_deselected(items=left)
            items[:] = [item for item in items if self.holds(item)]
