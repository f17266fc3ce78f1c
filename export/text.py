"""The winner as YAML or JSON: a sweep of one configuration, with where it comes from.

Imports neither TensorFlow nor Optuna nor pandas: it answers as fast as browsing does.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

import yaml

from ..errors import KerasweepError, StudyError
from ..spaces import Space, apply_overrides, preset
from ..studies.formats import SWEEP
from ..studies.records import StudyRecord, TrialRecord
from ..texts import number_text, quantity_text
from ..training.data.source_data import FROM_PYTHON

if TYPE_CHECKING:
    from ..studies.comparison import Optimism


def as_sweep(study: StudyRecord, trial: TrialRecord, optimism: Optimism | None = None) -> dict[str, Any]:
    """Return a specification that trains exactly one trial's configuration, with its provenance.

    All settings are the study's, so that the same folds, seed and stopping give the same score. What was decided by
    its budget, its search and its machine is left out.

    Args:
        study: The study.
        trial: One of its trials; it need not be scored.
        optimism: How far its score flatters.

    Returns:
        Plain data; ``space`` comes early, so that people see the values first. ``provenance`` is history, which
        readers of a specification pass over.

    Raises:
        StudyError: The study was not made by Kerasweep.
    """
    if not study.spec:
        raise StudyError(
            f"The study '{study.name}' was not made by Kerasweep and holds no specification to export."
        )
    spec = study.spec
    return {
        "version": SWEEP,
        "model": spec["model"],
        "space": _fixed_space(str(spec["model"]), trial.configuration),
        "data": _without_defaults(spec["data"]),
        "search": {"method": "grid", "trials": 1, "seed": spec.get("search", {}).get("seed", 0)},
        "cv": _without_defaults(spec.get("cv", {})),
        "training": _without_defaults(
            spec.get("training", {}), keep="patience"
        ),  # None means never to stop early
        "study": f"{study.name}-trial-{trial.number}",
        "provenance": provenance(study, trial, optimism),
    }


def provenance(study: StudyRecord, trial: TrialRecord, optimism: Optimism | None = None) -> dict[str, Any]:
    """Return where a trial comes from and how it scored, as plain data without empty entries."""
    about, data = study.about, study.about.get("data", {})
    refit = study.refits.get(trial.number, {})
    entries = {
        "study": study.name,
        "trial": trial.number,
        "state": None if trial.state == "complete" else trial.state,
        "metric": study.metric,
        "direction": study.direction,
        "value": trial.value,
        "values": {one.metric: value for one, value in zip(study.objectives, trial.values, strict=False)},
        "breaks": list(trial.broken),
        "standard_error": trial.standard_error,
        "fold_scores": list(trial.fold_scores),
        "expected": None if optimism is None else optimism.expected,
        "cv": about.get("cv"),
        "configuration": dict(trial.configuration),
        "epochs": trial.epochs,
        "seed": trial.seed,
        "parameters": trial.parameters,
        "data": {
            key: data[key] for key in ("name", "task", "rows", "test_rows", "fingerprint") if key in data
        },
        "test": refit.get("test"),
        "versions": about.get("versions"),
        "created": about.get("created"),
    }
    return {
        key: value for key, value in entries.items() if value not in (None, [], {}) or key == "configuration"
    }


def to_yaml(study: StudyRecord, trial: TrialRecord, optimism: Optimism | None = None) -> str:
    """Return the winner as YAML with comments; ``kerasweep launch`` takes it as it is."""
    parts = []
    for key, value in as_sweep(study, trial, optimism).items():
        comment = "define" if key == "space" and "define" in value else key
        if comment in _COMMENTS:
            parts.append(f"\n# {_COMMENTS[comment]}\n")
        parts.append(yaml.safe_dump({key: value}, sort_keys=False, allow_unicode=True, width=110))
    head = "".join(f"# {line}\n" for line in _headline(study, trial, optimism))
    return f"{head}\n{''.join(parts)}"


def to_json(study: StudyRecord, trial: TrialRecord, optimism: Optimism | None = None) -> str:
    """Return the winner as JSON, which ``kerasweep launch`` reads as well, JSON being YAML."""
    # YAML 1.1 takes 1e-05 for text; with a point both read a number. No string starts a line or follows a key so.
    return re.sub(
        r'^( *(?:"(?:[^"\\]|\\.)*": )?-?\d+)(e[-+]?\d+,?)$',
        r"\1.0\2",
        json_text(as_sweep(study, trial, optimism)),
        flags=re.MULTILINE,
    )


def json_text(data: Any) -> str:
    """Return data as JSON that people may read, with null for a number that is not finite, which JSON cannot say."""
    return json.dumps(_finite(data), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _finite(data: Any) -> Any:
    if isinstance(data, Mapping):
        return {name: _finite(value) for name, value in data.items()}
    if isinstance(data, list | tuple):
        return [_finite(value) for value in data]
    return None if isinstance(data, float) and not math.isfinite(data) else data


_COMMENTS = {
    "space": "The winner's hyperparameters. Remove one to search its range again.",
    "define": "The winner's hyperparameters, one choice each.",
    "data": "Everything below is the study's own, so that the same folds give the same score.",
    "provenance": "Where the values come from. A launch passes over this part.",
}


def _headline(study: StudyRecord, trial: TrialRecord, optimism: Optimism | None) -> list[str]:
    lines = [f"Trial {trial.number} of the study '{study.name}': {score_text(study, trial)}."]
    if optimism is not None:
        lines.append(optimism.sentence)
    test = study.refits.get(trial.number, {}).get("test")
    if test:
        scores = ", ".join(f"{metric} {value:.6g}" for metric, value in test.items())
        lines.append(f"Refit on all training rows, on the test split: {scores}.")
    lines.append("Train it again: kerasweep launch THIS_FILE")
    if study.imported:
        lines[-1] = (
            "Imported from KerasTuner, which keeps neither data nor model. Train it with them: "
            "kerasweep.launch(data, model, file=THIS_FILE)"
        )
    elif str(study.spec["data"].get("source", "")).startswith(FROM_PYTHON):
        lines.append("Its data were given in Python: kerasweep.launch(data, file=THIS_FILE)")
    return [" ".join(line.split()) for line in lines]  # a name may hold a line break, a comment may not


def score_text(study: StudyRecord, trial: TrialRecord) -> str:
    """Return ``val_accuracy 0.9734 ± 0.0012 over 5 folds``, or that there is no score."""
    if trial.score is None:
        return f"{trial.state}, without a score"
    folds = f" over {len(trial.fold_scores)} folds" if len(trial.fold_scores) > 1 else ""
    further = zip(study.further, trial.values[1:], strict=False)
    beside = "".join(f", {one.metric} {quantity_text(value)}" for one, value in further)
    return f"{study.metric} {number_text(trial.score, trial.standard_error)}{folds}{beside}"


def _without_defaults(part: Mapping[str, Any], keep: str = "") -> dict[str, Any]:
    """Return a part of a specification without what was not given: None is the default, but for one key."""
    return {key: value for key, value in part.items() if value is not None or key == keep}


def _fixed_space(model: str, configuration: Mapping[str, Any]) -> dict[str, Any]:
    """Return the shortest space that holds this configuration and no other.

    Fixing values of the model's preset reads best. Where that is not exact (a user-defined space or function, a
    value that only a study's own choices know), each hyperparameter is defined with its one choice.
    """
    values = dict(configuration)
    try:
        space: Space | None = apply_overrides(preset(model), {}, values)
        found = list(islice(space.grid(), 2)) if space else []
    except KerasweepError:
        found = []
    if found == [values] and list(map(repr, found[0].values())) == list(map(repr, values.values())):
        return {"fix": values}
    return {"define": {name: {"type": "categorical", "choices": [value]} for name, value in values.items()}}
