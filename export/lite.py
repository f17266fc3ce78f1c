"""The winner's model alone as a ``.tflite`` file for LiteRT, which small machines run; rows must come prepared.

Keras writes it (``Model.export``). It is kept once LiteRT's interpreter has predicted from it what the model does.
"""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ..errors import OutputError, one_line
from ..training.data import take
from .files import check_file, new_file
from .winner import Winner

_ROWS = 8
"""Rows, of the test if there are any, that the file is tried on."""


def write_lite(winner: Winner, path: Path) -> Path:
    """Write the file and return its path.

    Raises:
        OutputError: It cannot be written, LiteRT cannot run the model, or predicts something else.
    """
    target = check_file(path)
    dataset = winner.dataset
    rows = winner.preparation.transform(
        take(dataset.x_test if dataset.test_rows else dataset.x, slice(_ROWS))
    )
    with new_file(target) as fresh, tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch) / "model.tflite"  # Keras wants this suffix
        try:
            winner.model.export(made, format="litert", verbose=False)
            said = _predicted(made, rows)
        except Exception as error:
            raise OutputError(f"LiteRT cannot run the model: {one_line(error, 200)}") from error
        ours = keras.tree.flatten(winner.model.predict(rows, verbose=0))
        if not _alike(ours, said):
            raise OutputError("LiteRT predicts something else than the model; the file was not written.")
        fresh.write_bytes(made.read_bytes())
    return target


def _predicted(path: Path, rows: Any) -> list[np.ndarray]:
    """Return what LiteRT's interpreter predicts for prepared rows, an array for each output."""
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # it moves to a package of its own, which TensorFlow does not bring yet
        interpreter = tf.lite.Interpreter(str(path))
    run = interpreter.get_signature_runner()
    known = run.get_input_details()
    arrays = rows if isinstance(rows, dict) else dict(zip(known, keras.tree.flatten(rows), strict=True))
    given = {name: np.asarray(arrays[name], known[name]["dtype"]) for name in known}
    return list(run(**given).values())


def _alike(ours: list[np.ndarray], theirs: list[np.ndarray]) -> bool:
    """Tell whether each of our outputs is one of theirs: LiteRT keeps no order of several."""
    return len(ours) == len(theirs) and all(
        any(a.shape == b.shape and np.allclose(a, b, rtol=1e-3, atol=1e-4) for b in theirs) for a in ours
    )
