"""Whatever any option or argument of any command is given, one line answers."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from kerasweep.cli import main
from kerasweep.cli.app import app
from synthetic import make_study

COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]
VALUES = (
    "10" * 20,
    "-" + "10" * 20,
    "1e999",
    "nan",
    "",
    " ",
    "가",
    "%s{0}",
    "[red]a[/",
    "a\nb",
    "../..",
    "x" * 5000,
)
FIRST = {
    "launch": ("digits", "dnn"),
    "copy": ("first", "--to", "copies.db"),
    "delete": ("--yes",),
    "import": ("nowhere",),
}
"""What comes before the value, where a command does nothing without it."""
ONLY = {"ui": ("--port",)}
"""Others are taken as they are, and a server is started."""


def parameters() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Return each command with each of its arguments, as ``()``, and options, as they are written."""
    for name, command in COMMANDS.items():
        for parameter in command.params:
            if parameter.param_type_name == "argument":
                yield name, ()
            elif not getattr(parameter, "is_flag", False) and parameter.opts[0] in ONLY.get(
                name, parameter.opts
            ):
                yield name, (parameter.opts[0],)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("values")
    make_study(f"sqlite:///{made / 'kerasweep.db'}", "first", trials=3, epochs=4, data="digits")
    return made


@pytest.fixture(autouse=True)
def nothing_is_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("cli.launching.run_planned", "search.launch.run_plan", "search.refit.refit"):
        monkeypatch.setattr(f"kerasweep.{name}", lambda *_, **__: sys.exit(0))


def exit_code() -> int | str | None:
    try:
        main()
    except SystemExit as ended:
        return ended.code
    return 0


@pytest.mark.costly
@pytest.mark.parametrize(("command", "option"), sorted(set(parameters())), ids=" ".join)
def test_no_value_is_unexpected(
    folder: Path,
    command: str,
    option: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(folder)
    for value in VALUES:
        before = FIRST.get(command, ("first",)) if option or command in ("show", "copy") else ()
        monkeypatch.setattr(
            sys, "argv", ["kerasweep", command, *before, *option, *([] if option else ["--"]), value]
        )
        code = exit_code()
        said = capsys.readouterr().err
        assert code in (0, 1, 2), value
        assert "Unexpected" not in said, value
        assert "Traceback" not in said, value
        assert len(said) < 3000, value
