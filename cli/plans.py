"""What is printed of a plan before it runs: each decision that was made by rule, and of a dry run an estimate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..printing import make_console, styled
from ..spaces import conditions_text, value_text
from ..studies import StudyRecord, read_trials
from ..studies.comparison import basic_names
from ..texts import count_text, duration_text, numbers_text, percent_text
from .columns import Rows, print_rows
from .control import drivers_text
from .tables import facts_table, print_table
from .trials import all_of

if TYPE_CHECKING:
    from ..search.calibration import Estimate
    from ..search.plan import Plan


MOST_RANGES = 20
"""So many hyperparameters are told with their ranges."""


def print_plan(
    plan: Plan, study: StudyRecord | None = None, *, join: bool = False, ranges: bool = False
) -> None:
    """Print what is about to happen, of a new study or one that goes on, and every decision that was made by rule.

    Args:
        plan: What is about to happen.
        study: The study that goes on; None for a new one.
        join: Whether other drivers share it.
        ranges: Whether it is told what varies, and over which range.
    """
    spec, data = plan.spec, plan.dataset
    most = "up to " if spec.search.trials is None and math.isfinite(plan.budget.trials) else ""
    limits = [most + count_text(plan.budget.trials, "trial")]
    if spec.search.time is not None:
        limits.append(f"at most {duration_text(spec.search.time)}")
    if spec.search.total_epochs is not None:
        limits.append(f"at most {spec.search.total_epochs:,} epochs of single folds")
    if spec.search.until_converged:
        limits.append("until converged")
    if spec.search.target is not None:
        limits.append(f"until {plan.workload.objective.metric} {spec.search.target:g}")
    further = plan.further
    searched = f"{spec.search.method}, {', '.join(limits)}, seed {spec.search.seed}, scheduler {spec.search.scheduler}"
    facts = {
        "study": spec.study,
        "data": f"{data.name}: {data.rows:,} training rows, {data.test_rows:,} held out, " + data.task_text,
        "prepared": _listed(plan.prepared),
        "noted": _listed((*data.notes, *plan.hints, *_notes_on_epochs(plan, study))),
        "model": f"{spec.model}, {count_text(len(plan.space), 'hyperparameter')}",
        "varies": _listed(_ranges(plan)) if ranges else "",
        "search": searched if further is None else further.text,
        "training": f"{plan.cv_text()}, up to {count_text(plan.workload.epochs, 'epoch')}, "
        f"{plan.objective_text}"
        + ("" if plan.workload.precision == "float32" else f", mixed {plan.workload.precision}"),
        "workers": _workers_text(plan),
        "drivers": _drivers_text(study) if join else "",
    }
    print_table(facts_table({name: fact for name, fact in facts.items() if fact}))


def _listed(remarks: Sequence[str]) -> str:
    """Return remarks in a line each."""
    return "\n".join(remarks if len(remarks) < 2 else [f"- {remark}" for remark in remarks])


def _ranges(plan: Plan) -> list[str]:
    """Return what varies, each with its range and where it acts; nothing of a grid, whose configurations are listed."""
    if plan.spec.search.method == "grid":
        return []
    varied = [one for one in plan.space.hyperparameters if one.cardinality > 1]
    texts = [
        f"{one.name} {one.range_text()}"
        + (f" where {conditions_text(one.conditions)}" if one.conditions else "")
        for one in varied[:MOST_RANGES]
    ]
    return [*texts, *([f"{len(varied) - MOST_RANGES} more"] if len(varied) > MOST_RANGES else [])]


def _drivers_text(study: StudyRecord | None) -> str:
    others = drivers_text(study)
    return (
        f"{f'this one, and {others}' if others else 'this one, and those that join'}; which configurations are tried depends on "
        "the order in which the trials of all of them end, not on the seed alone"
    )


def _workers_text(plan: Plan) -> str:
    execution, threads = plan.spec.execution, count_text(plan.threads(plan.workers), "thread")
    if plan.inline:
        return f"none, training runs in this process with {threads}"
    if not execution.on_ray:
        return f"{plan.workers} with {threads} each{plan.gpus_text}"
    count = execution.workers if isinstance(execution.workers, int) else "as many as there is room for"
    where = "" if execution.address == "auto" else f" at {execution.address}"
    return f"{count} with {threads} each, of the Ray cluster{where}"


def _notes_on_epochs(plan: Plan, study: StudyRecord | None) -> tuple[str, ...]:
    """Return what is to be said of trials that have, or will have, other epochs than the search's."""
    if plan.further is not None:
        return plan.further.remarks
    others = [] if study is None else [trial for trial in read_trials(study) if trial.most_epochs]
    if not others:
        return ()
    numbers = numbers_text([trial.number for trial in others], most=5)
    most = max(trial.most_epochs or 0 for trial in others)
    own = count_text(plan.workload.epochs, "epoch")
    return (f"trials {numbers} were trained on to {most} epochs; what is searched further has {own}",)


def print_dry_run(plan: Plan) -> None:
    """Print a plan and what it would take, which two epochs are trained for; nothing is written."""
    from ..search.calibration import calibrate
    from ..search.hints import NONE_WHOLE

    print_plan(plan, ranges=True)
    console = make_console()
    with console.status("Training two epochs to estimate the time ..."):
        found: Estimate = calibrate(plan)
    configurations = [configuration for configuration, _ in found.configurations]
    rows = Rows(
        configurations,
        {">": [str(position) for position in range(len(configurations))]},
        {">parameters": [f"{weights:,}" for _, weights in found.configurations]},
        value_text,
    )
    first = basic_names(plan.spec.model)
    print_rows("\nconfigurations", rows, first, f"once launched, {all_of(plan.spec.study or 'STUDY', 0)}")
    hidden = found.trials - len(found.configurations)
    if hidden > 0:
        console.print(
            f"and {count_text(hidden, 'more configuration')}, chosen while searching"
            if plan.spec.search.method != "grid"
            else f"and {count_text(hidden, 'more configuration')} of the grid",
        )
    further = f", a further one {duration_text(found.epoch)}" if plan.workload.epochs > 1 else ""
    console.print(f"first epoch {duration_text(found.first_epoch)} (building and tracing included){further}")
    if plan.spec.search.time is not None and plan.spec.search.time < found.trial:
        whole, limit = duration_text(found.trial), duration_text(plan.spec.search.time)
        console.print(f"one whole training takes about {whole}, longer than --time {limit}: {NONE_WHOLE}")
    if found.share < 1:
        console.print(f"timed on {percent_text(found.share)} of each fold's rows", style="dim")
    console.print(
        styled(
            "at most about ",
            (duration_text(found.seconds), "bold"),
            " if no trial ends early; nothing was written",
        ),
    )
