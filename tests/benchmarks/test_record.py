"""Real trainings are recorded as a table that searches are measured on, and an interrupted recording goes on."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

WORDS = ["record.py", "wine", "--limit", "90", "--epochs", "2", "--folds", "2", "--configurations", "4"]


def trained(
    recording: Any, folder: Path, monkeypatch: pytest.MonkeyPatch, *, stops_after: int | None = None
) -> int:
    """Record into a folder, perhaps with an interrupt before one training; return how many were trained."""
    count = 0
    train = recording.train

    def counted(*args: Any) -> Any:
        nonlocal count
        if count == stops_after:
            raise KeyboardInterrupt
        count += 1
        return train(*args)

    with monkeypatch.context() as patched:
        patched.setattr(recording, "train", counted)
        patched.setattr(recording, "KEPT_EVERY", 1)
        patched.setattr(recording, "RANGES", {**recording.RANGES, "units": [8]})
        patched.setattr(sys, "argv", [*WORDS, "--folder", str(folder)])
        if stops_after is None:
            recording.main()
        else:
            with pytest.raises(KeyboardInterrupt):
                recording.main()
    return count


def test_a_recording_that_was_interrupted_goes_on_and_is_the_table_of_one_that_was_not(
    simulation: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, parted = tmp_path / "whole", tmp_path / "parted"
    recording = simulation.record
    assert trained(recording, whole, monkeypatch) == 4
    assert trained(recording, parted, monkeypatch, stops_after=2) == 2
    assert trained(recording, parted, monkeypatch) == 2
    tables = [
        dict(np.load(folder / "recorded-wine-dnn" / "table.npz", allow_pickle=False))
        for folder in (whole, parted)
    ]
    for name in ("hp", "names", "valid", "epochs"):
        np.testing.assert_array_equal(tables[0][name], tables[1][name], err_msg=name)
    assert tables[0]["valid"].shape == (4, 2, 2)
    assert sorted(path.name for path in (parted / "recorded-wine-dnn").iterdir()) == [
        "space.yaml",
        "table.npz",
    ]
    (table,) = simulation.layouts.read_tables(whole)
    assert len(table.rows) == 4
    assert (table.folds, table.epochs) == (2, 2)
