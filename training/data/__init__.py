"""Data: read from any source into a `Dataset`, prepared without leaks, and cut into folds.

    source -> load_dataset -> Dataset -> choose_preparation -> fit_preparation (a fold's training rows) -> arrays
                                      -> make_folds -> Folds

Nothing here imports TensorFlow, unless a data set has to be downloaded through ``keras.datasets``.
"""

from .by_batch import ByBatch
from .configured_preparation import applicable_hyperparameters, configure_preparation
from .dataset import Dataset, Kind
from .default_preparation import choose_preparation, holds_only_text
from .fitted_preparation import FittedPreparation, fit_preparation
from .folds import Fold, disjoint_folds, folds_of_a_partition, make_folds
from .headers import column_at
from .load_options import LoadOptions
from .loading import load_dataset
from .mapped_rows import MappedRows
from .mapped_table import MappedTable
from .outer_folds import OuterFold, hold_out_fold
from .preparation import Channels, Layout, Preparation, Recipe, value_range
from .preparation_text import describe_preparation
from .python_sources import GivenData
from .resampling import RowDraw, draw_rows, resampling_of
from .splitters import describe_splitter, folds_fingerprint, folds_of_splitter, gives_positions, keeps_order
from .strata import row_strata
from .target_format import AS_STORED, TargetFormat
from .tasks import TASKS, Task
from .tokens import integer_columns, sample_rows, with_tokens
from .trees import Tree, is_nest, leaves, map_shapes, row_count, take

__all__ = [
    "AS_STORED",
    "TASKS",
    "ByBatch",
    "Channels",
    "Dataset",
    "FittedPreparation",
    "Fold",
    "GivenData",
    "Kind",
    "Layout",
    "LoadOptions",
    "MappedRows",
    "MappedTable",
    "OuterFold",
    "Preparation",
    "Recipe",
    "RowDraw",
    "TargetFormat",
    "Task",
    "Tree",
    "applicable_hyperparameters",
    "choose_preparation",
    "column_at",
    "configure_preparation",
    "describe_preparation",
    "describe_splitter",
    "disjoint_folds",
    "draw_rows",
    "fit_preparation",
    "folds_fingerprint",
    "folds_of_a_partition",
    "folds_of_splitter",
    "gives_positions",
    "hold_out_fold",
    "holds_only_text",
    "integer_columns",
    "is_nest",
    "keeps_order",
    "leaves",
    "load_dataset",
    "make_folds",
    "map_shapes",
    "resampling_of",
    "row_count",
    "row_strata",
    "sample_rows",
    "take",
    "value_range",
    "with_tokens",
]
