"""Makes the layers of families for images: convolutions, residual branches, ways to make a picture smaller, heads."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from ...spaces import Configuration
from .image_axes import channel_axis, height_and_width
from .layer_factory import ConvolvingFactory
from .signature import Signature
from .stack import through
from .weights import bias_arguments, kernel_arguments

_CONVOLUTION_AXES = (0, 1, 2)
"""Of a kernel of shape (height, width, channels, filters), along which the weights of one filter run."""


class ConvolutionFactory(ConvolvingFactory):
    """Makes the layers of one configuration, and keeps in mind how small the picture has become."""

    def __init__(self, config: Configuration, signature: Signature) -> None:
        super().__init__(config, signature)
        self._size = min(height_and_width(signature.input_shape))

    def can_halve(self) -> bool:
        """Tell whether the picture is still at least 2 pixels high and wide."""
        return self._size >= 2

    def shrink(self, stride: int) -> None:
        """Note that the picture becomes smaller."""
        self._size = -(-self._size // stride)

    def convolution(self, filters: int, *, first: bool = False, stride: int = 1) -> list[keras.Layer]:
        """Return a convolution with normalization and activation; the first one may have a window of its own."""
        layer, arguments = self._convolution(filters, first=first, stride=stride)
        return self.activated(layer, filters, arguments, pictures=True)

    def _convolution(
        self, filters: int, *, first: bool = False, stride: int = 1
    ) -> tuple[Any, dict[str, Any]]:
        side = self.integer(
            "first_kernel_size" if first and "first_kernel_size" in self.config else "kernel_size", 3
        )
        arguments: dict[str, Any] = {"filters": filters, "kernel_size": side, "padding": self._padding(side)}
        if stride > 1:
            arguments["strides"] = stride
        elif self.integer("dilation_rate", 1) > 1 and not first:
            arguments["dilation_rate"] = self.integer("dilation_rate", 1)
        layer, kernels = self._kind(separable=not first)
        return layer, arguments | kernels

    def _kind(self, *, separable: bool) -> tuple[Any, dict[str, Any]]:
        """Return the class of a convolution that may be separable, and the arguments for its kernels."""
        if not (separable and self.flag("separable")):
            return layers.Conv2D, self._kernel("kernel")
        depth = {"depth_multiplier": self.integer("depth_multiplier", 1)}
        return layers.SeparableConv2D, depth | self._kernel("depthwise") | self._kernel("pointwise")

    def _kernel(self, prefix: str) -> dict[str, Any]:
        return kernel_arguments(self.config, axis=_CONVOLUTION_AXES, prefix=prefix, pairs=False)

    def _padding(self, side: int) -> str:
        """Return ``valid`` where it is asked for and leaves something of the picture; a shortcut needs ``same``."""
        reach = (side - 1) * self.integer("dilation_rate", 1)
        if self.string("padding", "same") == "same" or self.flag("residual") or self._size <= reach + 1:
            return "same"
        self._size -= reach
        return "valid"

    def downsampling(self, filters: int) -> list[keras.Layer]:
        """Return what makes the picture of a block smaller, while it is large enough."""
        kind, side = self.string("downsampling", "max_pooling"), self.integer("pool_size", 2)
        if self._size < max(2, side):
            return []
        stride = self.integer("pool_strides", side)
        if kind == "stride":
            made = self.convolution(filters, stride=2)
            self.shrink(2)
            return made
        self._size = (self._size - side) // stride + 1
        pooling = layers.AveragePooling2D if kind == "average_pooling" else layers.MaxPooling2D
        return [pooling(side, strides=stride) if stride != side else pooling(side)]

    def squeeze(self, tensor: Any, filters: int) -> Any:
        """Return a tensor with each channel weighed by what all of them say (Hu et al. 2018, section 3)."""
        inner = max(1, round(filters * self.number("squeeze_ratio", 0.25)))
        weights = layers.GlobalAveragePooling2D(keepdims=True)(tensor)
        weights = layers.Conv2D(inner, 1, activation="relu")(weights)
        weights = layers.Conv2D(filters, 1, activation="sigmoid")(weights)
        return layers.Multiply()([tensor, weights])

    def shortcut(self, before: Any, after: Any, stride: int = 1) -> Any:
        """Return what passes a residual branch by: the tensor itself, or its projection to the branch's shape."""
        if before.shape == after.shape:
            return before
        return layers.Conv2D(after.shape[channel_axis()], 1, strides=stride, use_bias=False)(before)

    @property
    def is_pre_activated(self) -> bool:
        """Whether a residual block normalizes and activates before each convolution rather than after it."""
        return self.string("block_order", "post") == "pre"

    def normalized_activation(self, width: int) -> list[keras.Layer]:
        """Return normalization, if there is any, and activation as layers."""
        made = [self.normalization(width, pictures=True)] if self.is_normalized else []
        return [*made, self.separate_activation(pictures=True)]

    def residual_branches(self, filters: int, stride: int, tensor: Any) -> tuple[Any, Any]:
        """Return a residual block's branch of convolutions and its shortcut, to be added."""
        source, width = tensor, tensor.shape[channel_axis()]
        if self.is_pre_activated:
            activated = through(self.normalized_activation(width), tensor)
            # A shortcut that is projected starts where the branch does (He et al. 2016, Identity Mappings, figure 4).
            source, tensor = (activated if width != filters or stride > 1 else tensor), activated
        shape = self._block_shape(filters, stride)
        for place, (width, side, step) in enumerate(shape):
            if place and self.is_pre_activated:
                tensor = through(self.normalized_activation(tensor.shape[channel_axis()]), tensor)
            tensor = self._block_convolution(width, side, step)(tensor)
            if not self.is_pre_activated:
                last = place == len(shape) - 1
                tensor = through(
                    self._last_normalization(width) if last else self.normalized_activation(width), tensor
                )
        if self.flag("squeeze_excitation"):
            tensor = self.squeeze(tensor, filters)
        shortcut = self.shortcut(source, tensor, stride)
        if shortcut is not source and self.is_normalized and not self.is_pre_activated:
            shortcut = self.normalization(filters, pictures=True)(shortcut)
        return tensor, shortcut

    def _block_shape(self, filters: int, stride: int) -> list[tuple[int, int, int]]:
        """Return width, window and stride of each convolution of a residual block."""
        side = self.integer("kernel_size", 3)
        if not self.flag("bottleneck"):
            return [(filters, side, stride), (filters, side, 1)]
        inner = max(1, round(filters * self.number("bottleneck_ratio", 0.25)))
        return [(inner, 1, 1), (inner, side, stride), (filters, 1, 1)]

    def _block_convolution(self, filters: int, side: int, stride: int) -> keras.Layer:
        """Return a convolution of a residual block, whose normalization makes a bias idle."""
        arguments: dict[str, Any] = {"use_bias": False} if self.is_normalized else bias_arguments(self.config)
        if stride > 1:
            arguments["strides"] = stride
        elif side > 1 and self.integer("dilation_rate", 1) > 1:
            arguments["dilation_rate"] = self.integer("dilation_rate", 1)
        layer, kernels = self._kind(separable=side > 1)
        return layer(filters, side, padding="same", **arguments, **kernels)

    def _last_normalization(self, width: int) -> list[keras.Layer]:
        """Return the normalization that ends a branch; at zero, the block starts as its shortcut."""
        if not self.is_normalized:
            return []
        zero = {"gamma_initializer": "zeros"} if self.flag("zero_gamma") else {}
        return [self.normalization(width, pictures=True, **zero)]
