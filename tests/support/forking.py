"""Python processes that are forked from one which has imported TensorFlow and Kerasweep: each costs a tenth of a new one.

A process of its own is what a test of the command line wants, and imports are most of what a small one does, and again
of each worker that it starts. What a test says about imports, or about what else a new process does first or last, needs
a new process.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import json
import os
import pkgutil
import runpy
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import types
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

PRELOADED = (
    "alembic.command", "alembic.migration", "keras", "keras_tuner", "optuna", "pandas", "plotly.graph_objects", "pydantic", "rich.table",
    "scipy.stats", "sklearn.compose", "sklearn.datasets", "sklearn.feature_selection", "sklearn.model_selection",
    "sqlalchemy.dialects.sqlite", "typer",
)  # fmt: skip
"""What nearly every process that trains imports, beside TensorFlow and Kerasweep."""
RUN = ("__main__", "worker", "gateway")
"""Modules that are run, not imported."""
_MOST_BYTES = 1 << 20
"""Of a request: arguments and environment."""


class ForkingPopen(subprocess.Popen[Any]):
    """``subprocess.Popen``, but a process of this Python is forked by the one that listens at ``address``.

    It is not this process's child, so that its end is heard from its parent, through a connection.
    """

    address: ClassVar[str]
    _connection: socket.socket | None = None

    def _execute_child(self, args: Any, *rest: Any) -> None:
        words = [os.fspath(word) for word in args] if isinstance(args, list | tuple) else [args]
        if words[0] != sys.executable or not _can_be(words[1:]):
            super()._execute_child(args, *rest)  # type: ignore[misc]
            return
        _, _, _, _, cwd, env, _, _, _, *pipes = rest[:15]
        ends = {"stdin": pipes[0], "stdout": pipes[3], "stderr": pipes[5]}
        request = {
            "arguments": words[1:],
            "cwd": os.fspath(cwd or Path.cwd()),
            "env": dict(os.environ if env is None else env),
            "session": bool(rest[20]),
        }
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.connect(self.address)
        files = [usual if end == -1 else end for usual, end in enumerate(ends.values())]
        socket.send_fds(self._connection, [json.dumps(request).encode()], files)
        self.pid = int(self._answer())
        self._child_created = True
        self._close_pipe_fds(*pipes)  # type: ignore[attr-defined]

    def _answer(self) -> str:
        assert self._connection is not None
        line = b""
        while not line.endswith(b"\n"):
            got = self._connection.recv(1)
            assert got, "the process to fork from has died"
            line += got
        return line.decode()

    def _try_wait(self, wait_flags: int) -> tuple[int, int]:
        if self._connection is None:
            return super()._try_wait(wait_flags)  # type: ignore[misc, no-any-return]
        if wait_flags & os.WNOHANG and not select.select([self._connection], [], [], 0)[0]:
            return 0, 0
        status = int(self._answer())
        self._connection.close()
        return self.pid, status

    def _internal_poll(self, *arguments: Any, **more: Any) -> int | None:
        if self._connection is None:
            return super()._internal_poll(*arguments, **more)  # type: ignore[misc, no-any-return]
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._wait(timeout=0)  # type: ignore[attr-defined]
        return self.returncode


def _name_of(words: list[str]) -> str:
    """Return what tells ``python WORDS`` from others: ``worker`` of ``-m package.worker``."""
    last = words[words.index("-m") + 1] if "-m" in words else "python"
    return last.rpartition(".")[2]


def _can_be(words: list[str]) -> bool:
    """Tell whether ``become`` knows how to run ``python WORDS``."""
    first = next((word for word in words if word != "-u"), "-i")
    return first in ("-m", "-c") or not first.startswith("-")


class Forker:
    """A process that has imported TensorFlow and runs nothing, and forks one that runs whenever it is asked."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="forking-"))
        self._process: subprocess.Popen[str] | None = None

    def run(
        self, arguments: list[str], *, cwd: Path, env: Mapping[str, str], timeout: float
    ) -> subprocess.CompletedProcess[str]:
        """Run ``python ARGUMENTS``: a script, or ``-m`` or ``-c``, and what follows; as ``subprocess.run`` does."""
        words = [sys.executable, *arguments]
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            process = self.popen(words, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
            try:
                code = process.wait(timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise
            return subprocess.CompletedProcess(arguments, code, _text(out), _text(err))

    @property
    def popen(self) -> type[ForkingPopen]:
        """``subprocess.Popen``, whose processes are forked."""
        self._start()
        return type("Popen", (ForkingPopen,), {"address": str(self._folder / "socket")})

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            assert self._process.stdout is not None
            self._process.stdout.close()  # not read to its end: a process that a failed test left may hold it open
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self) -> None:
        """Start the process when it is first wanted; most tests want none."""
        if self._process is not None:
            return
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(self._folder / "socket")],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n", "the process to fork from did not start"


