"""The part of a specification about the search and its budget."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from .values import Part, Real, Seconds, Whole

SearchMethod = Literal[
    "knowhow",
    "grid",
    "random",
    "bayes",
    "qmc",
    "gp",
    "cmaes",
    "nsga2",
    "sensitivity",
    "kt-random",
    "kt-grid",
    "kt-bayes",
    "kt-hyperband",
]
OF_SEVERAL = ("bayes", "nsga2", "gp", "random", "grid", "qmc")
"""Searches that take several objectives."""
Scheduler = Literal["auto", "none", "median", "hyperband", "asha", "knowhow"]


class SearchSpec(Part):
    """How the space is searched, and when to stop."""

    method: SearchMethod = "knowhow"
    """``bayes`` where it is not given and there are several objectives."""
    trials: Whole | None = Field(default=None, ge=1)
    """Trials to train, over all runs of the study; the whole grid, what small changes need, else 60 of ``knowhow`` and 30
    of others, where it is not given."""
    time: Seconds = Field(default=None, gt=0)
    """Seconds of one run, after which no trial goes on."""
    total_epochs: Whole | None = Field(default=None, ge=1)
    """Epochs of single folds to train, by all trials over all runs of the study: a trial of 20 epochs in 5 folds trains 100."""
    until_converged: bool = False
    """Whether it ends once twice the trials are not expected to gain as much as the best score's standard error."""
    target: Real | None = None
    """A score that ends the sweep once it is reached."""
    seed: Whole = Field(default=0, ge=0, lt=2**32)
    scheduler: Scheduler = "auto"
    """``auto``: none for a grid and small changes, whose tables should be whole, and for KerasTuner's Hyperband; its own for ``knowhow``; else
    median."""

    @model_validator(mode="before")
    @classmethod
    def _read_older(cls, values: Any) -> Any:
        """Take what studies had written when schedulers were all pruners."""
        if isinstance(values, dict) and "pruner" in values and "scheduler" not in values:
            return {"scheduler" if key == "pruner" else key: value for key, value in values.items()}
        return values
