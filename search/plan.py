"""A sweep with everything decided and nothing started: what ``launch`` runs and ``--dry-run`` prints."""

from __future__ import annotations

import math
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from importlib.metadata import version
from typing import Any

from ..spaces import Configuration, Space
from ..texts import count_text
from ..training.baseline import baseline, last_value
from ..training.data import Dataset, describe_preparation, folds_fingerprint, folds_of_a_partition, map_shapes
from ..training.gpus import Gpu, find_gpus, share_gpus, workers_on
from ..training.machine import choose_workers, cores
from ..training.workload import Workload
from .budget import Budget
from .further import Further
from .hints import budget_hints, rare_class_hints, time_hints, trials_hints
from .placement import inline_hints, trains_inline
from .spec import SweepSpec


@dataclass(frozen=True)
class Plan:
    """A decided sweep."""

    spec: SweepSpec
    """With its space written out, and everything that was left to a rule decided."""
    workload: Workload
    space: Space
    most: float
    """Different configurations that the search can try; ``math.inf`` for a continuous space."""
    bases: Mapping[str, str] = field(default_factory=dict)
    """Base of a model that was trained before -> a digest of its file."""
    decisions: tuple[str, ...] = ()
    """What was decided by looking at the user's model or base, a sentence each."""
    further: Further | None = None
    """Which trials of a finished study are trained on, where nothing is searched; its ``spec`` has their epochs."""

    @property
    def dataset(self) -> Dataset:
        """The data."""
        return self.workload.dataset

    @property
    def starts(self) -> tuple[Configuration, ...]:
        """Configurations to begin with, after the recommended one."""
        return tuple(self.space.check(one) for one in self.spec.space.starts)

    @property
    def budget(self) -> Budget:
        """When the sweep is over; where trials are trained on, how many of them there are."""
        search = self.spec.search
        if self.further is not None:
            return Budget(len(self.further.continued), search.time)
        trials = search.trials if search.trials is not None else math.inf
        return Budget(
            min(trials, self.most),
            search.time,
            search.target,
            search.total_epochs,
            search.until_converged,
            covers_space=search.method != "sensitivity" and trials >= self.most < math.inf,
        )

    @property
    def workers(self) -> int:
        """How many trials train at a time; where it is left to a rule, without regard to the memory that the model takes."""
        asked = self.spec.execution.workers
        if asked == "auto":
            on_gpus = workers_on(len(find_gpus()), self.spec.execution.gpus_per_trial)
            return choose_workers(self.budget.trials, most=on_gpus)
        return 1 if asked is None or asked == "inline" else int(asked)

    @property
    def inline(self) -> bool:
        """Whether they train in this process."""
        return trains_inline(self.spec.execution)

    def gpus_of(self, workers: int) -> list[tuple[Gpu, ...]] | None:
        """Return which GPUs each of some workers sees; None where there are none to give or to hide.

        Raises:
            SpecError: There are fewer than the specification asks for.
        """
        each, found = self.spec.execution.gpus_per_trial, find_gpus()
        return share_gpus(found, workers, each) if found or each is not None else None

    @property
    def gpus_text(self) -> str:
        """What the workers have of the machine's GPUs, in words that follow; nothing where there are none."""
        gpus = self.gpus_of(self.workers)
        if gpus is None:
            return ""
        each = len(gpus[0])
        shared = self.workers * each > len(found := {gpu for some in gpus for gpu in some})
        if shared:
            return f", on {count_text(len(found), 'GPU')} that they share"
        return f", on {count_text(each, 'GPU')}" if each else ", on no GPU"

    def for_study(self, name: str) -> Plan:
        """Return the plan for a study of a name."""
        return replace(self, spec=self.spec.model_copy(update={"study": name}))

    def threads(self, workers: int) -> int:
        """Return the cores of each of a number of workers."""
        execution = self.spec.execution
        return execution.threads or (1 if execution.on_ray else max(1, cores() // workers))

    def about(self) -> dict[str, Any]:
        """Return what the study stores beside the specification: data, folds, seeds, versions."""
        dataset, workload = self.dataset, self.workload
        return {
            "metric": workload.objective.metric,
            "data": {
                **describe_data(dataset),
                "shape": map_shapes(list, workload.preparation.input_shape),
                "preparation": self.prepared,
            },
            "baseline": self.baseline,
            "last_value": last_value(self.workload.objective, dataset, workload.folds),
            "bases": dict(self.bases),
            "folds": len(workload.folds),
            "partition_folds": folds_of_a_partition(workload.folds, dataset.rows),
            "folds_fingerprint": folds_fingerprint(workload.folds),
            "cv": self.cv_text(),
            "epochs": workload.epochs,
            "seed": self.spec.search.seed,
            "versions": versions(),
            "created": datetime.now().astimezone().strftime("%Y-%m-%d %H:%M:%S"),
        }

    @cached_property
    def baseline(self) -> dict[str, Any] | None:
        """How a constant prediction scores; None for an objective that is not known."""
        return baseline(self.workload.objective, self.dataset, self.workload.folds)

    @property
    def objective_text(self) -> str:
        """The objective in words, with its class if it has one."""
        objective = self.workload.objective
        of_class = objective.scoring is not None and objective.scoring.of_one_class
        two = self.dataset.task == "classification" and self.dataset.outputs == 2
        positive = f" of class '{self.dataset.classes[1]}'" if of_class and two else ""
        further = (f"{one.direction} {one.metric}" for one in self.workload.goals.further)
        bounds = ", ".join(one.text for one in self.workload.goals.constraints)
        text = " and ".join((f"{objective.direction} {objective.metric}{positive}", *further))
        return f"{text} where {bounds}" if bounds else text

    @property
    def hints(self) -> tuple[str, ...]:
        """What the user should know of the splits, the objective and the budget, or may want to ask for, a sentence each."""
        return (
            *time_hints(self.dataset, self.spec),
            *self.decisions,
            *rare_class_hints(self.dataset, self.workload.objective),
            *self._budget_hints,
            *trials_hints(self.spec.search.trials, self.most),
            *inline_hints(self.spec),
        )

    @property
    def _budget_hints(self) -> tuple[str, ...]:
        if self.spec.search.method == "kt-hyperband":  # whose trials have fewer epochs, and are whole
            return ()
        return budget_hints(self.budget.epochs, self.workload.epochs, len(self.workload.folds))

    @property
    def prepared(self) -> list[str]:
        """What is done to stored rows, a sentence each."""
        return describe_preparation(self.workload.preparation)

    def cv_text(self) -> str:
        """Return how rows are split, in words."""
        method, count = self.spec.cv.method, len(self.workload.folds)
        if self.dataset.fold_labels is not None:
            return "the validation rows that are given" if count == 1 else f"given, {count} folds"
        if self.spec.cv.splitter is not None:
            return f"{self.spec.cv.splitter}, {count_text(count, 'fold')}"
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


def versions() -> dict[str, str]:
    """Return the versions that a score depends on."""
    packages = ("kerasweep", "keras", "tensorflow", "optuna", "scikit-learn", "numpy")
    return {**{package: version(package) for package in packages}, "python": platform.python_version()}


def describe_data(dataset: Dataset) -> dict[str, Any]:
    """Return what a study says of its data before they are prepared."""
    return {
        "name": dataset.name,
        "kind": dataset.kind,
        "task": dataset.task,
        "rows": dataset.rows,
        "test_rows": dataset.test_rows,
        "classes": list(dataset.classes),
        "outputs": dataset.outputs,
        "fingerprint": dataset.fingerprint,
        "notes": list(dataset.notes),
    }
