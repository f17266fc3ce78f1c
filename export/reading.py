"""How an exported script reads its rows: one block of code for each kind of source, and only that one.

The exporter runs the block, so that the rest of the script is written for what is really there (``rows.py``).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..training.data import Dataset
from ..training.data.array_files import holds_arrays
from ..training.data.class_folders import find_files
from ..training.data.delimited import DELIMITED, UTF_8, first_rows, marked_encoding, read_csv, table_suffix
from ..training.data.files import TABLE_SUFFIXES, with_nests
from ..training.data.given_folds import OF_NO_FOLD, says_validation
from ..training.data.images import find_images, read_pixels
from ..training.data.multiple_inputs import are_inputs_and_outputs
from ..training.data.named_datasets import EMBEDDED, FOLDER_VARIABLE, known_name
from ..training.data.source_data import FROM_PYTHON
from ..training.data.table_files import read_parquet
from ..training.data.text_encodings import file_encoding
from ..training.data.text_folders import read_text
from .expressions import quoted
from .sources import sources_of


@dataclass(frozen=True)
class Reading:
    """The block of a script that reads rows."""

    lines: tuple[str, ...]
    """Set what ``x`` and ``y`` name, or, where ``has_test_rows``, ``x_train``, ``y_train``, ``x_test``, ``y_test``."""
    imports: frozenset[str] = frozenset()
    constants: Mapping[str, Any] = field(default_factory=dict)
    functions: tuple[Callable[..., Any], ...] = ()
    """What the lines call of ours; a script holds the source."""
    x: str = "x"
    """Expression of all rows, for the steps below; variables of their own where ``has_test_rows``."""
    y: str = "y"
    has_test_rows: bool = False
    """Whether the source brings its own test rows."""
    groups: str = ""
    """Expression of the rows' groups; empty where there are none or they take no part."""
    weights: str = ""
    """Expression of the rows' own weights; empty where there are none."""
    validates: str = ""
    """Expression of whether a row validates, where test rows are drawn from those that do not; empty where from all."""
    runs: bool = True
    """False where people must put their rows in first."""


def choose_reading(spec: Mapping[str, Any], dataset: Dataset) -> Reading:
    """Return how the rows of a study are read again.

    Args:
        spec: The specification's ``data``.
        dataset: What was read; it tells own test rows from drawn ones.
    """
    source, target, group = str(spec["source"]), spec.get("target"), spec.get("group")
    if source.startswith(FROM_PYTHON):
        joined = dataset.fold_labels is not None and not (spec.get("validation") or spec.get("fold_column"))
        return _python_objects(target, group, dataset, "training rows, then those of validation=" * joined)
    if name := known_name(source):
        return _embedded(name) if name in EMBEDDED else _downloaded(name)
    path = Path(source).expanduser()
    if ":" in source and not path.exists():
        return _function(source, target, group)
    if path.is_dir():
        arrays = holds_arrays(path)
        return (
            _array_folder(source, path, group)
            if arrays
            else _folder(source, path, spec.get("encoding"), dataset)
        )
    if table_suffix(path) in TABLE_SUFFIXES:
        return _table(spec, path, dataset)
    return _archive(source, path, group)


def with_weights(reading: Reading, spec: Mapping[str, Any], dataset: Dataset) -> Reading:
    """Return a reading of rows that weigh, by a column of a table or by an array given in Python."""
    if dataset.weights is None:
        return reading
    column = spec.get("weight")
    if column is not None:
        return replace(reading, weights=f"frame[{quoted(column)}]")
    lines = (*reading.lines, "weights = None  # the sample_weight that was given")
    return replace(reading, lines=lines, weights="weights")


def with_given_folds(reading: Reading, spec: Mapping[str, Any], dataset: Dataset) -> Reading:
    """Return a reading that knows which rows validate, where test rows were drawn from the others."""
    if not any(OF_NO_FOLD in note for note in dataset.notes):
        return reading
    if (column := spec.get("validation")) is not None:
        functions = (*reading.functions, says_validation)
        return replace(reading, functions=functions, validates=f"says_validation(frame[{quoted(column)}])")
    if (column := spec.get("fold_column")) is not None:
        return replace(reading, validates=f'np.asarray(frame[{quoted(column)}], "float64") >= 0')
    stop = 'raise SystemExit("Set validates, in load_data() and remove this line: the folds were given in Python.")'
    slot = "validates = np.array([])  # True for each row that validates, False for the others"
    lines = (*([stop] if reading.runs else []), *reading.lines, slot)
    return replace(reading, lines=lines, validates="np.asarray(validates, bool)", runs=False)


