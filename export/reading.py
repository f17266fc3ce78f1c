"""How an exported script reads its rows: one block of code for each kind of source, and only that one.

The exporter runs the block, so that the rest of the script is written for what is really there (``rows.py``).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..training.data import Dataset
from .pretty import Expression, flat, literal, quoted

FROM_PYTHON = "python:"
"""Starts a source that was given as objects."""
FOLDER_VARIABLE = "KERASWEEP_DATA"
_DOWNLOADED = ("mnist", "fashion_mnist", "cifar10", "cifar100")
_EMBEDDED = ("digits", "iris", "wine", "breast_cancer", "diabetes")
_TABLES = (".csv", ".tsv", ".parquet", ".pq")
_LARGE = 200_000
"""Bytes of a table from which pandas may guess a column's type piece by piece."""
_CAMERA = frozenset({".jpg", ".jpeg", ".tif", ".tiff", ".webp"})
_IMAGES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm", ".pbm")


@dataclass(frozen=True)
class Reading:
    """The block of a script that reads rows."""

    lines: tuple[str, ...]
    """Set what ``x`` and ``y`` name, or, where ``whole``, ``x_train``, ``y_train``, ``x_test``, ``y_test``."""
    imports: frozenset[str] = frozenset()
    constants: Mapping[str, Expression] = field(default_factory=dict)
    helpers: tuple[str, ...] = ()
    """Functions that the lines call, as text."""
    x: str = "x"
    """Expression of all rows, for the steps below; variables of their own where ``whole``."""
    y: str = "y"
    whole: bool = False
    """Whether the source brings its own test rows."""
    groups: str = ""
    """Expression of the rows' groups; empty where there are none or they take no part."""
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
        return _given_in_python(target, group, dataset)
    name = source.strip().lower().replace("-", "_").replace(" ", "_")
    if name in _EMBEDDED + _DOWNLOADED:
        return _embedded(name) if name in _EMBEDDED else _downloaded(name)
    path = Path(source).expanduser()
    if ":" in source and not path.exists():
        return _function(source, target, group)
    return _files(source, path, target, group, dataset)


def _files(source: str, path: Path, target: Any, group: Any, dataset: Dataset) -> Reading:
    if path.is_dir():
        return _image_folder(source, path, dataset)
    if path.suffix.lower() in _TABLES:
        return _table(source, path, target, group, list(dataset.columns))
    return _archive(source, path, group)


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
    keys = literal(("x_train", "y_train", "x_test", "y_test"))
    imports = frozenset({"import os", "from pathlib import Path"})
    return Reading(lines, imports, {"KEYS": keys}, whole=True)


def _table(source: str, path: Path, target: Any, group: Any, columns: list[str]) -> Reading:
    if path.suffix.lower() in (".parquet", ".pq"):
        import pyarrow.parquet

        lines = ["frame = pd.read_parquet(DATA)"]
        index = (pyarrow.parquet.read_schema(path).pandas_metadata or {}).get("index_columns", [])
        if any(isinstance(column, str) and not column.startswith("__index_level") for column in index):
            lines = ["frame = pd.read_parquet(DATA).reset_index()"]
        lines.append("frame.columns = frame.columns.astype(str)")
    else:
        separator = _separator(path)
        options = [f"sep={quoted(separator)}"] if separator != "," else []
        options += ["header=None"] if columns else []
        options += (
            ["skipinitialspace=True"] if f"{separator} " in path.read_text(encoding="utf-8-sig") else []
        )
        options += ["low_memory=False"] if path.stat().st_size > _LARGE else []
        lines = [f"frame = pd.read_csv({', '.join(['DATA', *options])})"]
        lines += ['frame.columns = [f"c{position}" for position in frame.columns]'] if columns else []
    constants: dict[str, Expression] = {"DATA": quoted(source), "TARGET": literal(target)}
    if source.startswith("~"):
        lines.insert(0, "path = Path(DATA).expanduser()")
        lines[1] = lines[1].replace("(DATA", "(path")
    imports = {"import pandas as pd", *(["from pathlib import Path"] if source.startswith("~") else [])}
    groups = f"frame[{quoted(group)}]" if group else ""
    return Reading(tuple(lines), frozenset(imports), constants, x="frame", y="frame[TARGET]", groups=groups)


def _separator(path: Path) -> str:
    """Return a table's separator by the rule that read it: the suffix's own, else the first other one found."""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        first = next((line for line in lines if line.strip()), "")
    own = "\t" if path.suffix.lower() == ".tsv" else ","
    return own if own in first else next((mark for mark in ";\t|" if mark in first), own)


