"""What data hold, before anything is launched: rows, columns, kinds, classes, pictures, and what will be prepared."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from dash import html
from dash.development.base_component import Component

from ..errors import DataError, KerasweepError
from ..reports.cards import Column, Row, Table
from ..texts import count_text, numbers_text
from ..training.data import Dataset, holds_only_text
from ..training.data.delimited import table_suffix
from ..training.data.files import TABLE_SUFFIXES, peek_table
from ..training.data.python_sources import is_function
from ..training.data.table_options import TableOptions
from .pieces import alert, error_alert, facts, panel, table_box

if TYPE_CHECKING:
    import pandas as pd

    from ..search.plan import Plan

PlanWith = Callable[[str], "Plan"]
"""Makes the plan of a family, with what else a form says."""
_COLUMNS = 60
"""Columns of a table that are described."""
_EXAMPLES = 3
_PICTURES = 10
_SIDE = 56
"""Pixels of a picture's shorter side."""


@dataclass(frozen=True)
class Preview:
    """What is known of data before they are launched."""

    columns: tuple[str, ...]
    """Of a table, which its target is chosen among."""
    suggested: str | None
    """A family that suits the data."""
    content: Component


def preview(source: str, plan_with: PlanWith, form: Mapping[str, Any]) -> Preview:
    """Look at data.

    Args:
        source: A name, a path, or ``module:function``.
        plan_with: Makes the plan of a family.
        form: The other fields of the page: ``target`` and ``model``.

    Raises:
        DataError: There is no source.
    """
    if not source:
        raise DataError("Choose the data: a name, an upload, or a path on this machine.")
    if is_function(source):
        words = "A function of your own is called where the sweep runs; the plan shows what it returns."
        return Preview((), None, alert(words, title=source))
    frame = _peek(source, form)
    columns = () if frame is None else tuple(map(str, frame.columns))
    parts = [] if frame is None else [_table_panel(frame)]
    if frame is not None and not form.get("target"):
        hint = alert("Choose the column to predict to see how the data are taken.", title="Next: the target")
        return Preview(columns, None, html.Div([hint, *parts]))
    model = str(form.get("model") or "")
    try:
        found, plan = _planned(plan_with, model)
    except KerasweepError as error:
        return Preview(columns, None, html.Div([error_alert(error), *parts]))
    own = parts or [_table_panel(found.x)] if found.kind == "table" else parts
    return Preview(
        columns, suggested_model(found), html.Div([_facts_panel(found, plan), *_picture_panels(found), *own])
    )


def _peek(source: str, form: Mapping[str, Any]) -> Any:
    path = Path(source).expanduser()
    if not path.is_file() or table_suffix(path) not in TABLE_SUFFIXES:
        return None
    return peek_table(path, TableOptions(header=form.get("header"), encoding=form.get("encoding")))


def _planned(plan_with: PlanWith, model: str) -> tuple[Dataset, Plan]:
    """Return the data and the plan of a family: the one chosen, else one that suits; code of the user's own is not run here."""
    if model and ":" not in model:
        plan = plan_with(model)
        return plan.dataset, plan
    first: KerasweepError | None = None
    for family in ("linear", "cnn", "text"):  # between them they read whatever families do
        try:
            found = plan_with(family).dataset
        except KerasweepError as error:
            first = first or error
        else:
            return found, plan_with(suggested_model(found))
    raise first or DataError("No family reads these data.")


def suggested_model(found: Dataset) -> str:
    """Return a family that suits data."""
    if found.kind == "image":
        return "cnn"
    if found.kind == "sequence" or found.series is not None:
        return "rnn"
    if holds_only_text(found):
        return "text"
    return "nn" if found.task == "regression" else "dnn"


def _facts_panel(found: Dataset, plan: Plan) -> Component:
    counts = class_counts(found)
    pairs = {
        "Rows": f"{found.rows:,} to train on, {found.test_rows:,} held out for the test",
        "Kind": {"image": "pictures", "table": "a table", "sequence": "steps of time"}.get(
            found.kind, found.kind
        ),
        "Shape of a row": " × ".join(map(str, found.x.shape[1:]))
        if found.kind != "table" and hasattr(found.x, "shape")
        else "",
        "To predict": found.task_text,
        "Classes": ", ".join(f"{name} {count:,}" for name, count in counts),
        "Will be prepared": "; ".join(plan.prepared),
        "Folds": plan.cv_text(),
        "Objective": plan.objective_text,
        "Noted": "; ".join((*found.notes, *plan.hints)),
    }
    return panel(found.name, facts(pairs))


