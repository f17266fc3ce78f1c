"""A damaged study in a database: every list shows the others, and says of it in a line what is wrong."""

from __future__ import annotations

import json
import pickle
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import kerasweep as ks
import pytest
from app_pages import as_json, text_of
from kerasweep.app.callbacks import navigation
from kerasweep.app.links import Address
from kerasweep.app.site import Site
from kerasweep.app.studies_view import studies_page
from kerasweep.cli import disk_findings
from kerasweep.cli.app import app
from kerasweep.errors import DamagedError, StudyError
from kerasweep.search.resume import plan_resume, plan_trial
from kerasweep.studies import (
    DamagedStudy,
    best_or_damage,
    best_trials,
    read_all,
    read_studies,
    read_study,
    whole,
)
from kerasweep.studies.comparison import nested_score
from kerasweep.studies.lifecycle import delete_study
from kerasweep.studies.paging import hyperparameter_names
from kerasweep.studies.records import ABOUT, DRIVER, RESULT, SPEC
from synthetic import make_study
from typer.testing import CliRunner

_ATTRIBUTE = "UPDATE study_user_attributes SET value_json = '{}' WHERE key = '{}' AND study_id = :study"
_OF_STUDY = "trial_id IN (SELECT trial_id FROM trials WHERE study_id = :study)"
DAMAGES = {
    "shape": (_ATTRIBUTE.format('{"metric": 3}', ABOUT), "its kerasweep:about.metric is 3."),
    "text": (_ATTRIBUTE.format('{"model', SPEC), "'{\"model' is no JSON."),
    "pieces": (
        _ATTRIBUTE.format('{"kerasweep:pieces": 2}', SPEC),
        "a piece of its kerasweep:spec is missing or changed.",
    ),
    "names": (
        "UPDATE study_system_attributes SET value_json = '[' WHERE key = 'study:metric_names' AND study_id = :study",
        "'[' is no JSON.",
    ),
    "state": (
        "UPDATE trials SET state = 'LOST' WHERE number = 0 AND study_id = :study",
        "the state of a trial is 'LOST'.",
    ),
    "result": (
        f"UPDATE trial_user_attributes SET value_json = '5' WHERE key = '{RESULT}' AND {_OF_STUDY}",
        f"Trial 0: its {RESULT} is 5.",
    ),
    "parameter": (
        (
            f"UPDATE trial_params SET param_name = NULL WHERE {_OF_STUDY} "
            f"AND param_id = (SELECT MIN(param_id) FROM trial_params WHERE {_OF_STUDY})"
        ),
        "A trial: the name of a hyperparameter is None.",
    ),
    "choice": (
        f"UPDATE trial_params SET param_value = -1 WHERE param_name = 'optimizer' AND {_OF_STUDY}",
        """A trial's hyperparameter 'optimizer': it is -1.0 of '{"name": "CategoricalDistribution", "attributes": {"choices"'.""",
    ),
    "value": (f"UPDATE trial_values SET value = 'x' WHERE {_OF_STUDY}", "A trial: its value is 'x'."),
}
"""Name of a study -> what is done to it, and what is then said of it."""
NAMES = ["first", *DAMAGES, "last"]
"""Of all studies; those of ``DAMAGES`` are damaged as these say."""
OF_TRIALS = ("result", "parameter", "choice", "value")
"""The study itself can be read."""


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("damaged") / "studies.db"
    for name in NAMES:
        make_study(f"sqlite:///{file}", name, trials=1, refit=False)
    with closing(sqlite3.connect(file)) as connection, connection:
        for place, name in enumerate(NAMES, 1):
            if name in DAMAGES:
                assert connection.execute(DAMAGES[name][0], {"study": place}).rowcount
    return file


@pytest.fixture
def url(shelf: Path) -> str:
    return f"sqlite:///{shelf}"


def run(*words: str) -> Any:
    return CliRunner().invoke(app, words, env={"COLUMNS": "200"})


def test_studies_are_read_one_by_one(url: str) -> None:
    found = read_all(url)
    assert [one.name for one in found] == NAMES
    assert [one.name for one in whole(found)] == ["first", *OF_TRIALS, "last"]
    for one in found:
        damage = one if isinstance(one, DamagedStudy) else best_or_damage(one)
        assert isinstance(damage, DamagedStudy) is (one.name in DAMAGES)
        if isinstance(damage, DamagedStudy):
            assert damage.why == DAMAGES[one.name][1]
            assert str(pickle.loads(pickle.dumps(damage.error))) == str(damage.error)
    with pytest.raises(
        DamagedError, match=r"^The study 'shape' is damaged: its kerasweep:about\.metric is 3"
    ):
        read_studies(url)
    assert nested_score(whole(found)[0]) is None  # which looks among all of them for its outer folds


def test_the_list_of_the_command_line(url: str) -> None:
    done = run("studies", "--storage", url)
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    for name in NAMES:
        states = [line.split()[-1] for line in lines if line.split()[:1] == [name]]
        assert (states == ["damaged"]) is (name in DAMAGES)
        assert (f"damaged: {name}: {DAMAGES.get(name, ('', ''))[1]}" in lines) is (name in DAMAGES)


def test_the_list_as_json(url: str) -> None:
    rows = json.loads(run("studies", "--storage", url, "--json").stdout)
    assert [row["study"] for row in rows] == NAMES
    for row in rows:
        if row["study"] in DAMAGES:
            assert row == {"study": row["study"], "damaged": DAMAGES[row["study"]][1]}
        else:
            assert row["best"]["number"] == 0


def test_the_list_of_the_app(url: str) -> None:
    site = Site(url)
    words = text_of(as_json(studies_page(site)))
    assert f"{len(NAMES)} studies" in words
    assert all(name in words for name in NAMES)
    assert all(f"damaged: {why}" in words for _, why in DAMAGES.values())
    assert "first" in text_of(as_json(navigation(whole(site.studies()), Address())))


