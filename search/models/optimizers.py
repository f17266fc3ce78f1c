"""The optimizer of a configuration: Keras's class, with every argument of it that the configuration has."""

from __future__ import annotations

import inspect
from typing import Any

import keras

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
_UNDECAYED = ("bias", "gamma", "beta")
"""Parts of the names of those weights that strong decay harms (He et al. 2019, Bag of Tricks, section 3.1)."""
_RATES_OF_ADAM = ("adam_beta_1", "adam_beta_2", "adam_lr_ratio", "adam_weight_decay")


def make_optimizer(
    configuration: Configuration, signature: Signature | None = None
) -> keras.optimizers.Optimizer:
    """Return the configuration's optimizer, Adam where it names none.

    Args:
        configuration: Arguments of the optimizer by their names in Keras; those that it does not have are at Keras's
            defaults.
        signature: Tells a schedule how many steps there are.
    """
    name = str(configuration.get("optimizer", "adam"))
    optimizer = keras.optimizers.get(
        {"class_name": CLASSES.get(name, name), "config": _arguments(name, configuration, signature)}
    )
    if configuration.get("decay_biases") is False and configuration.get("decay"):
        optimizer.exclude_from_weight_decay(var_names=list(_UNDECAYED))
    return optimizer


def _arguments(name: str, configuration: Configuration, signature: Signature | None) -> dict[str, Any]:
    cls = getattr(keras.optimizers, CLASSES.get(name, ""), None)
    known = inspect.signature(cls).parameters if cls is not None else {}
    arguments = {key: configuration[key] for key in known if key in configuration}
    rate = learning_rate_of(configuration, signature)
    if rate is not None:
        arguments["learning_rate"] = rate
    if "decay" in configuration and not configuration["decay"]:
        arguments["weight_decay"] = 0.0 if name in ("adamw", "muon") else None
    if "clipping" in configuration:
        kept = _CLIPPING.get(str(configuration["clipping"]))
        arguments = {
            key: value for key, value in arguments.items() if key not in _CLIPPING.values() or key == kept
        }
    if arguments.get("gradient_accumulation_steps") == 1:
        del arguments["gradient_accumulation_steps"]
    return arguments
