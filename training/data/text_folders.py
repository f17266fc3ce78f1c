"""Reader of folders of ``.txt`` files: one folder per class, optionally below ``train`` and ``test``."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection
from pathlib import Path

from ...errors import DataError, one_line
from .class_folders import FoundFiles, read_class_folders
from .source_data import SourceData
from .text_encodings import encoding_problem, file_encoding

TEXT_SUFFIXES = frozenset({".txt"})


def holds_texts(root: Path, others: Collection[str]) -> bool:
    """Tell whether a folder holds more text files than others, whose suffixes are given."""
    names = (name for _, _, files in os.walk(root) for name in files)
    found = Counter(Path(name).suffix.lower() for name in names)
    return sum(found[suffix] for suffix in TEXT_SUFFIXES) > sum(found[suffix] for suffix in others)


def read_text_folder(root: Path, encoding: str | None = None) -> SourceData:
    """Read a folder of text files, in the order of class and file names.

    Args:
        root: The folder.
        encoding: Of all files; each one's byte order mark's, else UTF-8, where None.

    Returns:
        ``x`` is a list of texts, ``y`` the class names.

    Raises:
        DataError: No class folders, or a file that is not of the encoding.
    """
    parts, notes = read_class_folders(root, TEXT_SUFFIXES, "text file")
    x, y = _read_all(parts["train"], encoding)
    x_test, y_test = _read_all(parts["test"], encoding) if "test" in parts else (None, None)
    return SourceData(root.name, x, y, x_test, y_test, task="classification", notes=notes)


def read_text(path: Path, encoding: str) -> str:
    """Return what a text file says; what ends a line is a space among words, whichever it is."""
    return path.read_text(encoding=encoding)


def _read_all(found: FoundFiles, encoding: str | None) -> tuple[list[str], list[str]]:
    texts = []
    for path, _ in found:
        known = file_encoding(path, encoding)
        try:
            texts.append(read_text(path, known))
        except UnicodeError as error:
            raise DataError(f"{path}: {encoding_problem(path, known)}") from error
        except OSError as error:
            raise DataError(f"{path} cannot be read: {one_line(error)}") from error
    return texts, [label for _, label in found]
