"""W1 with mixed architectures: digits, 5 folds x 20 epochs, configurations drawn from the ``dnn`` basic preset.

The list follows from a seed. Depth, width, activation, normalization, optimizer, batch size, dropout and learning
rate all vary, so that hardly two configurations share a program.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from common import Split, load_splits
from versus import Work, measure


def build(splits: Sequence[Split], configuration: dict[str, Any]) -> Any:
    """Return the network."""
    from networks import build_dense

    return build_dense(configuration, splits[0].x.shape[1])


WORK = Work(
    given=lambda rows: {"data": "digits", "model": "dnn", "limit": rows},
    splits=lambda given, folds: load_splits(given["data"], folds, limit=given["limit"], flat=True),
    build=build,
    one={},
    mixed={},
    rows=1_348,
    folds=5,
    epochs=20,
)

if __name__ == "__main__":
    measure(WORK, __doc__)
