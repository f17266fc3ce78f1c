"""Heartbeats tell work from a hang."""

from __future__ import annotations

import contextlib
import signal
import time

import pytest
from kerasweep.errors import ModelError
from kerasweep.training import heartbeat
from kerasweep.training.heartbeat import beat, building_seconds, limit_silence, listen, pause_limit

pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there are no timers")


def hang(stubborn: int = 0) -> None:
    """Sleep, and go on so many times where that is interrupted."""
    for _ in range(stubborn):
        with contextlib.suppress(BaseException):
            time.sleep(600)
    time.sleep(600)


@pytest.mark.parametrize("stubborn", [0, 2])
def test_silence_ends_with_the_error(stubborn: int) -> None:
    handler, timer = signal.getsignal(signal.SIGALRM), signal.getitimer(signal.ITIMER_REAL)
    with pytest.raises(ModelError, match="no model"), limit_silence(0.05, ModelError("no model")):
        hang(stubborn)
    assert signal.getsignal(signal.SIGALRM) == handler
    assert (signal.getitimer(signal.ITIMER_REAL)[0] > 0) == (timer[0] > 0), "another's timer goes on"


def test_signs_and_imports_are_no_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "SECONDS", 0.0)
    heard = 0
    with limit_silence(1.0, ModelError("no model")):
        for _ in range(15):
            time.sleep(0.1)
            beat()
            heard += 1
        with pause_limit():
            time.sleep(1.2)
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 0, "the limit holds again"
    assert heard == 15


def test_nothing_is_limited_without_a_limit() -> None:
    before = signal.getitimer(signal.ITIMER_REAL)[0] > 0, signal.getsignal(signal.SIGALRM)
    with limit_silence(None, ModelError("no model")), pause_limit():
        beat()
        assert (signal.getitimer(signal.ITIMER_REAL)[0] > 0, signal.getsignal(signal.SIGALRM)) == before


def test_signs_come_once_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[int] = []
    listen(lambda: heard.append(1))
    try:
        monkeypatch.setattr(heartbeat._heartbeat, "last", 0.0)
        for _ in range(5):
            beat()
    finally:
        listen(None)
    assert heard == [1]


@pytest.mark.parametrize(
    ("trial", "sweep", "expected"),
    [
        (None, None, None),
        (5.0, None, 5.0),
        (5.0, 2.0, 5.0),
        (3600.0, 2.0, 10.0),
        (3600.0, 60.0, 60.0),
        (None, 2.0, 10.0),
    ],
)
def test_a_model_has_ten_seconds_however_short_the_sweep(trial, sweep, expected) -> None:
    assert building_seconds(trial, sweep) == expected
