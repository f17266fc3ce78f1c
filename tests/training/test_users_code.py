"""A user's own code in the process that launches: it ends no more than itself."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from kerasweep.studies import is_driven, read_study, read_trials
from kerasweep.training.users_code import process_kept

MINE = """
import ctypes
import os

import keras
import numpy as np

def crash(where):
    if where == "data" and os.environ.get("CRASHES") == "later":
        if os.path.exists("launched"):
            ctypes.string_at(0)
        open("launched", "w").close()
    if os.environ.get("CRASHES") == where:
        os.abort() if where == "build" else ctypes.string_at(0)

def data():
    crash("data")
    return np.arange(120, dtype="float32").reshape(60, 2), np.arange(60) % 2

def build(hp):
    crash("build")
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(hp.Int("units", 1, 9)), keras.layers.Dense(2, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
"""
FLAGS = "--study s --search random --trials 2 --cv holdout --epochs 1 --storage sqlite:///s.db".split()


def test_an_exit_at_once_raises_inside_and_is_itself_afterwards() -> None:
    own = os._exit
    with pytest.raises(SystemExit, match=r"os\._exit\(7\)"), process_kept():
        os._exit(7)
    assert os._exit is own


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_forked_child_still_exits() -> None:
    with process_kept():
        if (child := os.fork()) == 0:
            os._exit(5)
        _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 5


def test_a_crash_says_in_which_line(tmp_path: Path) -> None:
    script = tmp_path / "crashes.py"
    script.write_text(
        textwrap.dedent("""
            import ctypes
            from kerasweep.training.quiet import quiet_tensorflow
            from kerasweep.training.users_code import process_kept
            with quiet_tensorflow(), process_kept():
                ctypes.string_at(0)
        """)
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode != 0
    assert f'File "{script}", line 6' in done.stderr


@pytest.mark.trains
@pytest.mark.skipif(sys.platform == "win32", reason="processes end by signals")
@pytest.mark.parametrize("where", ["data", "build"])
def test_a_crash_where_a_sweep_is_launched_leaves_nothing(kerasweep: Any, tmp_path: Path, where: str) -> None:
    """No file, no lock, no lease, no study; and a study that there is goes on."""
    folder, temporary = tmp_path / "folder", tmp_path / "tmp"
    folder.mkdir()
    temporary.mkdir()
    (folder / "mine.py").write_text(MINE)

    def run(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
        places = {"TMPDIR": str(temporary), "KERASWEEP_CACHE": str(tmp_path / "cache")}
        done: subprocess.CompletedProcess[str] = kerasweep(*words, cwd=folder, **places, **more)
        return done

    def left() -> list[str]:
        return sorted(path.name for path in (*folder.iterdir(), *temporary.iterdir()))

    def crash(*words: str) -> None:
        done = run(*words, CRASHES=where)
        assert done.returncode < 0
        assert f'{folder / "mine.py"}", line' in done.stderr

    crash("launch", "mine:data", "mine:build", *FLAGS)
    assert left() == ["mine.py"]
    assert run("launch", "mine:data", "mine:build", *FLAGS).returncode == 0
    before, found = left(), read_trials(read_study("s", f"sqlite:///{folder / 's.db'}"))
    for words in (("resume", "s", "--trials", "3"), ("refit", "s")):
        crash(*words, "--storage", "sqlite:///s.db")
        study = read_study("s", f"sqlite:///{folder / 's.db'}")
        assert (left(), read_trials(study)) == (before, found)
        assert not is_driven(study.driver, study.storage)
    done = run("resume", "s", "--trials", "3", "--storage", "sqlite:///s.db")
    assert (done.returncode, left()) == (0, before), done.stderr


@pytest.mark.trains
@pytest.mark.skipif(sys.platform == "win32", reason="processes end by signals")
def test_a_detached_driver_that_crashes_before_it_begins_is_told_with_its_log(
    kerasweep: Any, tmp_path: Path
) -> None:
    (tmp_path / "mine.py").write_text(MINE)
    done = kerasweep("launch", "mine:data", "mine:build", "--detach", *FLAGS, cwd=tmp_path, CRASHES="later")
    log = tmp_path / "s.db.logs" / "s.log"
    why = f"it died, by SIGSEGV (segmentation fault). Its log: {log}"
    assert (done.returncode, done.stderr.strip()) == (1, f"Error: The driver of 's' did not begin: {why}")
    assert f'{tmp_path / "mine.py"}", line' in log.read_text()
