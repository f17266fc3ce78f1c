"""All that says how data are loaded: one object from the specification through loading to the exports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...errors import DataError, did_you_mean
from .splits import SplitOptions, TestSplit
from .table_options import TableOptions
from .tasks import TASKS, Task

if TYPE_CHECKING:
    from .rare_classes import RareClasses

ASKED_TASKS = tuple(task for task in TASKS if task != "outputs")
"""What may be asked for; several outputs are no choice."""


@dataclass(frozen=True)
class LoadOptions(TableOptions):
    """What is asked for beside a source: its columns, what its target is, and how its rows are split."""

    task: Task | None = None
    """``classification``, ``multilabel`` (columns of 0 and 1, with any number of ones a row) or ``regression``; by rule
    from the target's values where None."""
    limit: int | None = None
    """Most training rows to keep: a draw with class proportions kept; test rows are not touched."""
    seed: int = 0
    """Of the test split and of the draw."""
    test_size: float = 0.25
    """Part of the rows to hold out where the source has no test split, from 0 (none) to less than 1."""
    test_split: TestSplit = "random"
    """Hold out rows drawn by chance, or the last ones, for rows in order of time."""
    keep_shape: bool = False
    """Whether arrays keep their shape, however much they look like images."""
    rare_classes: RareClasses | None = None
    """Drop or merge classes of fewer training rows than ``fewest``; all stay where None."""
    fewest: int = 2
    """Training rows that a class needs to be in every fold."""
    outer: str | None = None
    """Which fold of the training rows is held out in place of the test split, ``2/5``, for nested cross-validation."""
    stratify: str | None = None
    """Which of several outputs holds classes whose proportions every split keeps."""

    def __post_init__(self) -> None:
        """Refuse what cannot be, whatever the source.

        Raises:
            DataError: The task or the test split is unknown, or a size is none.
        """
        if self.task is not None and self.task not in ASKED_TASKS:
            raise DataError(f"unknown task '{self.task}'.{did_you_mean(str(self.task), ASKED_TASKS)}")
        if self.limit is not None and self.limit < 1:
            raise DataError(f"limit must be a positive number of rows, got {self.limit}")
        SplitOptions(self.test_size, self.test_split, self.seed)

    @property
    def test(self) -> SplitOptions:
        """Which rows are held out where the source has no test split; the last ones of a series."""
        return SplitOptions(self.test_size, self.test_split if self.window is None else "last", self.seed)
