"""Sweeps as users run them: real processes that are continued, interrupted, killed, doubled and refused."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
import pytest

pytestmark = pytest.mark.trains

SMALL = "--limit 200 --folds 2 --epochs 3".split()


def trials(kerasweep: Any, folder: Path, study: str) -> dict[str, Any]:
    data = json.loads(kerasweep("show", study, "--json", cwd=folder).stdout)
    return {json.dumps(trial["configuration"], sort_keys=True): trial for trial in data["trials"]}


@pytest.fixture
def start(forker: Any) -> Callable[..., subprocess.Popen[str]]:
    def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
        process: subprocess.Popen[str] = forker.popen(
            [sys.executable, "-u", "-m", "kerasweep", *arguments],
            cwd=folder,
            env={**os.environ, "COLUMNS": "200"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        return process

    return start


def wait_for(process: subprocess.Popen[str], word: str) -> list[str]:
    """Read a process's output up to the first line with a word."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if word in line:
            return lines
    pytest.fail(f"'{word}' never came: {''.join(lines)}{process.stderr.read() if process.stderr else ''}")


def test_two_workers_find_the_same_scores_as_one(kerasweep: Any, tmp_path: Path) -> None:
    for workers in (1, 2):
        flags = [
            "--search",
            "grid",
            "--study",
            f"w{workers}",
            "--workers",
            str(workers),
            "--threads",
            "1",
            *SMALL,
        ]
        done = kerasweep("launch", "digits", "ann", *flags, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        assert "Every configuration of the grid has been tried." in done.stdout
    one, two = (trials(kerasweep, tmp_path, f"w{workers}") for workers in (1, 2))
    assert len(one) == 6
    assert {key: trial["fold_scores"] for key, trial in one.items()} == {
        key: trial["fold_scores"] for key, trial in two.items()
    }


@pytest.mark.parametrize("workers", ["1", "2"])
def test_interrupted_once_stops_at_the_next_epoch_and_resumes(
    kerasweep: Any, start: Any, tmp_path: Path, workers: str
) -> None:
    flags = [
        "--study",
        "s",
        "--trials",
        "4",
        "--limit",
        "200",
        "--folds",
        "2",
        "--epochs",
        "60",
        "--patience",
        "none",
    ]
    process = start(
        tmp_path, "launch", "digits", "ann", "--search", "random", "-v", "--workers", workers, *flags
    )
    wait_for(process, "epoch 3 ")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == ""
    assert out.count("Stopping at the next epoch") == 1
    assert "Continue with: kerasweep resume s" in out
    states = [trial.state.name for trial in optuna.load_study(study_name="s", storage=url(tmp_path)).trials]
    assert "RUNNING" not in states
    assert "COMPLETE" not in states
    done = kerasweep("resume", "s", "--trials", "2", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [
        trial["number"] for trial in trials(kerasweep, tmp_path, "s").values() if trial["state"] == "complete"
    ] == [0, 1]


def test_killed_driver_loses_only_what_ran(kerasweep: Any, start: Any, tmp_path: Path) -> None:
    flags = ["--search", "random", "--seed", "3", "--trials", "3", *SMALL]
    process = start(tmp_path, "launch", "digits", "ann", "--study", "killed", *flags)
    wait_for(process, "trial 0")
    time.sleep(0.5)
    process.kill()
    process.communicate()
    assert kerasweep("resume", "killed", cwd=tmp_path).returncode == 0
    assert kerasweep("launch", "digits", "ann", "--study", "whole", *flags, cwd=tmp_path).returncode == 0
    killed, whole = (trials(kerasweep, tmp_path, name) for name in ("killed", "whole"))
    assert {key: (t["number"], t["state"], t["fold_scores"]) for key, t in killed.items()} == {
        key: (t["number"], t["state"], t["fold_scores"]) for key, t in whole.items()
    }


def test_second_driver_is_refused_and_told_who_runs_it(kerasweep: Any, start: Any, tmp_path: Path) -> None:
    flags = [
        "--study",
        "s",
        "--limit",
        "200",
        "--folds",
        "2",
        "--epochs",
        "100000",
        "--patience",
        "none",
        "--trials",
        "2",
    ]
    process = start(tmp_path, "launch", "digits", "ann", "--search", "random", "-v", *flags)
    try:
        wait_for(process, "epoch 1 ")
        for words in (("resume", "s"), ("launch", "digits", "ann", "--search", "random", *flags)):
            done = kerasweep(*words, cwd=tmp_path)
            assert (done.returncode, done.stdout) == (1, "")
            assert f"is being run by process {process.pid} on {os.uname().nodename}" in done.stderr
        assert "running" in kerasweep("studies", cwd=tmp_path).stdout
        assert kerasweep("delete", "s", "--yes", cwd=tmp_path).returncode == 1
    finally:
        process.kill()
        process.communicate()


def test_launching_again_continues_and_differing_is_refused(kerasweep: Any, trained: Path) -> None:
    flags = "--study first --search grid --trials 3 --limit 300 --folds 2 --epochs 3".split()
    done = kerasweep("launch", "digits", "ann", *flags, cwd=trained)
    assert done.returncode == 0
    assert "continues, 3 trials done before" in done.stdout
    other = kerasweep("launch", "digits", "ann", *flags, "--set", "units=4,8", cwd=trained)
    assert other.returncode == 2
    assert "space.define.units" in other.stderr
    changed = "--study first --search grid --trials 3 --limit 299 --folds 2 --epochs 4".split()
    fewer = kerasweep("launch", "digits", "ann", *changed, cwd=trained)
    assert fewer.returncode == 2
    for difference in ("data.limit: 300, now 299", "training.epochs: 3, now 4", "data: fingerprint"):
        assert difference in fewer.stderr


def test_dry_run_writes_nothing(kerasweep: Any, tmp_path: Path) -> None:
    done = kerasweep("launch", "digits", "dnn", "--search", "grid", "--dry-run", *SMALL, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("26,122") == 8  # weights of 64-128-128-10
    assert "at most about" in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("time", "said"), [("0.001s", True), ("9h", False)])
def test_a_dry_run_tells_that_no_trial_can_be_trained_whole(
    kerasweep: Any, tmp_path: Path, time: str, said: bool
) -> None:
    done = kerasweep("launch", "digits", "dnn", "--time", time, "--dry-run", *SMALL, cwd=tmp_path)
    words = " ".join(done.stdout.split())
    assert ("no trial can be trained whole unless it stops early" in words) is said
    assert ("one whole training takes about" in words) is said


def test_a_dry_run_tells_what_varies_and_over_which_range(kerasweep: Any, tmp_path: Path) -> None:
    flags = (
        "--space",
        "learning_rate,momentum,dropout",
        "--fix",
        "dropout=0.3",
        "--dry-run",
        "--epochs",
        "1",
    )
    done = kerasweep("launch", "digits", "dnn", *flags, "--limit", "200", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = [line.strip() for line in done.stdout.splitlines()]
    start = next(place for place, line in enumerate(lines) if line.startswith("varies"))
    assert lines[start].split()[1:] == ["-", "learning_rate", "1e-05..1:log"]
    assert lines[start + 1] == "- momentum 0..0.99 where optimizer in sgd"
    assert lines[start + 2].startswith("search "), "what is fixed does not vary"


NAMED = """
import keras


def build_model(hp):
    model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(10, "softmax")])
    rate = keras.optimizers.Adam(hp.Float("lr", 1e-4, 1e-2, sampling="log"))
    model.compile(rate, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
"""


def test_a_function_starts_at_the_catalogues_values_of_names_that_it_knows(
    kerasweep: Any, tmp_path: Path
) -> None:
    (tmp_path / "named.py").write_text(NAMED)
    words = ("launch", "digits", "named:build_model", "--study", "s", "--trials", "1", *SMALL)
    done = kerasweep(*words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    said = " ".join(done.stdout.split())
    assert (
        "lr: recommended values of the catalogue's learning_rate (--prior none: as the function says)" in said
    )
    (trial,) = optuna.load_study(study_name=None, storage=url(tmp_path)).trials
    assert trial.params["lr"] == 0.001
    again = kerasweep(*words, "--prior", "none", cwd=tmp_path)
    assert again.returncode == 2
    assert "space.define.lr.recommended: 0.001, now 0.0001" in again.stderr


def test_quiet_is_silent(kerasweep: Any, tmp_path: Path) -> None:
    done = kerasweep(
        "launch",
        "iris",
        "ann",
        "-q",
        "--trials",
        "1",
        "--folds",
        "2",
        "--epochs",
        "1",
        cwd=tmp_path,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_diverged_trials_do_not_end_a_sweep(kerasweep: Any, tmp_path: Path) -> None:
    space = ["--set", "learning_rate=0.01,1e30"]
    space += ["--fix", "hidden_layers=1", "--fix", "batch_size=32", "--fix", "optimizer=sgd"]
    done = kerasweep("launch", "diabetes", "nn", "--search", "grid", *space, *SMALL[2:], cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "failed: loss became" in done.stdout
    states = [trial.state.name for trial in optuna.load_study(study_name=None, storage=url(tmp_path)).trials]
    assert sorted(states) == ["COMPLETE", "FAIL"]


def test_report_and_delete(kerasweep: Any, tmp_path: Path) -> None:
    kerasweep(
        "launch",
        "iris",
        "ann",
        "--study",
        "한국어",
        "--trials",
        "2",
        "--folds",
        "2",
        "--epochs",
        "2",
        cwd=tmp_path,
    )
    done = kerasweep("report", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "한국어" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert kerasweep("delete", "한국어", cwd=tmp_path).returncode == 2  # nobody to ask
    assert kerasweep("delete", "한국어", "--yes", cwd=tmp_path).returncode == 0
    assert "no study yet" in kerasweep("studies", cwd=tmp_path).stdout


def test_yaml_sweep_and_exported_winner(kerasweep: Any, tmp_path: Path) -> None:
    (tmp_path / "sweep.yaml").write_text(
        "study: y\ndata: {source: iris}\nmodel: ann\nspace:\n  set: {units: [4, 8]}\n  fix: {optimizer: sgd}\n"
        "search: {method: grid, trials: 2}\ncv: {folds: 2}\ntraining: {epochs: 2, patience: null}\n"
    )
    assert kerasweep("launch", "sweep.yaml", cwd=tmp_path).returncode == 0
    winner = kerasweep("export", "y", cwd=tmp_path).stdout
    (tmp_path / "winner.yaml").write_text(winner)
    done = kerasweep("launch", "winner.yaml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    best = json.loads(kerasweep("best", "y", "--json", cwd=tmp_path).stdout)[0]
    again = json.loads(kerasweep("best", "--json", cwd=tmp_path).stdout)
    assert [trial["fold_scores"] for trial in again] == [best["fold_scores"]]


def url(folder: Path) -> str:
    return f"sqlite:///{folder / 'kerasweep.db'}"


OWN_STEP = """
import keras

class Own(keras.Sequential):
    def train_step(self, data):
        return super().train_step(data)

def build(config, signature):
    output = keras.layers.Dense(signature.outputs, "softmax")
    return Own([keras.Input(signature.input_shape), keras.layers.Flatten(), output])
"""


def test_a_trial_says_why_it_was_trained_by_fit(kerasweep: Any, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(OWN_STEP, encoding="utf-8")
    launched = ["launch", "digits", "mine:build", "--trials", "2", "--workers", "auto", *SMALL]
    done = kerasweep(*launched, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    reason = "trained by fit: the model has a train_step of its own"
    assert reason in kerasweep("show", "digits-build-knowhow", 0, cwd=tmp_path).stdout
    trial = json.loads(kerasweep("show", "digits-build-knowhow", 0, "--json", cwd=tmp_path).stdout)
    assert (trial["trainer"], trial["notes"]) == ("fit", [reason])
    refused = kerasweep(*launched, "--trainer", "fused", "--study", "no", cwd=tmp_path)
    assert refused.returncode == 2
    assert "the model cannot be trained fused: the model has a train_step of its own" in refused.stderr


def test_bfloat16_reaches_the_refit_and_the_script(kerasweep: Any, python: Any, tmp_path: Path) -> None:
    flags = ["--precision", "bfloat16", "--trials", "1", "--fix", "filters=8", *SMALL]
    assert kerasweep("launch", "digits", "cnn", *flags, cwd=tmp_path).returncode == 0
    study = json.loads(kerasweep("show", "--json", cwd=tmp_path).stdout)
    assert study["spec"]["training"]["precision"] == "bfloat16"
    assert study["trials"][0]["trainer"] == "fused"
    assert "mixed bfloat16" in kerasweep("resume", cwd=tmp_path).stdout
    assert kerasweep("export", "--format", "python", "-o", "train.py", cwd=tmp_path).returncode == 0
    script = (tmp_path / "train.py").read_text(encoding="utf-8")
    assert "bfloat16" in script
    refit = json.loads(kerasweep("show", "--json", cwd=tmp_path).stdout)["refits"]["0"]
    done = python("train.py", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"test accuracy {refit['test']['accuracy']:.6g}" in done.stdout


WEIGHED = """
import keras

def build(config, signature):
    return keras.Sequential([keras.Input(signature.input_shape), keras.layers.Dense(signature.outputs, "softmax")])
"""


def test_class_weights_reach_the_refit_and_the_script(kerasweep: Any, python: Any, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(WEIGHED, encoding="utf-8")
    flags = ["--set", "class_weight=none,balanced", "--fix", "optimizer=sgd", "--search", "grid"]
    launched = ("launch", "breast_cancer", "mine:build", *flags, "--epochs", "3", "--folds", "2")
    assert kerasweep(*launched, cwd=tmp_path).returncode == 0
    found = json.loads(kerasweep("show", "--json", cwd=tmp_path).stdout)["trials"]
    scores = {trial["configuration"]["class_weight"]: trial["fold_scores"] for trial in found}
    assert scores[None] != scores["balanced"]
    number = next(t["number"] for t in found if t["configuration"]["class_weight"] == "balanced")
    exported = ("export", "--trial", number, "--format", "python", "-o", "train.py")
    assert kerasweep(*exported, cwd=tmp_path).returncode == 0
    refit = json.loads(kerasweep("show", "--json", cwd=tmp_path).stdout)["refits"][str(number)]
    assert "CLASS_WEIGHT = {" in (tmp_path / "train.py").read_text(encoding="utf-8")
    done = python("train.py", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"test accuracy {refit['test']['accuracy']:.6g}" in done.stdout
