"""Models that were written for KerasTuner or Optuna: how they are recognised, by what they are or what they take."""

from __future__ import annotations

import inspect
import sys
from typing import Any


def is_hypermodel(model: Any) -> bool:
    """Tell whether this is a ``keras_tuner.HyperModel``, an object or a class; where there is one, KerasTuner is imported."""
    base = getattr(sys.modules.get("keras_tuner"), "HyperModel", None)
    if base is None:
        return False
    return isinstance(model, base) or (isinstance(model, type) and issubclass(model, base))


def takes_hp(model: Any) -> bool:
    """Tell whether a model is written for KerasTuner: a ``HyperModel``, or a function of one required argument.

    One with a ``signature`` is ours, required or not, and one of a ``trial`` Optuna's.
    """
    return is_hypermodel(model) or (only_argument(model) is not None and not takes_trial(model))


def takes_trial(model: Any) -> bool:
    """Tell whether a model is written for Optuna: a function of one argument, called ``trial`` or annotated so."""
    argument = only_argument(model)
    if argument is None:
        return False
    annotation = argument.annotation
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "")
    return argument.name == "trial" or text.strip("'\"").rpartition(".")[2] in ("Trial", "BaseTrial")


def only_argument(function: Any) -> inspect.Parameter | None:
    """Return the one argument that a function of a user's requires; None where it is not one, or has a ``signature``."""
    try:
        named = inspect.signature(function).parameters
    except (TypeError, ValueError):  # made in C, or no function at all
        return None
    parameters = named.values()
    if "signature" in named or any(one.kind is one.VAR_POSITIONAL for one in parameters):
        return None
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    required = [one for one in parameters if one.kind in positional and one.default is one.empty]
    return required[0] if len(required) == 1 else None
