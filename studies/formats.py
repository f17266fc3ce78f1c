"""Which form things have that are written: what a later version has written, this one refuses rather than misread.

A number is raised when an earlier version would take what is written for something else; a key that it passes over is no reason.
Files of spaces, exported models and states of trials have numbers of their own: ``spaces/serialization.py``,
``export/trained.py``, ``training/trainers/paused_state.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import StorageError

STUDY = 1
"""Of a study: its attributes, and those of its trials. One without a number is of the first form."""
SWEEP = 1
"""Of a specification as a file, under ``version``; one without it is of the first form."""
OPTUNA = "v3.2.0.a"
"""Of Optuna's tables, as its migrations name it."""
_OPTUNA_BEFORE = (
    *("v0.9.0.a", "v1.2.0.a", "v1.3.0.a", "v2.4.0.a", "v2.6.0.a"),
    *("v3.0.0.a", "v3.0.0.b", "v3.0.0.c", "v3.0.0.d"),
)


def check_study(form: Any, study: str, where: str) -> None:
    """Refuse a study that a later version has written.

    Args:
        form: The number that it has; None where it has none.
        study: Its name.
        where: Its storage, as it may be shown.

    Raises:
        StorageError: It is one.
    """
    if form is not None and form not in range(1, STUDY + 1):
        raise StorageError(
            f"The study '{study}' in {where} was written by a newer Kerasweep (form {form!r}; this one reads up to {STUDY}): "
            "update Kerasweep."
        )


def check_tables(forms: Sequence[Any], where: str) -> None:
    """Refuse a database whose tables are of another Optuna.

    Args:
        forms: What the database says of its tables: one name, or nothing.
        where: The storage, as it may be shown.

    Raises:
        StorageError: They are.
    """
    if not forms or list(forms) == [OPTUNA]:
        return
    if forms[0] in _OPTUNA_BEFORE:
        raise StorageError(
            f"{where} was made by an older Optuna (tables {forms[0]}; {OPTUNA} are read): "
            "upgrade it, after a backup: optuna storage upgrade --storage URL."
        )
    raise StorageError(
        f"{where} was made by a newer Optuna (tables {forms[0]}; {OPTUNA} are read): update Kerasweep and Optuna."
    )
