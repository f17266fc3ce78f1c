"""From what a source gives to the rows that a study trained on: types, class codes, test rows, the subset.

Each decision is made here, on the rows at hand, so that the script holds only what applies. What is called are the
functions that loading calls.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..cells import number_reader, plain_number, plain_text
from ..training.data.free_text import TEXT, text_table
from ..training.data.multiple_inputs import as_arrays, class_codes_in
from ..training.data.series import Series, sort_by_time, step_matrix, windows_and_targets
from ..training.data.splits import draw_groups, draw_in_proportion, draw_stratified, group_labels
from ..training.data.strata import label_strata, row_strata
from ..training.data.targets import class_codes, missing_targets
from ..training.data.text_columns import ColumnFormats, with_formats
from ..training.data.trees import leaves, named_leaves, row_count, take
from .expressions import quoted
from .reading import Reading
from .winner import Winner

_SHORT = 90
"""Characters of what stands in one line, wherever that is."""


@dataclass(frozen=True)
class Steps:
    """Lines of ``load_data`` below the reading, and what they need at the top of the script."""

    lines: tuple[str, ...]
    constants: Mapping[str, Any] = field(default_factory=dict)
    comments: Mapping[str, str] = field(default_factory=dict)
    """Constant -> what it is."""
    helpers: tuple[str, ...] = ()
    """Functions that are written for these rows."""
    functions: tuple[Callable[..., Any], ...] = ()
    """What the lines call of ours; a script holds the source."""


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
    columns = _columns(winner, x, parts, reading)
    codes = _codes(winner, y, parts, reading)
    if winner.dataset.series is not None:
        return _joined(present, *_of_series(winner, winner.dataset.series, codes, formats, columns, y))
    given = _joined(_weights(reading), _validates(reading))
    split = Steps(()) if reading.has_test_rows else _split(winner, reading)
    total = 0 if y is None else row_count(y) - (int(missing_targets(y).sum()) if present.lines else 0)
    rows = winner.dataset.rows + (0 if reading.has_test_rows else winner.dataset.test_rows)
    subset = _subset(winner, needs_seed="SPLIT_SEED" not in split.constants) if total > rows else Steps(())
    return _joined(present, given, formats, columns, codes, split, subset)


def _weights(reading: Reading) -> Steps:
    """Take the weights of rows; test rows of the source's own have none."""
    if not reading.weights:
        return Steps(())
    name = "w_train" if reading.has_test_rows else "weights"
    line = f'{name} = np.asarray({reading.weights}, "float64").reshape(-1).astype("float32")'
    return Steps((line, *(("w_test = None",) if reading.has_test_rows else ())))


def _validates(reading: Reading) -> Steps:
    """Find out which rows validate, from which no test rows are drawn."""
    return Steps((f"validates = {reading.validates}",) if reading.validates else ())


def _joined(*steps: Steps) -> Steps:
    return Steps(
        tuple(line for step in steps for line in step.lines),
        {name: value for step in steps for name, value in step.constants.items()},
        {name: text for step in steps for name, text in step.comments.items()},
        tuple(dict.fromkeys(helper for step in steps for helper in step.helpers)),
        tuple(function for step in steps for function in step.functions),
    )


def _present(winner: Winner, y: Any, reading: Reading) -> Steps:
    """Leave out the rows of a table that have no target, where that was asked for and there are any."""
    asked = winner.study.spec["data"].get("drop_missing_target")
    if not asked or (y is not None and not missing_targets(y).any()):
        return Steps(())
    reader: Callable[[Any], Any] | None = None
    if y is not None and np.ndim(y) == 1 and y.dtype.kind not in "biuf":
        reader = number_reader(set(y.dropna())) or plain_text
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


