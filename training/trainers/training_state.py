"""The state of a trial that is being trained: read where it begins, written on the way, when it is paused, and at its end."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from ..events import Answer, EpochEnded, Task
from ..models.tracked_configuration import note
from ..workload import Workload
from .curves import Curves
from .paused_state import FoldState, PausedTrial, UnusableStateError, identity_of, load_state, save_state

NOT_KEPT = "trained from the start: no state was kept of the trial that it continues"
LOST = "trained from the start: its state cannot be used"
NO_CHECKPOINT = "no checkpoint is kept, so that it trains from the start where it is interrupted"


def note_without_checkpoint(task: Task, seconds: float, reason: str) -> None:
    """Say of a training of some seconds that it has kept no checkpoint, if it took long enough for one."""
    if task.checkpoint_every is not None and seconds >= task.checkpoint_every:
        note(f"{NO_CHECKPOINT}: {reason}")


class FoldsInTraining(Protocol):
    """The folds of one configuration, each as far as it was trained."""

    @property
    def method(self) -> str:
        """How they are trained; states go from one training to another of the same way only."""
        ...

    def train(self, epoch: int, folds: Sequence[int]) -> Sequence[Mapping[str, float]]:
        """Train an epoch, counted from 0, of some folds, and return the logs of each.

        Folds begin in their order, with epoch 0, and each trains its epochs one after the other.
        """
        ...

    def copy_states(self, folds: Sequence[int]) -> list[FoldState]:
        """Return the states of some folds, after all of their epochs so far.

        Raises:
            UnusableStateError: There is more to the training than can be taken.
        """
        ...

    def load_states(self, states: Sequence[FoldState], epochs: Sequence[int]) -> None:
        """Have the first folds go on from states, each after so many epochs; nothing was trained before.

        Raises:
            UnusableStateError: They are another model's; all folds are to be trained from the start.
        """
        ...


@dataclass
class TrainingState:
    """What a training goes on from, and writes down so that another one may."""

    workload: Workload
    task: Task
    folds: FoldsInTraining
    curves: Curves
    """As far as the folds have come."""
    started: float
    """``time.perf_counter()`` when the training began, had nobody waited since, and nothing been paused."""
    span: int | None
    """All epochs, where the training depends on their number."""
    taken_over: int = 0
    """Epochs that were trained by the trial that it continues."""
    _written: float = field(default_factory=time.perf_counter)
    """When it was last written, or began, had nobody waited since."""
    _possible: bool = True
    """Whether checkpoints can be kept, for all that is known."""

    @property
    def seconds(self) -> float:
        """That it has trained so far."""
        return time.perf_counter() - self.started

    def load(self, epochs: int) -> None:
        """Have folds and curves go on from the task's file; from the start where there is none, or it cannot be used.

        Args:
            epochs: Of the whole training.
        """
        path = self.task.state
        if path is None or not path.exists():
            if self.task.continues:
                note(NOT_KEPT)
            return
        try:
            paused = load_state(path, self._identity, epochs)
            self.folds.load_states(paused.folds, paused.lengths)
        except (UnusableStateError, OSError) as error:
            note(f"{LOST}: {error}")
            return
        for metric, values in paused.curves.items():
            self.curves.values[metric] = [*values, *([] for _ in self.workload.folds[len(values) :])]
        if self.task.continues and paused.trial != self.task.number:
            self.taken_over = self.curves.epochs
            return
        self.taken_over = paused.taken_over
        self.started -= paused.seconds

    def ask(self, event: EpochEnded) -> Generator[EpochEnded, Answer | None, Answer]:
        """Tell an event, and return how the training goes on; what passes until that is said is no time of its own."""
        asked = time.perf_counter()
        answer = (yield event) or Answer.GO_ON
        waited = time.perf_counter() - asked
        self.started += waited
        self._written += waited
        return answer

    def checkpoint(self) -> bool:
        """Write the state where enough has been trained since it was last written; tell whether it was.

        What keeps it from being written is noted once, and what can never be written is not tried again.
        """
        every = self.task.checkpoint_every
        if every is None or not self._possible or time.perf_counter() - self._written < every:
            return False
        self._written = time.perf_counter()
        return self.save(self.task.state, NO_CHECKPOINT)

    def save(self, path: Path | None, otherwise: str) -> bool:
        """Write the state, and tell whether that was possible; where not, say what comes of it, and why."""
        if path is None:
            self._possible = False
            note(f"{otherwise}: it has no file")
            return False
        try:
            save_state(self._take(), path)
        except (UnusableStateError, OSError) as error:
            self._possible = isinstance(error, OSError)  # there may be room later
            note(f"{otherwise}: {error}")
            return False
        return True

    def _take(self) -> PausedTrial:
        states = tuple(self.folds.copy_states(range(self.curves.folds)))
        return PausedTrial(
            self._identity,
            states,
            self.curves.trained,
            self.seconds,
            self.span,
            self.task.number,
            self.taken_over,
        )

    @property
    def _identity(self) -> str:
        return identity_of(self.workload, self.task, self.folds.method)