def class_counts(found: Dataset) -> list[tuple[str, int]]:
    """Return the classes of a classification and how many training rows each has; the first thirty."""
    if found.task != "classification" or not found.classes:
        return []
    counts = np.bincount(found.y, minlength=len(found.classes))
    return list(zip(found.classes[:30], map(int, counts), strict=False))


def _table_panel(frame: pd.DataFrame) -> Component:
    columns = (
        Column("Column"),
        Column("Kind"),
        Column("Different", numeric=True),
        Column("Missing", numeric=True),
        Column("For example"),
    )
    rows = tuple(Row(describe_column(frame, place)) for place in range(min(len(frame.columns), _COLUMNS)))
    every = count_text(len(frame.columns), "column")
    caption = every if len(rows) == len(frame.columns) else f"The first {len(rows)} of {every}"
    return panel("Columns", table_box(Table(f"{caption}, {len(frame):,} rows", columns, rows)))


def describe_column(frame: pd.DataFrame, place: int) -> tuple[str, ...]:
    """Return a column's name, kind, number of different values, of missing ones, and some of its values."""
    import pandas as pd

    values = frame.iloc[:, place]
    kind = (
        "numbers"
        if pd.api.types.is_numeric_dtype(values)
        else "dates"
        if pd.api.types.is_datetime64_any_dtype(values)
        else "texts"
    )
    there = values.dropna()
    try:
        different = f"{there.nunique():,}"
    except TypeError:  # values that cannot be told apart, such as lists
        different = ""
    examples = numbers_text([str(value)[:24] for value in there.head(_EXAMPLES)], most=_EXAMPLES)
    return str(frame.columns[place]), kind, different, f"{int(values.isna().sum()):,}", examples


def _picture_panels(found: Dataset) -> list[Component]:
    if found.kind != "image":
        return []
    chosen = sample_rows(found)
    images = [
        html.Figure(
            [html.Img(src=picture(found.x[row]), alt=name, className="sample"), html.Figcaption(name)]
        )
        for row, name in chosen
    ]
    return [panel("Pictures", html.Div(images, className="samples"))]


def sample_rows(found: Dataset) -> list[tuple[int, str]]:
    """Return rows to show and what they are: the first of each class, or the first of all."""
    if found.task != "classification":
        return [(row, f"row {row}") for row in range(min(found.rows, _PICTURES))]
    codes, rows = np.unique(found.y, return_index=True)
    pairs = sorted(zip(map(int, codes), map(int, rows), strict=True))[:_PICTURES]
    return [(row, found.classes[code]) for code, row in pairs]


def picture(pixels: Any) -> str:
    """Return a picture as the address of a PNG: of one row, ``(height, width, channels)``, of any numbers."""
    from PIL import Image

    values = np.nan_to_num(np.asarray(pixels, dtype=np.float64))
    low, high = float(values.min()), float(values.max())
    if not (low >= 0 and high <= 255 and high > 1):  # not pixels as files have them
        values = (values - low) / ((high - low) or 1) * 255
    elif high <= 16:
        values = values / 16 * 255
    levels = values.round().clip(0, 255).astype(np.uint8)
    levels = levels[..., 0] if levels.shape[-1] not in (3, 4) else levels[..., :3]
    image = Image.fromarray(levels)
    factor = max(1, round(_SIDE / max(1, min(image.size))))
    image = (
        image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST)
        if factor > 1
        else image
    )
    image.thumbnail((4 * _SIDE, 4 * _SIDE))
    written = io.BytesIO()
    image.save(written, "PNG")
    return f"data:image/png;base64,{base64.b64encode(written.getvalue()).decode()}"


def options_of(columns: Sequence[str]) -> list[dict[str, str]]:
    """Return the columns as choices of a field; names that it cannot tell apart once."""
    return [{"value": name, "label": name} for name in dict.fromkeys(columns) if name]
