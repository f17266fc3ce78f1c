"""What trials are compared by: the metric that is asked for, or the one that compares these models fairly."""

from __future__ import annotations

from dataclasses import replace

from ..errors import SpecError
from ..spaces import Space
from ..spaces.catalogue import CHANGE_THE_LOSS
from ..training.data import TASKS, Task
from ..training.machine import cores
from ..training.metrics import (
    DEFAULT_OBJECTIVE,
    ComputedMetrics,
    Objective,
    choose_objective,
    family_metrics,
)
from ..training.models import ModelSource
from ..training.scoring import Scorer
from ..training.workload import Workload
from .model_resolution import guard_building
from .spec import SweepSpec


def select_objective(spec: SweepSpec, workload: Workload, space: Space) -> tuple[Objective, tuple[str, ...]]:
    """Return what trials are compared by, and what was decided; a user's model is built to see what it computes.

    Raises:
        SpecError: What the specification asks for cannot be computed, or which way is better is not known.
    """
    dataset, source, asked = workload.dataset, workload.model, spec.training
    metric = asked.metric or _of_own_fit(source, dataset.task)
    decisions: tuple[str, ...] = ()
    losses_differ = not source.open_space and any(name in space for name in CHANGE_THE_LOSS)
    if not source.open_space:
        computed = family_metrics(dataset.task, losses_differ=losses_differ)
    elif asked.metric in ("loss", "val_loss"):
        computed = ComputedMetrics({"loss": "minimize"}, {})
    else:
        computed = _computed_by_own(spec, workload, space)
        if metric is None and _compares_losses(spec, workload, space, computed):
            if dataset.task == "outputs":
                names = ", ".join(f"val_{name}" for name in computed.metrics if name != "loss")
                raise SpecError(
                    "Losses or their weights differ between configurations, so that val_loss cannot rank them; choose "
                    f"--metric from {names}."
                )
            metric = TASKS[dataset.task].metric_whatever_the_loss
            decisions = (f"losses or penalties differ, which val_loss cannot compare: {metric} does",)
    objective = choose_objective(
        metric,
        asked.direction,
        dataset.task,
        len(dataset.classes),
        computed,
        losses_differ=losses_differ,
    )
    if objective.scoring is not None:
        Scorer(objective.metric, objective.scoring, dataset).check(workload.folds)
    return objective, decisions


def _compares_losses(spec: SweepSpec, workload: Workload, space: Space, computed: ComputedMetrics) -> bool:
    """Tell whether a user's models would be compared by a loss that is not the same for all of them."""
    by_default = TASKS[workload.dataset.task].metric
    if computed.more or (by_default != "loss" and by_default in computed.metrics):
        return False
    from ..training.trainers.computed_metrics import losses_differ

    with guard_building(spec, workload.model):
        return losses_differ(workload, space, spec.search.seed)


def _computed_by_own(spec: SweepSpec, workload: Workload, space: Space) -> ComputedMetrics:
    from ..training.trainers.runtime import prepare_tensorflow

    prepare_tensorflow(spec.execution.threads or cores())
    from ..training.trainers.computed_metrics import find_computed_metrics

    with guard_building(spec, workload.model):  # TensorFlow's import, which may take longer, is done
        found = find_computed_metrics(workload, space.recommended(), spec.search.seed)
    if found is None:
        return ComputedMetrics({}, {}, more=True)  # the model cannot be built, as its first training will say
    return replace(found, more=workload.model.own_fit() is not None)


def _of_own_fit(source: ModelSource, task: Task) -> str | None:
    """Return KerasTuner's name for the number that a ``HyperModel.fit`` returns; None for the task's metric.

    Raises:
        SpecError: It returns named numbers, none of them the task's metric.
    """
    scores = source.scores
    if scores is None:
        return None
    if DEFAULT_OBJECTIVE in scores:
        return DEFAULT_OBJECTIVE
    if f"val_{TASKS[task].metric}" in scores:
        return None
    raise SpecError(
        f"HyperModel.fit of '{source.name}' returns {', '.join(scores) or 'nothing'}; say which is compared and "
        "which way is better, with --metric and --direction."
    )
