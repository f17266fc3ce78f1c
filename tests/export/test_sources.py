"""Scripts for every kind of source, run up to training: their arrays and first weights must be the refit's.

Nothing trains here; a script that is found equal carries no note.
"""

from __future__ import annotations

import ast
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from kerasweep.errors import ModelError, OutputError
from kerasweep.training.models import find_model
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kerasweep.export.script import Script

OWN_DATA = """
import numpy as np
import pandas as pd

rng = np.random.default_rng(3)
x, y = rng.normal(size=(80, 4)), rng.integers(0, 3, 80)


def pair():
    return x, np.array(["low", "middle", "high"])[y]


def halves():
    return (x[:60], y[:60]), (x[60:], y[60:])


def arrays():
    return {"x": x, "y": np.stack([x.sum(1), x[:, 0]], 1), "groups": np.arange(80) // 4}


def texts():
    return [f"a text of {row.round(1)}" for row in x], y


def frame():
    return pd.read_csv("people.csv")


def frames():
    table = pd.read_csv("people.csv").drop(columns="spent")
    return (table[:200].drop(columns="bought"), table[:200].bought), (table[200:].drop(columns="bought"), table[200:].bought)
"""


def write_everything(folder: Path) -> None:
    """Write one source of each kind into a folder."""
    (folder / "own_data.py").write_text(OWN_DATA)
    people = pd.read_csv(folder / "people.csv")
    people.to_csv(folder / "semicolons.csv", index=False, sep=";", encoding="utf-8-sig")
    people.assign(city=people.city.astype("category"), visits=people.children.astype("Int64")).to_parquet(
        folder / "people.parquet"
    )
    people.assign(bought=(people.bought == "yes").astype(float)).to_csv(folder / "floats.csv", index=False)
    rng = np.random.default_rng(4)
    pixels = rng.integers(0, 256, (60, 9, 8), dtype=np.uint8)
    labels = rng.integers(0, 3, 60)
    np.savez(folder / "images.npz", x=pixels, y=labels)
    (folder / "arrays").mkdir()
    np.save(folder / "arrays" / "x.npy", pixels)
    np.save(folder / "arrays" / "y.npy", labels)
    np.savez(folder / "channels.npz", x=rng.random((60, 3, 12, 10)).astype("float32"), y=np.eye(3)[labels])
    gaps = rng.normal(size=(90, 5)) * 30
    gaps[rng.random(gaps.shape) < 0.1] = np.nan
    np.savez(
        folder / "gaps.npz",
        x_train=gaps[:60],
        y_train=gaps[:60, 0] > 0,
        x_test=gaps[60:],
        y_test=gaps[60:, 0] > 0,
    )
    said = ["A film of {}.", "정말 {}번 봤다!", "Nothing", "", "(a) 'b' {}"]
    for root in ("letters", "books/train", "books/test"):
        for label in ("class 2", "고양이"):
            (folder / root / label).mkdir(parents=True)
            for number in range(12):
                text, encoding = said[number % 5].format(number), "cp949" if root == "letters" else "utf-8"
                (folder / root / label / f"{number}.txt").write_text(text, encoding=encoding)
    people.assign(note=[said[row % 2].format(row) for row in people.index]).to_csv(
        folder / "notes.csv", index=False
    )
    for root in ("photos", "parted/train", "parted/test"):
        for label in ("class 2", "class 10", "고양이"):
            (folder / root / label).mkdir(parents=True)
            for number in range(6):
                colour = (8, 7, 3) if root == "photos" else (8, 7)
                name = f"{number}.{'jpg' if number == 3 and root == 'photos' else 'png'}"
                Image.fromarray(rng.integers(0, 256, colour, dtype=np.uint8)).save(
                    folder / root / label / name
                )


@pytest.fixture(scope="module")
def everything(place: Any) -> Path:
    write_everything(place.folder)
    return place.folder


def script_of(refit: Any) -> Script:
    from kerasweep.export.script import make_script

    build = find_model(refit.study.spec["model"], refit.dataset.task).load()
    return make_script(refit, build=build)


