"""A sweep with everything decided and nothing started: what ``launch`` runs and ``--dry-run`` prints."""

from __future__ import annotations

import math
import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ..errors import DataError, ModelError, SpecError
from ..spaces import Configuration, Space, space_to_dict
from ..spaces.keras_tuner import EPOCHS, with_epochs
from ..texts import count_text
from ..training.baseline import baseline, last_value
from ..training.data import (
    Dataset,
    Fold,
    column_at,
    describe_preparation,
    describe_splitter,
    folds_fingerprint,
    folds_of_a_partition,
    folds_of_splitter,
    gives_positions,
    make_folds,
    map_shapes,
)
from ..training.data.source_data import FROM_PYTHON
from ..training.gpus import Gpu, find_gpus, share_gpus, workers_on
from ..training.machine import choose_workers, cores
from ..training.metrics import Objective
from ..training.models import ModelSource, Precision, reads_as_given
from ..training.precision import choose_precision
from ..training.quiet import quiet_tensorflow
from ..training.randomness import random_state_kept
from ..training.workload import Workload
from .base_resolution import resolve_bases
from .budget import Budget
from .earlier_study import Earlier, find_earlier, notes_on
from .further import Further
from .hints import rare_class_hints, time_hints
from .learning import learn_from, resolve_starts
from .methods import resolve_scheduler, trials_at_most
from .model_resolution import guard_building, prepare_for_model, resolve_model, why_not_built, why_not_saved
from .objective_selection import select_objective
from .oracles import hyperband_trials
from .placement import inline_hints, trains_inline
from .rows import check_words, load_rows, prepare_rows
from .samplers import refuse_missing
from .space_resolution import add_known_names, resolve_space, without_known_names
from .spec import DataSpec, SpaceSpec, SweepSpec, parse_objective

