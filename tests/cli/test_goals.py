"""Several objectives and constraints as users give them, trained for real, by both trainers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import kerasweep as ks
import pytest

pytestmark = pytest.mark.trains

SWEEP = (
    "launch digits ann --search grid --space units,optimizer --set units=8,16,400 --fix optimizer=adam --limit 200 --folds 2 "
    "--epochs 2 --objective accuracy,loss,params,bytes,seconds --constraint params<20000 --constraint seconds<60"
).split()


@pytest.fixture(scope="module")
def front(kerasweep: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder with the studies ``fused`` and ``fit``, and what launching the first has printed."""
    folder = tmp_path_factory.mktemp("front")
    said = ""
    for trainer in ("fused", "fit"):
        done = kerasweep(*SWEEP, "--trainer", trainer, "--study", trainer, cwd=folder)
        assert (done.returncode, done.stderr) == (0, "")
        said = said or done.stdout
    return folder, said


def trials(kerasweep: Any, folder: Path, study: str) -> list[dict[str, Any]]:
    return json.loads(kerasweep("show", study, "--json", cwd=folder).stdout)["trials"]


def test_what_is_too_large_is_not_trained_and_says_so(kerasweep: Any, front: Any) -> None:
    folder, said = front
    assert "trial 2  pruned, not trained: params is 30,010, not <20,000" in said
    assert "where params<20000, seconds<60" in said
    assert "noted" in said
    assert "seconds are measured on this machine" in said
    for study in ("fused", "fit"):
        last = trials(kerasweep, folder, study)[2]
        assert (last["state"], last["epochs_trained"], last["value"], last["values"]) == (
            "pruned",
            0,
            None,
            [],
        )
        assert last["measured"]["params"] == last["parameters"] == 30010
        assert list(last["measured"]) == ["params"], "nothing more is measured of what breaks a constraint"
        assert last["excesses"]["params<20000"] > 0


def test_both_trainers_measure_alike(kerasweep: Any, front: Any) -> None:
    for fused, fit in zip(
        *(trials(kerasweep, front[0], study)[:2] for study in ("fused", "fit")), strict=True
    ):
        assert (fused["trainer"], fit["trainer"]) == ("fused", "fit")
        assert fused["values"][:4] == pytest.approx(fit["values"][:4], rel=1e-4)
        assert fused["value"] is None
        assert len(fused["values"]) == 5
        assert 0 < fused["values"][4] < 0.1
        assert fused["values"][2:4] == [fused["parameters"], 4 * fused["parameters"]]


def test_a_front_is_shown_as_one_and_its_trials_are_used_by_number(kerasweep: Any, front: Any) -> None:
    folder = front[0]
    shown = kerasweep("best", "fused", cwd=folder).stdout
    assert "fused: Pareto front of 3 trials" in shown
    assert "of 2 complete trials that keep all constraints" in shown
    assert "Pareto front" in kerasweep("studies", cwd=folder).stdout
    listed = json.loads(kerasweep("studies", "--json", cwd=folder).stdout)[0]
    assert listed["best"] is None
    assert len(listed["objectives"]) == 5
    assert (
        "maximize val_accuracy and minimize val_loss and minimize params"
        in kerasweep("show", "fused", cwd=folder).stdout
    )
    assert "not trained" not in shown
    for command in ("refit fused", "export fused --format yaml -o out.yaml"):
        done = kerasweep(*command.split(), cwd=folder)
        assert done.returncode == 2
        assert "has several objectives" in done.stderr
        assert "choose one of its Pareto front by its number: " in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
    done = kerasweep("refit", "fused", "--trial", "1", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Trial 1: validation 0." in done.stdout
    done = kerasweep("export", "fused", "--trial", "1", "--format", "yaml", "-o", "out.yaml", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    again = kerasweep("launch", "out.yaml", "--study", "again", cwd=folder)
    assert (again.returncode, again.stderr) == (0, "")
    values = trials(kerasweep, folder, "again")[0]["values"][:4]
    assert values == pytest.approx(trials(kerasweep, folder, "fused")[1]["values"][:4], rel=1e-6)


def test_from_python_the_same(front: Any) -> None:
    study = ks.load("fused", storage=front[0] / "kerasweep.db")
    assert study.front
    assert all(trial.feasible for trial in study.front)
    assert "values_params" in study.leaderboard()
    with pytest.raises(ks.KerasweepError, match="has several objectives"):
        _ = study.best
    assert {trial.number for trial in study.front} == {trial.number for trial in study.optuna.best_trials}


def test_constraints_alone_keep_one_objective(kerasweep: Any, tmp_path: Path) -> None:
    words = "launch digits ann --search grid --space units --set units=8,400 --limit 200 --folds 2 --epochs 1".split()
    done = kerasweep(*words, "--constraint", "params<20000", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "trial 1  pruned, not trained" in done.stdout
    best = json.loads(kerasweep("best", "--json", cwd=tmp_path).stdout)
    assert [trial["number"] for trial in best] == [0]
    done = kerasweep(*words, "--constraint", "accuracy>0.99", "--study", "none", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("infeasible: val_accuracy is ") == 2
    assert "none has no trial that keeps its constraints (2 trials ended)." in done.stdout
    done = kerasweep(*words, "--constraint", "params<10", "--study", "large", cwd=tmp_path)
    assert done.stdout.count("pruned, not trained: params is ") == 2
    assert "large has no trial that keeps its constraints (2 trials ended)." in done.stdout
    done = kerasweep("refit", "none", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (
        2,
        "Error: No trial of the study 'none' keeps its constraints.\n",
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--objective params", "Epochs are scored by a metric, and there is none: name one beside params"),
        ("--objective accuracy,prams", "There is no metric 'prams' for classification. Did you mean 'params'?"),
        ("--objective accuracy,val_accuracy", "The objective val_accuracy is named twice."),
        ("--objective accuracy,roc_auc", "The metric 'roc_auc' is for two classes, and there are 10; take roc_auc_ovr."),
        ("--constraint r2<3", "The metric 'r2' is for regression, and this is a classification."),
        ("--constraint size<3", "There is no metric 'size' for classification."),
        ("--objective accuracy,params --search kt-bayes", "the search kt-bayes ranks trials by one objective; take bayes, "),
        ("--objective accuracy,params --scheduler asha", "the scheduler asha ranks trials by one objective; take none"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_one_line(
    kerasweep: Any, tmp_path: Path, words: str, message: str
) -> None:
    done = kerasweep("launch", "digits", "ann", *words.split(), cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "kerasweep.db").exists()