PEOPLE = {"source": "people.csv", "target": "bought"}
PAIRS_OF_WORDS = {"ngrams": 2, "embedding_dim": 8, "units": 4}
CASES: dict[str, tuple[Any, str]] = {
    "digits": ("digits", "cnn"),
    "iris": ("iris", "ann"),
    "wine": ("wine", "dnn"),
    "breast cancer, by another spelling": ("Breast-Cancer", "ann"),
    "diabetes": ("diabetes", "nn"),
    "table": (PEOPLE, "dnn"),
    "table, a regression": ({**PEOPLE, "target": "spent"}, "nn"),
    "table with semicolons, by its path": ({**PEOPLE, "source": "./semicolons.csv"}, "ann"),
    "table in Parquet": ({**PEOPLE, "source": "people.parquet"}, "ann"),
    "table with whole floats as classes": (
        {**PEOPLE, "source": "floats.csv", "task": "classification"},
        "ann",
    ),
    "table by groups": ({**PEOPLE, "group": "house"}, "ann"),
    "table, a part of it": ({**PEOPLE, "limit": 50}, "ann"),
    "table, a regression, a part of it": ({**PEOPLE, "target": "spent", "limit": 50}, "nn"),
    "table, robust": ({**PEOPLE, "scaling": "robust"}, "ann"),
    "table, not scaled": ({**PEOPLE, "scaling": "none"}, "ann"),
    "archive of images": ("images.npz", "cnn"),
    "archive of images, as vectors": ("images.npz", "ann"),
    "archive of images, standardised": ({"source": "images.npz", "scaling": "standard"}, "cnn"),
    "archive with channels first and one-hot labels": ("channels.npz", "cnn"),
    "archive with gaps and truths": ("gaps.npz", "ann"),
    "folder of arrays": ("arrays", "ann"),
    "folder of coloured images": ("photos", "cnn"),
    "folder with train and test": ("parted", "ann"),
    "folder of texts in another encoding": ({"source": "letters", "encoding": "cp949"}, "text"),
    "folder of texts with train and test": ("books", "text"),
    "table with text": ({**PEOPLE, "source": "notes.csv"}, "text"),
    "table with text that is left out": ({**PEOPLE, "source": "notes.csv"}, "ann"),
    "function, texts": ("own_data:texts", "text"),
    "table with text, pairs of its words": ({**PEOPLE, "source": "notes.csv", "text": ["city"]}, "text"),
    "function, a pair": ("own_data:pair", "ann"),
    "function, halves": ("own_data:halves", "ann"),
    "function, arrays with groups, two targets": ("own_data:arrays", "dnn"),
    "function in a file, a frame": ({"source": "own_data.py:frame", "target": "bought"}, "ann"),
    "function, frames": ("own_data:frames", "dnn"),
    "own model in the order of its layers": ("digits", "own_models:in_order"),
    "own model, compiled, a graph": ("iris", "own_models:compiled"),
    "own model with its last layer first": ("digits", "own_models:last_first"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_script_makes_the_refits_arrays_and_weights(
    name: str, everything: Path, refit_of: Callable[..., Any], tmp_path: Path
) -> None:
    source, model = CASES[name]
    data = source if isinstance(source, dict) else {"source": source}
    limit = data.get("limit")
    space = {"preset": "full", "fix": PAIRS_OF_WORDS} if "pairs" in name else {}
    spec = {"data": data, "model": model, "space": space, "cv": {"folds": 2, "method": "auto"}}
    refit = refit_of(spec, limit=limit)
    script = script_of(refit)
    assert script.notes == ()
    check_python(script.text, tmp_path)
    assert ("from own_models import" in script.text) == (model == "own_models:last_first")


def check_python(text: str, folder: Path) -> None:
    """It is Python that a linter and a formatter leave alone, and it does not import Kerasweep."""
    modules = [
        name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
        )
    ]
    assert not [name for name in modules if name.startswith("kerasweep")]
    ruff = shutil.which("ruff") or shutil.which(
        "ruff", path=str(__import__("pathlib").Path(__import__("sys").executable).parent)
    )
    if ruff is None:
        pytest.skip("ruff is missing")
    path = folder / "train.py"
    path.write_text(text, encoding="utf-8")
    options = ["--isolated", "--no-cache", "--line-length", "110", str(path)]
    for command in (["check", "--select", "E,F,I"], ["format", "--diff"]):
        done = subprocess.run([ruff, *command, *options], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_rows_in_order_of_time_are_split_at_the_end(everything: Path, refit_of: Callable[..., Any]) -> None:
    spec = {"data": {**PEOPLE, "target": "spent"}, "model": "nn", "cv": {"method": "time", "folds": 3}}
    script = script_of(refit_of(spec))
    assert script.notes == ()
    assert "time goes on" in script.text


def test_a_family_is_written_out_without_its_builder_too(
    everything: Path, refit_of: Callable[..., Any]
) -> None:
    from kerasweep.export.script import make_script

    refit = refit_of({"data": "iris", "model": "ann"})
    assert make_script(refit).text == script_of(refit).text


@pytest.mark.parametrize(
    ("data", "target", "wanted"),
    [
        (
            (np.random.default_rng(0).normal(size=(40, 3)), np.arange(40) % 2),
            None,
            "Set x and y, all rows of them,",
        ),
        (
            ((np.ones((40, 3)) * np.arange(3), np.arange(40) % 2), (np.zeros((4, 3)), np.arange(4) % 2)),
            None,
            "Set x_train, y_train, x_test and y_test,",
        ),
        (pd.DataFrame({"a": np.arange(40.0), "b": ["x", "y"] * 20}), "b", "Set frame, a pandas DataFrame,"),
    ],
)
def test_data_given_in_python_have_a_place_to_be_put(
    data: Any, target: str | None, wanted: str, everything: Path, refit_of: Callable[..., Any], tmp_path: Path
) -> None:
    spec = {"data": {"source": "python:tuple", **({"target": target} if target else {})}, "model": "ann"}
    script = script_of(refit_of(spec, data=data))
    assert script.notes == ("its rows were given in Python, so that it could not be tried",)
    assert wanted in script.text
    assert "This script may print other numbers" in script.text
    namespace: dict[str, Any] = {"__name__": "exported"}
    exec(script.text, namespace)
    with pytest.raises(SystemExit, match="Set "):
        namespace["load_data"]()


def test_changed_rows_take_the_promise_back(everything: Path, refit_of: Callable[..., Any]) -> None:
    people = pd.read_csv(everything / "people.csv")
    people.to_csv(everything / "changing.csv", index=False)
    refit = refit_of({"data": {**PEOPLE, "source": "changing.csv"}, "model": "ann"})
    people.assign(income=people.income**2).to_csv(everything / "changing.csv", index=False)
    script = script_of(refit)
    assert "prints the same again" not in script.text
    (everything / "changing.csv").unlink()
    with pytest.raises(
        OutputError, match=r"The data 'changing.csv' cannot be read again for a script: .*No such file"
    ):
        script_of(refit)


def test_a_model_that_nobody_else_can_make_is_refused(everything: Path, refit_of: Callable[..., Any]) -> None:
    import keras
    from kerasweep.export.script import make_script

    class Odd(keras.layers.Layer):
        def call(self, x: Any) -> Any:
            return x * 2

    refit = refit_of({"data": "iris", "model": "ann"})
    model = keras.Sequential([keras.Input((4,)), Odd(), keras.layers.Dense(3, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    study = type(refit.study)(
        **{**vars(refit.study), "spec": {**refit.study.spec, "model": "notebook:make.<locals>.build"}}
    )
    odd = type(refit)(**{**vars(refit), "model": model, "study": study})
    with pytest.raises(ModelError, match="it has Odd, which is not one of Keras's own"):
        make_script(odd)