def _embedded(name: str) -> Reading:
    imports = frozenset({f"from sklearn.datasets import load_{name}"})
    if name == "digits":
        return Reading(("digits = load_digits()",), imports, x="digits.images", y="digits.target")
    options = "as_frame=True, scaled=False" if name == "diabetes" else "as_frame=True"
    return Reading((f"data = load_{name}({options})",), imports, x="data.data", y="data.target")


def _downloaded(name: str) -> Reading:
    lines = (
        f'folder = os.environ.get("{FOLDER_VARIABLE}", "")',
        f'path = Path(folder).expanduser() / "{name}.npz"',
        "if folder and path.is_file():",
        "    with np.load(path) as data:",
        "        x_train, y_train, x_test, y_test = (data[key] for key in KEYS)",
        "else:",
        f"    (x_train, y_train), (x_test, y_test) = keras.datasets.{name}.load_data()",
    )
    keys = ("x_train", "y_train", "x_test", "y_test")
    imports = frozenset({"import os", "from pathlib import Path"})
    return Reading(lines, imports, {"KEYS": keys}, has_test_rows=True)


def _table(spec: Mapping[str, Any], path: Path, dataset: Dataset) -> Reading:
    source, target, group = str(spec["source"]), spec.get("target"), spec.get("group")
    home = source.startswith("~")
    given = "Path(DATA).expanduser()" if home else "DATA"
    if table_suffix(path) in DELIMITED:
        encoding = file_encoding(path, spec.get("encoding"))
        options = f"header={not dataset.columns}" + (
            f", encoding={quoted(encoding)}" if encoding != UTF_8 else ""
        )
        if texts := dataset.formats.texts:
            known = dataset.columns
            keys = [str(known.index(name)) if known else quoted(name) for name in texts]
            options += f", dtype={{{', '.join(f'{key}: str' for key in keys)}}}"
        function: Callable[..., Any] = read_csv
        call = f"read_csv({given}, {quoted(first_rows(path, encoding)[1])}, {options})"
    else:
        function, call = read_parquet, f"read_parquet({given})"
    lines = [f"frame = {call}"]
    lines += [] if function is read_csv else ["frame.columns = frame.columns.astype(str)"]
    return Reading(
        tuple(lines),
        frozenset({"from pathlib import Path"} if home else ()),
        {"DATA": source, "TARGET": target},
        (function,),
        x="frame",
        y="frame[TARGET]",
        groups=f"frame[{quoted(group)}]" if group else "",
    )


def _archive(source: str, path: Path, group: Any) -> Reading:
    import numpy as np

    with np.load(path) as archive:
        names = archive.files
    load = f"data = np.load({quoted(source)})"
    if any("/" in name for name in names):
        reading = _mapping(f"{load[:7]}with_nests(dict({load[7:]}))", with_nests(dict.fromkeys(names)), group)
        return replace(reading, functions=(with_nests,))
    return _mapping(load, names, group)


def _array_folder(source: str, path: Path, group: Any) -> Reading:
    folder = f"Path({quoted(source)})" + ".expanduser()" * source.startswith("~")
    line = f'data = {{path.stem: np.load(path) for path in {folder}.glob("*.npy")}}'
    names = [one.stem for one in path.glob("*.npy")]
    return _mapping(line, names, group, frozenset({"from pathlib import Path"}))


def _mapping(line: str, names: Any, group: Any, imports: frozenset[str] = frozenset()) -> Reading:
    pair = ("x_train", "y_train") if "x_train" in names else ("x", "y")
    values = [f'data["{key}"]' for key in pair]
    if "x_test" in names:
        lines = (
            line,
            f"x_train, y_train = {', '.join(values)}",
            'x_test, y_test = data["x_test"], data["y_test"]',
        )
        return Reading(lines, imports, has_test_rows=True)
    group = group or ("groups" if "groups" in names else "")
    groups = f"data[{quoted(str(group))}]" if group else ""
    return Reading((line,), imports, x=values[0], y=values[1], groups=groups)