DEFAULT_TRIALS, DEFAULT_PAUSED = 30, 60
"""The second where most trials are trained for a share of the epochs on a share of the folds, which costs less than the first."""
BY_SECONDS = "the budget is time: what promises most per second is tried, so that it depends on this machine which trials are begun"
MOST_OF_A_GRID = 100_000
"""No one trains more, and counting them would take longer than a person waits."""


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
            min(trials, self.most), search.time, search.target, search.total_epochs, search.until_converged
        )

    @property
    def workers(self) -> int:
        """How many trials train at a time; where it is left to a rule, without regard to the memory that the model takes."""
        asked = self.spec.execution.workers
        if asked == "auto":
            return choose_workers(self.budget.trials, most=self._most_on_gpus)
        return 1 if asked is None or asked == "inline" else int(asked)

    @property
    def inline(self) -> bool:
        """Whether they train in this process."""
        return trains_inline(self.spec.execution)

    @property
    def _most_on_gpus(self) -> int | None:
        return workers_on(len(find_gpus()), self.spec.execution.gpus_per_trial)

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
                **_described(dataset),
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
        """What the user should know of the splits and the objective, or may want to ask for, a sentence each."""
        metric = self.workload.objective.metric
        return (
            *time_hints(self.dataset, self.spec),
            *self.decisions,
            *rare_class_hints(self.dataset, metric),
            *inline_hints(self.spec),
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


@quiet_tensorflow()
@random_state_kept()
def make_plan(
    spec: SweepSpec, *, data: Any = None, model: Any = None, cv: Any = None, storage: str | None = None
) -> Plan:
    """Decide everything about a sweep: load the data, find the model, resolve the space.

    Args:
        spec: What the user asks for.
        data: Arrays or a frame, where the data were given in Python.
        model: A build function or ``HyperModel``, where it was given in Python.
        cv: What cuts the folds, where it was given in Python.
        storage: The database of earlier studies, where some are named.

    Raises:
        UsageError: Something that the user asks for cannot be.
    """
    refuse_missing(spec.search.method)
    keep_shape = reads_as_given(spec.model if model is None else model)
    dataset = load_rows(spec, spec.data.limit, data_object=data, cv=cv, keep_shape=keep_shape)
    source, priors = add_known_names(spec.space, resolve_model(spec, model, dataset))
    earlier = find_earlier(spec.space, source.name, storage)
    resolved = _resolve_space(spec, source, dataset, earlier)
    learned = learn_from(spec.space.learn_from, storage, resolved, _described(dataset))
    space = learned.space
    guard = guard_building(spec, source)
    preparation, of_tokens = prepare_for_model(dataset, source, spec, space.recommended(), guard)
    space, bases = resolve_bases(space, spec.space)  # last of what is looked at: it may download them
    starts, begins = resolve_starts(spec, space, learned.starts)
    folds, spec = _cut_folds(spec, dataset, cv)
    precision, precisely = resolve_precision(spec, of_pictures=preparation.layout == "image")
    check_words(dataset, preparation, folds)
    workload = Workload(
        dataset,
        preparation,
        folds,
        source,
        Objective("val_loss", "minimize"),
        spec.training.epochs,
        spec.training.patience,
        spec.execution.trainer,
        precision,
    )
    if priors and (why := why_not_built(spec, workload, space.recommended())):
        plain = _without_priors(spec, why, data=data, model=model, cv=cv, storage=storage)
        if plain is not None:
            return plain
    objective, goals, decisions = select_objective(spec, workload, space)
    workload = replace(workload, objective=objective, goals=goals)
    if spec.search.method == "grid" and space.grid_size(MOST_OF_A_GRID) > MOST_OF_A_GRID:
        raise SpecError(
            f"The grid has more than {MOST_OF_A_GRID:,} configurations; fix some hyperparameters, or search with bayes."
        )
    if unsaved := why_not_saved(spec, workload, space.recommended()):
        decisions = (*decisions, f"the model can be exported as a script only: {unsaved}")
    if spec.search.method == "knowhow" and spec.search.time is not None:
        decisions = (*decisions, BY_SECONDS)
    most = trials_at_most(spec.search.method, space)
    trials = spec.search.trials
    others = (spec.search.time, spec.search.target, spec.search.total_epochs)
    if trials is None and others == (None,) * len(others) and not spec.search.until_converged:
        trials = _default_trials(spec, most)
    return Plan(
        _written_out(spec, workload, space, starts, trials),
        workload,
        space,
        most,
        bases.digests,
        (
            *notes_on(earlier, dataset.fingerprint),
            *(*learned.notes, *begins, *priors, *of_tokens, *precisely, *decisions, *bases.notes),
        ),
    )


def _described(dataset: Dataset) -> dict[str, Any]:
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


def _without_priors(spec: SweepSpec, why: str, **given: Any) -> Plan | None:
    """Return the plan of a function that starts as it says; None where its model cannot be built so either."""
    plan = make_plan(without_known_names(spec), **given)
    if why_not_built(spec, plan.workload, plan.space.recommended()):
        return None
    left_out = f"the catalogue's recommended values are left out, with which the model cannot be built: {why}"
    return replace(plan, decisions=(left_out, *plan.decisions))


def _cut_folds(spec: SweepSpec, dataset: Dataset, cv: Any) -> tuple[tuple[Fold, ...], SweepSpec]:
    """Return the folds, and the specification, which says those that Python gave by their fingerprint.

    Raises:
        DataError: They cannot be cut, or are not those of the study.
    """
    asked = spec.cv
    if cv is None or gives_positions(cv):
        folds = make_folds(
            dataset,
            method=asked.method,
            folds=asked.folds,
            repeats=asked.repeats if asked.method == "repeated" else 1,
            holdout=asked.holdout,
            seed=spec.search.seed,
        )
    else:
        folds = folds_of_splitter(cv, dataset)
    if cv is None and asked.splitter is not None:
        raise DataError(f"The folds ({asked.splitter}) were given in Python; pass them again as cv=.")
    if cv is None:
        return folds, spec
    words, now = describe_splitter(cv), folds_fingerprint(folds)
    if asked.fingerprint not in (None, now):
        raise DataError(
            f"cv= gives other folds than those that the study was made with ({asked.splitter}, fingerprint "
            f"{asked.fingerprint}; now {words}, {now}). Pass the same, or launch a new study."
        )
    return folds, spec.model_copy(
        update={"cv": asked.model_copy(update={"splitter": words, "fingerprint": now})}
    )


def _written_out(
    spec: SweepSpec,
    workload: Workload,
    space: Space,
    starts: Sequence[Configuration],
    trials: int | None,
) -> SweepSpec:
    """Return a specification in which all that was decided by rule is said."""
    objective, goals = workload.objective, workload.goals
    several = bool(goals.further)
    scheduler = resolve_scheduler(spec.search.scheduler, spec.search.method, several=several)
    search = {"trials": trials, "scheduler": scheduler}
    training = {
        "objective": parse_objective([objective.metric, *(one.metric for one in goals.further)]),
        "constraints": [one.text for one in goals.constraints],
        "max_params": None,  # which are among them
        "max_memory": None,
        "direction": objective.direction,
        "precision": workload.precision,
    }
    return spec.model_copy(
        update={
            "data": _columns_named(spec.data, workload.dataset.columns),
            "study": spec.study or default_name(spec, workload.dataset),
            "model": workload.model.name,
            "space": SpaceSpec(define=space_to_dict(space), starts=list(starts)),
            "search": spec.search.model_copy(update=search),
            "training": spec.training.model_copy(update=training),
        }
    )


def _columns_named(data: DataSpec, names: tuple[str, ...]) -> DataSpec:
    """Return what is said of columns, such as ``-1``, by the columns' names."""

    def named(said: Any) -> Any:
        if isinstance(said, list | tuple):
            return [column_at(word, names) for word in said]
        return said if said is None else column_at(said, names)

    one = ("target", "group", "weight", "time_column", "validation", "fold_column")
    about_columns = (*one, "drop", "text", "categorical")
    return data.model_copy(update={field: named(getattr(data, field)) for field in about_columns})


def _default_trials(spec: SweepSpec, most: float) -> int | None:
    """Return the trials of a sweep without any budget: a whole grid, an iteration of Hyperband, else 30, or 60 of the search from
    know-how; None where the search ends by itself.
    """
    if spec.search.method == "kt-hyperband":
        return hyperband_trials(spec.training.epochs)
    if spec.search.method == "sensitivity":
        return None
    if spec.search.method in ("grid", "kt-grid"):
        return int(most) if math.isfinite(most) else None
    usual = DEFAULT_PAUSED if spec.search.method == "knowhow" else DEFAULT_TRIALS
    return int(min(usual, most))


def refit_workload(plan: Plan, limit: int | None = None, data_object: Any = None, cv: Any = None) -> Workload:
    """Return what a refit trains: a plan's workload without folds, on all training rows or some."""
    spec = plan.spec
    if limit == spec.data.limit:
        return replace(plan.workload, folds=())
    model = plan.workload.model
    keep_shape = reads_as_given(model.name)
    dataset = load_rows(spec, limit, data_object=data_object, cv=cv, keep_shape=keep_shape)
    preparation = prepare_rows(dataset, model, spec.data, plan.workload.preparation.recipe.tokens)
    return replace(plan.workload, dataset=dataset, preparation=preparation, folds=())


def resolve_precision(spec: SweepSpec, *, of_pictures: bool) -> tuple[Precision, tuple[str, ...]]:
    """Return in which precision a sweep's models compute, and why where that was left open.

    On a cluster other machines train, whose GPUs are not known here.
    """
    asked, execution = spec.training.precision, spec.execution
    if asked != "auto":
        return asked, ()
    on_gpus = execution.gpus_per_trial != 0 and not execution.on_ray
    found = choose_precision(of_pictures=of_pictures, gpus=find_gpus() if on_gpus else ())
    return found.precision, (f"precision {found.text}",)


def _resolve_space(spec: SweepSpec, source: ModelSource, dataset: Dataset, earlier: Earlier | None) -> Space:
    hyperband = spec.search.method == "kt-hyperband"
    if hyperband and EPOCHS in (*spec.space.set, *spec.space.fix):
        raise SpecError(
            "kt-hyperband decides the epochs of every trial itself; give the most of them with --epochs."
        )
    space = resolve_space(spec.space, source, dataset, None if earlier is None else earlier.space)
    return with_epochs(space, spec.training.epochs) if hyperband else space


def default_name(spec: SweepSpec, dataset: Dataset) -> str:
    """Return ``<data>-<model>-<method>``, in letters, digits and hyphens of any script."""
    parts = (Path(dataset.name.removesuffix(".gz")).stem, spec.model.rpartition(":")[2], spec.search.method)
    return "-".join(re.sub(r"[^\w]+", "-", part).strip("-_") or "data" for part in parts)


def versions() -> dict[str, str]:
    """Return the versions that a score depends on."""
    packages = ("kerasweep", "keras", "tensorflow", "optuna", "scikit-learn", "numpy")
    return {**{package: version(package) for package in packages}, "python": platform.python_version()}


def changed_bases(plan: Plan, about: Mapping[str, Any]) -> list[str]:
    """Return what differs between the bases of a plan and those that a study was made with, a few words each."""
    stored = about.get("bases") or {}
    return [
        f"base {name}: its file has changed (digest {stored[name]}, now {digest})"
        for name, digest in plan.bases.items()
        if stored.get(name, digest) != digest
    ]


def check_unchanged(plan: Plan, about: Mapping[str, Any]) -> None:
    """Refuse data or bases that are not those of the study.

    Raises:
        DataError: The fingerprint of the data differs.
        ModelError: The file of a base does.
    """
    changed = changed_bases(plan, about)
    if changed:
        raise ModelError(f"{changed[0][:1].upper()}{changed[0][1:]}. Launch a new study with --study NAME.")
    stored = about.get("data", {}).get("fingerprint", "")
    now = plan.dataset.fingerprint
    if stored and now != stored:
        way = "Launch a new study with --study NAME."
        if plan.spec.data.source.startswith(FROM_PYTHON):
            way = "Pass the same data=, with the sample_weight=, groups= and validation= that they had, or launch a new study."
        raise DataError(
            f"The data '{plan.spec.data.source}' have changed since the study was made "
            f"(fingerprint {stored}, now {now}). {way}"
        )
