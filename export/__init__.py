"""A study or a trial as something that others use: a specification, a script, a folder with model and ``predict.py``.

``formats`` lists them. All else is imported when it is first used: some of it needs TensorFlow.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .formats import FORMATS, Format, FromRefit, FromStudy, find_format

if TYPE_CHECKING:
    from .bundle import trained_model, write_keras
    from .deploy import write_deploy
    from .files import write_file
    from .script import write_script
    from .text import as_sweep, provenance, to_json, to_yaml
    from .trained import TrainedModel
    from .winner import Winner

__all__ = [
    "FORMATS",
    "Format",
    "FromRefit",
    "FromStudy",
    "TrainedModel",
    "Winner",
    "as_sweep",
    "find_format",
    "provenance",
    "to_json",
    "to_yaml",
    "trained_model",
    "write_deploy",
    "write_file",
    "write_keras",
    "write_script",
]

_LATER = {
    "TrainedModel": "trained",
    "Winner": "winner",
    "as_sweep": "text",
    "provenance": "text",
    "to_json": "text",
    "to_yaml": "text",
    "trained_model": "bundle",
    "write_deploy": "deploy",
    "write_file": "files",
    "write_keras": "bundle",
    "write_script": "script",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_LATER[name]}", __name__), name)
