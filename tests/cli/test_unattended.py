"""A sweep that nobody looks at: it stops where its trials fail for one reason, and each trial's log is there the next morning."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.trains
MODEL = """
import sys

import keras
from kerasweep.spaces import Categorical, Space

SPACE = Space((Categorical("kind", ("works", "one", "other", "third")),))


def build(config, signature):
    print("building", config["kind"], "\\x1b[31m뿌리")
    print("a word of warning", file=sys.stderr)
    if config["kind"] != "works":
        open("no such file")
    layers = [keras.layers.Flatten(), keras.layers.Dense(10, "softmax")]
    model = keras.Sequential([keras.Input(signature.input_shape), *layers])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
"""
FLAGS = "--search grid --limit 60 --folds 2 --epochs 1 --threads 1 --study s --max-failures 2 -q".split()


def test_it_stops_and_says_why(kerasweep: Any, tmp_path: Path) -> None:
    (tmp_path / "night.py").write_text(MODEL, encoding="utf-8")
    done = kerasweep("launch", "digits", "night:build", *FLAGS, cwd=tmp_path)
    assert done.returncode == 1
    *_, last = done.stderr.strip().splitlines()
    assert last.startswith(
        "Error: 2 trials in a row failed in the same way (FileNotFoundError at night.py:14). Trial 2: "
    )
    assert "Traceback (most recent call last)" in done.stderr
    for number, kind in enumerate(("works", "one", "other")):
        shown = kerasweep("show", "s", number, cwd=tmp_path).stdout
        assert f"It printed:\nbuilding {kind} 뿌리\n" in shown
        assert "a word of warning" in shown
        assert ("No such file or directory" in shown) == (number > 0)
    found = json.loads(kerasweep("show", "s", "2", "--json", cwd=tmp_path).stdout)
    assert found["log"].startswith("building other 뿌리\n")
    assert not [
        path for path in tmp_path.iterdir() if path.name not in ("night.py", "__pycache__", "kerasweep.db")
    ]


@pytest.mark.parametrize("word", ["0", "many"])
def test_a_number_of_failures_is_one_or_more(kerasweep: Any, tmp_path: Path, word: str) -> None:
    done = kerasweep("launch", "digits", "dnn", f"--max-failures={word}", "--dry-run", cwd=tmp_path)
    assert done.returncode == 2
    assert "max" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
