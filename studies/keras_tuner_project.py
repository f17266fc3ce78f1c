"""A KerasTuner project as it lies on disk: its space, its trials and their scores.

Reads the JSON that KerasTuner 1.4 writes (``oracle.json``, ``trial_*/trial.json``) and imports neither KerasTuner nor
TensorFlow.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ..errors import SpaceError, StudyError, did_you_mean, one_line
from ..spaces import Configuration, Space, space_from_keras_tuner
from ..spaces.keras_tuner import EPOCHS, described_space, with_epochs
from .records import Direction

_OBJECTIVE = "default_objective"
"""What KerasTuner calls an objective without a name."""
_STATES = {
    "COMPLETED": "COMPLETE",
    "FAILED": "FAIL",
    "INVALID": "FAIL",
    "RUNNING": "WAITING",
    "IDLE": "WAITING",
}


@dataclass(frozen=True)
class Observation:
    """What a metric was at a step."""

    step: int
    values: tuple[float, ...]
    """One an execution; most versions of KerasTuner keep their mean only."""


@dataclass(frozen=True)
class Metric:
    """One metric of a trial."""

    direction: Direction
    observations: tuple[Observation, ...]

    @property
    def best(self) -> float:
        """The best mean over the executions."""
        means = [sum(one.values) / len(one.values) for one in self.observations]
        return max(means) if self.direction == "maximize" else min(means)


@dataclass(frozen=True)
class ProjectTrial:
    """A ``trial.json``."""

    name: str
    """KerasTuner's id."""
    configuration: Configuration
    state: str
    """Optuna's."""
    score: float | None
    best_step: int
    message: str
    metrics: dict[str, Metric]
    epochs: int | None
    """As Hyperband decided."""
    started: datetime
    ended: datetime
    timed: bool
    """Whether the project says when it started; else both are the time of its file."""


@dataclass(frozen=True)
class Project:
    """A project as it lies on disk."""

    folder: Path
    space: Space
    trials: tuple[ProjectTrial, ...]
    metric: str
    direction: Direction
    method: str
    """The search that found them, in Kerasweep's words."""
    seed: int
    epochs: int
    """The most that a trial trained, as far as it is known."""


def read_project(folder: Path, metric: str | None = None) -> Project:
    """Read a project.

    Args:
        folder: It, or the folder that holds it and no other.
        metric: The objective, which KerasTuner does not write down; found by the trials' scores where None.

    Raises:
        StudyError: There is no project, or one of its files is not KerasTuner's.
    """
    folder = _project_folder(folder)
    with _reading(folder / "oracle.json") as oracle:
        space = space_from_keras_tuner(described_space(oracle["hyperparameters"]["space"]))
        started = oracle.get("display", {}).get("trial_start", {})
        order = [str(name) for name in oracle["start_order"]]
        method, seed = _method(oracle), int(oracle["seed"])
        most = oracle.get("max_epochs") if method == "kt-hyperband" else None
    if most is not None:
        space = with_epochs(space, int(most))
    names = [path.parent.name.removeprefix("trial_") for path in folder.glob("trial_*/trial.json")]
    ordered = [*order, *sorted(set(names) - set(order))]
    trials = tuple(_read_trial(folder, name, space, started.get(name)) for name in ordered)
    if not trials:
        raise StudyError(f"The KerasTuner project {folder} has no trial yet; there is nothing to import.")
    metric, direction = _objective(trials, metric, folder)
    trained = max((epochs_trained(trial) for trial in trials), default=1)
    return Project(folder, space, trials, metric, direction, method, seed, int(most or trained))


def _project_folder(folder: Path) -> Path:
    if not folder.is_dir():
        raise StudyError(f"There is no folder {folder}.")
    if (folder / "oracle.json").is_file():
        return folder
    found = sorted(path.parent for path in folder.glob("*/oracle.json"))
    if not found:
        raise StudyError(
            f"{folder} is no KerasTuner project: it has no oracle.json. Name the folder directory/project_name."
        )
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise StudyError(f"{folder} holds {len(found)} KerasTuner projects; name one of them: {names}.")
    return found[0]


