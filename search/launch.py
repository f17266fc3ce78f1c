"""Launching and resuming: from a plan or a study to a running driver."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace

from ..errors import StudyError
from ..studies import StudyRecord, find_study, read_study
from ..studies.connections import check_writable
from ..studies.control import Wish
from ..studies.lifecycle import drive_study
from ..studies.lock import refuse_driven
from ..studies.storage import shown_storage, states_folder
from ..studies.study_writer import StudyWriter
from ..studies.transactions import DecisionLost
from ..training.events import Rung
from ..training.quiet import quiet_tensorflow
from ..training.randomness import random_state_kept
from .budget import Reason
from .driver.sweep import Sweep
from .ending import Ending, check_found_something
from .executors import Executor
from .further import refuse_waiting, take_on
from .interrupt import graceful_interrupt
from .methods import make_proposer, make_scheduler
from .opening import check_joining, differences_to, open_study, refuse_differing
from .paused_states import GIGABYTE, PausedStates
from .plan import Plan
from .progress import Progress
from .proposers import Proposer
from .samplers import make_sampler
from .schedulers import Pruning, Scheduler
from .workers import start_workers

logger = logging.getLogger(__name__)
MOST_LOSSES = 10
"""How often a sweep goes on after its storage went in the middle of a decision, until a trial has ended again."""


def resolve_study(plan: Plan, url: str, *, named: bool) -> tuple[Plan, StudyRecord | None]:
    """Decide which study a plan goes to: a new one, or one of its name that it continues.

    Args:
        plan: The plan; its study has a name.
        url: The storage.
        named: Whether the user gave the name. If not, a free one is found where the name is taken by another sweep.

    Raises:
        StudyError: A study of that name has other data, another space or other settings; all of them are shown.
    """
    check_writable(url)
    base = str(plan.spec.study)
    for attempt in range(1, 10_000):
        name = base if attempt == 1 else f"{base}-{attempt}"
        existing = find_study(name, url)
        if existing is None:
            return plan.for_study(name), None
        if named:
            refuse_differing(existing, plan)
        if named or not differences_to(existing, plan):
            return plan.for_study(name), existing
    raise StudyError(f"No free name like '{base}' is left; give one with --study.")


@quiet_tensorflow()
@random_state_kept()
def run_plan(
    plan: Plan,
    existing: StudyRecord | None,
    url: str,
    listen: Callable[[Progress], None] = lambda _: None,
    *,
    join: bool = False,
) -> Ending:
    """Run a plan to its budget, as a new study or as the continuation of one.

    Workers are made ready and a model is built before the study is made, so that what cannot run leaves no trace.

    Args:
        plan: The plan.
        existing: The study that it continues.
        url: The storage.
        listen: Called after every event.
        join: Whether the study is shared with drivers that run it, on a server.

    Raises:
        UsageError, SpecError: It cannot be shared.
        ModelError: The recommended configuration's model cannot be built.
        StudyLocked: Another driver runs the study.
        SweepError: The sweep cannot go on, or all of its trials failed.
    """
    _refuse_others(plan, existing, url, join=join)
    opened = open_study(plan, existing, url, join=join)
    started, losses, trained = time.monotonic(), 0, -1
    wish: Wish | None = None
    while True:
        try:
            spent = time.monotonic() - started
            ending = _run_until_lost(plan, opened, url, listen, spent=spent, wish=wish)
            break
        except DecisionLost as lost:  # the storage is back by now: what ran was put aside there
            record = read_study(str(plan.spec.study), url)
            losses = 1 if record.trained > trained else losses + 1
            if losses > MOST_LOSSES:
                raise
            trained, wish = record.trained, lost.wish
            logger.warning(
                "The storage %s did not answer in the middle of a decision. It does again, and the sweep goes on "
                "from what is written.",
                shown_storage(url),
            )
            opened = drive_study(record, sharing="joins")  # others may have joined it, and drive it now
    check_found_something(ending)
    return ending


def _run_until_lost(
    plan: Plan,
    opened: AbstractContextManager[StudyWriter],
    url: str,
    listen: Callable[[Progress], None],
    *,
    spent: float,
    wish: Wish | None,
) -> Ending:
    """Run a plan until its budget is spent, of whose time some seconds are, with workers of its own, as somebody has wished.

    Raises:
        DecisionLost: The storage went in the middle of a decision; the study is as after an interrupt.
    """
    executor = start_workers(plan, plan.workers)
    try:
        with opened as writer:
            states = _states_of(plan, url, writer)
            sweep = _make_sweep(plan, writer, executor, states, listen, spent, wish)
            reason = _run_until_stopped(sweep)
    finally:
        executor.close()
    study = read_study(str(plan.spec.study), url)
    return Ending(study, reason, sweep.unanswered, sweep.pruned_last, plan.further, states.text)


def _run_until_stopped(sweep: Sweep) -> Reason:
    """Run a sweep; where it was told to stop, a decision that is lost is wanted by nobody any more."""
    with graceful_interrupt(sweep.stop):
        try:
            return sweep.run()
        except DecisionLost as lost:
            if sweep.is_stopped or sweep.wish == "stop":
                return "interrupted"
            lost.wish = sweep.wish
            raise


def _refuse_others(plan: Plan, existing: StudyRecord | None, url: str, *, join: bool) -> None:
    """Refuse what the study's drivers or trials do not allow: at once, rather than after workers were made ready."""
    if join:
        check_joining(url, beside=None if plan.further is None else "--epochs")
    elif existing is not None:
        refuse_driven(read_study(existing.name, url))
    if existing is not None and plan.further is None:
        refuse_waiting(existing)


