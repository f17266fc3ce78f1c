"""Exports of everything in the catalogue: the emitted builder for each hyperparameter, trained scripts for many at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from catalogue_cases import SMALL, Case, cases_of
from kerasweep.search.training.runtime import prepare_tensorflow
from kerasweep.spaces import Categorical, Configuration, Hyperparameter, Int, preset
from kerasweep.spaces.catalogue import CATALOGUE, GROUPS

prepare_tensorflow(2)

import keras  # noqa: E402 - imported quietly above
from kerasweep.search.models import Signature  # noqa: E402
from kerasweep.search.models.building import build_model  # noqa: E402
from kerasweep.search.models.families import BUILDERS  # noqa: E402
from kerasweep.studies.export import write_keras  # noqa: E402
from kerasweep.studies.export.code import own_sources, spared_names  # noqa: E402
from kerasweep.studies.export.graph import builder_code  # noqa: E402
from kerasweep.studies.export.pretty import WIDTH  # noqa: E402
from kerasweep.studies.export.script import make_script  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

SHAPES = {"image": (8, 8, 1), "colour image": (8, 8, 3)}


def built(case: Case) -> keras.Model:
    signature = Signature(
        SHAPES.get(case.kind, (6,)), 3 if case.task == "classification" else 1, case.task, 60, 3
    )
    return build_model(BUILDERS[case.family], case.second, signature, 5)


def plain(value: Any) -> Any:
    """Leave out what differs between equal objects: automatic names, and where a class of ours is written."""
    if isinstance(value, dict):
        ours = ("module", "registered_name") if str(value.get("module", "")) != "keras.layers" else ()
        left_out = ("name", "build_config", *ours)
        return {key: plain(item) for key, item in value.items() if key not in left_out}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


def loss_numbers(model: keras.Model) -> dict[str, Any]:
    """What a loss computes with, which its configuration may lack."""
    return getattr(model.loss, "_fn_kwargs", {})


IN_MODELS = [name for name, entry in CATALOGUE.items() if entry.hyperparameter.group not in ("data", "tabular")]
"""Those that a model is built by; ``test_variants.py`` exports the preparation of rows."""


@pytest.mark.parametrize("name", IN_MODELS)
def test_the_code_of_each_hyperparameter_makes_its_model_again(name: str) -> None:
    model = built(cases_of(name)[0])
    body = builder_code(model)
    namespace: dict[str, Any] = {"keras": keras, "layers": keras.layers}
    exec("\n\n".join([*own_sources(model), f"def build():\n{body}"]), namespace)
    keras.utils.set_random_seed(5)
    again = namespace["build"]()
    assert [type(layer) for layer in again.layers] == [type(layer) for layer in model.layers]
    assert plain([layer.get_config() for layer in again.layers]) == plain(
        [layer.get_config() for layer in model.layers]
    )
    assert plain(again.get_compile_config()) == plain(model.get_compile_config())
    assert loss_numbers(again) == loss_numbers(model)
    assert spared_names(again) == spared_names(model)
    for left, right in zip(model.variables, again.variables, strict=True):
        np.testing.assert_array_equal(left, right)
    assert max(map(len, body.splitlines())) <= WIDTH
    for layer in model.layers:
        config = layer.get_config()
        assert type(layer).from_config(config).get_config() == config  # else a saved model would not load


FIRST = ("image", "table", "vector")
TURNS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "linear, one cycle": ("linear", "bought", {"optimizer": "sgd", "learning_rate_schedule": "one_cycle"}),
    "linear, plateau": ("linear", "spent", {"optimizer": "ftrl", "learning_rate_schedule": "plateau"}),
    "nn, cosine": ("nn", "spent", {"optimizer": "adamw", "learning_rate_schedule": "cosine"}),
    "nn, step": ("nn", "spent", {"optimizer": "rmsprop", "learning_rate_schedule": "step"}),
    "ann, polynomial": ("ann", "bought", {"optimizer": "lion", "learning_rate_schedule": "polynomial"}),
    "ann, inverse": ("ann", "bought", {"optimizer": "adagrad", "learning_rate_schedule": "inverse_time"}),
    "dnn, one cycle": ("dnn", "bought", {"optimizer": "nadam", "learning_rate_schedule": "one_cycle"}),
    "dnn, restarts": ("dnn", "spent", {"optimizer": "lamb", "learning_rate_schedule": "cosine_restarts"}),
    "residual, exponential": ("mlp_residual", "bought", {"optimizer": "adamax", "learning_rate_schedule": "exponential"}),
    "residual, constant": ("mlp_residual", "spent", {"optimizer": "muon", "learning_rate_schedule": "constant"}),
    "cnn, cosine": ("cnn", "picture", {"optimizer": "adafactor", "learning_rate_schedule": "cosine"}),
    "cnn, plateau": ("cnn", "picture", {"optimizer": "adadelta", "learning_rate_schedule": "plateau"}),
    "resnet, one cycle": ("resnet", "picture", {"optimizer": "sgd", "learning_rate_schedule": "one_cycle"}),
    "resnet, step": ("resnet", "picture", {"optimizer": "adam", "learning_rate_schedule": "step"}),
}
"""Family, target, and what is asked for; all else is varied."""


def spec_of(family: str, target: str) -> dict[str, Any]:
    """A specification on rows of ``place``."""
    if target == "picture":
        return {"data": "pictures.npz", "model": family, "study": "x"}
    return {"data": {"source": "people.csv", "target": target, "limit": 100}, "model": family, "study": "x"}


def varied(family: str, target: str, turn: int, asked: Configuration) -> Configuration:
    """A configuration in which most hyperparameters are not at their recommended values."""
    kind = "colour image" if target == "picture" else "table"
    task = "regression" if target == "spent" else "classification"
    made: Configuration = {}
    for number, hyperparameter in enumerate(preset(family, "full", task=task, kind=kind)):
        if hyperparameter.is_active(made):
            usual = hyperparameter.recommended_for(made)
            small = SMALL.get(hyperparameter.name, another(hyperparameter, usual, turn + number))
            made[hyperparameter.name] = asked.get(hyperparameter.name, small)
    return made


def another(hyperparameter: Hyperparameter, usual: Any, turn: int) -> Any:
    """Another value: choices take turns, a number goes a third of the way to the far end of its range."""
    if isinstance(hyperparameter, Categorical):
        others = [choice for choice in hyperparameter.choices if choice != usual]
        return others[turn % len(others)] if others else usual
    far = max((hyperparameter.low, hyperparameter.high), key=lambda end: abs(end - usual))
    value = usual + (far - usual) / 3
    return round(value) if isinstance(hyperparameter, Int) else float(value)
