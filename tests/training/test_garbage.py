"""What earlier trials leave is freed when it is much, and not before."""

from __future__ import annotations

import gc

import pytest
from kerasweep.training.trainers.garbage import GRAPH_BYTES, Garbage


@pytest.fixture
def collections(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    made: list[int] = []
    monkeypatch.setattr(gc, "collect", lambda: made.append(1))
    return made


def test_small_models_are_freed_together(collections: list[int]) -> None:
    garbage = Garbage(most_bytes=10 * GRAPH_BYTES)
    for _ in range(33):
        garbage.add(0)
        garbage.free()
    assert len(collections) == 3


def test_a_large_model_is_freed_at_once(collections: list[int]) -> None:
    garbage = Garbage()
    garbage.add(2**30)
    assert not collections, "it may still be referred to where it is noted"
    garbage.free()
    garbage.free()
    assert len(collections) == 1
