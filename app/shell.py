"""What stands around every page: header, navigation, the switch of light and dark."""

from __future__ import annotations

from collections.abc import Sequence

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from ..studies import StudyRecord
from .links import Address, link, study_link
from .pieces import anchor, aria
from .site import driven

NAVBAR = {"width": 260, "breakpoint": "sm", "collapsed": {"mobile": True}}
LISTED = 30
"""Studies in the navigation, those made last."""
THEME = {
    "primaryColor": "blue",
    "fontFamily": "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Noto Sans KR', sans-serif",
    "defaultRadius": "md",
}


def shell() -> Component:
    """Return the page's frame, into which callbacks put what the address names."""
    burger = dmc.Burger(id="burger", opened=False, hiddenFrom="sm", size="sm", **aria(label="Navigation"))
    toggle = dmc.ColorSchemeToggle(
        lightIcon=_icon("☀"), darkIcon=_icon("☾"), size="lg", variant="subtle", color="gray",
        **aria(label="Light or dark"),
    )  # fmt: skip
    brand = anchor("Kerasweep", link(), className="brand")
    header = dmc.AppShellHeader(
        dmc.Group([burger, brand, html.Div(className="grow"), toggle], h="100%", px="md")
    )
    frame = dmc.AppShell(
        [
            header,
            dmc.AppShellNavbar(html.Div(id="navigation"), p="md", **aria(label="Studies")),
            dmc.AppShellMain(html.Div(id="page", tabIndex="-1")),
        ],
        id="shell",
        header={"height": 56},
        navbar=NAVBAR,
        padding="md",
    )
    provider: Component = dmc.MantineProvider(
        [
            html.A("Skip to the page", href="#page", className="skip"),
            dcc.Location(id="url", refresh="callback-nav"),
            dcc.Store(id="title"),
            frame,
        ],
        theme=THEME,
        defaultColorScheme="auto",
    )
    return provider


def _icon(sign: str) -> Component:
    return html.Span(sign, style={"fontSize": "1.2rem"}, **aria(hidden="true"))


def navigation(studies: Sequence[StudyRecord], address: Address) -> Component:
    """Return the links of the navigation; where the page is, is marked."""
    top = [_item("All studies", link(), chosen=not address.parts)]
    top.append(_item("Launch a sweep", link("launch"), chosen=address.parts[:1] == ("launch",)))
    here = address.parts[1] if address.parts[:1] == ("study",) and len(address.parts) > 1 else None
    items = [
        _item(
            study.name or "(no name)", study_link(study.name), chosen=study.name == here, runs=driven(study)
        )
        for study in studies[:LISTED]
    ]
    title = [html.P("Last studies", className="nav-title")] if items else []
    return html.Div([html.Ul(top), *title, html.Ul(items)], className="nav-list")


def _item(text: str, href: str, *, chosen: bool, runs: bool = False) -> Component:
    marks = aria(current="page") if chosen else {}
    dot = [html.Span("●", className="dot", title="running")] if runs else []
    return html.Li([anchor(text, href, className="on" if chosen else "", **marks), *dot])
