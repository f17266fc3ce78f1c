"""The family for texts: tokens looked up in an embedding and made one row, beside a table's other columns, then dense layers."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from ...spaces import Configuration
from ..data.free_text import FEATURES, TOKENS
from .layer_factory import LayerFactory
from .signature import Signature
from .stack import through
from .weights import bias_arguments, kernel_arguments


class TextFactory(LayerFactory):
    """Makes the layers of one configuration."""

    def encoder(self) -> list[keras.Layer]:
        """Return what makes a row of a text's tokens; what fills short texts takes no part in means and states."""
        kind, width = self.string("text_encoder", "average"), self.integer("embedding_dim", 64)
        # A convolution knows no mask. What fills a text is one more token to it, which all but the longest texts have.
        made: list[keras.Layer] = [
            layers.Embedding(self.signature.max_tokens, width, mask_zero=kind != "convolution")
        ]
        if self.number("embedding_dropout") > 0:
            made.append(layers.SpatialDropout1D(self.number("embedding_dropout")))
        if kind == "convolution":
            return [*made, *self._convolution(), layers.GlobalMaxPooling1D()]
        return [*made, self._recurrent(width) if kind == "gru" else layers.GlobalAveragePooling1D()]

    def _convolution(self) -> list[keras.Layer]:
        filters = self.integer("filters", 64)
        arguments = {
            "filters": filters,
            "kernel_size": self.integer("kernel_size", 3),
            "padding": "same",
            **kernel_arguments(self.config, axis=(0, 1), pairs=False),
        }
        return self.activated(layers.Conv1D, filters, arguments)

    def _recurrent(self, width: int) -> keras.Layer:
        arguments = kernel_arguments(self.config) | bias_arguments(self.config)
        if self.number("recurrent_dropout") > 0:
            arguments["recurrent_dropout"] = self.number("recurrent_dropout")
        layer = layers.GRU(width, **arguments)
        return layers.Bidirectional(layer) if self.flag("bidirectional") else layer

    def head(self) -> list[keras.Layer]:
        """Return dense layers and the output."""
        made = [self.dense(self.integer("units")) for _ in range(self.integer("hidden_layers", 1))]
        return [*(layer for several in made for layer in several), self.output()]

    def _kernel_weights(self, units: int) -> dict[str, Any]:
        return kernel_arguments(self.config, pairs=units > 1)


def build_text(config: Configuration, signature: Signature) -> keras.Model:
    """Tokens of text looked up in an embedding and made one row, joined with a table's other columns, then dense layers."""
    factory, shape = TextFactory(config, signature), signature.input_shape
    if not isinstance(shape, dict):
        tokens = keras.Input(shape, dtype="int32")
        return keras.Sequential([tokens, *factory.encoder(), *factory.head()])
    inputs = {
        TOKENS: keras.Input(shape[TOKENS], dtype="int32", name=TOKENS),
        FEATURES: keras.Input(shape[FEATURES], name=FEATURES),
    }
    read = through(factory.encoder(), inputs[TOKENS])
    joined = layers.Concatenate()([read, inputs[FEATURES]])
    return keras.Model(inputs, through(factory.head(), joined))
