"""How everything about a sweep is decided, and nothing started."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import DataError, SpecError
from ..spaces import Configuration, Space, space_to_dict
from ..spaces.keras_tuner import EPOCHS, with_epochs
from ..training.data import (
    Dataset,
    Fold,
    column_at,
    describe_splitter,
    folds_fingerprint,
    folds_of_splitter,
    gives_positions,
    make_folds,
)
from ..training.gpus import find_gpus
from ..training.metrics import Objective
from ..training.models import ModelSource, Precision, reads_as_given
from ..training.precision import choose_precision
from ..training.quiet import quiet_tensorflow
from ..training.randomness import random_state_kept
from ..training.workload import Workload
from .base_resolution import resolve_bases
from .earlier_study import find_earlier, notes_on
from .learning import Learned, learn_from, resolve_starts
from .methods import resolve_scheduler, trials_at_most
from .model_resolution import guard_building, prepare_for_model, resolve_model, why_not_built, why_not_saved
from .objective_selection import select_objective
from .oracles import hyperband_trials
from .plan import Plan, describe_data
from .rows import check_words, load_rows, prepare_rows
from .samplers import refuse_missing
from .space_resolution import add_known_names, remarks_on_pick, resolve_space, without_known_names
from .spec import DataSpec, SpaceSpec, SweepSpec, parse_objective

DEFAULT_TRIALS, DEFAULT_PAUSED = 30, 60
"""The second where most trials are trained for a share of the epochs on a share of the folds, which costs less than the first."""
BY_SECONDS = "the budget is time: what promises most per second is tried, so that it depends on this machine which trials are begun"
MOST_OF_A_GRID = 100_000
"""No one trains more, and counting them would take longer than a person waits."""


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
    learned = _resolve_space(spec, source, dataset, storage)
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
    _refuse_large_grid(spec, space)
    decisions = (*decisions, *_remarks(spec, workload, space))
    most = trials_at_most(spec.search.method, space)
    return Plan(
        _written_out(spec, workload, space, starts, _trials(spec, most)),
        workload,
        space,
        most,
        bases.digests,
        (*learned.notes, *begins, *priors, *of_tokens, *precisely, *decisions, *bases.notes),
    )


def _remarks(spec: SweepSpec, workload: Workload, space: Space) -> Iterator[str]:
    """Yield what else the user should know before the sweep runs."""
    if unsaved := why_not_saved(spec, workload, space.recommended()):
        yield f"the model can be exported as a script only: {unsaved}"
    yield from remarks_on_pick(spec.space, workload.model, space)
    if spec.search.method == "knowhow" and spec.search.time is not None:
        yield BY_SECONDS


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


def _refuse_large_grid(spec: SweepSpec, space: Space) -> None:
    if spec.search.method == "grid" and space.grid_size(MOST_OF_A_GRID) > MOST_OF_A_GRID:
        raise SpecError(
            f"The grid has more than {MOST_OF_A_GRID:,} configurations; fix some hyperparameters, or search with bayes."
        )


def _trials(spec: SweepSpec, most: float) -> int | None:
    """Return the trials of a sweep's budget, by a rule where it has no budget of any kind."""
    search = spec.search
    bounded = search.until_converged or any(
        one is not None for one in (search.trials, search.time, search.target, search.total_epochs)
    )
    return search.trials if bounded else _default_trials(spec, most)


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


def _resolve_space(spec: SweepSpec, source: ModelSource, dataset: Dataset, storage: str | None) -> Learned:
    """Return the space, with what earlier studies tell of it."""
    hyperband = spec.search.method == "kt-hyperband"
    if hyperband and EPOCHS in (*spec.space.set, *spec.space.fix):
        raise SpecError(
            "kt-hyperband decides the epochs of every trial itself; give the most of them with --epochs."
        )
    earlier = find_earlier(spec.space, source.name, storage)
    space = resolve_space(spec.space, source, dataset, None if earlier is None else earlier.space)
    space = with_epochs(space, spec.training.epochs) if hyperband else space
    learned = learn_from(spec.space.learn_from, storage, space, describe_data(dataset))
    return replace(learned, notes=(*notes_on(earlier, dataset.fingerprint), *learned.notes))


def default_name(spec: SweepSpec, dataset: Dataset) -> str:
    """Return ``<data>-<model>-<method>``, in letters, digits and hyphens of any script."""
    parts = (Path(dataset.name.removesuffix(".gz")).stem, spec.model.rpartition(":")[2], spec.search.method)
    return "-".join(re.sub(r"[^\w]+", "-", part).strip("-_") or "data" for part in parts)


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
