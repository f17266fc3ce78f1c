"""What each family of models is searched for in each size of preset: a table, of which ``presets.py`` makes spaces.

``basic`` is what a first course recommends (learning rate 0.01-0.04, batch 100, 16-32 and more with batch
normalization, ReLU, Adam or SGD, 3x3 kernels, dropout 0.25-0.4), and its grid has 6 to 10 configurations, as a
practitioner's first grid has; those of ``mlp_residual`` and ``resnet`` lean on their papers, those that read steps of time on theirs. ``standard`` adds what
practitioners try next, ``full`` all that acts on the family.
"""

from __future__ import annotations

from .changes import BATCHES, FOR_TASKS, NARROW, OPTIMIZER, RATE, TRAINING, Changes, Preset
from .dense import FOR_ROWS
from .pictures import FOR_PICTURES
from .sequences import FOR_SEQUENCES

PRESETS: dict[str, Preset] = {
    **FOR_ROWS,
    **FOR_PICTURES,
    **FOR_SEQUENCES,
    "own": Preset(
        "a model function of your own: optimizer, learning rate and batch size",
        {"optimizer": OPTIMIZER, "learning_rate": RATE, "batch_size": BATCHES},
        standard=TRAINING,
    ),
}
"""Family -> its presets."""

__all__ = ["FOR_TASKS", "NARROW", "PRESETS", "Changes", "Preset"]
