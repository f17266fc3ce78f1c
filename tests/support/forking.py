"""Python processes that are forked from one which has imported TensorFlow: each costs a third of a new one.

A process of its own is what a test of the command line wants, and importing TensorFlow is most of what a small one
does. What a test says about the import itself, or about what else a new process does first, needs a new process.
"""

from __future__ import annotations

import contextlib
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PRELOADED = ("keras", "optuna", "pandas", "sklearn.model_selection")
"""What nearly every process that trains imports, beside TensorFlow."""
_MOST_BYTES = 1 << 20
"""Of a request: arguments and environment."""


class Forker:
    """A process that has imported TensorFlow and runs nothing, and forks one that runs whenever it is asked."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="kerasweep-fork-"))
        self._address = str(self._folder / "socket")
        self._process: subprocess.Popen[str] | None = None

    def run(
        self, arguments: list[str], *, cwd: Path, env: Mapping[str, str], timeout: float
    ) -> subprocess.CompletedProcess[str]:
        """Run ``python ARGUMENTS``: a script or ``-m`` and a module, and what follows; as ``subprocess.run`` does."""
        self._start()
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            request = json.dumps({"arguments": arguments, "cwd": str(cwd), "env": dict(env)}).encode()
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(timeout)
                connection.connect(self._address)
                socket.send_fds(connection, [request], [out.fileno(), err.fileno()])
                answers = connection.makefile("r")
                pid = int(answers.readline())
                try:
                    code = int(answers.readline())
                except TimeoutError:
                    os.kill(pid, signal.SIGKILL)
                    raise subprocess.TimeoutExpired(arguments, timeout) from None
            return subprocess.CompletedProcess(arguments, code, _text(out), _text(err))

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()

    def _start(self) -> None:
        """Start the process when it is first wanted; most tests want none."""
        if self._process is not None:
            return
        self._process = subprocess.Popen(
            [sys.executable, __file__, self._address], stdout=subprocess.PIPE, text=True
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
                request, files, _, _ = socket.recv_fds(connection, _MOST_BYTES, 2)
                pid = os.fork()
                if pid == 0:
                    return json.loads(request), files
                for file in files:
                    os.close(file)
                with contextlib.suppress(BrokenPipeError):  # who asked may have given up
                    connection.sendall(f"{pid}\n".encode())
                    connection.sendall(f"{os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}\n".encode())


def become(request: dict[str, Any], files: list[int]) -> None:
    """Be the process that was asked for, up to its end."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    for file, place in zip((nothing, *files), (0, 1, 2), strict=True):
        os.dup2(file, place)
        os.close(file)
    for name in [name for name in sys.modules if name.partition(".")[0] == "kerasweep"]:
        del sys.modules[name]  # it imports what it needs itself, or shows that it needs nothing
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    sys.path[1:1] = [path for path in request["env"].get("PYTHONPATH", "").split(os.pathsep) if path]
    first, *rest = request["arguments"]
    if first == "-m":
        sys.argv, sys.path[0] = rest, request["cwd"]
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv, sys.path[0] = [first, *rest], str(Path(request["cwd"], first).parent)
        runpy.run_path(str(Path(request["cwd"], first)), run_name="__main__")


def main() -> None:
    """Import what is slow to import, then serve."""
    from importlib import import_module

    from kerasweep.training.quiet import import_tensorflow

    import_tensorflow()
    for name in PRELOADED:
        import_module(name)
    become(*serve(sys.argv[1]))


if __name__ == "__main__":
    main()
