"""What was found, as frozen records: what readers get, and all that reports and exports see."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, get_args

from ..spaces import Configuration

TrialState = Literal["complete", "pruned", "failed", "running", "paused", "waiting"]
"""A ``paused`` trial may go on from its rung; one that is ``pruned`` never does, or was never trained, for what it breaks. Logs,
lists, pages and reports call them by these words and by no others."""
STATES: tuple[TrialState, ...] = get_args(TrialState)
Direction = Literal["maximize", "minimize"]

ENDED: tuple[TrialState, ...] = ("complete", "pruned", "failed")
"""States of trials that came to an end, the one that says most first."""
UNFINISHED: tuple[TrialState, ...] = ("running", "paused", "waiting")

# Keys of Optuna's user attributes. One attribute holds one JSON document, because each is a row of its own.
SPEC = "kerasweep:spec"
ABOUT = "kerasweep:about"
FORMAT = "kerasweep:format"
"""Which form the study has (``formats.py``)."""
DRIVER = "kerasweep:driver"
REFIT = "kerasweep:refit:"
PROFILE = "kerasweep:profile"
"""What the data are, of which lists of studies say nothing: it is read for a report alone."""
PREDICTIONS = "kerasweep:predictions:"
"""What a refit's model makes of the test rows; read for a report alone, too."""
CONVERGED = "kerasweep:converged"
CONCLUDED = "kerasweep:concluded"
"""Why the last sweep of the study ended, where what was asked for is done, however many trials that took."""
CONTROL = "kerasweep:control"
"""What somebody wishes of the driver; the only attribute that others write while it runs."""
LIVE = "kerasweep:live"
"""What the driver says of itself while it runs (``control.py``); it goes when the driver ends."""
RESULT = "kerasweep:result"
DETAILS = "kerasweep:details"
FAILURE = "kerasweep:failure"
LOG = "kerasweep:log"
"""What a trial has printed, the end of it; absent of one that printed nothing."""
DUPLICATE = "kerasweep:duplicate_of"
RUNGS = "kerasweep:rungs"
"""What a trial that may be paused has reported: epochs, folds, mean and each fold's score at each rung."""
PAUSED = "kerasweep:paused"
CONSTRAINT = "constraints:"
"""How the keys of Optuna's system attributes begin that say by how much a trial breaks a constraint."""
RUN_BY = "run by"
"""Which driver trains a trial, or has trained it last, where a study may have several."""
ORIGIN = "origin"
"""How a trial's configuration was chosen; it stays with a trial that is run again, as the configuration does."""
CONTINUES, MOST_EPOCHS = "continues", "epochs"
"""Keys of the origin of a trial that trains another one's configuration further: that one's number, and to how many epochs."""
IMPORTED = "imported"
"""Key of what a study says about itself: the project that it was imported from."""


