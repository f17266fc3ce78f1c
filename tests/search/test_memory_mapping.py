"""What workers get of the data: equal, aligned, mapped, and their own to change."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from kerasweep.search.executors.memory_mapping import read_mapped, write_mapped
from kerasweep.training.machine import ALIGNMENT


def test_arrays_come_back_equal_aligned_and_writeable(tmp_path: Path) -> None:
    given = {
        "x": np.arange(12, dtype="float32").reshape(3, 4),
        "one": np.array([7]),
        "columns": np.asfortranarray(np.ones((5, 3))),
        "empty": np.zeros((0, 2)),
        "frame": pd.DataFrame({"수": [1.5, 2.5], "word": ["a", "나"]}),
    }
    write_mapped(given, tmp_path)
    first, second = read_mapped(tmp_path), read_mapped(tmp_path)
    for name in ("x", "one", "columns", "empty"):
        assert np.array_equal(first[name], given[name])
        assert first[name].dtype == given[name].dtype
    assert first["frame"].equals(given["frame"])
    assert first["x"].ctypes.data % ALIGNMENT == 0
    first["x"][0, 0] = 99
    assert second["x"][0, 0] == 0
    assert read_mapped(tmp_path)["x"][0, 0] == 0


@pytest.mark.parametrize("value", [{"nothing": 1}, {"empty": np.zeros(0)}])
def test_there_may_be_no_array(tmp_path: Path, value) -> None:
    write_mapped(value, tmp_path)
    assert read_mapped(tmp_path).keys() == value.keys()


def test_views_of_one_array_are_stored_once(tmp_path: Path) -> None:
    pictures = np.arange(1000, dtype="uint8").reshape(10, 10, 10)
    write_mapped(
        {"pictures": pictures, "rows": pictures.reshape(10, 100), "other": pictures.copy()}, tmp_path
    )
    read = read_mapped(tmp_path)
    assert np.shares_memory(read["pictures"], read["rows"])
    assert not np.shares_memory(read["pictures"], read["other"])
    assert np.array_equal(read["rows"], pictures.reshape(10, 100))


@pytest.mark.trains
def test_a_tensor_of_mapped_rows_is_no_copy(tmp_path: Path) -> None:
    from kerasweep.training.trainers.runtime import prepare_tensorflow

    prepare_tensorflow(1)
    from kerasweep.training.trainers.feeding import as_tensor

    write_mapped({"a": np.ones(3, "float32"), "x": np.arange(6, dtype="float32").reshape(3, 2)}, tmp_path)
    rows = read_mapped(tmp_path)["x"]
    tensor = as_tensor(rows)
    rows[1, 1] = 50
    assert tensor.numpy().tolist() == [[0, 1], [2, 50], [4, 5]]
    unaligned = np.frombuffer(bytearray(64 + 9 * 4), dtype="float32")[1:9]
    copied = as_tensor(unaligned)
    unaligned[:] = 1
    assert copied.numpy().sum() == 0
