"""The axes of an image's height, width and channels, by Keras's ``image_data_format``."""

from __future__ import annotations

import keras


def channels_last() -> bool:
    """Tell whether channels come last."""
    return bool(keras.config.image_data_format() == "channels_last")


def channel_axis() -> int:
    """Return the axis of channels in a batch."""
    return -1 if channels_last() else 1


def picture_axes() -> tuple[int, int]:
    """Return the axes of height and width, not counting the batch, from 1 on as Keras's ``shared_axes`` counts."""
    return (1, 2) if channels_last() else (2, 3)


def height_and_width(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return them from the shape of a row."""
    return (shape[0], shape[1]) if channels_last() else (shape[1], shape[2])


def channels_of(shape: tuple[int, ...]) -> int:
    """Return the number of channels from the shape of a row."""
    return shape[-1] if channels_last() else shape[0]
