"""All trials of a study as a table, for spreadsheets and for other programs: CSV, and Parquet, which keeps types."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from ..spaces import Value
from ..spaces.values import stored
from ..studies import StudyRecord, TrialRecord, read_trials

if TYPE_CHECKING:
    import pyarrow as pa

Cell = Value | datetime
Columns = dict[str, list[Cell]]
_FORMULAS = tuple("=+-@\t\r\n＝＋－＠")
"""What a text begins with that spreadsheets take for a formula, as OWASP lists it."""


def trial_columns(study: StudyRecord, trials: Sequence[TrialRecord]) -> Columns:
    """Return the columns of a table with one row a trial, by number.

    What Optuna's frames have, with the folds' scores beside; then what was measured, then the hyperparameters, None
    where one is not active. A name that is taken gets a prefix, as in Optuna's frames: ``params_epochs``.

    Args:
        study: The study.
        trials: Its trials.
    """
    scores = [trial.values or (trial.value,) for trial in trials]
    names = [f"values_{one.metric}" for one in study.objectives] if study.has_several else ["value"]
    columns: Columns = {
        "number": [trial.number for trial in trials],
        "state": [trial.state for trial in trials],
        **_side_by_side(names, scores),
        "standard_error": [trial.standard_error for trial in trials],
    }
    folds = [trial.fold_scores for trial in trials]
    columns |= _side_by_side([f"fold_{fold + 1}" for fold in range(max(map(len, folds), default=0))], folds)
    columns |= {
        "epochs": [trial.epochs for trial in trials],
        "epochs_trained": [trial.epochs_trained for trial in trials],
        "seconds": [trial.seconds for trial in trials],
        "parameters": [trial.parameters for trial in trials],
        "seed": [trial.seed for trial in trials],
        "trainer": [trial.trainer or None for trial in trials],
        "started": [trial.started for trial in trials],
        "breaks": [", ".join(trial.broken) or None for trial in trials],
        "duplicate_of": [trial.duplicate_of for trial in trials],
        "continues": [trial.continues for trial in trials],
        "failure": [trial.failure.get("message") for trial in trials],
    }
    shown = {one.metric for one in study.objectives}
    measured = [{k: v for k, v in trial.measured.items() if k not in shown} for trial in trials]
    _add(columns, "measured", measured)
    _add(columns, "params", [trial.configuration for trial in trials])
    return columns


def _side_by_side(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> Columns:
    """Return a column for each name, of rows that may be shorter."""
    filled = [dict(zip_longest(names, row[: len(names)])) for row in rows]
    return {name: [row[name] for row in filled] for name in names}


def _add(columns: Columns, prefix: str, rows: Sequence[dict[str, Any]]) -> None:
    """Add a column for each name in any of the rows."""
    for name in dict.fromkeys(name for row in rows for name in row):
        free = name
        while free in columns:
            free = f"{prefix}_{free}"
        columns[free] = [row.get(name) for row in rows]


def to_csv(study: StudyRecord) -> str:
    """Return all trials as CSV that spreadsheets may open: text that they would take for a formula begins with ``'``."""
    columns = trial_columns(study, read_trials(study))
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(map(_harmless, columns))
    writer.writerows(zip(*([_written(cell) for cell in cells] for cells in columns.values()), strict=True))
    return stream.getvalue()


def _written(cell: Cell) -> str:
    """Return a cell as text; a number is as it reads back, infinite ones ``inf``."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, str):
        return _harmless(cell)
    return repr(cell)


def _harmless(text: str) -> str:
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULAS) else text


def to_parquet(study: StudyRecord) -> bytes:
    """Return all trials as a Parquet file; what holds values of several types is text there."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = trial_columns(study, read_trials(study))
    stream = io.BytesIO()
    pq.write_table(pa.table({name: _typed(cells) for name, cells in columns.items()}), stream)
    return stream.getvalue()


def _typed(cells: Sequence[Cell]) -> pa.Array:
    """Return a column of one type, as text where it has several."""
    import pyarrow as pa

    plain = [stored(cell) if isinstance(cell, tuple) else cell for cell in cells]
    kinds = {type(cell) for cell in plain if cell is not None}
    if kinds == {int, float}:
        plain = [None if cell is None else float(cell) for cell in plain]  # type: ignore[arg-type]
    elif len(kinds) > 1:
        plain = [None if cell is None else str(cell) for cell in plain]
    try:
        return pa.array(plain)
    except (pa.ArrowInvalid, OverflowError):  # a whole number of more than 64 bits
        return pa.array([None if cell is None else str(cell) for cell in plain])