def test_the_list_of_python_warns(url: str) -> None:
    with pytest.warns(UserWarning, match="is damaged") as warned:
        names = [study.name for study in ks.list_studies(storage=url)]
    assert names == ["first", *OF_TRIALS, "last"]
    assert len(warned) == len(NAMES) - len(names)
    assert warned[0].filename == __file__


def test_doctor_says_which_are_damaged(url: str) -> None:
    *studies, storage = disk_findings.storage(url)
    assert [one.fine for one in studies] == [False] * (len(DAMAGES) - len(OF_TRIALS))
    assert "The study 'shape' is damaged: its kerasweep:about.metric is 3; put a backup" in studies[0].line
    assert storage.fine
    assert f"{len(NAMES)} studies" in storage.text


def test_copies_are_of_whole_studies(url: str, tmp_path: Path) -> None:
    to = tmp_path / "to.db"
    done = run("copy", "--all", "--to", str(to), "--storage", url)
    assert isinstance(done.exception, StudyError)
    assert str(done.exception).endswith(
        "its kerasweep:about.metric is 3. Nothing was copied: name the studies to copy."
    )
    done = run("copy", "first", "shape", "--to", str(to), "--storage", url)
    assert str(done.exception) == "The study 'shape' is damaged: its kerasweep:about.metric is 3."
    assert not to.exists()
    done = run("copy", "first", "last", "--to", str(to), "--storage", url)
    assert done.exit_code == 0, done.output
    assert [study.name for study in read_studies(f"sqlite:///{to}")] == ["first", "last"]
    there = tmp_path / "there.db"
    shutil.copy(Path(url.removeprefix("sqlite:///")), there)
    done = run(
        "copy", "first", "--to", str(there), "--name", "new", "--storage", url
    )  # where others are damaged
    assert done.exit_code == 0, done.output
    done = run("copy", "first", "--to", str(there), "--name", "shape", "--storage", url)
    assert "There is a study 'shape'" in str(done.exception)


def test_a_backup_holds_damaged_studies_as_they_stand(url: str, tmp_path: Path) -> None:
    done = run("backup", "-o", str(tmp_path / "backup.db"), "--storage", url)
    assert done.exit_code == 0, done.output
    assert f"with {len(NAMES)} studies and " in done.output
    said = [line for line in done.output.splitlines() if line.endswith("It is in the backup as it stands.")]
    assert len(said) == len(DAMAGES) - len(OF_TRIALS)
    backed_up = read_all(f"sqlite:///{tmp_path / 'backup.db'}")
    assert [getattr(one, "why", "") for one in backed_up] == [
        getattr(one, "why", "") for one in read_all(url)
    ]


def test_a_damaged_study_can_be_deleted_and_the_others_stay(shelf: Path, tmp_path: Path) -> None:
    """Whatever is damaged, the record of its driver too; of one that is gone it is told."""
    file = Path(shutil.copy(shelf, tmp_path))
    url = f"sqlite:///{file}"
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(_ATTRIBUTE.format("nothing", DRIVER), {"study": NAMES.index("shape") + 1})
    assert str(run("delete", "shape", "--storage", url).exception).startswith(
        "Deleting 'shape' (damaged) needs --yes"
    )
    kept = dict.fromkeys(NAMES)
    for name in DAMAGES:
        done = run("delete", name, "--yes", "--storage", url)
        assert (done.exit_code, done.output) == (0, f"deleted {name}\n")
        del kept[name]
        assert [one.name for one in read_all(url)] == list(kept)
    with closing(sqlite3.connect(file)) as connection:
        tables = [
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        for table in tables:
            columns = [column[1] for column in connection.execute(f"PRAGMA table_info({table})")]
            if "study_id" in columns:
                ids = connection.execute(f"SELECT DISTINCT study_id FROM {table} ORDER BY 1").fetchall()
                assert ids in ([], [(1,), (len(NAMES),)]), table
            elif "trial_id" in columns:
                of_none = f"SELECT COUNT(*) FROM {table} WHERE trial_id NOT IN (SELECT trial_id FROM trials)"
                assert connection.execute(of_none).fetchone() == (0,), table
    assert run("delete", "shape", "--yes", "--storage", url).exit_code == 1
    first = read_all(url)[0]
    delete_study(first)
    with pytest.raises(StudyError, match="There is no study 'first' any more"):
        delete_study(first)


def test_the_columns_of_a_table_have_names(url: str) -> None:
    damaged = next(one for one in whole(read_all(url)) if one.name == "parameter")
    with pytest.raises(DamagedError, match="the name of a hyperparameter is None"):
        hyperparameter_names(damaged)


@pytest.mark.parametrize(
    ("kept", "fault"), [({"a": None}, "'data' must be given; "), ({"model": "ann", "data": 5}, "data")]
)
def test_a_specification_that_is_none(tmp_path: Path, kept: dict[str, Any], fault: str) -> None:
    """It is told in a line that names the study, wherever one is resumed, continued or refitted."""
    url = f"sqlite:///{tmp_path / 's.db'}"
    make_study(url, "first", trials=1, refit=False)
    with closing(sqlite3.connect(tmp_path / "s.db")) as connection, connection:
        connection.execute(_ATTRIBUTE.format(json.dumps(kept), SPEC), {"study": 1})
    study = read_study("first", url)
    for read in (lambda: plan_resume(study, {}), lambda: plan_trial(study, best_trials(study)[0])):
        with pytest.raises(
            DamagedError, match=f"^The study 'first' is damaged: its specification is none: .*{fault}"
        ) as caught:
            read()
        assert "\n" not in str(caught.value)
