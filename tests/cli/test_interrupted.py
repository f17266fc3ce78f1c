"""Ctrl-C in the middle of a command that is no sweep: a word, and the exit code of what was interrupted."""

from __future__ import annotations

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
