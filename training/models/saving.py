"""Whether a user's model can be built, and Keras can save it and make it again, found out before anything trains."""

from __future__ import annotations

import random
import warnings

import keras
import numpy as np

from ...errors import TrainingError, one_line
from ...spaces import Configuration
from .building import build_model
from .keras_settings import settings_kept
from .signature import Build, Signature
from .tracked_configuration import take_notes


def why_not_saved(build: Build, configuration: Configuration, signature: Signature) -> str | None:
    """Return why Keras cannot save a model, or not make it again, in one line; None where it can.

    That of weights is found out by saving them. A model that cannot be built says so when it is trained.
    """
    try:
        model = _built_aside(build, configuration, signature)
    except TrainingError:
        return None
    if unknown := unimportable_classes(model):
        return f"no other program can import its {', '.join(unknown)}: put them into a module"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            saved = keras.saving.serialize_keras_object(model)
            saved.pop("compile_config", None)  # exports are loaded without
            keras.saving.deserialize_keras_object(saved)
    except Exception as error:  # noqa: BLE001 - a user's get_config and from_config may raise anything
        return f"Keras cannot save it and make it again: {one_line(error, 160)}"
    return None


def why_not_built(build: Build, configuration: Configuration, signature: Signature) -> str | None:
    """Return why a model cannot be built, in one line; None where it can."""
    try:
        _built_aside(build, configuration, signature)
    except TrainingError as error:
        return one_line(error, 160)
    return None


def _built_aside(build: Build, configuration: Configuration, signature: Signature) -> keras.Model:
    """Return a model that is not trained; nothing is left of its building."""
    before = random.getstate(), np.random.get_state()  # noqa: NPY002 - the caller's, which building seeds
    try:
        with settings_kept():
            return build_model(build, configuration, signature, 0)
    finally:
        random.setstate(before[0])
        np.random.set_state(before[1])  # noqa: NPY002
        take_notes()


def unimportable_classes(model: keras.Model) -> list[str]:
    """Return the names of classes among a model and its layers that only this program has."""
    classes = {type(layer) for layer in [model, *model._flatten_layers()]}  # no public way
    return sorted(cls.__name__ for cls in classes if cls.__module__ == "__main__")
