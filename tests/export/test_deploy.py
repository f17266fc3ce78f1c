"""The zip to be deployed: every kind of data has a sample that ``predict.py`` reads, and what does not work is not written.

Data and models of a user's own are deployed in ``test_whatever_fit_takes.py``.
"""

from __future__ import annotations

import csv
import json
import sys
import zipfile
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import yaml
from kerasweep.errors import OutputError
from kerasweep.export import FORMATS
from kerasweep.export.deploy import write_deploy
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = [
    pytest.mark.trains,
    # Keras's own, where it saves a TensorFlow variable with NumPy 2.
    pytest.mark.filterwarnings(
        "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
    ),
]

LAYERS = """
import keras


@keras.saving.register_keras_serializable()
class Doubled(keras.layers.Layer):
    def call(self, x):
        return 2 * x


def build(config, signature):
    outputs = keras.layers.Dense(signature.outputs, activation="softmax")
    return keras.Sequential([keras.Input(signature.input_shape), Doubled(), outputs])
"""
ROWS = 60


@pytest.fixture(scope="module")
def sources(place: Any) -> Path:
    """A folder with data of every kind."""
    rng = np.random.default_rng(0)
    folder = place.folder
    (folder / "own_layers.py").write_text(LAYERS)
    y = np.arange(ROWS) % 2
    said = np.array(["good film, best", 'bad 영화, "poor"\nand dull'])[y]
    table = pd.DataFrame(
        {
            "날짜": pd.date_range("2023-11-05", periods=ROWS, freq="53h").strftime("%d/%m/%Y"),
            "pay": [f"{1000 + row},5" for row in range(ROWS)],
            "work": rng.choice(["요리사", "=1+1"], ROWS),
            "code": rng.choice(["01", "7"], ROWS),
            "said": said,
            "fast": rng.random(ROWS) < 0.5,
            "y": y,
        }
    )
    table.loc[::9, ["work", "said"]] = None
    table.to_csv(folder / "mixed.csv", index=False, sep=";")
    table[["날짜", "code", "fast", "y"]].to_csv(folder / "plain.csv", index=False, header=False)
    np.savez(folder / "floats.npz", x=rng.uniform(size=(ROWS, 8, 8)), y=y)
    np.savez(folder / "labels.npz", x=rng.normal(size=(ROWS, 4)), y=np.stack([y, 1 - y, y], 1))
    hours = pd.date_range("2024-01-01", periods=ROWS, freq="h")
    pd.DataFrame({"when": hours, "temp": np.sin(np.arange(ROWS) / 3)}).to_csv(
        folder / "hours.csv", index=False
    )
    for name in ("no", "yes"):
        (folder / "pictures" / name).mkdir(parents=True)
        (folder / "texts" / name).mkdir(parents=True)
        for row in range(8):
            pixels = rng.integers(0, 255, (8, 8, 3), np.uint8)
            Image.fromarray(pixels).save(folder / "pictures" / name / f"{row}.png")
            (folder / "texts" / name / f"{row}.txt").write_text(f"{name} 글 {row} words", encoding="cp949")
    yield folder
    sys.modules.pop("own_layers", None)


MIXED = {"source": "mixed.csv", "target": "y", "text": ["said"], "categorical": ["code"]}
KINDS: dict[str, tuple[dict[str, Any], str]] = {
    "numbers, categories, text, dates": ({"data": MIXED, "model": "text"}, "sample_input.csv"),
    "numbers in the target's units": (
        {"data": {"source": "people.csv", "target": "spent"}, "model": "nn"},
        "sample_input.csv",
    ),
    "no names": ({"data": {"source": "plain.csv", "target": "3", "header": False}, "model": "dnn"}, "sample_input.parquet"),
    "images": ({"data": "digits", "model": "cnn"}, "sample_input"),
    "images from 0 to 1": ({"data": "floats.npz", "model": "ann"}, "sample_input.npy"),
    "a folder of images": ({"data": "pictures", "model": "cnn"}, "sample_input"),
    "a folder of texts": ({"data": {"source": "texts", "encoding": "cp949"}, "model": "text"}, "sample_input"),
    "several labels": ({"data": "labels.npz", "model": "dnn"}, "sample_input.npy"),
    "windows": (
        {"data": {"source": "hours.csv", "target": "temp", "window": 6, "time_column": "when"}, "model": "rnn"},
        "sample_input.npy",
    ),
    "layers of one's own": ({"data": "iris", "model": "own_layers:build"}, "sample_input.csv"),
}  # fmt: skip