def _columns(winner: Winner, x: Any, parts: tuple[str, ...], reading: Reading) -> Steps:
    """Take a table's feature columns in the types that the model was tuned on; arrays stay as they are."""
    plan = winner.dataset.series or winner.preparation.preparation
    if winner.dataset.kind != "table" and winner.dataset.series is None:
        if winner.dataset.kind == "arrays":
            return _nests("x", x, parts, reading)
        return Steps(() if reading.has_test_rows or reading.x == "x" else (f"x = {reading.x}",))
    constants: dict[str, Any] = {}
    takes: dict[str, str] = {}
    functions: list[Callable[..., Any]] = []
    if plan.numeric:
        constants["NUMBERS"] = list(plan.numeric)
        plain = x is not None and all(str(x[name].dtype) == "float64" for name in plan.numeric)
        if x is not None and any(x[name].dtype.kind not in "biuf" for name in plan.numeric):
            takes["numbers"] = (
                '{x}[NUMBERS].astype(object).map(plain_number, na_action="ignore").astype("float64")'
            )
            functions.append(plain_number)
        else:
            takes["numbers"] = "{x}[NUMBERS]" if plain else '{x}[NUMBERS].astype("float64")'
    if plan.categorical:
        constants["CATEGORIES"] = {n: list(c) for n, c in zip(plan.categorical, plan.categories, strict=True)}
        readers = {_reader(x[name]) for name in plan.categorical} if x is not None else {"plain_text"}
        reader = next((name for name in ("plain_text", "str") if name in readers), None)
        cells = "{x}[list(CATEGORIES)].astype(object)"
        takes["categories"] = f'{cells}.map({reader}, na_action="ignore")' if reader else cells
        functions += [plain_text] if reader == "plain_text" else []
    if winner.preparation.vocabulary:
        written = winner.preparation.preparation.texts
        constants["TEXTS"] = list(written)
        takes["texts"] = "{x}[TEXTS]" if hasattr(x, "columns") or written != (TEXT,) else "text_table({x})"
        functions += [text_table] if "text_table" in takes["texts"] else []
    first, *others = takes.values()
    joined = first + "".join(f".join({other})" for other in others)
    lines = [joined]
    if others and len(joined.format(x=reading.x)) > _SHORT:
        lines = [f"{name} = {part}" for name, part in takes.items()]
        name, *names = takes
        lines.append(name + "".join(f".join({other})" for other in names))
    if not reading.has_test_rows:
        lines[-1] = f"x = {lines[-1]}"
        return Steps(
            tuple(line.format(x=reading.x) for line in lines),
            constants,
            functions=tuple(functions),
        )
    lines[-1] = f"return {lines[-1]}"
    body = "\n".join(f"    {line.format(x='frame')}" for line in lines)
    helper = f'def columns(frame):\n    """Return the columns that the model reads."""\n{body}'
    return Steps(
        tuple(f"x{part} = columns(x{part})" for part in parts),
        constants,
        helpers=(helper,),
        functions=tuple(functions),
    )


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


def _reader(column: Any) -> str | None:
    """Return the function that makes plain text of a column; None where all of it is that already."""
    values = column.dropna()
    if any(plain_text(value) != str(value) for value in values.unique()):
        return "plain_text"
    return (
        "str"
        if str(column.dtype) == "category" or any(not isinstance(value, str) for value in values)
        else None
    )


def _codes(winner: Winner, y: Any, parts: tuple[str, ...], reading: Reading) -> Steps:
    """Turn labels into codes, or amounts into float32."""
    dataset = winner.dataset
    if dataset.task == "outputs":
        groups = reading.groups if not reading.has_test_rows else ""
        grouped = (f"groups = group_labels({groups})",) if groups else ()
        called: tuple[Callable[..., Any], ...] = (take, row_count, *([group_labels] if groups else []))
        return _joined(_nests("y", y, parts, reading), Steps(grouped, functions=called))
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


def _take(winner: Winner, name: str, rows: str) -> str:
    several = winner.dataset.kind == "arrays" if name.startswith("x") else winner.dataset.task == "outputs"
    if several:
        return f"take({name}, {rows})"
    return (
        f"{name}.iloc[{rows}]"
        if name.startswith("x") and winner.dataset.kind == "table"
        else f"{name}[{rows}]"
    )


def _split(winner: Winner, reading: Reading) -> Steps:
    """Hold out the rows that ``refit`` held out; of those that do not validate where given folds say so."""
    drawn = _draw_test_rows(winner, reading, among="[others]" if reading.validates else "")
    lines = drawn.lines
    if reading.validates:
        others = "others = np.flatnonzero(~validates)  # of which test rows are drawn"
        lines = (others, *lines, "test = others[test]")
    taken = (
        f"train = np.setdiff1d(np.arange({rows_in(winner, 'y')}), test)",
        f"x_train, y_train = {_take(winner, 'x', 'train')}, {_take(winner, 'y', 'train')}",
        f"x_test, y_test = {_take(winner, 'x', 'test')}, {_take(winner, 'y', 'test')}",
        *(("w_train, w_test = weights[train], weights[test]",) if reading.weights else ()),
    )
    return replace(drawn, lines=(*lines, *taken))


