"""A study or a trial as something that others use: a specification, a script, a folder with model and ``predict.py``.

``formats`` lists them, and imports each where it is written: some of them need TensorFlow, as ``TrainedModel`` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .formats import FORMATS

if TYPE_CHECKING:
    from .trained import TrainedModel

__all__ = ["FORMATS", "TrainedModel"]


def __getattr__(name: str) -> Any:
    if name != "TrainedModel":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .trained import TrainedModel

    return TrainedModel
