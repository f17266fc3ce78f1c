"""Schedulers: how far each trial is trained."""

from .contract import KnownProgress, Scheduler, TrialProgress, progress_of, reached_by
from .halving import Halving
from .pruning import Pruning, make_pruning
from .racing import contender

__all__ = [
    "Halving",
    "KnownProgress",
    "Pruning",
    "Scheduler",
    "TrialProgress",
    "contender",
    "make_pruning",
    "progress_of",
    "reached_by",
]
