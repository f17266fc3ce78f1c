"""Describes a preparation as reports and the command line show it."""

from __future__ import annotations

from dataclasses import asdict

from ...texts import count_text, names_text
from .free_text import SPECIAL_TOKENS
from .preparation import Preparation, Recipe

_FITTED = {
    "standard": "standardised (mean 0, deviation 1)",
    "minmax": "scaled to 0-1 by their range",
    "robust": "scaled by their median and quartiles",
}
_FILLED = "missing numbers filled with the median of each fold's training rows"


def describe_preparation(plan: Preparation) -> list[str]:
    """Return one sentence for each decision of a preparation."""
    if not plan.recipe.is_plain:
        lines = [_describe_configured(plan.recipe)]
    else:
        lines = _table(plan) if plan.kind == "table" else _array(plan)
    if plan.recipe.tokens:
        count = count_text(len(plan.recipe.tokens), "whole number")
        lines.append(f"{count} a row left as they are, since the model looks them up in an embedding")
    lines += _texts(plan)
    if plan.scale_target:
        lines.append("target standardised on each fold's training rows; metrics are in the target's units")
    return lines


def _texts(plan: Preparation) -> list[str]:
    """Return what becomes of columns of text."""
    if not plan.texts:
        return []
    which = f"{'column' if len(plan.texts) == 1 else 'columns'} {names_text(plan.texts)}"
    text = plan.recipe.text
    if text is None:
        return [f"{which} left out: text, which the family 'text' reads"]
    several = ", one after the other," if len(plan.texts) > 1 else ""
    unit = text.unit if text.ngrams == 1 else "token"
    known = f"at most {count_text(text.max_tokens - SPECIAL_TOKENS, unit)}, the most frequent ones of each fold's training rows"
    return [
        f"text of {which}{several} in lower case, without punctuation, the first {count_text(text.length, unit)}: {known}"
    ]


def _describe_configured(recipe: Recipe) -> str:
    """Return what only a configuration asks for, and how it scales."""
    usual = {**asdict(Recipe("")), "divisor": recipe.divisor}
    asked = [
        f"{name} {value}"
        for name, value in asdict(recipe).items()
        if value != usual[name] and value is not None
    ]
    return f"columns by the configuration, on each fold's training rows: {', '.join(asked)}"


def _table(plan: Preparation) -> list[str]:
    lines = []
    if scaled := len(plan.numeric) - len(plan.recipe.tokens):
        known = _FITTED.get(plan.recipe.scaling)
        how = f"{known} on each fold's training rows" if known else "not scaled"
        lines.append(f"{count_text(scaled, 'numeric column')} {how}")
    if plan.gaps:
        lines.append(_FILLED)
    if plan.categorical:
        width = count_text(sum(map(len, plan.categories)), "column")
        lines.append(f"{count_text(len(plan.categorical), 'categorical column')} one-hot encoded ({width})")
    return lines


def _array(plan: Preparation) -> list[str]:
    if plan.kind == "arrays":
        return ["several inputs used as they were given"]
    recipe, what = plan.recipe, "pixels" if plan.kind == "image" else "numbers"
    if len(recipe.tokens) == plan.numbers:
        lines = []
    elif recipe.scaling == "unit":
        lines = [f"{what} 0-{recipe.divisor:g} divided by {recipe.divisor:g}"]
    elif recipe.scaling in _FITTED:
        lines = [f"{what} {_FITTED[recipe.scaling]} on each fold's training rows"]
    else:
        lines = [f"{what} used as they are"]
    if recipe.imputation is not None:
        lines.append(_FILLED)
    stored = "x".join(map(str, plan.source_shape[:2] if plan.source_shape[2:] == (1,) else plan.source_shape))
    rows = "images" if plan.kind == "image" else "rows"
    if plan.layout == "sequence":
        time, width = plan.source_shape
        lines.append(f"rows are sequences of {count_text(time, 'step')} of {count_text(width, 'feature')}")
    if plan.layout == "flat" and len(plan.source_shape) > 1:
        lines.append(f"{stored} {rows} flattened to {count_text(plan.input_shape[0], 'number')}")
    elif plan.layout == "image":
        order = "channels, height, width" if plan.channels == "channels_first" else "height, width, channels"
        lines.append(f"{stored} {rows} as {'x'.join(map(str, plan.input_shape))} ({order})")
    return lines
