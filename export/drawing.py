"""The script's ``choose_rows``: which training rows train, where a configuration takes a subset or balances classes."""

from __future__ import annotations

from typing import Any

import numpy as np

from .pretty import Expression, literal
from .winner import Winner

COMMENT = "of each class: rows that are drawn, and rows that an epoch trains"


def trained_rows(winner: Winner) -> int:
    """Return how many training rows there are after the choice, repetitions counted."""
    return len(winner.dataset.y) if winner.draw is None else sum(winner.draw.counts)


def draw_constants(winner: Winner) -> dict[str, Expression]:
    """Return the constant that ``choose_rows`` reads; empty where all rows train."""
    draw = winner.draw
    if draw is None:
        return {}
    return {"DRAWN": literal([list(pair) for pair in zip(draw.kept, draw.counts, strict=True)])}


def draw_helpers(winner: Winner) -> list[str]:
    """Return the function as source; empty where all rows train. It does what ``RowDraw.positions`` does."""
    draw = winner.draw
    if draw is None:
        return []
    of_class = "y == code" if winner.dataset.task == "classification" else "np.zeros(len(y)) == code"
    taken = "rng.choice(drawn, count)" if draw.bootstrap else "np.resize(drawn, count)"
    return ["\n".join((
        "def choose_rows(y):",
        '    """Return the sorted positions of the rows that train, drawn as the study drew them."""',
        "    rng = np.random.default_rng(0)",
        "    rows = []",
        "    for code, (kept, count) in enumerate(DRAWN):",
        f"        drawn = rng.permutation(np.flatnonzero({of_class}))[:kept]",
        f"        rows.append({taken})",
        "    return np.sort(np.concatenate(rows))",
    ))]  # fmt: skip


def compare_draw(winner: Winner, namespace: dict[str, Any], y: np.ndarray) -> list[str]:
    """Return what differs between a script's choice of training rows and the refit's; empty if nothing does."""
    if winner.draw is None:
        return []
    codes = y if winner.dataset.task == "classification" else np.zeros(len(y), np.int64)
    same = np.array_equal(namespace["choose_rows"](y), winner.draw.positions(codes))
    return [] if same else ["its choice of training rows is not the study's"]
