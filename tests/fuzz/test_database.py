"""A database of others may hold anything: every command that reads says so in one line, and never in a traceback."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from fuzzing import HOSTILE_TEXTS, JUNK, NUMBERS, cases, mutated
from hypothesis import given
from hypothesis import strategies as st
from kerasweep.cli.app import app
from kerasweep.errors import KerasweepError
from kerasweep.search.resume import plan_resume
from kerasweep.studies import read_study
from synthetic import make_study
from typer.testing import CliRunner

NAME = "first"
COMMANDS = (
    ["studies"],
    ["studies", "--json"],
    ["best", NAME],
    ["best", NAME, "--json"],
    ["show", NAME],
    ["show", NAME, "3"],
    ["show", NAME, "--json"],
    ["compare", NAME, "second"],
    ["compare", NAME, "--trials", "0,3"],
    ["status", NAME, "--json"],
    ["export", NAME, "--format", "yaml"],
    ["export", NAME, "--format", "csv"],
    ["export", NAME, "--format", "optuna"],
    ["export", NAME, "--format", "keras-tuner"],
    ["report", NAME, "--format", "markdown"],
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("fuzz") / "whole.db"
    for name in (NAME, "second"):
        make_study(f"sqlite:///{file}", name, trials=12, epochs=8, folds=3, data="digits")
    with closing(sqlite3.connect(file)) as connection, connection:
        (study,) = connection.execute("SELECT study_id FROM studies WHERE study_name = ?", (NAME,)).fetchone()
        live = {"token": "t", "state": "running", "told": 1.8e9, "trials": 9, "running": [[3, 2, [[1, 0.5]]]]}
        driver = {"host": "h", "pid": 7, "since": "now", "machine": "other", "beat": 1e18, "token": "t"}
        for key, value in (("kerasweep:live", live), ("kerasweep:driver", driver)):
            connection.execute(
                "DELETE FROM study_user_attributes WHERE study_id = ? AND key = ?", (study, key)
            )
            connection.execute(
                "INSERT INTO study_user_attributes (study_id, key, value_json) VALUES (?, ?, ?)",
                (study, key, json.dumps(value)),
            )
    return file


ATTRIBUTES = (
    "study_user_attributes",
    "trial_user_attributes",
    "trial_system_attributes",
    "study_system_attributes",
)
CELLS = (
    ("trials", "state"),
    ("trials", "datetime_start"),
    ("trial_values", "value"),
    ("trial_values", "value_type"),
    ("trial_params", "param_value"),
    ("trial_params", "param_name"),
    ("trial_params", "distribution_json"),
    ("studies", "study_name"),
)


@st.composite
def damages(draw: Any) -> tuple[str, str, float, Any]:
    """Draw which cell of a database is changed, and how: table, column, which row, and a new value or how it is made."""
    where = st.floats(0, 1, exclude_max=True)
    if draw(st.integers(0, 3)):
        table, column = draw(st.sampled_from(ATTRIBUTES)), "value_json"
    else:
        table, column = draw(st.sampled_from(CELLS))
    return table, column, draw(where), draw(st.sampled_from(["part", "junk", "text", "cut"]))


def damage(
    connection: sqlite3.Connection, data: st.DataObject, table: str, column: str, place: float, way: str
) -> None:
    rows = connection.execute(f"SELECT rowid, {column} FROM {table} ORDER BY rowid").fetchall()
    if not rows:
        return
    row, old = rows[int(place * len(rows))]
    if column == "value_json" or column == "distribution_json":
        if way == "part":
            try:
                known = json.loads(old)
            except (ValueError, RecursionError):  # it is damaged by now
                return
            new = json.dumps(data.draw(mutated(known)))
        elif way == "junk":
            new = json.dumps(data.draw(JUNK))
        elif way == "cut":
            new = old[: data.draw(st.integers(0, len(old)))]
        else:
            new = data.draw(HOSTILE_TEXTS | st.just("[" * 5000))
    else:
        new = data.draw(HOSTILE_TEXTS | NUMBERS.filter(lambda one: abs(one) < 2**62) | st.none())
    if isinstance(new, str):
        new = new.encode("utf-8", "replace").decode()
    try:
        connection.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (new, row))
    except sqlite3.IntegrityError:
        return


@cases(60)
@given(damages=st.lists(damages(), min_size=1, max_size=2), command=st.sampled_from(COMMANDS), data=st.data())
def test_a_damaged_database_is_told_in_one_line(
    damages: list[Any], command: list[str], data: st.DataObject, whole: Path
) -> None:
    file = whole.with_name("damaged.db")
    shutil.copy(whole, file)
    with closing(sqlite3.connect(file)) as connection, connection:
        for table, column, place, way in damages:
            damage(connection, data, table, column, place, way)
    words = [*command, *(["--output", str(whole.with_name("report.md"))] if command[0] == "report" else [])]
    done = CliRunner().invoke(app, [*words, "--storage", str(file)])
    if isinstance(done.exception, KerasweepError):
        assert "\n" not in str(done.exception)
    elif not isinstance(done.exception, SystemExit | None):
        raise done.exception
    try:
        plan_resume(read_study(NAME, f"sqlite:///{file}"), {})
    except KerasweepError as error:
        assert "\n" not in str(error)  # noqa: PT017 - most cases raise nothing
