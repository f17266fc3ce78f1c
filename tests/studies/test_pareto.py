"""The Pareto front, against Optuna's own; studies of several objectives that others have made."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import optuna
import pytest
from kerasweep.errors import StudyError
from kerasweep.studies import (
    StudyObjective,
    best_trial,
    best_trials,
    choose_trial,
    pareto_front,
    read_study,
    read_trials,
    trials_frame,
)
from kerasweep.studies.comparison import compare_studies, front_sentence, ranked
from kerasweep.studies.lifecycle import create_study
from optuna.trial import TrialState, create_trial


def foreign(
    file: Path, directions: list[str], *, names: list[str] | None = None, constrained: bool = False
) -> optuna.Study:
    """A study of plain Optuna; its values are coarse, so that some are equal."""
    study = optuna.create_study(storage=f"sqlite:///{file}", study_name="foreign", directions=directions)
    if names:
        with pytest.warns(optuna.exceptions.ExperimentalWarning):
            study.set_metric_names(names)
    draws = np.random.default_rng(len(directions))
    law = optuna.distributions.FloatDistribution(0, 1)
    for number in range(60):
        values = [float(value) for value in draws.integers(0, 8, len(directions))]
        excesses = (
            {f"constraints:c{place}": float(draws.normal()) for place in range(2)} if constrained else {}
        )
        state = TrialState.PRUNED if number % 10 == 9 else TrialState.COMPLETE
        study.add_trial(
            create_trial(
                state=state,
                values=values if state == TrialState.COMPLETE else None,
                params={"x": float(draws.uniform())},
                distributions={"x": law},
                system_attrs=excesses,
            )
        )
    return study


@pytest.mark.parametrize("constrained", [False, True])
@pytest.mark.parametrize("directions", [["maximize", "minimize"], ["minimize"] * 3])
def test_the_front_is_optunas(tmp_path: Path, directions: list[str], constrained: bool) -> None:
    study = foreign(tmp_path / "x.db", directions, constrained=constrained)
    record = read_study("foreign", str(tmp_path / "x.db"))
    found = best_trials(record, 100)
    assert sorted(trial.number for trial in found) == sorted(trial.number for trial in study.best_trials)
    firsts = [trial.values[0] for trial in found]
    assert firsts == sorted(firsts, reverse=directions[0] == "maximize")
    assert best_trials(record, 2) == found[:2]


@pytest.mark.parametrize("direction", ["maximize", "minimize"])
def test_no_infeasible_trial_wins(tmp_path: Path, direction: str) -> None:
    study = foreign(tmp_path / "x.db", [direction], constrained=True)
    record = read_study("foreign", str(tmp_path / "x.db"))
    trials = read_trials(record)
    assert best_trial(record).value == study.best_trial.value
    assert all(trial.feasible for trial in best_trials(record, 60))
    assert best_trials(record, 60) == ranked(trials, record.direction)
    assert {trial.number for trial in trials if not trial.feasible} == {
        trial.number for trial in study.trials if any(value > 0 for value in trial.constraints.values())
    }


def test_constraints_as_optuna_once_kept_them_are_read(tmp_path: Path) -> None:
    study = optuna.create_study(storage=f"sqlite:///{tmp_path / 'x.db'}", study_name="old")
    for value, excesses in ((1.0, [0.5, -1.0]), (2.0, [0.0, -1.0])):
        study.add_trial(create_trial(value=value, system_attrs={"constraints": excesses}))
    record = read_study("old", str(tmp_path / "x.db"))
    assert best_trial(record).number == 1
    assert read_trials(record)[0].broken == ("constraint 0",)


def test_several_objectives_of_others_are_never_shown_as_one(tmp_path: Path) -> None:
    foreign(tmp_path / "x.db", ["maximize", "minimize"])
    record = read_study("foreign", str(tmp_path / "x.db"))
    assert record.objectives == (
        StudyObjective("values_0", "maximize"),
        StudyObjective("values_1", "minimize"),
    )
    assert record.objective_text == "maximize values_0 and minimize values_1"
    trials = read_trials(record)
    assert all(trial.value is None for trial in trials)
    assert {len(trial.values) for trial in trials if trial.state == "complete"} == {2}
    assert ranked(trials, "maximize") == []
    with pytest.raises(
        StudyError, match=r"several objectives \(maximize values_0 and minimize values_1\) and no single"
    ):
        choose_trial(record, None)
    assert choose_trial(record, 3).number == 3
    row = compare_studies([record, record]).rows[0]
    assert row.best is None
    frame = trials_frame(trials, record)
    assert list(frame)[:3] == ["state", "values_0", "values_1"]
    assert tuple(frame.loc[3, ["values_0", "values_1"]]) == trials[3].values
    assert frame.loc[9, ["values_0", "values_1"]].isna().all()


def test_names_of_others_objectives_are_theirs(tmp_path: Path) -> None:
    foreign(tmp_path / "x.db", ["maximize", "minimize"], names=["accuracy", "크기"])
    record = read_study("foreign", str(tmp_path / "x.db"))
    assert [one.metric for one in record.objectives] == ["accuracy", "크기"]
    count = len(pareto_front(record, read_trials(record)))
    sentence = f"{count} of 54 complete trials are on the Pareto front: no other trial is as good in all of accuracy and 크기"
    assert front_sentence(record, read_trials(record)).startswith(sentence)


def test_a_study_of_ours_with_several_is_optunas(tmp_path: Path, samples: object) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}"
    about = {"metric": "val_accuracy"}
    with create_study(url, "ours", "maximize", {}, about, [StudyObjective("params", "minimize")]) as writer:
        for value, size in ((0.9, 100.0), (0.8, 50.0), (0.7, 70.0)):
            result = {"fold_scores": [value], "measured": {"params": size}}
            writer.finish(writer.new_trial(), (value, size), result, {}, {"params<80": size / 80 - 1})
        writer.refuse(writer.new_trial(), {"measured": {"params": 90.0}}, {"params<80": 0.125})
        twin = writer.new_trial()
        writer.finish_as_duplicate(twin, 1)
    study = optuna.load_study(study_name="ours", storage=url)
    assert study.metric_names == ["val_accuracy", "params"]
    assert {trial.number for trial in study.best_trials} == {1, 4}
    record = read_study("ours", url)
    assert [trial.number for trial in best_trials(record)] == [1]
    kept = read_trials(record)
    assert [(trial.state, trial.values, trial.broken) for trial in kept] == [
        ("complete", (0.9, 100.0), ("params<80",)),
        ("complete", (0.8, 50.0), ()),
        ("complete", (0.7, 70.0), ()),
        ("pruned", (), ("params<80",)),
        ("complete", (0.8, 50.0), ()),
    ]
    assert kept[3].measured == {"params": 90.0}
    json.dumps([dict(trial.excesses) for trial in kept])
