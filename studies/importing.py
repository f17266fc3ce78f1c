"""A KerasTuner project as a study, written at once, after all of it was read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..errors import StudyError, one_line
from ..spaces import space_to_dict
from .keras_tuner_project import Project, ProjectTrial, epochs_trained
from .records import DETAILS, FAILURE, IMPORTED, RESULT
from .study_records import find_study

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial


def import_project(project: Project, name: str, url: str) -> None:
    """Write a project as a new study, in one transaction.

    Raises:
        StudyError: There is a study of this name.
    """
    from .lifecycle import add_study

    if find_study(name, url) is not None:
        raise StudyError(f"The study '{name}' exists; choose another name with --study.")
    add_study(url, name, project.direction, _spec(project, name), _about(project), list(_frozen(project)))


def study_name(project: Project) -> str:
    """Return the project's name in letters, digits and hyphens of any script."""
    return re.sub(r"[^\w]+", "-", project.folder.absolute().name).strip("-_") or "imported"


def _frozen(project: Project) -> Iterator[FrozenTrial]:
    """Yield the trials as Optuna holds them, those that were not finished waiting."""
    from optuna.trial import FrozenTrial, TrialState

    from ..spaces.optuna import space_to_optuna

    distributions = space_to_optuna(project.space)
    for number, trial in enumerate(project.trials):
        waits = trial.state == "WAITING"
        yield FrozenTrial(
            number=number,
            trial_id=-1,
            state=TrialState[trial.state],
            value=trial.score,
            params=dict(trial.configuration),
            distributions={name: distributions[name] for name in trial.configuration},
            datetime_start=None if waits else trial.started,
            datetime_complete=None if waits else trial.ended,
            user_attrs=_attributes(project, trial),
            system_attrs={"fixed_params": dict(trial.configuration)} if waits else {},
            intermediate_values={},
        )


def _attributes(project: Project, trial: ProjectTrial) -> dict[str, Any]:
    if trial.state == "FAIL":
        lines = [line.strip() for line in trial.message.splitlines() if line.strip()]
        message = one_line(lines[-1]) if lines else "KerasTuner says no reason"
        return {FAILURE: {"kind": "training", "message": message, "traceback": trial.message}}
    if trial.state != "COMPLETE":
        return {}
    result = {
        "fold_scores": _executions(project, trial),
        "epochs": trial.best_step + 1,
        "epochs_trained": epochs_trained(trial),
        "seconds": round((trial.ended - trial.started).total_seconds(), 3) if trial.timed else 0.0,
        "trainer": "KerasTuner",
    }
    return {RESULT: result, DETAILS: {"curves": _curves(trial), "summary": "", "notes": _notes(trial)}}


def _executions(project: Project, trial: ProjectTrial) -> list[float]:
    """Return the objective of each execution at the best step, where the file has several."""
    metric = trial.metrics.get(project.metric)
    found = [one.values for one in (metric.observations if metric else ()) if one.step == trial.best_step]
    return list(found[0]) if found and len(found[0]) > 1 else []


def _curves(trial: ProjectTrial) -> dict[str, list[list[float]]]:
    """Return the metrics that were kept for every epoch: metric -> execution -> epoch."""
    curves = {}
    for name, metric in trial.metrics.items():
        steps = [one.step for one in metric.observations]
        counts = {len(one.values) for one in metric.observations}
        if len(steps) > 1 and steps == list(range(len(steps))) and len(counts) == 1:
            curves[name] = [
                list(fold) for fold in zip(*(one.values for one in metric.observations), strict=True)
            ]
    return curves


def _notes(trial: ProjectTrial) -> list[str]:
    notes = [f"imported from KerasTuner, where it is trial {trial.name}"]
    at_best = {
        name: sum(one.values) / len(one.values)
        for name, metric in trial.metrics.items()
        for one in metric.observations
        if one.step == trial.best_step
    }
    if at_best:
        notes.append("at its best epoch: " + ", ".join(f"{name} {at_best[name]:.6g}" for name in at_best))
    return notes


def _spec(project: Project, name: str) -> dict[str, Any]:
    """Return the specification, as far as a project says it: of data and model it says nothing."""
    return {
        "study": name,
        "data": {"source": "python:keras_tuner"},
        "model": "imported",
        "space": {"define": space_to_dict(project.space)},
        "search": {
            "method": project.method,
            "trials": len(project.trials),
            "seed": project.seed,
            "scheduler": "none",
        },
        "training": {
            "epochs": project.epochs,
            "patience": None,
            "objective": project.metric,
            "direction": project.direction,
        },
    }


def _about(project: Project) -> dict[str, Any]:
    executions = max((len(_executions(project, trial)) for trial in project.trials), default=0)
    created = min(trial.started for trial in project.trials)
    return {
        "metric": project.metric,
        "folds": max(1, executions),
        "cv": "KerasTuner's own validation at its best epoch, which is optimistic, not folds"
        + (f"; {executions} executions" if executions else ""),
        "epochs": project.epochs,
        "seed": project.seed,
        "created": created.strftime("%Y-%m-%d %H:%M:%S"),
        IMPORTED: project.folder.absolute().name,
    }