@dataclass(frozen=True)
class TrialRecord:
    """One trial: a configuration and how it scored on every fold."""

    number: int
    state: TrialState
    configuration: Configuration
    value: float | None
    """Mean of the folds' scores; None where the study has several objectives, by which no trial is simply the best."""
    fold_scores: tuple[float, ...] = ()
    """The objective on each fold at the epochs that the other folds choose; for a pruned trial, at its last epoch."""
    epochs: int | None = None
    """The number of epochs chosen on the mean curve; what ``refit`` trains."""
    epochs_trained: int = 0
    """Epochs that the folds really ran, each."""
    seconds: float = 0.0
    parameters: int | None = None
    """Weights of the model, trainable or not."""
    seed: int | None = None
    trainer: str = ""
    failure: dict[str, str] = field(default_factory=dict)
    """``kind``, ``message`` and ``traceback`` of a failed trial."""
    duplicate_of: int | None = None
    """The earlier trial whose result this one shares; it was not trained again."""
    started: datetime | None = None
    partition: int | None = None
    """Folds of one partition of the data: fewer than there are scores where partitions are repeated; None where that is
    not known, for all of them."""

    values: tuple[float, ...] = ()
    """By objective, where the study has several."""
    measured: dict[str, float] = field(default_factory=dict)
    """What the study's goals ask for beside its first objective: ``params``, ``bytes``, ``seconds``, other metrics."""
    excesses: dict[str, float] = field(default_factory=dict)
    """Constraint -> by how much it is broken, as a share of its bound; zero or less where it is kept."""
    continues: int | None = None
    """The trial whose configuration it trains further."""
    most_epochs: int | None = None
    """The epochs that it might train, of a trial that continues another one; of all others the study says them."""
    taken_over: int = 0
    """Epochs among its own that were trained by the trial that it continues."""

    @property
    def lineage(self) -> str:
        """Which trial it continues, in words; empty for one of the search."""
        return (
            ""
            if self.continues is None
            else f"trial {self.continues}, trained on to {self.most_epochs} epochs"
        )

    @property
    def failed(self) -> bool:
        """Whether it could not be trained to its end: it failed, or ran out of memory, which is a constraint that it breaks."""
        return self.state == "failed" or bool(self.failure)

    @property
    def feasible(self) -> bool:
        """Whether it keeps all constraints, as far as is known."""
        return all(excess <= 0 for excess in self.excesses.values())

    @property
    def broken(self) -> tuple[str, ...]:
        """The constraints that it breaks."""
        return tuple(name for name, excess in self.excesses.items() if excess > 0)

    @property
    def score(self) -> float | None:
        """Mean of the folds' scores, by the first objective."""
        return self.values[0] if self.values else self.value

    @property
    def partition_folds(self) -> int:
        """Folds of one partition of the data."""
        count = len(self.fold_scores)
        return min(self.partition or count, count)

    @property
    def scored_where(self) -> str:
        """At which epochs its folds are scored, in words; empty where that is not known."""
        if self.state != "complete" or self.trainer not in ("fused", "fit"):
            return ""
        if len(self.fold_scores) > 1:
            return "each fold where the mean of the others is best, with the epochs beside it"
        return "by the epochs beside the best one, which was chosen on the rows that score it"

    @property
    def standard_error(self) -> float | None:
        """Standard error of the mean over the folds: sample deviation / sqrt(folds of one partition); None for a single one.

        Repetitions cut the same rows anew and add none: the deviation is known better by them, the mean hardly is.
        """
        count = len(self.fold_scores)
        if count < 2:
            return None
        mean = sum(self.fold_scores) / count
        variance = sum((score - mean) ** 2 for score in self.fold_scores) / (count - 1)
        return math.sqrt(variance / self.partition_folds)


@dataclass(frozen=True)
class TrialDetails:
    """What a trial keeps besides its scores."""

    curves: dict[str, list[list[float]]]
    """Metric -> fold -> epoch, for ``loss``, ``val_loss``, ``accuracy``, ``val_accuracy`` and so on."""
    summary: str
    """The model's ``summary()``."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Baseline:
    """What a constant prediction scores on the folds of a study."""

    predictor: str
    """``majority class``, ``each label's majority``, ``mean``, ``median`` or ``last value``."""
    value: float
    fold_scores: tuple[float, ...]

    @property
    def constant(self) -> str:
        """What it always predicts, in words."""
        return self.predictor if self.predictor.startswith("each") else f"the {self.predictor}"


@dataclass(frozen=True)
class StudyObjective:
    """What the trials of a study are compared by."""

    metric: str
    direction: Direction


