"""Commands that only read: they answer at once, because they import neither TensorFlow nor Optuna nor pandas."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from ..errors import SpecError
from ..printing import make_console, styled
from ..spaces import value_text
from ..studies import (
    DamagedStudy,
    ListedStudy,
    StudyRecord,
    TrialRecord,
    best_trials,
    list_studies,
    read_details,
    read_log,
    read_study,
    read_trial,
    read_trials,
    shown_storage,
    storage_url,
)
from ..studies.comparison import (
    MAX_SHOWN,
    RUNNERS_UP,
    Choice,
    baseline_sentence,
    choose_by_rule,
    compare_runners_up,
    compare_studies,
    compare_trials,
    front_sentence,
    is_sensitivity_study,
    nested_sentence,
    refit_score,
    score_sentence,
    sensitivity,
)
from ..texts import count_text, duration_text, number_text, quantity_text
from .options import Json, Rule, Storage, StudyName, print_json, whole_numbers
from .tables import (
    comparison_table,
    facts_table,
    print_table,
    state_text,
    studies_table,
)
from .trials import no_winner, print_configuration, print_findings, print_sensitivity, print_trials, scores

Names = Annotated[
    list[str] | None,
    typer.Argument(
        help="Two or more studies; with --trials one.", show_default="the last study, with --trials"
    ),
]
Trials = Annotated[
    str | None, typer.Option(help="Numbers of trials of one study, to be compared with each other: 17,4.")
]


def studies(storage: Storage = None, as_json: Json = False) -> None:
    """List all studies.

    [dim]kerasweep studies[/]
    [dim]kerasweep studies --storage postgresql://me@host/sweeps --json[/]
    """
    listed = list_studies(storage_url(storage))
    if as_json:
        print_json([_listed(one) for one in listed])
    elif not listed:
        make_console().print(
            f"{shown_storage(storage_url(storage))} holds no study yet. Launch a sweep first."
        )
    else:
        print_table(studies_table(listed))
        for one in listed:
            if isinstance(one, DamagedStudy):
                make_console().print(styled((f"damaged: {one.name}: {one.why}", "red")), soft_wrap=True)


def _listed(one: ListedStudy | DamagedStudy) -> dict[str, object]:
    """Return what programs read of a study in the list; of a damaged one its name, and what is wrong with it."""
    if isinstance(one, DamagedStudy):
        return {"study": one.name, "damaged": one.why}
    return {**_summary(one.study), "best": None if one.study.has_several else one.best}


def best(
    study: StudyName = None,
    count: Annotated[int, typer.Option("-n", "--count", min=1, help="How many.")] = 10,
    rule: Rule = None,
    storage: Storage = None,
    as_json: Json = False,
) -> None:
    """Show the best configurations of a study; the first is the one that a rule takes.

    [dim]kerasweep best[/]
    [dim]kerasweep best digits-dnn-knowhow -n 3 --json[/]
    [dim]kerasweep best --rule one-se[/]
    """
    record = read_study(study, storage_url(storage))
    choice = None if rule is None else choose_by_rule(record, rule)
    found = best_trials(record, max(count, RUNNERS_UP))
    first = [] if choice is None else [choice.trial]
    trials = [*first, *(one for one in found if one not in first)][:count]
    if as_json:
        print_json([_trial(trial) for trial in trials])
        return
    if not trials:
        make_console().print(no_winner(record), soft_wrap=True)
        return
    of = "Pareto front" if record.has_several else "best"
    print_trials(f"{record.name}: {of} of {count_text(record.trained, 'trial')}", record, trials, storage)
    if record.has_several:
        make_console().print(front_sentence(record, read_trials(record)), soft_wrap=True)
        return
    print_sensitivity(record)
    every = read_trials(record)
    by_rule = (
        choice is not None and choice.rule != "max"
    )  # the first rows are then not the best ones in order
    for sentence in (
        *_chosen(record, choice),
        "" if by_rule or is_sensitivity_study(record) else compare_runners_up(record, found).sentence,
        score_sentence(record, found[0], every),
        nested_sentence(record),
        baseline_sentence(record, found[0]),
    ):
        if sentence:
            make_console().print(sentence, soft_wrap=True)
    print_findings(record, every, end=" kerasweep report tells them.")


def _chosen(record: StudyRecord, choice: Choice | None) -> tuple[str, ...]:
    """Return the words that say what a rule took in place of the best, what that costs, and how its refit did."""
    if choice is None or choice.rule == "max":
        return ()
    if choice.pair is None:
        return (choice.sentence,)
    return (choice.sentence, choice.pair.sentence, score_sentence(record, choice.trial))


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


def compare(
    names: Names = None, trials: Trials = None, storage: Storage = None, as_json: Json = False
) -> None:
    """Put studies side by side, or trials of one study.

    [dim]kerasweep compare digits-dnn-grid digits-dnn-knowhow[/]
    [dim]kerasweep compare digits-dnn-knowhow --trials 17,4[/]
    """
    url = storage_url(storage)
    if trials is not None:
        if names is not None and len(names) > 1:
            raise SpecError("--trials compares trials of one study; name that one alone.")
        record = read_study(names[0] if names else None, url)
        _compare_trials(record, whole_numbers(trials, "--trials"), storage, as_json=as_json)
        return
    if not names:
        raise SpecError("Name the studies to compare, or the trials of the last one: --trials 17,4.")
    found = compare_studies([read_study(name, url) for name in dict.fromkeys(names)])
    if as_json:
        rows = [
            {
                **_summary(row.study),
                "best": _trial(row.best) if row.best else None,
                "test_score": row.test_score,
                "cost": row.cost,
                "behind": row.behind.as_dict() if row.behind else None,
                "remarks": row.remarks,
            }
            for row in found.rows
        ]
        print_json(rows)
        return
    print_table(comparison_table(found))
    for row in found.rows:
        if row.behind is not None:
            make_console().print(row.behind.text, soft_wrap=True)
    for note in found.notes:
        make_console().print(styled(("!", "yellow"), f" {note}"), soft_wrap=True)


def _compare_trials(record: StudyRecord, numbers: list[int], storage: str | None, *, as_json: bool) -> None:
    pairs = compare_trials(record, numbers)
    if as_json:
        print_json([pair.as_dict() for pair in pairs])
        return
    order = [pairs[0].first, *(pair.second for pair in pairs)]
    print_trials(f"trials of {record.name}", record, [read_trial(record, one) for one in order], storage)
    for pair in pairs:
        make_console().print(pair.text, soft_wrap=True)


def _show_study(record: StudyRecord, storage: str | None) -> None:
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
    console = make_console()
    constraints = record.spec.get("training", {}).get("constraints")
    if constraints:
        facts["objective"] += f" where {', '.join(map(str, constraints))}"
    print_table(facts_table({name: fact for name, fact in facts.items() if fact}))
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


def _show_trial(record: StudyRecord, trial: TrialRecord, *, as_json: bool) -> None:
    details = read_details(record, [trial.number]).get(trial.number)
    log = read_log(record, trial.number)
    if as_json:
        print_json(
            {
                **_trial(trial),
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
        "folds": "  ".join(number_text(score) for score in trial.fold_scores),
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
    return {**_summary(record), "trials": [_trial(trial) for trial in trials], **more}


def _summary(record: StudyRecord) -> dict[str, object]:
    return {
        "study": record.name,
        "direction": record.direction,
        "metric": record.metric,
        "objectives": record.objectives,
        "counts": record.counts,
        "spec": record.spec,
        "about": record.about,
        "refits": record.refits,
    }


def _trial(trial: TrialRecord) -> dict[str, object]:
    data = asdict(trial)
    data.pop("failure")
    return {**data, "standard_error": trial.standard_error}
