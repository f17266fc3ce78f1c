"""From what a source gives to the rows that a study trained on: types, class codes, test rows, the subset.

Each decision is made here, on the rows at hand, so that the script holds only what applies. Random draws are those
of ``training.data.splits``, written plainly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..cells import plain_text, sources
from .pretty import Expression, literal
from .reading import Reading
from .winner import Winner

_DRAWS = 20
"""Splits by groups that are drawn, of which the one nearest to the wanted proportions is kept."""


@dataclass(frozen=True)
class Steps:
    """Lines of ``load_data`` below the reading, and what they need at the top of the script."""

    lines: tuple[str, ...]
    constants: Mapping[str, Expression] = field(default_factory=dict)
    comments: Mapping[str, str] = field(default_factory=dict)
    """Constant -> what it is."""
    helpers: tuple[str, ...] = ()
    imports: frozenset[str] = frozenset()


def row_steps(winner: Winner, reading: Reading, found: Mapping[str, Any]) -> Steps:
    """Return the steps from a reading's variables to ``x_train, y_train, x_test, y_test``.

    Args:
        winner: The refit.
        reading: How the rows are read.
        found: The reading's variables, as read now; empty where it cannot be run.
    """
    parts = ("_train", "_test") if reading.whole else ("",)
    columns = _columns(winner, found.get(f"x{parts[0]}"), parts, reading)
    codes = _codes(winner, found.get(f"y{parts[0]}"), parts, reading)
    split = Steps(()) if reading.whole else _split(winner, reading, found, codes)
    total = len(found[f"y{parts[0]}"]) if found else 0
    rows = len(winner.dataset.y) + (0 if reading.whole else len(winner.dataset.y_test))
    subset = _subset(winner, needs_draw="TEST_ROWS" not in split.constants) if total > rows else Steps(())
    return _joined(columns, codes, split, subset)


def _joined(*steps: Steps) -> Steps:
    return Steps(
        tuple(line for step in steps for line in step.lines),
        {name: value for step in steps for name, value in step.constants.items()},
        {name: text for step in steps for name, text in step.comments.items()},
        tuple(dict.fromkeys(helper for step in steps for helper in step.helpers)),
        frozenset().union(*(step.imports for step in steps)),
    )


def _columns(winner: Winner, x: Any, parts: tuple[str, ...], reading: Reading) -> Steps:
    """Take a table's feature columns in the types that the model was tuned on; arrays stay as they are."""
    plan = winner.preparation.preparation
    if winner.dataset.kind != "table":
        return Steps(() if reading.whole or reading.x == "x" else (f"x = {reading.x}",))
    constants: dict[str, Expression] = {}
    takes: list[str] = []
    helpers: tuple[str, ...] = ()
    if plan.numeric:
        constants["NUMBERS"] = literal(list(plan.numeric))
        plain = x is not None and all(str(x[name].dtype) == "float64" for name in plan.numeric)
        if x is not None and any(x[name].dtype.kind not in "biuf" for name in plan.numeric):
            takes.append(
                '{x}[NUMBERS].astype(object).map(plain_number, na_action="ignore").astype("float64")'
            )
            helpers = (sources(),)
        else:
            takes.append("{x}[NUMBERS]" if plain else '{x}[NUMBERS].astype("float64")')
    if plan.categorical:
        constants["CATEGORIES"] = literal(
            {n: list(c) for n, c in zip(plan.categorical, plan.categories, strict=True)}
        )
        readers = {_reader(x[name]) for name in plan.categorical} if x is not None else {"plain_text"}
        reader = next((name for name in ("plain_text", "str") if name in readers), None)
        texts = "{x}[list(CATEGORIES)].astype(object)"
        takes.append(f'{texts}.map({reader}, na_action="ignore")' if reader else texts)
        helpers = (sources(),) if reader == "plain_text" else helpers
    if len(takes) == 2:
        takes = [f"numbers = {takes[0]}", f"texts = {takes[1]}", "numbers.join(texts)"]
    if not reading.whole:
        takes[-1] = f"x = {takes[-1]}"
        return Steps(
            tuple(line.format(x=reading.x) for line in takes),
            constants,
            helpers=helpers,
            imports=_needs(helpers),
        )
    takes[-1] = f"return {takes[-1]}"
    body = "\n".join(f"    {line.format(x='frame')}" for line in takes)
    helper = f'def columns(frame):\n    """Return the columns that the model reads."""\n{body}'
    return Steps(
        tuple(f"x{part} = columns(x{part})" for part in parts),
        constants,
        helpers=(*helpers, helper),
        imports=_needs(helpers),
    )


