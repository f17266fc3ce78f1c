"""What earlier versions wrote is opened; what later ones wrote is refused in one clear line."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import kerasweep as ks
import pytest
import yaml
from kerasweep.cli.app import PANELS, app
from kerasweep.errors import SpaceError, SpecError, StorageError
from kerasweep.search.specfile import read_spec
from kerasweep.spaces import read_space
from kerasweep.studies import read_studies
from kerasweep.studies.formats import OPTUNA, STUDY, SWEEP
from kerasweep.studies.records import FORMAT
from synthetic import make_study
from typer.testing import CliRunner

VERSIONS = sorted(path for path in (Path(__file__).parent / "fixtures").iterdir() if path.is_dir())
COMMANDS: dict[str, tuple[str, ...]] = {
    "launch": ("iris", "linear", "--search", "grid", "--folds", "2"),
    "learn": ("first",),
    "pause": ("first",),
    "stop": ("first",),
    "show": ("first", "0"),
    "compare": ("first", "other"),
    "delete": ("first", "--yes"),
    "copy": ("--to", "to.db"),
    "backup": ("-o", "to.db"),
}
"""What commands are given; others find the study themselves."""
OF_NO_STUDY = ("spaces", "ui", "doctor", "import")
"""``doctor`` says what is wrong with a storage and goes on; the app shows it, and an import reads what it writes to."""


def run(*words: str) -> Any:
    return CliRunner().invoke(app, words, env={"COLUMNS": "200"})


@pytest.fixture
def later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A database that can be made one of a later version."""
    monkeypatch.chdir(tmp_path)
    make_study("sqlite:///kerasweep.db", "first", trials=1, refit=False)

    def change(statement: str) -> None:
        with closing(sqlite3.connect("kerasweep.db")) as connection, connection:
            assert connection.execute(statement).rowcount == 1

    return SimpleNamespace(change=change)


def test_every_command_refuses_a_study_of_a_later_version(later: SimpleNamespace) -> None:
    later.change(f"UPDATE study_user_attributes SET value_json = '{STUDY + 1}' WHERE key = '{FORMAT}'")
    said = (
        f"The study 'first' in kerasweep.db was written by a newer Kerasweep (form {STUDY + 1}; this one reads up to "
        f"{STUDY}): update Kerasweep."
    )
    names = [one.__name__.rstrip("_") for commands in PANELS.values() for one in commands]
    for name in names:
        if name in OF_NO_STUDY:
            continue
        done = run(name, *COMMANDS.get(name, ()))
        assert (type(done.exception), str(done.exception)) == (StorageError, said), name
        assert done.exception.exit_code == 1
    assert said in run("doctor").output
    assert [path.name for path in Path().iterdir()] == ["kerasweep.db"]


@pytest.mark.parametrize(("tables", "what"), [("v9.0.0.a", "newer"), ("v2.6.0.a", "older")])
def test_tables_of_another_optuna_are_refused(later: SimpleNamespace, tables: str, what: str) -> None:
    later.change(f"UPDATE alembic_version SET version_num = '{tables}'")
    for words in (("studies",), ("best",), ("resume",), ("backup",), ("copy", "--to", "x.db")):
        with pytest.raises(
            StorageError, match=rf"^kerasweep\.db was made by an? {what} Optuna \(tables {tables}; "
        ):
            raise run(*words).exception
    with pytest.raises(StorageError, match=f"made by an? {what} Optuna"):
        ks.copy("first", storage=_made("other.db"), to="kerasweep.db")


def _made(name: str) -> str:
    make_study(f"sqlite:///{name}", "first", trials=1, refit=False)
    return name


def test_the_tables_are_those_of_the_optuna_that_is_installed(later: SimpleNamespace) -> None:
    ks.load().optuna  # noqa: B018 - Optuna opens them
    with closing(sqlite3.connect("kerasweep.db")) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(OPTUNA,)]


@pytest.mark.parametrize("form", ["0", '"1"', "1.5", "[]"])
def test_a_form_that_no_version_writes_is_refused(later: SimpleNamespace, form: str) -> None:
    later.change(f"UPDATE study_user_attributes SET value_json = '{form}' WHERE key = '{FORMAT}'")
    with pytest.raises(StorageError, match="written by a newer Kerasweep"):
        read_studies()


