"""When a trial whose worker died is trained again, and when it is given up."""

from __future__ import annotations

import pickle
import queue
import subprocess
import sys
from pathlib import Path

import pytest
from kerasweep.errors import SweepError
from kerasweep.search.executors.local import LocalExecutor
from kerasweep.search.executors.oom_kills import count, counters_of
from kerasweep.search.executors.process import WorkerProcess, _listen
from kerasweep.search.executors.retries import OUTSIDE_DEATHS, Death, Retries

OWN = Death("with exit code 7", log="the last words")
OUTSIDE = Death("with its machine", from_outside=True)


def test_a_trial_is_given_up_with_the_second_worker_that_it_killed() -> None:
    retries = Retries()
    assert retries.after(4, OWN) is None
    assert retries.after(5, OWN) is None, "another trial's"
    failed = retries.after(4, OWN)
    assert (failed.number, failed.kind, failed.fatal) == (4, "crash", False)
    assert (failed.message, failed.traceback) == (
        "its worker died 2 times, with exit code 7",
        "the last words",
    )


def test_deaths_from_outside_are_forgiven_more_often_and_counted_apart() -> None:
    retries = Retries()
    assert [retries.after(4, death) for death in (OUTSIDE, OWN, OUTSIDE)] == [None] * 3
    failed = retries.after(4, OUTSIDE)
    assert failed.message == "its worker died 4 times, with its machine"


def test_out_of_memory_is_told_as_such_and_not_tried_again_where_it_would_end_the_same() -> None:
    killed = Death.of_process(-9, memory=True)
    retries = Retries()
    assert retries.after(4, killed) is None
    failed = retries.after(4, killed)
    assert (failed.kind, failed.message) == (
        "memory",
        "out of memory: its worker died 2 times, killed by the system for want of memory",
    )
    held = Death("ended because it held 3.1 GB of memory and may hold 2.0 GB", kind="memory", final=True)
    failed = retries.after(4, held)
    assert (failed.kind, failed.message) == (
        "memory",
        "out of memory: its worker died, ended because it held 3.1 GB of memory and may hold 2.0 GB",
    )


def test_a_trial_that_has_ended_is_forgotten() -> None:
    retries = Retries()
    assert retries.after(4, OWN) is None
    retries.forget(4)
    retries.forget(9)
    assert retries.after(4, OWN) is None


def test_as_many_retries_as_are_asked_for() -> None:
    never, often = Retries(0), Retries(4)
    assert never.after(1, OWN).message == "its worker died, with exit code 7"
    assert [never.after(2, OUTSIDE) for _ in range(2)] == [None, None], "no fault of its own"
    assert never.after(2, OUTSIDE) is not None
    for death in (OWN, OUTSIDE):
        assert [often.after(3, death) for _ in range(4)] == [None] * 4
        assert often.after(3, death) is not None


@pytest.mark.parametrize(
    ("code", "memory", "cause", "from_outside", "kind"),
    [
        (-9, True, "killed by the system for want of memory", False, "memory"),
        (-9, False, "ended from outside by SIGKILL", True, "crash"),
        (-15, True, "ended from outside by SIGTERM", True, "crash"),
        (-11, False, "by SIGSEGV (segmentation fault)", False, "crash"),
        (-6, True, "by SIGABRT (aborted)", False, "crash"),
        (-63, False, "by signal 63 (real-time signal 29)", False, "crash"),
        (3, False, "by its own exit, with code 3", False, "crash"),
        (0, False, "by its own exit, with code 0", False, "crash"),
    ],
)
def test_a_death_is_told_for_what_it_was(code, memory, cause, from_outside, kind) -> None:
    found = Death.of_process(code, "log", memory=memory)
    assert found == Death(cause, from_outside=from_outside, log="log", kind=kind)


BABBLE = {
    "text": b"a line that was printed\n",
    "bytes": bytes(range(256)),
    "a message, and then text": pickle.dumps("a message") + b"text",
}


@pytest.mark.parametrize("said", BABBLE.values(), ids=BABBLE)
def test_what_writes_to_its_connection_has_ended_its_own_worker(tmp_path: Path, said: bytes) -> None:
    """Not from outside, however it dies when its connection is closed."""
    code = f"import os, signal, time; os.write(1, {said!r}); time.sleep(0.3); os.kill(0, signal.SIGKILL)"
    death = death_of(tmp_path, code)
    assert (death.cause, death.from_outside) == ("by writing to its connection to the driver", False)


def test_one_that_is_killed_in_the_middle_of_a_message_is_killed(tmp_path: Path) -> None:
    half = pickle.dumps(list(range(1000)))[:500]
    death = death_of(tmp_path, f"import os, signal; os.write(1, {half!r}); os.kill(0, signal.SIGKILL)")
    assert (death.cause, death.from_outside) == ("ended from outside by SIGKILL", True)


def death_of(folder: Path, code: str) -> Death:
    """Return how a worker died, as the driver sees it, that runs some code."""
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    worker, inbox = WorkerProcess(process=process, log=folder / "worker.log"), queue.SimpleQueue()
    _listen(worker, inbox)
    messages = [inbox.get() for _ in range(inbox.qsize())]
    assert messages[-1] == (worker, None)
    return worker.end_dead()


@pytest.mark.parametrize(
    ("lines", "place", "text"),
    [
        ("0::/job", "job/memory.events", "low 0\noom 4\noom_kill 3\n"),
        ("0::/of/a/host", "memory.events", "oom_kill 3\n"),
        ("4:memory:/job\n0::/", "memory/job/memory.oom_control", "under_oom 0\noom_kill 3\n"),
        ("4:cpu,memory:/job\n0::/", "memory/memory.oom_control", "oom_kill 3\n"),
    ],
)
def test_the_kernel_is_asked_by_the_nearest_group(tmp_path: Path, lines: str, place: str, text: str) -> None:
    """Files as version 2 and version 1 of control groups have them, in the host's tree and in a container's."""
    proc, groups = tmp_path / "proc", tmp_path / "cgroup"
    (proc / "7").mkdir(parents=True)
    (proc / "7" / "cgroup").write_text(lines + "\n")
    file = groups / place
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    assert counters_of(7, groups, proc) == (file,)
    assert count((file,)) == 3
    file.unlink()
    assert counters_of(7, groups, proc) in ((Path("/proc/vmstat"),), ())


def test_whoever_ends_one_worker_before_it_has_a_task_may_end_all_of_them(tmp_path: Path) -> None:
    """Processes that do nothing stand for workers that start."""
    executor = LocalExecutor(None, threads=1, workers=3)

    def spawn(_: int) -> WorkerProcess:
        process = subprocess.Popen(["sleep", "1000"], start_new_session=True)
        return WorkerProcess(process=process, log=tmp_path / "log")

    def end_all() -> None:
        for worker in list(executor._workers):
            worker.process.kill()
            assert executor._receive(worker, None) is None

    executor._spawn = spawn
    executor._workers = [spawn(place) for place in range(3)]
    try:
        for _ in range(OUTSIDE_DEATHS - 1):
            end_all()
        told = r"^A worker cannot be started: it was ended from outside by SIGKILL\.$"
        with pytest.raises(SweepError, match=told):
            end_all()
    finally:
        executor.close()
