"""A few pictures in the form of the large sets that Keras downloads."""

from __future__ import annotations

from pathlib import Path

import numpy as np


def small_pictures(folder: Path, rows: int = 300) -> Path:
    """Write some pictures of 28 pixels, and a fifth as many to test with, as MNIST's and Fashion-MNIST's; return their folder."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    x = np.pad(
        np.kron(digits.images[: rows + rows // 5] * 15, np.ones((1, 3, 3))), ((0, 0), (2, 2), (2, 2))
    ).astype("uint8")
    y = digits.target[: rows + rows // 5].astype("uint8")
    for name in ("mnist", "fashion_mnist"):
        np.savez(folder / f"{name}.npz", x_train=x[:rows], y_train=y[:rows], x_test=x[rows:], y_test=y[rows:])
    return folder
