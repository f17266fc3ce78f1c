"""KerasTuner's models under our contract: ``build(config, signature)`` around a ``build_model(hp)`` or ``HyperModel``.

Imports KerasTuner, and with it TensorFlow: loaded only when such a model is met.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import keras
import keras_tuner

from ...errors import ModelError
from ...spaces import Configuration, value_text
from ...spaces.keras_tuner import hyperparameter_from_keras_tuner, scoped_name
from ..users_code import NOT_ITS_OWN, process_kept
from .heads import build_weights
from .memory import within_memory
from .signature import Signature
from .space_discovery import RecordingBuild, RequestedHyperparameters
from .tracked_configuration import mark_read, note, untracked
from .user_errors import describe_error

BuildModel: TypeAlias = Callable[[Any], Any]
"""Takes ``hp`` and returns a model."""


class KerasTunerBuild:
    """The build function of a model of KerasTuner's, which keeps the ``hp`` that it asked last.

    What a model asks for and the configuration does not have (a branch that was not found) gets KerasTuner's default,
    and the trial says so.
    """

    def __init__(self, build_model: Callable[[Signature], BuildModel]) -> None:
        self._build_model = build_model
        self.hp = keras_tuner.HyperParameters()

    def __call__(self, config: Configuration, signature: Signature) -> Any:
        """Build a model of a configuration."""
        self.hp = _FixedHyperParameters()
        model = run(self._build_model(signature), untracked(config), self.hp, signature)
        mark_read(config, [name for one in self.hp.space for name in (one.name, _name_in_space(one))])
        note_defaults(self.hp, untracked(config))
        return model


def note_defaults(hp: keras_tuner.HyperParameters, config: Configuration) -> None:
    """Have the trial say what was asked for that its configuration does not have."""
    for one in hp.space:
        names = {one.name, _name_in_space(one)}
        if not names & config.keys() and one.name in hp.values and hp.is_active(one):
            note(f"{one.name} is not in the space; it was at KerasTuner's default, {value_text(one.default)}")


def _name_in_space(hp: Any) -> str:
    return scoped_name(hyperparameter_from_keras_tuner(hp))


def adapt_hypermodel(model: Any) -> KerasTunerBuild:
    """Return the build function of a user's hypermodel: a function of ``hp``, a ``HyperModel``, or a class of them."""
    build_model = build_model_of(model)
    return KerasTunerBuild(lambda _: build_model)


def adapt_application(name: str) -> KerasTunerBuild:
    """Return the build function of one of ``keras_tuner.applications``, made for the rows at hand."""
    return KerasTunerBuild(lambda signature: application(name, signature))


class _FixedHyperParameters(keras_tuner.HyperParameters):  # type: ignore[misc]
    """Has the values of a configuration; a scope's own where it has one."""

    def _retrieve(self, hp: Any) -> Any:
        if hp.conditions and self.is_active(hp):
            name = scoped_name(hyperparameter_from_keras_tuner(hp))
            if name in self.values:
                self.values[hp.name] = self.values[name]
        return super()._retrieve(hp)


class _RecordingHyperParameters(_FixedHyperParameters):
    """Notes what a build asks for."""

    def __init__(self, requested: RequestedHyperparameters) -> None:
        super().__init__()
        self._requested = requested

    def _retrieve(self, hp: Any) -> Any:
        name = self._requested.note(hyperparameter_from_keras_tuner(hp))
        value = super()._retrieve(hp)
        if value is not None:
            self._requested.active[name] = value
        return value


def recording_build(
    build_model: BuildModel, shape: Callable[[], tuple[int, ...]] | None = None
) -> RecordingBuild:
    """Return what explores a function of ``hp``.

    Args:
        build_model: The function.
        shape: Returns that of a row, on which a subclassed model is called: it may ask for more there.
    """

    def build(values: Configuration, requested: RequestedHyperparameters) -> Any:
        model = run(build_model, values, _RecordingHyperParameters(requested))
        if shape is not None and _asks_when_called(model):
            build_weights(model, shape())
        return model

    return build


def _asks_when_called(model: Any) -> bool:
    """Tell whether a model has no graph yet and code of its own to make it."""
    return isinstance(model, keras.Model) and not model.built and not isinstance(model, keras.Sequential)


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
    made = instance_of(model)
    return made.build if isinstance(made, keras_tuner.HyperModel) else made  # type: ignore[no-any-return]


def instance_of(model: Any) -> Any:
    """Return an object of a class of hypermodels, and anything else as it is.

    Raises:
        ModelError: A class cannot be made without arguments.
    """
    if not isinstance(model, type):
        return model
    try:
        with process_kept():
            return model()
    except NOT_ITS_OWN:
        raise
    except BaseException as error:
        raise ModelError(
            f"The HyperModel {model.__name__} cannot be made: {describe_error(error)}. "
            "Pass an object of it, or name one in your module."
        ) from error


def fits_itself(model: Any) -> bool:
    """Tell whether a ``HyperModel``, an object or a class, has a ``fit`` of its own."""
    kind: Any = model if isinstance(model, type) else type(model)
    return issubclass(kind, keras_tuner.HyperModel) and kind.fit is not keras_tuner.HyperModel.fit


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
    with within_memory():
        model = build_model(hp)
        if signature is not None and isinstance(model, keras.Model) and not model.built:
            build_weights(model, signature.input_shape)
    return model
