"""Commands that only read: they answer at once, because they import neither TensorFlow nor Optuna nor pandas."""

from __future__ import annotations

from typing import Annotated

import typer

from ..errors import SpecError
from ..printing import make_console, styled
from ..studies import (
    DamagedStudy,
    ListedStudy,
    StudyRecord,
    best_trials,
    list_studies,
    read_study,
    read_trial,
    read_trials,
    shown_storage,
    storage_url,
)
from ..studies.comparison import (
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
    score_sentence,
)
from ..texts import count_text
from .options import Json, Rule, Storage, StudyName, print_json, study_json, trial_json, whole_numbers
from .tables import (
    comparison_table,
    print_table,
    studies_table,
)
from .trials import no_winner, print_findings, print_sensitivity, print_trials

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
    return {**study_json(one.study), "best": None if one.study.has_several else one.best}


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
        print_json([trial_json(trial) for trial in trials])
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
    print_findings(record, every, end=" kerasweep report tells more.")


def _chosen(record: StudyRecord, choice: Choice | None) -> tuple[str, ...]:
    """Return the words that say what a rule took in place of the best, what that costs, and how its refit did."""
    if choice is None or choice.rule == "max":
        return ()
    if choice.pair is None:
        return (choice.sentence,)
    return (choice.sentence, choice.pair.sentence, score_sentence(record, choice.trial))


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
                **study_json(row.study),
                "best": trial_json(row.best) if row.best else None,
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
