"""Makes the layers of the families, with all that a configuration says about them.

A hyperparameter that a configuration does not have is at Keras's default, or off. Layers are made in the order in which
rows pass them, so that a seed gives the same weights here and in an exported script.
"""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import layers

from ...spaces import Configuration
from .augmentation import augmentation_layers
from .image_axes import channel_axis, picture_axes
from .signature import Signature
from .weights import bias_arguments, kernel_arguments, output_arguments


class LayerFactory:
    """Makes the layers of one configuration."""

    def __init__(self, config: Configuration, signature: Signature) -> None:
        self.config = config
        self.signature = signature

    def number(self, name: str, default: float = 0.0) -> float:
        """Return a number of the configuration."""
        return float(self.config.get(name, default))  # type: ignore[arg-type]

    def integer(self, name: str, default: int = 0) -> int:
        """Return a whole number of the configuration."""
        return int(self.config.get(name, default))  # type: ignore[arg-type]

    def string(self, name: str, default: str = "none") -> str:
        """Return a choice of the configuration."""
        return str(self.config.get(name, default))

    def flag(self, name: str) -> bool:
        """Return a yes or no of the configuration, no where it says nothing."""
        return bool(self.config.get(name, False))

    def input_layers(self) -> list[keras.Layer]:
        """Return what rows pass first: augmentation of pictures, noise, normalization, dropout of features."""
        made: list[keras.Layer] = []
        if len(self.signature.input_shape) == 3:
            made += augmentation_layers(self.config, self.signature)
        if self.number("input_noise") > 0:
            made.append(layers.GaussianNoise(self.number("input_noise")))
        if self.flag("input_normalization"):
            axis = channel_axis() if len(self.signature.input_shape) == 3 else -1
            made.append(layers.BatchNormalization(axis=axis, center=False, scale=False))
        if self.number("input_dropout") > 0:
            made.append(layers.Dropout(self.number("input_dropout")))
        return made

    def dense(self, units: int) -> list[keras.Layer]:
        """Return a dense layer with normalization, activation, noise and dropout."""
        arguments = {"units": units, **self._kernel_weights(units)}
        made = self.activated(layers.Dense, units, arguments)
        if self.number("activation_noise") > 0:
            made.append(layers.GaussianNoise(self.number("activation_noise")))
        return made + self.dropout()

    def weights(self, units: int) -> dict[str, Any]:
        """Return a dense layer's arguments for its weights."""
        return self._kernel_weights(units) | bias_arguments(self.config)

    def _kernel_weights(self, units: int) -> dict[str, Any]:
        # An orthogonal regularizer divides by the number of pairs of units, or of inputs: one has none.
        several = units > 1 and math.prod(self.signature.input_shape) > 1
        return kernel_arguments(self.config, pairs=several)

    def plain_dense(self, units: int) -> list[keras.Layer]:
        """Return a dense layer with its activation and nothing else."""
        activation = self.activation()
        if isinstance(activation, str):
            return [layers.Dense(units, activation=activation, **self.weights(units))]
        return [layers.Dense(units, **self.weights(units)), activation]

    def drop_path(self, number: int, count: int, axes: int) -> list[keras.Layer]:
        """Return what skips a residual block for some rows, the later ones more often.

        Source: Huang et al. 2016, Deep Networks with Stochastic Depth, equation 4.

        Args:
            number: The block, counted from 0.
            count: Blocks in all.
            axes: Of a batch of its output.
        """
        rate = self.number("stochastic_depth") * (number + 1) / count
        return [layers.Dropout(rate, noise_shape=(None, *[1] * (axes - 1)))] if rate > 0 else []

    def dropout(self) -> list[keras.Layer]:
        """Return dropout of units, if there is any."""
        if "dropout" not in self.config:
            return []
        kinds = {"alpha": layers.AlphaDropout, "gaussian": layers.GaussianDropout}
        return [kinds.get(self.string("dropout_kind"), layers.Dropout)(self.config["dropout"])]

    def activated(
        self, layer: Any, width: int, arguments: dict[str, Any], *, pictures: bool = False
    ) -> list[keras.Layer]:
        """Return a layer with its normalization and its activation.

        Args:
            layer: Keras's class.
            width: Its units or filters.
            arguments: Of the class.
            pictures: Whether it gives pictures, with an axis of channels.
        """
        activation = self.activation(pictures=pictures)
        if self.is_normalized and self.string("normalization_position", "before") == "before":
            bias = {"use_bias": False} if self._makes_bias_idle() else bias_arguments(self.config)
            normalization = self.normalization(width, pictures=pictures)
            return [layer(**arguments, **bias), normalization, _as_layer(activation)]
        arguments |= bias_arguments(self.config)
        made = (
            [layer(activation=activation, **arguments)]
            if isinstance(activation, str)
            else [layer(**arguments), activation]
        )
        return [*made, self.normalization(width, pictures=pictures)] if self.is_normalized else made

    def activation(self, *, pictures: bool = False) -> str | keras.Layer:
        """Return the name of the activation, or a layer where it has a number of its own."""
        name = self.string("activation", "relu")
        if name == "leaky_relu" and "negative_slope" in self.config:
            return layers.LeakyReLU(self.number("negative_slope"))
        if name == "elu" and "elu_alpha" in self.config:
            return layers.ELU(self.number("elu_alpha"))
        if name == "relu" and "relu_threshold" in self.config:
            return layers.ReLU(threshold=self.number("relu_threshold"))
        if name == "prelu":
            shared = picture_axes() if pictures and self.flag("prelu_shared") else None
            initial = keras.initializers.Constant(self.number("prelu_initial"))
            return layers.PReLU(alpha_initializer=initial, shared_axes=shared)
        return name

    def separate_activation(self, *, pictures: bool = False) -> keras.Layer:
        """Return the activation as a layer."""
        return _as_layer(self.activation(pictures=pictures))

    @property
    def is_normalized(self) -> bool:
        """Whether hidden layers are normalized."""
        return self._normalization_kind != "none"

    @property
    def _normalization_kind(self) -> str:
        return self.string("normalization")

    def _makes_bias_idle(self) -> bool:
        """Tell whether the normalization's own offset takes the place of a bias."""
        return self._normalization_kind != "rms" and bool(self.config.get("normalization_center", True))

    def normalization(self, width: int, *, pictures: bool = False, **arguments: Any) -> keras.Layer:
        """Return the normalization of ``width`` units or channels."""
        kind, axis = self._normalization_kind, channel_axis() if pictures else -1
        arguments |= {"axis": axis} if axis != -1 else {}
        if "normalization_epsilon" in self.config:
            arguments["epsilon"] = self.number("normalization_epsilon")
        if kind == "rms":
            return layers.RMSNormalization(**arguments)
        for name in ("center", "scale"):
            if f"normalization_{name}" in self.config:
                arguments[name] = self.flag(f"normalization_{name}")
        if kind == "layer":
            return layers.LayerNormalization(**arguments)
        if kind == "group":
            most = min(self.integer("groups", 8), width)
            fitting = next(groups for groups in range(most, 0, -1) if width % groups == 0)
            return layers.GroupNormalization(fitting, **arguments)
        if "normalization_momentum" in self.config:
            arguments["momentum"] = self.number("normalization_momentum")
        return layers.BatchNormalization(**arguments)

    def output(self) -> keras.Layer:
        """Return the layer that predicts; in float32, whatever the layers before compute in."""
        mixed = keras.config.dtype_policy().compute_dtype != "float32"
        return layers.Dense(
            self.signature.outputs,
            activation=self.signature.output_activation,
            dtype="float32" if mixed else None,
            **output_arguments(self.config),
        )