def _archive(source: str, path: Path, group: Any) -> Reading:
    import numpy as np

    with np.load(path) as archive:
        names = archive.files
    return _mapping(f"data = np.load({quoted(source)})", names, group)


def _mapping(line: str, names: Any, group: Any, imports: frozenset[str] = frozenset()) -> Reading:
    pair = ("x_train", "y_train") if "x_train" in names else ("x", "y")
    values = [f'data["{key}"]' for key in pair]
    if "x_test" in names:
        lines = (
            line,
            f"x_train, y_train = {', '.join(values)}",
            'x_test, y_test = data["x_test"], data["y_test"]',
        )
        return Reading(lines, imports, whole=True)
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
        constants = {"TARGET": literal(target)}
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
        return Reading(tuple(lines), frozenset(imports), whole=True)
    if all(isinstance(part, tuple | list) and len(part) == 2 for part in value):
        return Reading(
            (*lines, "(x_train, y_train), (x_test, y_test) = load()"), frozenset(imports), whole=True
        )
    return Reading((*lines, "x, y = load()"), frozenset(imports))


def _image_folder(source: str, path: Path, dataset: Dataset) -> Reading:
    split = (path / "train").is_dir()
    whole = split and (path / "test").is_dir()
    files = (file for file in path.rglob("*") if file.is_file())
    suffixes = sorted({file.suffix.lower() for file in files} & set(_IMAGES))
    mode = "RGB" if dataset.x.shape[-1] == 3 else "L"
    upright = bool(_CAMERA & set(suffixes))
    opened = f'ImageOps.exif_transpose(image).convert("{mode}")' if upright else f'image.convert("{mode}")'
    helper = "\n".join((
        "def read_images(folder):",
        '    """Return the pixels and class codes of the images below a folder with one folder a class."""',
        "    x, y = [], []",
        "    for code, name in enumerate(CLASSES):",
        '        for path in sorted((folder / name).rglob("*"), key=lambda path: path.as_posix()):',
        '            if path.suffix.lower() in SUFFIXES and not path.name.startswith("."):',
        "                with Image.open(path) as image:",
        f"                    x.append(np.asarray({opened}, np.uint8))",
        "                y.append(code)",
        "    return np.stack(x), np.array(y)",
    ))  # fmt: skip
    folder = f"Path({quoted(source)}).expanduser()" if source.startswith("~") else f"Path({quoted(source)})"
    imports = frozenset(
        {"from pathlib import Path", f"from PIL import Image{', ImageOps' if upright else ''}"}
    )
    constants = {"SUFFIXES": literal(tuple(suffixes))}
    if whole:
        lines = (
            f"folder = {folder}",
            'x_train, y_train = read_images(folder / "train")',
            'x_test, y_test = read_images(folder / "test")',
        )
        return Reading(lines, imports, constants, (helper,), whole=True)
    part = f'{folder} / "train"' if split else folder
    return Reading((f"x, y = read_images({part})",), imports, constants, (helper,))


def _given_in_python(target: Any, group: Any, dataset: Dataset) -> Reading:
    """Return a place to put rows in: nothing says where a study's objects came from."""
    drawn = any("held out as test rows" in note for note in dataset.notes)
    if dataset.kind == "table" and drawn and target is not None:
        wanted, lines, constants = "frame, a pandas DataFrame", ("frame = None",), {"TARGET": literal(target)}
    elif drawn:
        wanted, lines, constants = "x and y, all rows of them", ("x = y = None",), {}
    else:
        wanted, lines, constants = (
            "x_train, y_train, x_test and y_test",
            ("x_train = y_train = x_test = y_test = None",),
            {},
        )
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
        whole=not drawn,
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


def read_now(reading: Reading, classes: tuple[str, ...]) -> dict[str, Any]:
    """Run a reading and return its variables: ``x``, ``y`` and so on, and ``groups`` where there are any."""
    lines = ["import keras", "import numpy as np", *sorted(reading.imports), f"CLASSES = {list(classes)!r}"]
    lines += [f"{name} = {flat(value)}" for name, value in reading.constants.items()]
    lines += [*reading.helpers, *reading.lines]
    if not reading.whole:
        lines += [f"x = {reading.x}", f"y = {reading.y}"]
    if reading.groups:
        lines.append(f"groups = {reading.groups}")
    return _run(lines, {})
