"""A whole specification."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import model_validator

from .data import DataSpec
from .execution import ExecutionSpec
from .searching import OF_SEVERAL, SearchSpec
from .space import SpaceSpec
from .training import CvSpec, TrainingSpec
from .values import Part


class SweepSpec(Part):
    """Everything about a sweep."""

    study: str | None = None
    """The study's name; ``<data>-<model>-<method>`` where it is not given."""
    data: DataSpec
    model: str
    """A family (``nn``, ``cnn``, ...) or ``module:function``."""
    space: SpaceSpec = SpaceSpec()
    search: SearchSpec = SearchSpec()
    cv: CvSpec = CvSpec()
    training: TrainingSpec = TrainingSpec()
    execution: ExecutionSpec = ExecutionSpec()

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, data: Any) -> Any:
        """Accept ``data: mnist`` for ``data: {source: mnist}`` and ``search: bayes`` for its method."""
        if not isinstance(data, dict):
            return data
        full = dict(data)
        for key, inner in (("data", "source"), ("search", "method"), ("cv", "method")):
            if isinstance(full.get(key), str):
                full[key] = {inner: full[key]}
        training, search = full.get("training"), full.get("search", {})
        if isinstance(training, dict) and isinstance(search, dict) and "method" not in search:
            objective = training.get("objective")
            several = objective.split(",") if isinstance(objective, str) else objective
            if isinstance(several, list | tuple) and len(several) > 1:
                full["search"] = {"method": "bayes", **search}
        if isinstance(full.get("data"), dict) and full["data"].get("window") is not None:
            cv = full.get("cv") or {}
            if isinstance(cv, dict) and cv.get("method", "auto") == "auto":
                full["cv"] = {**cv, "method": "time"}
        return full

    @model_validator(mode="after")
    def _earlier_study_used(self) -> SweepSpec:
        if (
            self.space.from_study is not None
            and self.space.top is None
            and self.search.method != "sensitivity"
        ):
            raise ValueError(
                "an earlier study (--from) is for --search sensitivity, which starts at its winner, and for --space top:8"
            )
        return self

    @model_validator(mode="after")
    def _one_objective_where_needed(self) -> SweepSpec:
        if len(self.training.objectives) < 2:
            return self
        search = self.search
        if search.method not in OF_SEVERAL:
            raise ValueError(
                f"the search {search.method} ranks trials by one objective; take {', '.join(OF_SEVERAL)}"
            )
        if search.scheduler not in ("auto", "none"):
            raise ValueError(f"the scheduler {search.scheduler} ranks trials by one objective; take none")
        if search.target is not None:
            raise ValueError("a target is a score of one objective; with several, give --trials or --time")
        if search.until_converged:
            raise ValueError("convergence is of one objective; with several, give --trials or --time")
        return self

    @model_validator(mode="after")
    def _folds_to_converge(self) -> SweepSpec:
        if self.search.until_converged and self.cv.method == "holdout":
            raise ValueError(
                "a single holdout has no standard error to converge to: leave until_converged out, or take folds"
            )
        return self

    @model_validator(mode="after")
    def _windows_in_order(self) -> SweepSpec:
        data = self.data
        if data.window is None and (data.horizon is not None or data.time_column is not None):
            raise ValueError("horizon and time_column are for windows of a series: give a window, too")
        if data.window is not None and data.test_split == "random":
            raise ValueError(
                "windows of a series overlap, and a random test split would hold out what was trained on: leave test_split out"
            )
        if data.outer is not None and self.test_split == "last":
            raise ValueError(
                "outer folds are shuffled, and would train on rows after those that score: leave outer out"
            )
        if data.window is not None and data.rare_classes is not None:
            raise ValueError("rare_classes would take rows out of a series; leave it out")
        return self

    @property
    def test_split(self) -> Literal["random", "last"]:
        """Which rows are held out."""
        in_order = self.cv.method == "time" or self.data.window is not None
        return self.data.test_split or ("last" if in_order else "random")

    def as_dict(self) -> dict[str, Any]:
        """Return the whole specification as plain data."""
        return self.model_dump(mode="json")
