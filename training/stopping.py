"""When the epochs of a configuration end early; words as in ``keras.callbacks.EarlyStopping``.

Training goes on while either the objective or the validation loss improves. An accuracy counts rows: it stands still for
many epochs while the loss tells that the model still learns, and rises later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..spaces import Configuration
from .metrics import Objective

LOSS = Objective("val_loss", "minimize")


@dataclass(frozen=True)
class Stopping:
    """Ends training when the mean over the folds has not improved for a while."""

    patience: int | None
    """Epochs without an improvement; None never stops."""
    min_delta: float = 0.0
    """An improvement smaller than this is none, of the objective and of the loss alike."""
    start_from_epoch: int = 0
    """Epochs at the start that are not looked at."""

    def is_over(self, curve: Sequence[float], objective: Objective) -> bool:
        """Tell whether training ends after the last epoch of a curve."""
        if self.patience is None:
            return False
        best: float | None = None
        waited = 0
        margin = self.min_delta if objective.direction == "maximize" else -self.min_delta
        for value in curve[self.start_from_epoch :]:
            waited += 1
            if best is None or objective.is_better(value - margin, best):
                best, waited = value, 0
        return waited >= self.patience


def stopping_of(configuration: Configuration, patience: int | None, *, after: int = 0) -> Stopping:
    """Return a configuration's stopping.

    Args:
        configuration: May have ``patience``, ``min_delta`` and ``start_from_epoch``.
        patience: The sweep's, for a configuration that has none of its own.
        after: Epochs that nothing may end: those before a base is fine-tuned.
    """
    own = configuration.get("patience", patience)
    return Stopping(
        None if own is None else int(own),  # type: ignore[arg-type]
        float(configuration.get("min_delta", 0.0)),  # type: ignore[arg-type]
        max(after, int(configuration.get("start_from_epoch", 0))),  # type: ignore[arg-type]
    )