def _make_sweep(
    plan: Plan,
    writer: StudyWriter,
    executor: Executor,
    states: PausedStates,
    listen: Callable[[Progress], None],
    spent: float,
    wish: Wish | None,
) -> Sweep:
    workload, budget = plan.workload, plan.budget
    if budget.seconds is not None:
        budget = replace(budget, seconds=max(0.0, budget.seconds - spent))
    if plan.further is not None:
        budget = replace(budget, trials=take_on(plan.further, writer, states))
    writer.optuna.sampler = make_sampler(plan.spec.search.seed, plan.spec.search.method)
    return Sweep(
        writer=writer,
        space=plan.space,
        proposer=_make_proposer(plan),
        executor=executor,
        objective=workload.objective,
        goals=workload.goals,
        scheduler=_make_scheduler(plan, writer),
        budget=budget,
        seed=plan.spec.search.seed,
        full_training=Rung(workload.epochs, len(workload.folds)),
        listen=listen,
        wish=wish,
        states=states,
        max_failures=plan.spec.execution.max_failures,
    )


def _states_of(plan: Plan, url: str, writer: StudyWriter) -> PausedStates:
    execution = plan.spec.execution
    folder, most = states_folder(url, writer.study_id), int(execution.keep_states * GIGABYTE)
    every = execution.checkpoint_every if most > 0 else None
    return PausedStates(folder, most, every, execution.keep_models)


def _make_proposer(plan: Plan) -> Proposer:
    return make_proposer(
        plan.spec.search.method,
        plan.space,
        plan.spec.search.seed,
        starts=plan.starts,
        direction=plan.workload.objective.direction,
        epochs=plan.workload.epochs,
        folds=len(plan.workload.folds),
        by_seconds=plan.budget.seconds is not None,
    )


def _make_scheduler(plan: Plan, writer: StudyWriter) -> Scheduler:
    workload = plan.workload
    method = plan.spec.search.scheduler if plan.further is None else "none"
    scheduler = make_scheduler(
        method,
        plan.space,
        epochs=workload.epochs,
        folds=len(workload.folds),
        direction=workload.objective.direction,
        by_seconds=plan.budget.seconds is not None,
    )
    if isinstance(scheduler, Pruning):
        writer.optuna.pruner = scheduler.pruner
    return scheduler
