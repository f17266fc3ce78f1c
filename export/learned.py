"""What was fitted to the training rows, on disk: a pickle that is read without running what others may have put into it.

A pickle says by name what shall be called to make its objects. Only what a preparation is made of is known here:
scikit-learn's estimators, arrays, and the few functions that they are given (``training/data/pipelines.py``).
"""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import StudyError, one_line

_KNOWN = {
    "_codecs": {"encode"},  # bytes, in older protocols
    "builtins": {"bytearray", "complex", "frozenset", "set", "slice"},
    "collections": {"OrderedDict", "defaultdict"},
    "numpy": {"clip", "dtype", "ndarray"},
    "numpy._core.fromnumeric": {"clip"},
    "numpy._core.multiarray": {"_reconstruct", "scalar"},
    "numpy._core.numeric": {"_frombuffer"},
    "numpy.dtypes": {"StringDType"},
    "sklearn.compose._column_transformer": {"_RemainderColsList"},
    "sklearn.feature_selection._univariate_selection": {"f_classif", "f_regression"},
    "sklearn.model_selection._split": {"KFold"},
    "sklearn.utils._bunch": {"Bunch"},
}
"""Module -> names of it that are neither estimators nor types of numbers."""


class _Unpickler(pickle.Unpickler):
    """Makes nothing but what a preparation is made of."""

    def find_class(self, module: str, name: str) -> Any:
        if name in _KNOWN.get(module, ()):
            return super().find_class(module, name)
        if module == "numpy" or module.startswith("sklearn."):
            from sklearn.base import BaseEstimator

            found = None if "." in name else super().find_class(module, name)
            if isinstance(found, type) and issubclass(found, BaseEstimator | np.generic):
                return found
        raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no preparation is made of")


def save_learned(learned: dict[str, Any], path: Path) -> None:
    """Write what was learned; ``joblib.load`` reads it, too."""
    path.write_bytes(pickle.dumps(learned, protocol=5))


def load_learned(path: Path) -> dict[str, Any]:
    """Return what was learned.

    Raises:
        StudyError: The file is missing, damaged, or holds something else than a preparation.
    """
    try:
        with path.open("rb") as file:
            found: Any = _Unpickler(file).load()
        return {key: found[key] for key in ("features", "target", "vocabulary")}
    except Exception as error:  # whatever is made of what it holds
        raise StudyError(
            f"{path} cannot be loaded: {one_line(error, 200)}; export the model again."
        ) from error