def _needs(helpers: tuple[str, ...]) -> frozenset[str]:
    return frozenset({"import re"} if helpers else ())


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
    given = [reading.y] if not reading.whole else [f"y{part}" for part in parts]
    pairs = list(zip((f"y{part}" for part in parts), given, strict=True))
    source = _array(y)
    if dataset.task == "regression":
        if y is not None and np.asarray(y).dtype == object:
            read = '{name} = {value}.map(plain_number).to_numpy("float32")'
            return Steps(
                tuple(read.format(name=name, value=value) for name, value in pairs),
                helpers=(sources(),),
                imports=frozenset({"import re"}),
            )
        return Steps(tuple(f'{name} = {source.format(y=value)}.astype("float32")' for name, value in pairs))
    named: dict[str, Expression] = {"CLASSES": literal(list(dataset.classes))}
    if any("read_images" in helper for helper in reading.helpers):
        return Steps((), named)  # read as codes
    label = _label(y, dataset.classes)
    if dataset.rare and label == "codes":
        label = "str(label)"
    if label == "codes":
        return Steps(tuple(f'{name} = {source.format(y=value)}.astype("int64")' for name, value in pairs))
    if label == "one-hot":
        return Steps(tuple(f"{name} = np.asarray({value}).argmax(axis=1)" for name, value in pairs))
    flat_labels = "labels" if source == "{y}" or "to_numpy" in source else "np.asarray(labels).reshape(-1)"
    helper = "\n".join((
        "def encode(labels):",
        '    """Return class codes: positions in CLASSES."""',
        "    codes = {name: code for code, name in enumerate(CLASSES)}",
        f"    return np.array([{_code(winner, label)} for label in {flat_labels}])",
    ))  # fmt: skip
    helpers = (sources(), helper) if label.startswith("plain_text") else (helper,)
    lines = tuple(f"{name} = encode({value})" for name, value in pairs)
    if _drops(winner):
        kept = "{x}, {y} = {x}[{y} >= 0], {y}[{y} >= 0]  # without rare classes"
        lines += tuple(kept.format(x=f"x{part}", y=f"y{part}") for part in parts)
    return Steps(lines, named, helpers=helpers, imports=_needs(helpers[1:]))


def _drops(winner: Winner) -> bool:
    return bool(winner.dataset.rare) and winner.study.spec["data"].get("rare_classes") == "drop"


def _code(winner: Winner, label: str) -> str:
    """Return the expression of a label's code: rare classes are the last class, or none."""
    if not winner.dataset.rare:
        return f"codes[{label}]"
    return f"codes.get({label}, {-1 if _drops(winner) else len(winner.dataset.classes) - 1})"


def _array(y: Any) -> str:
    """Return how labels become a NumPy array of one axis, or of two for several targets."""
    if isinstance(y, np.ndarray) and (y.ndim == 1 or y.shape[1:] != (1,)):
        return "{y}"
    if hasattr(y, "to_numpy"):
        return "{y}.to_numpy()"
    if np.ndim(y) == 2 and np.shape(y)[1] > 1:
        return "np.asarray({y})"
    return "np.asarray({y}).reshape(-1)"


def _label(y: Any, classes: tuple[str, ...]) -> str:
    """Return how a label is looked up: an expression of ``label``, or ``codes`` or ``one-hot``."""
    if y is None:
        return "str(label)"
    values = np.asarray(y)
    if values.ndim == 2 and values.shape[1] > 1:
        return "one-hot"
    if values.dtype.kind in "iu":
        numbers = classes == tuple(str(code) for code in range(len(classes)))
        named = not all(name.lstrip("-").isdigit() for name in classes)
        return "codes" if numbers or named else "str(label)"
    if values.dtype.kind == "f":
        return "str(int(label) if label.is_integer() else label)"
    return _text_label(values) if values.dtype.kind == "O" else "str(label)"


def _text_label(values: np.ndarray) -> str:
    if any(isinstance(value, str) and plain_text(value) != value for value in values.flat):
        return "plain_text(label)"
    return "label" if all(isinstance(value, str) for value in values.flat) else "str(label)"


def _take(winner: Winner, name: str, rows: str) -> str:
    return (
        f"{name}.iloc[{rows}]"
        if name.startswith("x") and winner.dataset.kind == "table"
        else f"{name}[{rows}]"
    )