class ConvolvingFactory(LayerFactory):
    """Makes what all families of convolutions have, over steps or pictures."""

    axes = "2D"
    """How the names end of those layers of Keras's that drop and pool what it convolves."""

    def filters(self, block: int) -> int:
        """Return the filters of a block or stage: each further one has twice as many, or another multiple."""
        return max(1, round(self.integer("filters", 32) * self.number("filters_growth", 2.0) ** block))

    def convolution_dropout(self) -> list[keras.Layer]:
        """Return dropout after a block of convolutions: of whole channels, or of single numbers."""
        rate = self.number("convolution_dropout")
        if rate == 0:
            return []
        plain = self.string("convolution_dropout_kind", "spatial") == "plain"
        return [layers.Dropout(rate) if plain else getattr(layers, f"SpatialDropout{self.axes}")(rate)]

    def head(self, count: int) -> list[keras.Layer]:
        """Return what follows the convolutions: steps or a picture made to a row, dense layers, the output.

        Args:
            count: Dense layers before the output, where the configuration does not say.
        """
        kinds = {"global_average": "GlobalAveragePooling", "global_max": "GlobalMaxPooling"}
        kind = kinds.get(self.string("head", "flatten"))
        made = [getattr(layers, f"{kind}{self.axes}")() if kind else layers.Flatten()]
        for _ in range(self.integer("head_layers", count)):
            made += self.plain_dense(self.integer("units"))
            made += self.dropout()
        return [*made, self.output()]


def _as_layer(activation: str | keras.Layer) -> keras.Layer:
    return layers.Activation(activation) if isinstance(activation, str) else activation
