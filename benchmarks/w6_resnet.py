"""W6: a small net of the family ``resnet`` on 3,000 images of Fashion-MNIST; 3 folds.

Two stages of one residual block, 8 and 16 filters, batch normalization, global average pooling, Adam, 4 epochs,
batch 100. Where architectures vary, stages, blocks, filters and the head do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from common import Split, load_splits
from versus import Work, measure

FIXED = {
    "optimizer": "adam",
    "decay": False,
    "learning_rate_schedule": "constant",
    "batch_size": 100,
    "normalization": "batch",
    "normalization_momentum": 0.9,
    "random_flip": "none",
    "geometry": False,
}
RATES = "0.001..0.02:log"


def build(splits: Sequence[Split], configuration: dict[str, Any]) -> Any:
    """Return the network."""
    from networks import build_resnet

    return build_resnet(configuration, splits[0].x.shape[1:])


WORK = Work(
    given=lambda rows: {"data": "fashion_mnist", "model": "resnet", "limit": rows},
    splits=lambda given, folds: load_splits(given["data"], folds, limit=given["limit"]),
    build=build,
    one={
        "set": {"learning_rate": RATES},
        "fix": {**FIXED, "stages": 2, "blocks": 1, "filters": 8, "head": "global_average"},
    },
    mixed={
        "set": {
            "learning_rate": RATES,
            "stages": [1, 2],
            "blocks": [1, 2],
            "filters": [6, 8, 12],
            "head": ["global_average", "flatten"],
        },
        "fix": FIXED,
    },
    rows=3_000,
    folds=3,
    epochs=4,
)

if __name__ == "__main__":
    measure(WORK, __doc__)
