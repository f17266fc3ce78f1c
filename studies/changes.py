"""Which trials other drivers have changed: told by what Optuna's tables hold of those that have not ended.

Attributes and reports are only ever inserted, or removed and inserted, so that the highest id of a trial's tells whether
there are new ones; what a trial was made of never changes.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy
from optuna.trial import TrialState
from sqlalchemy import Connection, ScalarSelect, Table, bindparam

from .optuna_tables import REPORTS, TRIAL_ATTRIBUTES, TRIALS


def _last(table: Table, key: str) -> ScalarSelect[Any]:
    """Return the highest id of a trial's rows."""
    found = sqlalchemy.select(sqlalchemy.func.max(table.c[key])).where(table.c.trial_id == TRIALS.c.trial_id)
    return found.scalar_subquery()


_VERSIONS = sqlalchemy.select(
    TRIALS.c.trial_id,
    TRIALS.c.state,
    _last(TRIAL_ATTRIBUTES, "trial_user_attribute_id"),
    _last(REPORTS, "trial_intermediate_value_id"),
).where(
    TRIALS.c.study_id == bindparam("study"),
    TRIALS.c.state.in_((TrialState.RUNNING, TrialState.WAITING)),
)


class Changes:
    """What was seen last of a study's trials."""

    def __init__(self, study_id: int) -> None:
        self._study_id = study_id
        self._seen: dict[int, tuple[Any, ...]] = {}

    def among(self, connection: Connection, unfinished: Collection[int]) -> set[int]:
        """Return the ids of the trials that are not as they were when this was asked last.

        Args:
            connection: To read with.
            unfinished: Ids of the trials that had not ended, as far as is known.
        """
        before = self._seen
        self._seen = {
            row[0]: tuple(row[1:]) for row in connection.execute(_VERSIONS, {"study": self._study_id})
        }
        return {one for one in unfinished if one not in self._seen or self._seen[one] != before.get(one)}
