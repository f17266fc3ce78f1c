"""The space of a family on the page that launches: every hyperparameter with its explanation and what changes its range."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from ..spaces import (
    PRESETS,
    Categorical,
    Float,
    Hyperparameter,
    Int,
    Space,
    conditions_text,
    preset,
    value_text,
)
from ..spaces.catalogue import CATALOGUE, GROUPS
from ..texts import count_text
from .launch_spec import slider_places
from .pieces import aria, scrolling

EXPLAINED = "explained"
"""Name of the folded part that explains a whole space, beside those of groups."""
_STEPS = 200
"""Places of a slider."""


def space_panel(model: str | None, size: str) -> Component | None:
    """Return the space of a family: what its basic preset varies in sight, the rest folded by groups."""
    if not model or model not in PRESETS:
        return None
    space = preset(model, size)
    groups = [
        _folded(group, f"{group.capitalize()}: {count_text(len(those), 'further hyperparameter')}")
        for group in GROUPS
        if (those := _further(model, space, group))
    ]
    every = _folded(EXPLAINED, f"All {count_text(len(space), 'hyperparameter')} explained")
    return html.Div([_controls(one for one in space if one.name in preset(model)), *groups, every])


def _folded(name: str, title: str) -> Component:
    """Return what is made once it is opened: all of a large space at once takes a browser minutes."""
    summary = html.Summary(title, id={"type": "open", "name": name}, n_clicks=0)
    return html.Details([summary, html.Div(id={"type": "inside", "name": name})], className="more")


def unfolded(model: str, size: str, name: str) -> Component:
    """Return what a folded part of a space holds: a group's hyperparameters, or the explanation of all."""
    space = preset(model, size)
    return explanations(space) if name == EXPLAINED else _controls(_further(model, space, name))


def _further(model: str, space: Space, group: str) -> list[Hyperparameter]:
    """Return what a space varies of a group beyond the family's basic preset."""
    basic = preset(model)
    return [one for one in space if one.group == group and one.name not in basic]


def _controls(hyperparameters: Iterable[Hyperparameter]) -> Component:
    return html.Div([_control(one) for one in hyperparameters], className="form sliders")


def _control(one: Hyperparameter) -> Component:
    name = html.Div(
        [
            html.Span(one.name, className="name"),
            html.Span(f" recommended {value_text(one.recommended)}", className="hint"),
        ]
    )
    when = f" Only where {conditions_text(one.conditions)}." if one.conditions else ""
    meaning = html.P(f"{one.meaning}.{when}", className="hint")
    changes = _slider(one) if isinstance(one, Float | Int) else _choices(one)
    return html.Div([name, meaning, changes], className="control")


def _slider(one: Float | Int) -> Component:
    places = slider_places(one)
    low, high = slider_ends(one)
    step = 1 if isinstance(one, Int) and not one.log else (high - low) / _STEPS or 1
    marks = [
        {"value": place, "label": value_text(bound)}
        for place, bound in zip(places, (one.low, one.high), strict=True)
    ]
    slider: Component = dmc.RangeSlider(
        id={"type": "range", "name": one.name},
        min=low,
        max=high,
        step=step,
        minRange=0,
        value=places,
        marks=marks,
        label={"function": "power" if one.log else "plain"},
        thumbFromLabel=f"{one.name}: lower bound",
        thumbToLabel=f"{one.name}: upper bound",
        labelAlwaysOn=False,
        mb="lg",
    )
    return slider


def slider_ends(one: Float | Int) -> tuple[float, float]:
    """Return where a slider ends: a factor of ten, or the range's own width, beyond the range, as far as that is possible."""
    low, high = slider_places(one)
    spare = 1.0 if one.log else high - low
    entry = CATALOGUE.get(one.name)
    bounds = entry.possible if entry is not None else None
    if bounds is None:
        return low, high
    floor, ceiling = (_place(bound, log=one.log) for bound in (bounds.low, bounds.high))
    below, above = max(low - spare, floor), min(high + spare, ceiling)
    # A bound that is itself impossible, such as a dropout of 1, is not offered.
    return (
        low if bounds.above and below == floor else below,
        high if bounds.below and above == ceiling else above,
    )


def _place(bound: float, *, log: bool) -> float:
    """Return where a bound lies on a slider."""
    if not log:
        return bound
    return -math.inf if bound <= 0 else math.log10(bound) if math.isfinite(bound) else bound


def _choices(one: Hyperparameter) -> Component:
    every = list(dict.fromkeys(map(value_text, one.choices))) if isinstance(one, Categorical) else []
    boxes = dmc.Group([dmc.Checkbox(label=text, value=text, size="xs") for text in every], gap="sm")
    group: Component = dmc.CheckboxGroup(
        boxes, id={"type": "choices", "name": one.name}, value=every, **aria(label=one.name)
    )
    return group


def explanations(space: Space) -> Component:
    """Return a table of hyperparameters with what the catalogue says of them."""
    names = ("Hyperparameter", "Range", "Recommended", "Meaning", "What to try", "Source")
    rows = [
        (one.name, one.range_text(), value_text(one.recommended), one.meaning, one.advice, one.source)
        for one in space
    ]
    lines = [f"| {' | '.join(map(_escaped, row))} |" for row in (names, *rows)]
    lines.insert(1, "|---" * len(names) + "|")
    # One component, where a component for each cell takes a browser minutes.
    return scrolling(dcc.Markdown("\n".join(lines)), "Hyperparameters")


def _escaped(text: str) -> str:
    """Return words so that Markdown shows them as they are."""
    return re.sub(r"([\\`*_{}\[\]<>|#~$])", r"\\\1", text)
