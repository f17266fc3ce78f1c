"""Where studies are kept: URLs, and databases that are none."""

from __future__ import annotations

import socket
import sqlite3
import time
from pathlib import Path

import pytest
from kerasweep.errors import KerasweepError, OutputError, StorageError, StudyError, UsageError
from kerasweep.studies import find_study, read_studies, storage_url, without_password
from kerasweep.studies.connections import connected
from kerasweep.studies.lifecycle import create_study
from kerasweep.studies.passwords import reason_of, without_passwords
from kerasweep.studies.storage import open_database, sqlite_path


def test_urls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("KERASWEEP_STORAGE", raising=False)
    monkeypatch.chdir(tmp_path)
    assert storage_url() == f"sqlite:///{tmp_path}/kerasweep.db", "whatever folder is the working one later"
    assert storage_url("a/b.db") == storage_url("sqlite:///a/b.db") == f"sqlite:///{tmp_path}/a/b.db"
    assert storage_url(storage_url("a/b.db")) == storage_url("a/b.db")
    assert storage_url(tmp_path / "b.db") == f"sqlite:///{tmp_path / 'b.db'}"
    assert storage_url("postgresql://host/x") == "postgresql://host/x"
    assert storage_url("a.db?x=1") == "sqlite:///a.db?x=1", "its options are the driver's"
    monkeypatch.setenv("KERASWEEP_STORAGE", "other.db")
    assert storage_url() == f"sqlite:///{tmp_path}/other.db"
    assert storage_url("given.db") == f"sqlite:///{tmp_path}/given.db"
    assert sqlite_path("sqlite:////abs/x.db") == Path("/abs/x.db")
    assert sqlite_path("mysql://host/x") is None
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert storage_url("a.db") == "sqlite:///a.db", "there is nothing to make it absolute with"


@pytest.mark.parametrize("storage", ["sqlite://", "sqlite:///", "sqlite:///:memory:", ":memory:"])
def test_memory_is_no_store(storage: str) -> None:
    with pytest.raises(
        UsageError, match=r"^A study in memory cannot be resumed or browsed; give a file, for example"
    ):
        storage_url(storage)


@pytest.mark.parametrize("storage", ["", " "])
def test_an_empty_name_is_not_the_default(storage: str) -> None:
    """A variable of a shell that is not set: ``kerasweep delete mine --storage "$OLD"``."""
    with pytest.raises(UsageError, match="The storage has an empty name"):
        storage_url(storage)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("sqlite:///a.db", "sqlite:///a.db"),
        ("postgresql://me@host/x", "postgresql://me@host/x"),
        ("postgresql://me:secret@host:5432/x", "postgresql://me:***@host:5432/x"),
        ("postgresql+psycopg2://me:se@c:ret/@host/x", "postgresql+psycopg2://me:***@host/x"),
        ("mysql://:secret@host/x", "mysql://:***@host/x"),
        ("postgresql://host/x?user=me&password=secret&a=b", "postgresql://host/x?user=me&password=***&a=b"),
        ("mysql://host/x?ssl_key_Passwd=secret#a", "mysql://host/x?ssl_key_Passwd=***#a"),
        ("postgresql:/me:secret@host/x", "postgresql:/me:***@host/x"),
        ("me:secret@host/x", "me:***@host/x"),
        ("sqlite:///a:b/me@c.db", "sqlite:///a:b/me@c.db"),
    ],
)
def test_passwords_are_starred_out(url: str, shown: str) -> None:
    assert without_password(url) == shown


def test_a_traceback_holds_no_password() -> None:
    text = """File "x.py", line 3: connect('postgresql+psycopg://me:se cret@host/x?sslpassword=secret', a='b@c')"""
    shown = """File "x.py", line 3: connect('postgresql+psycopg://me:***@host/x?sslpassword=*** a='b@c')"""
    assert without_passwords(text) == shown
    text = "OperationalError: mysql+pymysql://me:se@cr:et@host/x and http://host:80/a?b=c"
    assert (
        without_passwords(text) == "OperationalError: mysql+pymysql://me:***@host/x and http://host:80/a?b=c"
    )


def test_a_password_with_an_at_sign_is_not_shown_in_part_and_how_to_write_it_is_said() -> None:
    with pytest.raises(StorageError) as caught:
        read_studies("postgresql+psycopg://me:abc@secret.invalid@127.0.0.1:1/x")
    assert "secret" not in str(caught.value)
    assert "(Background on this error" not in str(caught.value)
    assert str(caught.value).endswith("a password's own @ is written %40 in a URL")


@pytest.mark.parametrize(
    "message",
    [
        "cannot open postgresql://me:ge%40heim@host/x: no user of the word ge@heim",
        "no user of the word ge@heim: postgresql://me:ge%40heim@host/x",
        "me at heim@host refused",
    ],
)
def test_what_a_driver_says_holds_no_part_of_a_password(message: str) -> None:
    reason = reason_of(ConnectionError(message), "postgresql://me:ge%40heim@host/x")
    assert "heim" not in reason
    assert "***" in reason


