"""The script's ``build_model``: layers where they reproduce the model, else the author's own function."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from textwrap import indent
from typing import Any

import keras
import numpy as np

from ..errors import ModelError
from ..spaces.tuner_functions import is_hypermodel, takes_hp, takes_trial
from ..training.models import Build
from ..training.models.bases import BASES
from .code import CannotEmit, own_classes
from .expressions import call, literal, quoted
from .graph import builder_code, compile_lines
from .preparing import signature_code
from .sources import sources_of
from .winner import Winner


@dataclass(frozen=True)
class ModelCode:
    """The function that builds a model, as source."""

    body: str
    """Indented; ends with ``return model``."""
    about: str
    """First line of its docstring."""
    imports: frozenset[str] = frozenset()
    constants: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    """Why it may not be the same."""
    classes: tuple[type, ...] = ()
    """Those of ours that the body needs."""
    fine_tuning: str = ""
    """Statements that compile the model anew, indented, once layers of its base train, too; empty where none do."""
    built: bool = True
    """Whether the model that it returns has its weights."""
    asks_built: bool = False
    """Whether the script finds out: the author's function is called as it is, where we have given its model its weights."""


def model_code(winner: Winner, build: Build | None = None) -> ModelCode:
    """Return a builder whose weights, given the seed, are those that the refit started from.

    Raises:
        ModelError: The model can neither be written as layers nor imported by name.
    """
    reference = str(winner.study.spec["model"])
    given = build or _find(
        reference
    )  # one written for KerasTuner cannot be called like this, and is not compared
    original = _built(winner, given) if given else None
    try:
        layers = _layers(winner)
    except CannotEmit as error:
        return _imported(winner, reference, original, f"it has {error}")
    if original is None:
        notes = (
            ()
            if ":" not in reference
            else ("its initial weights could not be compared with the model function's",)
        )
        return replace(layers, notes=notes)
    made = _built(winner, lambda *_: _executed(layers))
    if made is not None and _equal(original, made):
        return layers
    return _imported(winner, reference, original, "written out, its layers would start from other weights")


def _transfer(winner: Winner) -> ModelCode:
    """Return the model of the family ``transfer`` as it is before fine-tuning, and how that goes on."""
    from ..training.models.building import build_model
    from ..training.models.families import build_transfer

    configuration, precision = dict(winner.trial.configuration), winner.study.spec["training"]["precision"]
    model = build_model(build_transfer, configuration, winner.signature, winner.seed, precision)
    base = next(layer for layer in model.layers if isinstance(layer, keras.Model))
    body = builder_code(model, base_lines(str(configuration["base"]), base, precision))
    second = compile_lines(winner.model) if winner.fine_tuning else ""
    classes = dict.fromkeys((*own_classes(model), *(own_classes(winner.model) if second else ())))
    return ModelCode(
        body,
        "Return the model, of the family transfer: a base that was trained before, under a head.",
        frozenset({"from keras import layers"}),
        classes=tuple(classes),
        fine_tuning=second,
    )


def base_lines(name: str, base: keras.Model, precision: str) -> list[str]:
    """Return the statements that make a base with the weights of its file, which Keras downloads if need be, frozen."""
    frozen = "base.trainable = False"
    if name not in BASES:
        return [f"base = {call('keras.saving.load_model', quoted(name), compile='False')}", frozen]
    known = BASES[name]
    weights = call(
        "keras.utils.get_file", quoted(known.file.name), quoted(known.url), cache_subdir=literal("models")
    )
    made = call(
        f"keras.applications.{known.constructor}",
        input_shape=literal(tuple(base.inputs[0].shape[1:])),
        include_top="False",
        weights=weights,
    )
    if precision == "float32":
        return [f"base = {made}", frozen]
    before, after = (f'keras.config.set_dtype_policy("{one}")' for one in (f"mixed_{precision}", "float32"))
    return [before, f"base = {made}", after, frozen]


def _layers(winner: Winner) -> ModelCode:
    family = str(winner.study.spec["model"])
    if family == "transfer":
        return _transfer(winner)
    about = (
        f"Return the model of the function {family}."
        if ":" in family
        else f"Return the model, of the family {family}."
    )
    body = builder_code(winner.model)
    imports = frozenset(
        {"from keras import layers"} if "layers." in body.replace("keras.layers.", "") else ()
    )
    return ModelCode(body, about, imports, classes=tuple(own_classes(winner.model)))


