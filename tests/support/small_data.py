"""A few pictures in the form of the large sets that Keras downloads."""

from __future__ import annotations

from pathlib import Path

import numpy as np


def small_pictures(folder: Path) -> Path:
    """Write 300 pictures of 28 pixels as MNIST's and Fashion-MNIST's, and return their folder."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    x = np.pad(np.kron(digits.images[:360] * 15, np.ones((1, 3, 3))), ((0, 0), (2, 2), (2, 2))).astype(
        "uint8"
    )
    y = digits.target[:360].astype("uint8")
    for name in ("mnist", "fashion_mnist"):
        np.savez(folder / f"{name}.npz", x_train=x[:300], y_train=y[:300], x_test=x[300:], y_test=y[300:])
    return folder