def test_a_study_without_a_form_is_of_the_first(later: SimpleNamespace) -> None:
    later.change(f"DELETE FROM study_user_attributes WHERE key = '{FORMAT}'")
    assert ks.load().name == "first"


def test_files_of_a_later_version_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "file.yaml"
    sweep = "model: ann\ndata: iris\n"
    file.write_text(f"version: {SWEEP}\n{sweep}")
    assert read_spec(file).model == "ann"
    file.write_text(f"{sweep}version: {SWEEP + 1}\n")
    newer = rf"file\.yaml line 3: made by a newer Kerasweep \(version {SWEEP + 1}; this one reads {SWEEP}\); update it\.$"
    with pytest.raises(SpecError, match=newer):
        read_spec(file)
    for version in ("0", "-1", "true", "'1'", "null", "[1]", "1.5"):
        file.write_text(f"version: {version}\n{sweep}")
        with pytest.raises(SpecError, match=rf"file\.yaml line 1: version must be {SWEEP}, got "):
            read_spec(file)
    file.write_text(f"version: {SWEEP}\n{sweep}")
    with pytest.raises(SpaceError, match="this is no space"):
        read_space(file)
    file.write_text("version: 99\nhyperparameters: {learning_rate: 0.1}\n")
    with pytest.raises(SpaceError, match=r"made by a newer Kerasweep \(version 99"):
        read_space(file)


@pytest.fixture(params=VERSIONS, ids=lambda path: path.name)
def written(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> SimpleNamespace:
    """A folder with what a version wrote, its database as the default one."""
    folder: Path = request.param
    monkeypatch.chdir(tmp_path)
    Path("kerasweep.db").write_bytes(gzip.decompress((folder / "studies.db.gz").read_bytes()))
    told = json.loads((folder / "told.json").read_text(encoding="utf-8"))
    return SimpleNamespace(folder=folder, told=told)


def test_studies_of_an_earlier_version_are_read(written: SimpleNamespace) -> None:
    assert {study.name: study.record.counts for study in ks.list_studies()} == written.told["counts"]
    best = ks.load("first").best
    assert [best.number, best.value, best.configuration] == written.told["best"]
    for words in (["studies"], ["best"], ["show", "first", "0"], ["compare", "first", "front"]):
        assert run(*words).exit_code == 0, words
    assert ks.report("first", "report.md").exists()
    (copy,) = ks.copy("first", to="copy.db")
    assert copy.best == ks.load("first").best


def test_what_an_earlier_version_exported_is_what_is_exported(written: SimpleNamespace) -> None:
    for name in ("yaml", "json"):
        before, now = (
            yaml.safe_load(text)
            for text in (
                (written.folder / f"winner.{name}").read_text(encoding="utf-8"),
                run("export", "first", "--format", name).stdout,
            )
        )
        parts = ("model", "space", "data", "search", "cv", "training", "study")
        assert {key: now[key] for key in parts} == {key: before[key] for key in parts}
        assert read_spec(written.folder / f"winner.{name}").model == "ann"


def test_the_space_of_an_earlier_version_is_read(written: SimpleNamespace) -> None:
    names = re.findall(r"^  (\w+):$", (written.folder / "space.yaml").read_text(encoding="utf-8"), flags=re.M)
    assert read_space(written.folder / "space.yaml").names == tuple(names)


@pytest.mark.trains
def test_what_an_earlier_version_began_goes_on(written: SimpleNamespace) -> None:
    before = ks.load("first")
    count = sum(before.record.counts.values())
    after = ks.resume("first", trials=count + 1, verbose=0)
    assert sum(after.record.counts.values()) == count + 1
    shutil.copy(written.folder / "winner.yaml", "winner.yaml")
    assert ks.launch(file="winner.yaml", verbose=0).record.counts == {"complete": 1}
    model = ks.load_model(written.folder / "model")
    rows = written.told["rows"]
    assert [str(name) for name in model.predict(rows)] == written.told["predicted"]