@dataclass(frozen=True)
class StudyRecord:
    """One study without its trials: what was searched, on which data, how far it is."""

    name: str
    storage: str = field(repr=False)
    """Its URL, which may hold a password."""
    study_id: int
    direction: Direction
    """Of the objective, the first where there are several."""
    counts: dict[TrialState, int]
    """Trials by state; duplicates are counted in their state as well."""
    spec: dict[str, Any]
    """The sweep's whole specification; empty for a study that Kerasweep did not make."""
    about: dict[str, Any]
    """Metric, fingerprint and description of the data, folds, seed, versions, when it was made."""
    driver: dict[str, Any]
    """Host, process and time of a driver that runs it, else of the one that last ran it."""
    refits: dict[int, dict[str, Any]]
    """Trial number -> test scores and provenance of its refit."""
    further: tuple[StudyObjective, ...] = ()
    """Objectives beside the first."""
    named: str = "value"
    """What Optuna calls the objective, the first where there are several."""
    live: dict[str, Any] = field(default_factory=dict)
    """What its driver said of itself last; empty where none runs."""
    joined: tuple[tuple[dict[str, Any], dict[str, Any]], ...] = ()
    """Further drivers that run it beside that one: the record of each, and what it said of itself last."""
    concluded: str = ""
    """Why its last sweep has done what was asked for, in fewer trials than were allowed; empty where it has not."""

    @property
    def metric(self) -> str:
        """Name of the objective, for example ``val_accuracy``; of the first where there are several."""
        return str(self.about.get("metric", self.named))

    @property
    def objectives(self) -> tuple[StudyObjective, ...]:
        """All objectives."""
        return (StudyObjective(self.metric, self.direction), *self.further)

    @property
    def has_several(self) -> bool:
        """Whether it has several objectives, by which no trial is simply the best."""
        return bool(self.further)

    @property
    def objective_text(self) -> str:
        """The objectives in words: ``maximize val_accuracy and minimize params``."""
        return " and ".join(f"{one.direction} {one.metric}" for one in self.objectives)

    @property
    def model(self) -> str:
        """The family or the user's model function."""
        return str(self.spec.get("model", ""))

    @property
    def source(self) -> str:
        """Name of the dataset."""
        return str(self.data.get("name", ""))

    @property
    def data(self) -> Mapping[str, Any]:
        """What the study says about its data; empty where that is not in words of Kerasweep."""
        data = self.about.get("data")
        return data if isinstance(data, Mapping) else {}

    @property
    def baseline(self) -> Baseline | None:
        """Score of a constant prediction; None if the study does not say."""
        return self._baseline("baseline")

    @property
    def last_value(self) -> Baseline | None:
        """Score of predicting a series' last value; None if there is no series, or the study does not say."""
        return self._baseline("last_value")

    @property
    def baselines(self) -> tuple[Baseline, ...]:
        """What predictions score that learn nothing."""
        return tuple(found for found in (self.baseline, self.last_value) if found is not None)

    def _baseline(self, key: str) -> Baseline | None:
        found = self.about.get(key)
        try:
            scores = tuple(float(score) for score in found["fold_scores"])  # type: ignore[index]
            return Baseline(str(found["predictor"]), float(found["value"]), scores)  # type: ignore[index]
        except (TypeError, KeyError, ValueError):
            return None

    @property
    def partition_folds(self) -> int | None:
        """Folds of one partition of the data: fewer than a trial's scores where partitions are repeated; None where it
        does not say. Studies of earlier versions say how many were asked for.
        """
        if (told := count_or_none(self.about.get("partition_folds"))) is not None:
            return told
        cv = self.spec.get("cv")
        own = count_or_none(cv.get("folds") if isinstance(cv, Mapping) else None)
        return own or count_or_none(self.about.get("folds"))

    @property
    def imported(self) -> bool:
        """Whether it was imported from KerasTuner, which keeps neither data nor model."""
        return IMPORTED in self.about

    @property
    def trained(self) -> int:
        """Trials that came to an end, whatever it was."""
        return sum(self.counts.get(state, 0) for state in ENDED)

    def is_better(self, value: float, other: float) -> bool:
        """Tell whether a value beats another in this study's direction."""
        return value > other if self.direction == "maximize" else value < other


def count_or_none(value: object) -> int | None:
    """Return what a study says of a number of things, where that is one."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
