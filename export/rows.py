"""From what a source gives to the rows that a study trained on: types, class codes, test rows, the subset.

Each decision is made here, on the rows at hand, so that the script holds only what applies. What is called are the
functions that loading calls.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..cells import class_text, number_reader
from ..training.data.given_targets import missing_targets
from ..training.data.multiple_inputs import as_arrays
from ..training.data.series import Series, sort_by_time, step_matrix, windows_and_targets
from ..training.data.splits import group_labels
from ..training.data.targets import class_codes
from ..training.data.text_columns import ColumnFormats, with_formats
from ..training.data.trees import leaves, row_count, take
from .column_steps import column_steps
from .reading import Reading
from .split_steps import split_steps, subset_steps
from .steps import Steps, joined
from .winner import Winner


def row_steps(winner: Winner, reading: Reading, found: Mapping[str, Any]) -> Steps:
    """Return the steps from a reading's variables to ``x_train, y_train, x_test, y_test``.

    Args:
        winner: The refit.
        reading: How the rows are read.
        found: The reading's variables, as read now; empty where it cannot be run.
    """
    parts = ("_train", "_test") if reading.has_test_rows else ("",)
    y = found.get(f"y{parts[0]}")
    present = _present(winner, y, reading)
    x = found.get(f"x{parts[0]}")
    known = winner.dataset.formats
    formats = _formats(known, [f"x{part}" for part in parts] if reading.has_test_rows else [reading.x])
    if x is not None and formats.lines:
        x = with_formats(x, known.decimal_commas, known.dates)
    columns = _features(winner, x, parts, reading)
    codes = _codes(winner, y, parts, reading)
    if winner.dataset.series is not None:
        return joined(present, *_of_series(winner, winner.dataset.series, codes, formats, columns, y))
    validates = Steps((f"validates = {reading.validates}",) if reading.validates else ())
    split = Steps(()) if reading.has_test_rows else split_steps(winner, reading)
    total = (
        0
        if y is None
        else row_count(y) - (int(missing_targets(y, to_drop=True).sum()) if present.lines else 0)
    )
    rows = winner.dataset.rows + (0 if reading.has_test_rows else winner.dataset.test_rows)
    subset = (
        subset_steps(winner, needs_seed="SPLIT_SEED" not in split.constants) if total > rows else Steps(())
    )
    return joined(present, _weights(reading), validates, formats, columns, codes, split, subset)


def _weights(reading: Reading) -> Steps:
    """Take the weights of rows; test rows of the source's own have none."""
    if not reading.weights:
        return Steps(())
    name = "w_train" if reading.has_test_rows else "weights"
    line = f'{name} = np.asarray({reading.weights}, "float64").reshape(-1).astype("float32")'
    return Steps((line, *(("w_test = None",) if reading.has_test_rows else ())))


def _present(winner: Winner, y: Any, reading: Reading) -> Steps:
    """Leave out the rows of a table that have no target, where that was asked for and there are any."""
    asked = winner.study.spec["data"].get("drop_missing_target")
    if not asked or (y is not None and not missing_targets(y, to_drop=True).any()):
        return Steps(())
    reader: Callable[[Any], Any] | None = None
    if y is not None and np.ndim(y) == 1 and y.dtype.kind not in "biuf":
        reader = number_reader(set(y.dropna())) or class_text
    read = f'.map({reader.__name__}, na_action="ignore")' if reader else ""
    line = f"frame = frame[{reading.y}{read}.notna(){'.all(axis=1)' if np.ndim(y) == 2 else ''}]"
    return Steps((line,), functions=(reader,) if reader else ())


def _formats(formats: ColumnFormats, frames: list[str]) -> Steps:
    """Read decimal commas and dates as training read them."""
    named = {"DECIMAL_COMMAS": list(formats.decimal_commas), "DATES": [list(date) for date in formats.dates]}
    given = {name: value for name, value in named.items() if value}
    if not given:
        return Steps(())
    words = ", ".join(name if value else "[]" for name, value in named.items())
    comments = {"DATES": "columns, orders of day, month and year, and what becomes of them"}
    lines = tuple(f"{frame} = with_formats({frame}, {words})" for frame in frames)
    return Steps(lines, given, comments, functions=(with_formats,))


def _features(winner: Winner, x: Any, parts: tuple[str, ...], reading: Reading) -> Steps:
    """Take a table's columns; arrays stay as they are."""
    if winner.dataset.kind == "table" or winner.dataset.series is not None:
        return column_steps(winner, x, parts, reading)
    if winner.dataset.kind == "arrays":
        return _nests("x", x, parts, reading)
    return Steps(() if reading.has_test_rows or reading.x == "x" else (f"x = {reading.x}",))


def _nests(name: str, tree: Any, parts: tuple[str, ...], reading: Reading) -> Steps:
    """Take several inputs or outputs as they are; with lists of rows among them, which have no shape, as arrays."""
    given = getattr(reading, name)
    if tree is not None and any(not hasattr(leaf, "shape") for leaf in leaves(tree)):
        pairs = [(f"{name}{part}", f"{name}{part}" if reading.has_test_rows else given) for part in parts]
        called: tuple[Callable[..., Any], ...] = (as_arrays,)
        return Steps(tuple(f"{one} = as_arrays({of})" for one, of in pairs), functions=called)
    return Steps(() if reading.has_test_rows or given == name else (f"{name} = {given}",))