def test_a_record_shows_no_storage(filled) -> None:
    assert "storage" not in repr(read_studies(filled.url)[0])


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:secret@127.0.0.1:1/x",
        "postgresql+nothing://me:secret@127.0.0.1:1/x",
        "nothing://me:secret@127.0.0.1:1/x",
        "postgresql://me:secret@127.0.0.1:port/x",
        "postgresql://127.0.0.1:1/x?password=secret",
        "postgresql://127.0.0.1:1/x?sslpassword=secret",
        "postgresql://127.0.0.1:1/x?Password=secret",
        "mysql+pymysql://me:se/secret@127.0.0.1:1/x",
    ],
)
def test_a_server_that_does_not_answer(url: str, samples) -> None:
    for attempt in (
        lambda: read_studies(url),
        lambda: find_study("first", url),
        lambda: create_study(url, "first", "maximize", samples.spec, samples.about).__enter__(),
    ):
        with pytest.raises(StorageError) as caught:
            attempt()
        assert "secret" not in str(caught.value)
        assert without_password(url) in str(caught.value)
        assert "\n" not in str(caught.value)


def message_of(url: str) -> tuple[type[Exception], str]:
    with pytest.raises(KerasweepError) as caught:
        read_studies(url)
    return type(caught.value), str(caught.value)


def test_files_that_are_no_studies(tmp_path: Path) -> None:
    file = tmp_path / "x.db"
    missing = f"There is no database {file}. Launch a sweep first, or name another with --storage."
    assert message_of(f"sqlite:///{file}") == (StudyError, missing)
    file.mkdir()
    assert message_of(f"sqlite:///{file}") == (StudyError, missing)
    file.rmdir()
    empty = f"{file} holds no studies yet. Launch a sweep first, or name another with --storage."
    file.touch()
    assert message_of(f"sqlite:///{file}") == (StudyError, empty)
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE studies (study_id INTEGER)")
    connection.close()
    assert message_of(f"sqlite:///{file}") == (StudyError, empty)
    file.write_text("epoch,loss\n1,0.5\n" * 100)
    assert message_of(f"sqlite:///{file}") == (
        StorageError,
        f"{file} cannot be read as a database of studies: file is not a database.",
    )
    missing_folder = tmp_path / "none" / "x.db"
    assert message_of(f"sqlite:///{missing_folder}")[0] is StudyError


def test_writing_where_it_cannot_be(tmp_path: Path, samples) -> None:
    def make(url: str) -> None:
        with create_study(url, "first", "maximize", samples.spec, samples.about):
            pass

    with pytest.raises(
        OutputError, match=r"The folder .*none of the database does not exist; make it or choose"
    ):
        make(f"sqlite:///{tmp_path / 'none' / 'x.db'}")
    text = tmp_path / "text.db"
    text.write_text("not a database " * 100)
    with pytest.raises(StorageError, match=r"text\.db cannot be used: .*not a database"):
        make(f"sqlite:///{text}")
    assert text.read_text() == "not a database " * 100
    with pytest.raises(StorageError, match="cannot be used"):
        make(f"sqlite:///{tmp_path}")


@pytest.mark.parametrize("made", ["empty", "half"])
def test_a_database_that_a_crash_left_half_made_is_used(tmp_path: Path, samples, made: str) -> None:
    file = tmp_path / "x.db"
    file.touch()
    if made == "half":
        connection = sqlite3.connect(file)
        connection.execute(
            "CREATE TABLE version_info (version_info_id INTEGER PRIMARY KEY, schema_version INTEGER, library_version VARCHAR(256))"
        )
        connection.close()
    url = f"sqlite:///{file}"
    assert find_study("first", url) is None
    samples.fill(url, trials=1)
    assert [study.name for study in read_studies(url)] == ["first"]


def test_a_server_is_read_with_the_same_statements(filled, tmp_path: Path, samples) -> None:
    """SQLAlchemy's own way to SQLite stands for a server here."""
    server = f"sqlite+pysqlite:///{filled.file}"
    (here,), (there,) = read_studies(filled.url), read_studies(server)
    from kerasweep.studies import best_trials, read_details, read_trials

    assert read_trials(here) == read_trials(there)
    assert best_trials(here) == best_trials(there)
    assert read_details(here, [0]) == read_details(there, [0])
    fresh = f"sqlite+pysqlite:///{tmp_path / 'fresh.db'}"
    assert find_study("first", fresh) is None
    samples.fill(fresh, trials=2)
    assert find_study("first", fresh).counts == {"complete": 1, "failed": 1, "running": 1, "waiting": 2}


def test_a_port_that_is_closed_is_told_at_once(samples) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = time.monotonic()
    with pytest.raises(StorageError):
        read_studies(f"postgresql://127.0.0.1:{port}/x")
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    "storage", ["x" * 5000, f"sqlite:///{'x' * 5000}", f"sqlite:///file:{'x' * 5000}?uri=true", "a\0b"]
)
def test_a_path_that_no_file_can_have(storage: str) -> None:
    with pytest.raises(UsageError, match=r"too long|cannot be the path") as caught:
        storage_url(storage)
    assert len(str(caught.value)) < 200


def test_home_is_where_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert storage_url("~/a.db") == f"sqlite:///{tmp_path}/a.db"


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("mysql://ada@localhost/x", "Install kerasweep[mysql], and begin the URL with mysql+pymysql://."),
        ("mariadb://ada@localhost/x", "Install kerasweep[mysql], and begin the URL with mariadb+pymysql://."),
        (
            "postgresql+psycopg2://ada@localhost/x",
            "Install kerasweep[postgres], and begin the URL with postgresql+psycopg://.",
        ),
    ],
)
def test_a_server_that_nothing_here_talks_to(url: str, hint: str) -> None:
    for opened in (open_database, connected):
        with pytest.raises(StorageError) as caught, opened(url):
            pass
        assert str(caught.value).endswith(hint)
