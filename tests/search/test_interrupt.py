"""Ctrl-C once and twice, with real signals."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import weakref
from collections.abc import Iterator

import pytest
from kerasweep.search.interrupt import ENDING, graceful_interrupt, interrupt_on_all


def send(number: int) -> None:
    os.kill(os.getpid(), number)


@pytest.fixture(autouse=True)
def not_ignored() -> Iterator[None]:
    """Have signals end a process, as they usually do; under ``nohup`` SIGHUP is ignored from the start."""
    before = {number: signal.getsignal(number) for number in ENDING}
    hook = sys.unraisablehook
    for number, handler in before.items():
        if handler == signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    yield
    sys.unraisablehook = hook
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", ENDING)
def test_the_first_signal_asks_and_the_second_ends(number: int) -> None:
    before = [signal.getsignal(one) for one in ENDING]
    calls: list[int] = []
    with graceful_interrupt(lambda: calls.append(1)):
        send(number)
        assert calls == [1]
        with pytest.raises(KeyboardInterrupt):
            send(signal.SIGINT)
        assert calls == [1]
    assert [signal.getsignal(one) for one in ENDING] == before


def test_a_signal_that_is_ignored_stays_so() -> None:
    """As ``nohup`` has it."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    calls: list[int] = []
    try:
        interrupt_on_all()
        with graceful_interrupt(lambda: calls.append(1)):
            send(signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    assert calls == []


def test_another_thread_cannot_catch_signals_and_runs_all_the_same() -> None:
    ran: list[int] = []

    def work() -> None:
        with graceful_interrupt(lambda: None):
            ran.append(1)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert ran == [1]


class Referent:
    """What a weak reference can refer to."""


def test_an_interrupt_in_a_callback_of_the_garbage_collector_is_not_lost(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Python prints what is raised there and goes on: a Ctrl-C then did nothing but show a traceback."""
    interrupt_on_all()
    referents = [Referent()]
    watched = weakref.ref(referents[0], lambda _: send(signal.SIGINT))

    def work() -> None:
        referents.clear()
        time.sleep(10)

    with pytest.raises(KeyboardInterrupt):
        work()
    assert watched() is None
    assert capsys.readouterr().err == ""


def test_what_else_is_lost_is_told_as_before() -> None:
    told: list[object] = []
    sys.unraisablehook = told.append
    interrupt_on_all()
    interrupt_on_all()
    referent = Referent()
    watched = weakref.ref(referent, lambda _: 1 / 0)
    del referent
    assert watched() is None
    assert [one.exc_type for one in told] == [ZeroDivisionError]
