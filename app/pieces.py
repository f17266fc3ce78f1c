"""Pieces of pages: what a report's card, table, figure and header look like as components.

All text goes in as text: nothing here reads HTML or Markdown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from ..errors import KerasweepError
from ..reports.cards import Card, Figure, Picture, Row, Table
from ..reports.summary import Tile

_LONG = 24
"""Letters from which a cell is given room."""
GRAPH: Any = {
    "displaylogo": False,
    "responsive": True,
    "displayModeBar": "hover",
    "modeBarButtonsToRemove": ["lasso2d", "select2d"],
}


def aria(**names: str) -> dict[str, Any]:
    """Return what tells a component to those who do not see it: ``aria(label="Trials")``."""
    return {f"aria-{name}": value for name, value in names.items()}


def heading(title: str, subtitle: str = "", *beside: Component) -> Component:
    """Return the head of a page: its title, a line below, and what stands beside it."""
    words = [html.H1(title), html.P(subtitle, className="subtitle") if subtitle else None]
    return html.Header([html.Div(words, className="words"), *beside], className="page-head")


def anchor(text: object, href: str, **more: Any) -> Component:
    """Return a link within the app, which does not load the page anew."""
    made: Component = dmc.Anchor(str(text), href=href, refresh=False, unstyled=True, **more)
    return made


def tile_row(tiles: Iterable[Tile]) -> Component | None:
    """Return the numbers of a header."""
    rows = []
    for tile in tiles:
        value, _, error = tile.value.partition(" ± ")
        shown: list[Any] = [value, html.Small(f" ± {error}")] if error else [value]
        hint = html.Span(tile.hint, className="hint") if tile.hint else None
        rows.append(html.Div([html.Dt(tile.label), html.Dd([html.Span(shown, className="value"), hint])]))
    return html.Dl(rows, className="tiles") if rows else None


def card_box(card: Card) -> Component:
    """Return a card of a report."""
    content = card.content
    inside: list[Any] = [html.H3(card.title), html.P(content.reading, className="reading")]
    if content.table:
        inside.append(table_box(content.table))
    if content.figures:
        kind = "figures small" if content.small else "figures"
        inside.append(html.Div([figure_box(one) for one in content.figures], className=kind))
    if content.pictures:
        inside.append(html.Ul([picture_item(one) for one in content.pictures], className="pictures"))
    inside += [folded(one.caption, table_box(one)) for one in content.more]
    if content.text:
        inside.append(preformatted(content.text, card.title))
    if content.note:
        inside.append(html.P(content.note, className="note"))
    kind = " ".join(filter(None, ("card", content.tone, "" if content.ready else "empty")))
    return html.Article(inside, id=f"card-{card.key}", className=kind)


def picture_item(picture: Picture) -> Component:
    """Return a small picture with its caption."""
    image = html.Img(src=f"data:image/png;base64,{picture.png}", alt=picture.caption)
    return html.Li([image, html.Span(picture.caption)])


def panel(title: str, *inside: Any, reading: str = "", **more: Any) -> Component:
    """Return a card of the app's own."""
    words = [html.P(reading, className="reading")] if reading else []
    return html.Article([html.H2(title), *words, *inside], className="card", **more)


def figure_box(figure: Figure) -> Component:
    """Return a figure with its caption."""
    height = f"{figure.plot.layout.height or 360}px"
    graph = dcc.Graph(figure=figure.plot, config=GRAPH, style={"height": height}, className="plot")
    return html.Figure([html.Figcaption(figure.label), graph])


def table_box(table: Table) -> Component:
    """Return a table that scrolls sideways where there is no room."""
    head = html.Thead(
        html.Tr([html.Th(one.name, scope="col", className=_number(one.numeric)) for one in table.columns])
    )
    body = html.Tbody([_row(table, row) for row in table.rows])
    kind = "facts" if len(table.columns) == 2 else "blocks" if table.in_blocks else ""
    caption = html.Caption(table.caption)
    return scrolling(html.Table([caption, head, body], className=kind), table.caption)


def _row(table: Table, row: Row) -> Component:
    cells: list[Component] = []
    for place, (column, text) in enumerate(zip(table.columns, row.cells, strict=True)):
        if place == 0:
            cells.append(html.Th(whole_name(text), scope="row", className=_number(column.numeric)))
        else:
            length = "long" if len(text) > _LONG else "short"
            label: Any = {"data-label": column.name} if table.in_blocks else {}
            cells.append(html.Td(text, className=_number(column.numeric) or length, **label))
    return html.Tr(cells, className="winner" if row.highlighted else "")


def whole_name(*inside: Any) -> Component:
    """Return a name that a narrow column does not break at its hyphens."""
    return html.Span(inside, className="whole")


def _number(numeric: bool) -> str:
    return "number" if numeric else ""


def facts(pairs: Mapping[str, Any]) -> Component:
    """Return names and values below each other; what has no value is left out."""
    rows = [
        html.Tr([html.Th(name, scope="row"), html.Td(value)])
        for name, value in pairs.items()
        if value not in ("", None)
    ]
    return scrolling(html.Table(html.Tbody(rows), className="facts"), "Facts")


def scrolling(inside: Component, label: str) -> Component:
    """Return something wide in a box that scrolls, by keys as well."""
    return html.Div(inside, className="scroll", role="region", tabIndex="0", **aria(label=label))


def preformatted(text: str, label: str) -> Component:
    """Return text as it was printed."""
    return html.Pre(text, tabIndex="0", role="region", **aria(label=label))


def folded(title: str, *inside: Any, opened: bool = False) -> Component:
    """Return something that is shown when its title is clicked."""
    return html.Details([html.Summary(title), *inside], className="more", open=opened)


def alert(words: str, *, title: str = "", color: str = "blue", **more: Any) -> Component:
    """Return a message that stands out."""
    shown: Component = dmc.Alert(words, title=title or None, color=color, variant="light", **more)
    return shown


def error_alert(error: BaseException | str) -> Component:
    """Return what went wrong, as the command line says it."""
    lines = str(error) if isinstance(error, KerasweepError | str) else f"{type(error).__name__}: {error}"
    return alert(lines, title="This cannot be done", color="red", className="trouble")


def badge(text: str, color: str) -> Component:
    """Return a word on a coloured ground."""
    return html.Span(text, className=f"badge {color}")
