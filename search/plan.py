"""A sweep with everything decided and nothing started: what ``launch`` runs and ``--dry-run`` prints."""

from __future__ import annotations

import math
import platform
import re
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataError, ModelError, SpecError
from ..spaces import Configuration, Space, space_to_dict
from ..spaces.catalogue import CHANGE_THE_LOSS
from ..spaces.keras_tuner import EPOCHS, with_epochs
from ..texts import duration_text
from ..training.baseline import baseline, last_value
from ..training.data import (
    TASKS,
    Dataset,
    Preparation,
    Task,
    column_at,
    describe_preparation,
    fit_preparation,
    make_folds,
    map_shapes,
    row_count,
    take,
)
from ..training.heartbeat import building_seconds, limit_silence
from ..training.machine import choose_workers, computes_bfloat16, cores
from ..training.metrics import (
    DEFAULT_OBJECTIVE,
    ComputedMetrics,
    Objective,
    choose_objective,
    family_metrics,
)
from ..training.models import ModelSource, Precision, Sample, Signature, find_model, reads_as_given
from ..training.quiet import quiet_tensorflow
from ..training.randomness import random_state_kept
from ..training.scoring import Scorer
from ..training.workload import Workload
from .oracles import hyperband_trials
from .pruners import resolve_pruner
from .rows import find_tokens, load_rows, prepare_rows
from .samplers import trials_at_most
from .space_resolution import resolve_space
from .spec import SpaceSpec, SweepSpec
from .sweep import Budget

DEFAULT_TRIALS = 30
MOST_OF_A_GRID = 100_000
"""No one trains more, and counting them would take longer than a person waits."""
RARE = 0.1
"""Share of the rows below which a class is rare, where it is also less than half of what equal classes have."""
SAMPLE = 32
"""Rows on which the space of a ``HyperModel.fit`` is discovered."""


