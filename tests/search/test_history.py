"""Which trainings a study has."""

from __future__ import annotations

import tracemalloc

from kerasweep.search.driver.history import Trainings

MOST_HELD = 180
"""Bytes of a training: of its key, which may be long, only a digest."""


def test_a_training_is_under_way_until_it_has_ended() -> None:
    found = Trainings()
    found.add("a")
    assert "a" in found
    assert (found.trial_of("a"), found.ended, len(found)) == (None, 0, 1)
    found.end("a", 0)
    found.end("a", 7)
    assert (found.trial_of("a"), found.ended, len(found)) == (0, 1, 1), "the first has its result"
    found.add("a")
    found.discard("a")
    assert found.trial_of("a") == 0


def test_what_is_under_way_no_more_is_forgotten() -> None:
    found = Trainings()
    found.add("a\ud800")
    found.discard("a\ud800")
    found.discard("b")
    assert (len(found), "a\ud800" in found) == (0, False)


def test_long_keys_take_no_memory() -> None:
    found = Trainings()
    tracemalloc.start()
    try:
        for number in range(1000):
            found.end(f"{number} {'x' * 1000}", number)
        assert tracemalloc.get_traced_memory()[0] / 1000 < MOST_HELD
    finally:
        tracemalloc.stop()
