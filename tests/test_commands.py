"""Whatever the documents tell people to run runs: every command, at a tiny size, and every block of YAML and Python.

A block of commands is one test, in a folder of its own that has what the documents speak of: data, models, a study.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kerasweep.search.specfile import read_spec
from kerasweep.spaces import read_space
from PIL import Image
from small_data import small_pictures

pytestmark = pytest.mark.trains

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
GENERATED = ("know-how.md", "benchmarks.md")
"""Pages whose commands stand in the others, too."""
TINY = {
    "launch": {"--trials": "1", "--epochs": "1", "--workers": "1"},
    "resume": {"--trials": "9", "--workers": "1"},
    "delete": {"--yes": ""},
}
"""What a command gets in place of its own numbers, or of a person's answer."""
FURTHER = {"--epochs": "2", "--workers": "1"}
"""What ``resume --epochs`` gets, which takes no number of trials."""
FILLED = {
    "STUDY": "houses-nn-knowhow",
    "TRIAL": "0",
    "NAME": "yaml",
    "17,4": "1,0",
    "one-se": "max",
    "postgresql://me@host/sweeps": "sqlite:///kerasweep.db",
    "postgresql://me@host/archive": "sqlite:///all.db",
}
"""Placeholders, numbers of trials that small studies have not, a rule that needs several folds, and a server."""
PREPARED = (
    "launch digits dnn --search grid --cv holdout --trials 1 --epochs 1",
    "launch digits dnn --cv holdout --trials 16 --epochs 1",
    "launch iris dnn --cv holdout --trials 4 --epochs 1",
    "launch wine dnn --cv holdout --trials 4 --epochs 1",
    "launch mnist cnn --space learning_rate --cv holdout --trials 8 --epochs 1",
    "launch houses.csv nn --target price --folds 2 --trials 1 --epochs 1",
    "export --format keras -o model/",
    "spaces cnn --yaml",
)
"""What somebody has run who comes to the documents' commands."""
ELSEWHERE = ("make", "pip", "pytest", ".venv/bin/pytest")
"""What ``.ci/run`` runs, because it sets a machine up."""
WITH_OTHERS = (
    "kerasweep ui",
    "kerasweep pause",
    "kerasweep stop",
    "optuna-dashboard",
    "ray start",
    "kerasweep launch digits ann --executor ray",
)
"""What serves until it is stopped, or needs a sweep or a cluster that runs: run by ``app/test_browser.py``,
``cli/test_control.py``, ``studies/test_dashboard.py`` and ``search/test_ray.py``."""
ON_A_SERVER = "--join"
"""What SQLite has not: run by ``search/test_joining.py``."""
MINE = """
def build_model(hp):
    import keras

    units = hp.Int("units", 4, 8)
    model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(units), keras.layers.Dense(10, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def define_model(trial):
    import keras

    units = trial.suggest_int("units", 4, 8)
    return keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(units), keras.layers.Dense(10, "softmax")])
"""
GIVEN = """
import kerasweep as ks
import numpy as np
import pandas as pd
from sklearn.datasets import load_iris

x, y = load_iris(return_X_y=True)
frame, labels, patients = pd.DataFrame(x, columns=list("abcd")), y, np.arange(len(y)) % 10
new_rows = frame.head()
"""
"""What a reader has who copies a block of Python."""
EARLIER = """
import keras_tuner
from mymodule import build_model


class Earlier(keras_tuner.RandomSearch):
    def run_trial(self, trial, **_):
        return {"val_accuracy": 0.5}


Earlier(build_model, "val_accuracy", max_trials=1, directory="my_dir", project_name="my_project").search(verbose=0)
"""


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(language: str) -> list[Any]:
    """Return the documents' blocks in a language, named by their place."""
    return [
        pytest.param(block, id=f"{page.name}-{number}")
        for page in DOCUMENTS
        for number, block in enumerate(re.findall(rf"```{language}\n(.*?)```", text_of(page), flags=re.S))
    ]


def commands() -> list[Any]:
    """Return the documents' commands: of each block of a shell's together, and each that stands in a sentence.

    What is the same once it is small, in a block or another sentence, is run once.
    """
    found = []
    for block in blocks("sh"):
        lines = [line for line in block.values[0].splitlines() if line.split()[:1] not in ([], ["#"])]
        lines = [line for line in lines if line.split()[0] not in ELSEWHERE]
        lines = [line for line in lines if not line.startswith(WITH_OTHERS)]
        if lines:
            found.append(pytest.param(lines, id=block.id))
    spoken: set[str] = set()
    for page in DOCUMENTS:
        if page.name not in GENERATED:
            prose = re.sub(r"```.*?```", "", text_of(page), flags=re.S)
            spoken.update(" ".join(code.split()) for code in re.findall(r"`(kerasweep \w[^`]*)`", prose))
    for example in (ROOT / "examples").iterdir():
        if example.is_file():
            spoken.update(re.findall(r"kerasweep launch [^\n`{]+?(?=  |$)", text_of(example), flags=re.M))
    for code in (ROOT / "cli").glob("*.py"):  # the examples of ``--help``
        spoken.update(re.findall(r"\[dim\](kerasweep .*?)\[/\]", text_of(code)))
    known = {tuple(made_small(line)) for param in found for line in param.values[0]}
    for line in sorted(
        line for line in spoken if not line.startswith(WITH_OTHERS) and ON_A_SERVER not in line
    ):
        if (small := tuple(made_small(line))) not in known:
            known.add(small)
            found.append(pytest.param([line], id=line))
    return found


