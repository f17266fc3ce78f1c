"""What is said of a storage that fails: its reason and what to do, and no password."""

from __future__ import annotations

import contextlib
import sqlite3
import sys
from pathlib import Path

import pytest
from kerasweep.studies.faults import explain
from sqlalchemy.exc import OperationalError

ADVICE = "Once it answers, kerasweep resume goes on from what is written."


@pytest.mark.parametrize(
    ("password", "said"), [("geheim", "geheim"), ("ge%40heim", "ge@heim"), ("ge@heim", "heim")]
)
def test_a_fault_is_explained_without_the_password(password: str, said: str) -> None:
    url = f"postgresql+psycopg://me:{password}@host/x"
    found = OperationalError("SELECT 1", {}, Exception(f"{said} is of no use:\nno answer from {url}."))
    told = explain(found, url)
    assert "heim" not in told
    assert "no answer from postgresql+psycopg://me:***@host/x" in told
    assert told.endswith(f". {ADVICE}")
    assert "\n" not in told


@pytest.mark.skipif(sys.platform == "win32", reason="an open file is not moved there")
def test_a_file_that_was_moved_is_to_be_put_back(tmp_path: Path) -> None:
    """What SQLite itself says of it is that the database is read-only."""
    connection = sqlite3.connect(tmp_path / "studies.db")
    with contextlib.closing(connection):
        connection.execute("CREATE TABLE rows (number)")
        for number in (1, 2):
            connection.execute("INSERT INTO rows VALUES (?)", (number,))
            connection.commit()
        (tmp_path / "studies.db").rename(tmp_path / "away.db")
        with pytest.raises(sqlite3.OperationalError) as found:
            connection.execute("INSERT INTO rows VALUES (3)")
    told = explain(OperationalError("INSERT", {}, found.value), f"sqlite:///{tmp_path / 'studies.db'}")
    assert told.endswith(
        "Its file was moved or removed: put it back; kerasweep resume goes on from what is written."
    )
