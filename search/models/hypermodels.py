"""KerasTuner's models under our contract: ``build(config, signature)`` around a ``build_model(hp)`` or ``HyperModel``.

Imports KerasTuner, and with it TensorFlow: loaded only when such a model is met.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

import keras
import keras_tuner

from ...errors import ModelError, TrainingError
from ...spaces import Configuration
from ..machine import BYTES_A_PARAMETER, most_parameters
from .building import build_weights
from .loading import Build, describe_error
from .signature import Signature

BuildModel: TypeAlias = Callable[[Any], Any]
"""Takes ``hp`` and returns a model."""


def adapt(model: Any) -> Build:
    """Return the build function of a user's hypermodel: a function of ``hp``, a ``HyperModel``, or a class of them.

    What a model asks for and the configuration does not have (a branch that was not found) gets KerasTuner's default.
    """
    build_model = build_model_of(model)

    def build(config: Configuration, signature: Signature) -> Any:
        return run(build_model, config, keras_tuner.HyperParameters(), signature)

    return build


def adapt_application(name: str) -> Build:
    """Return the build function of one of ``keras_tuner.applications``, made for the rows at hand."""

    def build(config: Configuration, signature: Signature) -> Any:
        return run(application(name, signature), config, keras_tuner.HyperParameters(), signature)

    return build


def application(name: str, signature: Signature) -> BuildModel:
    """Return one of ``keras_tuner.applications`` for rows and classes of a signature."""
    made = getattr(keras_tuner.applications, name)(
        input_shape=signature.input_shape, classes=signature.outputs
    )
    return made.build  # type: ignore[no-any-return]


def build_model_of(model: Any) -> BuildModel:
    """Return the function of ``hp``.

    Raises:
        ModelError: A class cannot be made without arguments.
    """
    if isinstance(model, type):
        try:
            model = model()
        except Exception as error:
            raise ModelError(
                f"The HyperModel {model.__name__} cannot be made: {describe_error(error)}. "
                "Pass an object of it, or name one in your module."
            ) from error
    return model.build if isinstance(model, keras_tuner.HyperModel) else model  # type: ignore[no-any-return]


def run(
    build_model: BuildModel,
    config: Configuration,
    hp: keras_tuner.HyperParameters,
    signature: Signature | None = None,
) -> Any:
    """Build a model of a configuration.

    Args:
        build_model: The user's function.
        config: Values by name.
        hp: A fresh object, which the function asks.
        signature: Gives a model without an ``Input`` its weights; not given where these are of no interest.

    Raises:
        TrainingError: of kind ``memory``: the model is larger than memory. Whatever else the function raises.
    """
    hp.values = dict(config)
    with _within_memory():
        model = build_model(hp)
        if signature is not None and isinstance(model, keras.Model) and not model.built:
            build_weights(model, signature)
    return model


@contextmanager
def _within_memory() -> Iterator[None]:
    """Refuse a model that memory would not hold, before its weights are made.

    Counted where layers ask for weights: a system that promises more memory than it has kills the process that uses
    it, and nothing could be said afterwards.
    """
    most, counted = most_parameters(), 0
    original = keras.Layer.add_weight

    def add_weight(layer: Any, shape: Any = None, *args: Any, **options: Any) -> Any:
        nonlocal counted
        counted += math.prod(shape) if isinstance(shape, tuple | list) else shape or 1
        if counted > most:
            raise TrainingError(
                "memory",
                f"the model has {counted:,} parameters or more, which take {_gigabytes(counted)} to train; "
                f"memory has room for {most:,.0f}",
            )
        return original(layer, shape, *args, **options)

    keras.Layer.add_weight = add_weight
    try:
        yield
    finally:
        keras.Layer.add_weight = original


def _gigabytes(parameters: int) -> str:
    return f"{parameters * BYTES_A_PARAMETER / 1e9:,.1f} GB"
