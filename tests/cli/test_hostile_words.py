"""Words of users that a console could take for markup or emoji come out as they are, from every command."""

from __future__ import annotations

import io
import shlex
from pathlib import Path
from typing import Any

import kerasweep as package
import pytest
from kerasweep import api
from kerasweep.cli.app import app
from kerasweep.cli.plans import print_plan
from kerasweep.cli.running import print_ending
from kerasweep.printing import make_console
from kerasweep.search.progress import Progress, TrialLine
from kerasweep.spaces import Categorical, Float, Space
from kerasweep.studies import StudyRecord, best_trial
from kerasweep.terminal import show_progress
from synthetic import make_study
from typer.testing import CliRunner

HOSTILE = "[red]x[/red] :bank: m:bank [/]"
NAME = f"{HOSTILE} name"
DATA = f"{HOSTILE} data"
MODEL = f"{HOSTILE} model"
METRIC = f"val_accuracy{HOSTILE}"
CHOICE = f"{HOSTILE} choice"
NOTE = f"{HOSTILE} note"
SPACE = Space((Categorical(f"{HOSTILE}p", (CHOICE, "b")), Float("learning_rate", 0.001, 0.1, log=True)))


@pytest.fixture
def study(tmp_path: Path) -> StudyRecord:
    url = f"sqlite:///{tmp_path / 'kerasweep.db'}"
    spec = {"model": MODEL}
    about = {
        "cv": NOTE,
        "data": {"name": DATA, "rows": 5, "test_rows": 2, "preparation": [NOTE], "fingerprint": HOSTILE},
        "baseline": {"predictor": NOTE, "value": 0.1, "fold_scores": [0.1] * 5},
    }
    make_study(url, f"{NAME} 2", space=SPACE, trials=12, spec=spec, about=about, epochs=8)
    return make_study(
        url, NAME, space=SPACE, trials=12, spec=spec, about={**about, "metric": METRIC}, epochs=8
    )


def run(*words: object, url: str) -> str:
    done = CliRunner().invoke(app, [*map(str, words), "--storage", url], env={"COLUMNS": "300"})
    assert done.exit_code == 0, (done.output, done.exception)
    return done.output


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("best", NAME), (NAME, METRIC, f"{HOSTILE}p", CHOICE, NOTE)),
        (("show", NAME), (NAME, DATA, MODEL, NOTE, f"{HOSTILE}p", "failed:")),
        (("studies",), (NAME, DATA, MODEL)),
        (("compare", NAME, f"{NAME} 2"), (NAME, DATA, MODEL)),
        (("export", NAME, "--format", "yaml"), (f"{HOSTILE}p",)),
        (("delete", NAME, "--yes"), (f"deleted {NAME}",)),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else None,
)
def test_every_command_that_reads_prints_words_as_they_are(
    study: StudyRecord, command: tuple[str, ...], words: tuple[str, ...]
) -> None:
    output = run(*command, url=study.storage)
    for word in words:
        assert word in output


def test_a_trial_is_shown_with_its_words(study: StudyRecord) -> None:
    output = run("show", NAME, best_trial(study).number, url=study.storage)
    assert NAME in output
    assert f"{HOSTILE}p" in output


def test_errors_name_words_as_they_are(kerasweep: Any, tmp_path: Path) -> None:
    done = kerasweep("show", HOSTILE, "--storage", str(tmp_path / "none.db"), cwd=tmp_path)
    assert done.returncode == 2
    done = kerasweep("best", "--trials", HOSTILE, cwd=tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    (tmp_path / "[red]x :bank:.csv").write_text("a,y\n1,2\n")
    done = kerasweep("launch", "[red]x :bank:.csv", "linear", "--target", "[/]", cwd=tmp_path)
    assert done.returncode == 2
    assert "[red]x :bank:.csv" in done.stderr
    assert "[/]" in done.stderr


def test_a_plan_names_data_and_classes_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "300")
    rows = [f"{number},{'[b]yes[/b]' if number % 12 == 0 else ':no:'}" for number in range(96)]
    Path("[red]x :bank:.csv").write_text("\n".join(["a,y", *rows]) + "\n")
    plan = api.plan_sweep("[red]x :bank:.csv", "linear", target="y", study=NAME, metric="recall")
    print_plan(plan)
    output = capsys.readouterr().out
    for word in (NAME, "[red]x :bank:.csv", "of class '[b]yes[/b]'"):
        assert word in output


@pytest.mark.parametrize("terminal", [False, True])
def test_progress_prints_words_as_they_are(terminal: bool) -> None:
    file = io.StringIO()
    console = make_console(file=file, width=300, force_terminal=terminal)
    lines = [
        TrialLine(0, "complete", {f"{HOSTILE}p": CHOICE}, value=0.5, epochs=3, seconds=1.0),
        TrialLine(1, "failed", {f"{HOSTILE}p": CHOICE}, message=NOTE),
    ]
    with show_progress(1, console) as listen:
        for line in lines:
            listen(Progress(total=2, complete=1, ended=line))
    assert file.getvalue().count(CHOICE) == 2
    assert NOTE in file.getvalue()


def test_commands_to_copy_are_quoted(study: StudyRecord, capsys: Any, monkeypatch: Any) -> None:
    from kerasweep.search.ending import Ending

    monkeypatch.setenv("COLUMNS", "300")
    print_ending(Ending(study, "trials"), 2, None)
    output = capsys.readouterr().out
    for command in ("report", "refit"):
        assert f"kerasweep {command} {shlex.quote(NAME)}" in output


def test_consoles_are_made_in_one_place() -> None:
    root = Path(package.__file__).parent
    for file in (*root.glob("*.py"), *(root / "cli").glob("*.py")):
        text = file.read_text(encoding="utf-8")
        assert "rich.markup" not in text, file.name
        assert file.name == "printing.py" or " Console(" not in text, file.name
