"""A preparation in words: what reports and the command line show of it."""

from __future__ import annotations

from dataclasses import asdict

from .preparation import Preparation
from .raw import plural
from .recipe import Recipe

_FITTED = {
    "standard": "standardised (mean 0, deviation 1)",
    "minmax": "scaled to 0-1 by their range",
    "robust": "scaled by their median and quartiles",
}


def describe_preparation(plan: Preparation) -> list[str]:
    """Return one sentence for each decision of a preparation."""
    if plan.recipe is not None:
        lines = _recipe(plan, plan.recipe)
    else:
        lines = _table(plan) if plan.kind == "table" else _array(plan)
    if plan.tokens:
        count = plural(len(plan.tokens), "whole number")
        lines.append(f"{count} a row left as they are, since the model looks them up in an embedding")
    if plan.scale_target:
        lines.append("target standardised on each fold's training rows; metrics are in the target's units")
    return lines


def _recipe(plan: Preparation, recipe: Recipe) -> list[str]:
    """Return what a configuration asks for, beside what would be done without it."""
    usual = asdict(Recipe(plan.scaling))
    asked = [f"{name} {value}" for name, value in asdict(recipe).items() if value != usual[name]]
    return [f"columns by the configuration, on each fold's training rows: {', '.join(asked)}"]


def _table(plan: Preparation) -> list[str]:
    lines = []
    if plan.numeric and len(plan.tokens) < len(plan.numeric):
        how = (
            f"{_FITTED[plan.scaling]} on each fold's training rows"
            if plan.scaling in _FITTED
            else "not scaled"
        )
        lines.append(f"{plural(len(plan.numeric) - len(plan.tokens), 'numeric column')} {how}")
    if plan.impute:
        lines.append("missing numbers filled with the median of each fold's training rows")
    if plan.categorical:
        width = plural(sum(map(len, plan.categories)), "column")
        lines.append(f"{plural(len(plan.categorical), 'categorical column')} one-hot encoded ({width})")
    return lines


def _array(plan: Preparation) -> list[str]:
    what = "pixels" if plan.kind == "image" else "numbers"
    if len(plan.tokens) == plan.numbers:
        lines = []
    elif plan.scaling == "unit":
        lines = [f"{what} 0-{plan.divisor:g} divided by {plan.divisor:g}"]
    elif plan.scaling in _FITTED:
        lines = [f"{what} {_FITTED[plan.scaling]} on each fold's training rows"]
    else:
        lines = [f"{what} used as they are"]
    if plan.impute:
        lines.append("missing numbers filled with the median of each fold's training rows")
    stored = "x".join(map(str, plan.source_shape[:2] if plan.source_shape[2:] == (1,) else plan.source_shape))
    rows = "images" if plan.kind == "image" else "rows"
    if plan.layout == "flat" and len(plan.source_shape) > 1:
        lines.append(f"{stored} {rows} flattened to {plural(plan.input_shape[0], 'number')}")
    elif plan.layout == "image":
        order = "channels, height, width" if plan.channels == "channels_first" else "height, width, channels"
        lines.append(f"{stored} {rows} as {'x'.join(map(str, plan.input_shape))} ({order})")
    return lines
