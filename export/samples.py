"""Rows of a dataset as a file or folder that an exported ``predict.py`` reads."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np

from ..training.data.dataset import Dataset
from ..training.data.trees import Tree, named_leaves
from .predictor import Predictor

NAME = "sample_input"


def write_sample(rows: Tree, folder: Path, dataset: Dataset, about: dict[str, Any]) -> Path:
    """Write rows into a folder and return the file, or the folder of several files: images, texts.

    Args:
        rows: Some of the dataset's rows, as it holds them.
        folder: Where.
        dataset: What they are of.
        about: The content of ``bundle.json``.
    """
    path = folder / NAME
    if about["text_files"]:
        texts = rows[rows.columns[0]].tolist()
        return _write_files(path, ".txt", [text.encode(about["encoding"] or "utf-8") for text in texts])
    if dataset.kind == "arrays":
        np.savez(path.with_suffix(".npz"), **dict(named_leaves(rows)))
        return path.with_suffix(".npz")
    if dataset.kind == "image" and rows.dtype == np.uint8 and rows.shape[-1] in (1, 3):
        return _write_files(path, ".png", [_png(row) for row in rows])
    if not hasattr(rows, "columns"):
        np.save(path.with_suffix(".npy"), rows)
        return path.with_suffix(".npy")
    if about["columns"]:  # a CSV file would have to be one without names, of all columns
        rows.to_parquet(path.with_suffix(".parquet"))
        return path.with_suffix(".parquet")
    rows.to_csv(path.with_suffix(".csv"), index=False)
    return path.with_suffix(".csv")


def as_in_source(rows: Tree, dataset: Dataset, source: Path, read_rows: Any, predictor: Predictor) -> Tree:
    """Return a table's rows as its file has them, where dates and decimal commas make that another form.

    They are found by what the model reads of them; rows that are not found stay as the dataset holds them.

    Args:
        rows: Some of the dataset's rows.
        dataset: What they are of.
        source: The file that it was read from, if it was one.
        read_rows: That of ``predict.py``.
        predictor: What prepares rows.
    """
    formats = dataset.formats
    if not (formats.dates or formats.decimal_commas) or dataset.series is not None or not source.is_file():
        return rows
    try:
        found, _ = read_rows(source, predictor.about)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of categories that only test rows have
            there, wanted = (keras.tree.flatten(predictor.prepare(some)) for some in (found, rows))
    except (ValueError, KeyError, OSError):  # a program, say, that makes the rows
        return rows
    same = np.ones((len(rows), len(found)), bool)
    for part, asked in zip(there, wanted, strict=True):
        flat, row = (np.asarray(one, np.float64).reshape(len(one), -1) for one in (part, asked))
        same &= np.stack([np.isclose(flat, one, rtol=1e-5, equal_nan=True).all(axis=1) for one in row])
    return found.iloc[same.argmax(axis=1)].reset_index(drop=True) if same.any(axis=1).all() else rows


def _write_files(folder: Path, suffix: str, contents: list[bytes]) -> Path:
    """Write a file a row, named so that they are read in this order."""
    folder.mkdir()
    for number, content in enumerate(contents):
        (folder / f"{number:03}{suffix}").write_bytes(content)
    return folder


def _png(pixels: np.ndarray) -> bytes:
    import io

    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).save(stream, "PNG")
    return stream.getvalue()
