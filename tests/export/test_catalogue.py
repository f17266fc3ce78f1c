"""Exports of everything in the catalogue: the code of each hyperparameter, trained scripts of many at once.

``test_variants.py`` has the preparation of rows, ``test_rules.py`` what a trainer applies to any model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from catalogue_cases import SMALL, Case, cases_of
from kerasweep.spaces import Categorical, Configuration, Hyperparameter, Int, preset
from kerasweep.spaces.catalogue import CATALOGUE, GROUPS
from kerasweep.training.trainers.runtime import prepare_tensorflow
from tiny_bases import TINY, write_tiny_bases

prepare_tensorflow(2)

import keras  # noqa: E402 - imported quietly above
from kerasweep.export.bundle import write_keras  # noqa: E402
from kerasweep.export.code import names_without_weight_decay, own_classes  # noqa: E402
from kerasweep.export.graph import builder_code  # noqa: E402
from kerasweep.export.script import make_script  # noqa: E402
from kerasweep.export.sources import sources_of  # noqa: E402
from kerasweep.training.models import Signature  # noqa: E402
from kerasweep.training.models.building import build_model  # noqa: E402
from kerasweep.training.models.families import BUILDERS  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

# Keras's own, where it saves a TensorFlow variable with NumPy 2.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
)
SHAPES = {"image": (8, 8, 1), "colour image": (8, 8, 3), "sequence": (6, 2)}


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


FORMATTED = 110
"""Characters a line at which `ruff format` breaks it, as the scripts' tests run it."""
IN_MODELS = [
    name
    for name, entry in CATALOGUE.items()
    if entry.hyperparameter.group not in ("data", "tabular", "transfer") and entry.families != ("text",)
]
"""Those that a model is built by; ``test_variants.py`` exports the preparation of rows, ``TURNS`` a base and
its fine-tuning; a text's model needs a vocabulary."""


@pytest.mark.parametrize("name", IN_MODELS)
def test_the_code_of_each_hyperparameter_makes_its_model_again(name: str) -> None:
    model = built(cases_of(name)[0])
    body = builder_code(model)
    namespace: dict[str, Any] = {"keras": keras, "layers": keras.layers}
    sources = sources_of(*own_classes(model))
    exec("\n\n".join([*sources.imports, *sources.texts, f"def build():\n{body}"]), namespace)
    keras.utils.set_random_seed(5)
    again = namespace["build"]()
    assert [type(layer) for layer in again.layers] == [type(layer) for layer in model.layers]
    assert plain([layer.get_config() for layer in again.layers]) == plain(
        [layer.get_config() for layer in model.layers]
    )
    assert plain(again.get_compile_config()) == plain(model.get_compile_config())
    assert loss_numbers(again) == loss_numbers(model)
    assert names_without_weight_decay(again) == names_without_weight_decay(model)
    for left, right in zip(model.variables, again.variables, strict=True):
        np.testing.assert_array_equal(left, right)
    assert max(map(len, body.splitlines())) <= FORMATTED
    for layer in model.layers:
        config = layer.get_config()
        assert type(layer).from_config(config).get_config() == config  # else a saved model would not load


PLAIN = {"normalization": "none", "use_ema": False}
AS_THEY_ARE = {
    entry.hyperparameter.name: entry.hyperparameter.recommended for entry in GROUPS["augmentation"]
}
"""Pictures that are not augmented: sixteen layers that are take longest to trace."""
FROM_FILE = {"base": TINY, "frozen_share": 0.5}
TURNS: dict[str, tuple[str, str, Configuration]] = {
    "linear": ("linear", "bought", {"optimizer": "sgd", "learning_rate_schedule": "one_cycle"}),
    "nn": ("nn", "spent", {"optimizer": "rmsprop", "learning_rate_schedule": "step", **PLAIN}),
    "ann": ("ann", "bought", {"optimizer": "lion", "learning_rate_schedule": "polynomial"}),
    "dnn": ("dnn", "bought", {"optimizer": "nadam", "learning_rate_schedule": "inverse_time"}),
    "residual": ("mlp_residual", "spent", {"optimizer": "muon", "learning_rate_schedule": "exponential"}),
    "cnn 1": ("cnn", "picture", {"optimizer": "adafactor", "learning_rate_schedule": "cosine"}),
    "cnn 2": (
        "cnn",
        "picture",
        {"learning_rate_schedule": "plateau", "residual": False, **PLAIN, **AS_THEY_ARE},
    ),
    "resnet": (
        "resnet",
        "picture",
        {"optimizer": "adamw", "learning_rate_schedule": "one_cycle", **AS_THEY_ARE},
    ),
    "transfer": (
        "transfer",
        "picture",
        {"optimizer": "rmsprop", "fine_tuning": True, **FROM_FILE, **AS_THEY_ARE},
    ),
}
"""Family, target, and what is asked for; all else is varied."""


