"""Workers that are ready to train what a plan says."""

from __future__ import annotations

from collections.abc import Sequence

from ..training.events import Task
from ..training.gpus import Gpu, gpu_environment
from ..training.machine import choose_workers, free_memory, worker_memory
from ..training.model_size import ModelSize
from .executors import Executor, make_executor
from .plan import Plan


def start_workers(plan: Plan, workers: int, *, free: int | None = None) -> Executor:
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
    return start_workers(plan, fitting, free=free)


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
        memory=plan.workload.goals.bound_of("memory"),
    )


def _start(executor: Executor, plan: Plan) -> ModelSize:
    """Have the recommended configuration's model built, or end the executor."""
    try:
        first = Task(-1, plan.space.recommended(), plan.spec.search.seed)
        return executor.start(first, within=plan.budget.seconds)
    except BaseException:
        executor.close()
        raise
