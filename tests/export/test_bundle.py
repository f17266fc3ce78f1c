"""Exported folders of untrained models: the corners that a sweep of a family does not reach."""

from __future__ import annotations

import os
import pickle
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from kerasweep.errors import OutputError, StudyError
from kerasweep.export.bundle import trained_model, write_keras
from kerasweep.export.script import write_script
from kerasweep.export.trained import TrainedModel

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [
    pytest.mark.costly,
    # Keras's own, where it saves a TensorFlow variable with NumPy 2.
    pytest.mark.filterwarnings(
        "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
    ),
]


def with_model(refit: Any, model: Any, labels: str | None = None) -> Any:
    return type(refit)(**{**vars(refit), "model": model, "labels": labels or refit.labels})


def predictor_of(refit: Any, folder: Path) -> Any:
    """What ``from predict import load; load()`` gives."""
    write_keras(refit, folder)
    return runpy.run_path(str(folder / "predict.py"))["load"](folder)


def test_logits_become_probabilities(place: Any, refit_of: Callable[..., Any], tmp_path: Path) -> None:
    import keras
    from keras import layers

    refit = refit_of({"data": "iris", "model": "ann"})
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    predictor = predictor_of(with_model(refit, model), tmp_path / "out")
    chances = predictor.probabilities(refit.dataset.x_test)
    logits = model.predict(refit.preparation.transform(refit.dataset.x_test), verbose=0)
    np.testing.assert_allclose(chances, np.exp(logits) / np.exp(logits).sum(1, keepdims=True), rtol=1e-5)
    names = np.array(refit.dataset.classes)[logits.argmax(1)]
    np.testing.assert_array_equal(predictor.predict(refit.dataset.x_test), names)


@pytest.mark.parametrize("logits", [False, True])
def test_a_single_output_gives_both_classes(
    logits: bool, place: Any, refit_of: Callable[..., Any], tmp_path: Path
) -> None:
    import keras
    from keras import layers

    refit = refit_of({"data": {"source": "people.csv", "target": "bought"}, "model": "ann"})
    width = refit.signature.input_shape
    last = layers.Dense(1, activation=None if logits else "sigmoid")
    model = keras.Sequential([keras.Input(width), last])
    model.compile("sgd", keras.losses.BinaryCrossentropy(from_logits=logits))
    predictor = predictor_of(with_model(refit, model, "column"), tmp_path / "out")
    people = pd.read_csv("people.csv").head(12)
    chances = predictor.probabilities(people)
    values = model.predict(refit.preparation.transform(people), verbose=0)[:, 0]
    values = 1 / (1 + np.exp(-values)) if logits else values
    np.testing.assert_allclose(chances, np.stack([1 - values, values], 1), rtol=1e-5)
    assert list(predictor.predict(people)) == ["yes" if value > 0.5 else "no" for value in values]


def test_several_targets_come_back_in_their_units(
    place: Any, refit_of: Callable[..., Any], tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 4))
    np.savez(place.folder / "two.npz", x=x, y=np.stack([x[:, 0] * 100 + 7, x[:, 1] * 3], 1))
    refit = refit_of({"data": "two.npz", "model": "dnn"})
    predictor = predictor_of(refit, tmp_path / "out")
    values = refit.model.predict(refit.preparation.transform(refit.dataset.x_test), verbose=0)
    expected = refit.preparation.target.inverse_transform(values)
    np.testing.assert_allclose(predictor.predict(refit.dataset.x_test), expected, rtol=1e-5)
    np.testing.assert_allclose(predictor.predict(refit.dataset.x_test[0]), expected[:1], rtol=1e-4)


