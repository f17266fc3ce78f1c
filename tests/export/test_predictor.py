"""Rows that no model reads are refused before any model is asked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from kerasweep.export.predictor import InputError, Predictor

MASKED = np.ma.masked_greater(np.arange(8.0).reshape(4, 2), 5)


@pytest.mark.parametrize(
    ("kind", "shape", "x"),
    [
        ("array", [2], MASKED),
        ("arrays", {"left": [2]}, {"left": MASKED}),
        ("table", None, MASKED),
    ],
)
def test_masked_values_are_not_taken_for_numbers(kind: str, shape: Any, x: Any) -> None:
    plan = {"kind": kind, "source_shape": shape, "numeric": ["a", "b"], "categorical": [], "texts": []}
    predictor = Predictor({"preparation": plan, "series": None}, None, None, None, None)
    with pytest.raises(InputError, match=r"masked array: call \.filled\(np\.nan\) first"):
        predictor.prepare(x)
