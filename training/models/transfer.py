"""Makes what the family ``transfer`` stands on: a base with the weights of its file, and pictures as it wants them."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from ...errors import ModelError, TrainingError, one_line
from .augmentation import COLOURS
from .bases import BASES, Pixels, read_saved
from .image_axes import channel_axis, channels_last, channels_of, height_and_width
from .layer_factory import LayerFactory

_PICTURE_AXES = 4
"""Of a batch of what most bases give; one that pools by itself gives rows."""


class TransferFactory(LayerFactory):
    """Makes the layers of one configuration around a base."""

    def base(self) -> keras.Model:
        """Return the base, frozen, with the weights of its file.

        Raises:
            TrainingError: The file holds no such weights, or a model that does not read these pictures.
        """
        name = self.string("base")
        try:
            made = (
                self._named(name)
                if name in BASES
                else keras.saving.load_model(name, compile=False, safe_mode=True)
            )
        except Exception as error:
            raise TrainingError(
                "model", f"the base {name} cannot be loaded: {one_line(error, 200)}"
            ) from error
        if len(made.inputs) != 1 or len(made.outputs) != 1 or len(made.inputs[0].shape) != _PICTURE_AXES:
            raise TrainingError("model", f"the base {name} must read one picture and give one output")
        self._check_size(name, made)
        made.trainable = False
        return made

    def _named(self, name: str) -> keras.Model:
        constructor = getattr(keras.applications, BASES[name].constructor)
        side = self.integer("picture_size")
        shape = (side, side, COLOURS) if channels_last() else (COLOURS, side, side)
        return constructor(input_shape=shape, include_top=False, weights=str(BASES[name].file))

    def _check_size(self, name: str, base: keras.Model) -> None:
        own = height_and_width(base.inputs[0].shape[1:])
        asked = self.integer("picture_size")
        if "picture_size" in self.config and any(side not in (None, asked) for side in own):
            raise TrainingError(
                "model", f"the base {name} reads pictures of {own[0]}x{own[1]}, and picture_size is {asked}"
            )

    def pixels(self) -> Pixels:
        """Return between which numbers the base wants black and white.

        Raises:
            TrainingError: It wants more than that.
        """
        name = self.string("base")
        try:
            return BASES[name].pixels if name in BASES else read_saved(name).pixels
        except ModelError as error:
            raise TrainingError("model", str(error)) from error

    def as_wanted(self, tensor: Any, base: keras.Model) -> Any:
        """Return pictures in the size, with the channels and between the numbers that the base reads.

        Raises:
            TrainingError: It reads other channels.
        """
        wanted = base.inputs[0].shape[1:]
        size = tuple(side or self.integer("picture_size") for side in height_and_width(wanted))
        if size != height_and_width(tensor.shape[1:]):
            tensor = layers.Resizing(*size)(tensor)
        own, channels = channels_of(tensor.shape[1:]), channels_of(wanted)
        if own == 1 and channels == COLOURS:
            tensor = layers.Concatenate(channel_axis())([tensor] * COLOURS)
        elif own != channels:
            raise TrainingError(
                "model", f"the base reads {channels} channels a picture, and these have {own}"
            )
        low, high = self.signature.value_range
        black, white = self.pixels()
        scale = (white - black) / (high - low)
        if (low, high) == (black, white):
            return tensor
        return layers.Rescaling(scale, black - low * scale, dtype="float32")(tensor)

    def pooled(self, tensor: Any) -> Any:
        """Return what a base gives as a row."""
        if len(tensor.shape) != _PICTURE_AXES:
            return tensor if len(tensor.shape) == 2 else layers.Flatten()(tensor)
        kinds = {"global_max": layers.GlobalMaxPooling2D, "flatten": layers.Flatten}
        return kinds.get(self.string("head"), layers.GlobalAveragePooling2D)()(tensor)