@dataclass(frozen=True)
class Plan:
    """A decided sweep."""

    spec: SweepSpec
    """With its space written out, and everything that was left to a rule decided."""
    workload: Workload
    space: Space
    most: float
    """Different configurations that the search can try; ``math.inf`` for a continuous space."""
    decisions: tuple[str, ...] = ()
    """What was decided by looking at the user's model, a sentence each."""

    @property
    def dataset(self) -> Dataset:
        """The data."""
        return self.workload.dataset

    @property
    def budget(self) -> Budget:
        """When the sweep is over."""
        search = self.spec.search
        trials = search.trials if search.trials is not None else math.inf
        return Budget(min(trials, self.most), search.time, search.target)

    @property
    def workers(self) -> int:
        """Processes that train; where it is left to a rule, without regard to the memory that the model takes."""
        asked = self.spec.execution.workers
        return choose_workers(self.budget.trials) if asked == "auto" else int(asked)

    def threads(self, workers: int) -> int:
        """Return the cores of each of a number of workers."""
        return self.spec.execution.threads or max(1, cores() // workers)

    def about(self) -> dict[str, Any]:
        """Return what the study stores beside the specification: data, folds, seeds, versions."""
        dataset, workload = self.dataset, self.workload
        return {
            "metric": workload.objective.metric,
            "data": {
                "name": dataset.name,
                "kind": dataset.kind,
                "task": dataset.task,
                "rows": dataset.rows,
                "test_rows": dataset.test_rows,
                "classes": list(dataset.classes),
                "outputs": dataset.outputs,
                "shape": map_shapes(list, workload.preparation.input_shape),
                "fingerprint": dataset.fingerprint,
                "preparation": self.prepared,
                "notes": list(dataset.notes),
            },
            "baseline": self.baseline,
            "last_value": last_value(self.workload.objective, dataset, workload.folds),
            "folds": len(workload.folds),
            "cv": self.cv_text(),
            "epochs": workload.epochs,
            "seed": self.spec.search.seed,
            "versions": versions(),
            "created": datetime.now().astimezone().strftime("%Y-%m-%d %H:%M:%S"),
        }

    @cached_property
    def baseline(self) -> dict[str, Any] | None:
        """How a prediction scores that looks at no row; None where the objective is none that is known."""
        return baseline(self.workload.objective, self.dataset, self.workload.folds)

    @property
    def objective_text(self) -> str:
        """What is made best, and of which class where it is about one."""
        objective = self.workload.objective
        of_class = objective.scoring is not None and objective.scoring.of_one_class
        two = self.dataset.task == "classification" and self.dataset.outputs == 2
        positive = f" of class '{self.dataset.classes[1]}'" if of_class and two else ""
        return f"{objective.direction} {objective.metric}{positive}"

    @property
    def _time_hints(self) -> tuple[str, ...]:
        """What is said where rows in order of time are split without regard to it."""
        order, spec = self.dataset.time_order, self.spec
        if (
            order is None
            or self.dataset.series is not None
            or (spec.cv.method == "time" and spec.test_split == "last")
        ):
            return ()
        if self.dataset.groups is not None:
            return (
                "rows in order of time are split by groups, so that models learn from later rows than they are scored on",
            )
        way = "--cv time keeps the order, with --test-split last for the test rows"
        if order.newest_first:
            way = f"sort them from old to new, then {way}"
        return (
            f"rows in order of time are split at random, so that models learn from later rows than they are scored on: {way}",
        )

    @property
    def hints(self) -> tuple[str, ...]:
        """What the user should know of the splits and the objective, or may want to ask for, a sentence each."""
        return (*self._time_hints, *self._objective_hints)

    @property
    def _objective_hints(self) -> tuple[str, ...]:
        dataset = self.dataset
        metric = self.workload.objective.metric.removeprefix("val_")
        if metric not in ("accuracy", "binary_accuracy") or metric != TASKS[dataset.task].metric:
            return self.decisions
        if dataset.task == "multilabel":
            counts, few, instead = (
                dataset.y.sum(axis=0, dtype=np.int64),
                RARE,
                "average_precision or f1_macro",
            )
        else:
            counts, instead = np.bincount(dataset.y, minlength=len(dataset.classes)), "balanced_accuracy"
            few = min(RARE, 0.5 / len(counts))
        rare, share = int(counts.argmin()), counts.min() / dataset.rows
        if share >= few:
            return self.decisions
        what = f"{TASKS[dataset.task].outputs[0]} '{dataset.classes[rare]}' is"
        of = "in" if dataset.task == "multilabel" else "of"
        return (
            *self.decisions,
            f"{what} {share:.1%} {of} the rows, which {metric} hardly counts: consider --metric {instead}",
        )

    @property
    def prepared(self) -> list[str]:
        """What is done to stored rows, a sentence each."""
        return describe_preparation(self.workload.preparation)

    def cv_text(self) -> str:
        """Return how rows are split, in words."""
        method, count = self.spec.cv.method, len(self.workload.folds)
        if self.dataset.fold_labels is not None:
            return "the validation rows that are given" if count == 1 else f"given, {count} folds"
        if method == "auto":
            method = "stratified" if self.dataset.fold_codes is not None else "kfold"
            method = method if self.dataset.groups is None else "group"
        if method == "holdout":
            last = "" if self.dataset.series is None else "the last "
            return f"one hold-out of {last}{self.spec.cv.holdout:.0%}"
        gap = "" if self.dataset.series is None else f", {self.dataset.series.gap} windows left out between"
        names = {"kfold": "shuffled", "time": f"in order of time{gap}", "group": "by group"}
        if self.spec.cv.stratify is not None:
            names["stratified"] = f"stratified by '{self.spec.cv.stratify}'"
        return f"{names.get(method, method)}, {count} folds"


@quiet_tensorflow()
@random_state_kept()
def make_plan(spec: SweepSpec, *, data: Any = None, model: Any = None) -> Plan:
    """Decide everything about a sweep: load the data, find the model, resolve the space.

    Args:
        spec: What the user asks for.
        data: Arrays or a frame, where the data were given in Python.
        model: A build function or ``HyperModel``, where it was given in Python.

    Raises:
        UsageError: Something that the user asks for cannot be.
    """
    keep_shape = reads_as_given(spec.model if model is None else model)
    dataset = load_rows(spec, spec.data.limit, data_object=data, keep_shape=keep_shape)
    source = _find_model(spec, model, dataset)
    space = _resolve_space(spec, source, dataset)
    preparation = _prepare(dataset, source, spec, space.recommended(), _building(spec, source))
    folds = make_folds(
        dataset,
        method=spec.cv.method,
        folds=spec.cv.folds,
        repeats=spec.cv.repeats if spec.cv.method == "repeated" else 1,
        holdout=spec.cv.holdout,
        seed=spec.search.seed,
    )
    workload = Workload(
        dataset,
        preparation,
        folds,
        source,
        Objective("val_loss", "minimize"),
        spec.training.epochs,
        spec.training.patience,
        spec.execution.trainer,
        resolve_precision(spec.training.precision, of_pictures=preparation.layout == "image"),
    )
    objective, decisions = _choose_objective(spec, workload, space)
    workload = replace(workload, objective=objective)
    if spec.search.method == "grid" and space.grid_size(MOST_OF_A_GRID) > MOST_OF_A_GRID:
        raise SpecError(
            f"The grid has more than {MOST_OF_A_GRID:,} configurations; fix some hyperparameters, or search with bayes."
        )
    most = trials_at_most(spec.search.method, space)
    trials = spec.search.trials
    if trials is None and spec.search.time is None and spec.search.target is None:
        trials = _default_trials(spec, most)
    return Plan(_written_out(spec, workload, space, trials), workload, space, most, decisions)


def _choose_objective(spec: SweepSpec, workload: Workload, space: Space) -> tuple[Objective, tuple[str, ...]]:
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
                    "The losses of configurations, or their weights, differ, so that val_loss compares nothing: say what "
                    f"does with --metric, of {names}."
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

    with _building(spec, workload.model):
        return losses_differ(workload, space, spec.search.seed)


def _computed_by_own(spec: SweepSpec, workload: Workload, space: Space) -> ComputedMetrics:
    from ..training.trainers.runtime import prepare_tensorflow

    prepare_tensorflow(spec.execution.threads or cores())
    from ..training.trainers.computed_metrics import find_computed_metrics

    with _building(spec, workload.model):  # TensorFlow's import, which may take longer, is done
        found = find_computed_metrics(workload, space.recommended(), spec.search.seed)
    if found is None:
        return ComputedMetrics({}, {}, more=True)  # the model cannot be built, as its first training will say
    return replace(found, more=workload.model.own_fit() is not None)


def _written_out(spec: SweepSpec, workload: Workload, space: Space, trials: int | None) -> SweepSpec:
    """Return a specification in which all that was decided by rule is said."""
    search = {"trials": trials, "pruner": resolve_pruner(spec.search.pruner, spec.search.method)}
    training = {
        "metric": workload.objective.metric,
        "direction": workload.objective.direction,
        "precision": workload.precision,
    }
    names = workload.dataset.columns
    target = spec.data.target
    data = spec.data
    said = (data.group, data.weight, data.time_column, data.validation, data.fold_column)
    group, weight, time, validation, fold = (word and column_at(word, names) for word in said)
    if isinstance(target, list):
        target = [column_at(word, names) for word in target]
    elif target is not None:
        target = column_at(target, names)
    drop = [column_at(word, names) for word in spec.data.drop]
    return spec.model_copy(
        update={
            "data": spec.data.model_copy(
                update={
                    "target": target,
                    "group": group,
                    "weight": weight,
                    "time_column": time,
                    "validation": validation,
                    "fold_column": fold,
                    "drop": drop,
                }
            ),
            "study": spec.study or default_name(spec, workload.dataset),
            "model": workload.model.name,
            "space": SpaceSpec(define=space_to_dict(space)),
            "search": spec.search.model_copy(update=search),
            "training": spec.training.model_copy(update=training),
        }
    )


def _default_trials(spec: SweepSpec, most: float) -> int | None:
    """Return the trials of a sweep without any budget: a whole grid, an iteration of Hyperband, else 30."""
    if spec.search.method == "kt-hyperband":
        return hyperband_trials(spec.training.epochs)
    if spec.search.method in ("grid", "kt-grid"):
        return int(most) if math.isfinite(most) else None
    return int(min(DEFAULT_TRIALS, most))


def all_rows(plan: Plan, limit: int | None = None, data_object: Any = None) -> Workload:
    """Return a plan's workload on all training rows, or another number of them than the sweep used."""
    spec = plan.spec
    if limit == spec.data.limit:
        return replace(plan.workload, folds=())
    model = plan.workload.model
    dataset = load_rows(spec, limit, data_object=data_object, keep_shape=reads_as_given(model.name))
    preparation = prepare_rows(dataset, model, spec.data, plan.workload.preparation.recipe.tokens)
    return replace(plan.workload, dataset=dataset, preparation=preparation, folds=())


def resolve_precision(asked: str, *, of_pictures: bool) -> Precision:
    """Return what ``auto`` means: bfloat16 where it pays, which is for convolutions on a processor that computes in it."""
    if asked == "auto":
        return "bfloat16" if of_pictures and computes_bfloat16() else "float32"
    return "bfloat16" if asked == "bfloat16" else "float32"


def _prepare(
    dataset: Dataset,
    source: ModelSource,
    spec: SweepSpec,
    configuration: Configuration,
    guard: AbstractContextManager[None] | None = None,
) -> Preparation:
    """Choose how rows become the model's input; a guard, where there is none yet, ends a model that comes to no end."""
    preparation = prepare_rows(dataset, source, spec.data)
    tokens = find_tokens(
        dataset, source, preparation, configuration, spec.execution.threads, guard or nullcontext()
    )
    return prepare_rows(dataset, source, spec.data, tokens)


def _find_model(spec: SweepSpec, model_object: Any, dataset: Dataset) -> ModelSource:
    """Return the model; KerasTuner's is built for its space, unless the specification has one written out."""
    source = find_model(spec.model if model_object is None else model_object, dataset.task)
    has_space = bool(spec.space.define or spec.space.file)
    if source.contract == "own" or (has_space and (spec.training.metric or source.own_fit() is None)):
        return source
    from ..training.trainers.runtime import prepare_tensorflow

    # TensorFlow's threads cannot be changed once it has built a model, and one worker trains in this process.
    prepare_tensorflow(spec.execution.threads or cores())
    with _building(spec, source):
        discovered = source.with_discovered_space(
            lambda: _sample(dataset, _prepare(dataset, source, spec, {}))
        )
    return replace(discovered, space=source.space) if has_space else discovered


def _of_own_fit(source: ModelSource, task: Task) -> str | None:
    """Return what KerasTuner compares a ``HyperModel.fit`` by that returns a number; None where the task's metric is it.

    Raises:
        SpecError: It returns several numbers by names, of which none is the task's.
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


def _building(spec: SweepSpec, source: ModelSource) -> AbstractContextManager[None]:
    """Refuse a model whose function comes to no end while it is built in this process."""
    patience = building_seconds(spec.execution.trial_timeout, spec.search.time)
    silent = ModelError(
        f"The model '{source.name}' cannot be built: its function has returned no model for {duration_text(patience or 0)}."
    )
    return limit_silence(patience, silent)


def _sample(dataset: Dataset, preparation: Preparation) -> Sample:
    """Return a few prepared rows, for a model's own training to be tried on."""
    some = slice(0, min(SAMPLE, dataset.rows))
    x = take(dataset.x, some)
    fitted = fit_preparation(preparation, x, take(dataset.y, some))
    signature = Signature(preparation.input_shape, dataset.outputs, dataset.task, row_count(x), 1)
    return Sample(
        fitted.transform(x), fitted.transform_target(take(dataset.y, some)), signature, dataset.target_format
    )


def _resolve_space(spec: SweepSpec, source: ModelSource, dataset: Dataset) -> Space:
    hyperband = spec.search.method == "kt-hyperband"
    if hyperband and EPOCHS in (*spec.space.set, *spec.space.fix):
        raise SpecError(
            "kt-hyperband decides the epochs of every trial itself; give the most of them with --epochs."
        )
    space = resolve_space(spec.space, source, dataset)
    return with_epochs(space, spec.training.epochs) if hyperband else space


def default_name(spec: SweepSpec, dataset: Dataset) -> str:
    """Return ``<data>-<model>-<method>``, in letters, digits and hyphens of any script."""
    parts = (Path(dataset.name.removesuffix(".gz")).stem, spec.model.rpartition(":")[2], spec.search.method)
    return "-".join(re.sub(r"[^\w]+", "-", part).strip("-_") or "data" for part in parts)


def versions() -> dict[str, str]:
    """Return the versions that a score depends on."""
    packages = ("kerasweep", "keras", "tensorflow", "optuna", "scikit-learn", "numpy")
    return {**{package: version(package) for package in packages}, "python": platform.python_version()}


def check_fingerprint(plan: Plan, stored: str) -> None:
    """Refuse data that are not those of the study.

    Raises:
        DataError: The fingerprint differs.
    """
    now = plan.dataset.fingerprint
    if stored and now != stored:
        raise DataError(
            f"The data '{plan.spec.data.source}' have changed since the study was made "
            f"(fingerprint {stored}, now {now}). Launch a new study with --study NAME."
        )
