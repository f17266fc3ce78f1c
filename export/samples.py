"""Rows of a dataset as a file or folder that an exported ``predict.py`` reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..training.data.dataset import Dataset
from ..training.data.trees import Tree, named_leaves

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