def test_a_model_that_does_not_load_again_leaves_nothing(
    place: Any, refit_of: Callable[..., Any], tmp_path: Path
) -> None:
    import keras

    class Unregistered(keras.layers.Layer):
        def call(self, x: Any) -> Any:
            return x

    refit = refit_of({"data": "iris", "model": "ann"})
    model = keras.Sequential([keras.Input((4,)), Unregistered(), keras.layers.Dense(3, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.raises(
        OutputError, match=r"cannot be saved and loaded again.*register_keras_serializable"
    ) as caught:
        write_keras(with_model(refit, model), tmp_path / "out")
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_trained_model_predicts_as_its_folder_does(
    place: Any, refit_of: Callable[..., Any], tmp_path: Path
) -> None:
    refit = refit_of({"data": {"source": "people.csv", "target": "bought"}, "model": "ann"})
    trained = trained_model(refit, classes=[0, 1])
    people = pd.read_csv("people.csv").head(12)
    folder = trained.save(tmp_path / "out")
    exported = runpy.run_path(str(folder / "predict.py"))["load"](folder)
    loaded = TrainedModel.load(folder)
    expected = exported.probabilities(people)
    for one in (trained, loaded, pickle.loads(pickle.dumps(trained))):
        np.testing.assert_array_equal(one.predict_proba(people), expected)
    assert list(loaded.predict(people)) == list(exported.predict(people))
    assert list(trained.predict(people)) == list(expected.argmax(axis=1))
    assert loaded.save(tmp_path / "again").joinpath("model.keras").is_file()
    with pytest.raises(StudyError, match=r"^.* is no exported model: it has no bundle\.json\.$"):
        TrainedModel.load(tmp_path)


def test_a_trained_regression_has_no_probabilities(place: Any, refit_of: Callable[..., Any]) -> None:
    refit = refit_of({"data": {"source": "people.csv", "target": "spent", "test_size": 0}, "model": "nn"})
    trained = trained_model(refit)
    assert not hasattr(trained, "predict_proba")
    assert trained.predict(pd.read_csv("people.csv").head(3)).shape == (3,)
    assert trained.about["test_rows"] == 0
    assert "held out" not in trained.readme
    with pytest.raises(OutputError, match=r"^A script scores .* none are held out: export keras\.$"):
        write_script(refit, "script.py")


def test_a_folder_of_something_else_is_left_alone(
    place: Any, refit_of: Callable[..., Any], tmp_path: Path
) -> None:
    refit = refit_of({"data": "iris", "model": "ann"})
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match="is not empty and no earlier export"):
        write_keras(refit, tmp_path)
    write_keras(refit, tmp_path, overwrite=True)
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert (tmp_path / "model.keras").is_file()


def test_predict_py_is_clean_and_its_pickle_needs_no_kerasweep(
    place: Any, refit_of: Callable[..., Any], tmp_path: Path
) -> None:
    refit = refit_of({"data": {"source": "people.csv", "target": "spent"}, "model": "nn"})
    folder = write_keras(refit, tmp_path / "out")
    assert b"kerasweep" not in (folder / "preprocessing.joblib").read_bytes()
    text = (folder / "predict.py").read_text(encoding="utf-8")
    assert "import kerasweep" not in text
    assert "from kerasweep" not in text
    ruff = shutil.which("ruff", path=str(Path(sys.executable).parent)) or shutil.which("ruff")
    if ruff is None:
        pytest.skip("ruff is missing")
    check = [ruff, "check", "--isolated", "--no-cache", "--select", "E,F,I,B,UP", "--line-length", "120"]
    done = subprocess.run([*check, str(folder / "predict.py")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_predict_py_ends_quietly_where_nobody_reads_on(
    place: Any, refit_of: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_keras(refit_of({"data": "iris", "model": "linear"}), tmp_path / "out")
    np.save(tmp_path / "rows.npy", np.zeros((3, 4), np.float32))
    main = runpy.run_path(str(folder / "predict.py"))["main"]
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        monkeypatch.setattr(sys, "argv", ["predict.py", str(tmp_path / "rows.npy")])
        assert main() == 1


def test_predict_py_hides_what_tensorflow_says_while_it_is_loaded(
    place: Any, refit_of: Callable[..., Any], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = write_keras(refit_of({"data": "iris", "model": "linear"}), tmp_path / "out")
    hidden_chatter = runpy.run_path(str(folder / "predict.py"))["hidden_chatter"]
    capfd.readouterr()
    with hidden_chatter():
        os.write(2, b"cuInit failed")
    os.write(2, b"a warning")
    assert capfd.readouterr().err == "a warning"
