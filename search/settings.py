"""Flat settings, as keywords and flags are, and their places in a specification."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import getitem
from typing import Any

from ..errors import SpecError, did_you_mean

SETTINGS: dict[str, tuple[str, ...]] = {
    "study": ("study",),
    "target": ("data", "target"),
    "header": ("data", "header"),
    "task": ("data", "task"),
    "group": ("data", "group"),
    "weight": ("data", "weight"),
    "validation": ("data", "validation"),
    "fold_column": ("data", "fold_column"),
    "rare_classes": ("data", "rare_classes"),
    "encoding": ("data", "encoding"),
    "drop": ("data", "drop"),
    "text": ("data", "text"),
    "categorical": ("data", "categorical"),
    "drop_missing_target": ("data", "drop_missing_target"),
    "window": ("data", "window"),
    "horizon": ("data", "horizon"),
    "time_column": ("data", "time_column"),
    "limit": ("data", "limit"),
    "scaling": ("data", "scaling"),
    "outer": ("data", "outer"),
    "test_size": ("data", "test_size"),
    "test_split": ("data", "test_split"),
    "preset": ("space", "preset"),
    "set": ("space", "set"),
    "fix": ("space", "fix"),
    "prior": ("space", "prior"),
    "from_study": ("space", "from_study"),
    "learn_from": ("space", "learn_from"),
    "search": ("search", "method"),
    "trials": ("search", "trials"),
    "time": ("search", "time"),
    "total_epochs": ("search", "total_epochs"),
    "until_converged": ("search", "until_converged"),
    "target_score": ("search", "target"),
    "seed": ("search", "seed"),
    "scheduler": ("search", "scheduler"),
    "cv": ("cv", "method"),
    "folds": ("cv", "folds"),
    "repeats": ("cv", "repeats"),
    "holdout": ("cv", "holdout"),
    "stratify": ("cv", "stratify"),
    "epochs": ("training", "epochs"),
    "patience": ("training", "patience"),
    "objective": ("training", "objective"),
    "metric": ("training", "metric"),
    "constraint": ("training", "constraints"),
    "max_params": ("training", "max_params"),
    "max_memory": ("training", "max_memory"),
    "direction": ("training", "direction"),
    "precision": ("training", "precision"),
    "trainer": ("execution", "trainer"),
    "executor": ("execution", "executor"),
    "address": ("execution", "address"),
    "workers": ("execution", "workers"),
    "threads": ("execution", "threads"),
    "gpus_per_trial": ("execution", "gpus_per_trial"),
    "trial_timeout": ("execution", "trial_timeout"),
    "retries": ("execution", "retries"),
    "max_failures": ("execution", "max_failures"),
    "checkpoint_every": ("execution", "checkpoint_every"),
    "keep_states": ("execution", "keep_states"),
    "keep_models": ("execution", "keep_models"),
    "log": ("execution", "log"),
}
"""Keyword or flag -> its place in a ``SweepSpec``."""


def nest(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return flat settings as the nested mapping that a specification is made of.

    Raises:
        SpecError: There is no such setting, or one is given twice, by two names.
    """
    nested: dict[str, Any] = {}
    unknown = [name for name in settings if name not in SETTINGS]
    if unknown:
        raise SpecError(
            "\n".join(f"There is no setting '{name}'.{did_you_mean(name, SETTINGS)}" for name in unknown)
        )
    if "metric" in settings and "objective" in settings:
        raise SpecError("metric is another word for objective; keep one.")
    for name, value in settings.items():
        put(nested, SETTINGS[name], value)
    return nested


def as_specified(settings: Mapping[str, Any], spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return flat settings with their values in a specification that was made with them: plain ones, which JSON can hold."""
    return {
        name: None if value is None else reduce(getitem, SETTINGS[name], spec)
        for name, value in settings.items()
    }


def put(nested: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    """Set a value at a place of a nested mapping."""
    for key in path[:-1]:
        nested = nested.setdefault(key, {})
    nested[path[-1]] = value
