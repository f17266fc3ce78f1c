"""Your own data: arrays, or a frame with a column to predict.

python own_data.py
"""

from __future__ import annotations

import kerasweep as ks
import numpy as np
import pandas as pd


def houses(rows: int = 300) -> pd.DataFrame:
    """Return made-up houses: size, quarter and age, and a price that depends on them."""
    generator = np.random.default_rng(0)
    size, age = generator.uniform(30, 200, rows), generator.integers(0, 80, rows)
    quarter = generator.choice(["harbour", "hill", "old town"], rows)
    price = 3000 * size - 800 * age + 60_000 * (quarter == "hill") + generator.normal(0, 15_000, rows)
    return pd.DataFrame({"size": size, "age": age, "quarter": quarter, "price": price})


if __name__ == "__main__":
    study = ks.launch(
        houses(), "nn", target="price", search="random", trials=3, epochs=15, folds=3, study="houses"
    )
    print(study.leaderboard())
    print(study.refit(data=houses()).test)
