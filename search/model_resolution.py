"""The model of a specification: found, built once where only building it tells its space, and what it reads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from typing import Any, Literal

from ..errors import ModelError
from ..spaces import Configuration
from ..texts import duration_text
from ..training.data import Dataset, Preparation, fit_preparation, row_count, take
from ..training.heartbeat import building_seconds, limit_silence
from ..training.machine import cores
from ..training.models import ModelSource, Sample, Signature, find_model
from ..training.users_code import process_kept
from ..training.workload import Workload
from .rows import find_tokens, prepare_rows
from .spec import SweepSpec

SAMPLE = 32
"""Rows on which the space of a ``HyperModel.fit`` is discovered."""


def resolve_model(spec: SweepSpec, model_object: Any, dataset: Dataset) -> ModelSource:
    """Return the model; KerasTuner's is built for its space, unless the specification has one written out."""
    source = find_model(spec.model if model_object is None else model_object, dataset.task)
    has_space = bool(spec.space.define or spec.space.file)
    if source.contract == "own" or (has_space and (spec.training.objective or source.own_fit() is None)):
        return source
    from ..training.trainers.runtime import prepare_tensorflow

    # TensorFlow's threads cannot be changed once it has built a model, and one worker trains in this process.
    prepare_tensorflow(spec.execution.threads or cores())
    with guard_building(spec, source):
        discovered = source.with_discovered_space(
            lambda: _sample(dataset, prepare_for_model(dataset, source, spec, {})[0])
        )
    return replace(discovered, space=source.space) if has_space else discovered


def prepare_for_model(
    dataset: Dataset,
    source: ModelSource,
    spec: SweepSpec,
    configuration: Configuration,
    guard: AbstractContextManager[None] | None = None,
) -> tuple[Preparation, tuple[str, ...]]:
    """Choose how rows become the model's input, and return notes on it; a guard, where there is none yet, ends a model that comes to no end."""
    preparation = prepare_rows(dataset, source, spec.data)
    tokens, notes = find_tokens(
        dataset, source, preparation, configuration, spec.execution.threads, guard or nullcontext()
    )
    return prepare_rows(dataset, source, spec.data, tokens), notes


@contextmanager
def guard_building(spec: SweepSpec, source: ModelSource) -> Iterator[None]:
    """Refuse a model whose function comes to no end, or ends the process, while it is built in this one."""
    patience = building_seconds(spec.execution.trial_timeout, spec.search.time)
    silent = ModelError(
        f"The model '{source.name}' cannot be built: its function did not return within {duration_text(patience or 0)}."
    )
    with limit_silence(patience, silent), process_kept():
        yield


def why_not_saved(spec: SweepSpec, workload: Workload, configuration: Configuration) -> str | None:
    """Return why a user's model cannot be exported as Keras saves it; None where it can, and for families."""
    return _why_not("saved", spec, workload, configuration) if workload.model.open_space else None


def why_not_built(spec: SweepSpec, workload: Workload, configuration: Configuration) -> str | None:
    """Return why a configuration's model cannot be built; None where it can."""
    return _why_not("built", spec, workload, configuration)


def _why_not(
    what: Literal["built", "saved"], spec: SweepSpec, workload: Workload, configuration: Configuration
) -> str | None:
    from ..training.trainers.runtime import prepare_tensorflow

    prepare_tensorflow(spec.execution.threads or cores())
    from ..training.models.saving import why_not_built as why_unbuilt
    from ..training.models.saving import why_not_saved as why_unsaved

    look, build = {"built": why_unbuilt, "saved": why_unsaved}[what], workload.model.load()
    with guard_building(spec, workload.model):
        return look(build, configuration, workload.signature(configuration))


def _sample(dataset: Dataset, preparation: Preparation) -> Sample:
    """Return a few prepared rows, for a model's own training to be tried on."""
    some = slice(0, min(SAMPLE, dataset.rows))
    x = take(dataset.x, some)
    fitted = fit_preparation(preparation, x, take(dataset.y, some))
    signature = Signature(preparation.input_shape, dataset.outputs, dataset.task, row_count(x), 1)
    return Sample(
        fitted.transform(x), fitted.transform_target(take(dataset.y, some)), signature, dataset.target_format
    )
