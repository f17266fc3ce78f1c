"""Studies of every awkward kind, written once for all tests of the reports."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import optuna
import pytest
from kerasweep.reports.view import load_view
from kerasweep.spaces import Categorical, Float, Int, Space, preset
from kerasweep.studies import StudyObjective, read_study
from kerasweep.studies.lifecycle import create_study
from kerasweep.training.pictures import png_text
from synthetic import fast_writes, hostile_space, make_large_study, make_study, wide_space

if TYPE_CHECKING:
    from kerasweep.reports.view import StudyView
    from kerasweep.studies import StudyRecord

HOSTILE = "<script>alert(1)</script> \"'&amp; <b>한국어</b> </script><img src=x onerror=alert(2)>"
PNG = png_text(np.arange(192, dtype=np.uint8).reshape(8, 8, 3), (0.0, 255.0), 8)
PICTURES: dict[str, Any] = {
    "class_counts": [[str(digit), 450 + 10 * digit] for digit in range(10)],
    "pictures": [{"label": str(digit), "png": PNG} for digit in range(10)],
}
COLUMNS: dict[str, Any] = {
    "columns": [
        {"name": "age", "kind": "numbers", "missing": 12},
        {"name": "한국어", "kind": "categories", "missing": 0, "distinct": 7},
        {"name": "note", "kind": "text", "missing": 0},
    ],
    "column_count": 3,
}
CONFUSED: dict[str, Any] = {
    "kind": "classes",
    "rows": 1000,
    "wrong": 40,
    "scores": [["f1_macro", 0.9597], ["neg_log_loss", -0.131]],
    "labels": [str(digit) for digit in range(10)],
    "counts": [
        [96 if one == other else 4 if other == (one + 1) % 10 else 0 for other in range(10)]
        for one in range(10)
    ],
    "worst": [
        {"row": row, "truth": "3", "predicted": "8", "confidence": 0.99 - row / 100, "png": PNG}
        for row in range(20)
    ],
}
ERRORS: dict[str, Any] = {
    "kind": "numbers",
    "scores": [["r2", 0.83], ["neg_max_error", -12.5]],
    "rows": 102,
    "mean": 1.5,
    "quantiles": [[0.05, -2.0], [0.25, -0.5], [0.5, 1.0], [0.75, 2.0], [0.95, 6.0]],
    "edges": [-3.0, 0.0, 3.0, 6.0],
    "counts": [30, 60, 12],
    "worst": [{"row": 17, "error": 11.5}, {"row": 3, "error": -9.0}],
}
AWKWARD = (
    "empty",
    "only failed",
    "one trial",
    "one fold",
    "one hyperparameter",
    "one value",
    "running",
    "infinite",
    "not a number",
    "foreign",
    "foreign empty",
    "foreign several",
    "several",
    "several, none complete",
    "constrained",
    "none feasible",
)
"""Studies that lack something, though nothing in them is wrong."""


@dataclass(frozen=True)
class Shelf:
    """A database of studies."""

    url: str

    def study(self, name: str) -> StudyRecord:
        return read_study(name, self.url)

    def view(self, name: str) -> StudyView:
        return load_view(self.study(name))


@pytest.fixture(params=AWKWARD)
def awkward(request: pytest.FixtureRequest) -> str:
    """Name of an awkward study on the shelf."""
    return str(request.param)


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    url = f"sqlite:///{tmp_path_factory.mktemp('reports') / 'studies.db'}"
    make_study(url, "ordinary", trials=24, profile=PICTURES, predictions=CONFUSED)
    make_study(url, "second", trials=14, refit=False)
    make_study(
        url, "regression", model="nn", direction="minimize", data="boston", trials=14, profile=COLUMNS, predictions=ERRORS
    )  # fmt: skip
    make_large_study(url, "large", trials=400)
    make_study(url, "full", trials=24, space=preset("dnn", "full"), prune=False)
    make_large_study(url, "넓은 탐색", model="my:build", trials=60, space=wide_space())
    make_study(url, "empty", trials=0)
    make_study(url, "one trial", trials=1)
    make_study(url, "one fold", trials=8, folds=1)
    make_study(
        url, "one hyperparameter", trials=6, space=Space((Float("learning_rate", 0.001, 0.1, log=True),))
    )
    make_study(
        url, "one value", trials=6, space=Space((Categorical("optimizer", ("adam",)), Int("units", 4, 8)))
    )
    make_study(
        url, HOSTILE, trials=14, space=hostile_space(), data=HOSTILE, model=HOSTILE,
        profile={"class_counts": [[HOSTILE, 3], [HOSTILE, 9]], "pictures": [{"label": HOSTILE, "png": PNG}, {"label": "x", "png": f'"{HOSTILE}'}],
                 "columns": [{"name": HOSTILE, "kind": HOSTILE, "missing": HOSTILE}], "column_count": 3},
        predictions={"kind": "classes", "rows": 5, "wrong": 2, "labels": [HOSTILE, HOSTILE, "$z$"],
                     "counts": [[1, 1, 0], [1, 1, 0], [0, 0, 1]],
                     "scores": [[HOSTILE, 0.5], ["$z$", float("nan")]],
                     "worst": [{"row": 3, "truth": HOSTILE, "predicted": HOSTILE, "png": f'x" onload="{HOSTILE}'}]},
    )  # fmt: skip
    make_study(
        url,
        "spoiled",
        trials=3,
        profile={"columns": 3, "class_counts": [[1]]},
        predictions={"kind": "classes", "counts": 3, "scores": 7},
    )
    make_study(url, "x" * 300, trials=3)
    with fast_writes():
        _write_odd(url)
        _write_goals(url)
        _write_foreign(url)
    return Shelf(url)


def _write_odd(url: str) -> None:
    about = {"metric": "val_loss", "folds": 2, "epochs": 3}
    with create_study(url, "only failed", "maximize", {}, {"metric": "val_accuracy"}) as writer:
        for number in range(3):
            failure = {} if number else {"kind": HOSTILE, "message": f"{HOSTILE}\nline two", "traceback": ""}
            writer.fail(writer.new_trial(), failure)
    with create_study(url, "running", "minimize", {}, about) as writer:
        trial = writer.new_trial()
        trial.suggest_float("learning_rate", 0.01, 0.1)
        writer.report(trial, 1, 0.5)
        writer.optuna.enqueue_trial({"learning_rate": 0.02})
    with create_study(url, "infinite", "minimize", {}, about) as writer:
        for value in (math.inf, 0.5, 0.4, 1e30, 0.45, 0.41):
            trial = writer.new_trial()
            trial.suggest_float("learning_rate", 0.01, 0.1)
            writer.finish(
                trial, value, {"fold_scores": [value, value]}, {"curves": {"val_loss": [[value], [value]]}}
            )
    with create_study(url, "not a number", "minimize", {}, about) as writer:
        for value in (0.5, 0.4, 0.3, 0.6):
            trial = writer.new_trial()
            trial.suggest_categorical("flag", [True, False, None, 1.5, "1.5"])
            curves = {"loss": [[math.nan, 0.4], [0.3]], "val_loss": [[math.nan], [math.nan]], "val_mae": []}
            writer.finish(trial, value, {"fold_scores": [math.nan, value]}, {"curves": curves})
    # What the shapes of a study's records leave open; what they do not, no study is read with.
    spec = {
        "space": {"define": {"a": {"type": "no such"}}},
        "search": {"method": 3},
        "cv": {"folds": []},
        "data": None,
    }
    with create_study(
        url, "malformed", "maximize", spec, {"metric": "val_accuracy", "data": "mnist", "folds": {}}
    ) as writer:
        trial = writer.new_trial()
        trial.suggest_int("units", 1, 9)
        writer.finish(trial, 0.5, {"fold_scores": [0.5], "epochs": 3, "parameters": 7}, {"curves": {}})


def _write_goals(url: str) -> None:
    """Studies with several objectives, and with constraints."""
    about = {"metric": "val_accuracy", "folds": 2, "epochs": 3}
    spec = {"training": {"objective": ["val_accuracy", "params", "seconds"], "constraints": ["params<500"]}}
    further = [StudyObjective("params", "minimize"), StudyObjective("seconds", "minimize")]
    for name in ("several", "several, none complete"):
        with create_study(url, name, "maximize", spec, about, further) as writer:
            for units in (4, 16, 64, 8, 32) if name == "several" else ():
                trial = writer.new_trial()
                trial.suggest_int("units", 1, 64)
                score, params = 0.9 - 1 / units, 10.0 * units
                result = {"fold_scores": [score, score + 0.01], "epochs": 2, "parameters": int(params)}
                values, excess = (score, params, 1e-4 / units), {"params<500": params / 500 - 1}
                writer.finish(trial, values, result, {}, excess)
            writer.refuse(writer.new_trial(), {"measured": {"params": 9e4}}, {"params<500": 179.0})
    for name, bound in (("constrained", 300.0), ("none feasible", 1.0)):
        with create_study(url, name, "maximize", {}, about) as writer:
            for place in range(8):
                trial = writer.new_trial()
                trial.suggest_int("units", 1, 64)
                params = 100.0 * (place + 1)
                result = {"fold_scores": [params / 1000] * 2, "epochs": 2, "parameters": int(params)}
                writer.finish(trial, params / 1000, result, {}, {"params<=": params / bound - 1})


def _write_foreign(url: str) -> None:
    storage = optuna.storages.RDBStorage(url)
    several = optuna.create_study(
        study_name="foreign several", storage=storage, directions=["maximize", "minimize"]
    )
    several.optimize(lambda trial: (x := trial.suggest_float("x", -3, 3), x * x), n_trials=12)
    optuna.create_study(study_name="foreign empty", storage=storage)
    study = optuna.create_study(study_name="foreign", storage=storage)

    def objective(trial: optuna.Trial) -> float:
        x = trial.suggest_float("<b>x</b> & %{y} $z$", -3, 3)
        kind = trial.suggest_categorical("kind", [None, True, "</script>", 3])
        depth = trial.suggest_int("depth", 1, 3) if kind is True else 0
        return x * x + depth

    study.sampler = optuna.samplers.RandomSampler(seed=1)
    study.optimize(objective, n_trials=12)
