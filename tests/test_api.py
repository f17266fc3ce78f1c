"""The Python interface, in this process, as a notebook uses it."""

from __future__ import annotations

from pathlib import Path

import kerasweep as ks
import numpy as np
import pandas as pd
import pytest
from kerasweep.errors import SpecError

pytestmark = [
    pytest.mark.trains,
    # TensorFlow's own dependencies; none of them is called from here
    pytest.mark.filterwarnings("ignore:.*:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*:FutureWarning"),
]

FAST = {"folds": 2, "epochs": 2, "verbose": 0}


def build(config: dict, signature: ks.Signature):
    """A model of one's own, compiled by itself."""
    import keras

    model = keras.Sequential([keras.Input(signature.input_shape), keras.layers.Flatten()])
    model.add(keras.layers.Dense(config["width"], activation="relu"))
    model.add(keras.layers.Dense(signature.outputs, activation=signature.output_activation))
    model.compile(
        keras.optimizers.Adam(config["learning_rate"]), "categorical_crossentropy", metrics=["accuracy"]
    )
    return model


def test_launch_by_name(tmp_path: Path) -> None:
    study = ks.launch("iris", "ann", search="random", trials=2, storage=tmp_path / "s.db", cv="kfold", **FAST)
    assert study.record.spec["cv"]["method"] == "kfold"
    assert study.best.value == study.trials["value"].max()
    assert list(study.trials["state"]) == ["complete", "complete"]
    assert isinstance(study.leaderboard(), pd.DataFrame)
    assert "iris-ann-random" in repr(study)
    assert "<table" in study._repr_html_()
    assert study.report(tmp_path / "r.html").read_text(encoding="utf-8").lower().startswith("<!doctype html>")
    assert [other.name for other in ks.list_studies(storage=tmp_path / "s.db")] == [study.name]
    assert ks.compare(study.name, storage=tmp_path / "s.db").index.tolist() == [study.name]
    more = study.resume(trials=3, verbose=0)
    assert len(more.trials) == 3
    assert ks.load(storage=tmp_path / "s.db").optuna.best_value == more.best.value


def test_arrays_a_frame_and_a_function(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    x = generator.normal(size=(120, 3)).astype("float32")
    space = ks.Space((ks.Int("width", 2, 8), ks.Float("learning_rate", 0.001, 0.1, log=True)))
    study = ks.launch(
        (x, (x.sum(axis=1) > 0).astype(int)), build, space=space, trials=2, storage=tmp_path / "s.db", **FAST
    )
    assert set(study.best.configuration) == {"width", "learning_rate"}
    assert len(ks.resume(study.name, storage=tmp_path / "s.db", trials=3).trials) == 3
    frame = pd.DataFrame({"size": x[:, 0], "kind": np.where(x[:, 1] > 0, "a", "b"), "price": x[:, 0] * 3 + 1})
    other = ks.launch(frame, "nn", target="price", search="grid", trials=1, storage=tmp_path / "s.db", **FAST)
    refit = other.refit(data=frame)
    assert set(refit.test) == {"loss", "mae"}
    assert refit.dataset.rows == 90


def test_unknown_settings_are_named_together() -> None:
    with pytest.raises(
        SpecError, match=r"(?s)'trails'\. Did you mean 'trials'.*'epcohs'\. Did you mean 'epochs'"
    ):
        ks.launch("iris", "ann", trails=3, epcohs=2)


def test_public_names() -> None:
    assert [name for name in ks.__all__ if not hasattr(ks, name)] == []
    with pytest.raises(AttributeError):
        _ = ks.nothing


def test_a_study_whose_name_is_none_gets_a_free_one(tmp_path: Path, monkeypatch) -> None:
    """As where none is given: that another sweep has the name which it would have is no obstacle."""
    asked = []

    def resolve(*_: object, named: bool) -> None:
        asked.append(named)
        raise KeyboardInterrupt

    monkeypatch.setattr("kerasweep.search.launch.resolve_study", resolve)
    rows = np.random.default_rng(0).normal(size=(40, 3))
    for given in ({}, {"study": None}, {"study": "mine"}):
        with pytest.raises(KeyboardInterrupt):
            ks.launch((rows, rows[:, 0]), "linear", storage=tmp_path / "s.db", **given, **FAST)
    assert asked == [False, False, True]
