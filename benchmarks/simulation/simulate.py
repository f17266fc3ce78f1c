"""One simulated sweep: Kerasweep's driver, proposer, sampler, scheduler and study, on a virtual clock."""

from __future__ import annotations

import math
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import optuna
import sqlalchemy
from kerasweep.search.budget import Budget
from kerasweep.search.driver.sweep import Sweep
from kerasweep.search.learning import Learned
from kerasweep.search.methods import resolve_scheduler
from kerasweep.search.paused_states import PausedStates
from kerasweep.search.progress import Progress
from kerasweep.search.samplers import make_sampler
from kerasweep.search.schedulers import Pruning
from kerasweep.spaces import Configuration
from kerasweep.studies import StudyRecord, read_study
from kerasweep.studies.lifecycle import create_study
from kerasweep.training.events import Rung
from kerasweep.training.metrics import Objective
from simulation.clock import Clock, Seen, VirtualExecutor
from simulation.priors import with_prior
from simulation.proposing import make_scheduler_over, proposer_over
from simulation.table import Table

WORST = 5.0
"""Where a regret is cut off, and that of a search that has found nothing: some losses of what diverges have no bound."""
_ROUNDING = 1e-9
"""Of sums of epochs."""
_MEMORY = Path("/dev/shm")  # noqa: S108 - a file system in memory; databases of a simulation need not outlive it


@dataclass(frozen=True)
class Method:
    """What is compared: a search with a scheduler."""

    search: str
    scheduler: str

    @classmethod
    def named(cls, text: str) -> Method:
        """Read ``search+scheduler``; a search alone has the scheduler that Kerasweep gives it."""
        search, _, scheduler = text.partition("+")
        return cls(search, resolve_scheduler(scheduler or "auto", search))

    def __str__(self) -> str:
        return f"{self.search}+{self.scheduler}"


@dataclass(frozen=True)
class Trace:
    """What a search has found, and when."""

    table: Table
    seen: Sequence[Seen]
    worths: dict[int, float]
    trials: int
    decisions: Sequence[tuple[int, float]]
    configurations: Mapping[int, Configuration] = field(default_factory=dict)
    """Of all trials, by number."""

    def observed(self, times: Sequence[float]) -> list[float]:
        """Return the regret of the best score of all folds that was seen by each of rising times."""
        all_folds = [one for one in self.seen if one.rung.folds == self.table.folds]
        sign = self.table.sign
        bests = _bests(all_folds, times, lambda one: (sign * one.value,))
        return [regret(self.table, math.nan if one is None else one.value) for one in bests]

    def chosen(self, times: Sequence[float]) -> list[float]:
        """Return the regret of what the search would choose at each of rising times, were it then trained whole.

        That is the best of the trials trained whole; while there is none, the best of those that have come farthest.
        """
        sign, whole = self.table.sign, (self.table.folds, self.table.epochs)

        def rank(one: Seen) -> tuple[float, ...]:
            return (one.whole, *(whole if one.whole else one.rung[::-1]), sign * one.value)

        bests = _bests(self.seen, times, rank)
        return [regret(self.table, math.nan if one is None else self.worths[one.number]) for one in bests]


def _bests(
    seen: Sequence[Seen], times: Sequence[float], rank: Callable[[Seen], tuple[float, ...]]
) -> list[Seen | None]:
    """Return the first of what ranks highest at each of rising times."""
    found: list[Seen | None] = []
    best, position = None, 0
    for moment in times:
        while position < len(seen) and seen[position].time <= moment + _ROUNDING:
            if best is None or rank(seen[position]) > rank(best):
                best = seen[position]
            position += 1
        found.append(best)
    return found


def regret(table: Table, worth: float) -> float:
    """Return how far a worth is from the table's best: 0 there, 1 at the median of random draws."""
    if not math.isfinite(worth):
        return WORST
    return float(min(WORST, (table.best - worth) / (table.best - table.median)))


def simulate(
    table: Table,
    method: Method,
    prior: str | Learned,
    seed: int,
    *,
    until: float,
    workers: int = 1,
    clock: Clock = "epochs",
    trials: float = math.inf,
    until_converged: bool = False,
    listen: Callable[[Progress], None] = lambda _: None,
    read: Callable[[StudyRecord], object] | None = None,
) -> Trace:
    """Run one sweep.

    Args:
        table: What trainings give.
        method: What is measured.
        prior: What it is told beforehand, or what was learned from other studies.
        seed: Of the sweep.
        until: Time at which it ends; the unit is a whole training by one worker.
        workers: How many.
        clock: What a training costs.
        trials: It ends after so many as well.
        until_converged: Whether it ends once it has converged.
        listen: Called after every event.
        read: Given the study in the end; it is gone when this returns.
    """
    learned = prior if isinstance(prior, Learned) else Learned(with_prior(table, prior, seed))
    space = learned.space
    objective = Objective("objective", table.direction)
    about = {"metric": objective.metric, "data": described(table)}
    by_seconds = clock == "seconds"
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
        path = Path(folder) / "study.db"
        shutil.copy(_empty_database(), path)
        with create_study(
            f"sqlite:///{path}", "simulated", table.direction, {"model": "table"}, about
        ) as writer:
            scheduler = make_scheduler_over(table, method.scheduler, space, by_seconds=by_seconds)
            writer.optuna.sampler = make_sampler(seed)
            if isinstance(scheduler, Pruning):
                writer.optuna.pruner = scheduler.pruner
            executor = VirtualExecutor(table, workers, clock, until, lambda: sweep.stop())  # noqa: PLW0108 - made below
            names = (method.search, method.scheduler)
            proposer = proposer_over(table, *names, learned, seed, writer.optuna, by_seconds=by_seconds)
            sweep = Sweep(
                writer=writer,
                space=space,
                proposer=proposer,
                executor=executor,
                objective=objective,
                scheduler=scheduler,
                budget=Budget(trials, until_converged=until_converged),
                seed=seed,
                full_training=Rung(table.epochs, table.folds),
                listen=listen,
                clock=lambda: executor.now,
                states=PausedStates(Path(folder) / "states"),
            )
            sweep.run()
        if read is not None:
            read(read_study("simulated", f"sqlite:///{path}"))
    return Trace(
        table,
        executor.seen,
        executor.worths,
        len(executor.configurations),
        executor.decisions,
        executor.configurations,
    )


def described(table: Table) -> dict[str, Any]:
    """Return what a study says of its data: that those of other tables are others, of the same task."""
    return {"name": table.name, "kind": "table", "task": "classification", "fingerprint": table.name}


@cache
def _empty_folder() -> tempfile.TemporaryDirectory[str]:
    """Return a folder with an empty database, made once and gone with this process: to make its tables takes longer than most sweeps.

    From then on, no database of this process waits until what it writes lies on a disk, and Optuna reads no more which version
    of its tables is the newest, from two dozen scripts for each database.
    """
    sqlalchemy.event.listen(sqlalchemy.engine.Engine, "connect", _write_soon)
    folder = tempfile.TemporaryDirectory()
    storage = optuna.storages.RDBStorage(f"sqlite:///{Path(folder.name) / 'empty.db'}")
    head = storage._version_manager.get_head_version()
    storage._version_manager.__class__.get_head_version = lambda _: head  # type: ignore[assignment, method-assign]
    storage.engine.dispose()
    return folder


def _empty_database() -> Path:
    return Path(_empty_folder().name) / "empty.db"


def _write_soon(connection: object, _: object) -> None:
    if isinstance(connection, sqlite3.Connection):  # of every database of the process
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("PRAGMA journal_mode=MEMORY")
