"""What a dry run trains to say how long a sweep would take."""

from __future__ import annotations

import kerasweep as ks
import numpy as np
import pytest
from kerasweep.search import calibration
from kerasweep.search.calibration import calibrate

X = np.random.default_rng(0).normal(size=(230, 3))
Y = np.arange(230) % 2


@pytest.mark.parametrize(("most", "share"), [(2_000, 1.0), (25, 0.25)])
def test_of_many_rows_a_share_is_trained_and_the_time_is_that_of_all(
    monkeypatch: pytest.MonkeyPatch, most: int, share: float
) -> None:
    plan = ks.plan_sweep((X, Y), "ann", folds=2, epochs=10, trials=4, workers=1, search="random")
    rows: list[list[int]] = []

    def times(executor: calibration.InlineExecutor, _: object) -> tuple[float, float]:
        rows.append([len(fold.train) for fold in executor._workload.folds])
        return 3.0, 1.0

    monkeypatch.setattr(calibration, "MOST_ROWS", most)
    monkeypatch.setattr(calibration, "_time_two_epochs", times)
    found = calibrate(plan)
    whole = [len(fold.train) for fold in plan.workload.folds]
    assert rows[0] == [-(-count // round(1 / share)) for count in whole]
    assert found.share == pytest.approx(sum(rows[0]) / sum(whole)) == pytest.approx(share, rel=0.05)
    assert found.epoch == pytest.approx(1.0 / found.share)
    assert found.first_epoch == pytest.approx(2.0 + 1.0 / found.share), "tracing takes as long with any rows"
    assert found.seconds == pytest.approx(4 * (found.first_epoch + 9 * found.epoch))