def _split(winner: Winner, reading: Reading, found: Mapping[str, Any], codes: Steps) -> Steps:
    """Hold out the rows that ``refit`` held out."""
    spec, dataset = winner.study.spec, winner.dataset
    taken = (
        f"x_train, y_train = {_take(winner, 'x', 'train')}, y[train]",
        f"x_test, y_test = {_take(winner, 'x', 'test')}, y[test]",
    )
    rest = "train = np.setdiff1d(np.arange(len(y)), test)"
    comments = {"TEST_ROWS": "held out, in all or of each class", "SPLIT_SEED": "draws the test rows"}
    if reading.groups:
        return _split_groups(winner, reading, found, codes, taken)
    if spec.get("cv", {}).get("method") == "time":
        count = {"TEST_ROWS": literal(len(dataset.y_test))}
        lines = ("test = np.arange(len(y) - TEST_ROWS, len(y))  # the last rows: time goes on", rest, *taken)
        return Steps(lines, count, {"TEST_ROWS": "held out"})
    constants = {"SPLIT_SEED": literal(_seed(winner)), "TEST_ROWS": _counts(winner, dataset.y_test)}
    return Steps(("test = draw(y, TEST_ROWS)", rest, *taken), constants, comments, (_draw(winner),))


def _subset(winner: Winner, *, needs_draw: bool) -> Steps:
    """Draw the subset of training rows that ``refit`` was limited to."""
    constants: dict[str, Expression] = {"SPLIT_SEED": literal(_seed(winner))} if needs_draw else {}
    constants["TRAIN_ROWS"] = _counts(winner, winner.dataset.y)
    lines = (
        "kept = draw(y_train, TRAIN_ROWS)",
        f"x_train, y_train = {_take(winner, 'x_train', 'kept')}, y_train[kept]",
    )
    comments = {"TRAIN_ROWS": "a subset, in all or of each class", "SPLIT_SEED": "draws the subset"}
    return Steps(
        lines, constants, comments if needs_draw else {"TRAIN_ROWS": comments["TRAIN_ROWS"]}, (_draw(winner),)
    )


def _seed(winner: Winner) -> int:
    return int(winner.study.spec.get("search", {}).get("seed", 0))


def _counts(winner: Winner, y: np.ndarray) -> Expression:
    if winner.dataset.task == "regression":
        return literal(len(y))
    return literal(np.bincount(y, minlength=len(winner.dataset.classes)).tolist())


def _draw(winner: Winner) -> str:
    if winner.dataset.task == "regression":
        return "\n".join((
            "def draw(y, count):",
            '    """Return the sorted positions of some rows, drawn as the study drew them."""',
            "    return np.sort(np.random.default_rng(SPLIT_SEED).permutation(len(y))[:count])",
        ))  # fmt: skip
    return "\n".join((
        "def draw(y, counts):",
        '    """Return the sorted positions of some rows of each class, drawn as the study drew them."""',
        "    rng = np.random.default_rng(SPLIT_SEED)",
        "    rows = [rng.permutation(np.flatnonzero(y == code))[:n] for code, n in enumerate(counts)]",
        "    return np.sort(np.concatenate(rows))",
    ))  # fmt: skip


def _split_groups(
    winner: Winner, reading: Reading, found: Mapping[str, Any], codes: Steps, taken: tuple[str, ...]
) -> Steps:
    """Hold out whole groups: of several draws, the one that the study kept."""
    given = np.asarray(found["groups"]) if found else np.array(["?"])
    whole = given.dtype.kind in "iu"
    groups = (
        f"np.asarray({reading.groups})" if whole else f"np.array([str(group) for group in {reading.groups}])"
    )
    size = float(winner.study.spec["data"].get("test_size", 0.25))
    distinct = len(np.unique(given if whole else [str(group) for group in given]))
    size = min(max(size, 1 / distinct), 1 - 1 / distinct) if distinct > 1 else size
    constants = {
        "SPLIT_SEED": literal(_seed(winner)),
        "DRAW": literal(_find_draw(winner, given, size, whole=whole)),
    }
    lines = (
        f"groups = {groups}",
        f"splitter = GroupShuffleSplit({_DRAWS}, test_size={size!r}, random_state=SPLIT_SEED)",
        "train, test = list(splitter.split(y, groups=groups))[DRAW]",
        "train, test = np.sort(train), np.sort(test)",
        *taken,
    )
    del codes
    comments = {"DRAW": "the split by groups that the study kept", "SPLIT_SEED": "draws the splits"}
    return Steps(
        lines,
        constants,
        comments,
        imports=frozenset({"from sklearn.model_selection import GroupShuffleSplit"}),
    )


def _find_draw(winner: Winner, given: np.ndarray, size: float, *, whole: bool) -> int:
    """Return which draw has the study's test rows: as many, and none of the training rows' groups."""
    from sklearn.model_selection import GroupShuffleSplit

    dataset = winner.dataset
    groups = given if whole else np.array([str(group) for group in given])
    if len(groups) < len(dataset.y_test) or dataset.groups is None:
        return 0
    splitter = GroupShuffleSplit(_DRAWS, test_size=size, random_state=_seed(winner))
    for number, (_, test) in enumerate(splitter.split(np.zeros(len(groups)), groups=groups)):
        if len(test) == len(dataset.y_test) and not np.isin(groups[test], dataset.groups).any():
            return number
    return 0
