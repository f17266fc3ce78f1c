"""What of a trial its driver does not hold in memory: what is written for people, and no search ever reads.

Curves of all folds and the summary of a model are most of what a trial writes; thousands of trials would fill the driver with them.
"""

from __future__ import annotations

import sys
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial

from .chunks import join
from .optuna_tables import TRIALS
from .records import DETAILS, LOG

NEVER_HELD = (DETAILS,)
HELD_UNTIL_THE_END = (LOG,)
"""A trial that goes on adds to it."""
BATCH = 500
"""Trials that are read at a time, with all that they have written."""


@dataclass(frozen=True)
class Unheld:
    """Stands for an attribute of a trial that has not ended, which is in the database alone."""

    keys: tuple[str, ...]
    """Of its rows there, which go when it is written anew."""


def with_shared_keys(value: Any) -> Any:
    """Return a JSON document whose keys are the same texts in all trials, of which each would else have its own."""
    if isinstance(value, dict):
        return {sys.intern(key): with_shared_keys(one) for key, one in value.items()}
    return value


def let_go(trial: FrozenTrial) -> None:
    """Hold no more of a trial that has ended than a search reads."""
    for key in (*NEVER_HELD, *HELD_UNTIL_THE_END):
        trial.user_attrs.pop(key, None)


def read_held(
    backend: RDBStorage, study_id: int, after: int, among: Collection[int] = ()
) -> list[FrozenTrial]:
    """Read the trials of a study whose ids are above ``after``, and some others, without what is not held of them.

    Raises:
        DamagedError: An attribute that is held lacks a piece.
    """
    above = TRIALS.c.study_id == study_id, TRIALS.c.trial_id > after
    with backend.engine.connect() as connection:
        found = connection.execute(sqlalchemy.select(TRIALS.c.trial_id).where(*above)).scalars().all()
    ids = sorted({*among, *found})
    trials = []
    for first in range(0, len(ids), BATCH):
        part = set(ids[first : first + BATCH])
        for trial in backend._get_trials(study_id, None, part, ids[-1]):
            if trial._trial_id in part:  # others may have added trials meanwhile
                _join(trial)
                trials.append(trial)
    return trials


def _join(trial: FrozenTrial) -> None:
    """Turn the rows of a trial's attributes into what is held of them."""
    rows: dict[str, Any] = trial.user_attrs
    unheld = {key: Unheld(tuple(_rows_of(key, rows))) for key in NEVER_HELD if key in rows}
    apart = {row for one in unheld.values() for row in one.keys}
    held = {row: value for row, value in rows.items() if row not in apart}
    trial.user_attrs = with_shared_keys({**join(held, f"Trial {trial.number}"), **unheld})
    if trial.state.is_finished():
        let_go(trial)


def _rows_of(key: str, rows: Collection[str]) -> list[str]:
    """Return the rows of an attribute, which ``chunks.py`` has named."""
    return [row for row in rows if row == key or row.startswith(f"{key}#")]
