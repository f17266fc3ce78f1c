"""Models inside models and models that are classes: their script builds them again, their folder predicts as they do."""

from __future__ import annotations

import runpy
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from kerasweep.api import plan_sweep
from kerasweep.errors import ModelError, OutputError
from kerasweep.export.bundle import write_keras
from kerasweep.export.script import make_script

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = [
    pytest.mark.costly,
    # Keras's own, where it saves a TensorFlow variable with NumPy 2.
    pytest.mark.filterwarnings(
        "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
    ),
]

MODELS = """
import keras
from keras import layers


def base(shape, trainable=True):
    inputs = keras.Input(shape)
    made = keras.Model(inputs, layers.Dense(8, activation="relu")(layers.Dense(8)(inputs)), name="base")
    made.trainable = trainable
    return made


def functional_inside(config, signature):
    inputs = keras.Input(signature.input_shape)
    x = base(signature.input_shape, trainable=False)(inputs, training=False)
    return keras.Model(inputs, layers.Dense(signature.outputs, activation="softmax")(x))


def twice_inside(config, signature):
    inner = keras.Input(signature.input_shape)
    middle = keras.Model(inner, base(signature.input_shape)(inner))
    inputs = keras.Input(signature.input_shape)
    return keras.Model(inputs, layers.Dense(signature.outputs, activation="softmax")(middle(inputs)))


def sequential_inside(config, signature):
    return keras.Sequential(
        [
            keras.Input(signature.input_shape),
            keras.Sequential([layers.Dense(8, activation="relu")]),
            layers.Dense(signature.outputs, activation="softmax"),
        ]
    )


def base_in_sequence(config, signature):
    last = layers.Dense(signature.outputs, activation="softmax")
    return keras.Sequential([keras.Input(signature.input_shape), base(signature.input_shape), last])


@keras.saving.register_keras_serializable("own_kinds")
class Net(keras.Model):
    def __init__(self, units=8, outputs=3, **more):
        super().__init__(**more)
        self.units, self.outputs_ = units, outputs
        self.first, self.last = layers.Dense(units), layers.Dense(outputs, activation="softmax")

    def call(self, x):
        return self.last(self.first(x))

    def get_config(self):
        return {**super().get_config(), "units": self.units, "outputs": self.outputs_}


def a_class(config, signature):
    return Net(outputs=signature.outputs)


def class_for_keras_tuner(hp):
    model = Net(hp.Int("units", 4, 8))
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def class_for_optuna(trial):
    model = Net(trial.suggest_int("units", 4, 8))
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


class Unsaveable(layers.Layer):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def call(self, x):
        return self.inner(x)


def not_saveable(config, signature):
    inputs = keras.Input(signature.input_shape)
    x = Unsaveable(layers.Dense(8))(inputs)
    return keras.Model(inputs, layers.Dense(signature.outputs, activation="softmax")(x))
"""
KINDS = ("functional_inside", "twice_inside", "sequential_inside", "base_in_sequence", "a_class")


@pytest.fixture(scope="module")
def own(place: Any) -> Any:
    (place.folder / "own_kinds.py").write_text(MODELS)
    return place


@pytest.mark.parametrize("name", KINDS)
def test_a_script_builds_the_model_again_and_a_folder_predicts_as_it_does(
    name: str, own: Any, refit_of: Callable[..., Any], tmp_path: Path
) -> None:
    import keras

    refit = refit_of({"data": "iris", "model": f"own_kinds:{name}"})
    script = make_script(refit)
    assert script.notes == ()
    assert f"from own_kinds import {name}" in script.text
    namespace: dict[str, Any] = {"__name__": "exported"}
    exec(compile(script.text, "train.py", "exec"), namespace)
    keras.utils.set_random_seed(refit.seed)
    model = namespace["build_model"]()
    rows = refit.preparation.transform(refit.dataset.x_test)
    # The refit is not trained: a model that starts from its weights puts out the same.
    np.testing.assert_allclose(
        model.predict(rows, verbose=0), refit.model.predict(rows, verbose=0), rtol=1e-5, atol=1e-6
    )
    assert type(model.optimizer) is type(refit.model.optimizer)
    assert float(model.optimizer.learning_rate) == float(refit.model.optimizer.learning_rate)
    write_keras(refit, tmp_path / "out")
    predictor = runpy.run_path(str(tmp_path / "out" / "predict.py"))["load"](tmp_path / "out")
    np.testing.assert_allclose(
        predictor.probabilities(refit.dataset.x_test),
        refit.model.predict(rows, verbose=0),
        rtol=1e-4,
        atol=1e-6,
    )


@pytest.mark.trains
@pytest.mark.parametrize("name", ["class_for_keras_tuner", "class_for_optuna"])
def test_a_script_trains_a_class_that_knows_its_inputs_when_it_is_called(
    name: str, own: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    import kerasweep as ks

    settings = {"trials": 1, "epochs": 2, "cv": "holdout", "workers": "inline", "verbose": 0}
    study = ks.launch("iris", f"own_kinds:{name}", storage=tmp_path / "a.db", **settings)
    scores = study.refit().trained.about["test"]
    path = study.export(tmp_path / "train.py", "python")
    capsys.readouterr()
    runpy.run_path(str(path), run_name="__main__")
    assert f"test loss {scores['loss']:.6g}" in capsys.readouterr().out


def test_what_cannot_be_exported_is_refused_in_one_line(
    own: Any, refit_of: Callable[..., Any], tmp_path: Path
) -> None:
    refit = refit_of({"data": "iris", "model": "own_kinds:not_saveable"})
    with pytest.raises(
        OutputError, match=r"cannot be saved and loaded again: .*; register its classes"
    ) as caught:
        write_keras(refit, tmp_path / "out")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()
    gone = {**refit.study.spec, "model": "no_such_module:build"}
    lost = type(refit)(**{**vars(refit), "study": type(refit.study)(**{**vars(refit.study), "spec": gone})})
    with pytest.raises(
        ModelError, match=r"cannot be written as a script: it has .*cannot be imported"
    ) as refused:
        make_script(lost)
    assert "\n" not in str(refused.value)


@pytest.mark.trains
@pytest.mark.usefixtures("forked_workers")
def test_a_plan_says_that_keras_cannot_save_a_model_and_an_export_before_it_trains(
    own: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import kerasweep as ks
    from kerasweep.search import refit

    plan = plan_sweep("iris", "own_kinds:not_saveable", folds=2, epochs=1)
    said = "the model can be exported as a script only: Keras cannot save it and make it again: "
    assert sum(said in hint and "\n" not in hint for hint in plan.hints) == 1
    for kind in KINDS:
        assert not any(
            "script only" in hint for hint in plan_sweep("iris", f"own_kinds:{kind}", folds=2).hints
        )
    study = ks.launch("iris", "own_kinds:not_saveable", folds=2, epochs=1, trials=1, verbose=0)
    monkeypatch.setattr(refit, "train_on_all_rows", pytest.fail)
    with pytest.raises(
        ModelError, match=r"cannot be exported as a folder of Keras: .*--format python"
    ) as caught:
        study.export(own.folder / "out", "keras")
    assert "\n" not in str(caught.value)
