"""A table's column with one type: numbers without pandas' nullable types, texts without what surrounds them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...cells import plain_number, plain_text


def count_distinct(values: Any) -> int:
    """Return how many different values there are, of numbers no more than 2: to count them takes memory."""
    if not isinstance(values.dtype, np.dtype) or values.dtype.kind not in "biuf":
        return int(values.nunique())
    known = values.dropna()
    return 0 if known.empty else 1 if (known == known.iloc[0]).all() else 2


def is_number(values: Any) -> bool:
    """Return whether a column is numbers or booleans, also objects of True, False and missing."""
    import pandas as pd

    if isinstance(values.dtype, pd.CategoricalDtype):
        return False
    if pd.api.types.is_numeric_dtype(values.dtype):
        return not pd.api.types.is_complex_dtype(values.dtype)
    return pd.api.types.infer_dtype(values, skipna=True) == "boolean"


def plain_numbers(values: Any) -> np.ndarray:
    """Return NumPy values without pandas' nullable types; missing becomes NaN, which makes integers floats."""
    import pandas as pd

    if not isinstance(values.dtype, pd.CategoricalDtype) and pd.api.types.is_string_dtype(values.dtype):
        values = values.astype(object).map(
            plain_number, na_action="ignore"
        )  # test rows of their own may have marks
    missing = values.isna()
    if isinstance(values.dtype, np.dtype) and values.dtype.kind == "f":
        return np.asarray(values.to_numpy(np.float64 if missing.any() else None))
    if missing.any() or values.dtype == object:
        if not missing.any() and pd.api.types.infer_dtype(values) == "boolean":
            return np.asarray(values.to_numpy(bool))
        return np.asarray(values.astype(object).where(~missing, np.nan).astype(np.float64).to_numpy())
    array = values.to_numpy()
    if array.dtype == object:  # pandas' nullable types
        array = values.to_numpy({"b": bool, "i": np.int64, "u": np.uint64}.get(values.dtype.kind, np.float64))
    return np.asarray(array.astype(np.float64) if array.dtype.kind not in "biuf" else array)


def filled(train: Any, test: Any) -> tuple[Any, Any]:
    """Return a column of texts, an empty one where there is none."""
    import pandas as pd

    first, second = (
        pd.Series(
            ["" if missing else str(cell) for cell, missing in zip(part, part.isna(), strict=True)],
            dtype=object,
        )
        for part in (train, test)
    )
    return first, second


def as_text(values: Any) -> Any:
    """Return a column of str objects and missing values, whatever text type it had."""
    import pandas as pd

    if not isinstance(values.dtype, pd.StringDtype):
        return values.astype(object).map(plain_text, na_action="ignore").reset_index(drop=True)
    codes, words = pd.factorize(values)
    plain = np.array([*(plain_text(word) for word in words), None], object)
    return pd.Series(plain[codes], dtype=object)
