"""What a configuration says about weights: how they start, what pulls at them, and what bounds them."""

from __future__ import annotations

from typing import Any

import keras

from ...spaces import Configuration

_ARGUMENTS = {
    "orthogonal": {"initializer_gain": "gain"},
    "random_normal": {"initializer_stddev": "stddev"},
    "truncated_normal": {"initializer_stddev": "stddev"},
    "variance_scaling": {
        "initializer_scale": "scale",
        "initializer_mode": "mode",
        "initializer_distribution": "distribution",
    },
}
"""Initializer -> hyperparameter -> Keras's argument."""
_CLASSES = {
    "orthogonal": keras.initializers.Orthogonal,
    "random_normal": keras.initializers.RandomNormal,
    "truncated_normal": keras.initializers.TruncatedNormal,
    "variance_scaling": keras.initializers.VarianceScaling,
}


def kernel_arguments(
    config: Configuration, *, axis: Any = 0, prefix: str = "kernel", pairs: bool = True
) -> dict[str, Any]:
    """Return a layer's arguments for its kernel and its output.

    Args:
        config: The configuration.
        axis: Along which a column of weights runs: 0 of a dense kernel, (0, 1, 2) of a convolution.
        prefix: How the layer calls its kernel: a separable convolution has a ``depthwise`` and a ``pointwise`` one.
        pairs: Whether the kernel is a matrix of several rows and columns, which an orthogonal regularizer compares.
    """
    found = {
        f"{prefix}_initializer": _initializer(config),
        f"{prefix}_regularizer": _regularizer(config, pairs=pairs),
        f"{prefix}_constraint": _constraint(config, axis),
        "activity_regularizer": _activity(config),
    }
    return {name: value for name, value in found.items() if value is not None}


def bias_arguments(config: Configuration) -> dict[str, Any]:
    """Return a layer's arguments for its bias."""
    found: dict[str, Any] = {}
    if config.get("use_bias") is False:
        return {"use_bias": False}
    if "bias_initial" in config:
        found["bias_initializer"] = keras.initializers.Constant(_number(config, "bias_initial"))
    if config.get("bias_regularizer") == "l2":
        found["bias_regularizer"] = keras.regularizers.L2(_number(config, "bias_l2", 0.01))
    if config.get("bias_constraint") == "non_neg":
        found["bias_constraint"] = keras.constraints.NonNeg()
    if config.get("bias_constraint") == "max_norm":
        found["bias_constraint"] = keras.constraints.MaxNorm(_number(config, "bias_max_norm", 1.0))
    return found


def output_arguments(config: Configuration) -> dict[str, Any]:
    """Return the arguments of the layer that predicts."""
    found: dict[str, Any] = {}
    if "output_initializer" in config:
        found["kernel_initializer"] = str(config["output_initializer"])
    if config.get("output_regularizer") == "l2":
        found["kernel_regularizer"] = keras.regularizers.L2(_number(config, "output_l2", 0.01))
    if config.get("output_bias") is False:
        found["use_bias"] = False
    return found


def _initializer(config: Configuration) -> Any:
    name = config.get("kernel_initializer")
    if name is None:
        return None
    arguments = {
        keras_name: config[ours]
        for ours, keras_name in _ARGUMENTS.get(str(name), {}).items()
        if ours in config
    }
    if name == "random_uniform" and "initializer_limit" in config:
        limit = _number(config, "initializer_limit")
        return keras.initializers.RandomUniform(-limit, limit)
    return _CLASSES[str(name)](**arguments) if arguments else str(name)


def _regularizer(config: Configuration, *, pairs: bool) -> Any:
    kind = config.get("kernel_regularizer", "none")
    if kind == "l1":
        return keras.regularizers.L1(_number(config, "l1", 0.01))
    if kind == "l2":
        return keras.regularizers.L2(_number(config, "l2", 0.01))
    if kind == "l1_l2":
        return keras.regularizers.L1L2(_number(config, "l1", 0.01), _number(config, "l2", 0.01))
    if kind == "orthogonal" and pairs:
        return keras.regularizers.OrthogonalRegularizer(
            _number(config, "orthogonal_factor", 0.01), str(config.get("orthogonal_mode", "rows"))
        )
    return None


def _constraint(config: Configuration, axis: Any) -> Any:
    kind = config.get("kernel_constraint", "none")
    if kind == "max_norm":
        return keras.constraints.MaxNorm(_number(config, "max_norm", 2.0), axis)
    if kind == "min_max_norm":
        return keras.constraints.MinMaxNorm(
            _number(config, "min_norm", 0.0),
            _number(config, "max_norm", 2.0),
            _number(config, "norm_rate", 1.0),
            axis,
        )
    if kind == "unit_norm":
        return keras.constraints.UnitNorm(axis)
    return keras.constraints.NonNeg() if kind == "non_neg" else None


def _activity(config: Configuration) -> Any:
    kind = config.get("activity_regularizer", "none")
    factor = _number(config, "activity_factor", 0.01)
    if kind == "l1":
        return keras.regularizers.L1(factor)
    return keras.regularizers.L2(factor) if kind == "l2" else None


def _number(config: Configuration, name: str, default: float = 0.0) -> float:
    return float(config.get(name, default))  # type: ignore[arg-type]
