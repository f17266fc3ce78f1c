"""How many processes train, and in which precision, on machines of all kinds."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace

import pytest
from kerasweep.search import workers as starting
from kerasweep.training import machine
from kerasweep.training.goals import NO_GOALS
from kerasweep.training.model_size import ModelSize

GIB = 2**30


@pytest.fixture
def machine_of(monkeypatch: pytest.MonkeyPatch):
    """Pretend to be on a machine with some cores and free memory."""

    def pretend(cores: int, free: int | None) -> None:
        monkeypatch.setattr(machine, "cores", lambda: cores)
        monkeypatch.setattr(machine, "free_memory", lambda: free)

    return pretend


@pytest.mark.parametrize(
    ("cores", "free", "trials", "size", "workers"),
    [
        (8, 64 * GIB, math.inf, 0, 8),
        (8, 64 * GIB, 3, 0, 3),
        (8, 64 * GIB, 30, 20 * GIB, 2),
        (64, 8 * GIB, 30, 0, 9),
        (8, 4 * GIB, 30, 30 * GIB, 1),
        (8, None, 30, 30 * GIB, 8),
        (1, 4 * GIB, 30, 0, 1),
    ],
)
def test_workers_follow_cores_trials_and_memory(machine_of, cores, free, trials, size, workers) -> None:
    machine_of(cores, free)
    assert machine.choose_workers(trials, size) == workers


def test_this_machine_tells_its_memory() -> None:
    free = machine.free_memory()
    assert free is None or 2**20 < free < 2**50
    assert machine.cores() >= 1


@pytest.mark.parametrize(
    ("flags", "computes"),
    [("fpu avx512_bf16 sse", True), ("amx_bf16", True), ("avx512f avx2", False), ("", False)],
)
def test_bfloat16_is_read_from_the_processors_flags(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, flags: str, computes: bool
) -> None:
    file = tmp_path / "cpuinfo"
    file.write_text(f"processor\t: 0\nflags\t\t: {flags}\n", encoding="ascii")
    monkeypatch.setattr(machine, "CPU_FILE", file)
    assert machine.computes_bfloat16() is computes
    monkeypatch.setattr(machine, "CPU_FILE", tmp_path / "none")
    assert not machine.computes_bfloat16()


@pytest.mark.parametrize(
    ("cores", "free", "asked", "size", "started"),
    [
        (4, 10 * GIB, "auto", 3 * GIB, [4, 2]),
        (4, 10 * GIB, 4, 3 * GIB, [4]),
        (32, 32 * GIB, "auto", 300 * 2**20, [32, 26]),
    ],
)
def test_workers_that_memory_would_not_hold_are_started_anew(
    monkeypatch: pytest.MonkeyPatch, machine_of, cores, free, asked, size, started
) -> None:
    """The size of the model is known once the first worker has built it; those that run then are counted once."""
    machine_of(cores, free)
    running: list[int] = [0]
    for module in (machine, starting):
        monkeypatch.setattr(module, "free_memory", lambda: free - running[0] * machine.PROCESS_BYTES)
    seen: list[int] = []
    closed: list[int] = []

    def make(workload, workers, threads, *, inline, timeout, environments, retries, memory):
        seen.append(workers)
        assert memory == machine.worker_memory(free, workers), (
            "a share of what was free before any was started"
        )
        running[0] = workers
        return SimpleNamespace(
            start=lambda task, within: ModelSize(10, size),
            close=lambda: closed.append(workers),
            workers=workers,
        )

    monkeypatch.setattr(starting, "make_executor", make)
    made = SimpleNamespace(
        workload=SimpleNamespace(goals=NO_GOALS),
        inline=False,
        threads=lambda workers: cores // workers,
        gpus_of=lambda workers: None,
        space=SimpleNamespace(recommended=dict),
        budget=SimpleNamespace(seconds=None),
        spec=SimpleNamespace(
            search=SimpleNamespace(seed=0),
            execution=SimpleNamespace(on_ray=False, workers=asked, trial_timeout=None, retries=1),
        ),
    )
    executor = starting.start_workers(made, cores)
    assert seen == started
    assert executor.workers == started[-1]
    assert closed == started[:-1]


@pytest.mark.parametrize(
    ("free", "workers", "bound", "most"),
    [
        (20 * GIB, 2, math.inf, 9 * GIB),
        (20 * GIB, 2, 4 * GIB, machine.PROCESS_BYTES + machine.KEPT_BYTES + 4 * GIB),
        (20 * GIB, 2, 40 * GIB, 9 * GIB),
        (4 * GIB, 16, math.inf, 2 * machine.PROCESS_BYTES),
        (None, 2, math.inf, math.inf),
        (None, 2, 4 * GIB, machine.PROCESS_BYTES + machine.KEPT_BYTES + 4 * GIB),
    ],
)
def test_a_worker_may_hold_its_share_and_no_more_than_was_asked_for(free, workers, bound, most) -> None:
    assert machine.worker_memory(free, workers, bound) == pytest.approx(most)
