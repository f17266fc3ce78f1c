"""What the ``loss`` of a compiled model is the sum of: of two models it compares something only where that is equal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import keras

_NO_NUMBERS = ("name", "dtype")
"""What the configuration of a loss holds that acts on no number."""
_AS_EVER = (("reduction", "sum_over_batch_size"),)
"""What a function of Keras's means where it is no object that says so."""


def loss_identity(model: keras.Model) -> str:
    """Return a compiled model's losses with their arguments, their weights, and its penalties, as text.

    How many layers have a penalty takes no part: it is the same measure in a deeper net. A function of the user's own is
    known by its name alone.
    """
    penalties = sorted({_as_text(one) for one in _penalties_of(model)})
    weights = (model.get_compile_config() or {}).get("loss_weights")
    losses = [_as_text(loss) for loss in keras.tree.flatten(model.loss)]
    return json.dumps([losses, weights, penalties], default=str)


def _penalties_of(model: keras.Model) -> Iterator[keras.Regularizer]:
    for layer in model._flatten_layers():
        for value in vars(layer).values():
            if isinstance(value, keras.Regularizer):
                yield value


def _as_text(part: Any) -> str:
    """Return the class and arguments of a loss or a penalty; what Keras has several names for is one."""
    if isinstance(part, str):
        part = keras.losses.get(part)
    function = getattr(part, "fn", part)  # what an object of Keras's calls
    name = getattr(function, "__name__", type(function).__name__)
    if function is part:
        arguments = part.get_config() if hasattr(part, "get_config") else {}
    else:
        arguments = {**part._fn_kwargs, "reduction": part.reduction}
    acts = {
        key: value
        for key, value in arguments.items()
        if (key, value) not in _AS_EVER and key not in _NO_NUMBERS
    }
    return json.dumps([name, acts], sort_keys=True, default=str)
