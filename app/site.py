"""What the app is about: one storage, and what it reads there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import StudyError
from ..studies import DamagedStudy, StudyRecord, is_driven, read_all, read_study, shown_storage
from ..texts import ABSENT, count_text
from .card_maker import CardMaker
from .jobs import Jobs
from .kept_trials import KeptTrials


@dataclass(frozen=True)
class Site:
    """The storage that an app shows."""

    storage: str
    """Its URL."""
    jobs: Jobs = field(init=False, repr=False, compare=False)
    """Commands that pages have started."""

    cards: CardMaker = field(init=False, repr=False, compare=False)
    trials: KeptTrials = field(default_factory=KeptTrials, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "jobs", Jobs(self.storage))
        object.__setattr__(self, "cards", CardMaker(self.storage))

    def close(self) -> None:
        """End all processes that pages have started; sweeps are none of them."""
        self.jobs.close()
        self.cards.close()

    @property
    def name(self) -> str:
        """The storage as it may be shown."""
        return shown_storage(self.storage)

    def studies(self) -> list[StudyRecord | DamagedStudy]:
        """Return all studies, those made last first, damaged ones as such; none where the storage holds nothing yet."""
        try:
            return read_all(self.storage)[::-1]
        except StudyError:
            return []

    def study(self, name: str) -> StudyRecord:
        """Return a study.

        Raises:
            StudyError: There is none of that name.
        """
        return read_study(name, self.storage)


def driven(study: StudyRecord) -> bool:
    """Tell whether a driver runs a study."""
    return is_driven(study.driver, study.storage)


def counts_text(counts: Mapping[Any, int]) -> str:
    """Return ``20 complete, 3 pruned``."""
    return ", ".join(f"{count:,} {state}" for state, count in counts.items() if count) or "no trials yet"


def subtitle(study: StudyRecord) -> str:
    """Return what a study is, in a line."""
    metrics = ", ".join(one.metric for one in study.objectives)
    trials = count_text(sum(study.counts.values()), "trial")
    return " · ".join(part for part in (study.model, study.source, metrics, trials) if part)


def made(study: StudyRecord) -> str:
    """Return when a study was made, as far as it says."""
    return str(study.about.get("created", ABSENT))
