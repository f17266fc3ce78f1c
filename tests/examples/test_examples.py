"""The examples run, and the YAML files of the pipelines are valid."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from kerasweep.search.specfile import read_spec
from kerasweep.spaces import read_space
from small_data import small_pictures

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


@pytest.mark.trains
def test_full_presets_run_at_a_tiny_size(python: Any, tmp_path: Path) -> None:
    done = python(EXAMPLES / "full_presets.py", "--tiny", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("| 2 complete |") == 3


@pytest.mark.trains
@pytest.mark.parametrize("name", sorted(file.stem for file in EXAMPLES.glob("*-*.yaml")))
def test_pipelines_run_at_a_tiny_size(python: Any, name: str, tmp_path: Path) -> None:
    written = (EXAMPLES.parent / "docs" / "results.md").read_text(encoding="utf-8")
    data = str(small_pictures(tmp_path))
    done = python(EXAMPLES / "pipelines.py", "--tiny", name, cwd=tmp_path, KERASWEEP_DATA=data)
    assert done.returncode == 0, done.stderr
    assert f"## {name}" in done.stdout
    assert "1 complete" in done.stdout
    assert (EXAMPLES.parent / "docs" / "results.md").read_text(encoding="utf-8") == written
