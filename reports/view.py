"""What a report reads of a study, once: its trials, the details of the best, and Optuna's view of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..studies import (
    StudyRecord,
    TrialDetails,
    TrialRecord,
    pareto_front,
    read_details,
    read_shown,
    read_trials,
)
from ..studies.comparison import names_of, nested_sentence, ranked
from ..studies.health import Finding, findings
from .theme import labels

if TYPE_CHECKING:
    import optuna


@dataclass(frozen=True)
class StudyView:
    """One study as a report sees it; it does not change while the report is made."""

    study: StudyRecord
    trials: tuple[TrialRecord, ...]
    best: tuple[TrialRecord, ...]
    """The best complete trials, best first, no duplicates; of several objectives, those of the Pareto front."""
    details: Mapping[int, TrialDetails]
    """Curves and summaries of the best trials."""
    profile: Mapping[str, Any] = field(default_factory=dict)
    """What the study keeps of its data to show; empty for older ones."""
    predictions: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    """Trial number -> what its refit makes of the test rows."""
    nested: str = ""
    """What the outer folds of a nested cross-validation score, in words; empty where none is done."""

    @property
    def winner(self) -> TrialRecord | None:
        """The best trial, where one is complete, and there are not several objectives."""
        return self.best[0] if self.best and not self.study.has_several else None

    @cached_property
    def front(self) -> tuple[TrialRecord, ...]:
        """The Pareto front of several objectives, in the order of the first."""
        return tuple(pareto_front(self.study, self.trials)) if self.study.has_several else ()

    @cached_property
    def scored(self) -> tuple[TrialRecord, ...]:
        """All complete trials with a finite value, best first, no duplicates."""
        return tuple(ranked(self.trials, self.study.direction))

    @property
    def complete(self) -> int:
        """Complete trials with a finite value that are not repetitions."""
        return len(self.scored)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What the checks of its health find."""
        return tuple(findings(self.study, self.trials, self.details))

    @property
    def data(self) -> Mapping[str, Any]:
        """What the study says about its data."""
        return self.study.data

    @cached_property
    def plots(self) -> optuna.Study:
        """The study for Optuna's plots: in memory, with names that Plotly shows as they are. Reads the storage."""
        from .plot_study import study_for_plots

        return study_for_plots(self.study, self.trials, self.labels)

    @cached_property
    def labels(self) -> Mapping[str, str]:
        """Name of each hyperparameter -> how figures label it."""
        return labels(names_of([trial.configuration for trial in self.trials]))

    @cached_property
    def shares(self) -> Mapping[str, float]:
        """How much each hyperparameter sets the best trials apart, largest first; empty where that is unknown."""
        from ..studies.importance import FEWEST_FOR_IMPORTANCE, compared_names, importance_shares

        if self.complete < FEWEST_FOR_IMPORTANCE or len({trial.value for trial in self.scored}) < 2:
            return {}
        names = {label: name for name, label in self.labels.items()}
        compared = compared_names([trial.configuration for trial in self.scored])
        chosen = None if compared is None else [self.labels[name] for name in compared]
        found = importance_shares(self.plots, chosen)
        return {
            names[label]: share for label, share in found.items() if label in names and any(found.values())
        }


def load_view(study: StudyRecord, top: int = 10) -> StudyView:
    """Read a study's trials and the details of its best ones.

    Args:
        study: The study.
        top: How many of the best trials a report shows.
    """
    trials = read_trials(study)
    order = pareto_front(study, trials) if study.has_several else ranked(trials, study.direction)
    best = tuple(order[: max(top, 1)])
    details = read_details(study, [trial.number for trial in best])
    return StudyView(study, tuple(trials), best, details, *read_shown(study), nested_sentence(study))
