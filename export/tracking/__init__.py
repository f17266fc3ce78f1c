"""Others' tools that follow experiments: a study is told to them while it runs (``--log``), each by its own library."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec

from ...errors import OutputError, SpecError, one_line
from .contract import EpochValue, Tracker

__all__ = ["TRACKERS", "EpochValue", "Tracker", "make_trackers"]


def _tensorboard(study: str, url: str) -> Tracker:
    from .tensorboard import TensorBoardTracker

    return TensorBoardTracker(study, url)


def _mlflow(study: str, url: str) -> Tracker:
    from .mlflow import MlflowTracker

    return MlflowTracker(study, url)


TRACKERS: dict[str, Callable[[str, str], Tracker]] = {"tensorboard": _tensorboard, "mlflow": _mlflow}
"""Name of a tool, of its package and of its extra -> makes its tracker for a study's name and storage."""


def make_trackers(names: Sequence[str], study: str, url: str) -> dict[str, Tracker]:
    """Return trackers by name, ready to be told of a study.

    Raises:
        SpecError: A tool is not installed.
        OutputError: It cannot be written to.
    """
    for name in names:
        if find_spec(name) is None:
            raise SpecError(f"--log {name} needs its library: pip install 'kerasweep[{name}]'.")
    made = {}
    for name in names:
        try:
            made[name] = TRACKERS[name](study, url)
        except Exception as error:
            raise OutputError(f"--log {name} cannot write: {one_line(error, 300)}") from error
    return made
