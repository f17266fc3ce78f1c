"""The notebooks of the examples run, and show what they showed when they were written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from requiring import required

EXAMPLES = Path(__file__).parents[2] / "examples"
NOTEBOOKS = sorted((EXAMPLES / "notebooks").glob("*.ipynb"))
WITH_PICTURES = ("2-", "3-", "4-")


def test_every_pipeline_of_the_course_has_one_and_a_table_of_ones_own() -> None:
    assert [file.stem for file in NOTEBOOKS] == [
        "1-regression",
        "2-mnist-hidden-layer",
        "3-fashion-dropout",
        "4-mnist-convolutional",
        "5-own-table",
    ]


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_what_is_written_has_run_without_an_error_and_names_no_machine(file: Path) -> None:
    book = json.loads(file.read_text(encoding="utf-8"))
    code = [cell for cell in book["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell["outputs"]]
    assert not [output for output in outputs if output["output_type"] == "error"]
    assert not [output for output in outputs if output.get("name") == "stderr"]
    assert "site-packages" not in file.read_text(encoding="utf-8")


@pytest.mark.trains
@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_a_notebook_shows_what_is_written_in_it(file: Path, tmp_path: Path) -> None:
    """In a new process: a kernel is told to end by a signal to its group, which is that of whoever it was forked from."""
    if file.stem.startswith(WITH_PICTURES):
        required("KERASWEEP_DATA" in os.environ, "the data of MNIST, in the folder $KERASWEEP_DATA")
    written = file.read_bytes()
    command = [sys.executable, EXAMPLES / "notebooks.py", "--check", file.stem]
    done = subprocess.run(command, check=False, cwd=tmp_path, capture_output=True, text=True, timeout=540)
    assert done.returncode == 0, done.stderr
    assert file.name in done.stdout
    assert file.read_bytes() == written
