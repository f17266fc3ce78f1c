"""Folders of files with one folder a class, optionally below ``train`` and ``test``, whatever the files are."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from pathlib import Path

from ...errors import DataError
from ...texts import count_text, names_text, natural_key

FoundFiles = list[tuple[Path, str]]
"""Files with the class of each."""


def class_of(folder: Path) -> str:
    """Return the class that a folder stands for."""
    # macOS may store names decomposed (NFD), most others composed (NFC): one class, one spelling.
    return unicodedata.normalize("NFC", folder.name)


def class_folders(root: Path) -> list[Path]:
    """Return the folders of a folder by their names, numbers in them by their size."""
    found = [entry for entry in root.iterdir() if entry.is_dir() and not entry.name.startswith(".")]
    return sorted(found, key=lambda folder: natural_key(class_of(folder)))


def files_below(folder: Path) -> list[Path]:
    """Return all files below a folder, sorted, but those that are hidden."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    shown = [path for path in files if not any(x.startswith(".") for x in path.relative_to(folder).parts)]
    return sorted(shown, key=lambda path: unicodedata.normalize("NFC", path.relative_to(folder).as_posix()))


def all_files(root: Path) -> FoundFiles:
    """Return the files below a folder with one folder a class, and the class of each."""
    return [(path, class_of(folder)) for folder in class_folders(root) for path in files_below(folder)]


def find_files(root: Path, suffixes: Collection[str]) -> FoundFiles:
    """Return what ``all_files`` does, of files whose names end in some way."""
    return [(path, label) for path, label in all_files(root) if path.suffix.lower() in suffixes]


def read_class_folders(
    root: Path, suffixes: Collection[str], what: str
) -> tuple[dict[str, FoundFiles], tuple[str, ...]]:
    """Return the files of the parts, ``train`` and perhaps ``test``, and what was passed over.

    Args:
        root: The folder.
        suffixes: How the names of the files end that are wanted.
        what: One of these in words: ``image``.

    Raises:
        DataError: There are no folders of classes, one is without such files, or a link leads out of the folder.
    """
    parts = {part: root / part for part in ("train", "test") if (root / part).is_dir()}
    notes: list[str] = []
    if "train" not in parts:
        parts = {"train": root}
    elif others := [other.name for other in class_folders(root) if other.name not in parts]:
        notes.append(f"folder {names_text(others)} beside 'train' not read: folds are made from 'train'")
    found = {part: _checked(folder, suffixes, what, notes) for part, folder in parts.items()}
    _refuse_links_out(root, found)
    return found, tuple(notes)


def _checked(root: Path, suffixes: Collection[str], what: str, notes: list[str]) -> FoundFiles:
    """Return what ``find_files`` does, and note what is passed over."""
    folders = class_folders(root)
    if not folders:
        raise DataError(
            f"{root} has no folders of {what}s: put the {what}s of each class into a folder of its name"
        )
    files = all_files(root)
    found = [(path, label) for path, label in files if path.suffix.lower() in suffixes]
    classes = {label for _, label in found}
    for folder in folders:
        if class_of(folder) not in classes:
            raise DataError(f"{folder} holds no {what}s: fill it or remove it (a folder is a class)")
    if passed_over := len(files) - len(found):
        article = "an" if what[0] in "aeiou" else "a"
        notes.append(
            f"{count_text(passed_over, 'file')} below {root.name} passed over: not {article} {what} by its name"
        )
    return found


def _refuse_links_out(root: Path, found: dict[str, FoundFiles]) -> None:
    """Refuse links to what lies elsewhere: a folder that came from others must not show them a file of this machine.

    Raises:
        DataError: The first such link.
    """
    home, paths = root.resolve(), [path for files in found.values() for path, _ in files]
    inside = {folder: folder.resolve().is_relative_to(home) for folder in {path.parent for path in paths}}
    for path in paths:
        if not inside[path.parent] or (path.is_symlink() and not path.resolve().is_relative_to(home)):
            raise DataError(
                f"{path} is a link that leads out of {root}: copy the file, or link it with ln without -s"
            )
