"""What of a trial its driver does not hold in memory: what is written for people, and no search ever reads.

Curves of all folds and the summary of a model are most of what a trial writes; thousands of trials would fill the driver with them.
"""

from __future__ import annotations

import contextlib
import sys
from array import array
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy
from optuna.trial import FrozenTrial
from sqlalchemy import Engine

from .chunks import join
from .held_rows import HeldRows
from .optuna_tables import TRIALS
from .records import DETAILS, FAILURE, LOG, RESULT

NEVER_HELD = (DETAILS,)
HELD_UNTIL_THE_END = (LOG, FAILURE)
"""A trial that goes on adds to its log."""
OF_RESULT = ("fold_scores", "epochs", "epochs_trained", "seconds", "taken_over")
"""What a search reads of the result of a trial that has ended."""
_FIXED = "fixed_params"
"""Optuna's name for what a trial was asked to be; once it has ended, its hyperparameters say so."""
_NOTHING: dict[Any, Any] = {}
"""Of all trials that have ended and have nothing there; none of them is changed."""
BATCH = 500
"""Trials that are read at a time, with all that they have written."""


@dataclass(frozen=True)
class Unheld:
    """Stands for an attribute of a trial that has not ended, which is in the database alone."""

    keys: tuple[str, ...]
    """Of its rows there, which go when it is written anew."""


class HeldResult(Mapping[str, Any]):
    """What a search reads of the result of a trial that has ended, in a third of the room of a dictionary and a list."""

    __slots__ = OF_RESULT

    def __init__(self, result: Mapping[str, Any]) -> None:
        for key in OF_RESULT:
            if key in result:
                setattr(self, key, result[key])
        with contextlib.suppress(KeyError, TypeError):  # a database may hold anything
            self.fold_scores = array("d", result["fold_scores"]).tobytes()

    def __getitem__(self, key: str) -> Any:
        if key not in OF_RESULT or not hasattr(self, key):
            raise KeyError(key)
        value = getattr(self, key)
        return memoryview(value).cast("d").tolist() if isinstance(value, bytes) else value

    def __iter__(self) -> Iterator[str]:
        return (key for key in OF_RESULT if hasattr(self, key))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return repr(dict(self))


def with_shared_keys(value: Any) -> Any:
    """Return a JSON document whose keys are the same texts in all trials, of which each would else have its own."""
    if isinstance(value, dict):
        return {sys.intern(key): with_shared_keys(one) for key, one in value.items()}
    return value


def let_go(trial: FrozenTrial) -> None:
    """Hold no more of a trial that has ended than a search reads."""
    gone = {*NEVER_HELD, *HELD_UNTIL_THE_END}
    # New ones: what is removed from a dictionary leaves its room there.
    trial.user_attrs = {key: value for key, value in trial.user_attrs.items() if key not in gone}
    result = trial.user_attrs.get(RESULT)
    if isinstance(result, dict):
        trial.user_attrs[RESULT] = HeldResult(result)
    if trial.params:
        trial.system_attrs = {key: value for key, value in trial.system_attrs.items() if key != _FIXED}
    trial.system_attrs = trial.system_attrs or _NOTHING
    trial.intermediate_values = trial.intermediate_values or _NOTHING


def read_held(engine: Engine, study_id: int, after: int, among: Collection[int] = ()) -> list[FrozenTrial]:
    """Read the trials of a study whose ids are above ``after``, and some others, without what is not held of them.

    Raises:
        DamagedError: An attribute that is held lacks a piece.
    """
    above = TRIALS.c.study_id == study_id, TRIALS.c.trial_id > after
    trials: list[FrozenTrial] = []
    with engine.connect() as connection:
        found = connection.execute(sqlalchemy.select(TRIALS.c.trial_id).where(*above)).scalars().all()
        ids, rows = sorted({*among, *found}), HeldRows(connection)
        for first in range(0, len(ids), BATCH):
            read = rows.trials(ids[first : first + BATCH])
            details = rows.keys_of_details([one._trial_id for one in read if not one.state.is_finished()])
            for trial in read:
                _join(trial, details.get(trial._trial_id, []))
            trials += read
    return trials


def _join(trial: FrozenTrial, details: list[str]) -> None:
    """Turn the rows of a trial's attributes into what is held of them."""
    unheld = {DETAILS: Unheld(tuple(details))} if details else {}
    trial.user_attrs = with_shared_keys({**join(trial.user_attrs, f"Trial {trial.number}"), **unheld})
    if trial.state.is_finished():
        let_go(trial)
