"""Keeps the columns of trials that tables are sorted and filtered by, for whoever filters asks the next moment again."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict

from ..studies import StudyRecord, TrialColumns
from ..studies.records import UNFINISHED
from .card_maker import revision

_KEPT = 4
"""Studies whose columns are kept."""
_FRESH_SECONDS = 2.0
"""How long columns count of a study whose trials go on: one may begin as another one pauses, and all counts stay the same."""


class KeptTrials:
    """The columns of a storage's studies that were asked for last."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[float, TrialColumns]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, study: StudyRecord) -> TrialColumns:
        """Return the columns of a study as it is."""
        which, now = revision(study), time.monotonic()
        moves = any(study.counts.get(state) for state in UNFINISHED)
        with self._lock:
            since, found = self._kept.get(which, (now, None))
            if found is None or (moves and now - since > _FRESH_SECONDS):
                since, found = now, TrialColumns(study)
            self._kept[which] = since, found
            self._kept.move_to_end(which)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return found