def _draw_test_rows(winner: Winner, reading: Reading, among: str = "") -> Steps:
    """Draw the positions of the test rows, ``test``, ``among`` some of the rows or all."""
    spec, dataset, rows = winner.study.spec, winner.dataset, rows_in(winner, "y")
    seed = _seed(winner)
    if reading.groups:
        size = float(spec["data"].get("test_size", 0.25))
        codes = "y" if dataset.task == "classification" else "np.zeros(len(y), int)"
        line = f"test = draw_groups({codes}{among}, groups{among}, TEST_SIZE, SPLIT_SEED)"
        comments = {"SPLIT_SEED": "draws the splits by groups, of which the best one is kept"}
        return Steps((line,), {"SPLIT_SEED": seed, "TEST_SIZE": size}, comments, functions=(draw_groups,))
    by_time = "last" if spec.get("cv", {}).get("method") == "time" else "random"
    if (spec["data"].get("test_split") or by_time) == "last":
        count = {"TEST_ROWS": dataset.test_rows}
        drawn_from = "len(others)" if among else rows
        line = f"test = np.arange({drawn_from} - TEST_ROWS, {drawn_from})  # the last rows: time goes on"
        return Steps((line,), count, {"TEST_ROWS": "held out"})
    if stratify := spec.get("cv", {}).get("stratify"):
        output = "".join(f"[{part if part.isdigit() else quoted(part)}]" for part in stratify.split("/"))
        codes = f"class_codes_in(y{output}){among}"
        line = f"test = draw_stratified({codes}, TEST_ROWS, np.random.default_rng(SPLIT_SEED))"
        constants = {"SPLIT_SEED": seed, "TEST_ROWS": _counts_in_output(winner, stratify)}
        comments = {"TEST_ROWS": "held out, of each class", "SPLIT_SEED": "draws the test rows"}
        return Steps((line,), constants, comments, functions=(draw_stratified, class_codes_in))
    constants = {"SPLIT_SEED": seed, "TEST_ROWS": _counts(winner, dataset.y_test)}
    comments = {"TEST_ROWS": "held out, of each class or in all", "SPLIT_SEED": "draws the test rows"}
    line = _draw(winner, "test", "y", "TEST_ROWS", among)
    return Steps((line,), constants, comments, functions=_drawing(winner))


def _subset(winner: Winner, *, needs_seed: bool) -> Steps:
    """Draw the subset of training rows that ``refit`` was limited to."""
    constants = {
        **({"SPLIT_SEED": _seed(winner)} if needs_seed else {}),
        "TRAIN_ROWS": _counts(winner, winner.dataset.y),
    }
    lines = (
        _draw(winner, "kept", "y_train", "TRAIN_ROWS"),
        f"x_train, y_train = {_take(winner, 'x_train', 'kept')}, {_take(winner, 'y_train', 'kept')}",
        *(("w_train = w_train[kept]",) if winner.dataset.weights is not None else ()),
    )
    comments = {"TRAIN_ROWS": "a subset, of each class or in all"}
    comments |= {"SPLIT_SEED": "draws the subset"} if needs_seed else {}
    return Steps(lines, constants, comments, functions=_drawing(winner))


def _seed(winner: Winner) -> int:
    return int(winner.study.spec.get("search", {}).get("seed", 0))


def row_classes(winner: Winner, y: str) -> str:
    """Return the expression of what rows are drawn by: see ``row_strata``."""
    expressions = {"classification": y, "multilabel": f"label_strata({y})"}
    return expressions.get(winner.dataset.task, f"np.zeros({rows_in(winner, y)}, int)")


def rows_in(winner: Winner, y: str) -> str:
    """Return the expression of how many rows targets have."""
    return f"row_count({y})" if winner.dataset.task == "outputs" else f"len({y})"


def _counts(winner: Winner, y: np.ndarray) -> list[int] | int:
    """Return how many rows of each class are drawn, or in all where classes are none: strata are those of the rows."""
    if winner.dataset.task == "multilabel":
        return len(y)
    codes = row_strata(y, winner.dataset.task)
    return [int(count) for count in np.bincount(codes, minlength=len(winner.dataset.classes))]


def _counts_in_output(winner: Winner, output: str) -> list[int]:
    """Return how many test rows there are of each class of an output."""
    parts = [dict(named_leaves(y))[output] for y in (winner.dataset.y, winner.dataset.y_test)]
    codes = class_codes_in(np.concatenate(parts))
    return [] if codes is None else np.bincount(codes[len(parts[0]) :], minlength=codes.max() + 1).tolist()


def _drawing(winner: Winner) -> tuple[Callable[..., Any], ...]:
    """Return the functions that ``_draw`` calls."""
    several = winner.dataset.task == "multilabel"
    return (draw_in_proportion, label_strata) if several else (draw_stratified,)


def _draw(winner: Winner, name: str, y: str, counts: str, among: str = "") -> str:
    function = _drawing(winner)[0].__name__
    return (
        f"{name} = {function}({row_classes(winner, y)}{among}, {counts}, np.random.default_rng(SPLIT_SEED))"
    )
