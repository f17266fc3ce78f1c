"""Augmentation of pictures, as layers of Keras that act in training only.

They come first in a model, so that both trainers draw the same pictures, and an exported model carries nothing
that prediction would have to leave out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import layers

from ...spaces import Configuration
from .image_axes import channels_of
from .signature import Signature

VALUE_RANGE = (0.0, 1.0)
"""Of pixels where they are augmented: Keras's layers clip, fill and find colours by it."""
COLOURS = 3


def augmentation_layers(config: Configuration, signature: Signature) -> list[keras.Layer]:
    """Return the layers of what a configuration switches on: a word that is not none, a number above zero.

    Pixels of another range than 0 to 1 are brought there before and back after, so that every augmentation means the
    same for them; two numbers do that, which are inputs of a fused program.
    """
    made = _augmenting(config, signature.input_shape)
    low, high = signature.value_range
    if not made or (low, high) == VALUE_RANGE:
        return made
    span = high - low
    return [
        layers.Rescaling(1 / span, -low / span, dtype="float32"),
        *made,
        layers.Rescaling(span, low, dtype="float32"),
    ]


def _augmenting(config: Configuration, shape: tuple[int, ...]) -> list[keras.Layer]:
    colours = channels_of(shape) == COLOURS
    made = []
    for name, make in LAYERS:
        value = config.get(name)
        if value in (None, "none", False) or value == 0 or (name in OF_COLOURS and not colours):
            continue
        made.append(make(config, value))
    return made


def _geometry(config: Configuration) -> dict[str, Any]:
    """Return how pixels that come from outside or between are made up."""
    return {
        "fill_mode": str(config.get("fill_mode", "constant")),
        "interpolation": str(config.get("interpolation", "bilinear")),
    }


Make = Callable[[Configuration, Any], keras.Layer]

LAYERS: tuple[tuple[str, Make], ...] = (
    ("random_flip", lambda config, value: layers.RandomFlip(str(value))),
    ("translation", lambda config, value: layers.RandomTranslation(value, value, **_geometry(config))),
    ("rotation", lambda config, value: layers.RandomRotation(value, **_geometry(config))),
    (
        "zoom",
        lambda config, value: layers.RandomZoom(
            value, None if config.get("zoom_keeps_aspect", True) else value, **_geometry(config)
        ),
    ),
    ("shear", lambda config, value: layers.RandomShear((0.0, value), 0.0, **_geometry(config))),
    ("shear", lambda config, value: layers.RandomShear(0.0, (0.0, value), **_geometry(config))),
    (
        "perspective",
        lambda config, value: layers.RandomPerspective(
            1.0, value, interpolation=_geometry(config)["interpolation"]
        ),
    ),
    ("brightness", lambda config, value: layers.RandomBrightness(value, VALUE_RANGE)),
    ("contrast", lambda config, value: layers.RandomContrast(value, VALUE_RANGE)),
    ("sharpness", lambda config, value: layers.RandomSharpness(value, VALUE_RANGE)),
    ("saturation", lambda config, value: layers.RandomSaturation(value, VALUE_RANGE)),
    ("hue", lambda config, value: layers.RandomHue(value, VALUE_RANGE)),
    ("grayscale", lambda config, value: layers.RandomGrayscale(value)),
    (
        "blur",
        lambda config, value: layers.RandomGaussianBlur(
            1.0, kernel_size=3, sigma=value, value_range=VALUE_RANGE
        ),
    ),
    ("invert", lambda config, value: layers.RandomInvert(value, VALUE_RANGE)),
    ("solarize", lambda config, value: layers.Solarization(threshold_factor=value, value_range=VALUE_RANGE)),
    (
        "erasing",
        lambda config, value: layers.RandomErasing(
            value,
            scale=(0.02, float(config.get("erasing_size", 0.33))),  # type: ignore[arg-type]
            fill_value=None if config.get("erasing_fill") == "noise" else 0,
            value_range=VALUE_RANGE,
        ),
    ),
)
"""Hyperparameter -> a layer that it makes, in the order in which pictures pass them.

A shear draws its sign itself: across, then down. Given the range of both signs, it could not be made from its own
configuration again (Keras 3.15), so that no exported model with it could be loaded.
"""
OF_COLOURS = ("saturation", "hue", "grayscale")
