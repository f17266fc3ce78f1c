"""Golden suggestions: what each search method proposes for a seed, kept in ``golden/*.csv``.

A difference means that sweeps of the same seed will give other trials than before: a new version of Optuna, SciPy or KerasTuner, or
a change of a sampler here. Where it is meant, write the files anew and say so in the changelog::

    KERASWEEP_REGENERATE=1 python -m pytest tests/search/test_golden.py
"""

from __future__ import annotations

import csv
import itertools
import json
import math
import os
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent / "golden"
TRIALS = 24


@pytest.mark.parametrize(
    ("method", "seed"),
    [
        ("grid", 0),
        ("sensitivity", 0),
        *itertools.product(("random", "qmc", "bayes", "cmaes"), (0, 7)),
        pytest.param("kt-random", 7, marks=pytest.mark.trains),
        pytest.param("kt-grid", 0, marks=pytest.mark.trains),
    ],
)
def test_suggestions(lab, fake, method: str, seed: int) -> None:
    made = lab(method=method, seed=seed, trials=TRIALS, epochs=2)
    executor = fake(epochs=2)
    made.run(executor)
    found = [task.configuration for task in executor.trained]
    file = GOLDEN / f"{method}-{seed}.csv"
    if os.environ.get("KERASWEEP_REGENERATE") == "1":
        write(file, made.space.names, found)
    expected = read(file)
    assert len(found) == len(expected)
    for number, (configuration, golden) in enumerate(zip(found, expected, strict=True)):
        assert list(configuration) == list(golden), f"trial {number}"
        for name, value in configuration.items():
            close = isinstance(value, float) and math.isclose(value, golden[name], rel_tol=1e-9)
            assert close or (type(value) is type(golden[name]) and value == golden[name]), f"trial {number}"


def write(file: Path, names: tuple[str, ...], configurations: list[dict]) -> None:
    with file.open("w", newline="") as stream:
        rows = csv.writer(stream, lineterminator="\n")
        rows.writerow(names)
        for configuration in configurations:
            rows.writerow(
                [json.dumps(configuration[name]) if name in configuration else "" for name in names]
            )


def read(file: Path) -> list[dict]:
    with file.open(newline="") as stream:
        return [
            {name: json.loads(text) for name, text in row.items() if text} for row in csv.DictReader(stream)
        ]
