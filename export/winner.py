"""What an export is made of: a refit that knows its study and its trial. Nothing here is changed by an export."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from ..studies import StudyRecord, TrialRecord
from ..studies.comparison import Optimism, optimism_of
from ..training.refit import Refit


@dataclass(frozen=True, kw_only=True)
class Winner(Refit):
    """A study's best trial, or another one, trained on all rows."""

    study: StudyRecord
    trial: TrialRecord
    optimism: Optimism | None = None
    """How far its score flatters, where it was chosen as the best of several."""

    @classmethod
    def of(cls, study: StudyRecord, trial: TrialRecord, refit: Refit) -> Self:
        """Return a refit together with where it comes from."""
        return cls(study=study, trial=trial, optimism=optimism_of(study, trial), **vars(refit))
