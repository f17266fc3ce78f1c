"""Functions as text: with what they need, and nothing of the package."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kerasweep.cells import plain_number
from kerasweep.export.sources import sources_of
from kerasweep.training.data.delimited import first_rows, read_csv
from kerasweep.training.data.images import find_images, read_pixels
from kerasweep.training.data.resampling import draw_positions
from kerasweep.training.data.splits import draw_groups, draw_stratified, group_labels
from kerasweep.training.data.table_files import read_parquet
from kerasweep.training.data.targets import class_codes
from kerasweep.training.plateau import FallingRate
from kerasweep.training.seeds import epoch_order
from kerasweep.training.weighting import row_weights

EXPORTED = (
    plain_number,
    first_rows,
    read_csv,
    read_parquet,
    find_images,
    read_pixels,
    draw_positions,
    draw_groups,
    draw_stratified,
    group_labels,
    class_codes,
    FallingRate,
    epoch_order,
    row_weights,
)


def executed(*functions: Any) -> dict[str, Any]:
    """Run their text by itself."""
    sources = sources_of(*functions)
    namespace: dict[str, Any] = {}
    exec("\n\n".join([*sorted(sources.imports), *sources.constants, *sources.texts]), namespace)
    return namespace


@pytest.mark.parametrize("function", EXPORTED)
def test_a_functions_text_stands_by_itself(function: Any) -> None:
    sources = sources_of(function)
    assert function.__name__ in executed(function)
    assert not [line for line in sources.imports if "kerasweep" in line or "from ." in line]
    assert not [text for text in sources.texts if "import " in text or "type: ignore" in text]


def test_each_definition_and_import_is_there_once() -> None:
    sources = sources_of(*EXPORTED, *EXPORTED)
    heads = [text.splitlines()[0] for text in (*sources.constants, *sources.texts)]
    assert len(set(heads)) == len(heads)
    assert "import pandas as pd" in sources.imports
    assert "from collections.abc import Sequence" in sources.imports
    assert any(text.startswith("MARKS = ") for text in sources.constants)
    assert any(text.startswith("class Plateau:") for text in sources.texts)


def test_the_text_does_what_the_function_does(tmp_path: Path) -> None:
    made = executed(*EXPORTED)
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 3, 90)
    groups = np.arange(90) // 5
    np.testing.assert_array_equal(
        made["draw_groups"](codes, groups, 0.3, 4), draw_groups(codes, groups, 0.3, 4)
    )
    assert made["plain_number"](" '1,234.5' ") == plain_number(" '1,234.5' ") == 1234.5
    (tmp_path / "rows.csv").write_text("1, 2\n3, ?\n", encoding="utf-8")
    frame = made["read_csv"](tmp_path / "rows.csv", ",", header=False)
    assert frame.to_dict("list") == {"c0": [1, 3], "c1": ["2", "?"]}
    rate = np.array(0.5)
    falling = made["FallingRate"](made["Plateau"](0.5, 1, 0.0, 0, 0.1), _Variable(rate))
    falling.after(1.0)
    falling.after(1.0)
    assert rate == 0.25


class _Variable:
    """Stands for an optimizer's learning rate."""

    def __init__(self, value: np.ndarray) -> None:
        self.value = value

    def numpy(self) -> np.ndarray:
        return self.value

    def assign(self, value: float) -> None:
        self.value[...] = value


def test_labels_are_looked_up_as_they_are_stored() -> None:
    assert class_codes([" 'a'", "b", "c", 3.0, True], ["b", "a", "3", "True"]).tolist() == [1, 0, -1, 2, 3]
