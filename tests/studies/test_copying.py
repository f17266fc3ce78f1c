"""Studies are copied between files and real servers, whole or not at all, with all that they hold."""

from __future__ import annotations

import math
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import kerasweep as ks
import optuna
import pytest
from database_servers import SERVERS
from kerasweep.cli.app import app
from kerasweep.errors import KerasweepError, OutputError, SpecError, StorageError, StudyError, StudyLocked
from kerasweep.studies import (
    StudyRecord,
    copied_rows,
    is_driven,
    read_details,
    read_reports,
    read_shown,
    read_studies,
    read_study,
    read_trials,
)
from kerasweep.studies.connections import connected
from kerasweep.studies.copying import Copied, copy_studies
from kerasweep.studies.lifecycle import create_study, delete_study, drive_study
from kerasweep.studies.records import CONTINUES, MOST_EPOCHS, StudyObjective
from kerasweep.studies.storage import sqlite_path, states_folder
from requiring import required_server
from typer.testing import CliRunner

pytestmark = pytest.mark.costly

KINDS = ("SQLite", *SERVERS)
LARGE = '"층' * 40_000
"""Too large for a column of MySQL's."""
HANGING = """
import signal, sys
from kerasweep.studies import copied_rows, read_study
from kerasweep.cli import main
rows = copied_rows.CopiedRows._copy_rows
def slow(self, table, *rest):
    rows(self, table, *rest)
    if table.name == "trial_user_attributes":
        print("half", flush=True)
        signal.pause()
copied_rows.CopiedRows._copy_rows = slow
sys.argv = ["kerasweep", "copy", "rich", "--storage", sys.argv[1], "--to", sys.argv[2], "--name", "half"]
main()
"""


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Storages of all kinds, each with the same study, ``rich``."""
    with ExitStack() as stack:
        urls = {"SQLite": f"sqlite:///{tmp_path_factory.mktemp('copying') / '연구.db'}"}
        for name in SERVERS:
            urls[name] = stack.enter_context(required_server(name)).url
        yield urls


@pytest.fixture(scope="module")
def rich(stores: dict[str, str], samples: Any) -> StudyRecord:
    """A study on SQLite with all that Kerasweep and Optuna keep."""
    url = stores["SQLite"]
    samples.fill(url, name="rich")
    with drive_study(read_study("rich", url), {**samples.spec, "study": "rich", "text": LARGE}) as writer:
        writer.ledger.set_study_system_attr(writer.study_id, "of a sampler", [1, None, "층"])
        writer.set_refit(0, {"test": {"accuracy": 0.5}}, {"rows": LARGE})
        writer.note_converged()
        for value, excess in ((math.inf, 0.25), (-1e-300, -0.5)):
            trial = writer.new_trial({}, {CONTINUES: 0, MOST_EPOCHS: 40})
            samples.space.suggest(trial)
            writer.report(trial, 1, math.nan)
            writer.report(trial, 2, -math.inf)
            writer.finish(
                trial, value, samples.result, {**samples.details, "summary": LARGE}, {"params": excess}
            )
        paused = writer.new_trial()
        samples.space.suggest(paused)
        writer.report_rung(paused, 3, 2, 0.5, [0.25, 0.75])
        writer.pause(paused, samples.result, samples.details)
    return read_study("rich", url)


@pytest.fixture(scope="module")
def everywhere(stores: dict[str, str], rich: StudyRecord) -> dict[str, StudyRecord]:
    """The study in storages of all kinds."""
    for kind, url in stores.items():
        if kind != "SQLite":
            copy_studies([rich], url)
    return {kind: read_study("rich", url) for kind, url in stores.items()}


@pytest.fixture
def target(stores: dict[str, str], tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Give the storage of a kind to copy to; what was copied there goes in the end."""
    yield lambda kind: f"sqlite:///{tmp_path / 'to.db'}" if kind == "SQLite" else stores[kind]
    for kind, url in stores.items():
        for study in read_studies(url) if kind != "SQLite" else ():
            if study.name != "rich":
                delete_study(study)