def made_small(line: str) -> list[str]:
    """Return the words of a command with small numbers and without placeholders."""
    words = tiny([FILLED.get(word, word) for word in shlex.split(line, comments=True)])
    return " ".join(words).split(" > ")[0].split()


def tiny(words: list[str]) -> list[str]:
    """Return a command with small numbers, where it trains."""
    if len(words) < 3:
        return words
    small = FURTHER if words[1] == "resume" and "--epochs" in words else TINY.get(words[1], {})
    kept = [word for place, word in enumerate(words) if not {word, words[place - 1]} & set(small)]
    flags = [word for pair in small.items() for word in pair if word]
    folds = words[1] == "launch" and not words[2].endswith(".yaml")
    return [*kept, *flags, *(["--cv", "holdout"] if folds else [])]


@pytest.fixture(scope="session")
def workshop(kerasweep: Any, python: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with all that the documents speak of; to be copied, not changed."""
    folder = tmp_path_factory.mktemp("workshop")
    small_pictures(folder, rows=100)
    (folder / "mymodule.py").write_text(MINE, encoding="utf-8")
    (folder / "sweep.yaml").write_text(blocks("yaml")[0].values[0], encoding="utf-8")
    for name in ("cat", "dog"):
        (folder / "images" / name).mkdir(parents=True)
        for number in range(10):
            picture = np.random.default_rng(number).integers(0, 255, (8, 8, 3), "uint8")
            Image.fromarray(picture).save(folder / "images" / name / f"{number}.png")
    (folder / "earlier.py").write_text(EARLIER, encoding="utf-8")
    (folder / "houses.py").write_text(
        "from own_data import houses\n\ntable = houses(80)\ntable.to_csv('houses.csv', index=False)\n"
        "table.drop(columns='price').to_csv('new-rows.csv', index=False)\n"
    )
    shutil.copytree(ROOT / "examples", folder / "examples")
    for script, name in (("own_data", "own_data"), ("own_model", "own_model"), ("own_model", "mymodels")):
        text = text_of(folder / "examples" / f"{script}.py")
        if name == "mymodels":  # for pictures, and with a hyperparameter of another name
            flat = "keras.layers.Flatten(), keras.layers.Dense(config"
            text = text.replace('"width"', '"units"').replace("keras.layers.Dense(config", flat)
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    hours = [f"2024-03-{day:02d} {hour:02d}:00,{hour + day}" for day in range(1, 9) for hour in range(24)]
    (folder / "weather.csv").write_text("\n".join(["date,temp", *hours]), encoding="utf-8")
    reviews = [f"a {word} film in part {part},{word}" for part in range(20) for word in ("good", "bad")]
    (folder / "reviews.csv").write_text("\n".join(["review,label", *reviews]), encoding="utf-8")
    for script in ("houses.py", "earlier.py"):
        done = python(script, cwd=folder)
        assert done.returncode == 0, done.stderr
    for line in PREPARED:
        done = kerasweep(*line.split(), cwd=folder, KERASWEEP_DATA=str(folder))
        assert done.returncode == 0, done.stderr
    (folder / "my-space.yaml").write_text(done.stdout, encoding="utf-8")
    return folder


@pytest.mark.parametrize("lines", commands())
def test_commands_of_the_documents_run(
    lines: list[str], workshop: Path, kerasweep: Any, python: Any, tmp_path: Path
) -> None:
    folder = shutil.copytree(workshop, tmp_path / "here")
    for line in lines:
        words, redirected = made_small(line), " > " in line
        program, *arguments = words
        run = {"kerasweep": kerasweep, "python": python}[program]
        done = run(*arguments, cwd=folder, KERASWEEP_DATA=str(folder))
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        if redirected:
            (folder / line.split(" > ")[1].split()[0]).write_text(done.stdout, encoding="utf-8")


@pytest.mark.parametrize("block", blocks("yaml"))
def test_files_of_the_documents_are_read(block: str, tmp_path: Path) -> None:
    file = tmp_path / "file.yaml"
    file.write_text(block, encoding="utf-8")
    if block.startswith("version:"):
        assert len(read_space(file)) > 2
    else:
        assert read_spec(file).study


@pytest.mark.parametrize("block", blocks("python"))
def test_python_of_the_documents_runs(block: str, python: Any, tmp_path: Path) -> None:
    small = re.sub(r"trials=\d+", "trials=1, epochs=1", block).replace("n_jobs=2", "n_jobs=1")
    small = small.replace("workers=2)", "workers=1, trials=1, epochs=1)")
    small = small.replace("random_state=0)", "random_state=0, n_trials=1, epochs=1)")
    launches = block.count("ks.launch(") + block.count("ks.SweepCV(")
    assert small.count("epochs=1") == launches, "every launch is made small"
    (tmp_path / "block.py").write_text(GIVEN + small, encoding="utf-8")
    done = python("block.py", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "report.html").exists() == ("report()" in block)


def test_the_commands_of_the_documents_are_found() -> None:
    found = {
        line.split()[1] for param in commands() for line in param.values[0] if line.startswith("kerasweep")
    }
    assert {"launch", "best", "report", "refit", "export", "spaces", "resume", "show", "import"} <= found
    assert {line.split()[0] for param in commands() for line in param.values[0]} <= {"kerasweep", "python"}
    assert os.fspath(ROOT / "README.md") in map(os.fspath, DOCUMENTS)
