"""A log that many write to is bounded, with what it held before beside it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from kerasweep import bounded_log
from kerasweep.bounded_log import rotate
from kerasweep.studies.storage import log_path, older_log, remove_log


def test_a_full_log_begins_anew_and_one_older_is_kept(tmp_path: Path) -> None:
    log = tmp_path / "한글.log"
    with log.open("ab", buffering=0) as ours, log.open("ab", buffering=0) as others:
        ours.write(b"a" * 10)
        assert not rotate(ours.fileno(), log, most=10)
        others.write(b"b")
        assert rotate(ours.fileno(), log, most=10)
        assert older_log(log).read_bytes() == b"a" * 10 + b"b"
        others.write(b"c" * 11)
        ours.write(b"d")
        assert log.read_bytes() == b"c" * 11 + b"d", "all write on to its end, without a hole"
        assert rotate(ours.fileno(), log, most=10)
    assert (log.read_bytes(), older_log(log).read_bytes()) == (b"", b"c" * 11 + b"d")
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("left", ["nothing", "another"])
def test_a_log_that_was_removed_is_bounded_all_the_same(tmp_path: Path, left: str) -> None:
    log = tmp_path / "s.log"
    with log.open("ab", buffering=0) as ours:
        ours.write(b"a" * 11)
        log.unlink()
        if left == "another":
            log.write_bytes(b"theirs")
        assert rotate(ours.fileno(), log, most=10)
        assert os.fstat(ours.fileno()).st_size == 0
    assert [path.read_bytes() for path in tmp_path.iterdir()] == ([] if left == "nothing" else [b"theirs"])


def test_it_is_looked_after_as_long_as_a_driver_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded_log, "LOOK_SECONDS", 0.001)
    monkeypatch.setattr(bounded_log, "MOST_BYTES", 10)
    log = tmp_path / "s.log"
    with log.open("ab", buffering=0) as ours, bounded_log.bounded_log(ours.fileno(), log):
        ours.write(b"a" * 11)
        while not older_log(log).exists() or log.stat().st_size:
            pass
    assert older_log(log).read_bytes() == b"a" * 11


def test_logs_go_and_their_folder_if_nothing_else_is_in_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    one, other = log_path(url, "one"), log_path(url, "../other")
    assert one.parent == other.parent == tmp_path / "a.db.logs"
    one.parent.mkdir()
    for log in (one, older_log(one), other):
        log.write_text("said")
    remove_log(one)
    assert list(one.parent.iterdir()) == [other]
    remove_log(other)
    remove_log(other)
    assert not one.parent.exists()
