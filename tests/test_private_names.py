"""Names of other projects that they do not promise: which are used, and that the installed versions have them.

A new version of Keras, TensorFlow, Optuna or KerasTuner is tried by raising its bound in ``pyproject.toml`` and running
this file: what is gone is named, with the place that needs it.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ("cli", "export", "reports", "search", "spaces", "studies", "training")
PUBLIC = {"os._exit"}
"""Documented for everyone, though they begin with an underscore."""


def _model() -> Any:
    keras = import_module("keras")
    inputs = keras.Input((2,))
    model = keras.Model(inputs, keras.layers.Dense(1)(inputs))
    model.compile(keras.optimizers.SGD(0.1), "mse", metrics=["mse"])
    return model


def _metrics() -> Any:
    ones = import_module("keras").ops.ones((2, 1))
    metrics = _model()._compile_metrics
    metrics.build(ones, ones)
    return metrics


def _optimizer() -> Any:
    optimizer = import_module("keras").optimizers.SGD(0.1, weight_decay=0.1)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    return optimizer


def _adam() -> Any:
    optimizer = import_module("keras").optimizers.Adam()
    optimizer.build(_model().trainable_variables)
    return optimizer


def _optuna_study() -> Any:
    return import_module("optuna").create_study(storage="sqlite://")


def _oracle() -> Any:
    return import_module("keras_tuner").oracles.GridSearchOracle(objective="val_loss")


def _loss() -> Any:
    return import_module("keras").losses.Huber()


def _metric() -> Any:
    return import_module("keras").metrics.MeanSquaredError()


def _hyperparameters() -> Any:
    return import_module("keras_tuner").HyperParameters()


def _scorer() -> Any:
    return import_module("sklearn.metrics").get_scorer("f1_macro")


def _context() -> Any:
    import_module("tensorflow").random.set_seed(1)
    return import_module("tensorflow.python.eager.context").context()


NAMES: dict[str, Callable[[], Any]] = {
    "_flatten_layers": _model,
    "_symbolic_build": _model,
    "_nodes_by_depth": _model,
    "_compile_loss": _model,
    "_user_loss_weights": lambda: _model()._compile_loss,
    "_compile_metrics": _model,
    "_flat_metrics": _metrics,
    "_flat_weighted_metrics": _metrics,
    "_keras_history": lambda: _model().output,
    "_learning_rate": _optimizer,
    "_apply_weight_decay": _optimizer,
    "_distributed_tf_update_step": _optimizer,
    "_trainable_variables_indices": _optimizer,
    "_use_weight_decay": _optimizer,
    "_get_variable_index": _optimizer,
    "_momentums": _adam,
    "_velocities": _adam,
    "_exclude_from_weight_decay": _optimizer,
    "_exclude_from_weight_decay_pattern": _optimizer,
    "_fn": _metric,
    "_fn_kwargs": _loss,
    "_rng": _context,
    "_score_func": _scorer,
    "_kwargs": _scorer,
    "_sign": _scorer,
    "_functions": lambda: import_module("tensorflow").Graph(),
    "_registry": lambda: import_module("tensorflow.python.framework.ops").gradient_registry,
    "_list_all_concrete_functions": lambda: import_module("tensorflow").function(lambda: 1),
    "_retrieve": _hyperparameters,
    "_record_values": _oracle,
    "_get_next_combination": _oracle,
    "_storage": _optuna_study,
    "_study_id": _optuna_study,
    "_backend": lambda: _optuna_study()._storage,
    "_get_trials": lambda: _optuna_study()._storage._backend,
    "_fixed_params": lambda: _optuna_study().ask(),
    "_trial_id": lambda: _optuna_study().ask(),
    "_cached_frozen_trial": lambda: _optuna_study().ask(),
}
"""Private attribute -> what makes an object that has it."""
MODULES: dict[str, tuple[str, ...]] = {
    "keras.src": ("backend",),
    "keras.src.backend": ("compute_output_spec",),
    "keras.src.backend.common": ("global_state",),
    "keras.src.backend.common.masking": ("get_keras_mask",),
    "keras.src.models.functional": ("Functional",),
    "keras.src.utils.naming": ("reset_uids",),
    "optuna.storages._rdb": ("models",),
    "tensorflow.python.eager": ("context",),
    "tensorflow.python.framework.ops": ("gradient_registry",),
}
"""Private module -> what is imported from it."""


@cache
def nodes() -> dict[str, list[ast.AST]]:
    """Return all that each file of the package is made of: 400 files, which are parsed once."""
    files = [*ROOT.glob("*.py"), *(file for part in PACKAGE for file in (ROOT / part).rglob("*.py"))]
    return {
        str(file.relative_to(ROOT)): [*ast.walk(ast.parse(file.read_text(encoding="utf-8")))]
        for file in files
    }


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def own_names() -> set[str]:
    """Return the private names that the package itself gives to functions and attributes of its own objects."""
    found = set()
    for node in chain.from_iterable(nodes().values()):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            found.add(node.attr)
    return found


@cache
def used_attributes() -> tuple[tuple[str, str], ...]:
    """Return each private attribute of an object other than ``self``, and where it is used."""
    found = []
    for file, parts in nodes().items():
        for node in parts:
            if isinstance(node, ast.Attribute) and is_private(node.attr):
                if ast.unparse(node.value) not in ("self", "cls") and ast.unparse(node) not in PUBLIC:
                    found.append((node.attr, f"{file} line {node.lineno}"))
            elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("getattr", "hasattr", "setattr"):
                name = node.args[1].value if isinstance(node.args[1], ast.Constant) else ""
                if is_private(str(name)):
                    found.append((str(name), f"{file} line {node.lineno}"))
    return tuple(found)


def used_modules() -> dict[str, set[str]]:
    """Return each private module of another project, and what is imported from it."""
    found: dict[str, set[str]] = {}
    for node in chain.from_iterable(nodes().values()):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            parts = node.module.split(".")
            if any(is_private(part) for part in parts) or parts[1:2] in (["src"], ["python"]):
                found.setdefault(node.module, set()).update(alias.name for alias in node.names)
    return found


def test_every_private_name_of_others_is_listed_here() -> None:
    own = own_names()
    unlisted = {
        f"{name} ({place})" for name, place in used_attributes() if name not in NAMES and name not in own
    }
    assert not unlisted, f"list these in NAMES of this file, or do without: {sorted(unlisted)}"
    assert {*NAMES} <= {name for name, _ in used_attributes()}, "NAMES lists what is no longer used"
    assert used_modules() == {module: {*names} for module, names in MODULES.items()}


@pytest.mark.trains
@pytest.mark.parametrize("name", NAMES)
def test_the_installed_version_has_the_name(name: str) -> None:
    places = [place for used, place in used_attributes() if used == name]
    made = NAMES[name]()
    assert hasattr(made, name), f"{type(made)} has no {name} any more; it is used in {', '.join(places)}"


@pytest.mark.trains
@pytest.mark.parametrize("module", MODULES)
def test_the_installed_version_has_the_module(module: str) -> None:
    found = import_module(module)
    for name in MODULES[module]:
        assert hasattr(found, name) or import_module(f"{module}.{name}"), f"{module} has no {name} any more"


@pytest.mark.parametrize("project", ["tensorflow", "keras", "keras-tuner", "optuna"])
def test_a_version_that_was_not_tried_is_not_installed(project: str) -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (line,) = [one for one in settings["project"]["dependencies"] if re.match(rf"{project}[<>=]", one)]
    bounds = re.fullmatch(rf"{project}>=([\d.]+),<([\d.]+)", line)
    assert bounds, f"{line} has no bounds"
    low, high, installed = (
        [int(part) for part in re.findall(r"\d+", text)[:3]] for text in (*bounds.groups(), version(project))
    )
    assert low <= installed < high
