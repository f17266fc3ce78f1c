"""W5: the family ``mlp_residual`` on a CSV file of 2,000 rows, 20 columns of numbers and 3 of categories; 5 folds.

A net with branches: residual blocks with batch normalization and dropout, Adam, 20 epochs, batch 100, two classes.
Reading the file and preparing columns inside each fold are in everybody's time, as in W3.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from common import Split
from versus import Work, measure
from w3_table import splits_of, write_table

FIXED = {"optimizer": "adam", "batch_size": 100, "expansion": 2.0, "normalization": "batch"}
RATES = "0.001..0.02:log"


def build(splits: Sequence[Split], configuration: dict[str, Any]) -> Any:
    """Return the network."""
    from networks import build_residual

    return build_residual(configuration, splits[0].x.shape[1], outputs=2)


WORK = Work(
    given=lambda rows: {"data": write_table(rows), "model": "mlp_residual", "target": "bought"},
    splits=lambda given, folds: splits_of(given["data"], folds),
    build=build,
    one={
        "set": {"learning_rate": RATES, "dropout": [0.1, 0.25, 0.4]},
        "fix": {**FIXED, "units": 64, "blocks": 2, "activation": "relu"},
    },
    mixed={
        "set": {
            "learning_rate": RATES,
            "units": [32, 48, 64, 96],
            "blocks": [1, 2, 3],
            "activation": ["relu", "elu"],
        },
        "fix": {**FIXED, "dropout": 0.25},
    },
    rows=2_000,
    folds=5,
    epochs=20,
)

if __name__ == "__main__":
    measure(WORK, __doc__)
