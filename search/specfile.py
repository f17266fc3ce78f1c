"""Reads a specification from YAML, with the line of every fault."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ..errors import SpecError
from ..spaces.yamlfile import Document, read_yaml
from ..studies.formats import SWEEP
from .spec import BASES, SweepSpec, check_asked, make_spec, unusual


def read_spec(path: str | os.PathLike[str], changes: dict[str, Any] | None = None) -> SweepSpec:
    """Read a specification from a YAML file.

    Args:
        path: The file; it may hold an exported winner, whose ``provenance`` is passed over.
        changes: Nested mappings laid over the file's, from the command line.

    Raises:
        SpecError: The file is missing, is not YAML, or has faults; all are named with their lines. A part that changes are laid
            over may hold what these leave without a meaning.
    """
    document = read_mapping(path)
    data = {key: value for key, value in document.data.items() if key not in ("provenance", "version")}
    if "hyperparameters" in data and "data" not in data:
        raise SpecError(f"{path} is a space, not a sweep: kerasweep launch DATA MODEL --space {path}.")
    _check_version(document)
    space = data.get("space")
    if isinstance(space, dict):
        data["space"] = _with_found_file(_without_base(space, changes or {}), Path(path).parent)
    changes = changes or {}
    spec = make_spec(_merge(data, changes), document)
    check_asked(spec, changes)
    check_asked(spec, unusual(spec, {part: data[part] for part in data if part not in changes}), document)
    return spec


def _check_version(document: Document) -> None:
    """Refuse a file of a later version; one without a version is of the first.

    Raises:
        SpecError: It is one, or the version is no number.
    """
    version = document.data.get("version", SWEEP)
    place = document.place("version")
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise SpecError(f"{place}version must be {SWEEP}, got {version!r}.")
    if version > SWEEP:
        raise SpecError(
            f"{place}made by a newer Kerasweep (version {version}; this one reads {SWEEP}); update it."
        )


def _without_base(space: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return a file's space without what it starts from where the command line names another start."""
    if not any(key in changes.get("space", {}) for key in BASES):
        return space
    return {key: value for key, value in space.items() if key not in BASES}


def _with_found_file(space: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return a space whose file is looked for beside the sweep's."""
    file = space.get("file")
    return {**space, "file": str(folder / file)} if isinstance(file, str) else space


def read_mapping(path: str | os.PathLike[str]) -> Document:
    """Return a YAML file that holds a mapping.

    Raises:
        SpecError: The file cannot be read, is not YAML, has a key twice, or holds no mapping.
    """
    document = read_yaml(path, SpecError)
    if document.repeated:
        faults = (f"{document.path} line {line}: {message}" for line, message in document.repeated)
        raise SpecError("\n".join(faults))
    if not isinstance(document.data, dict):
        raise SpecError(f"{path} must hold keys and values, for example 'model: ann'.")
    return document


def names_study(path: str | os.PathLike[str] | None) -> bool:
    """Tell whether a YAML specification, where there is one, names its study."""
    return path is not None and read_mapping(path).data.get("study") is not None


def _merge(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        if isinstance(old, str) and isinstance(value, dict):
            old = {"source" if key == "data" else "method": old}  # the short form of a part
        merged[key] = _merge(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged
