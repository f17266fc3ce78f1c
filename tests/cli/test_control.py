"""A sweep in a process of its own, watched, paused, let go on and stopped from other processes."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import kerasweep as ks
import numpy as np
import pytest
from kerasweep.errors import SpecError
from kerasweep.studies.storage import log_path

pytestmark = pytest.mark.trains

NAME = "뿌리/<b>"
"""A name with what paths and pages must not take literally."""
LONG = ["--limit", "200", "--folds", "2", "--epochs", "3000", "--search", "random", "--trials", "50"]
OPTIONS = [*LONG, "--set", "learning_rate=0.001..0.002", "--fix", "hidden_layers=1", "--scheduler", "none"]


def test_a_detached_sweep_is_watched_paused_let_go_on_and_stopped(kerasweep: Any, tmp_path: Path) -> None:
    def status() -> dict[str, Any]:
        found: dict[str, Any] = json.loads(kerasweep("status", NAME, "--json", cwd=tmp_path).stdout)
        return found

    begun = kerasweep("launch", "digits", "dnn", *OPTIONS, "--study", NAME, "--detach", cwd=tmp_path)
    log = log_path(f"sqlite:///{tmp_path}/kerasweep.db", NAME)
    assert str(log) in "".join(begun.stdout.splitlines())
    try:
        found = status()
        assert found["state"] == "running"
        assert found["pid"] != os.getpid()
        for _ in range(100):
            if found["running"] and found["running"][0]["curve"]:
                break
            time.sleep(0.3)
            found = status()
        assert found["running"][0]["curve"], "whoever watches sees a trial that has not ended"
        assert "paused" in kerasweep("pause", NAME, cwd=tmp_path).stdout
        epoch = status()["running"][0]["epoch"]
        assert "state   paused, by process" in kerasweep("status", cwd=tmp_path).stdout
        time.sleep(2)
        assert status()["running"][0]["epoch"] == epoch, "nothing is trained"
        assert "paused" in kerasweep("studies", cwd=tmp_path).stdout
        assert "goes on in process" in kerasweep("resume", NAME, cwd=tmp_path).stdout
        assert status()["state"] == "running"
        refused = kerasweep("resume", NAME, cwd=tmp_path)
        assert f"kerasweep stop '{NAME}'" in refused.stderr
    finally:
        stopped = kerasweep("stop", NAME, cwd=tmp_path)
    assert "stopped" in stopped.stdout
    assert f"kerasweep resume '{NAME}'" in stopped.stdout
    assert status()["state"] == "idle"
    for _ in range(100):  # the driver has given the study up, and says so last
        if "Interrupted." in log.read_text():
            break
        time.sleep(0.1)
    assert "Interrupted." in log.read_text()
    assert "Nobody runs the study" in kerasweep("pause", NAME, cwd=tmp_path).stderr
    study = ks.load(NAME, storage=tmp_path / "kerasweep.db")
    assert study.record.counts.get("running", 0) == 0
    for wish in (study.pause, study.go_on, study.stop):
        with pytest.raises(LookupError, match="Nobody runs"):
            wish()
    kerasweep("delete", NAME, "--yes", cwd=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["kerasweep.db"]


def test_a_detached_sweep_that_cannot_begin_says_why_and_leaves_nothing(
    kerasweep: Any, tmp_path: Path
) -> None:
    (tmp_path / "mine.py").write_text("def build(config, signature):\n    import os\n    os._exit(3)\n")
    (tmp_path / "mine.yaml").write_text("define: {units: {choices: [1, 2]}}\n")
    done = kerasweep("launch", "digits", "mine:build", "--space", "mine.yaml", "--detach", cwd=tmp_path)
    assert done.returncode in (1, 2)
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1
    assert {path.name for path in tmp_path.iterdir()} <= {"mine.py", "mine.yaml", "__pycache__"}


def test_python_detaches_what_has_a_name_and_refuses_objects(tmp_path: Path) -> None:
    storage = tmp_path / "a.db"
    small = {"limit": 200, "folds": 2, "epochs": 2, "search": "random", "verbose": 0}
    with pytest.raises(SpecError, match=r"cannot be given data as Python objects; name a file"):
        ks.launch((np.zeros((60, 3)), np.arange(60) % 2), "dnn", storage=storage, detach=True, **small)
    study = ks.launch("digits", "dnn", trials=2, storage=storage, detach=True, **small)
    end = time.monotonic() + 120
    while study.status().is_driven and time.monotonic() < end:
        time.sleep(0.3)
    assert study.record.counts == {"complete": 2}
    again = study.resume(trials=np.int64(3), detach=True)
    end = time.monotonic() + 120
    while again.status().is_driven and time.monotonic() < end:
        time.sleep(0.3)
    assert again.record.counts == {"complete": 3}
