from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from kerasweep.errors import StudyError
from kerasweep.export.files import write_file
from kerasweep.export.text import as_sweep, to_json, to_yaml
from kerasweep.search.spec import make_spec
from kerasweep.search.specfile import read_spec
from kerasweep.spaces import (
    Categorical,
    Float,
    Space,
    apply_overrides,
    preset,
    space_from_dict,
    space_to_dict,
)
from kerasweep.studies import StudyRecord, TrialRecord

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ABOUT = {
    "metric": "val_accuracy",
    "data": {
        "name": "집.csv",
        "rows": 90,
        "test_rows": 30,
        "fingerprint": "0123456789abcdef",
        "task": "classification",
    },
    "cv": "stratified, 2 folds",
    "versions": {"keras": "3.15.1"},
    "created": "2026-01-02 03:04:05",
}


def study_of(record_of: Callable[..., StudyRecord], model: str, space: Space, **more: Any) -> StudyRecord:
    spec = make_spec(
        {
            "study": "집값-dnn",
            "data": {"source": "집.csv", "target": "y", "limit": 500},
            "model": model,
            "space": {"define": space_to_dict(space)},
            "search": {"method": "bayes", "trials": 40, "time": 600, "seed": 7},
            "cv": {"method": "stratified", "folds": 3},
            "training": {"epochs": 40, "patience": None, "metric": "val_accuracy"},
            "execution": {"workers": 4},
        }
    )
    return record_of(spec.as_dict(), ABOUT, **more)


def trial_of(configuration: dict[str, Any]) -> TrialRecord:
    return TrialRecord(7, "complete", configuration, 0.91, (0.9, 0.92), epochs=12, seed=7, parameters=100)


def configurations_of(path: Path) -> tuple[Any, list[dict[str, Any]]]:
    """What a launch of this file would train."""
    spec = read_spec(path)
    known = spec.model in ("nn", "ann", "dnn", "cnn")
    base = space_from_dict(spec.space.define) if spec.space.define else preset(spec.model if known else "own")
    return spec, list(apply_overrides(base, spec.space.set, spec.space.fix, may_add=not known).grid())


OWN_SPACE = Space(
    (Categorical("penalty", ("none", "l2"), recommended="none"), Float("rate", 1e-6, 1.0, log=True))
)
CASES = {
    "family": ("dnn", preset("dnn"), {**preset("dnn").recommended(), "learning_rate": 1e-05}),
    "conditional": (
        "nn",
        preset("nn"),
        {"optimizer": "sgd", "learning_rate": 0.02, "batch_size": 32, "hidden_layers": 0},
    ),
    "own": ("module:build", OWN_SPACE, {"penalty": "none", "rate": 1e-05}),
    "own choices": (
        "ann",
        preset("ann").with_hyperparameter(Categorical("optimizer", ("adam", "lion"))),
        {**preset("ann").recommended(), "optimizer": "lion"},
    ),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("write", [to_yaml, to_json])
def test_a_launch_of_the_file_trains_exactly_this_configuration(
    name: str, write: Callable[..., str], tmp_path: Path, record_of: Callable[..., StudyRecord]
) -> None:
    model, space, configuration = CASES[name]
    study = study_of(record_of, model, space)
    path = write_file(tmp_path / "winner.yaml", write(study, trial_of(configuration)))
    spec, configurations = configurations_of(path)
    assert configurations == [configuration]
    assert list(map(type, configurations[0].values())) == list(map(type, configuration.values()))
    assert (spec.search.method, spec.search.trials, spec.search.time, spec.search.seed) == (
        "grid",
        1,
        None,
        7,
    )
    assert spec.study == "집값-dnn-trial-7"
    original = make_spec(study.spec)
    assert (spec.data, spec.cv, spec.training, spec.model) == (
        original.data,
        original.cv,
        original.training,
        original.model,
    )


def test_values_come_before_everything_else_and_unicode_is_kept(
    record_of: Callable[..., StudyRecord],
) -> None:
    model, space, configuration = CASES["family"]
    text = to_yaml(study_of(record_of, model, space), trial_of(configuration))
    lines = text.splitlines()
    assert lines[0] == "# Trial 7 of the study '집값-dnn': val_accuracy 0.910 ± 0.010 over 2 folds."
    assert lines.index("space:") < 10
    assert "source: 집.csv" in text
    assert "null" not in text.replace("patience: null", "")


def test_provenance_holds_scores_seed_data_and_versions(record_of: Callable[..., StudyRecord]) -> None:
    model, space, configuration = CASES["family"]
    study = study_of(record_of, model, space, refits={7: {"test": {"accuracy": 0.9}}})
    for data in (
        json.loads(to_json(study, trial_of(configuration))),
        yaml.safe_load(to_yaml(study, trial_of(configuration))),
    ):
        found = data["provenance"]
        assert found["configuration"] == configuration
        assert (found["study"], found["trial"], found["value"], found["epochs"], found["seed"]) == (
            "집값-dnn",
            7,
            0.91,
            12,
            7,
        )
        assert found["standard_error"] == pytest.approx(0.01)
        assert found["data"]["fingerprint"] == "0123456789abcdef"
        assert found["test"] == {"accuracy": 0.9}
        assert found["versions"] == {"keras": "3.15.1"}


def test_what_is_returned_shares_nothing_with_the_record(record_of: Callable[..., StudyRecord]) -> None:
    model, space, configuration = CASES["family"]
    study, trial = study_of(record_of, model, space), trial_of(configuration)
    sweep = as_sweep(study, trial)
    sweep["space"]["fix"]["optimizer"] = "other"
    sweep["training"]["epochs"] = 1
    assert trial.configuration["optimizer"] == "adam"
    assert study.spec["training"]["epochs"] == 40


def test_a_study_of_optuna_alone_is_refused(record_of: Callable[..., StudyRecord]) -> None:
    study = StudyRecord("foreign", "sqlite:///x.db", 1, "maximize", {}, {}, {}, {}, {})
    with pytest.raises(StudyError, match="'foreign' was not made by Kerasweep"):
        to_yaml(study, trial_of({}))


def test_text_exports_import_nothing_heavy() -> None:
    code = (
        "import sys; from kerasweep.export.files import write_file; from kerasweep.export.text import as_sweep, to_json, to_yaml\n"
        "print([m for m in ('tensorflow', 'keras', 'optuna', 'pandas', 'sklearn', 'jinja2') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