@contextmanager
def _reading(path: Path) -> Iterator[dict[str, Any]]:
    """Open a file of JSON; what is read inside, and is not there, becomes one line that names the file."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StudyError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise StudyError(f"{path} is no JSON: {one_line(error)}.") from error
    if not isinstance(data, dict):
        raise StudyError(f"{path} is not KerasTuner's: it holds no keys.")
    try:
        yield data
    except StudyError:
        raise
    except KeyError as error:
        raise StudyError(f"{path} is not KerasTuner's: it has no {error}.") from error
    except SpaceError as error:
        raise StudyError(f"{path}: {error}") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise StudyError(f"{path} is not KerasTuner's: {one_line(error)}.") from error


def _method(oracle: Mapping[str, Any]) -> str:
    if "hyperband_iterations" in oracle:
        return "kt-hyperband"
    if "num_initial_points" in oracle:
        return "kt-bayes"
    # A grid draws nothing, so that its seed stays where it was.
    return "kt-grid" if oracle["seed_state"] == oracle["seed"] else "kt-random"


def _read_trial(folder: Path, name: str, space: Space, started: str | None) -> ProjectTrial:
    path = folder / f"trial_{name}" / "trial.json"
    with _reading(path) as data:
        values = data["hyperparameters"]["values"]
        epochs = values.get("tuner/epochs")
        known = {**values, EPOCHS: epochs} if epochs is not None else values
        status = str(data["status"])
        if status not in _STATES:
            raise StudyError(f"{path}: there is no status '{status}'.{did_you_mean(status, _STATES)}")
        score = None if data["score"] is None else float(data["score"])
        scored = status == "COMPLETED" and score is not None and not math.isnan(score)
        ended = datetime.fromtimestamp(path.stat().st_mtime)
        began = ended if started is None else datetime.fromisoformat(started)
        return ProjectTrial(
            name=name,
            configuration=_configuration(space, known),
            state="COMPLETE" if scored else "FAIL" if status == "COMPLETED" else _STATES[status],
            score=score if scored else None,
            best_step=int(data["best_step"] or 0),
            message=str(data.get("message") or ("" if scored else "it has no score")),
            metrics={key: _metric(one) for key, one in data["metrics"]["metrics"].items()},
            epochs=None if epochs is None else int(epochs),
            started=min(began, ended),
            ended=ended,
            timed=started is not None,
        )


def _configuration(space: Space, values: Mapping[str, Any]) -> Configuration:
    """Return the values that the space has; some may be missing, which a build asked for later on."""
    return {one.name: one.check(values[one.name]) for one in space if one.name in values}


def _metric(data: Mapping[str, Any]) -> Metric:
    observations = tuple(
        Observation(int(one["step"]), tuple(float(value) for value in one["value"]))
        for one in data["observations"]
    )
    return Metric("maximize" if data["direction"] == "max" else "minimize", observations)


def _objective(trials: Sequence[ProjectTrial], asked: str | None, folder: Path) -> tuple[str, Direction]:
    """Return the metric that the scores are the best values of, and its direction."""
    scored = [trial for trial in trials if trial.score is not None]
    names = list(dict.fromkeys(name for trial in scored for name in trial.metrics))
    if asked is not None:
        if asked not in names:
            raise StudyError(f"No trial of {folder} has a metric '{asked}'.{did_you_mean(asked, names)}")
        return asked, _metric_of(asked, scored).direction
    if not scored:
        return _OBJECTIVE, "minimize"
    fitting = [name for name in names if all(_is_score(trial, name) for trial in scored)]
    if not fitting:
        raise StudyError(
            f"Which metric {folder} was searched by cannot be inferred from its scores; give it with --metric."
            f"{did_you_mean('', names)}"
        )
    name = min(fitting, key=lambda one: not one.startswith("val_"))
    return name, _metric_of(name, scored).direction


def _metric_of(name: str, trials: Sequence[ProjectTrial]) -> Metric:
    return next(trial.metrics[name] for trial in trials if name in trial.metrics)


def _is_score(trial: ProjectTrial, name: str) -> bool:
    metric = trial.metrics.get(name)
    if metric is None or not metric.observations or trial.score is None:
        return False
    return math.isclose(metric.best, trial.score, rel_tol=1e-9, abs_tol=1e-12)


def epochs_trained(trial: ProjectTrial) -> int:
    """Return how many epochs a trial was trained, as far as its file says."""
    steps = [one.step for metric in trial.metrics.values() for one in metric.observations]
    return trial.epochs or max((trial.best_step, *steps)) + 1
