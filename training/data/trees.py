"""Nests of arrays: dicts, lists and tuples of them, as ``fit`` takes them for several inputs or outputs.

A tree is what the user gave; all of its arrays have as many rows, which are taken by position from each. A single array
or a DataFrame is a tree, too, of which it is the only leaf. Nothing here imports TensorFlow, and an exported script holds
the source of what it needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

Tree: TypeAlias = Any
"""An array, a DataFrame, or a dict, list or tuple of trees."""


def is_nest(value: Any) -> bool:
    """Tell whether a value is a dict, a list or a tuple."""
    return isinstance(value, Mapping | list | tuple)


def map_leaves(function: Callable[[Any], Any], tree: Tree) -> Tree:
    """Return a tree of the same nest, with what a function makes of each leaf."""
    if isinstance(tree, Mapping):
        return {key: map_leaves(function, part) for key, part in tree.items()}
    if isinstance(tree, list | tuple):
        parts = [map_leaves(function, part) for part in tree]
        return parts if isinstance(tree, list) else tuple(parts)
    return function(tree)


def named_leaves(tree: Tree, before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the leaves with their names: keys and positions, ``left`` or ``pictures/0``; a lone leaf has none."""
    if not is_nest(tree):
        yield before, tree
        return
    for key, part in tree.items() if isinstance(tree, Mapping) else enumerate(tree):
        yield from named_leaves(part, f"{before}/{key}" if before else str(key))


def leaves(tree: Tree) -> list[Any]:
    """Return the leaves, in the order of the nest."""
    return [leaf for _, leaf in named_leaves(tree)]


def as_given(values: Any) -> np.ndarray:
    """Return a leaf as a model gets it: floats as float32, truth as 0 and 1, other numbers in their own type."""
    array = np.asarray(values)
    if array.dtype.kind in "fb":
        array = array.astype(np.float32 if array.dtype.kind == "f" else np.uint8)
    return np.ascontiguousarray(array) if array.ndim else array


def nested(arrays: Mapping[str, Any], name: str) -> Tree:
    """Return the nest of an archive's arrays that are called ``name/left``, ``name/0/right`` and so on.

    Whole numbers from 0 are positions of a list, as ``named_leaves`` names them.
    """
    if name in arrays:
        return arrays[name]
    inside = (key.removeprefix(f"{name}/").partition("/")[0] for key in arrays if key.startswith(f"{name}/"))
    keys = list(dict.fromkeys(inside))
    if set(keys) == {str(position) for position in range(len(keys))}:
        return [nested(arrays, f"{name}/{position}") for position in range(len(keys))]
    return {key: nested(arrays, f"{name}/{key}") for key in keys}


def take(tree: Tree, rows: Any) -> Tree:
    """Return rows by position, of every leaf; a frame gets a fresh index."""
    return map_leaves(
        lambda leaf: leaf.iloc[rows].reset_index(drop=True) if hasattr(leaf, "iloc") else leaf[rows], tree
    )


def concatenate(trees: Sequence[Tree]) -> Tree:
    """Return the rows of several trees of one nest, one after the other."""
    joined = iter([_concatenated(parts) for parts in zip(*map(leaves, trees), strict=True)])
    return map_leaves(lambda _: next(joined), trees[0])


def _concatenated(parts: Sequence[Any]) -> Any:
    if not hasattr(parts[0], "iloc"):
        return np.concatenate(parts)
    import pandas as pd

    return pd.concat(parts, ignore_index=True)


def row_count(tree: Tree) -> int:
    """Return the number of rows."""
    return len(leaves(tree)[0])


def row_shapes(tree: Tree) -> Tree:
    """Return the shape of a row of each leaf; see ``map_shapes``."""
    return map_leaves(lambda leaf: tuple(leaf.shape[1:]), tree)


def map_shapes(function: Callable[[tuple[int, ...]], Any], shapes: Tree) -> Tree:
    """Return what a function makes of each shape in a nest of them, whose leaves are tuples of whole numbers."""
    if isinstance(shapes, tuple) and all(isinstance(size, int) for size in shapes):
        return function(shapes)
    if isinstance(shapes, Mapping):
        return {key: map_shapes(function, part) for key, part in shapes.items()}
    parts = [map_shapes(function, part) for part in shapes]
    return parts if isinstance(shapes, list) else tuple(parts)
