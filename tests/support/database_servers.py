"""Real PostgreSQL and MariaDB servers, as Debian has them, each in a temporary folder and on a free port."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy

SECONDS = 120
"""In which a server must be there."""


def program(*names: str) -> str | None:
    """Return the path of the first program that is installed; Debian keeps PostgreSQL's out of the PATH."""
    folders = [str(folder) for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", *folders])
    return next((found for name in names if (found := shutil.which(name, path=path))), None)


class Server:
    """A server that is stopped and started again."""

    def __init__(self, command: list[Any], user: dict[str, Any]) -> None:
        self.url = ""
        self._command = command
        self._user = user
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; it answers soon."""
        self._process = subprocess.Popen(
            self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **self._user
        )

    def stop(self, *, hard: bool = False) -> None:
        """Stop it without waiting for those who are connected; ``hard`` is as in a power cut."""
        if self._process is not None:
            # PostgreSQL waits for them at SIGTERM, and MariaDB pays no heed to SIGINT.
            own = signal.SIGINT if Path(str(self._command[0])).name == "postgres" else signal.SIGTERM
            self._process.send_signal(signal.SIGKILL if hard else own)
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None


@contextmanager
def postgresql() -> Iterator[Server]:
    """Run a PostgreSQL server."""
    with _folder("postgres") as (folder, user):
        data, port = str(folder / "data"), _free_port()
        make = [program("initdb"), "-D", data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8"]
        subprocess.run(make, check=True, capture_output=True, **user)
        command = [program("postgres"), "-D", data, "-p", str(port), "-k", str(folder), "-c", "fsync=off"]
        with _running([*command, "-c", "listen_addresses=127.0.0.1"], user) as server:
            server.url = _answering(f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres")
            yield server


@contextmanager
def mariadb() -> Iterator[Server]:
    """Run a MariaDB server, with MySQL's limits and a database of its own; what is committed survives its end, not a power cut."""
    with _folder("mysql") as (folder, user):
        data, port = folder / "data", _free_port()
        make = [program("mariadb-install-db"), "--no-defaults", f"--datadir={data}", "--skip-test-db"]
        subprocess.run(
            [*make, "--auth-root-authentication-method=normal"], check=True, capture_output=True, **user
        )
        command = [program("mariadbd"), "--no-defaults", f"--datadir={data}", f"--port={port}"]
        more = [
            f"--socket={folder / 'socket'}",
            "--bind-address=127.0.0.1",
            "--innodb-flush-log-at-trx-commit=2",
        ]
        with _running([*command, *more, "--character-set-server=utf8mb4"], user) as server:
            root = f"mysql+pymysql://root@127.0.0.1:{port}"
            engine = sqlalchemy.create_engine(_answering(f"{root}/mysql"))
            with engine.begin() as connection:
                connection.execute(sqlalchemy.text("CREATE DATABASE studies"))
            engine.dispose()
            server.url = f"{root}/studies"
            yield server


SERVERS: dict[str, Callable[[], AbstractContextManager[Server]]] = {
    "PostgreSQL": postgresql,
    "MariaDB": mariadb,
}
_PROGRAMS = {"PostgreSQL": ("postgres", "initdb"), "MariaDB": ("mariadbd", "mariadb-install-db")}


def is_installed(name: str) -> bool:
    """Tell whether this machine has what one of ``SERVERS`` takes."""
    return all(program(one) for one in _PROGRAMS[name])


@contextmanager
def _folder(user: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Make a folder, of a user other than root, as whom a server refuses to run."""
    folder = Path(
        tempfile.mkdtemp(prefix="kerasweep-server-", dir="/tmp")
    )  # the tests' own is closed to other users
    options: dict[str, Any] = {"cwd": folder}
    if os.getuid() == 0:
        about = pwd.getpwnam(user)
        os.chown(folder, about.pw_uid, about.pw_gid)
        options |= {"user": about.pw_uid, "group": about.pw_gid}
    try:
        yield folder, options
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running(command: list[Any], user: dict[str, Any]) -> Iterator[Server]:
    server = Server(command, user)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _answering(url: str) -> str:
    """Return a server's URL once it answers."""
    engine = sqlalchemy.create_engine(url)
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            engine.connect().close()
        except sqlalchemy.exc.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            engine.dispose()
            return url


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
