"""The Python interface, in this process, as a notebook uses it."""

from __future__ import annotations

from pathlib import Path

import kerasweep as ks
import numpy as np
import pandas as pd
import pytest
from kerasweep.errors import KerasweepError, SpecError
from kerasweep.spaces import Categorical
from kerasweep.spaces.catalogue import CATALOGUE

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


def build_of_ranges(config, signature): ...


OF_FAMILY = ("optimizer", "batch_size", "learning_rate", "units", "activation")


@pytest.mark.parametrize(
    ("model", "space", "varies"),
    [
        ("ann", {"optimizer": ["adam", "sgd"], "units": [16, 32]}, {"optimizer": ("adam", "sgd"), "units": (16, 32)}),
        ("ann", {"learning_rate": "0.001..0.1:log"}, {"learning_rate": (0.001, 0.1)}),
        ("ann", {"units": np.array([8, 16])}, {"units": (8, 16)}),
        ("ann", {"units": list(np.arange(2, 4))}, {"units": (2, 3)}),
        ("ann", {"units": range(1, 4), "optimizer": None}, {"units": (1, 2, 3), "optimizer": CATALOGUE["optimizer"].hyperparameter.choices}),
        ("ann", ["units"], {"units": (8, 1024)}),
        (build_of_ranges, {"optimizer": ["adam"], "width": "4..8"}, {"optimizer": ("adam",), "width": (4, 8)}),
        (build_of_ranges, ["learning_rate"], {"learning_rate": (1e-5, 1.0)}),
    ],
)  # fmt: skip
def test_a_space_is_names_or_ranges_by_name(model, space, varies) -> None:
    """Of a family, the rest stays as recommended; of a function it is the whole space."""
    found = {
        one.name: one.choices if isinstance(one, Categorical) else (one.low, one.high)
        for one in ks.plan_sweep(
            "digits", model, search="random", trials=2, space=space
        ).space.hyperparameters
    }
    assert {name: found.pop(name) for name in varies} == varies
    assert all(len(values) == 1 for values in found.values())
    assert set(found) == (set(OF_FAMILY) - set(varies) if model == "ann" else set())


def test_new_ranges_beside_a_space_of_ranges(tmp_path: Path) -> None:
    plan = ks.plan_sweep(
        "digits", "ann", space={"units": [16, 32]}, set={"units": [8, 64]}, fix={"batch_size": np.int64(32)}
    )
    assert plan.space["units"].choices == (8, 64)
    assert plan.space["batch_size"].choices == (32,)
    file = tmp_path / "sweep.yaml"
    file.write_text("data: {source: digits}\nmodel: ann\nspace: {preset: standard}\n")
    plan = ks.plan_sweep(file=file, space={"units": [16, 32]})
    assert [one.name for one in plan.space.hyperparameters if len(getattr(one, "choices", (1, 2))) > 1] == [
        "units"
    ]


@pytest.mark.parametrize(
    ("space", "message"),
    [
        (5, "A space is a Space, a file, a dict of ranges, or names of the catalogue; got 5"),
        ({"wat": [1]}, "There is no hyperparameter 'wat'"),
        ({"optimizer": []}, "optimizer: needs at least one choice"),
        ({"units": np.array([[1, 2]])}, r"units must be a whole number, got \[1, 2\]"),
        ({}, "must name hyperparameters"),
        ({5: [1]}, "should be a valid string, got 5"),
    ],
)
def test_what_is_no_space_is_refused_in_a_line(space, message: str) -> None:
    with pytest.raises(KerasweepError, match=message):
        ks.plan_sweep("digits", "ann", space=space)


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
