"""Data sets known by name: small ones that scikit-learn carries, and those of ``keras.datasets``."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import DataError, one_line
from ..quiet import import_tensorflow
from .archives import read_npz
from .source_data import SourceData

EMBEDDED = ("digits", "iris", "wine", "breast_cancer", "diabetes")
DOWNLOADED = ("mnist", "fashion_mnist", "cifar10", "cifar100")
KNOWN_NAMES = EMBEDDED + DOWNLOADED

FOLDER_VARIABLE = "KERASWEEP_DATA"
"""Environment variable with the folder that is searched before anything is downloaded."""

CLASSES: dict[str, tuple[str, ...]] = {
    "fashion_mnist": (
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
    "cifar10": (
        "airplane",
        "automobile",
        "bird",
        "cat",
        "deer",
        "dog",
        "frog",
        "horse",
        "ship",
        "truck",
    ),
}


def known_name(source: str) -> str | None:
    """Return the canonical name for ``MNIST``, ``fashion-mnist`` and the like, or None."""
    name = source.strip().lower().replace("-", "_").replace(" ", "_")
    return name if name in KNOWN_NAMES else None


def load_named(name: str) -> SourceData:
    """Read one of `KNOWN_NAMES` from scikit-learn, from the data folder, or through ``keras.datasets``.

    Raises:
        DataError: The data is not on this machine and cannot be downloaded.
    """
    return _load_embedded(name) if name in EMBEDDED else _load_downloaded(name)


def _load_embedded(name: str) -> SourceData:
    from sklearn import datasets

    if name == "digits":
        bunch = datasets.load_digits()
        # scikit-learn stores the whole numbers 0-16 as float64: bytes are an eighth of that.
        return SourceData(
            name, bunch.images.astype(np.uint8), bunch.target, kind="image", task="classification"
        )
    if name == "diabetes":
        # By default scikit-learn scales these columns over all rows, held-out ones too; the raw ones leak nothing.
        bunch = datasets.load_diabetes(as_frame=True, scaled=False)
        return SourceData(name, bunch.data, bunch.target, task="regression")
    bunch = getattr(datasets, f"load_{name}")(as_frame=True)
    classes = tuple(str(label) for label in bunch.target_names)
    return SourceData(name, bunch.data, bunch.target, classes=classes, task="classification")


def _load_downloaded(name: str) -> SourceData:
    folder = os.environ.get(FOLDER_VARIABLE)
    path = Path(folder).expanduser() / f"{name}.npz" if folder else None
    if path is not None and path.is_file():
        downloaded = read_npz(path, group=None)
        x, y, x_test, y_test = downloaded.x, downloaded.y, downloaded.x_test, downloaded.y_test
    else:
        (x, y), (x_test, y_test) = _download(name, path)
    classes = CLASSES.get(name, ())
    y, y_test = np.reshape(y, -1), np.reshape(y_test, -1)  # Keras has those of CIFAR in a column
    return SourceData(name, x, y, x_test, y_test, classes=classes, kind="image", task="classification")


def _download(name: str, path: Path | None) -> Any:
    """Ask Keras for a data set, which keeps what it downloads in ``~/.keras/datasets``."""
    if "keras" not in sys.modules:
        import_tensorflow()
    try:
        from keras import datasets

        # Keras draws its download bar on stdout, which belongs to the command's own output.
        with contextlib.redirect_stdout(sys.stderr):
            return getattr(datasets, name).load_data()
    except Exception as error:
        where = str(path) if path is not None else f"${FOLDER_VARIABLE}/{name}.npz"
        setting = "" if path is not None else f" and set {FOLDER_VARIABLE} to that folder"
        raise DataError(
            f"{name} is not on this machine and could not be downloaded ({one_line(error, 120)}). "
            f"Put a file with x_train, y_train, x_test, y_test at {where}{setting}."
        ) from error
