"""What a trial prints is kept in its study: the end of it, as a terminal would have left it."""

from __future__ import annotations

import io
import time
from contextlib import redirect_stdout
from dataclasses import replace

import pytest
from kerasweep.errors import StudyError
from kerasweep.search.executors import relay as relay_module
from kerasweep.search.executors.handle import Worker
from kerasweep.search.executors.messages import Logged, Printed
from kerasweep.search.executors.relay import MAX_BYTES, NOT_SHOWN, Relay
from kerasweep.search.executors.trial_logs import MOST, MOST_RAW, TrialLogs, bounded
from kerasweep.studies import read_log
from kerasweep.study import Study
from kerasweep.training.events import EpochEnded, TrialFailed

FAILED = TrialFailed(4, "model", "no")


@pytest.mark.parametrize(
    ("printed", "kept"),
    [
        ("한글\n\ttab\n", "한글\n\ttab\n"),
        ("1%\r50%\r100%\ndone\r\n", "100%\ndone\n"),
        ("\x1b[31mred\x1b[0m \x1b[2K\x07bell\x00\ud800", "red bell"),
        ("", ""),
    ],
    ids="plain bars controls nothing".split(),
)
def test_it_is_plain_text(printed: str, kept: str) -> None:
    assert bounded(printed) == kept


@pytest.mark.parametrize("line", ["a line\n", "no line "], ids=["lines", "none"])
def test_the_end_of_much_is_kept(line: str) -> None:
    logs = TrialLogs()
    for _ in range(2 * MAX_BYTES // len(line)):
        logs.add(4, line)
    logs.add(4, "the end")
    printed = logs.with_log(FAILED).printed
    assert printed.startswith("(earlier lines are not kept)\n")
    assert printed.endswith("the end")
    assert MOST / 2 < len(printed) <= MOST


def test_each_trial_has_its_own_and_each_stretch_once() -> None:
    logs = TrialLogs()
    logs.add(4, "four")
    logs.add(5, "five")
    epoch = EpochEnded(4, 1, (0.5,))
    assert logs.with_log(epoch) is epoch
    assert logs.with_log(FAILED).printed == "four"
    assert logs.with_log(FAILED).printed == ""
    assert logs.with_log(replace(FAILED, number=5)).printed == "five"


def test_what_is_printed_here_is_printed_and_kept() -> None:
    logs, stream = TrialLogs(), io.StringIO()
    with redirect_stdout(stream):
        with logs.taken_from_here(4):
            print("to both")
        print("to one")
    assert stream.getvalue() == "to both\nto one\n"
    assert logs.with_log(FAILED).printed == "to both\n"


@pytest.mark.parametrize("scheduler", ["none", "asha"])
def test_it_is_read_from_the_study(lab, fake, scheduler: str) -> None:
    """Of a trial that was paused, with what it printed before that."""

    class Printing(fake):
        def next_event(self, timeout=None):
            event = super().next_event(timeout)
            if event is None or isinstance(event, EpochEnded) or event.number == 1:
                return event
            much = "a line\n" * 5_000 if event.number == 2 else ""
            return replace(event, printed=f"{much}{event.number} {type(event).__name__}\n")

    made = lab(scheduler=scheduler, trials=6)
    made.run(Printing())
    study = made.read()
    logs = [read_log(study, number) for number in range(6)]
    assert logs[1] == ""
    assert logs[2].startswith("(earlier lines are not kept)\na line\n")
    assert MOST / 2 < len(logs.pop(2)) <= MOST
    assert all(" Trial" in log[:8] for log in logs if log)
    assert max(log.count("\n") for log in logs) == (1 if scheduler == "none" else 2)
    assert [Study(study).log(number) for number in (1, 0)] == ["", logs[0]]
    with pytest.raises(StudyError, match=r"has no trial 6\. It has 6, numbered from 0"):
        Study(study).log(6)


def test_the_end_of_what_a_worker_does_not_show_goes_to_the_log() -> None:
    """Of both streams, whether lines end or not; the notice is shown, and is none of the trial's words."""
    sent: list[Printed | Logged] = []
    relay = Relay(sent.append)
    for _ in range(2):  # the second task may print as much as the first
        sent.clear()
        relay.begin()
        relay.stdout.write("a line\n" * MAX_BYTES)
        relay.stderr.write("no line " * MAX_BYTES)
        relay.stdout.write("the end")
        relay.flush()
        shown = [one for one in sent if isinstance(one, Printed)]
        assert "".join(one.text for one in shown) == ("a line\n" * MAX_BYTES)[:MAX_BYTES]
        assert [one.notice for one in shown if one.notice] == [f"\n{NOT_SHOWN}\n"]
        logs = TrialLogs()
        for one in sent:
            logs.add(4, one.text)
        assert logs.with_log(FAILED).printed.endswith("no line no line the end")


def test_what_a_worker_prints_without_end_is_sent_now_and_then(monkeypatch) -> None:
    """A worker that is killed has told most of it; one that prints fast does not fill its pipe."""
    now = 100.0
    monkeypatch.setattr(relay_module.time, "monotonic", lambda: now)
    sent: list[Printed | Logged] = []
    relay = Relay(sent.append)
    relay.stdout.write("a" * MAX_BYTES + "\n")
    for second in range(3):
        now += 1.5
        for number in range(20_000):
            relay.stdout.write(f"line {second} {number}\n")
    logged = [one.text for one in sent if isinstance(one, Logged)]
    assert len(logged) == 1 + 3
    assert all(len(text) <= MOST_RAW for text in logged)
    assert logged[-1].endswith("line 1 19999\nline 2 0\n")


def test_what_is_printed_without_end_is_no_sign_of_life() -> None:
    worker = Worker(last_heard=0.0)
    worker.hear(Logged("a line"))
    worker.handled = worker.received
    assert worker.silence() == pytest.approx(time.monotonic(), abs=60)
    worker.hear(Printed("stdout", "a line"))
    worker.handled = worker.received
    assert worker.silence() < 60
