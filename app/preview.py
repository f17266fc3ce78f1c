"""What data hold, before anything is launched: rows, columns, kinds, classes, pictures, and what will be prepared."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dash import html
from dash.development.base_component import Component

from ..errors import DataError, KerasweepError
from ..reports.cards import Row, Table, columns_of
from ..reports.data import pictures_of
from ..texts import count_text, numbers_text
from ..training.data import Dataset, holds_only_text
from ..training.data.delimited import table_suffix
from ..training.data.files import TABLE_SUFFIXES, peek_table
from ..training.data.profile import profile_of
from ..training.data.python_sources import is_function
from ..training.data.table_options import TableOptions
from .pieces import alert, error_alert, facts, panel, picture_item, table_box

if TYPE_CHECKING:
    import pandas as pd

    from ..search.plan import Plan

PlanWith = Callable[[str], "Plan"]
"""Makes the plan of a family, with what else a form says."""
_COLUMNS = 60
"""Columns of a table that are described."""
_CLASSES, _EXAMPLES = 30, 3
"""Classes that are named with their rows, and values of a column that are shown."""


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
    profile = profile_of(found, plan.workload.preparation)
    own = parts or [_table_panel(found.x)] if found.kind == "table" else parts
    return Preview(
        columns,
        suggested_model(found),
        html.Div([_facts_panel(found, plan, profile), *_picture_panels(profile), *own]),
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


def _facts_panel(found: Dataset, plan: Plan, profile: Mapping[str, Any]) -> Component:
    counts = profile.get("class_counts", ())[:_CLASSES]
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


def _table_panel(frame: pd.DataFrame) -> Component:
    columns = columns_of("Column", "Kind", ">Different", ">Missing", "For example")
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


def _picture_panels(profile: Mapping[str, Any]) -> list[Component]:
    shown = [picture_item(one) for one in pictures_of(profile.get("pictures"))]
    return [panel("Pictures", html.Ul(shown, className="pictures"))] if shown else []


def options_of(columns: Sequence[str]) -> list[dict[str, str]]:
    """Return the columns as choices of a field; names that it cannot tell apart once."""
    return [{"value": name, "label": name} for name in dict.fromkeys(columns) if name]
