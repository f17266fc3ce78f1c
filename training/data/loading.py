"""`load_dataset`: from a name, a file, a folder, a function or Python objects to a `Dataset`."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...errors import DataError, did_you_mean, one_line
from ...texts import names_text
from .archives import read_array_folder, read_npz
from .array_files import holds_arrays
from .arrays import keeps_shape, shape_text
from .assembling import assemble
from .dataset import Dataset
from .delimited import table_suffix
from .files import TABLE_SUFFIXES, read_table
from .images import IMAGE_SUFFIXES, read_image_folder
from .load_options import LoadOptions
from .multiple_inputs import holds_several
from .named_datasets import KNOWN_NAMES, known_name, load_named
from .outer_folds import hold_out_fold
from .python_sources import GivenData, call_function, from_object, is_function, with_what_is_beside
from .series import check_series_options
from .source_data import SourceData
from .subset import limited
from .table_options import TableOptions
from .text_folders import holds_texts, read_text_folder

__all__ = ["KNOWN_NAMES", "load_dataset"]


def load_dataset(source: Any, options: LoadOptions = LoadOptions(), **changes: Any) -> Dataset:  # noqa: B008 - frozen
    """Load data from any source, check it, and set test rows aside.

    What is decided by rule is written into the dataset's ``notes``. Text columns of a table become categories whose
    vocabulary is that of the whole training table, so that every fold has the same input width; nothing else is taken
    from outside a fold's training part.

    Args:
        source: A name (``digits``, ``iris``, ``wine``, ``breast_cancer``, ``diabetes``, ``mnist``, ``fashion_mnist``,
            ``cifar10``, ``cifar100``); a path to ``.csv``, ``.tsv``, ``.parquet``, ``.npz`` or to a folder with one
            folder of images, or of ``.txt`` files, per class, or with ``x.npy`` and ``y.npy``; ``module:function`` or ``file.py:function``; or a Python object: (x, y),
            ((x_train, y_train), (x_test, y_test)), a DataFrame, a dict of arrays, a Dataset. Several inputs are a dict,
            list or tuple of arrays in place of ``x``.
        options: Its columns, what its target is, and how its rows are split.
        **changes: Fields of ``options`` that differ.

    Returns:
        The data, training rows in their source's order.

    Raises:
        DataError: The source does not exist or cannot be used; the message says what to do.
    """
    options = replace(options, **changes)
    options = options.with_tuples()
    check_series_options(options, source if isinstance(source, str) else "the data given")
    source_data = _read(source, options)
    if isinstance(source_data, Dataset):
        if clash := [*options.given, *(["task"] if options.task not in (None, source_data.task) else [])]:
            raise DataError(f"{source_data.name} is a Dataset already: {names_text(clash)} cannot be changed")
        return _part_of(source_data, options)
    if options.keep_shape:
        source_data = _left_as_given(source_data)
    return _part_of(assemble(source_data, options), options)


def _part_of(dataset: Dataset, options: LoadOptions) -> Dataset:
    """Return a dataset without what nested cross-validation holds out, and of that as many rows as are asked for."""
    return limited(hold_out_fold(dataset, options.outer, options.seed), options.limit, options.seed)


def _left_as_given(source_data: SourceData) -> SourceData:
    """Return data whose arrays keep their shape, however much they look like images."""
    x = source_data.x
    if source_data.kind is not None or holds_several(x, source_data.y) or not keeps_shape(x):
        return source_data
    note = f"rows of shape {shape_text(x)} left as given"
    return replace(source_data, kind="array", notes=(*source_data.notes, note))


def _read(source: Any, options: TableOptions) -> SourceData | Dataset:
    """Find out what kind of source this is, and read it."""
    if isinstance(source, GivenData) and isinstance(source.data, str | os.PathLike):
        return with_what_is_beside(_read(source.data, options), source, options)
    columns = replace(options, header=None, encoding=None)
    if not isinstance(source, str | os.PathLike):
        _refuse("data given in Python", options, columns)
        return from_object(source, "the data given", options)
    text = os.fspath(source)
    name = known_name(text)
    if name is not None and isinstance(source, str):
        _refuse(name, options)
        return load_named(name)
    path = Path(text).expanduser()
    if not text.strip():
        raise DataError("the data have an empty name; '.' is this folder")
    if is_function(text) and not _is_there(path):
        _refuse(text, options, columns)
        return call_function(text, options)
    if _is_there(path) and path.is_dir():
        return _read_folder(path, options)
    if _is_there(path) or path.suffix or isinstance(source, os.PathLike) or "/" in text:
        return _read_file(path, options)
    raise DataError(
        f"unknown data '{one_line(text)}'.{did_you_mean(text, KNOWN_NAMES)} A path to {', '.join(TABLE_SUFFIXES)}, .npz, or a "
        f"folder of images, of .txt files or of x.npy and y.npy, or module:function, works too."
    )


def _is_there(path: Path) -> bool:
    """Tell whether there is a file or folder; there is none whose name is too long for the system."""
    try:
        return path.exists()
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        return False


def _read_folder(path: Path, options: TableOptions) -> SourceData:
    if holds_arrays(path):
        _refuse(str(path), options, TableOptions(group=options.group))
        return read_array_folder(path, options.group)
    if holds_texts(path, IMAGE_SUFFIXES):
        _refuse(str(path), options, TableOptions(encoding=options.encoding))
        return read_text_folder(path, options.encoding)
    _refuse(str(path), options)
    return read_image_folder(path)


def _read_file(path: Path, options: TableOptions) -> SourceData:
    suffix = table_suffix(path)
    if not _is_there(path):
        near = [other.name for other in sorted(path.parent.iterdir())] if path.parent.is_dir() else []
        raise DataError(f"no file or folder '{one_line(str(path))}'.{did_you_mean(path.name, near)}")
    if suffix in TABLE_SUFFIXES:
        return read_table(path, options)
    if suffix == ".npz":
        _refuse(str(path), options, TableOptions(group=options.group))
        return read_npz(path, options.group)
    if suffix == ".npy":
        raise DataError(f"{path} is one array: put x.npy and y.npy into a folder, and name the folder")
    if suffix == ".py":
        raise DataError(f"{path} is a Python file: name its function too, as in {path.name}:load")
    kind = f"'{suffix}' files" if suffix else "a file whose name has no ending"
    raise DataError(
        f"{path}: cannot read {kind}; known: {', '.join(TABLE_SUFFIXES)}, .npz, folders of images or texts"
    )


def _refuse(name: str, options: TableOptions, known: TableOptions | None = None) -> None:
    """Refuse options that only tables' files know, but for those that a source knows too."""
    known = known or TableOptions()
    if clash := [word for word in options.given if word not in known.given]:
        raise DataError(f"{name} takes no {' or '.join(clash)}: that is for the columns of a table's file")
