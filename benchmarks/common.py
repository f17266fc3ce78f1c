"""What all works share: the clock of a Kerasweep sweep, the rows that all contestants train on, a line of JSON.

A work is a script that measures one thing once, in a process of its own, and prints its figures as one line of JSON.
``run.py`` runs them in turn, and adds how long the whole process took.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import kerasweep as ks
import numpy as np
from kerasweep.search.launch import resolve_study, run_plan
from kerasweep.search.methods import make_proposer
from kerasweep.search.proposers import ProposalRequest
from kerasweep.search.settings import SETTINGS
from kerasweep.spaces import configuration_key
from kerasweep.training.data import load_dataset, make_folds
from kerasweep.training.quiet import import_tensorflow

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kerasweep.search.plan import Plan
    from kerasweep.search.progress import Progress

NEWER_SETTINGS = ("precision", "trainer")
"""Settings that an older Kerasweep does not have; a measurement that needs one is skipped there."""


@dataclass(frozen=True)
class Split:
    """One fold: float32 rows and class codes."""

    x: np.ndarray
    y: np.ndarray
    x_validation: np.ndarray
    y_validation: np.ndarray


@dataclass
class Clock:
    """Listens to a sweep. It starts when workers are ready, as the others' clocks start after their imports.

    Its times are seconds since that start.
    """

    trials: list[float] = field(default_factory=list)
    """When each trial ended, as seen by the driver: the study is written."""
    epochs: list[float] = field(default_factory=list)
    """When each epoch of all folds of a trial ended."""
    fold_epochs: int = 0
    _started: float | None = None
    _seen: set[Any] = field(default_factory=set)

    def __call__(self, progress: Progress) -> None:
        """Note what a picture of the sweep has that the ones before it had not."""
        now = time.perf_counter()
        self._started = now if self._started is None else self._started
        if progress.epoch is not None and self._is_new(progress.epoch[:2]):
            self.epochs.append(now - self._started)
        if progress.ended is not None and self._is_new(progress.ended.number):
            self.trials.append(now - self._started)
        self.fold_epochs = progress.epochs

    def _is_new(self, news: Any) -> bool:
        known = news in self._seen
        self._seen.add(news)
        return not known

    def gaps(self) -> list[float]:
        """Return the seconds from the end of one trial to the end of the next; the first from the start."""
        return [end - start for start, end in pairwise([0.0, *self.trials])]

    def warm(self, workers: int) -> float:
        """Return the seconds that a trial takes once each worker has trained one of its architecture.

        One worker: the median time between the ends of two trials. Several end trials in bursts, which have no
        telling median: there it is the time from the end of the last first trial, divided by the trials since.
        """
        if workers == 1:
            return float(np.median(self.gaps()[1:]))
        return (self.trials[-1] - self.trials[workers - 1]) / (len(self.trials) - workers)


def plan(data: Any, model: Any, **settings: Any) -> Plan:
    """Return the plan of a sweep without pruning or early stopping."""
    missing = [name for name in settings if name in NEWER_SETTINGS and name not in SETTINGS]
    if missing:
        skip(f"this Kerasweep has no setting {', '.join(missing)}")
    return ks.plan_sweep(data, model, scheduler="none", patience=None, **settings)


def run(planned: Plan, clock: Clock | None = None) -> tuple[Clock, ks.Study]:
    """Run a plan to its end and return its clock and study.

    This is what ``kerasweep.launch`` does, with a listener of our own in place of the progress bar.
    """
    clock, url = clock or Clock(), new_storage()
    planned, _ = resolve_study(planned, url, named=False)
    ending = run_plan(planned, None, url, clock)
    return clock, ks.Study(ending.study)


def run_sweep(
    data: Any, model: Any, *, clock: Clock | None = None, **settings: Any
) -> tuple[Clock, ks.Study]:
    """Plan a sweep and run it to its end; return its clock and study."""
    return run(plan(data, model, **settings), clock)


def draw(planned: Plan, count: int) -> list[dict[str, Any]]:
    """Return the first configurations of a random search, for the others to train, as the driver asks for them."""
    proposer = make_proposer("random", planned.space, planned.spec.search.seed)
    drawn: list[dict[str, Any]] = []
    for number in range(count):
        seen = {configuration_key(configuration) for configuration in drawn}
        proposed = proposer.propose(ProposalRequest(number, seen))
        drawn.append({} if proposed is None else dict(proposed.configuration))
    return drawn


def check_same(
    study: ks.Study, drawn: Sequence[dict[str, Any]], build: Callable[[dict[str, Any]], Any]
) -> None:
    """Refuse to measure a sweep that did another work than the others are given.

    Args:
        study: What Kerasweep trained.
        drawn: The configurations of the others, by the numbers of trials.
        build: Makes the others' network of a configuration.
    """
    for trial in study.optuna.trials:
        state = trial.state.name
        if state == "COMPLETE" and trial.params != drawn[trial.number]:
            raise RuntimeError(
                f"Kerasweep trained {trial.params}, the others are given {drawn[trial.number]}"
            )
        if state in ("PRUNED", "FAIL"):
            raise RuntimeError("A trial of Kerasweep ended early; the others would train it to its end")
    best = study.best
    own, theirs = best.parameters, build(dict(best.configuration)).count_params()
    if own != theirs:
        raise RuntimeError(f"Kerasweep's network has {own} weights, the others' has {theirs}")


def new_storage() -> str:
    """Return the URL of a new SQLite file on the disk, for a study of Kerasweep or of Optuna."""
    return f"sqlite:///{Path(tempfile.mkdtemp(prefix='kerasweep-bench-')) / 'kerasweep.db'}"


def load_splits(name: str, folds: int, *, limit: int | None = None, flat: bool = False) -> list[Split]:
    """Return the folds that Kerasweep would make of a set of images, as plain arrays for the other contestants.

    Args:
        name: The data.
        folds: Their number; 1 for a hold-out of a fifth of the rows.
        limit: Most rows.
        flat: Whether rows are vectors, for dense networks.
    """
    dataset = load_dataset(name, limit=limit)
    x = (np.asarray(dataset.x) / np.float32(16 if name == "digits" else 255)).astype("float32")
    x = x.reshape(len(x), -1) if flat else x
    made = make_folds(dataset, method="holdout") if folds == 1 else make_folds(dataset, folds=folds)
    y = dataset.y
    return [Split(x[fold.train], y[fold.train], x[fold.validation], y[fold.validation]) for fold in made]


def count_or_auto(text: str) -> int | str:
    """Return a command line's number of workers."""
    return text if text == "auto" else int(text)


def given(**settings: Any) -> dict[str, Any]:
    """Return the settings that have a value."""
    return {name: value for name, value in settings.items() if value is not None}


def tell(**figures: Any) -> None:
    """Print the figures: a work's only line on stdout."""
    print(json.dumps(figures), flush=True)


def skip(reason: str) -> NoReturn:
    """Say why this cannot be measured here, and end."""
    tell(skipped=reason)
    sys.exit(0)


__all__ = [
    "Clock",
    "Split",
    "check_same",
    "count_or_auto",
    "draw",
    "given",
    "import_tensorflow",
    "load_splits",
    "new_storage",
    "plan",
    "run",
    "run_sweep",
    "skip",
    "tell",
]
