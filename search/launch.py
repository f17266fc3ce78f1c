"""Launching and resuming: from a plan or a study to a running driver."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ..errors import StudyError, SweepError
from ..studies import StudyRecord, read_study, read_trials
from ..studies.comparison import is_sensitivity_study
from ..studies.storage import states_folder
from ..studies.writing import (
    StudyWriter,
    check_writable,
    find_study,
    refuse_driven,
)
from ..texts import numbers_text
from ..training.events import Rung, Task
from ..training.gpus import Gpu, gpu_environment
from ..training.machine import choose_workers, free_memory, worker_memory
from ..training.model_size import ModelSize
from ..training.quiet import quiet_tensorflow
from ..training.randomness import random_state_kept
from .budget import Reason
from .executors import Executor, make_executor
from .further import Further, refuse_waiting, take_on
from .interrupt import graceful_interrupt
from .methods import make_proposer, make_scheduler
from .opening import check_joining, differences_to, open_study, refuse_differing
from .paused_states import GIGABYTE, PausedStates
from .plan import Plan
from .progress import Progress
from .samplers import make_sampler
from .schedulers import Pruning, Scheduler
from .sweep import Sweep


@dataclass(frozen=True)
class Ending:
    """How a run of a sweep ended."""

    study: StudyRecord
    reason: Reason
    unanswered: tuple[int, ...] = ()
    """Trials that did not end when the sweep was over, and were ended from outside."""
    further: Further | None = None
    """Where trials were trained on."""
    kept: str = ""
    """Which states of the best trials lie where, as a sentence."""

    def describe(self) -> str:
        """Return the reason, and what was cut short, as sentences."""
        reason = {
            "trials": "All trials of the budget are done.",
            "time": "The time is up.",
            "epochs": "The epochs of the budget are trained.",
            "converged": "Converged: twice the trials are not expected to gain as much as the best score's standard error.",
            "target": "The target is reached.",
            "exhausted": "Every change has been trained as often as the noise asks for."
            if is_sensitivity_study(self.study)
            else "Every configuration of the space has been tried.",
            "interrupted": "Interrupted.",
        }[self.reason]
        if self.further is not None and self.reason == "trials":
            reason = f"Done: {self.further.text}."
        if not self.unanswered:
            return reason
        cut = numbers_text(self.unanswered, 5)
        one = len(self.unanswered) == 1
        return f"{reason} {'Trial' if one else 'Trials'} {cut} did not end in time; resume runs {'it' if one else 'them'} again."


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
    name = str(plan.spec.study)
    if join:
        check_joining(url, beside=None if plan.further is None else "--epochs")
    if existing is not None:
        if not join:
            refuse_driven(read_study(name, url))  # at once, rather than after workers were made ready
        if plan.further is None:
            refuse_waiting(existing)
    seed = plan.spec.search.seed
    executor = _start_workers(plan, plan.workers)
    try:
        with open_study(plan, existing, url, join=join) as writer:
            writer.optuna.sampler = make_sampler(seed, plan.spec.search.method)
            states = _states_of(plan, url, writer)
            budget = plan.budget
            if plan.further is not None:
                budget = replace(budget, trials=take_on(plan.further, writer, states))
            sweep = Sweep(
                writer=writer,
                space=plan.space,
                proposer=make_proposer(
                    plan.spec.search.method,
                    plan.space,
                    seed,
                    starts=plan.starts,
                    direction=plan.workload.objective.direction,
                    epochs=plan.workload.epochs,
                    folds=len(plan.workload.folds),
                    by_seconds=budget.seconds is not None,
                ),
                executor=executor,
                objective=plan.workload.objective,
                goals=plan.workload.goals,
                scheduler=_make_scheduler(plan, writer),
                budget=budget,
                seed=seed,
                whole=Rung(plan.workload.epochs, len(plan.workload.folds)),
                listen=listen,
                states=states,
            )
            with graceful_interrupt(sweep.stop):
                reason = sweep.run()
    finally:
        executor.close()
    ending = Ending(read_study(name, url), reason, sweep.unanswered, plan.further, states.text)
    _check_found_something(ending)
    return ending


def _states_of(plan: Plan, url: str, writer: StudyWriter) -> PausedStates:
    execution = plan.spec.execution
    folder, most = states_folder(url, writer.study_id), int(execution.keep_states * GIGABYTE)
    every = execution.checkpoint_every if most > 0 else None
    return PausedStates(folder, most, every, execution.keep_models)


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


def _start_workers(plan: Plan, workers: int, *, free: int | None = None) -> Executor:
    """Return an executor that is ready; with fewer workers than planned where memory would not hold them."""
    execution = plan.spec.execution
    if execution.on_ray:
        executor = _on_ray(plan)
        _start(executor, plan)
        return executor
    free = free_memory() if free is None else free  # workers that are there would be counted twice
    gpus: Sequence[Sequence[Gpu] | None] = plan.gpus_of(workers) or [None] * workers
    executor = make_executor(
        plan.workload,
        workers,
        plan.threads(workers),
        inline=plan.inline,
        timeout=execution.trial_timeout,
        environments=[gpu_environment(some) for some in gpus],
        retries=plan.spec.execution.retries,
        memory=worker_memory(free, workers, plan.workload.goals.bound_of("memory")),
    )
    size = _start(executor, plan)
    fitting = choose_workers(workers, size.training_bytes, free, most=workers)
    if execution.workers != "auto" or fitting == workers:
        return executor
    executor.close()
    return _start_workers(plan, fitting, free=free)


def _on_ray(plan: Plan) -> Executor:
    from .executors.ray import RayExecutor

    execution = plan.spec.execution
    count = execution.workers if isinstance(execution.workers, int) else None
    return RayExecutor(
        plan.workload,
        plan.threads(plan.workers),
        count,
        execution.trial_timeout,
        address=execution.address,
        gpus=execution.gpus_per_trial or 0,
        retries=execution.retries,
    )


def _start(executor: Executor, plan: Plan) -> ModelSize:
    """Have the recommended configuration's model built, or end the executor."""
    try:
        first = Task(-1, plan.space.recommended(), plan.spec.search.seed)
        return executor.start(first, within=plan.budget.seconds)
    except BaseException:
        executor.close()
        raise


def _check_found_something(ending: Ending) -> None:
    """Refuse to call a sweep done in which every trial failed, or for which the time was too short."""
    study = ending.study
    if ending.reason == "interrupted" or study.counts.get("complete"):
        return
    failed = [trial for trial in read_trials(study) if trial.failed]
    if len(failed) < study.trained:
        return
    if ending.reason == "time" and not study.trained:
        raise SweepError(
            f"No trial of '{study.name}' has ended. {ending.describe()} Give it more --time, or see whether the model "
            "function comes to an end."
        )
    if not study.trained:
        return
    last = failed[-1]
    message = last.failure.get("message", "no reason is known")
    raise SweepError(f"No trial of '{study.name}' could be scored. Trial {last.number}: {message}.")