@pytest.mark.usefixtures("forked_workers")
@pytest.mark.parametrize("kind", KINDS)
def test_the_package_runs_by_itself_and_says_what_the_refit_says(
    kind: str, sources: Path, refit_of: Callable[..., Any], tmp_path: Path
) -> None:
    """``write_deploy`` compares; here is seen that it had something to compare."""
    spec, name = KINDS[kind]
    refit = refit_of(spec)
    with zipfile.ZipFile(write_deploy(refit, tmp_path / "집값.zip")) as archive:
        archive.extractall(tmp_path)
    folder = tmp_path / "집값"
    assert (folder / name).exists()
    with (folder / "sample_output.csv").open(encoding="utf-8", newline="") as stream:
        header, *rows = csv.reader(stream)
    assert len(rows) == min(8, refit.dataset.test_rows)
    assert ("file" in header) == (name == "sample_input")
    assert (folder / "own_layers.py").is_file() == (kind == "layers of one's own")
    assert name in (folder / "README.md").read_text(encoding="utf-8")
    if "dates" in kind:  # as the file has them
        shown = pd.read_csv(folder / name, dtype=str)
        assert shown["날짜"].str.fullmatch(r"\d\d/\d\d/\d{4}").all()
        assert shown["pay"].str.fullmatch(r"\d{4},5").all()
        assert "y" not in shown.columns


def test_what_is_in_it(sources: Path, refit_of: Callable[..., Any], tmp_path: Path) -> None:
    refit = refit_of({"data": "iris", "model": "linear"}, epochs=2)
    path = FORMATS["deploy"].write(refit, tmp_path / "out.zip", "linear")
    with zipfile.ZipFile(path) as archive:
        assert sorted(archive.namelist()) == sorted(
            f"out/{name}"
            for name in (
                *("README.md", "bundle.json", "configuration.yaml", "model.keras", "predict.py"),
                *(
                    "preprocessing.joblib",
                    "requirements.txt",
                    "sample_input.csv",
                    "sample_output.csv",
                    "scores.json",
                ),
            )
        )
        configuration = yaml.safe_load(archive.read("out/configuration.yaml"))
        scores = json.loads(archive.read("out/scores.json"))
        requirements = archive.read("out/requirements.txt").decode().splitlines()
    assert configuration["provenance"]["test"] == scores["test"] == refit.test
    assert configuration["provenance"]["configuration"] == refit.configuration
    assert (scores["value"], scores["fold_scores"]) == (0.91, [0.9, 0.92])
    assert f"keras=={version('keras')}" in requirements
    assert not [line for line in requirements if line.startswith(("pillow", "kerasweep"))]
    assert [file.name for file in tmp_path.iterdir()] == ["out.zip"]


@pytest.mark.usefixtures("forked_workers")
def test_what_needs_kerasweep_or_says_something_else_is_not_written(
    sources: Path, refit_of: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (sources / "own_layers.py").write_text(f"import kerasweep.cells\n{LAYERS}")
    refit = refit_of({"data": "iris", "model": "own_layers:build"})
    with pytest.raises(
        OutputError, match=r"^The package does not run by itself, and was not written: .*kerasweep"
    ):
        write_deploy(refit, tmp_path / "out.zip")
    refit = refit_of({"data": "iris", "model": "linear"})
    monkeypatch.setattr("kerasweep.export.deploy._said", lambda *_: (["class", "probability"], [["no", "1"]]))
    with pytest.raises(OutputError, match="says something else of the sample"):
        write_deploy(refit, tmp_path / "out.zip")
    assert list(tmp_path.iterdir()) == []
