"""Which trials other drivers have changed: told by what Optuna's tables hold of those that have not ended.

Attributes and reports are only ever inserted, or removed and inserted, so that the highest id of a trial's tells whether
there are new ones; what a trial was made of never changes.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy
from optuna.storages._rdb import models
from optuna.trial import TrialState
from sqlalchemy import Connection, ScalarSelect, Table, bindparam

_TRIALS: Table = models.TrialModel.__table__
_USER: Table = models.TrialUserAttributeModel.__table__
_REPORTS: Table = models.TrialIntermediateValueModel.__table__


def _last(table: Table, key: str) -> ScalarSelect[Any]:
    """Return the highest id of a trial's rows."""
    found = sqlalchemy.select(sqlalchemy.func.max(table.c[key])).where(table.c.trial_id == _TRIALS.c.trial_id)
    return found.scalar_subquery()


_VERSIONS = sqlalchemy.select(
    _TRIALS.c.trial_id,
    _TRIALS.c.state,
    _last(_USER, "trial_user_attribute_id"),
    _last(_REPORTS, "trial_intermediate_value_id"),
).where(
    _TRIALS.c.study_id == bindparam("study"),
    _TRIALS.c.state.in_((TrialState.RUNNING, TrialState.WAITING)),
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
