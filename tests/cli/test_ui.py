"""The command that opens the web app, without opening it."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest
from kerasweep.app.server import listen
from kerasweep.cli import ui
from kerasweep.cli.app import main

if TYPE_CHECKING:
    from pathlib import Path


def run(*words: str) -> int:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["kerasweep", *words])
        try:
            main()
        except SystemExit as end:
            return int(end.code or 0)
    return 0


def test_without_the_extra_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ui, "NEEDED", ("dash", "no_such_package"))
    assert run("ui", "--no-browser") == 2
    assert "pip install 'kerasweep[app]'" in capsys.readouterr().err


def test_a_port_that_is_taken_is_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        where = ("--storage", str(tmp_path / "x.db"))
        assert run("ui", "--port", str(port), "--no-browser", *where) == 1
    error = capsys.readouterr().err
    assert "cannot be listened on" in error
    assert "Traceback" not in error
    assert not (tmp_path / "x.db").exists()


@pytest.mark.parametrize("host", ["no.such.host.invalid", "203.0.113.7"])
def test_an_address_of_no_machine_here_is_refused(
    tmp_path: Path, host: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("ui", "--host", host, "--no-browser", "--storage", str(tmp_path / "x.db")) == 1
    assert "cannot be listened on" in capsys.readouterr().err


def test_any_port_and_a_token_for_others(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}"
    inside, outside = listen(url, "127.0.0.1", 0), listen(url, "0.0.0.0", 0)
    try:
        assert inside.url.startswith("http://127.0.0.1:")
        assert "token" not in inside.url
        assert "/?token=" in outside.url
    finally:
        inside.server.server_close()
        outside.server.server_close()
