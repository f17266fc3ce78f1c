"""Data: read from any source into a `Dataset`, prepared without leaks, and cut into folds.

    source -> load_dataset -> Dataset -> choose_preparation -> Preparation.fit (a fold's training rows) -> arrays
                                      -> make_folds -> Folds

Nothing here imports TensorFlow, unless a data set has to be downloaded through ``keras.datasets``.
"""

from .acting import acting
from .choice import choose_preparation
from .dataset import Dataset, Kind, Task
from .folds import Fold, FoldMethod, make_folds
from .loading import KNOWN_NAMES, load_dataset
from .preparation import (
    Channels,
    FittedPreparation,
    Layout,
    Preparation,
    Scaling,
)
from .recipe import COLUMN_NAMES, Recipe, configured
from .rows import ROW_NAMES, RowChoice, RowDraw, choose_rows, codes_of, draw_rows
from .splits import TestSplit

__all__ = [
    "COLUMN_NAMES",
    "KNOWN_NAMES",
    "ROW_NAMES",
    "Channels",
    "Dataset",
    "FittedPreparation",
    "Fold",
    "FoldMethod",
    "Kind",
    "Layout",
    "Preparation",
    "Recipe",
    "RowChoice",
    "RowDraw",
    "Scaling",
    "Task",
    "TestSplit",
    "acting",
    "choose_preparation",
    "choose_rows",
    "codes_of",
    "configured",
    "draw_rows",
    "load_dataset",
    "make_folds",
]
