"""What the fused trainer must know of a model's kind: whether it needs ``fit``, and what its arithmetic is like."""

from __future__ import annotations

import keras

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
