"""Data from Python: ``module:function``, ``file.py:function``, and objects handed over in a notebook."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import DataError, did_you_mean, one_line
from ...texts import names_text
from ..users_code import NOT_ITS_OWN, process_kept
from .batched_sources import kind_of_batches, read_batches
from .dataset import Dataset
from .files import from_mapping, take_target
from .given_validation import with_validation
from .multiple_inputs import are_inputs_and_outputs, holds_several
from .source_data import SourceData
from .splitters import labels_of_positions
from .table_options import TableOptions
from .trees import row_count

if TYPE_CHECKING:
    from types import ModuleType

_FUNCTION = re.compile(r"(?P<module>.+):(?P<function>[^\W\d]\w*)")
_SHAPES = "(x, y), ((x_train, y_train), (x_test, y_test)), a DataFrame, a dict of arrays, a Dataset, a tf.data.Dataset, or a PyDataset"
"""Of which each x may be a dict, list or tuple of arrays, for a model of several inputs."""


def is_function(source: str) -> bool:
    """Return whether a source reads as ``module:function`` or ``file.py:function``."""
    match = _FUNCTION.fullmatch(source)
    if match is None:
        return False
    module = match["module"]
    return module.endswith(".py") or all(part.isidentifier() for part in module.split("."))


def call_function(source: str, options: TableOptions) -> SourceData | Dataset:
    """Import a user's function, with the current folder importable, call it, and read what it returns.

    Raises:
        DataError: No such module or function, it raises, or it returns something else than data.
    """
    match = _FUNCTION.fullmatch(source)
    if match is None:
        raise DataError(f"'{source}' is not module:function")
    with _current_folder_importable():
        module = _import(match["module"])
        function = _function(module, match["function"])
        try:
            with process_kept():
                result = function()
        except NOT_ITS_OWN:
            raise
        except BaseException as error:
            raise DataError(f"{source} raised {_where_it_failed(error, module)}") from error
    return from_object(result, source, options)


@dataclass(frozen=True)
class GivenData:
    """A Python object of data, with what else ``fit`` is given beside it."""

    data: Any
    sample_weight: Any = None
    """One number a training row."""
    validation: Any = None
    """Rows that validate: (x, y), (x, y, sample_weight), a DataFrame, or batches."""
    groups: Any = None
    """One label a training row."""
    positions: Any = None
    """Folds as positions of the rows given: see ``splitters.gives_positions``."""


def from_object(value: Any, name: str, options: TableOptions) -> SourceData | Dataset:
    """Read a Python object as data.

    Args:
        value: One of (x, y), ((x_train, y_train), (x_test, y_test)), a DataFrame, a dict, a Dataset; a finite
            ``tf.data.Dataset`` or ``PyDataset`` of (x, y), or two of them, for training and for the test; or a SourceData,
            which ``SweepCV`` hands over.
        name: How messages call it.
        options: Which columns of a DataFrame are what; a dict's array of groups.

    Raises:
        DataError: The object is none of these.
    """
    if isinstance(value, GivenData):
        return with_what_is_beside(from_object(value.data, name, options), value, options)
    if isinstance(value, Dataset | SourceData):
        if isinstance(value, SourceData):
            _refuse_columns(name, replace(options, text=(), categorical=()))
        return value
    if kind_of_batches(value):
        _refuse_columns(name, options)
        return _from_batches(value, name)
    if hasattr(value, "columns") and hasattr(value, "dtypes"):  # a DataFrame, without importing pandas
        return take_target(value, name, options)
    if isinstance(value, Mapping):
        _refuse_columns(name, replace(options, group=None))
        return from_mapping(value, name, options.group)
    if isinstance(value, tuple | list) and len(value) == 2:
        if options.group is not None:
            raise DataError(f"{name}: group names a column of a table or an array of a dict; got (x, y)")
        _refuse_columns(name, options)
        first, second = value
        return _from_pair(first, second, name)
    raise DataError(f"{name} gave {type(value).__name__}, expected {_SHAPES}")


def with_what_is_beside(
    read: SourceData | Dataset, given: GivenData, options: TableOptions
) -> SourceData | Dataset:
    """Return rows with what was given beside them."""
    name = read.name
    beside = [one.name for one in fields(given)[1:] if getattr(given, one.name) is not None]
    if isinstance(read, Dataset):
        if beside == ["positions"] and read.fold_labels is None:
            return replace(read, fold_labels=labels_of_positions(given.positions, read.rows, name))
        raise DataError(f"{name} is a Dataset already: its {names_text(beside)} cannot be changed")
    if options.window is not None:
        raise DataError(f"{name}: {names_text(beside)} is of rows, and a window is of several: leave it out")
    if given.sample_weight is not None:
        if read.weights is not None:
            raise DataError(f"{name}: rows weigh by a column or by sample_weight; give one of them")
        read = replace(read, weights=given.sample_weight)
    if given.groups is not None:
        if read.groups is not None:
            raise DataError(f"{name}: groups are in the data and beside them; give one of them")
        read = replace(read, groups=given.groups)
    if given.validation is not None:
        read = with_validation(read, _read_validation(given.validation, f"{name}: validation", options))
    if given.positions is None:
        return read
    if read.fold_labels is not None:
        raise DataError(f"{name}: cv= and a column or validation= both say how rows are split: give one")
    rows = row_count(read.y) if holds_several(read.y, read.x) else len(read.y)
    return replace(read, fold_labels=labels_of_positions(given.positions, rows, name))


def _read_validation(value: Any, name: str, options: TableOptions) -> SourceData:
    """Read rows that validate, as ``fit`` takes them, or a table with its target."""
    if kind_of_batches(value):
        return _from_batches(value, name)
    if hasattr(value, "columns") and hasattr(value, "dtypes"):
        return take_target(value, name, options)
    if isinstance(value, tuple | list) and len(value) in (2, 3):
        x, y, *weights = value
        return SourceData(name, x, y, weights=weights[0] if weights else None)
    raise DataError(
        f"{name} is {type(value).__name__}, expected (x, y), (x, y, sample_weight), a DataFrame, a tf.data.Dataset, or "
        "a PyDataset"
    )


def _from_batches(source: Any, name: str) -> SourceData:
    (x, y, *weights), note = read_batches(source, name)
    return SourceData(name, x, y, weights=weights[0] if weights else None, notes=(note,))


def _from_pair(first: Any, second: Any, name: str) -> SourceData:
    """Read (x, y), or a pair for training and one for the test."""
    if kind_of_batches(first) and kind_of_batches(second):
        read = _from_batches(first, f"{name}: training rows")
        test, _ = read_batches(second, f"{name}: test rows")
        if len(test) > 2:
            raise DataError(f"{name}: test rows weigh the same: give (x, y) of them")
        return replace(read, name=name, x_test=test[0], y_test=test[1])
    paired = all(isinstance(part, tuple | list) and len(part) == 2 for part in (first, second))
    if paired and not are_inputs_and_outputs(first, second):
        return SourceData(name, first[0], first[1], second[0], second[1])
    return SourceData(name, first, second)


def _refuse_columns(name: str, options: TableOptions) -> None:
    if given := options.given:
        raise DataError(
            f"{name} takes no {' or '.join(given)}: that is for a table's columns, and these data bring their own y"
        )


@contextlib.contextmanager
def _current_folder_importable() -> Iterator[None]:
    """Put the current folder first on ``sys.path``, as ``python script.py`` would."""
    folder = str(Path.cwd())
    sys.path.insert(0, folder)
    importlib.invalidate_caches()
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):
            sys.path.remove(folder)


def _import(name: str) -> ModuleType:
    if name.endswith(".py"):
        return _import_file(Path(name).expanduser())
    try:
        with process_kept():
            return importlib.import_module(name)
    except ModuleNotFoundError as error:
        # `a.b` that does not exist reports 'a' or 'a.b'; anything else is missing inside the user's module.
        if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
            near = [path.stem for path in sorted(Path.cwd().glob("*.py"))]
            message = (
                f"no module '{name}' in {Path.cwd()} or among the installed ones.{did_you_mean(name, near)}"
            )
            raise DataError(message) from error
        raise DataError(f"module '{name}' fails to import: {_where_it_failed(error, None)}") from error
    except NOT_ITS_OWN:
        raise
    except BaseException as error:
        raise DataError(f"module '{name}' fails to import: {_where_it_failed(error, None)}") from error


def _import_file(path: Path) -> ModuleType:
    if not path.is_file():
        near = [other.name for other in sorted(path.parent.glob("*.py"))] if path.parent.is_dir() else []
        raise DataError(f"no file '{path}'.{did_you_mean(path.name, near)}")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise DataError(f"{path} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    previous = sys.modules.get(path.stem)
    sys.modules[path.stem] = module  # dataclasses and pickle look their module up here
    try:
        with process_kept():
            spec.loader.exec_module(module)
    except NOT_ITS_OWN:
        raise
    except BaseException as error:
        raise DataError(f"{path} fails to import: {_where_it_failed(error, module)}") from error
    finally:
        if previous is not None:
            sys.modules[path.stem] = previous
    return module


def _function(module: ModuleType, name: str) -> Callable[[], Any]:
    function = getattr(module, name, None)
    if function is None:
        near = [key for key, value in vars(module).items() if callable(value) and not key.startswith("_")]
        raise DataError(f"module '{module.__name__}' has no function '{name}'.{did_you_mean(name, near)}")
    if not callable(function):
        raise DataError(
            f"'{name}' in module '{module.__name__}' is {type(function).__name__}, not a function"
        )
    checked: Callable[[], Any] = function
    return checked


def _where_it_failed(error: BaseException, module: ModuleType | None) -> str:
    """Return ``ValueError: message (file.py:12)``, the line being the last one in the user's own file."""
    text = f"{type(error).__name__}: {one_line(error, 200)}"
    if isinstance(error, SyntaxError) and error.filename:
        return f"{text} ({error.filename}:{error.lineno})"
    frames = traceback.extract_tb(error.__traceback__)
    own = getattr(module, "__file__", None)
    candidates = [frame for frame in frames if frame.filename == own] or [
        frame
        for frame in frames
        if frame.filename != __file__
        and not frame.filename.startswith("<")
        and "importlib" not in frame.filename
    ]
    return f"{text} ({candidates[-1].filename}:{candidates[-1].lineno})" if candidates else text
