"""How a seed becomes weights and the order of rows; an exported script repeats exactly this."""

from __future__ import annotations

import numpy as np


def fold_seed(seed: int, fold: int) -> int:
    """Return the seed of one fold's model, independent between folds; ``refit`` is fold 0."""
    return int(np.random.SeedSequence([seed, fold]).generate_state(1)[0])


def epoch_order(seed: int, epoch: int, rows: int) -> np.ndarray:
    """Return the order in which a fold's epoch, counted from 0, visits so many training rows."""
    return np.random.default_rng([seed, epoch]).permutation(rows)
