"""The card of the data: rows, classes, columns with their kinds and gaps, a few pictures."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from ..texts import ABSENT, count_text, quantity_text
from .cards import Content, Figure, Picture, Row, Table, card, columns_of
from .theme import ACCENT, plain, themed

if TYPE_CHECKING:
    from .view import StudyView

_BARS = 40
"""Classes that a figure shows."""
_PNG = re.compile(r"[A-Za-z0-9+/]+=*")


@card("data", "What the data are", "Diagnostics")
def data(view: StudyView) -> Content:
    """Show classes with their counts, a table's columns, and pictures of image data."""
    said, kept = view.data, view.profile
    if not said:
        return Content("The study does not say on which data it was made.", ready=False)
    classes = _pairs(kept.get("class_counts"))
    columns = [one for one in _list(kept.get("columns")) if isinstance(one, Mapping)]
    shown = pictures_of(kept.get("pictures"))
    reading = " ".join(
        (_rows_text(said), *filter(None, (_classes_text(classes, said), _columns_text(columns, kept))))
    )
    plots = (Figure("Training rows of each class", class_counts(classes[:_BARS])),) if classes else ()
    table = _columns_table(columns) if columns else None
    older = not kept and (said.get("kind") in ("table", "image") or said.get("classes"))
    note = "The study was made before such things were kept." if older else ""
    return Content(reading, table, plots, pictures=shown, note=note)


def pictures_of(kept: Any) -> tuple[Picture, ...]:
    """Return the pictures that a study keeps; what is no PNG in base64 is left out."""
    return tuple(
        Picture(one["png"], str(one.get("label", "")))
        for one in _list(kept)
        if isinstance(one, Mapping) and isinstance(one.get("png"), str) and _PNG.fullmatch(one["png"])
    )


def class_counts(classes: Sequence[tuple[str, int]]) -> go.Figure:
    """Draw the number of training rows of each class."""
    rows = list(reversed(classes))
    figure = go.Figure()
    figure.add_bar(
        x=[count for _, count in rows],
        y=labels_of([name for name, _ in rows]),
        orientation="h",
        marker={"color": ACCENT},
        hovertemplate="%{y}: %{x:,}<extra></extra>",
    )
    figure.update_layout(showlegend=False, bargap=0.3)
    figure.update_yaxes(type="category")
    return themed(figure, height=80 + 22 * max(len(rows), 2), x="training rows")


def labels_of(names: Sequence[str], limit: int = 30) -> list[str]:
    """Return a label of at most so many letters for each name, also where two are the same."""
    found: list[str] = []
    for name in names:
        label = plain(name, limit)
        while label in found:
            label = f"{label}\u200b"
        found.append(label)
    return found


def _rows_text(said: Mapping[str, Any]) -> str:
    count, test = said.get("rows"), said.get("test_rows")
    name = str(said.get("name") or "The data")
    if not isinstance(count, int):
        return f"{name}: how many rows there are is not known."
    held = f" and {test:,} held out for the test" if isinstance(test, int) and test else ", none held out"
    return f"{name} has {count_text(count, 'training row')}{held}."


def _classes_text(classes: Sequence[tuple[str, int]], said: Mapping[str, Any]) -> str:
    counts = sorted(classes, key=lambda pair: pair[1])
    if len(counts) < 2:
        return ""
    word = "label" if said.get("task") == "multilabel" else "class"
    (least, few), (most, many) = counts[0], counts[-1]
    if many <= 1.5 * few:
        return (
            f"Its {len(counts)} {word}{'es' if word == 'class' else 's'} have {few:,} to {many:,} rows each."
        )
    return f"The largest {word}, {most}, has {many:,} rows, the smallest, {least}, {few:,}."


def _columns_text(columns: Sequence[Mapping[str, Any]], kept: Mapping[str, Any]) -> str:
    if not columns:
        return ""
    kinds: dict[str, int] = {}
    for one in columns:
        kinds[str(one.get("kind"))] = kinds.get(str(one.get("kind")), 0) + 1
    count = kept.get("column_count")
    every = count if isinstance(count, int) else len(columns)
    gaps = sum(bool(one.get("missing")) for one in columns)
    missing = (
        f"{count_text(gaps, 'column')} {'lacks' if gaps == 1 else 'lack'} values"
        if gaps
        else "none lacks values"
    )
    if every > len(columns):
        return f"It has {every:,} columns; of the first {len(columns)}, {missing}."
    parts = ", ".join(f"{number} of {kind}" for kind, number in kinds.items())
    return f"Of its {count_text(every, 'column')}, {parts}; {missing}."


def _columns_table(columns: Sequence[Mapping[str, Any]]) -> Table:
    heads = columns_of("Column", "Kind", ">Missing", ">Categories")
    rows = tuple(
        Row(
            (
                str(one.get("name", "")),
                str(one.get("kind", "")),
                _count(one.get("missing")),
                _count(one.get("distinct")),
            )
        )
        for one in columns
    )
    return Table("Columns that are features", heads, rows, searchable=len(rows) > 20)


def _count(value: Any) -> str:
    return quantity_text(value) if isinstance(value, int) else ABSENT


def _pairs(kept: Any) -> list[tuple[str, int]]:
    return [
        (str(one[0]), one[1])
        for one in _list(kept)
        if isinstance(one, list) and len(one) == 2 and isinstance(one[1], int)
    ]


def _list(kept: Any) -> list[Any]:
    return kept if isinstance(kept, list) else []
