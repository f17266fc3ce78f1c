"""Tables as they are found: what a script and a bundle make of their rows is what the study trained on."""

from __future__ import annotations

import runpy
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from kerasweep.export import write_keras
from kerasweep.export.script import make_script

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = [
    # Keras's own, where it saves a TensorFlow variable with NumPy 2.
    pytest.mark.filterwarnings(
        "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
    ),
]

ROWS = 60


def make_table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "age": rng.integers(18, 80, ROWS),
            "pay": rng.normal(50, 10, ROWS).round(2),
            "work": rng.choice(["요리사", "조종사"], ROWS),
            "note": "x",
            "y": np.arange(ROWS) % 2,
        }
    )


def without_targets(labels: Any) -> Callable[[Path], dict[str, Any]]:
    def write(path: Path) -> dict[str, Any]:
        make_table().assign(y=labels).to_csv(path / "gaps.csv", index=False)
        return {"source": "gaps.csv", "drop_missing_target": True, "drop": ["note"]}

    return write


def as_file(name: str, **options: Any) -> Callable[[Path], dict[str, Any]]:
    def write(path: Path) -> dict[str, Any]:
        make_table().to_csv(path / name, index=False, **options)
        return {"source": name, **{key: value for key, value in options.items() if value == "cp949"}}

    return write


SOURCES: dict[str, Callable[[Path], dict[str, Any]]] = {
    "classes with gaps": without_targets([None, 1, 0, 1] * 15),
    "words with gaps": without_targets([" ", "ja", "nein", "ja"] * 15),
    "gzip, of Korea": as_file("korea.csv.gz", encoding="cp949"),
    "bars, UTF-16": as_file("bars.txt", sep="|", encoding="utf-16"),
    "tabs": as_file("tabs.data", sep="\t"),
    "numbers with marks": without_targets(["?", *np.linspace(0, 1, ROWS - 2), "-"]),
}


@pytest.mark.parametrize("name", SOURCES)
def test_a_script_and_a_bundle_read_the_rows_as_the_study_did(
    name: str, place: Any, refit_of: Callable[..., Any], tmp_path: Path
) -> None:
    data = {"target": "y", **SOURCES[name](place.folder)}
    refit = refit_of({"data": data, "model": "dnn"})
    script = make_script(refit)
    assert script.notes == (), script.text
    write_keras(refit, tmp_path / "out")
    made = runpy.run_path(str(tmp_path / "out" / "predict.py"))
    predictor = made["load"](tmp_path / "out")
    rows = predictor.prepare(made["read_rows"](place.folder / data["source"], predictor.about)[0])
    for part in (refit.dataset.x, refit.dataset.x_test):
        for row in refit.preparation.transform(part):
            assert (np.abs(rows - row).max(axis=1) < 1e-5).any()
