"""A study is an ordinary Optuna study: Optuna loads it, and optuna-dashboard's real server shows it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import optuna
import pytest
from synthetic import make_study


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    made = f"sqlite:///{tmp_path_factory.mktemp('dashboard') / 'kerasweep.db'}"
    make_study(made, "shown", trials=12)
    return made


def test_optuna_loads_it(url: str) -> None:
    study = optuna.load_study(study_name="shown", storage=url)
    assert len(study.trials) == 12
    assert study.direction == optuna.study.StudyDirection.MAXIMIZE
    assert "learning_rate" in study.best_params
    assert study.metric_names == ["val_accuracy"]


def test_optuna_dashboard_serves_it(url: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        str(Path(sys.executable).with_name("optuna-dashboard")),
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        url,
    ]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        (study,) = fetch(f"http://127.0.0.1:{port}/api/studies")["study_summaries"]
        assert study["study_name"] == "shown"
        trials = fetch(f"http://127.0.0.1:{port}/api/studies/{study['study_id']}?after=0")["trials"]
        assert len(trials) == 12
        assert {trial["state"] for trial in trials} >= {"Complete", "Pruned"}
    finally:
        server.kill()
        server.communicate()


def fetch(address: str) -> dict:
    """Ask a server that may still be starting."""
    for _ in range(120):
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:
                return json.load(answer)
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.25)
    pytest.fail(f"{address} did not answer")
