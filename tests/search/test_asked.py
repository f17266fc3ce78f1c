"""What is asked for beside something that leaves it without a meaning: refused, or told in the plan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import kerasweep as ks
import numpy as np
import pandas as pd
import pytest
from kerasweep.errors import SpecError
from kerasweep.search.resume import plan_resume
from kerasweep.search.specfile import read_spec
from kerasweep.training.data import load_dataset
from synthetic import make_study


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("asked") / "rows.csv"
    numbers = np.random.default_rng(0).normal(size=(60, 2))
    frame = pd.DataFrame(numbers, columns=["a", "b"]).assign(
        y=np.where(numbers.sum(axis=1) > 0, "yes", "no"), fold=np.arange(60) % 3, valid=np.arange(60) % 3 == 0
    )
    frame.to_csv(path, index=False)
    return path


FOLD = {"fold_column": "fold", "drop": ["valid"]}
VALID = {"validation": "valid", "drop": ["fold"]}
PASSED_OVER: list[tuple[dict[str, Any], str]] = [
    ({**FOLD, "folds": 9}, "cv.folds: column 'fold' says in which fold a row validates; leave it out."),
    ({**FOLD, "folds": 5}, "cv.folds: column 'fold'"),
    ({**FOLD, "repeats": 2}, "cv.repeats: column 'fold'"),
    ({**FOLD, "holdout": 0.3}, "cv.holdout: column 'fold'"),
    ({**VALID, "folds": 3}, "cv.folds: column 'valid' says which rows validate; leave it out."),
    ({**VALID, "holdout": 0.3}, "cv.holdout: column 'valid'"),
    ({"cv": "holdout", "folds": 3}, "cv.folds: a holdout is one split, and has no folds; leave it out."),
    ({"cv": "kfold", "repeats": 3}, "cv.repeats: it is for cv: repeated; leave it out."),
    ({"repeats": 3}, "cv.repeats: it is for cv: repeated"),
    ({"holdout": 0.3}, "cv.holdout: it is for cv: holdout; leave it out."),
    ({"test_size": 0, "test_split": "last"}, "data.test_split: test_size is 0"),
    ({"prior": "none"}, "space.prior: it is for a function, and 'dnn' is a family; leave it out."),
    ({"address": "head:6379"}, "execution.address: it is of a Ray cluster, for executor: ray; leave it out."),
    ({"keep_states": 0, "keep_models": 2}, "execution.keep_models: keep_states is 0"),
    ({"keep_states": 0, "checkpoint_every": "3m"}, "execution.checkpoint_every: keep_states is 0"),
]


@pytest.mark.parametrize(("settings", "message"), PASSED_OVER, ids=[said for _, said in PASSED_OVER])
def test_what_would_be_passed_over_is_refused(table: Path, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError) as caught:
        ks.plan_sweep(str(table), "dnn", target="y", **settings)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    "settings",
    [
        FOLD,
        {**FOLD, "test_size": 0.4},
        VALID,
        {"cv": "holdout", "holdout": 0.3},
        {"cv": "repeated", "folds": 3, "repeats": 3},
        {"test_size": 0.1, "test_split": "last"},
        {"keep_states": 0, "checkpoint_every": None, "keep_models": 0},
    ],
)
def test_what_is_heeded_is_not(table: Path, settings: dict[str, Any]) -> None:
    plan = ks.plan_sweep(str(table), "dnn", target="y", **settings)
    again = ks.plan_sweep(str(table), "dnn", target="y", **settings)
    assert len(plan.workload.folds) == len(again.workload.folds)


@pytest.mark.parametrize("number", [{"folds": 3}, {"holdout": 0.3}, {"repeats": 2}])
def test_rows_that_validate_and_a_number_of_folds_exclude_each_other(number: dict[str, Any]) -> None:
    x, y = np.random.default_rng(0).normal(size=(40, 3)), np.arange(40) % 2
    with pytest.raises(
        SpecError, match=f"validation= says how rows are split: leave {next(iter(number))} out"
    ):
        ks.plan_sweep((x[:30], y[:30]), "dnn", validation=(x[30:], y[30:]), **number)


def test_a_file_says_its_line_and_what_is_laid_over_it_counts(tmp_path: Path) -> None:
    file = tmp_path / "sweep.yaml"
    file.write_text("data: digits\nmodel: dnn\ncv:\n  method: holdout\n  folds: 9\n")
    with pytest.raises(SpecError, match=r"sweep\.yaml line 5: cv\.folds: a holdout is one split"):
        read_spec(file)
    assert read_spec(file, {"cv": {"method": "kfold"}}).cv.folds == 9
    with pytest.raises(SpecError, match=r"^cv\.folds: a holdout"):
        read_spec(file, {"cv": {"folds": 5}})


def test_a_file_may_hold_defaults_as_an_exported_winner_does(tmp_path: Path) -> None:
    file = tmp_path / "winner.yaml"
    file.write_text(
        "data: digits\nmodel: dnn\ncv: {method: holdout, folds: 5, repeats: 2, holdout: 0.2}\n"
        "execution: {address: auto, keep_models: 0}\n"
    )
    assert read_spec(file).cv.method == "holdout"


def test_a_study_that_goes_on_is_asked_the_same(tmp_path: Path) -> None:
    study = make_study(f"sqlite:///{tmp_path / 'studies.db'}", "first", trials=3, epochs=4)
    with pytest.raises(SpecError, match=r"execution\.address: it is of a Ray cluster"):
        plan_resume(study, {"address": "head:6379"})


def test_the_plan_tells_what_data_leave_without_a_meaning(table: Path) -> None:
    regression = load_dataset(str(table), target="a", rare_classes="drop")
    assert "rare_classes: drop has no effect: this is a regression" in regression.notes
    x, y = np.random.default_rng(0).normal(size=(40, 3)), np.arange(40) % 2
    own = "brings its own test rows: test_size and test_split have no effect"
    split = (x[:30], y[:30]), (x[30:], y[30:])
    assert not any(own in note for note in load_dataset(split).notes)
    for asked in ({"test_size": 0.5}, {"test_split": "last"}):
        assert any(own in note for note in load_dataset(split, **asked).notes), asked


def test_the_plan_tells_of_more_trials_than_configurations(table: Path) -> None:
    told = "--trials 500: there are 8 configurations, each of which is trained once"
    plan = ks.plan_sweep(str(table), "dnn", target="y", search="grid", trials=500)
    assert told in plan.hints
    few = ks.plan_sweep(str(table), "dnn", target="y", search="grid", trials=8)
    assert not any("configurations" in hint for hint in few.hints)
