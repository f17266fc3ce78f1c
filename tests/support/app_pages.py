"""Pages of the web app as the browser gets them: JSON, and the text in it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import plotly
from kerasweep.app.links import link, parse_address
from kerasweep.app.pages import page

if TYPE_CHECKING:
    from app_shelf import Shelf


def as_json(component: Any) -> Any:
    return json.loads(json.dumps(component, cls=plotly.utils.PlotlyJSONEncoder))


def nodes(tree: Any) -> list[dict[str, Any]]:
    """Return all components of a tree."""
    if isinstance(tree, list):
        return [node for part in tree for node in nodes(part)]
    if not isinstance(tree, dict):
        return []
    own = [tree] if {"type", "namespace", "props"} <= tree.keys() else []
    return own + [node for part in tree.values() for node in nodes(part)]


def text_of(tree: Any) -> str:
    if isinstance(tree, list):
        return " ".join(map(text_of, tree))
    if isinstance(tree, dict) and "props" in tree:
        return text_of(tree["props"].get("children", ""))
    return tree if isinstance(tree, str) else ""


def shown(shelf: Shelf, *parts: object, **query: str) -> Any:
    path, _, search = link(*parts, **query).partition("?")
    return as_json(page(shelf.site, parse_address(path, search)).content)
