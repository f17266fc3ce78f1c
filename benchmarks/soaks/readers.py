"""A sweep on many workers writes an SQLite file, while commands, the web app and optuna-dashboard read it all the time."""

from __future__ import annotations

import itertools
import json
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from kerasweep.texts import count_text

from soaks.contract import SECONDS, Finding, Place, Soak, ended, unfinished

WORKERS = 8
STUDY = "read"
MODEL = '''
"""A model that is built, and whose training is over before it begins: what is left is a trial's writes."""
import keras
import keras_tuner as kt


class Instant(kt.HyperModel):
    def build(self, hp):
        hp.Float("x", 0.0, 1.0)
        model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(10, "softmax")])
        model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    def fit(self, hp, model, *arguments, **options):
        return {"val_accuracy": 1.0 - abs(hp.get("x") - 0.3)}
'''
SWEEP = (
    *("launch", "digits", "instant:Instant", "--study", STUDY, "--search", "random"),
    *("--cv", "holdout", "--epochs", "1", "--workers", str(WORKERS)),
)
COMMANDS = (("studies",), ("best", STUDY), ("status", STUDY), ("show", STUDY, "0"))
PAUSE = 0.1
"""Seconds between two reads of one reader."""
Read = Callable[[], str | None]
"""Reads once; returns what was wrong."""


def read_meanwhile(place: Place, trials: int) -> Finding:
    """Run a sweep of so many trials, and read its study in three ways until it has ended."""
    (place.folder / "instant.py").write_text(MODEL, encoding="utf-8")
    file = place.folder / "study.db"
    url = f"sqlite:///{file}"
    over = threading.Event()
    with ended(place.start(*SWEEP, "--trials", trials, "--storage", url)) as driver:
        wait_for_a_trial(place, driver, url)
        with served(place, url) as readers, ThreadPoolExecutor(len(readers)) as pool:
            reads = [pool.submit(read_until, over, read) for read in readers]
            try:
                driver.wait(SECONDS)
            finally:
                over.set()
            found = [one.result() for one in reads]
        faults = [fault for _, fault in found if fault is not None]
        if driver.returncode != 0:
            faults.append(f"the driver ended with {driver.returncode}: {place.output}")
    faults += [*unfinished(url, STUDY, trials), *(f"left running: {one}" for one in place.processes())]
    with closing(sqlite3.connect(file)) as connection:
        faults += [
            f"the file: {said}" for (said,) in connection.execute("PRAGMA integrity_check") if said != "ok"
        ]
    done = f"{count_text(trials, 'trial')}, read {' + '.join(str(count) for count, _ in found)} times"
    return Finding(done, tuple(faults))


def read_until(over: threading.Event, read: Read) -> tuple[int, str | None]:
    """Read once and again; return how often, and what was wrong first."""
    for count in itertools.count(1):
        fault = read()
        if fault is not None or over.wait(PAUSE):
            return count, fault
    raise AssertionError


@contextmanager
def served(place: Place, url: str) -> Iterator[tuple[Read, ...]]:
    """Start the two servers, and give one reader each, and one that runs commands."""
    ports = free_ports(2)
    dashboard = [str(Path(sys.executable).with_name("optuna-dashboard")), "--port", str(ports[1]), url]
    app = place.start("ui", "--no-browser", "--port", ports[0], "--storage", url)
    with ended(app), ended(subprocess.Popen(dashboard, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)):
        pages, studies = (f"http://127.0.0.1:{port}" for port in ports)
        wait_until(
            lambda: fetch(f"{pages}/_dash-layout") and fetch(f"{studies}/api/studies"), "a server answers"
        )
        (study,) = json.loads(fetch(f"{studies}/api/studies"))["study_summaries"]
        words = itertools.cycle(COMMANDS)
        yield (
            lambda: run(place, *next(words), "--storage", url),
            lambda: None if fetch(f"{pages}/_download?report={STUDY}") else "the app shows no report",
            lambda: (
                None
                if fetch(f"{studies}/api/studies/{study['study_id']}")
                else "optuna-dashboard shows no study"
            ),
        )


def run(place: Place, *words: str) -> str | None:
    """Run a command; return what was wrong."""
    with ended(place.start(*words)) as process:
        process.wait(SECONDS)
        return None if process.returncode == 0 else f"{' '.join(words)} failed: {place.output}"


def fetch(address: str) -> bytes:
    """Return what a server answers; nothing where it does not, or says that something is wrong."""
    try:
        with urllib.request.urlopen(address, timeout=60) as answer:  # noqa: S310 - of this machine
            return bytes(answer.read())
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return b""


def wait_for_a_trial(place: Place, driver: subprocess.Popen[Any], url: str) -> None:
    """Wait until a trial is complete.

    Raises:
        RuntimeError: None is, and the driver has ended.
    """
    from kerasweep.studies import find_study

    def there() -> bool:
        study = find_study(STUDY, url)
        if study is not None and study.counts.get("complete", 0) > 0:
            return True
        if driver.poll() is not None:
            raise RuntimeError(f"the driver has ended: {place.output}")
        return False

    wait_until(there, "a trial is complete")


def wait_until(true: Callable[[], object], what: str) -> None:
    """Wait for something.

    Raises:
        RuntimeError: It has not come.
    """
    end = time.monotonic() + SECONDS
    while not true():
        if time.monotonic() > end:
            raise RuntimeError(f"it has not come: {what}")
        time.sleep(0.2)


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on at this moment."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports


SOAKS = (
    Soak(
        "readers-sqlite",
        f"{WORKERS} workers, and commands, the web app and optuna-dashboard that read the study all the time; SQLite",
        "every read answers, no trial is lost or fails, the file is whole",
        read_meanwhile,
        size=1000,
        tiny=10,
    ),
)
