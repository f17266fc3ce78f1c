"""The script's ``prepare`` and ``prepare_targets``: preprocessing as plain NumPy and scikit-learn code."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import indent
from typing import Any

import numpy as np

from ..training.data.free_text import FEATURES, TOKENS
from .estimators import estimator_code
from .expressions import call, literal
from .winner import Winner


def prepare_lines(winner: Winner, x: Any, constants: Mapping[str, Any]) -> tuple[list[str], set[str]]:
    """Return the body of ``prepare`` and its imports; ``prepare_arguments`` names what it takes.

    Args:
        winner: The refit.
        x: Training features as the script reads them, which may lack the channel axis; None where unknown.
        constants: The script's constants so far, to be named rather than repeated.
    """
    plan, features = winner.preparation.preparation, winner.preparation.features
    if plan.kind == "arrays":
        return _both("map_leaves(as_given, {x})"), set()
    if plan.recipe.text is not None:
        return _text_lines(winner, constants)
    if features is None:
        return _constant_lines(winner, x), set()
    return _fitted_lines(winner, x, constants)


def _text_lines(winner: Winner, constants: Mapping[str, Any]) -> tuple[list[str], set[str]]:
    """Return the lines that learn the words of training rows, and those of other columns where there are any."""
    plan = winner.preparation.preparation
    text = plan.recipe.text
    arguments, longest = (text.layer_arguments, text.longest_word) if text else ({}, None)
    cut = "" if longest is None else f", longest={longest}"
    layer = call(
        "keras.layers.TextVectorization", **{name: literal(value) for name, value in arguments.items()}
    )
    lines = indent(f"words = {layer}", "    ").split("\n")
    lines += [
        f"    texts = [plain_texts(x, TEXTS{cut}) for x in (x_train, x_test)]",
        "    words.adapt(texts[0])",
    ]
    taken = "token_numbers(words, part) for part in texts"
    if winner.preparation.features is None:
        return [*lines, f"    x_train, x_test = ({taken})"], set()
    more, imports = _fitted_lines(winner, None, constants)
    pairs = (
        f'    x_{part} = {{"{TOKENS}": tokens[{i}], "{FEATURES}": x_{part}}}'
        for i, part in enumerate(("train", "test"))
    )
    return [*lines, f"    tokens = [{taken}]", *more, *pairs], imports


def _fitted_lines(winner: Winner, x: Any, constants: Mapping[str, Any]) -> tuple[list[str], set[str]]:
    """Return the lines that fit scikit-learn's transformers, and apply them."""
    plan, features = winner.preparation.preparation, winner.preparation.features
    known: dict[str, str] = {}
    if plan.numeric:
        known[repr(list(plan.numeric))] = "NUMBERS"
    if plan.categorical:
        known[repr(list(plan.categorical))] = "list(CATEGORIES)"
        known[repr([list(words) for words in plan.categories])] = "list(CATEGORIES.values())"
    code, imports = estimator_code(features, {key: value for key, value in known.items() if constants})
    lines = indent(f"scaling = {code}", "    ").split("\n")
    if plan.kind == "table":
        return lines + _fit_lines(winner), imports | _warnings(winner)
    source = _channels_last(plan, x)
    if plan.kind == "image" or winner.dataset.x.dtype.itemsize <= 2:
        source += '.astype("float32")'
    if plan.recipe.divisor != 1:
        source += f" / {plan.recipe.divisor:g}"
        source = f"({source})"
    width = f"-1, {plan.numbers}" if plan.layout == "sequence" else "len({x}), -1"
    lines += _both(f"{source}.reshape({width})")
    lines += _fit_lines(winner)
    shape = _shape(plan.source_shape if _goes_first(plan) else plan.input_shape)
    if _goes_first(plan):
        lines += _both(f"np.moveaxis({{x}}.reshape({shape}), -1, 1)")
    elif len(plan.input_shape) > 1:
        lines += _both(f"{{x}}.reshape({shape})")
    return lines, imports | _warnings(winner)


def prepare_arguments(winner: Winner) -> str:
    """Return the arguments of ``prepare``; targets are among them where what is fitted depends on them."""
    reads_target = winner.preparation.preparation.recipe.reads_target
    return "x_train, y_train, x_test" if reads_target else "x_train, x_test"


def _warnings(winner: Winner) -> set[str]:
    return set() if winner.preparation.preparation.recipe.is_plain else {"import warnings"}


