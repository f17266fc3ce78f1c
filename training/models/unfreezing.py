"""Fine-tuning: the last layers of a base train, too. An exported script holds this function's source."""

from __future__ import annotations

import keras


def unfreeze(model: keras.Model, share: float) -> None:
    """Have the last layers of a model's base train, a share of them; the model must be compiled anew.

    BatchNormalization stays frozen, and so in inference mode: in a model's graph, Keras 3.15 passes its own ``training`` on
    even to a base that was called with ``training=False``. Source: keras.io/examples/vision/image_classification_efficientnet_fine_tuning.
    """
    base = next(layer for layer in model.layers if isinstance(layer, keras.Model))
    base.trainable = True
    frozen = len(base.layers) - max(1, round(share * len(base.layers)))
    for layer in base.layers[:frozen]:
        layer.trainable = False
    for layer in base._flatten_layers():
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False
