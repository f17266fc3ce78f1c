"""Backups of a database: whole while it is written, checked, and never in the place of something else."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import kerasweep as ks
import pytest
from kerasweep.errors import KerasweepError, OutputError, StorageError, StudyError, UsageError
from kerasweep.studies import read_details, read_study, read_trials, snapshots
from synthetic import make_study

NAME = "뿌리/<b>"
WRITE = """
import sys
import time
from kerasweep.studies import read_study
from kerasweep.studies.lifecycle import drive_study
with drive_study(read_study(None, sys.argv[1])) as writer:
    print("writes", flush=True)
    for number in range(100_000):
        trial = writer.new_trial({"width": 8})
        trial.suggest_int("width", 8, 64)
        writer.finish(trial, 0.5, {"fold_scores": [0.5]}, {"curves": {}, "summary": "x" * 20_000})
        time.sleep(0.005)
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of one study, to be read only."""
    file = tmp_path_factory.mktemp("moving") / "kerasweep.db"
    make_study(f"sqlite:///{file}", NAME, trials=8)
    return file


@pytest.fixture
def writer(made: Path, tmp_path: Path) -> Iterator[Path]:
    """A database that a driver writes all the time."""
    file = tmp_path / "written.db"
    file.write_bytes(made.read_bytes())
    process = subprocess.Popen(
        [sys.executable, "-c", WRITE, f"sqlite:///{file}"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "writes\n"
    yield file
    writes_on = process.poll() is None
    process.kill()
    process.communicate()
    assert writes_on


def test_a_backup_while_a_driver_writes(writer: Path, tmp_path: Path) -> None:
    counts = []
    for number in range(5):
        made = ks.backup(tmp_path / "뒤로" / f"{number}.db", storage=writer)
        study = read_study(NAME, f"sqlite:///{made.path}")
        counts.append(sum(study.counts.values()))
        assert (made.studies, made.trials) == (1, counts[-1])
        written = [trial for trial in read_trials(study)[8:] if trial.state == "complete"]
        assert all(trial.fold_scores == (0.5,) for trial in written), "no transaction is there in part"
        assert len(read_details(study, [trial.number for trial in written])) == len(written)
        assert not ks.load(storage=made.path).status().state.startswith("run"), "nobody runs the copy"
        time.sleep(0.1)
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]
    assert {path.name for path in (tmp_path / "뒤로").iterdir()} == {f"{number}.db" for number in range(5)}


def test_a_backup_takes_no_place_that_is_taken(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = ks.backup(storage=made)
    assert found.path.name.startswith("kerasweep-")
    with pytest.raises(OutputError, match=r"exists; name another file, or give --overwrite\.$"):
        ks.backup(found.path, storage=made)
    assert ks.backup(found.path, storage=made, overwrite=True) == found
    for attempt in ({}, {"overwrite": True}):
        with pytest.raises(OutputError, match="is the database itself"):
            ks.backup(made, storage=made, **attempt)
    with pytest.raises(OutputError, match="is a folder"):
        ks.backup(tmp_path, storage=made)
    with pytest.raises(OutputError, match="cannot be written"):
        ks.backup("/proc/x.db", storage=made)
    assert [path.name for path in tmp_path.iterdir()] == [found.path.name]


@pytest.mark.parametrize(
    ("url", "program"), [("postgresql+psycopg", "pg_dump"), ("mysql+pymysql", "mariadb-dump or mysqldump")]
)
def test_a_server_is_backed_up_by_its_own_program(url: str, program: str) -> None:
    with pytest.raises(UsageError) as caught:
        ks.backup("x.db", storage=f"{url}://me:geheim@host/x")
    assert str(caught.value).startswith(f"{url}://me:***@host/x is a server: back it up with {program}, or")


def test_what_cannot_be_backed_up_leaves_no_file(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(kind: type[KerasweepError], storage: Path) -> str:
        with pytest.raises(kind) as caught:
            ks.backup(tmp_path / "backup" / "x.db", storage=storage)
        assert not list((tmp_path / "backup").glob("*"))
        assert "\n" not in str(caught.value)
        return str(caught.value)

    assert "There is no database" in refused(StudyError, tmp_path / "none.db")
    text = tmp_path / "text.db"
    text.write_text("no database" * 100)
    assert "not a database" in refused(StorageError, text)
    damaged = tmp_path / "damaged.db"
    whole = made.read_bytes()
    index = 19 * 4096  # of scores, which no list of studies reads
    damaged.write_bytes(whole[:index] + bytes(4096) + whole[index + 4096 :])
    assert f"{damaged} is damaged: " in refused(StorageError, damaged)
    monkeypatch.setattr(snapshots, "WAIT_SECONDS", 0.2)
    locked = tmp_path / "locked.db"
    locked.write_bytes(whole)
    connection = sqlite3.connect(locked)
    monkeypatch.setattr(snapshots, "read_all", lambda _: [])  # which waits for a minute
    connection.execute("BEGIN EXCLUSIVE")
    assert "was locked by another process" in refused(StorageError, locked)
    connection.close()


def test_a_folder_of_any_name(made: Path, tmp_path: Path) -> None:
    assert ks.backup(tmp_path / "a?b#%20" / "한 글.db", storage=made).trials == 8
