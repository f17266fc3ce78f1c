"""Keras objects as source code: layers, optimizers, losses, with only the arguments that are not the class's own.

An argument is left out where the object's configuration stays the same without it, which is tried rather than
guessed: defaults that follow from other arguments (a pooling's strides) are found that way too.
"""

from __future__ import annotations

import copy
import inspect
import re
from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np

from ..training.models.optimizers import unscaled
from .expressions import bracketed, call, literal, quoted

_PACKAGES = (
    ("keras.layers", "layers"),
    ("keras.initializers", "keras.initializers"),
    ("keras.regularizers", "keras.regularizers"),
    ("keras.constraints", "keras.constraints"),
    ("keras.optimizers.schedules", "keras.optimizers.schedules"),
    ("keras.optimizers", "keras.optimizers"),
    ("keras.losses", "keras.losses"),
    ("keras.metrics", "keras.metrics"),
    ("keras", "keras"),
)
"""Public modules, and what a script calls them."""
_WORDS = {"keras.initializers": keras.initializers.get}
"""Objects that a script may name by a word where nothing about them is set."""
_SHOWN = ("learning_rate",)
"""Arguments that are always written: what a sweep is about should be seen where it is the default, too."""
_COMPILE_DEFAULTS = {
    "loss_weights": None,
    "metrics": None,
    "weighted_metrics": None,
    "run_eagerly": False,
    "steps_per_execution": 1,
    "jit_compile": "auto",
    "auto_scale_loss": True,
}


class CannotEmit(Exception):  # noqa: N818 - an answer, not a failure: the caller has another way
    """Something that only its author's own code can make; the message says what."""


def layer_code(layer: keras.layers.Layer) -> str:
    """Return the call that makes a layer like this one, untrained.

    Raises:
        CannotEmit: It is not one of Keras's own layers, or cannot be made from its configuration.
    """
    if isinstance(layer, keras.Model):
        raise CannotEmit(f"a model inside it ({layer.name})")
    try:
        config = layer.get_config()
    except NotImplementedError as error:  # a layer of the author's own
        raise CannotEmit(f"{type(layer).__name__}, which is not one of Keras's own") from error
    return object_code(type(layer), config, rounded=False)


def object_code(cls: type, config: Mapping[str, Any], *, rounded: bool) -> str:
    """Return the call that makes an object of a class with a configuration.

    Args:
        cls: One of Keras's own classes, or of ours.
        config: What ``get_config`` gives.
        rounded: Numbers are float32 in the object (an optimizer's): 0.01 rather than 0.009999999776482582.

    Raises:
        CannotEmit: The class is not Keras's or ours, or its configuration does not say all of it.
    """
    name = public_name(cls)
    wanted = {key: value for key, value in config.items() if key != "name" or not _is_automatic(cls, value)}
    needed = _needed(cls, wanted)
    first, *_ = [*_required(cls), ""]
    positional: list[str] = []
    named: dict[str, str] = {}
    for key, value in needed.items():
        expression = value_code(value, rounded=rounded)
        if key == first and not named:
            positional.append(expression)
        else:
            named[key] = expression
    return call(name, *positional, **named)


def value_code(value: Any, *, rounded: bool = False) -> str:
    """Return an argument as code: plain data, or an object of Keras's own.

    Raises:
        CannotEmit: It is neither.
    """
    if isinstance(value, Mapping) and {"class_name", "config", "module"} <= set(value):
        return _serialized_code(value, rounded=rounded)
    if isinstance(value, list | tuple):
        opening, closing = ("[", "]") if isinstance(value, list) else ("(", ")")
        return bracketed(opening, [value_code(item, rounded=rounded) for item in value], closing)
    if isinstance(value, Mapping):
        pairs = [f"{quoted(str(key))}: {value_code(item, rounded=rounded)}" for key, item in value.items()]
        return bracketed("{", pairs, "}")
    if isinstance(value, np.generic):
        value = value.item()
    if rounded and isinstance(value, float):
        value = _shortest(value)
    try:
        return literal(value)
    except TypeError as error:
        raise CannotEmit(str(error)) from error