def _executed(code: ModelCode) -> Any:
    namespace: dict[str, Any] = {"keras": keras, "layers": keras.layers}
    sources = sources_of(*code.classes)
    parts = [*sources.imports, *sources.constants, *sources.texts, f"def build_model():\n{code.body}"]
    exec("\n\n".join(parts), namespace)  # noqa: S102 - exactly what the script will run
    return namespace["build_model"]()


def _find(reference: str) -> Any:
    """Return a user's model function by its name; None for a family, or where it has no name to be found by."""
    module, _, function = reference.partition(":")
    if not function:
        return None
    try:
        found = getattr(importlib.import_module(module), function, None)
    except Exception:  # noqa: BLE001 - a user's module may raise anything; there is another way
        return None
    return found if callable(found) or is_hypermodel(found) else None


def _built(winner: Winner, build: Build) -> keras.Model | None:
    """Build a model as the refit did; None where that raises."""
    keras.utils.set_random_seed(winner.seed)
    try:
        model = build(dict(winner.trial.configuration), winner.signature)
    except Exception:  # noqa: BLE001 - a user's function may raise anything; there is another way
        return None
    return model if isinstance(model, keras.Model) else None


def _equal(original: keras.Model, made: keras.Model) -> bool:
    """Tell whether two untrained models have the same weights and states of random generators."""
    both = []
    for model in (original, made):
        if not model.built:
            return False
        both.append([np.asarray(variable) for variable in model.variables])
    left, right = both
    same = len(left) == len(right)
    return same and all(a.shape == b.shape and np.array_equal(a, b) for a, b in zip(left, right, strict=True))


def _imported(winner: Winner, reference: str, original: keras.Model | None, reason: str) -> ModelCode:
    """Return a builder that imports the author's function."""
    module, _, function = reference.partition(":")
    found = _find(reference)
    if not function.isidentifier() or module == "__main__" or found is None:
        raise ModelError(
            f"The model of trial {winner.trial.number} cannot be written as a script: {reason}, and '{reference}' "
            f"cannot be imported. Put the function into a module of its own."
        )
    lines = [
        f"    # Imported rather than written out: {reason}.",
        f"    sys.path.insert(0, os.getcwd())  # {module} lies where this is run",
        f"    from {module} import {function}",
        "",
        *_call_lines(winner, found, function),
    ]
    classes: tuple[type, ...] = ()
    if original is None or not original.compiled:
        lines.append(compile_lines(winner.model))
        classes = tuple(own_classes(winner.model))
    elif _learning_rate_was_set(winner, original):
        lines.append('    model.optimizer.learning_rate = CONFIGURATION["learning_rate"]')
    lines.append("    return model")
    constants = {"CONFIGURATION": dict(winner.trial.configuration)}
    own = "from types import SimpleNamespace"
    if takes_hp(found) or takes_trial(found):
        own = "import keras_tuner" if takes_hp(found) else "import optuna"
    imports = frozenset({"import os", "import sys", own})
    return ModelCode(
        "\n".join(lines),
        f"Return the model of {reference}.",
        imports,
        constants,
        classes=classes,
        built=original is not None and original.built,
        asks_built=takes_hp(found) or takes_trial(found),
    )


def _learning_rate_was_set(winner: Winner, original: keras.Model) -> bool:
    """Tell whether the refit gave a compiled model a learning rate that its function does not read."""
    if "learning_rate" not in winner.trial.configuration:
        return False
    rates = [float(np.asarray(model.optimizer.learning_rate)) for model in (original, winner.model)]
    return rates[0] != rates[1]


def _call_lines(winner: Winner, found: Any, name: str) -> tuple[str, ...]:
    """Return the lines that call the author's function, by its contract."""
    if takes_hp(found):
        return _hypermodel_lines(found, name)
    if takes_trial(found):
        return (f"    model = {name}(optuna.trial.FixedTrial(dict(CONFIGURATION)))",)
    return (
        indent(f"signature = {signature_code(winner)}", "    "),
        f"    model = {name}(dict(CONFIGURATION), signature)",
    )


def _hypermodel_lines(found: Any, name: str) -> tuple[str, ...]:
    """Return the lines that build a model written for KerasTuner."""
    call = name
    if is_hypermodel(found):
        call = f"{name}().build" if isinstance(found, type) else f"{name}.build"
    return (
        "    hp = keras_tuner.HyperParameters()",
        "    hp.values = dict(CONFIGURATION)",
        f"    model = {call}(hp)",
    )
