"""The examples run, and the YAML files of the pipelines are valid."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from kerasweep.search.specfile import read_spec
from kerasweep.spaces import read_space

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*-*.yaml")), ids=lambda file: file.stem)
def test_pipeline_is_a_valid_sweep(file: Path) -> None:
    spec = read_spec(file)
    assert spec.study == file.stem
    assert spec.model == file.stem.split("-")[0]


def test_the_space_is_valid() -> None:
    assert read_space(EXAMPLES / "space.yaml").names == ("optimizer", "learning_rate", "momentum", "nesterov")


@pytest.mark.trains
@pytest.mark.parametrize(
    ("script", "words"), [("own_model.py", "TrialRecord"), ("own_data.py", "'mae'")], ids=str
)
def test_script_runs(python: Any, script: str, words: str, tmp_path: Path) -> None:
    done = python(EXAMPLES / script, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert words in done.stdout
    assert (tmp_path / "kerasweep.db").exists()
