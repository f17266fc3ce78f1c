"""Tables as they are found: what a script and a bundle make of their rows is what the study trained on."""

from __future__ import annotations

import runpy
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from kerasweep.export.bundle import write_keras
from kerasweep.export.script import make_script

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = [
    pytest.mark.costly,
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


def with_decimal_commas(path: Path) -> dict[str, Any]:
    table = make_table().assign(y=lambda frame: frame["pay"] * 100, pay=lambda frame: frame["pay"] * 100)
    table[["pay", "y"]] = table[["pay", "y"]].map(
        lambda value: f"{value:,.1f}".translate(str.maketrans(",.", ".,"))
    )
    table.to_csv(path / "commas.csv", sep=";", index=False)
    return {"source": "commas.csv"}


def with_dates(form: str, name: str, **options: Any) -> Callable[[Path], dict[str, Any]]:
    def write(path: Path) -> dict[str, Any]:
        days = pd.date_range("2023-11-05 05:00", periods=ROWS, freq="53h")
        table = make_table().assign(날짜=days.strftime(form) if form else days)
        table.to_parquet(path / name) if "parquet" in name else table.to_csv(
            path / name, index=False, **options
        )
        header = {"header": False, "target": "4"} if options else {}
        return {"source": name, **header}

    return write


def with_own_test_rows(path: Path) -> dict[str, Any]:
    (path / "own_dates.py").write_text(
        "import pandas as pd\n"
        "def load():\n"
        "    frame = pd.read_csv('dates.csv')\n"
        "    x, y = frame.drop(columns='y'), frame['y']\n"
        "    return (x[:40], y[:40]), (x[40:], y[40:])\n"
    )
    with_dates("%d/%m/%Y %H:%M", "dates.csv")(path)
    return {"source": "own_dates.py:load", "target": None}


def with_codes(name: str, **options: Any) -> Callable[[Path], dict[str, Any]]:
    """Numbers that are said to be categories: some begin with 0, and in a Parquet file one is missing."""

    def write(path: Path) -> dict[str, Any]:
        codes = [f"0{code}" for code in range(7, 10)] + ["10"]
        table = make_table().assign(code=codes * (ROWS // 4))
        if "parquet" in name:
            codes = [*table["code"].astype(float)[:-1], None]
            table.assign(code=codes).to_parquet(path / name)
        else:
            table.to_csv(path / name, index=False, **options)
        said = (
            {"header": False, "target": "4", "categorical": ["-1"]} if options else {"categorical": ["code"]}
        )
        return {"source": name, **said}

    return write


SOURCES: dict[str, Callable[[Path], dict[str, Any]]] = {
    "classes with gaps": without_targets([None, 1, 0, 1] * 15),
    "words with gaps": without_targets([" ", "ja", "nein", "ja"] * 15),
    "words with question marks": without_targets(["?", "+", "-", " ? "] * 15),
    "gzip, of Korea": as_file("korea.csv.gz", encoding="cp949"),
    "bars, UTF-16": as_file("bars.txt", sep="|", encoding="utf-16"),
    "tabs": as_file("tabs.data", sep="\t"),
    "decimal commas": with_decimal_commas,
    "dates, the day first": with_dates("%d/%m/%Y %H:%M", "dates.csv"),
    "dates, no names": with_dates("%Y-%m-%dT%H:%M:%S", "plain.csv", header=False),
    "dates of Parquet": with_dates("", "dates.parquet"),
    "dates, test rows of its own": with_own_test_rows,
    "codes": with_codes("codes.csv"),
    "codes, no names": with_codes("plain_codes.csv", header=False),
    "codes of Parquet": with_codes("codes.parquet"),
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
    file = data["source"] if ".py" not in data["source"] else "dates.csv"
    rows = predictor.prepare(made["read_rows"](place.folder / file, predictor.about)[0])
    for part in (refit.dataset.x, refit.dataset.x_test):
        for row in refit.preparation.transform(part):
            assert (np.abs(rows - row).max(axis=1) < 1e-5).any()


def test_a_bundle_misses_the_dates_that_it_is_not_given(
    place: Any, refit_of: Callable[..., Any], tmp_path: Path
) -> None:
    data = {"target": "y", **with_dates("%Y-%m-%d", "days.csv")(place.folder)}
    write_keras(refit_of({"data": data, "model": "dnn"}), tmp_path / "out")
    make_table().to_csv(tmp_path / "rows.csv", index=False)
    done = place.run(str(tmp_path / "out" / "predict.py"), str(tmp_path / "rows.csv"))
    assert (done.returncode, done.stderr) == (2, "error: the table lacks the column 날짜\n")