def _text(file: Any) -> str:
    file.seek(0)
    return str(file.read(), "utf-8")


def serve(address: str) -> tuple[dict[str, Any], list[int]]:
    """Fork for one request after the other; return only in a forked process, with its request and its streams."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(address)
        server.listen()
        print("ready", flush=True)
        while True:
            connection, _ = server.accept()
            with connection:
                request, files, _, _ = socket.recv_fds(connection, _MOST_BYTES, 3)
                if os.fork() == 0:
                    server.close()
                    if (pid := os.fork()) == 0:
                        return json.loads(request), files
                    _tell(connection, pid, files)
                for file in files:
                    os.close(file)
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG) != (0, 0):
                    pass


def _tell(connection: socket.socket, pid: int, files: list[int]) -> None:
    """Tell a process's number, and when it has ended how; then end."""
    for file in files:  # whoever reads a pipe of the process wants to see its end
        os.close(file)
    with contextlib.suppress(BrokenPipeError):  # who asked may have given up
        connection.sendall(f"{pid}\n".encode())
        connection.sendall(f"{os.waitpid(pid, 0)[1]}\n".encode())
    os._exit(0)


def become(request: dict[str, Any], files: list[int], address: str) -> None:
    """Be the process that was asked for, up to its end."""
    if request["session"]:
        os.setsid()
    with contextlib.suppress(
        OSError
    ):  # Linux's; its command line stays that of the process which it was forked from
        Path("/proc/self/comm").write_text(_name_of(request["arguments"]), encoding="utf-8")
    for place, file in enumerate(files):
        os.dup2(file, place)
        os.close(file)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    ForkingPopen.address = address
    subprocess.Popen = ForkingPopen  # type: ignore[misc]
    sys.path[1:1] = [path for path in request["env"].get("PYTHONPATH", "").split(os.pathsep) if path]
    first, *rest = request["arguments"]
    if first == "-u":
        sys.stdout.reconfigure(write_through=True)  # type: ignore[union-attr]
        first, *rest = rest
    sys.path[0] = request["cwd"] if first.startswith("-") else str(Path(request["cwd"], first).parent)
    sys.argv = rest if first == "-m" else [first, *rest]
    _end_after(lambda: _run(first, rest, request["cwd"]))


def _run(first: str, rest: list[str], cwd: str) -> None:
    if first == "-m":
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    elif first == "-c":
        sys.argv = ["-c", *rest[1:]]
        module = sys.modules["__main__"] = types.ModuleType("__main__")
        exec(rest[0], vars(module))
    else:
        runpy.run_path(str(Path(cwd, first)), run_name="__main__")


def _end_after(run: Callable[[], None]) -> None:
    """End as Python does after a program, but without taking TensorFlow apart, which takes longer than a fork."""
    code: Any = 0
    try:
        run()
    except SystemExit as end:
        code = end.code
    except BaseException:
        sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
        code = 1
    if code is not None and not isinstance(code, int):
        print(code, file=sys.stderr)
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code or 0)


def _own_modules() -> Iterator[str]:
    """Yield the names of Kerasweep's modules."""
    import kerasweep

    for module in pkgutil.walk_packages(kerasweep.__path__, "kerasweep."):
        if module.name.rpartition(".")[2] not in RUN:
            yield module.name


def main() -> None:
    """Import what is slow to import, then serve."""
    from importlib import import_module

    from kerasweep.training.quiet import import_tensorflow

    import_tensorflow()
    for name in (*PRELOADED, *_own_modules()):
        import_module(name)
    gc.collect()
    gc.freeze()  # what is never looked at by a forked process's collector stays shared with it
    become(*serve(sys.argv[1]), sys.argv[1])


if __name__ == "__main__":
    main()
