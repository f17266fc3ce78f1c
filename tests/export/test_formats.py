"""The table of formats, and what holds for each of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from kerasweep.errors import SpecError
from kerasweep.export import FORMATS
from kerasweep.export.formats import find_format, format_for
from kerasweep.studies import StudyRecord
from kerasweep.study import Study
from synthetic import make_study


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyRecord:
    url = f"sqlite:///{tmp_path_factory.mktemp('formats') / 'a.db'}"
    return make_study(url, "집값", trials=12, folds=3)


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_says_what_it_is_and_how_it_is_made(name: str) -> None:
    form = find_format(name)
    assert form.name == name
    assert form.meaning.endswith(".")
    assert form.meaning.count(". ") == 0, "one sentence"
    assert form.is_folder == (form.suffix == "")
    assert form.refits or not form.is_folder


def test_an_unknown_format_is_named_with_the_nearest_one() -> None:
    with pytest.raises(SpecError, match=r"There is no format 'yam'\. Did you mean 'yaml'\?"):
        find_format("yam")


def test_the_table_loads_nothing_that_writes() -> None:
    code = "import sys, kerasweep.export.formats\nprint([m for m in sys.modules if m.startswith('kerasweep.export.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['kerasweep.export.formats']"


@pytest.mark.parametrize("name", [name for name, one in FORMATS.items() if not one.refits])
def test_what_is_written_is_what_is_shown(name: str, study: StudyRecord, tmp_path: Path) -> None:
    made = FORMATS[name].content(study, None)
    assert isinstance(made, str) == FORMATS[name].is_text
    written = Study(study).export(tmp_path / "file", name).read_bytes()
    assert written == (made.encode() if isinstance(made, str) else made)


def test_a_format_that_trains_nothing_takes_no_options(study: StudyRecord, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"^The format 'yaml' trains nothing and takes no 'limit'\.$"):
        Study(study).export(tmp_path / "file", "yaml", limit=5)


@pytest.mark.parametrize(
    ("form", "path", "found"),
    [
        (None, None, "yaml"),
        (None, "winner", "yaml"),
        (None, "winner.YML", "yaml"),
        (None, "train.py", "python"),
        (None, "trials.csv", "csv"),
        (None, "house.zip", "deploy"),
        (None, "winner.json", "json"),
        ("optuna", "trial.json", "optuna"),
        ("csv", "trials.json", "csv"),
        ("keras", "model", "keras"),
    ],
)
def test_the_name_of_a_file_says_its_format(form: str | None, path: str | None, found: str) -> None:
    assert format_for(form, None if path is None else Path(path)).name == found