def _of_series(
    winner: Winner, series: Series, codes: Steps, formats: Steps, columns: Steps, y: Any
) -> tuple[Steps, ...]:
    """Put rows in order of time, and make windows of those before the test and of the test rows, each by themselves."""
    test_rows = len(winner.dataset.y_test) + series.gap
    given = {
        "TIME": series.time_column,
        "WINDOW": series.window,
        "HORIZON": series.horizon,
        "TEST_ROWS": test_rows,
    }
    comments = {
        "WINDOW": "rows that a prediction looks back on",
        "HORIZON": "rows from the last one of a window to the one that is predicted",
        "TEST_ROWS": "held out: the last ones",
    }
    order = Steps((f"frame = sort_by_time(frame, TIME, {series.time_order!r})",), functions=(sort_by_time,))
    lines = [
        f"steps = step_matrix(x, {'NUMBERS' if series.numeric else '[]'}, {'CATEGORIES' if series.categorical else '{}'})",
        "x_train, y_train = windows_and_targets(steps[:-TEST_ROWS], y[:-TEST_ROWS], WINDOW, HORIZON)",
        "x_test, y_test = windows_and_targets(steps[-TEST_ROWS:], y[-TEST_ROWS:], WINDOW, HORIZON)",
    ]
    rows = len(winner.dataset.y)
    if y is not None and len(y) - test_rows - series.gap > rows:
        given["TRAIN_ROWS"] = rows
        comments["TRAIN_ROWS"] = "windows that are trained on: the last ones"
        lines.append("x_train, y_train = x_train[-TRAIN_ROWS:], y_train[-TRAIN_ROWS:]")
    constants = {name: value for name, value in given.items() if value is not None}
    windows = Steps(tuple(lines), constants, comments, functions=(step_matrix, windows_and_targets))
    return (*([order] if series.time_column else []), codes, formats, columns, windows)


def _codes(winner: Winner, y: Any, parts: tuple[str, ...], reading: Reading) -> Steps:
    """Turn labels into codes, or amounts into float32."""
    dataset = winner.dataset
    if dataset.task == "outputs":
        groups = reading.groups if not reading.has_test_rows else ""
        grouped = (f"groups = group_labels({groups})",) if groups else ()
        called: tuple[Callable[..., Any], ...] = (take, row_count, *([group_labels] if groups else []))
        return joined(_nests("y", y, parts, reading), Steps(grouped, functions=called))
    pairs = [(part, f"y{part}" if reading.has_test_rows else reading.y) for part in parts]
    says_text = y is not None and np.asarray(y).dtype.kind in "OU"
    reader = number_reader(set(np.ravel(y))) if says_text else None
    source = f"np.array([{reader.__name__}(label) for label in {{y}}])" if reader else _array(y)
    functions: tuple[Callable[..., Any], ...] = (reader,) if reader else ()
    if dataset.task == "regression":
        pattern = f'{source}.astype("float32")'
    elif dataset.task == "multilabel":
        pattern = f'{_array(y)}.astype("uint8")'
        functions = ()
    elif np.ndim(y) == 2 and np.shape(y)[1] > 1:
        pattern = "np.asarray({y}).argmax(axis=1)"
    elif y is not None and _are_codes(np.asarray(y), dataset.classes) and not dataset.rare:
        pattern = f'{source}.astype("int64")'
    else:
        plain = "{y}" if np.ndim(y) == 1 and not reader else source
        pattern = f"class_codes({plain}, CLASSES)"
        functions = (*functions, class_codes)
    lines = [f"y{part} = {pattern.format(y=given)}" for part, given in pairs]
    if dataset.rare and winner.study.spec["data"].get("rare_classes") == "drop":
        kept = "{x}, {y} = {x}[{y} >= 0], {y}[{y} >= 0]  # without rare classes"
        if reading.groups:
            lines.append("groups = groups[y >= 0]")
        if reading.weights:
            name, y_of = ("w_train", "y_train") if reading.has_test_rows else ("weights", "y")
            lines.append(f"{name} = {name}[{y_of} >= 0]")
        lines += ["validates = validates[y >= 0]"] if reading.validates else []
        lines += [kept.format(x=f"x{part}", y=f"y{part}") for part in parts]
    elif dataset.rare:
        lines += [f"y{part}[y{part} < 0] = len(CLASSES) - 1  # rare classes are one" for part in parts]
    if reading.groups and not reading.has_test_rows:
        lines.insert(0, f"groups = group_labels({reading.groups})")
        functions = (*functions, group_labels)
    constants: dict[str, Any] = {"CLASSES": list(dataset.classes)} if class_codes in functions else {}
    return Steps(tuple(lines), constants, functions=functions)


def _array(y: Any) -> str:
    """Return how labels become a NumPy array of one axis, or of two for several targets."""
    if isinstance(y, np.ndarray) and (y.ndim == 1 or y.shape[1:] != (1,)):
        return "{y}"
    if hasattr(y, "to_numpy"):
        return "{y}.to_numpy()"
    if np.ndim(y) == 2 and np.shape(y)[1] > 1:
        return "np.asarray({y})"
    return "np.asarray({y}).reshape(-1)"


def _are_codes(values: np.ndarray, classes: tuple[str, ...]) -> bool:
    """Tell whether labels are the classes' codes: whole numbers from 0, or such as the source has names for."""
    numbers = classes == tuple(str(code) for code in range(len(classes)))
    named = not all(name.lstrip("-").isdigit() for name in classes)
    return values.dtype.kind in "iu" and (numbers or named)