def _serialized_code(value: Mapping[str, Any], *, rounded: bool) -> str:
    """Return a serialized object: a dtype's name, a word where one says all, else a call."""
    if value["class_name"] == "DTypePolicy":
        return quoted(str(value["config"]["name"]))
    if value["class_name"] == "function":
        raise CannotEmit(f"the function '{value['config']}'")
    try:
        made = _plain(value)
    except Exception as error:
        raise CannotEmit(f"a {value['class_name']}, which Keras cannot make again") from error
    config = value["config"] if isinstance(value["config"], Mapping) else {}
    get = _WORDS.get(str(value["module"]))
    word = _snake(str(value["class_name"]))
    if get is not None and _same_object(get, word, made):
        return quoted(word)
    if isinstance(made, keras.layers.Layer):
        config = {key: item for key, item in config.items() if key != "name"}  # wrappers name what they wrap
    return object_code(type(made), config, rounded=rounded)


def _same_object(get: Any, word: str, made: Any) -> bool:
    try:
        found = get(word)
    except Exception:  # noqa: BLE001 - initializers raise what they like about arguments that they lack
        return False
    return type(found) is type(made) and bool(found.get_config() == made.get_config())


def compile_code(model: keras.Model, optimizer: str | None = None) -> str:
    """Return the call that compiles a model as this one is.

    Args:
        model: The model.
        optimizer: How the code calls the optimizer, where it has made it before.

    Raises:
        CannotEmit: A loss or metric is the author's own.
    """
    config = _compile_config(model)
    named = {"optimizer": optimizer or optimizer_code(model)}
    for key, value in config.items():
        if key == "loss":
            named[key] = _loss_code(model.loss, value)
        elif key != "optimizer" and value != _COMPILE_DEFAULTS.get(key):
            named[key] = value_code(value)
    return call("model.compile", **named)


def _loss_code(loss: Any, config: Any) -> str:
    """Return a loss, or those of several outputs, as code; ``config`` is what Keras keeps of it."""
    if isinstance(loss, keras.losses.Loss):
        return object_code(type(loss), _config_of(loss), rounded=False)
    if isinstance(loss, Mapping):
        pairs = [f"{quoted(str(key))}: {_loss_code(one, config[key])}" for key, one in loss.items()]
        return bracketed("{", pairs, "}")
    if isinstance(loss, list | tuple):
        return bracketed("[", [_loss_code(*both) for both in zip(loss, config, strict=True)], "]")
    return value_code(config)


def optimizer_code(model: keras.Model) -> str:
    """Return the call that makes a compiled model's optimizer.

    Raises:
        CannotEmit: The optimizer or its schedule is the author's own.
    """
    made = value_code(_compile_config(model)["optimizer"], rounded=True)
    scales = isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
    scales_itself = made.startswith("keras.optimizers.LossScaleOptimizer(")
    # Keras puts one around the optimizer of a model in float16, of which the layers alone are told in code.
    return made if scales_itself or not scales else call("keras.optimizers.LossScaleOptimizer", made)


def names_without_weight_decay(model: keras.Model) -> list[str]:
    """Return what ``exclude_from_weight_decay`` was given as ``var_names``, which no configuration says.

    Raises:
        CannotEmit: It was given variables.
    """
    optimizer = unscaled(model.optimizer)  # no public way
    if getattr(optimizer, "_exclude_from_weight_decay", None):
        raise CannotEmit("an optimizer that leaves single variables out of weight decay")
    pattern = getattr(optimizer, "_exclude_from_weight_decay_pattern", None)
    if pattern is None:
        return []
    text = str(pattern.pattern)  # of a set, whose order is another one in every process
    return sorted(text.split("|")) if re.fullmatch(r"[\w|]+", text) else [text]


def own_classes(model: keras.Model) -> list[type]:
    """Return those classes of ours that a compiled model's optimizer is made of."""
    return list(dict.fromkeys(_own_classes(model.get_compile_config())))


def _own_classes(value: Any) -> Iterator[type]:
    """Return the classes of ours in serialized objects; what others are made of comes first."""
    if isinstance(value, Mapping):
        yield from _own_classes(list(value.values()))
        if _is_ours(str(value.get("module"))):
            yield type(_plain(value))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _own_classes(item)


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] == __name__.partition(".")[0]


def _compile_config(model: keras.Model) -> dict[str, Any]:
    config = model.get_compile_config()
    if not config:
        raise CannotEmit("a model compiled by code of its own")
    return dict(config)


