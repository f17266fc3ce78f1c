"""Ctrl-C in the middle of a command that is no sweep: a word, and the exit code of what was interrupted."""

from __future__ import annotations

from pathlib import Path

import pytest
from kerasweep.cli import browsing
from kerasweep.cli.app import main


def interrupted(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int | str | None:
    monkeypatch.setattr("sys.argv", ["kerasweep", *words])
    with pytest.raises(SystemExit) as end:
        main()
    return end.value.code


def test_an_interrupted_command_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(browsing, "list_studies", interrupted)
    assert run(monkeypatch, "studies") == 130
    assert capsys.readouterr() == ("", "Interrupted.\n")


@pytest.mark.parametrize("where", ["kerasweep.arguments.plan_sweep", "kerasweep.search.launch.run_plan"])
def test_a_launch_that_made_no_study_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, where: str
) -> None:
    """A ``resume`` without a name takes the last study there is, which is another one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(where, interrupted)
    assert run(monkeypatch, "launch", "iris", "ann", "--workers", "inline", "--quiet") == 130
    assert capsys.readouterr() == ("", "Interrupted. Nothing was written.\n")
