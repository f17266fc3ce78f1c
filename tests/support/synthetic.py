"""Synthetic studies for tests: written through the real write path, with plausible numbers and no TensorFlow.

Curves depend on the configuration, folds have difficulties of their own that all trials share (so that pairing by
fold matters, as in real data), and there are pruned, failed and repeated trials.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import optuna
import sqlalchemy
from kerasweep.spaces import Categorical, Configuration, Float, Hyperparameter, Space, preset
from kerasweep.studies import Direction, StudyRecord, read_study
from kerasweep.studies.lifecycle import create_study
from kerasweep.studies.records import DUPLICATE, FAILURE, RESULT
from kerasweep.studies.storage import sqlite_path
from kerasweep.studies.study_writer import StudyWriter
from optuna.distributions import distribution_to_json
from optuna.trial import FrozenTrial, TrialState, create_trial
from synthetic_training import Plan, about_of, cut, details, result, spec_of, train

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

FAILURES = (
    (
        "diverged",
        "The loss became NaN in epoch 3 of fold 1; lower the learning rate or add a bound to its range.",
    ),
    ("memory", "The model needs 5.1 GiB for weights and gradients; 3.8 GiB are free."),
)


@contextmanager
def fast_writes() -> Iterator[None]:
    """Let SQLite skip its flushes to disk: what a test writes need not survive a power cut."""

    def hurry(connection: Any, _record: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.execute("PRAGMA synchronous=OFF")
            connection.execute("PRAGMA journal_mode=MEMORY")

    sqlalchemy.event.listen(sqlalchemy.Engine, "connect", hurry)
    try:
        yield
    finally:
        sqlalchemy.event.remove(sqlalchemy.Engine, "connect", hurry)


def make_study(
    url: str,
    name: str,
    *,
    model: str = "dnn",
    space: Space | None = None,
    trials: int = 30,
    folds: int = 5,
    seed: int = 0,
    direction: Direction = "maximize",
    data: str = "mnist",
    epochs: int = 40,
    rung: int = 4,
    prune: bool = True,
    failures: bool = True,
    duplicates: bool = True,
    refit: bool = True,
    spec: Mapping[str, Any] | None = None,
    about: Mapping[str, Any] | None = None,
    profile: Mapping[str, Any] | None = None,
    predictions: Mapping[str, Any] | None = None,
) -> StudyRecord:
    """Write a study, trial by trial, and return it as read back.

    Args:
        url: Storage.
        name: The study's name.
        model: Family; its preset is the space where none is given.
        space: Another space.
        trials: Number of trials; the first runs the recommended configuration.
        folds: Folds.
        seed: Seed of everything.
        direction: ``maximize`` gives a classification with accuracies, ``minimize`` a regression with errors.
        data: Name of the dataset.
        epochs: The most epochs a trial may train.
        rung: Epochs between two reports to the pruner; each costs a write.
        prune: Whether a median pruner ends weak trials.
        failures: Whether trials 5 and 11 fail.
        duplicates: Whether trial 8 repeats trial 2.
        refit: Whether the winner has a test score.
        spec: Entries that replace those of the specification.
        about: Entries that replace those of the description.
        profile: What it keeps of its data to show.
        predictions: What it keeps of the refit's predictions.
    """
    chosen = space or preset(model)
    plan = _plan(direction, folds, epochs, seed)
    made_spec = {**spec_of(name, model, chosen, plan, trials, data, prune), **(spec or {})}
    made_about = {**about_of(plan, data), **(about or {})}
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with fast_writes(), create_study(url, name, direction, made_spec, made_about, profile=profile) as writer:
        writer.optuna.pruner = (
            optuna.pruners.MedianPruner(n_startup_trials=4) if prune else optuna.pruners.NopPruner()
        )
        for number, configuration in enumerate(_configurations(chosen, trials, seed)):
            _write_trial(
                writer, plan, chosen, number, configuration, rung, failures=failures, duplicates=duplicates
            )
        if refit:
            _write_refit(writer, plan, predictions)
    return read_study(name, url)


def make_large_study(
    url: str,
    name: str,
    *,
    model: str = "dnn",
    space: Space | None = None,
    trials: int = 1000,
    folds: int = 5,
    seed: int = 0,
) -> StudyRecord:
    """Write a study of many trials in bulk: no rungs, no curves; every tenth trial pruned, every fiftieth failed."""
    space = space or preset(model)
    plan = _plan("maximize", folds, 40, seed)
    spec = spec_of(name, model, space, plan, trials, "mnist", prune=True)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    configurations = _configurations(space, trials, seed)
    for number in range(200, trials, 200):
        configurations[number] = configurations[number - 3]
    with create_study(url, name, "maximize", spec, about_of(plan, "mnist")):
        made = [_frozen(space, plan, number, chosen) for number, chosen in enumerate(configurations)]
    record = read_study(name, url)
    insert_trials(record, made)
    return read_study(name, url)


def insert_trials(study: StudyRecord, trials: Sequence[FrozenTrial]) -> None:
    """Write trials into an SQLite study in one transaction; Optuna's own ``add_trials`` takes 20 ms for each.

    A test holds what is written here against ``optuna.load_study``.
    """
    path = sqlite_path(study.storage)
    assert path is not None, "bulk writing is for SQLite"
    with closing(sqlite3.connect(path)) as connection, connection:
        for number, trial in enumerate(trials, start=sum(study.counts.values())):
            when = f"{trial.datetime_start:%Y-%m-%d %H:%M:%S}.000000" if trial.datetime_start else None
            row = connection.execute(
                "INSERT INTO trials (number, study_id, state, datetime_start, datetime_complete) VALUES (?, ?, ?, ?, ?)",
                (number, study.study_id, trial.state.name, when, when if trial.state.is_finished() else None),
            )
            _insert_parts(connection, row.lastrowid, trial)


def _insert_parts(connection: sqlite3.Connection, trial_id: int | None, trial: FrozenTrial) -> None:
    connection.executemany(
        "INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json) VALUES (?, ?, ?, ?)",
        [
            (trial_id, name, law.to_internal_repr(trial.params[name]), distribution_to_json(law))
            for name, law in trial.distributions.items()
        ],
    )
    connection.executemany(
        "INSERT INTO trial_user_attributes (trial_id, key, value_json) VALUES (?, ?, ?)",
        [(trial_id, key, json.dumps(value)) for key, value in trial.user_attrs.items()],
    )
    if trial.values is not None:
        connection.execute(
            "INSERT INTO trial_values (trial_id, objective, value, value_type) VALUES (?, 0, ?, 'FINITE')",
            (trial_id, trial.values[0]),
        )
    connection.executemany(
        "INSERT INTO trial_intermediate_values (trial_id, step, intermediate_value, intermediate_value_type) "
        "VALUES (?, ?, ?, 'FINITE')",
        [(trial_id, step, value) for step, value in trial.intermediate_values.items()],
    )


def wide_space(count: int = 500) -> Space:
    """Return a space of many hyperparameters: names of blocks, names in Korean, names alike in their first letters."""
    made: list[Hyperparameter] = []
    for number in range(count):
        name = (f"block_{number}/units", f"층 {number}의 너비", f"{'a_very_long_name_' * 3}{number}")[
            number % 3
        ]
        made.append(
            Categorical(name, ("가나다", "relu", "elu"))
            if number % 5 == 0
            else Float(name, 0.001, 1.0, log=True)
        )
    return Space(tuple(made))


def hostile_space() -> Space:
    """Return a space whose choices try to be markup."""
    return Space(
        (
            Float("learning_rate", 0.001, 0.1, log=True, recommended=0.01),
            Categorical(
                "activation",
                (
                    "relu",
                    "<script>alert(1)</script>",
                    "</script><b>bold</b>",
                    "한국어 활성화 함수",
                    "&amp;%{x}$x$",
                ),
            ),
        )
    )


def _plan(direction: Direction, folds: int, epochs: int, seed: int) -> Plan:
    offsets = np.random.default_rng([seed, 99]).normal(0, 0.004, folds)
    metric = "val_accuracy" if direction == "maximize" else "val_loss"
    return Plan(
        metric, direction, folds, epochs, 5, seed, fold_offsets=tuple((offsets - offsets.mean()).tolist())
    )


def _configurations(space: Space, trials: int, seed: int) -> list[Configuration]:
    rng = np.random.default_rng(seed)
    return [space.recommended() if number == 0 else space.sample(rng) for number in range(trials)]


def _write_trial(
    writer: StudyWriter,
    plan: Plan,
    space: Space,
    number: int,
    configuration: Configuration,
    rung: int,
    *,
    failures: bool,
    duplicates: bool,
) -> None:
    repeats = duplicates and number == 8
    if repeats:
        original = writer.trials()[2]
        configuration = dict(original.params)
    trial = writer.new_trial(configuration)
    space.suggest(trial)
    if repeats:
        writer.finish_as_duplicate(trial, original.number)
        return
    if failures and number in (5, 11):
        kind, message = FAILURES[number % 2 if number == 5 else 0]
        writer.fail(
            trial, {"kind": kind, "message": message, "traceback": "Traceback (most recent call last): ..."}
        )
        return
    outcome = train(space, configuration, plan, number)
    for epoch in range(rung, len(outcome.means) + 1, rung):
        writer.report(trial, epoch, outcome.means[epoch - 1])
        if trial.should_prune():
            shorter = cut(outcome, plan, epoch)
            writer.prune(
                trial, outcome.means[epoch - 1], result(shorter, plan, epoch), details(shorter, configuration)
            )
            return
    value = float(np.mean(outcome.fold_scores))
    ran = len(outcome.means)
    writer.finish(trial, value, result(outcome, plan, ran), details(outcome, configuration))


def _write_refit(writer: StudyWriter, plan: Plan, predictions: Mapping[str, Any] | None) -> None:
    complete = [trial for trial in writer.trials() if trial.state == TrialState.COMPLETE]
    if not complete:
        return
    best = writer.optuna.best_trial
    value = float(best.value or 0.0)
    test = {"loss": 0.0913, "accuracy": round(value - 0.0031, 4)}
    if plan.direction == "minimize":
        test = {"loss": round(value * 1.04, 4)}
    rows = {"rows": 5000, "test_rows": 1000, "seconds": 3.2}
    result = {"test": test, "epochs": best.user_attrs[RESULT]["epochs"], **rows}
    writer.set_refit(best.number, result, predictions)


def _frozen(space: Space, plan: Plan, number: int, configuration: Configuration) -> FrozenTrial:
    probe = optuna.trial.FixedTrial(configuration)
    space.suggest(probe)  # type: ignore[arg-type]  # a FixedTrial answers as a Trial does
    attributes: dict[str, Any] = {}
    state, value = TrialState.COMPLETE, None
    if number % 50 == 49:
        state = TrialState.FAIL
        attributes[FAILURE] = {"kind": FAILURES[0][0], "message": FAILURES[0][1], "traceback": ""}
    else:
        outcome = train(space, configuration, plan, number - 3 if number % 200 == 0 and number else number)
        state = TrialState.PRUNED if number % 10 == 9 else TrialState.COMPLETE
        ran = 4 if state == TrialState.PRUNED else len(outcome.means)
        shorter = cut(outcome, plan, ran) if state == TrialState.PRUNED else outcome
        attributes[RESULT] = result(shorter, plan, ran)
        value = float(np.mean(shorter.fold_scores))
    if number and number % 200 == 0:
        attributes[DUPLICATE] = number - 3
    trial = create_trial(
        state=state,
        value=value,
        params=configuration,
        distributions=probe.distributions,
        user_attrs=attributes,
        intermediate_values={4: value} if value is not None and state == TrialState.PRUNED else {},
    )
    trial.datetime_start = datetime(2026, 11, 23, 19, 44, 39) + timedelta(seconds=2 * number)
    return trial