def content(study: StudyRecord) -> dict[str, Any]:
    """Return all that is known of a study, of Kerasweep's records and of Optuna's; times in whole seconds."""

    def whole(moment: datetime | None) -> datetime | None:
        return None if moment is None else moment.replace(microsecond=0)

    trials = read_trials(study)
    with connected(study.storage) as storage:
        theirs = optuna.load_study(study_name=study.name, storage=storage)
        frozen = [
            (
                *(one.number, one.state, one._values, one.params, one.distributions, one.user_attrs),
                *(one.system_attrs, repr(one.intermediate_values)),
                *(whole(one.datetime_start), whole(one.datetime_complete)),
            )
            for one in theirs.get_trials(deepcopy=False)
        ]
        attributes = theirs._storage.get_study_system_attrs(theirs._study_id)
        told = theirs.directions, theirs.metric_names, attributes
    return {
        "study": (study.spec, study.about, study.counts, study.refits, study.objectives),
        "trials": [replace(trial, started=whole(trial.started)) for trial in trials],
        "details": read_details(study, [trial.number for trial in trials]),
        "reports": repr(read_reports(study)),
        "shown": read_shown(study),
        "frozen": frozen,
        "told": told,
    }


@pytest.mark.parametrize("to", KINDS)
@pytest.mark.parametrize("source", KINDS)
def test_a_copy_has_all_that_the_study_has(
    everywhere: dict[str, StudyRecord], target: Callable[[str], str], source: str, to: str
) -> None:
    study, url = everywhere[source], target(to)
    (copied,) = copy_studies([study], url, "복사/<b>")
    copy = read_study("복사/<b>", url)
    assert (copied.trials, copied.notes) == (sum(study.counts.values()), [])
    expected = content(study)
    spec, *rest = expected["study"]
    expected["study"] = ({**spec, "study": "복사/<b>"}, *rest)
    assert content(copy) == expected
    assert content(everywhere["SQLite"])["frozen"] == expected["frozen"]
    assert set(study.counts) == {"complete", "pruned", "failed", "running", "paused", "waiting"}
    assert not copy.driver, "nobody has driven it"


@pytest.mark.parametrize("to", KINDS)
def test_a_copy_is_driven_on(
    everywhere: dict[str, StudyRecord], target: Callable[[str], str], samples: Any, to: str
) -> None:
    copy_studies([everywhere["SQLite"]], target(to), "on")
    copy = read_study("on", target(to))
    with drive_study(copy) as writer:
        writer.requeue_running()
        count = sum(copy.counts.values())
        writer.optuna.enqueue_trial(samples.space.recommended())
        assert writer.next_number() == count + 1
        assert len(writer.waiting()) == copy.counts["running"] + copy.counts["waiting"] + 1
    assert read_study("on", target(to)).counts["paused"] == 1


def test_a_study_of_several_objectives_and_one_of_optuna(target: Callable[[str], str], samples: Any) -> None:
    url, to = target("SQLite"), target("PostgreSQL")
    further = (StudyObjective("params", "minimize"),)
    with create_study(url, "two", "maximize", samples.spec, samples.about, further) as writer:
        for values in ([0.5, 10.0], [0.25, math.inf]):
            trial = writer.new_trial()
            samples.space.suggest(trial)
            writer.finish(trial, values, samples.result, samples.details)
    with connected(url) as storage:
        theirs = optuna.create_study(study_name="theirs", storage=storage, direction="minimize")
        theirs.set_user_attr("large", LARGE)
        theirs.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=2)
    found = read_studies(url)
    copy_studies(found, to)
    assert [content(read_study(one.name, to)) for one in found] == [content(one) for one in found]


def test_a_name_that_is_taken(everywhere: dict[str, StudyRecord], stores: dict[str, str]) -> None:
    study = everywhere["SQLite"]
    for url in stores.values():
        with pytest.raises(
            StudyError, match=r"^There is a study 'rich' in .* give the copy another --name\.$"
        ):
            copy_studies([study], url)
    with pytest.raises(StudyError, match="There is a study 'RICH'"):  # MySQL's names are of one case
        copy_studies([study], stores["MariaDB"], "RICH")
    for name in ("", " ", "x" * 513, "\ud800"):
        with pytest.raises(SpecError, match="name has 1 to 512 letters"):
            copy_studies([study], stores["MariaDB"], name)
    with pytest.raises(SpecError, match="A name is for the copy of one study"):
        copy_studies([study, replace(study, name="other")], stores["MariaDB"], "x")
    with pytest.raises(SpecError, match="one after the other"):
        copy_studies([study, everywhere["MariaDB"]], stores["MariaDB"])


