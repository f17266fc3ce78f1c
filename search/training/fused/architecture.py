"""Which models one program trains: why a model needs ``fit``, and what two models must share."""

from __future__ import annotations

import json
from typing import Any

import keras

from ...models.schedules import OneCycle, WarmUp
from .knobs import Knob, Sheet

_OUR_SCHEDULES = tuple(keras.saving.get_registered_name(cls) for cls in (OneCycle, WarmUp))
_OWN_STEPS = ("train_step", "test_step", "make_train_function", "make_test_function", "fit", "evaluate")
"""Methods of ``keras.Model`` that the fused trainer takes the place of, or calls as they are in Keras."""


def why_fit(model: keras.Model) -> str | None:
    """Return why a compiled model must be trained by ``fit``, or None where a program can train it."""
    own = [name for name in _OWN_STEPS if getattr(type(model), name) is not getattr(keras.Model, name)]
    if own:
        return f"the model has a {own[0]} of its own"
    if model.run_eagerly:
        return "the model is compiled with run_eagerly"
    if not isinstance(model.optimizer, keras.optimizers.Optimizer):
        return "the model's optimizer is not Keras's"
    stateful = [layer.name for layer in model._flatten_layers() if getattr(layer, "stateful", False)]
    if stateful:
        return f"the layer '{stateful[0]}' is stateful"
    return None


def is_convolutional(model: keras.Model) -> bool:
    """Tell whether a model has layers whose arithmetic fills several cores by itself."""
    return any(hasattr(layer, "kernel_size") for layer in model._flatten_layers())


def architecture_key(model: keras.Model, sheet: Sheet) -> str | None:
    """Return what two models must share to use one program, or None where that cannot be known.

    It is the model's and its compilation's configuration, without the floats of the sheet, initializers and the
    learning rate, which all act through variables. A model that holds code of a user's own has no key: what that
    code bakes into a program is written nowhere. The folds' models have one key, unless their function draws a width
    by itself or reckons it from the rows.
    """
    if type(model).__module__.partition(".")[0] != "keras":
        return None
    try:
        with sheet.installed(masking=True):
            described = keras.saving.serialize_keras_object(model)  # with what it is compiled with
    except (TypeError, ValueError, NotImplementedError):
        return None
    if not _is_keras_only(described):
        return None
    shapes = [(variable.shape, variable.dtype) for variable in model.variables]
    undecayed = str(
        getattr(model.optimizer, "_exclude_from_weight_decay_pattern", None)
    )  # in no configuration
    return json.dumps([_without_starts(described), sheet.names, shapes, undecayed], default=str)


def _is_keras_only(part: Any) -> bool:
    """Tell whether everything that a configuration names is Keras's own or ours, and none of it a function given as code."""
    if isinstance(part, list | tuple):
        return all(map(_is_keras_only, part))
    if not isinstance(part, dict):
        return True
    if "class_name" in part:
        module = str(part.get("module") or "keras")
        known = part["class_name"] == Knob.__name__ or part.get("registered_name") in _OUR_SCHEDULES
        if not known and (
            module.partition(".")[0] not in ("keras", "builtins") or part.get("registered_name")
        ):
            return False
        if part["class_name"] in ("function", "__lambda__", "Lambda"):
            return False
    return all(map(_is_keras_only, part.values()))


def _without_starts(part: Any) -> Any:
    """Drop what acts on a model's first values only: initializers, and the learning rate where it is a number."""
    if isinstance(part, list | tuple):
        return [_without_starts(value) for value in part]
    if not isinstance(part, dict):
        return part
    return {
        key: _without_starts(value)
        for key, value in part.items()
        if not key.endswith("_initializer") and not (key == "learning_rate" and isinstance(value, float))
    }
