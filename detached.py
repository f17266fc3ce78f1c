"""A driver in a process of its own, which outlives whoever has started it: a terminal, a notebook, a page.

``driver.py`` is what runs there. It is given what to run on its standard input, because what stands on a command line, such as a
storage's password, can be read by every user of the machine; what it says goes to a log beside the database.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .errors import OutputError, SweepError
from .search.executors.apart import apart
from .search.executors.retries import Death
from .studies.control import SweepStatus, status_of
from .studies.storage import log_path, remove_log

LOOK_SECONDS = 0.3
"""Between two looks whether a driver has begun."""


def start_driver(job: Mapping[str, Any], study: str, url: str) -> Path:
    """Start a driver, wait until it has begun to run the study, and return its log.

    Args:
        job: ``spec`` of a sweep to launch; or ``settings`` with which the study is resumed; ``join`` where others run it.
        study: The study's name.
        url: The storage.

    Raises:
        OutputError: The log cannot be written.
        SweepError: The driver has ended before it ran the study; with its last words.
    """
    log = log_path(url, study)
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        begins = log.stat().st_size if log.exists() else 0
        with log.open("ab") as output:
            process = _spawn(output)
    except OSError as error:
        raise OutputError(f"The log {log} cannot be written: {error}.") from error
    assert process.stdin is not None  # noqa: S101 - a pipe was asked for
    try:
        with process.stdin:
            process.stdin.write(json.dumps({**job, "study": study, "storage": url, "log": str(log)}).encode())
        _wait_for(process, study, url, log, begins)
    except BaseException:
        process.terminate()
        process.wait()
        raise
    threading.Thread(
        target=process.wait, daemon=True
    ).start()  # else it would stay as a zombie once it has ended
    return log


def _spawn(output: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "kerasweep.driver"],
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=output,
        **apart({"PYTHONUNBUFFERED": "1"}),  # neither Ctrl-C nor the end of a terminal reaches it
    )


def _wait_for(process: subprocess.Popen[bytes], study: str, url: str, log: Path, begins: int) -> None:
    from .studies import find_study

    while True:
        code = process.poll()
        found = find_study(study, url)
        if found is not None and process.pid in _drivers(status_of(found)):
            return
        if code == 0:
            return  # it had little to do
        if code is not None:
            raise SweepError(f"The driver of '{study}' did not begin: {_last_words(log, begins, code)}")
        time.sleep(LOOK_SECONDS)


def _last_words(log: Path, begins: int, code: int) -> str:
    """Return why a driver did not begin; its log is left only where that tells more, or is one of other runs as well."""
    with log.open("rb") as file:
        file.seek(begins)
        lines = [line for line in file.read().decode(errors="replace").splitlines() if line.strip()]
    if begins == 0 and len(lines) <= 1:
        remove_log(log)
    if code < 0:  # what a crash prints last is a list of modules
        last = f"it died, {Death.of_process(code).cause}."
    else:
        last = lines[-1].removeprefix("Error: ") if lines else f"it ended with exit code {code}"
    return last if len(lines) <= 1 else f"{last} Its log: {log}"


def _drivers(status: SweepStatus) -> list[int | None]:
    return [status.pid, *(one.pid for one in status.joined)]
