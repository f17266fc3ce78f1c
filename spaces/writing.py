"""Writes a space as YAML that people edit: a block for each hyperparameter, with all its know-how."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import Any

import yaml

from .hyperparameters import Hyperparameter
from .serialization import RANGE_KEYS, VERSION, hyperparameter_to_dict
from .space import Space
from .yamlfile import FLOAT_WITHOUT_DOT

SCHEMA = "space.schema.json"
_HEAD = f"""\
# yaml-language-server: $schema={SCHEMA}
# `kerasweep spaces --schema > {SCHEMA}` lets an editor complete and explain this file.
# `kerasweep launch DATA MODEL --space THIS-FILE` searches it.
version: {VERSION}
hyperparameters:
"""
_ORDER = (
    *("type", *RANGE_KEYS, "recommended", "recommended_when", "confidence", "grid", "when"),
    *("group", "meaning", "advice", "source"),
)
_DEFAULTS = (("log", False), ("step", 1))
"""Keys that are left out where they have this value."""
_WIDTH = 110


class _InLine(dict[str, Any]):
    """A mapping that is written in one line."""


class _Prose(str):
    """Text that is folded over several lines rather than quoted."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    """Writes lists of values in one line, and quotes text that ``read_space`` would take for a number."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


_Dumper.add_implicit_resolver("tag:yaml.org,2002:float", FLOAT_WITHOUT_DOT, list("-+0123456789"))
_Dumper.add_representer(
    _InLine,
    lambda dumper, data: dumper.represent_mapping("tag:yaml.org,2002:map", data.items(), flow_style=True),
)
_Dumper.add_representer(
    tuple, lambda dumper, data: dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=True)
)
_Dumper.add_representer(
    _Prose, lambda dumper, data: dumper.represent_scalar("tag:yaml.org,2002:str", str(data), style=">")
)


def space_text(space: Space, comments: Iterable[str] = ()) -> str:
    """Return a space as the text of a file that ``read_space`` reads as the same space; comments come first."""
    lines = [line for comment in comments for line in textwrap.wrap(comment, _WIDTH)]
    return "".join(f"# {line}\n" for line in lines) + _HEAD + "\n".join(_block(one) for one in space)


def _block(hyperparameter: Hyperparameter) -> str:
    full = hyperparameter_to_dict(hyperparameter)
    if hyperparameter.grid_is_derived:
        del full["grid"]
    said = [key for key in _ORDER if key in full and (key, full[key]) not in _DEFAULTS]
    text = yaml.dump(
        {"hyperparameters": {hyperparameter.name: {key: _styled(key, full[key]) for key in said}}},
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=_WIDTH,
        default_flow_style=False,
    )
    return text.partition("\n")[2]


def _styled(key: str, value: Any) -> Any:
    """Return the value of a key in a type that is written the way people like to read it."""
    if key in ("meaning", "advice", "source"):
        return _Prose(value) if _is_prose(value) else value
    if key == "recommended_when":
        return [_in_line(one) for one in value]
    return _in_line(value)


def _is_prose(text: str) -> bool:
    """Tell whether text reads better folded: it is long or would be quoted, and folding keeps it as it is."""
    if not text.isprintable() or text.strip() != text or "  " in text:
        return False
    return len(text) > _WIDTH - 20 or ": " in text or " #" in text


def _in_line(written: Any) -> Any:
    if isinstance(written, dict):
        return _InLine({key: _in_line(value) for key, value in written.items()})
    return tuple(map(_in_line, written)) if isinstance(written, list) else written
