"""Ctrl-C once and twice, with real signals."""

from __future__ import annotations

import os
import signal
import threading

import pytest
from kerasweep.search.interrupt import graceful_interrupt


def send(number: int) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_asks_and_the_second_ends(number: int) -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    calls: list[int] = []
    with graceful_interrupt(lambda: calls.append(1)):
        send(number)
        assert calls == [1]
        with pytest.raises(KeyboardInterrupt):
            send(signal.SIGINT)
        assert calls == [1]
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_another_thread_cannot_catch_signals_and_runs_all_the_same() -> None:
    ran: list[int] = []

    def work() -> None:
        with graceful_interrupt(lambda: None):
            ran.append(1)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert ran == [1]
