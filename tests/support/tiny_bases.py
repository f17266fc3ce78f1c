"""Bases for the family ``transfer`` that a test makes in a moment, with weights that no training starts from."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(tempfile.gettempdir()) / f"kerasweep-bases-{os.getpid()}"
TINY, OTHER = str(FOLDER / "tiny.keras"), str(FOLDER / "other.keras")
"""Two that read coloured pictures of any size."""


def write_tiny_bases() -> None:
    """Write both, once a process."""
    if FOLDER.exists():
        return
    FOLDER.mkdir()
    atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
    for seed, path in enumerate((TINY, OTHER)):
        write_base(path, seed=seed)


def write_base(path: str | Path, shape: tuple[int | None, ...] = (None, None, 3), seed: int = 0) -> Any:
    """Write a base of three convolutions with BatchNormalization, and return it."""
    import keras
    from keras import layers

    inputs = tensor = keras.Input(shape)
    for filters in (4, 6, 8):
        tensor = layers.Conv2D(filters, 3, strides=2, padding="same", use_bias=False)(tensor)
        tensor = layers.ReLU()(layers.BatchNormalization()(tensor))
    base = keras.Model(inputs, tensor)
    generator = np.random.default_rng(seed)
    base.set_weights(
        [
            generator.normal(scale=0.3, size=one.shape)
            if one.ndim > 1
            else generator.uniform(0.5, 1.5, one.shape)
            for one in base.get_weights()
        ]
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Keras's own, of NumPy 2
        base.save(path)
    return base
