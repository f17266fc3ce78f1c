"""The order and the batches of an epoch. No TensorFlow."""

from __future__ import annotations

import numpy as np
import pytest
from kerasweep.training.batching import Batches, batches_of
from kerasweep.training.seeds import epoch_order


def test_every_epoch_has_an_order_of_its_own_unless_rows_stay_as_they_are() -> None:
    shuffled, still = Batches(10), Batches(10, shuffle=False)
    assert shuffled.order(5, 3, 25).tolist() == epoch_order(5, 3, 25).tolist()
    assert shuffled.order(5, 3, 25).tolist() != shuffled.order(5, 4, 25).tolist()
    assert still.order(5, 3, 25).tolist() == still.order(6, 4, 25).tolist() == list(range(25))


@pytest.mark.parametrize(
    ("rows", "drop", "visited", "steps"),
    [(25, False, 25, 3), (25, True, 20, 2), (30, True, 30, 3), (7, True, 7, 1), (7, False, 7, 1)],
)
def test_a_smaller_last_batch_is_left_out_but_not_the_only_one(
    rows: int, drop: bool, visited: int, steps: int
) -> None:
    batches = Batches(10, drop_remainder=drop)
    order = batches.order(0, 0, rows)
    assert (len(order), batches.rows(rows), batches.steps(rows)) == (visited, visited, steps)
    assert len(np.unique(order)) == visited
    assert order.tolist() == epoch_order(0, 0, rows)[:visited].tolist()


def test_a_configuration_says_how_rows_come() -> None:
    assert batches_of({}) == Batches(100, True, False)
    assert batches_of({"batch_size": 8, "shuffle": False, "drop_remainder": True}) == Batches(8, False, True)
