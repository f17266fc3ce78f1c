"""Optimizers, schedules, layers and losses of Keras, each with one float that varies: what trainers must agree on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

CASES: dict[str, tuple[Callable[..., Any], float, float]] = {}
"""Name -> a function of keras and a float that returns what makes the model special, and two values of the float."""


def case(first: float, second: float) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def keep(function: Callable[..., Any]) -> Callable[..., Any]:
        CASES[function.__name__] = (function, first, second)
        return function

    return keep


def optimizers() -> dict[str, tuple[dict[str, Any], str, float, float]]:
    """Optimizer or what is special about it -> its fixed arguments, the one that varies, and two values."""
    return {
        "SGD": ({"learning_rate": 0.05}, "momentum", 0.8, 0.5),
        "SGD nesterov": ({"learning_rate": 0.05, "nesterov": True}, "momentum", 0.8, 0.5),
        "Adam": ({}, "beta_1", 0.9, 0.8),
        "Adam amsgrad": ({"amsgrad": True}, "beta_2", 0.999, 0.9),
        "AdamW": ({"learning_rate": 0.01}, "weight_decay", 0.01, 0.1),
        "Nadam": ({}, "beta_1", 0.9, 0.8),
        "RMSprop centered": ({"centered": True, "momentum": 0.5}, "rho", 0.9, 0.8),
        "Adagrad": ({"learning_rate": 0.05}, "epsilon", 1e-7, 1e-2),
        "Adadelta": ({"learning_rate": 1.0}, "rho", 0.95, 0.8),
        "Adamax": ({}, "beta_2", 0.999, 0.9),
        "Adafactor": ({"learning_rate": 0.01}, "clip_threshold", 1.0, 0.5),
        "Lion": ({"learning_rate": 0.003}, "beta_1", 0.9, 0.7),
        "Lamb": ({"learning_rate": 0.01}, "beta_1", 0.9, 0.7),
        "Muon": ({"learning_rate": 0.01}, "adam_beta_1", 0.9, 0.8),
        "ScheduleFreeAdamW": ({"learning_rate": 0.5}, "beta_1", 0.9, 0.8),
        "Ftrl": ({"learning_rate": 0.05}, "l1_regularization_strength", 0.001, 0.01),
        "SGD clipped by norm": ({"learning_rate": 0.1}, "clipnorm", 0.1, 0.05),
        "SGD clipped together": ({"learning_rate": 0.1}, "global_clipnorm", 0.1, 0.05),
        "SGD clipped by value": ({"learning_rate": 0.1}, "clipvalue", 0.01, 0.02),
        "Adam averaged": ({"use_ema": True}, "ema_momentum", 0.9, 0.5),
        "Adam averaged and overwritten": (
            {"use_ema": True, "ema_overwrite_frequency": 2},
            "ema_momentum",
            0.9,
            0.5,
        ),
        "SGD accumulated": ({"learning_rate": 0.1, "gradient_accumulation_steps": 2}, "momentum", 0.9, 0.5),
        "SGD scaled": ({"learning_rate": 0.1}, "loss_scale_factor", 8.0, 4.0),
    }


def optimizer_case(name: str) -> Callable[..., Any]:
    fixed, varying, _, _ = optimizers()[name]
    return lambda keras, value: {
        "optimizer": getattr(keras.optimizers, name.split(maxsplit=1)[0])(**{**fixed, varying: value})
    }


for _name, (_, _, _first, _second) in optimizers().items():
    CASES[_name] = (optimizer_case(_name), _first, _second)


@case(0.5, 0.9)
def exponential_decay(keras, value):
    return {"optimizer": keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(0.01, 5, value))}


@case(0.02, 0.05)
def cosine_decay_with_warmup(keras, value):
    schedule = keras.optimizers.schedules.CosineDecay(
        0.001, 6, alpha=0.1, warmup_target=value, warmup_steps=3
    )
    return {"optimizer": keras.optimizers.SGD(schedule)}


@case(0.5, 0.8)
def restarts(keras, value):
    return {
        "optimizer": keras.optimizers.SGD(keras.optimizers.schedules.CosineDecayRestarts(0.1, 3, m_mul=value))
    }


@case(0.01, 0.02)
def polynomial_decay(keras, value):
    schedule = keras.optimizers.schedules.PolynomialDecay(0.1, 8, value, power=2.0)
    return {"optimizer": keras.optimizers.SGD(schedule)}


@case(0.5, 0.1)
def inverse_time_decay(keras, value):
    return {"optimizer": keras.optimizers.SGD(keras.optimizers.schedules.InverseTimeDecay(0.1, 2, value))}


@case(4.0, 2.0)
def warm_up(keras, value):
    from kerasweep.training.models.schedules import WarmUp

    after = keras.optimizers.schedules.CosineDecay(0.1, 12.0, alpha=0.1)
    return {"optimizer": keras.optimizers.SGD(WarmUp(after, value, 0.2))}


@case(0.3, 0.6)
def one_cycle(keras, value):
    from kerasweep.training.models.schedules import OneCycle

    return {"optimizer": keras.optimizers.SGD(OneCycle(0.2, 15.0, rise=value))}


@case(0.1, 0.2)
def warm_up_to_a_rate(keras, value):
    from kerasweep.training.models.schedules import WarmUp

    return {"optimizer": keras.optimizers.SGD(WarmUp(value, 4.0))}


@case(0.9, 0.5)
def batch_normalization(keras, value):
    return {"layers": [keras.layers.BatchNormalization(momentum=value)]}


@case(1e-3, 0.1)
def layer_normalization(keras, value):
    return {"layers": [keras.layers.LayerNormalization(epsilon=value)]}


@case(1e-3, 0.1)
def group_normalization(keras, value):
    return {"layers": [keras.layers.GroupNormalization(2, epsilon=value)]}


@case(0.2, 0.5)
def dropout(keras, value):
    return {"layers": [keras.layers.Dropout(value)]}


@case(0.2, 0.5)
def alpha_dropout(keras, value):
    return {"layers": [keras.layers.AlphaDropout(value)]}


@case(0.2, 0.5)
def gaussian_dropout(keras, value):
    return {"layers": [keras.layers.GaussianDropout(value)]}


@case(0.2, 0.5)
def gaussian_noise(keras, value):
    return {"layers": [keras.layers.GaussianNoise(value)]}


@case(0.2, 0.4)
def leaky_relu(keras, value):
    return {"layers": [keras.layers.LeakyReLU(value)]}


@case(0.7, 1.3)
def elu(keras, value):
    return {"layers": [keras.layers.ELU(value)]}


@case(0.01, 0.1)
def l1_and_l2(keras, value):
    return {"layers": [keras.layers.Dense(6, kernel_regularizer=keras.regularizers.L1L2(value, value / 2))]}


@case(0.01, 0.1)
def activity(keras, value):
    return {"layers": [keras.layers.Dense(6, activity_regularizer=keras.regularizers.L2(value))]}


@case(0.5, 0.3)
def max_norm(keras, value):
    return {"layers": [keras.layers.Dense(6, kernel_constraint=keras.constraints.MaxNorm(value))]}


@case(0.1, 0.3)
def label_smoothing(keras, value):
    return {"loss": keras.losses.CategoricalCrossentropy(label_smoothing=value)}


@case(2.0, 1.0)
def focal(keras, value):
    return {"loss": keras.losses.CategoricalFocalCrossentropy(gamma=value)}


@case(0.5, 0.2)
def huber(keras, value):
    return {"loss": keras.losses.Huber(delta=value), "metrics": ["mae"]}


@case(0.02, 0.3)
def initial_weights(keras, value):
    return {
        "layers": [keras.layers.Dense(6, kernel_initializer=keras.initializers.RandomNormal(stddev=value))]
    }