def test_a_study_that_is_run_is_copied_as_it_stands(
    everywhere: dict[str, StudyRecord], target: Callable[[str], str]
) -> None:
    url = target("PostgreSQL")
    copy_studies([everywhere["SQLite"]], url, "run")
    with drive_study(read_study("run", url)) as writer:
        writer.tell({"state": "running", "told": 1e9, "running": []})
        study = read_study("run", url)
        (copied,) = copy_studies([study], url, "copy")
        assert copied.notes == ["It is being run: what it finds from now on is not in the copy."]
        copy = read_study("copy", url)
        assert (copy.driver, copy.live) == ({}, {})
        with drive_study(copy), pytest.raises(StudyLocked), drive_study(study):
            pass
    assert not is_driven(read_study("run", url).driver, url)


def test_an_attribute_that_mysql_cannot_hold(
    target: Callable[[str], str], samples: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, to = target("SQLite"), target("MariaDB")
    with create_study(url, "large", "maximize", samples.spec, samples.about) as writer:
        writer.ledger.set_study_system_attr(writer.study_id, "of a sampler", "x" * 70_000)
    study = read_study("large", url)

    def refused(to: str, match: str) -> None:
        with pytest.raises(StorageError, match=match):
            copy_studies([study], to)
        assert "large" not in {study.name for study in read_studies(to)}

    refused(
        to, r"cannot hold 'of a sampler' of the study 'large', which has 70,002 bytes: MySQL's columns hold"
    )
    monkeypatch.setattr(copied_rows, "_MYSQL_BYTES", 10**9)
    refused(to, "failed: .*Data too long")
    refused(
        f"{to}?init_command=SET sql_mode=''", "holds something else than was written for the study 'large'"
    )
    copy_studies([study], target("PostgreSQL"))


def test_what_is_read_back_and_differs_is_not_kept(
    everywhere: dict[str, StudyRecord], tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}"
    with connected(url):
        pass
    with closing(sqlite3.connect(tmp_path / "x.db")) as connection:
        connection.execute(
            "CREATE TRIGGER wrong AFTER INSERT ON trial_params WHEN NEW.param_name = 'momentum' BEGIN "
            "UPDATE trial_params SET param_value = param_value + 1e-9 WHERE param_id = NEW.param_id; END"
        )
    with pytest.raises(StorageError, match=r"study 'rich' \(table trial_params\); nothing was copied\.$"):
        copy_studies([everywhere["SQLite"]], url)
    assert not read_studies(url)


def test_a_copy_that_fails_leaves_no_file(everywhere: dict[str, StudyRecord], tmp_path: Path) -> None:
    study = everywhere["SQLite"]

    def refused(kind: type[KerasweepError], to: str) -> str:
        with pytest.raises(kind) as caught:
            copy_studies([study, replace(study, name="gone", study_id=10**6)], to)
        return str(caught.value)

    assert "There is no study 'gone' any more" in refused(StudyError, f"sqlite:///{tmp_path / 'x.db'}")
    assert "make it or choose another --to" in refused(OutputError, f"sqlite:///{tmp_path / 'none' / 'x.db'}")
    text = tmp_path / "text.db"
    text.write_text("no database" * 100)
    assert "not a database" in refused(StorageError, f"sqlite:///{text}")
    assert refused(StorageError, "postgresql+psycopg://me:geheim@127.0.0.1:1/x").startswith(
        "postgresql+psycopg://me:***@127.0.0.1:1/x does not answer"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["text.db"]


@pytest.mark.parametrize(
    ("to", "number"), [("SQLite", "SIGINT"), ("PostgreSQL", "SIGINT"), ("MariaDB", "SIGKILL")]
)
def test_what_is_ended_in_the_middle_has_written_nothing(
    everywhere: dict[str, StudyRecord], target: Callable[[str], str], to: str, number: str
) -> None:
    study, url = everywhere["PostgreSQL"], target(to)
    with subprocess.Popen(
        [sys.executable, "-c", HANGING, study.storage, url],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half\n"
        process.send_signal(signal.Signals[number])
        _, errors = process.communicate()
    assert process.returncode == (130 if number == "SIGINT" else -signal.SIGKILL), errors
    file = sqlite_path(url)
    if file is not None:
        assert not list(file.parent.iterdir())
    copy_studies([study], url, "half")
    assert content(read_study("half", url))["frozen"] == content(study)["frozen"]


def test_states_of_paused_trials_go_along_unless_a_driver_changes_them(
    everywhere: dict[str, StudyRecord],
    target: Callable[[str], str],
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))  # where a server's states lie
    study, url = everywhere["SQLite"], target("SQLite")
    folder = states_folder(study.storage, study.study_id)
    assert folder is not None
    folder.mkdir(parents=True)
    (folder / "14.state").write_bytes(b"state")
    (folder / ".15.state.99").write_bytes(b"half")
    left = "States of paused trials stayed behind; in the copy they are trained from their start, with the same outcome."
    (copied,) = copy_studies([study], target("PostgreSQL"), "states")
    assert copied.notes == []
    there = states_folder(target("PostgreSQL"), read_study("states", target("PostgreSQL")).study_id)
    assert [path.name for path in there.iterdir()] == ["14.state"]
    with monkeypatch.context() as patch:
        patch.setattr(Copied, "__init__", raising(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            copy_studies([study], url)
    assert not list(Path(str(sqlite_path(url))).parent.iterdir())
    (copied,) = copy_studies([study], url)
    there = states_folder(url, read_study("rich", url).study_id)
    assert [(path.name, path.read_bytes()) for path in there.iterdir()] == [("14.state", b"state")]
    with drive_study(study):
        (copied,) = copy_studies([read_study("rich", study.storage)], url, "driven")
    assert copied.notes[1:] == [left]
    shutil.rmtree(folder.parent)


def raising(kind: type[BaseException]) -> Callable[..., None]:
    def raise_it(*_: object, **__: object) -> None:
        raise kind

    return raise_it


def test_the_command(
    everywhere: dict[str, StudyRecord], stores: dict[str, str], target: Callable[[str], str], tmp_path: Path
) -> None:
    def run(*words: str, code: int = 0) -> str:
        done = CliRunner().invoke(app, ["copy", *words], env={"COLUMNS": "300"})
        assert done.exit_code == code or (done.exception and done.exception.exit_code == code), done.output
        assert "geheim" not in done.output + str(done.exception)
        return done.output or str(done.exception)

    server = stores["PostgreSQL"].replace("postgres@", "postgres:geheim@")
    first, second = f"{tmp_path / 'a.db'}", f"{tmp_path / 'b.db'}"
    count = sum(everywhere["SQLite"].counts.values())
    shown = server.replace("geheim", "***")
    said = run("rich", "--storage", server, "--to", first)
    assert said == f"copied rich to {first}: {count} trials, read back and the same\n"
    run("--storage", first, "--to", first, "--name", "층")
    said = run("--storage", first, "--all", "--to", second)
    assert [line.split()[1] for line in said.splitlines()] == ["rich", "층"]
    assert run("--storage", first, "--to", server) == (
        f"copied 층 to {shown}: {count} trials, read back and the same\n"
    )
    assert f"There is a study 'rich' in {shown}" in run("rich", "--storage", first, "--to", server, code=2)
    assert "leave their names out" in run("rich", "--all", "--storage", first, "--to", second, code=2)
    assert "There is no study 'rish'" in run("rish", "--storage", first, "--to", second, code=2)
    (copy,) = ks.copy("rich", storage=first, to=second, name="third")
    assert (copy.name, copy.record.counts) == ("third", everywhere["SQLite"].counts)
    with pytest.raises(SpecError, match="Name the studies to copy"):
        ks.copy(to=second)
