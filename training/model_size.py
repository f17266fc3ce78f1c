"""How large a model is, told to whoever must know it when the process that trains it dies of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..texts import bytes_text


@dataclass(frozen=True)
class ModelSize:
    """How large a model is."""

    parameters: int
    """Number of weights."""
    training_bytes: int
    """An estimate of the memory that training all of its folds takes, data not counted."""

    @property
    def measured(self) -> dict[str, float]:
        """What it says of a trial."""
        return {"params": float(self.parameters), "memory": float(self.training_bytes)}

    @property
    def text(self) -> str:
        """It in words."""
        return (
            f"{self.parameters:,} parameters, which take {bytes_text(self.training_bytes)} or more to train"
        )


class _Told:
    """Of the model that this process has built last to train it."""

    listener: Callable[[ModelSize], object] | None = None
    size: ModelSize | None = None


def listen_for_size(callback: Callable[[ModelSize], object] | None) -> None:
    """Have a function called with the size of every model that is about to be trained, or nothing any more."""
    _Told.listener = callback


def tell_size(size: ModelSize | None) -> None:
    """Say how large the model is that is about to be trained; None before it is built."""
    _Told.size = size
    if size is not None and _Told.listener is not None:
        _Told.listener(size)


def told_size() -> ModelSize | None:
    """Return what was told last."""
    return _Told.size
