"""What trials are compared by: the metric that is asked for, or the one that compares these models fairly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from ..errors import SpecError
from ..spaces import Space
from ..spaces.catalogue import CHANGE_THE_LOSS
from ..training.data import TASKS, Task
from ..training.goals import QUANTITIES, Goals, parse_constraint
from ..training.machine import cores
from ..training.metrics import (
    DEFAULT_OBJECTIVE,
    ComputedMetrics,
    Objective,
    UnknownDirectionError,
    choose_objective,
    family_metrics,
)
from ..training.models import ModelSource
from ..training.workload import Workload
from .model_resolution import guard_building
from .spec import SweepSpec


def select_objective(
    spec: SweepSpec, workload: Workload, space: Space
) -> tuple[Objective, Goals, tuple[str, ...]]:
    """Return what trials are compared by, and what was decided; a user's model is built to see what it computes.

    Returns:
        The objective that epochs are scored by, all else that trials are judged by, and decisions, a sentence each.

    Raises:
        SpecError: What the specification asks for cannot be computed, or which way is better is not known.
    """
    dataset, source, asked = workload.dataset, workload.model, spec.training
    # The metric that epochs are scored by comes first, whatever the order in which they are named.
    first, *others = sorted(asked.objectives, key=lambda name: name in QUANTITIES) or (None,)
    if first in QUANTITIES:
        raise SpecError(
            f"Epochs are scored by a metric, and there is none: name one beside {first}, as in accuracy,{first}."
        )
    metric = first or _of_own_fit(source, dataset.task)
    decisions: tuple[str, ...] = ()
    losses_differ = not source.open_space and any(name in space for name in CHANGE_THE_LOSS)
    if not source.open_space:
        computed = family_metrics(dataset.task, losses_differ=losses_differ)
    elif first in ("loss", "val_loss") and not others and not asked.bounds:
        computed = ComputedMetrics({"loss": "minimize"}, {})
    else:
        computed = _computed_by_own(spec, workload, space)
        if metric is None and _compares_losses(spec, workload, space, computed):
            if dataset.task == "outputs":
                names = ", ".join(f"val_{name}" for name in computed.metrics if name != "loss")
                raise SpecError(
                    "Losses or their weights differ between configurations, so that val_loss cannot rank them; choose "
                    f"--objective from {names}."
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
    choose = partial(
        choose_objective,
        task=dataset.task,
        classes=len(dataset.classes),
        computed=computed,
        losses_differ=losses_differ,
        others=tuple(QUANTITIES),
    )
    goals = _goals(objective, [name for name in others if name], asked.bounds, choose)
    for scorer in replace(workload, objective=objective, goals=goals).scorers:
        scorer.check(workload.folds)
    if "seconds" in goals.quantities:
        decisions = (*decisions, "seconds are measured on this machine, and differ a little from run to run")
    return objective, goals, decisions


def _goals(
    objective: Objective, others: Sequence[str], bounds: Sequence[str], choose: Callable[..., Objective]
) -> Goals:
    """Return the further objectives and the constraints.

    Args:
        objective: The first one.
        others: Names of the further ones.
        bounds: The constraints as they are written.
        choose: Returns the metric that a name and a direction mean.

    Raises:
        SpecError: There is no such metric, or which way it is better is not known.
    """
    further = [_beside(name, choose) for name in others]
    metrics = [objective.metric, *(one.metric for one in further)]
    if twice := next((name for name in metrics if metrics.count(name) > 1), None):
        raise SpecError(f"The objective {twice} is named twice.")
    constraints = []
    for bound in map(parse_constraint, bounds):
        if bound.quantity in QUANTITIES:
            constraints.append(bound)
        elif objective.metric in (f"val_{bound.quantity.removeprefix('val_')}", bound.quantity):
            constraints.append(replace(bound, quantity=objective.metric, scoring=objective.scoring))
        else:  # its sign says which way is better
            one = choose(bound.quantity, "minimize" if bound.sign[0] == "<" else "maximize")
            constraints.append(replace(bound, quantity=one.metric, scoring=one.scoring))
    return Goals(tuple(further), tuple(constraints))


def _beside(name: str, choose: Callable[..., Objective]) -> Objective:
    """Return a further objective, for which no direction can be given."""
    if name in QUANTITIES:
        return Objective(name, "minimize")
    try:
        return choose(name, None)
    except UnknownDirectionError:
        raise SpecError(
            f"Which direction of '{name}' is better is not known; make it the first objective."
        ) from None


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
        "which way is better, with --objective and --direction."
    )
