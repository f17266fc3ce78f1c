"""A trial as something that runs: a specification, a training script, a folder with model and ``predict.py``.

``text`` is quick and is imported at once; the other two need TensorFlow and are imported when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .files import write_text
from .text import as_sweep, provenance, to_json, to_yaml

if TYPE_CHECKING:
    from .bundle import write_keras
    from .script import write_script
    from .winner import Winner

__all__ = [
    "Winner",
    "as_sweep",
    "provenance",
    "to_json",
    "to_yaml",
    "write_keras",
    "write_script",
    "write_text",
]

_LATER = {"Winner": ".winner", "write_keras": ".bundle", "write_script": ".script"}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LATER[name], __name__), name)