def _fit_lines(winner: Winner) -> list[str]:
    """Return the lines that fit the transformer to training rows and apply it to all."""
    recipe = winner.preparation.preparation.recipe
    if recipe.is_plain:
        return _both(f'scaling.{{fit}}({{x}}).astype("{winner.preparation.preparation.dtype}")')
    given = "x_train, y_train" if recipe.reads_target else "x_train"
    crossed = winner.preparation.training is not None
    test = '    x_test = scaling.transform(x_test).astype("float32")'
    first = (
        f"x_train = scaling.fit_transform({given})  # categories by the targets of other rows"
        if crossed
        else f"scaling.fit({given})"
    )
    train = f'    x_train = {"x_train" if crossed else "scaling.transform(x_train)"}.astype("float32")'
    return [
        "    with warnings.catch_warnings():",
        '        warnings.simplefilter("ignore")  # a constant column is no news, and does no harm',
        f"        {first}",
        train,
        test,
    ]


def _both(pattern: str) -> list[str]:
    """Return a statement for training rows, then for test rows; only the first one fits."""
    return [
        f"    {name} = {pattern.format(x=name, fit=fit)}"
        for name, fit in (("x_train", "fit_transform"), ("x_test", "transform"))
    ]


def _constant_lines(winner: Winner, x: Any) -> list[str]:
    plan = winner.preparation.preparation
    source = _channels_last(plan, x)
    if _goes_first(plan):
        source = f"np.moveaxis({source}.reshape({_shape(plan.source_shape)}), -1, 1)"
    source += f'.reshape({_shape(plan.input_shape)}).astype("{plan.dtype}")'
    if plan.recipe.divisor != 1:
        source += f" / {plan.recipe.divisor:g}"
    return _both(source)


def _shape(shape: tuple[int, ...]) -> str:
    return ", ".join(["-1", *map(str, shape)])


def _goes_first(plan: Any) -> bool:
    return bool(plan.layout == "image" and plan.channels == "channels_first")


def _channels_last(plan: Any, x: Any) -> str:
    """Return the expression of an array, with the channels of pictures last where the source has them first."""
    source = "{x}" if isinstance(x, np.ndarray) else "np.asarray({x})"
    shape = tuple(np.shape(x))[1:] if x is not None else plan.source_shape
    moved = plan.kind == "image" and len(shape) == 3 and shape != plan.source_shape
    return f"np.moveaxis({source}, 1, -1)" if moved else source


def target_lines(winner: Winner) -> tuple[list[str], set[str]]:
    """Return the body of ``prepare_targets(y_train, y_test)`` with what it returns, and its imports; may be empty."""
    fitted = winner.preparation
    if winner.dataset.task == "outputs":
        return ["    return map_leaves(as_given, y_train), map_leaves(as_given, y_test)"], set()
    if winner.labels == "one-hot":
        return [f'    one_hot = np.eye({len(winner.dataset.classes)}, dtype="float32")',
                "    return one_hot[y_train], one_hot[y_test]"], set()  # fmt: skip
    if winner.labels in ("column", "multi-hot"):
        ends = "[:, None]" if winner.labels == "column" else ""
        lines = [f'    return y_train.astype("float32"){ends}, y_test.astype("float32"){ends}']
        return lines, set()
    shape = "(-1, 1)" if winner.labels.endswith(" column") else "(y.shape)"
    if winner.labels in ("values", "value column"):
        target_format = winner.dataset.target_format
        values = np.asarray(target_format.values, target_format.dtype).tolist()
        ends = "[:, None]" if winner.labels == "value column" else ""
        return [f'    values = np.array({values}, dtype="{target_format.dtype}")',
                f"    return values[y_train]{ends}, values[y_test]{ends}"], set()  # fmt: skip
    if fitted.target is None:
        lines = ["    return y_train.reshape(-1, 1), y_test.reshape(-1, 1)"]
        return (lines if winner.labels == "number column" else []), set()
    imports = {"from sklearn.preprocessing import StandardScaler"}
    lines = [
        '    columns = y_train.astype("float64").reshape(len(y_train), -1)',
        "    scaler = StandardScaler().fit(columns)",
    ]
    if len(fitted.target.scale_) > 1:
        lines.append(
            "    scaler.scale_[:] = np.sqrt(scaler.var_.mean())  # one scale keeps the targets' weights"
        )
    lines += [
        "    y_train, y_test = (",
        f'        scaler.transform(y.astype("float64").reshape(len(y), -1)).reshape{shape}.astype("float32")',
        "        for y in (y_train, y_test)",
        "    )",
        "    return y_train, y_test, float(scaler.scale_[0])",
    ]
    return lines, imports


def signature_code(winner: Winner) -> str:
    """Return a stand-in for what a user's model function is given."""
    s = winner.signature
    names = ["input_shape", "outputs", "task", "rows", "epochs", "value_range", "output_activation"]
    names += ["max_tokens"] if s.max_tokens else []
    return call("SimpleNamespace", **{name: literal(getattr(s, name)) for name in names})