def _function(source: str, target: Any, group: Any) -> Reading:
    """Return the call of the user's function; what it gives decides how its parts are named."""
    module, _, function = source.rpartition(":")
    if module.endswith(".py"):
        lines = [f'load = runpy.run_path({quoted(module)})["{function}"]']
        imports = {"import runpy"}
    else:
        lines = [
            f"sys.path.insert(0, os.getcwd())  # {module} lies where this is run",
            f"from {module} import {function} as load",
            "",
        ]
        imports = {"import os", "import sys"}
    value = _run([*sorted(imports), *lines, "value = load()"], {})["value"]
    if hasattr(value, "columns"):
        lines += ["frame = load()", "frame.columns = frame.columns.astype(str)"]
        groups = f"frame[{quoted(group)}]" if group else ""
        constants = {"TARGET": target}
        return Reading(
            tuple(lines), frozenset(imports), constants, x="frame", y="frame[TARGET]", groups=groups
        )
    if isinstance(value, Mapping):
        reading = _mapping("data = load()", list(value), group, frozenset(imports))
        return replace(reading, lines=(*lines, *reading.lines))
    if hasattr(value, "x_test"):
        lines += [
            "data = load()",
            "x_train, y_train, x_test, y_test = data.x, data.y, data.x_test, data.y_test",
        ]
        return Reading(tuple(lines), frozenset(imports), has_test_rows=True)
    paired = all(isinstance(part, tuple | list) and len(part) == 2 for part in value)
    if paired and not are_inputs_and_outputs(*value):
        return Reading(
            (*lines, "(x_train, y_train), (x_test, y_test) = load()"), frozenset(imports), has_test_rows=True
        )
    return Reading((*lines, "x, y = load()"), frozenset(imports))


def _folder(source: str, path: Path, encoding: str | None, dataset: Dataset) -> Reading:
    if dataset.kind == "table":
        known = quoted(encoding) if encoding else "marked_encoding(path)"
        functions = (find_files, read_text, *(() if encoding else (marked_encoding,)))
        texts = f"[read_text(path, {known}) for path, _ in found]"
        return _class_folders(source, path, 'find_files({}, [".txt"])', texts, functions)
    mode = "RGB" if dataset.x.shape[-1] == 3 else "L"
    pixels = f'np.stack([read_pixels(path, "{mode}") for path, _ in found])'
    return _class_folders(source, path, "find_images({})", pixels, (find_images, read_pixels))


def _class_folders(
    source: str, path: Path, find: str, read: str, functions: tuple[Callable[..., Any], ...]
) -> Reading:
    """Return how the files of folders of classes are read, those of ``train`` and ``test`` where there are such."""
    split = (path / "train").is_dir()
    folder = f"Path({quoted(source)}).expanduser()" if source.startswith("~") else f"Path({quoted(source)})"
    parts = ("_train", "_test") if split and (path / "test").is_dir() else ("",)
    lines = [f"folder = {folder}"]
    for part in parts:
        below = f'folder / "{part[1:] or "train"}"' if split else "folder"
        lines += [
            f"found = {find.format(below)}",
            f"x{part} = {read}",
            f"y{part} = [label for _, label in found]",
        ]
    imports = frozenset({"from pathlib import Path"})
    return Reading(tuple(lines), imports, functions=functions, has_test_rows=len(parts) == 2)


def _python_objects(target: Any, group: Any, dataset: Dataset, order: str) -> Reading:
    """Return a place to put rows in: nothing says where a study's objects came from, only in what order they were."""
    drawn = any("held out as test rows" in note for note in dataset.notes)
    if dataset.kind == "table" and drawn and target is not None:
        wanted, lines, constants = "frame, a pandas DataFrame", ("frame = None",), {"TARGET": target}
    elif drawn:
        wanted, lines, constants = "x and y, all rows of them", ("x = y = None",), {}
    else:
        wanted, lines, constants = (
            "x_train, y_train, x_test and y_test",
            ("x_train = y_train = x_test = y_test = None",),
            {},
        )
    wanted += f" ({order})" if order else ""
    stop = (
        f'raise SystemExit("Set {wanted}, in load_data() and remove this line: they were given in Python.")'
    )
    names = ("frame", "frame[TARGET]") if "TARGET" in constants else ("x", "y")
    groups = f"frame[{quoted(group)}]" if group and "TARGET" in constants else ""
    return Reading(
        (stop, *lines),
        constants=constants,
        x=names[0],
        y=names[1],
        has_test_rows=not drawn,
        groups=groups,
        runs=False,
    )


@contextmanager
def unchanged_path() -> Iterator[None]:
    """Take back what a script does to ``sys.path``."""
    before = list(sys.path)
    try:
        yield
    finally:
        sys.path[:] = before


def _run(lines: list[str], namespace: dict[str, Any]) -> dict[str, Any]:
    """Run lines of a script that is being written; they read the user's data with the user's own code."""
    with unchanged_path():
        exec("\n".join(lines), namespace)  # noqa: S102 - exactly what the script will run
    return namespace


def read_now(reading: Reading) -> dict[str, Any]:
    """Run a reading and return its variables: ``x``, ``y`` and so on."""
    sources = sources_of(*reading.functions)
    lines = ["import keras", "import numpy as np", *sorted(reading.imports | sources.imports)]
    lines += [f"{name} = {value!r}" for name, value in reading.constants.items()]
    lines += [*sources.constants, *sources.texts, *reading.lines]
    if not reading.has_test_rows:
        lines += [f"x = {reading.x}", f"y = {reading.y}"]
    return _run(lines, {})