def spec_of(family: str, target: str) -> dict[str, Any]:
    """A specification on rows of ``place``."""
    if target == "picture":
        space = {"fix": {"base": TINY}} if family == "transfer" else {}
        return {"data": "pictures.npz", "model": family, "study": "x", "space": space}
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


SAVED = ("linear", "cnn 1", "transfer")
"""A schedule of ours, augmentation, a model in a model."""
PREDICT = """
import keras, numpy
model = keras.models.load_model("{name}.model/model.keras", compile=False)
numpy.save("{name}.out.npy", model.predict(numpy.load("{name}.npy"), verbose=0))
"""


def rows_of(refit: Any) -> np.ndarray:
    """Test rows as the model reads them."""
    return refit.preparation.transform(refit.dataset.x_test)


@pytest.fixture(scope="module")
def refits(place: Any, refit_of: Callable[..., Any]) -> dict[str, Any]:
    rng = np.random.default_rng(7)
    pixels = rng.integers(0, 256, (90, 8, 8, 3), dtype=np.uint8)
    np.savez(
        place.folder / "pictures.npz",
        x=pixels,
        y=np.digitize(pixels[:, 2:6, 2:6].mean((1, 2, 3)), (122, 133)),
    )
    write_tiny_bases()
    found = {}
    for turn, (name, (family, target, asked)) in enumerate(TURNS.items()):
        configuration = varied(family, target, turn, asked)
        found[name] = refit_of(spec_of(family, target), epochs=2, asked=configuration)
    return found


@pytest.fixture(scope="module")
def printed(place: Any, refits: dict[str, Any]) -> dict[str, list[str]]:
    """What each script prints about the test rows; all run in one process without Kerasweep."""
    for name, refit in refits.items():
        script = make_script(refit, build=BUILDERS[TURNS[name][0]])
        assert script.notes == (), name
        (place.folder / f"{name}.py").write_text(script.text, encoding="utf-8")
    for name in SAVED:
        write_keras(refits[name], place.folder / f"{name}.model")
        np.save(place.folder / f"{name}.npy", rows_of(refits[name]))
    return place.run_scripts(refits, "{name}.py", "".join(PREDICT.format(name=name) for name in SAVED))


@pytest.mark.trains
@pytest.mark.parametrize("name", TURNS)
def test_a_script_repeats_a_refit_of_many_hyperparameters(
    name: str, refits: dict[str, Any], printed: dict[str, list[str]]
) -> None:
    test = refits[name].test
    assert np.isfinite(list(test.values())).all()
    assert printed[name] == [f"test {metric} {value:.6g}" for metric, value in test.items()]


@pytest.mark.trains
@pytest.mark.parametrize("name", SAVED)
def test_a_saved_model_predicts_without_kerasweep(
    name: str, refits: dict[str, Any], printed: dict[str, list[str]], place: Any
) -> None:
    expected = refits[name].model.predict(rows_of(refits[name]), verbose=0)
    np.testing.assert_allclose(np.load(place.folder / f"{name}.out.npy"), expected, rtol=1e-4, atol=1e-6)


def test_these_configurations_cover_the_catalogue() -> None:
    seen = {
        name
        for turn, (family, target, asked) in enumerate(TURNS.values())
        for name, value in varied(family, target, turn, asked).items()
        if value != CATALOGUE[name].hyperparameter.recommended
    }
    # Those of sequences and texts are exported by tests of their own.
    others = {group: entries for group, entries in GROUPS.items() if group not in ("sequence", "text")}
    assert len(seen) > 0.9 * sum(map(len, others.values()))
    for group, entries in others.items():
        assert seen & {entry.hyperparameter.name for entry in entries}, group
