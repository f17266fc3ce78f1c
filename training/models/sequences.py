"""The parts of families for sequences: recurrent layers, convolutions over time, and what becomes of all steps."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from ...spaces import Configuration
from .layer_factory import ConvolvingFactory
from .signature import Signature
from .weights import bias_arguments, kernel_arguments

_KERNEL_AXES = (0, 1)
"""Of a kernel of shape (steps, channels, filters), along which the weights of one filter run."""


class SequenceFactory(ConvolvingFactory):
    """Makes the layers of one configuration, and keeps in mind how many steps are left."""

    axes = "1D"

    def __init__(self, config: Configuration, signature: Signature) -> None:
        super().__init__(config, signature)
        self._steps = signature.input_shape[0]

    def recurrent(self, *, is_last: bool) -> list[keras.Layer]:
        """Return a recurrent layer with its normalization; the last one gives its last state where nothing else is asked."""
        units, kind = self.integer("units"), {"lstm": layers.LSTM}.get(self.string("cell"), layers.GRU)
        pairs = units > 1 and self.signature.input_shape[-1] > 1
        arguments = kernel_arguments(self.config, pairs=pairs) | bias_arguments(self.config)
        if self.number("recurrent_dropout") > 0:
            arguments["recurrent_dropout"] = self.number("recurrent_dropout")
        if not is_last or self.string("time_pooling", "last") != "last":
            arguments["return_sequences"] = True
        layer = kind(units, **arguments)
        made: list[keras.Layer] = [layers.Bidirectional(layer) if self.flag("bidirectional") else layer]
        width = 2 * units if self.flag("bidirectional") else units
        return [*made, self.normalization(width)] if self.is_normalized else made

    def pooled_states(self) -> list[keras.Layer]:
        """Return what joins the states of all steps; nothing where the last layer gives one state."""
        return [] if self.string("time_pooling", "last") == "last" else self._pooling_over_time()

    def pooled_steps(self) -> list[keras.Layer]:
        """Return what makes a row of all steps."""
        if self.string("time_pooling", "last") == "last":
            # Cropped rather than sliced: a layer of Keras's own, which a Sequential and a script can hold.
            return [layers.Cropping1D((self._steps - 1, 0)), layers.Flatten()]
        return self._pooling_over_time()

    def _pooling_over_time(self) -> list[keras.Layer]:
        is_mean = self.string("time_pooling") == "average"
        return [layers.GlobalAveragePooling1D() if is_mean else layers.GlobalMaxPooling1D()]

    def convolution(self, filters: int, **more: Any) -> list[keras.Layer]:
        """Return a convolution over time with normalization and activation; as many steps go out as come in."""
        arguments = {
            "filters": filters,
            "kernel_size": self.integer("kernel_size", 3),
            "padding": "same",
            **more,
            **kernel_arguments(self.config, axis=_KERNEL_AXES, pairs=False),
        }
        return self.activated(layers.Conv1D, filters, arguments)

    def causal_branch(self, dilation: int) -> list[keras.Layer]:
        """Return a residual block's branch: two causal convolutions, each followed by dropout of whole channels."""
        made: list[keras.Layer] = []
        for _ in range(2):
            made += self.convolution(self.integer("filters", 32), padding="causal", dilation_rate=dilation)
            made += [layers.SpatialDropout1D(self.config["dropout"])] if "dropout" in self.config else []
        return made

    def downsampling(self, filters: int) -> list[keras.Layer]:
        """Return what makes the sequence of a block shorter, while it is long enough."""
        kind, size = self.string("downsampling", "max_pooling"), self.integer("pool_size", 2)
        if self._steps < max(2, size):
            return []
        if kind == "stride":
            self._steps = -(-self._steps // 2)
            return self.convolution(filters, strides=2)
        self._steps //= size
        return [(layers.AveragePooling1D if kind == "average_pooling" else layers.MaxPooling1D)(size)]
