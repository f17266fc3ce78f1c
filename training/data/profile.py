"""What a study keeps of its data to show: counts and kinds, and of images a few small pictures; no row of a table."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..pictures import png_text, value_span
from .dataset import Dataset
from .mapped_rows import parts_of
from .preparation import Preparation

MOST_COLUMNS, MOST_CLASSES = 100, 100
"""Columns and classes that are listed; of all others the number is kept."""
PICTURES, PIXELS, PICTURE_BYTES = 12, 32, 20_000
"""Pictures, pixels of their longer side, and characters of all of them together."""
_NAME = 60
"""Characters of a name."""


def profile_of(dataset: Dataset, preparation: Preparation) -> dict[str, Any]:
    """Return what is known about the training rows, as plain data of at most some 30 kB.

    Args:
        dataset: The data.
        preparation: Says what its columns are.
    """
    found = {
        "class_counts": _class_counts(dataset),
        "columns": _columns(dataset, preparation),
        "pictures": _pictures(dataset),
    }
    known = {key: value for key, value in found.items() if value}
    return {**known, "column_count": len(dataset.x.columns)} if dataset.kind == "table" else known


def _class_counts(dataset: Dataset) -> list[tuple[str, int]]:
    """Return the training rows of each class, or with each label, in the order of the classes."""
    if dataset.task == "classification":
        counts = np.bincount(dataset.y, minlength=len(dataset.classes))
    elif dataset.task == "multilabel":
        counts = dataset.y.sum(axis=0)
    else:
        return []
    pairs = zip(dataset.classes, counts, strict=True)
    return [(name[:_NAME], int(count)) for name, count in list(pairs)[:MOST_CLASSES]]


def _columns(dataset: Dataset, preparation: Preparation) -> list[dict[str, Any]]:
    """Return a table's columns: name, kind, rows without a value, and of categories how many there are."""
    if dataset.kind != "table":
        return []
    kinds = {
        **dict.fromkeys(preparation.numeric, "numbers"),
        **dict.fromkeys(preparation.categorical, "categories"),
        **dict.fromkeys(preparation.texts, "text"),
    }
    found = []
    for name in list(dataset.x.columns)[:MOST_COLUMNS]:
        column, kind = dataset.x[name], kinds.get(str(name), "left out")
        says = {"name": str(name)[:_NAME], "kind": kind, "missing": int(column.isna().sum())}
        found.append({**says, "distinct": int(column.nunique())} if kind == "categories" else says)
    return found


def _pictures(dataset: Dataset) -> list[dict[str, str]]:
    """Return a few pictures, of as many classes as there can be, the first rows of each."""
    if dataset.kind != "image" or not dataset.rows:
        return []
    some = np.arange(min(dataset.rows, 1000))
    span = value_span(parts_of(dataset.x[some]))
    codes = dataset.y[some].tolist() if dataset.task == "classification" else []
    found: list[dict[str, str]] = []
    room = PICTURE_BYTES
    for row in _of_each(codes) if codes else some:
        text = png_text(dataset.x[row], span, PIXELS)
        room -= len(text)
        if room < 0 or len(found) == PICTURES:
            break
        found.append({"label": dataset.classes[codes[row]][:_NAME] if codes else "", "png": text})
    return found


def _of_each(codes: list[int]) -> list[int]:
    """Return places so that the first one of each class comes first, in the order of the classes, then the second ones."""
    seen: dict[int, int] = {}
    ranks = []
    for place, code in enumerate(codes):
        ranks.append((seen.get(code, 0), code, place))
        seen[code] = seen.get(code, 0) + 1
    return [place for *_, place in sorted(ranks)]
