"""The command that shows a study, or one of its trials: show."""

from __future__ import annotations

from typing import Annotated

import typer

from ..printing import make_console, styled
from ..spaces import value_text
from ..studies import (
    StudyRecord,
    TrialRecord,
    best_trials,
    read_details,
    read_log,
    read_study,
    read_trial,
    read_trials,
    storage_url,
)
from ..studies.comparison import MAX_SHOWN, nested_sentence, refit_score, score_sentence, sensitivity
from ..texts import duration_text, number_text, quantity_text, scores_text
from .options import Json, Storage, StudyName, print_json, study_json, trial_json
from .tables import facts_table, print_table, state_text
from .trials import print_configuration, print_sensitivity, print_trials, scores


def show(
    study: StudyName = None,
    trial: Annotated[
        int | None, typer.Argument(help="A trial's number.", show_default="the whole study")
    ] = None,
    storage: Storage = None,
    as_json: Json = False,
) -> None:
    """Show a study, or one of its trials with every fold's score.

    [dim]kerasweep show digits-dnn-knowhow[/]
    [dim]kerasweep show digits-dnn-knowhow 7[/]
    """
    record = read_study(study, storage_url(storage))
    if trial is not None:
        _show_trial(record, read_trial(record, trial), as_json=as_json)
    elif as_json:
        print_json(_whole(record))
    else:
        _show_study(record, storage)


def _show_study(record: StudyRecord, storage: str | None) -> None:
    console = make_console()
    print_table(facts_table({name: fact for name, fact in _study_facts(record).items() if fact}))
    every = read_trials(record)
    for number, refit in sorted(record.refits.items()):
        scores = ", ".join(f"test {metric} {number_text(value)}" for metric, value in refit["test"].items())
        console.print(f"refit of trial {number}: {scores or 'no test rows'}")
        for trial in every:
            if trial.number == number and refit_score(record, number) is not None:
                console.print(score_sentence(record, trial, every), soft_wrap=True)
    if told := nested_sentence(record):
        console.print(told, soft_wrap=True)
    trials = best_trials(record, 5)
    if trials:
        title = "trials of the Pareto front" if record.has_several else "best trials"
        print_trials(title, record, trials, storage)
    print_sensitivity(record)
    failed = [trial for trial in every if trial.failure]
    for trial in failed[:5]:
        console.print(
            styled((f"trial {trial.number} failed:", "red"), f" {trial.failure.get('message', '')}"),
            soft_wrap=True,
        )
    if len(failed) > 5:
        console.print(
            f"and {len(failed) - 5} more failed trials; kerasweep report shows all of them", style="dim"
        )


def _study_facts(record: StudyRecord) -> dict[str, str]:
    """Return what is said of a study before its trials; empty where there is nothing to say."""
    about, search = record.about, record.spec.get("search", {})
    data = about.get("data", {})
    folds, limit = about.get("cv", ""), record.spec.get("data", {}).get("limit")
    facts = {
        "study": record.name,
        "data": f"{data.get('name')}, {data.get('rows', 0):,} training rows"
        + (f" (of a limit of {limit:,})" if limit else "")
        + f", {data.get('test_rows', 0):,} held out, fingerprint {data.get('fingerprint')}"
        if data
        else "unknown: not made by Kerasweep",
        "prepared": "; ".join(data.get("preparation", [])),
        "model": record.model,
        "search": f"{search.get('method')}, seed {search.get('seed')}, scheduler {search.get('scheduler')}"
        if search
        else "",
        "folds": folds,
        "objective": record.objective_text,
        "baseline": "; ".join(f"{number_text(one.value)}, {one.predictor}" for one in record.baselines),
        "trials": ", ".join(f"{number} {state}" for state, number in record.counts.items()),
        "made": about.get("created", ""),
        "last driver": " ".join(str(record.driver[key]) for key in ("host", "pid", "since"))
        if record.driver
        else "",
        "state": state_text(record),
        "versions": ", ".join(f"{name} {version}" for name, version in about.get("versions", {}).items()),
    }
    constraints = record.spec.get("training", {}).get("constraints")
    if constraints:
        facts["objective"] += f" where {', '.join(map(str, constraints))}"
    return facts


def _show_trial(record: StudyRecord, trial: TrialRecord, *, as_json: bool) -> None:
    details = read_details(record, [trial.number]).get(trial.number)
    log = read_log(record, trial.number)
    if as_json:
        print_json(
            {
                **trial_json(trial),
                "curves": details.curves if details else {},
                "notes": details.notes if details else (),
                "failure": trial.failure,
                "log": log,
            }
        )
        return
    console = make_console()
    shown = {"params", *(one.metric for one in record.objectives)}  # parameters are told of every trial
    facts = {
        "trial": f"{trial.number} of {record.name}, {trial.state}",
        "continues": trial.lineage,
        **{name.lstrip(">"): cells[0] for name, cells in scores(record, [trial]).items()},
        **{name: quantity_text(value) for name, value in trial.measured.items() if name not in shown},
        "infeasible": f"it breaks {', '.join(trial.broken)}" if trial.broken else "",
        "folds": scores_text(trial.fold_scores),
        "scored": trial.scored_where,
        "epochs": f"{trial.epochs} chosen, {trial.epochs_trained} trained" if trial.epochs else "",
        "time": duration_text(trial.seconds),
        "trainer": trial.trainer,
        "noted": "; ".join(details.notes) if details else "",
        "parameters": f"{trial.parameters:,}" if trial.parameters else "",
        "seed": trial.seed if trial.seed is not None else "",
        "same as": f"trial {trial.duplicate_of}" if trial.duplicate_of is not None else "",
        "failed": trial.failure.get("message", ""),
    }
    wide = len(trial.configuration) > MAX_SHOWN
    values = {} if wide else {name: value_text(value) for name, value in trial.configuration.items()}
    print_table(facts_table({name: fact for name, fact in (facts | values).items() if fact != ""}))
    if wide:
        print_configuration(record, trial)
    if worth := score_sentence(record, trial):
        console.print(worth, soft_wrap=True)
    if trial.failure.get("traceback"):
        console.print(trial.failure["traceback"], style="dim")
    if details and details.summary:
        console.print(details.summary)
    if log:
        console.print("It printed:", style="bold")
        console.print(log.rstrip(), style="dim", soft_wrap=True)


def _whole(record: StudyRecord) -> dict[str, object]:
    """Return a study with all of its trials, and what small changes did where it was made for that."""
    trials = read_trials(record)
    found = sensitivity(record, trials)
    more = {"sensitivity": [effect.as_dict() for effect in found.changes]} if found else {}
    return {**study_json(record), "trials": [trial_json(trial) for trial in trials], **more}
