"""What trials are compared by: the metric that is asked for, or the one that compares these models fairly."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from ..errors import ModelError, SpecError, UnfitError, one_line
from ..spaces import Space
from ..spaces.catalogue import CHANGE_THE_LOSS
from ..training.data import TASKS, Dataset, Task
from ..training.goals import QUANTITIES, Goals, parse_constraint
from ..training.machine import cores
from ..training.metrics import (
    DEFAULT_OBJECTIVE,
    ComputedMetrics,
    Objective,
    UnknownDirectionError,
    choose_objective,
    family_metrics,
    own_accuracy,
)
from ..training.models import ModelSource
from ..training.workload import Workload
from .model_resolution import guard_building
from .spec import SweepSpec
from .target_signs import percentage_hints, why_undefined


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
    choose = partial(
        choose_objective,
        task=dataset.task,
        classes=len(dataset.classes),
        computed=computed,
        losses_differ=losses_differ,
    )
    objective = choose(metric, asked.direction)
    beside = partial(choose, others=tuple(QUANTITIES))
    goals = _goals(objective, [name for name in others if name], asked.bounds, beside)
    decisions = (
        *decisions,
        *computed.remarks,
        *_meanings(objective, goals, computed),
        *_of_targets(objective, goals, computed, dataset),
    )
    for scorer in replace(workload, objective=objective, goals=goals).scorers:
        scorer.check(workload.folds)
    if "seconds" in goals.quantities:
        decisions = (*decisions, "seconds are measured on this machine, and differ a little from run to run")
    return objective, goals, decisions


def _of_targets(
    objective: Objective, goals: Goals, computed: ComputedMetrics, dataset: Dataset
) -> Iterator[str]:
    """Yield what the targets make of the loss, and of the objective.

    Raises:
        SpecError: A metric that trials are judged by is not defined for them.
    """
    judged = {metric: computed.known.get(metric.removeprefix("val_"), "") for metric in _beside_of(goals)}
    judged |= {metric: scoring.name for metric, scoring in goals.scorings.items()}
    for metric, kind in {objective.metric: objective.kind, **judged}.items():
        if why := why_undefined(kind, dataset):
            raise SpecError(f"The metric '{metric}' cannot be computed: {why}.")
        yield from percentage_hints(metric, kind, dataset)
    if why := why_undefined(computed.known.get("loss", ""), dataset):
        yield f"the loss {why}"


def _beside_of(goals: Goals) -> list[str]:
    return [*(one.metric for one in goals.further), *(one.quantity for one in goals.constraints)]


def _meanings(objective: Objective, goals: Goals, computed: ComputedMetrics) -> Iterator[str]:
    """Yield what the metrics that trials are judged by measure, where their names say something else."""
    computed_by_us = {*goals.scorings, *([] if objective.scoring is None else [objective.metric])}
    for metric in dict.fromkeys((objective.metric, *_beside_of(goals))):
        if metric in computed_by_us:
            continue
        if meaning := computed.meanings.get(metric.removeprefix("val_")):
            yield f"{metric} is what the model computes: {meaning}"


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
    if computed.more or own_accuracy(workload.dataset.task, computed) is not None:
        return False
    from ..training.trainers.computed_metrics import losses_differ

    with guard_building(spec, workload.model):
        return losses_differ(workload, space, spec.search.seed)


def _computed_by_own(spec: SweepSpec, workload: Workload, space: Space) -> ComputedMetrics:
    from ..training.trainers.runtime import prepare_tensorflow

    prepare_tensorflow(spec.execution.threads or cores())
    from ..training.trainers.computed_metrics import find_computed_metrics

    own_fit = workload.model.own_fit() is not None
    found = None
    with guard_building(spec, workload.model):  # TensorFlow's import, which may take longer, is done
        try:
            found = find_computed_metrics(workload, space, spec.search.seed)
        except UnfitError as error:
            # What trains it may do with the data what it likes, or be another machine.
            if not own_fit and not spec.execution.on_ray:
                raise ModelError(
                    f"The model '{workload.model.name}' does not fit the data: {one_line(error)}"
                ) from error
    if found is None:
        return ComputedMetrics({}, {}, more=True)  # the model cannot be built, as its first training will say
    return replace(found, more=own_fit)


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