def public_name(cls: type) -> str:
    """Return how a script calls one of Keras's own classes, ``layers.Dense``, or one of ours, whose source it holds.

    Raises:
        CannotEmit: The class is not in Keras's public modules.
    """
    if _is_ours(cls.__module__):
        return cls.__name__
    for module, prefix in _PACKAGES:
        home: Any = keras
        for part in module.split(".")[1:]:
            home = getattr(home, part)
        if getattr(home, cls.__name__, None) is cls:
            return f"{prefix}.{cls.__name__}"
    raise CannotEmit(f"{cls.__name__}, which is not one of Keras's own")


def _needed(cls: type, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fewest arguments, in the order of the constructor, that give the wanted configuration."""
    parameters = list(inspect.signature(cls).parameters)
    known = [key for key in parameters if key in wanted] + [key for key in wanted if key not in parameters]
    needed = {key: wanted[key] for key in known}
    if not _gives(cls, needed, wanted):
        raise CannotEmit(f"{cls.__name__}, whose configuration does not say all of it")
    kept = (*_required(cls), *_SHOWN)
    usual = _made_config(cls, {key: value for key, value in needed.items() if key in kept}) or {}
    unusual = {key: value for key, value in needed.items() if key in kept or not _same(usual.get(key), value)}
    needed = (
        unusual if _gives(cls, unusual, wanted) else needed
    )  # at once, which saves most of the attempts below
    for key in reversed(known):
        fewer = {name: value for name, value in needed.items() if name != key}
        if key in needed and key not in kept and _gives(cls, fewer, wanted):
            needed = fewer
    return needed


def _gives(cls: type, arguments: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Tell whether a constructor's arguments, serialized or plain, give a configuration."""
    config = _made_config(cls, arguments)
    return config is not None and all(_same(config.get(key), value) for key, value in wanted.items())


def _made_config(cls: Any, arguments: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the configuration of what a constructor makes; None where it makes nothing of the arguments."""
    try:
        return _config_of(cls(**{key: _plain(value) for key, value in arguments.items()}))
    except Exception:  # noqa: BLE001 - constructors raise what they like about arguments that they lack
        return None


def _config_of(made: Any) -> dict[str, Any]:
    """Return the configuration of an object; some losses leave their numbers out of it (Huber in Keras 3.15)."""
    return {**getattr(made, "_fn_kwargs", {}), **made.get_config()}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping) and value.get("class_name") == "DTypePolicy":
        return value["config"][
            "name"
        ]  # as it is written; some layers have no configuration when given the object
    if isinstance(value, Mapping) and {"class_name", "config", "module"} <= set(value):
        return keras.saving.deserialize_keras_object(copy.deepcopy(dict(value)))  # it changes what it reads
    if isinstance(value, list | tuple):
        return type(value)(_plain(item) for item in value)
    return value


def _same(left: Any, right: Any) -> bool:
    return bool(_comparable(left) == _comparable(right))


def _comparable(value: Any) -> Any:
    """Return a value without what differs between equal objects: lists and tuples, automatic names."""
    if isinstance(value, Mapping):
        without = ("build_config", "name") if len(value) > 1 else ()  # a dtype policy is nothing but its name
        return {key: _comparable(item) for key, item in value.items() if key not in without}
    if isinstance(value, list | tuple):
        return [_comparable(item) for item in value]
    return value


def _required(cls: type) -> list[str]:
    parameters = inspect.signature(cls).parameters.values()
    return [p.name for p in parameters if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD]


def _is_automatic(cls: type, name: Any) -> bool:
    """Tell whether a name is the one that Keras gives, ``dense_3``: it says nothing."""
    return name is None or re.fullmatch(rf"{re.escape(_snake(cls.__name__))}(_\d+)?", str(name)) is not None


def _snake(name: str) -> str:
    """Return ``GlorotUniform`` as Keras spells it in lower case: ``glorot_uniform``."""
    spaced = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", re.sub(r"\W+", "", name))
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", spaced).lower()


def _shortest(value: float) -> float:
    """Return the shortest decimal of a number that float32 holds exactly, the number itself otherwise."""
    return float(str(np.float32(value))) if float(np.float32(value)) == value else value
