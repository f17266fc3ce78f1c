"""What was fitted comes back from disk, of every kind; what was never fitted by us is refused, and nothing of it runs."""

from __future__ import annotations

import json
import os
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import joblib
import keras
import numpy as np
import pandas as pd
import pytest
from kerasweep.errors import StudyError
from kerasweep.export.learned import load_learned, save_learned
from kerasweep.export.trained import TrainedModel
from kerasweep.training.data import choose_preparation, fit_preparation, load_dataset
from kerasweep.training.data.pipelines import build_features
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

RECIPES: dict[str, dict[str, Any]] = {
    **{f"scaling {name}": {"scaling": name} for name in ("none", "standard", "minmax", "robust")},
    "scaling quantile": {"scaling": "quantile", "n_quantiles": 10},
    "scaling power": {"scaling": "power"},
    "outliers": {"outlier_limit": 2.0, "scaling": "minmax"},
    **{f"imputation {name}": {"imputation": name} for name in ("mean", "most_frequent")},
    "missing": {"missing_indicator": True},
    "ordinal": {"encoding": "ordinal"},
    "target": {"encoding": "target"},
    "rare": {"min_frequency": 3},
    "bins": {"bins": 4},
    "interactions": {"interactions": True},
    "selected": {"selected": 2},
    "components": {"components": 2, "whiten": True},
}


def table(task: str) -> Any:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(60, 3)), columns=["a", "b", "c"])
    frame.loc[3, "a"] = None
    frame["색"] = rng.choice(["red", "파랑", "=1"], 60)
    frame["y"] = frame["b"] * 2 if task == "regression" else np.where(frame["b"] > 0, "yes", "no")
    return load_dataset(frame, target="y", test_size=0.2, seed=0)


@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize("changes", RECIPES.values(), ids=RECIPES)
def test_every_preparation_comes_back(changes: dict[str, Any], task: str, tmp_path: Path) -> None:
    data = table(task)
    plan = choose_preparation(data, "flat")
    features = build_features(replace(plan, recipe=replace(plan.recipe, **changes)), data.rows)
    features.fit(data.x, data.y)
    target = fit_preparation(plan, data.x, data.y).target
    save_learned({"features": features, "target": target, "vocabulary": ("한", "b")}, tmp_path / "x")
    found = load_learned(tmp_path / "x")
    np.testing.assert_array_equal(found["features"].transform(data.x), features.transform(data.x))
    assert (found["target"] is None) == (task == "classification")
    assert found["vocabulary"] == ("한", "b")
    assert joblib.load(tmp_path / "x").keys() == found.keys(), "predict.py reads it so"


class Runs:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)

    def __reduce__(self) -> Any:
        return os.mkdir, (self._folder,)


def hostile(folder: Path) -> dict[str, Any]:
    scaler = StandardScaler()
    scaler.mean_ = np.array([Runs(folder)], dtype=object)
    return {
        "itself": Runs(folder),
        "in the words": {"features": None, "target": None, "vocabulary": Runs(folder)},
        "in an array of a scaler": {"features": scaler, "target": None, "vocabulary": ()},
        "in a pipeline": {"features": make_pipeline(scaler), "target": None, "vocabulary": ()},
        "a function": {"features": FunctionTransformer(os.mkdir), "target": None, "vocabulary": ()},
        "eval": {"features": FunctionTransformer(eval), "target": None, "vocabulary": ()},
        "a name in a name": {"features": np.testing.assert_allclose, "target": None, "vocabulary": ()},
    }


@pytest.mark.parametrize("way", hostile(Path("x")))
@pytest.mark.parametrize("write", [joblib.dump, save_learned])
def test_code_in_what_was_learned_is_refused_and_not_run(way: str, write: Any, tmp_path: Path) -> None:
    write(hostile(tmp_path / "made")[way], tmp_path / "x")
    with pytest.raises(StudyError, match=r"cannot be loaded: it asks for .*export the model again\.$"):
        load_learned(tmp_path / "x")
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("content", [b"", b"nothing", pickle.dumps([1]), pickle.dumps({"features": 1})])
def test_damaged_files_are_named(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(StudyError, match="cannot be loaded"):
        load_learned(tmp_path / "x")


def bundle(folder: Path, model: keras.Model, about: Any) -> Path:
    folder.mkdir()
    model.save(folder / "model.keras")
    save_learned({"features": None, "target": None, "vocabulary": ()}, folder / "preprocessing.joblib")
    (folder / "README.md").write_text("")
    (folder / "bundle.json").write_text(about if isinstance(about, str) else json.dumps(about))
    return folder


@pytest.mark.parametrize(
    ("about", "message"),
    [
        ("", "is damaged"),
        ("[" * 100_000, "is damaged"),
        ("[]", "is damaged"),
        ({}, "is damaged"),
        ({"format": 99}, "was exported in format 99"),
        ({"format": 2}, "cannot be loaded"),
        ({"format": 2, "modules": ["no_such_module"]}, "no_such_module"),
        ({"format": 2, "modules": []}, "Lambda"),
    ],
)
def test_a_folder_with_code_in_its_model_or_that_is_damaged_is_refused(
    about: Any, message: str, tmp_path: Path
) -> None:
    model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Lambda(lambda x: x + 1)])
    with pytest.raises(StudyError, match=message):
        TrainedModel.load(bundle(tmp_path / "x", model, about))
