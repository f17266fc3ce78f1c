"""The optimizer of a configuration: Keras's class, with every argument of it that the configuration has."""

from __future__ import annotations

import inspect
from typing import Any

import keras

from ...errors import TrainingError, did_you_mean
from ...spaces import Configuration
from .schedules import learning_rate_of
from .signature import Signature

CLASSES = {
    "adam": "Adam",
    "sgd": "SGD",
    "adamw": "AdamW",
    "nadam": "Nadam",
    "rmsprop": "RMSprop",
    "adagrad": "Adagrad",
    "adadelta": "Adadelta",
    "adamax": "Adamax",
    "adafactor": "Adafactor",
    "lion": "Lion",
    "lamb": "Lamb",
    "muon": "Muon",
    "ftrl": "Ftrl",
}
_CLIPPING = {"norm": "clipnorm", "value": "clipvalue", "global_norm": "global_clipnorm"}
UNDECAYED = ("bias", "gamma", "beta")
"""LayerFactory of the names of those weights that strong decay harms (He et al. 2019, Bag of Tricks, section 3.1)."""


def unscaled(optimizer: Any) -> Any:
    """Return the optimizer that a ``LossScaleOptimizer`` of Keras stands around, as in float16; any other as it is."""
    return (
        optimizer.inner_optimizer if isinstance(optimizer, keras.optimizers.LossScaleOptimizer) else optimizer
    )


def make_optimizer(
    configuration: Configuration, signature: Signature | None = None
) -> keras.optimizers.Optimizer:
    """Return the configuration's optimizer, Adam where it names none.

    Args:
        configuration: Arguments of the optimizer by their names in Keras; those that it does not have are at Keras's
            defaults.
        signature: Tells a schedule how many steps there are.

    Raises:
        TrainingError: There is no such optimizer.
    """
    name = str(configuration.get("optimizer", "adam"))
    if name not in CLASSES:
        raise TrainingError("model", f"there is no optimizer '{name}'.{did_you_mean(name, CLASSES)}")
    cls = getattr(keras.optimizers, CLASSES[name])
    optimizer = cls(**_arguments(cls, configuration, signature))
    if configuration.get("decay_biases") is False and configuration.get("decay"):
        optimizer.exclude_from_weight_decay(var_names=list(UNDECAYED))
    return optimizer


def _arguments(cls: type, configuration: Configuration, signature: Signature | None) -> dict[str, Any]:
    known = inspect.signature(cls).parameters
    arguments = {key: configuration[key] for key in known if key in configuration}
    rate = learning_rate_of(configuration, signature)
    if rate is not None:
        arguments["learning_rate"] = rate
    if "decay" in configuration and not configuration["decay"]:
        arguments["weight_decay"] = 0.0 if known["weight_decay"].default else None
    if "clipping" in configuration:
        kept = _CLIPPING.get(str(configuration["clipping"]))
        arguments = {
            key: value for key, value in arguments.items() if key not in _CLIPPING.values() or key == kept
        }
    if arguments.get("gradient_accumulation_steps") == 1:
        del arguments["gradient_accumulation_steps"]
    return arguments
