"""What the checks look at, and what they say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from ...spaces import Space
from ...texts import count_text
from ..comparison import ranked, study_space
from ..records import ENDED, StudyRecord, TrialDetails, TrialRecord

Severity = Literal["warning", "hint", "good"]
"""Results cannot be trusted, or work is lost; something could be better; nothing is left to do."""


@dataclass(frozen=True)
class Finding:
    """What a check found."""

    kind: str
    """Which check it was, the same in every version."""
    title: str
    severity: Severity
    sentence: str
    what_to_do: str
    """A sentence; empty where nothing is to be done."""


@dataclass(frozen=True)
class Evidence:
    """What the checks look at."""

    study: StudyRecord
    trials: Sequence[TrialRecord]
    details: Mapping[int, TrialDetails]
    """Of the best trial, where it keeps any; others are not looked at."""

    @cached_property
    def scored(self) -> list[TrialRecord]:
        """Complete trials with a finite value, best first, no repetitions; none where there are several objectives."""
        return ranked(self.trials, self.study.direction)

    @cached_property
    def ended(self) -> list[TrialRecord]:
        """Trials that came to an end, whatever it was."""
        return [trial for trial in self.trials if trial.state in ENDED]

    @cached_property
    def space(self) -> Space | None:
        """What was searched."""
        return study_space(self.study)

    @property
    def winner(self) -> TrialRecord | None:
        """The best trial."""
        return self.scored[0] if self.scored else None

    @property
    def sign(self) -> float:
        """What makes a higher score the better one."""
        return 1.0 if self.study.direction == "maximize" else -1.0


def findings_sentence(found: Sequence[Finding]) -> str:
    """Say in a line how many findings there are, and which; empty without any that asks for something."""
    asking = [one for one in found if one.severity != "good"]
    if not asking:
        return ""
    titles = ", ".join(one.title[:1].lower() + one.title[1:] for one in asking)
    return f"{count_text(len(asking), 'finding')} on the health of this study: {titles}."
