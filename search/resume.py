"""From a study to the plan that continues it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from ..errors import SpecError, StudyError, did_you_mean
from ..studies import StudyRecord, TrialRecord
from ..training.data.source_data import FROM_PYTHON
from ..training.models import Build, can_be_imported
from .further import Further, plan_further
from .plan import Plan
from .planning import make_plan
from .settings import nest
from .spec import SweepSpec, check_asked, make_spec, spec_of_study
from .unchanged import check_unchanged

RESUMABLE = (
    "trials",
    "time",
    "total_epochs",
    "until_converged",
    "target_score",
    "executor",
    "address",
    "workers",
    "threads",
    "gpus_per_trial",
    "trainer",
    "trial_timeout",
    "retries",
    "max_failures",
    "checkpoint_every",
    "keep_states",
    "keep_models",
    "log",
    "epochs",
)
"""Settings that a study may go on with."""


def plan_resume(
    study: StudyRecord,
    settings: Mapping[str, Any] = MappingProxyType({}),
    *,
    data: Any = None,
    model: Build | None = None,
    cv: Any = None,
) -> Plan:
    """Return the plan that continues a study, with a larger budget or other workers where ``settings`` say so.

    Args:
        study: The study.
        settings: What changes of its specification, by the names of ``RESUMABLE``; ``epochs`` are those to which its best
            trials are trained on, in place of a search.
        data: The data, where the study's were given in Python.
        model: The build function, where the study's was given in Python.
        cv: What cuts the folds, where it was given in Python.

    Raises:
        StudyError: The study was not made by Kerasweep, or its trials cannot be trained on.
        SpecError: Something else is to be changed, or more is asked for than trials to be trained on.
        DataError: The data have changed.
    """
    if study.imported:
        raise StudyError(
            f"The study '{study.name}' was imported from KerasTuner, whose scores are not of folds; "
            "launch a new sweep of its space, which 'kerasweep show --json' prints."
        )
    for name in settings:
        if name not in RESUMABLE:
            raise SpecError(f"resume cannot change '{name}'.{did_you_mean(name, RESUMABLE)}")
    changes = nest(settings)
    epochs = changes.pop("training", {}).get("epochs")
    words = _spec_of(study, data, model, cv).as_dict()
    for part, values in changes.items():
        words[part].update(values)
    spec = make_spec(words)
    check_asked(spec, changes)
    if epochs is not None:
        make_spec(
            {**words, "training": {**words["training"], "epochs": epochs}}
        )  # a number, for all that is known
    further = plan_further(study, epochs, spec.execution.keep_models)
    if further is not None:
        _check_only_further(study, further, changes)
        spec = with_epochs(spec, further.epochs)
    return replace(_plan(study, spec, data, model, cv), further=further)


def plan_trial(
    study: StudyRecord,
    trial: TrialRecord,
    *,
    data: Any = None,
    model: Build | None = None,
    cv: Any = None,
) -> Plan:
    """Return the plan that a trial of a study was trained by, with the epochs that it might train.

    Raises:
        StudyError: The study was not made by Kerasweep.
        DataError: The data have changed.
    """
    spec = _spec_of(study, data, model, cv)
    spec = spec if trial.most_epochs is None else with_epochs(spec, trial.most_epochs)
    return _plan(study, spec, data, model, cv)


def _spec_of(study: StudyRecord, data: Any, model: Build | None, cv: Any) -> SweepSpec:
    if not study.spec:
        raise StudyError(f"The study '{study.name}' was not made by Kerasweep and cannot be resumed.")
    if study.imported and (data is None or model is None):
        raise StudyError(
            f"The study '{study.name}' was imported from KerasTuner, which keeps neither data nor model; "
            "pass both from Python: study.refit(data=..., model=...)."
        )
    spec = spec_of_study(study)
    _check_objects(study, spec, data, model, cv)
    return spec


def _plan(study: StudyRecord, spec: SweepSpec, data: Any, model: Build | None, cv: Any) -> Plan:
    plan = make_plan(spec, data=data, model=model, cv=cv)
    check_unchanged(plan, study.about)
    return plan.for_study(study.name)


def with_epochs(spec: SweepSpec, epochs: int) -> SweepSpec:
    """Return a specification with another number of epochs."""
    training = spec.training.model_copy(update={"epochs": epochs})
    return spec.model_copy(update={"training": training})


def _check_only_further(study: StudyRecord, further: Further, changes: dict[str, Any]) -> None:
    """Refuse a larger budget beside trials that are trained on, which would not be searched for.

    Raises:
        SpecError: with what to leave out.
    """
    asked = [name.replace("_", "-") for name in changes.get("search", ()) if name != "time"]
    if asked:
        raise SpecError(
            f"In '{study.name}' {further.text}, and nothing else is meanwhile: leave --{' and --'.join(asked)} out, "
            "and resume once more with it."
        )


def _check_objects(study: StudyRecord, spec: SweepSpec, data: Any, model: Any, cv: Any) -> None:
    """Refuse to go on without the objects that a study was launched with in another process.

    Raises:
        StudyError: with what to pass.
    """
    lost = ["data=..."] if data is None and spec.data.source.startswith(FROM_PYTHON) else []
    if model is None and not can_be_imported(spec.model):
        lost.append("model=...")
    if cv is None and spec.cv.splitter is not None:
        lost.append("cv=...")
    if lost:
        raise StudyError(
            f"The study '{study.name}' was launched with Python objects, which no other process has; pass them again: "
            f"study.refit({', '.join(lost)}) from Python, and so for export and resume."
        )
