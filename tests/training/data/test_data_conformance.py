"""What every source promises, whatever it is: one class of tests over all of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from kerasweep.training.data import (
    Dataset,
    choose_preparation,
    describe_preparation,
    fit_preparation,
    load_dataset,
    make_folds,
)

SOURCES = [
    "digits",
    "iris",
    "wine",
    "breast_cancer",
    "diabetes",
    "mnist",
    "fashion_mnist",
    "csv",
    "csv with groups",
    "parquet",
    "frame",
    "npz",
    "npz with split",
    "images",
    "colour images",
    "function",
    "pair",
    "several targets",
]


@pytest.fixture(scope="module")
def loaders(tmp_path_factory, request):
    """How to load each source; every call reads it anew."""
    from_conftest = request.getfixturevalue("builders")
    folder = tmp_path_factory.mktemp("sources")
    frame = from_conftest.houses()
    frame.to_csv(folder / "houses.csv", index=False)
    frame.to_parquet(folder / "houses.parquet")
    x, y = from_conftest.two_classes()
    np.savez(folder / "whole.npz", x=x, y=y)
    np.savez(folder / "split.npz", x_train=x, y_train=y, x_test=x[:9], y_test=y[:9])
    from_conftest.images(folder / "grey")
    from_conftest.images(folder / "colour", colour=True)
    (folder / "mine.py").write_text(
        "import numpy as np\ndef load():\n    return np.eye(20), np.arange(20) % 2\n"
    )
    price = {"target": "price"}
    return {
        "csv": lambda: load_dataset(folder / "houses.csv", **price),
        "csv with groups": lambda: load_dataset(folder / "houses.csv", **price, group="street"),
        "parquet": lambda: load_dataset(folder / "houses.parquet", **price),
        "frame": lambda: load_dataset(frame, target="garden"),
        "npz": lambda: load_dataset(folder / "whole.npz"),
        "npz with split": lambda: load_dataset(folder / "split.npz"),
        "images": lambda: load_dataset(folder / "grey"),
        "colour images": lambda: load_dataset(folder / "colour"),
        "function": lambda: load_dataset(f"{folder / 'mine.py'}:load"),
        "pair": lambda: load_dataset((x, y)),
        "several targets": lambda: load_dataset((x, x[:, :2] * 3)),
    }


@pytest.fixture(params=SOURCES)
def load(request, loaders, monkeypatch):
    name = request.param
    if name in loaders:
        return loaders[name]
    if "mnist" in name:
        monkeypatch.setenv("KERASWEEP_DATA", str(request.getfixturevalue("mnist_folder")))
        return lambda: load_dataset(name, limit=500)
    return lambda: load_dataset(name)


class TestEverySource:
    @pytest.fixture
    def data(self, load) -> Dataset:
        return load()

    def test_lengths_agree(self, data):
        assert data.rows == len(data.x) == len(data.y)
        assert len(data.x_test) == len(data.y_test) > 0
        assert data.groups is None or len(data.groups) == data.rows

    def test_rows_have_one_shape(self, data):
        assert data.x.shape[1:] == data.x_test.shape[1:]
        assert data.y.shape[1:] == data.y_test.shape[1:]
        if data.kind == "image":
            assert data.x.ndim == 4

    def test_types(self, data):
        if data.kind == "table":
            assert isinstance(data.x, pd.DataFrame)
            assert all(isinstance(column, str) for column in data.x.columns)
            assert all(dtype.name == "category" or dtype.kind in "biuf" for dtype in data.x.dtypes)
            assert list(data.x.columns) == list(data.x_test.columns)
            assert list(data.x.index) == list(range(data.rows))
        else:
            assert isinstance(data.x, np.ndarray)
            assert data.x.dtype.kind in "iuf"
            assert data.x.dtype == data.x_test.dtype

    def test_target(self, data):
        if data.task == "classification":
            assert data.y.dtype == data.y_test.dtype == np.int64
            assert set(data.y) == set(range(len(data.classes)))
            assert set(data.y_test) <= set(data.y)
            assert all(isinstance(name, str) for name in data.classes)
            assert data.outputs == len(data.classes) >= 2
        else:
            assert data.y.dtype == data.y_test.dtype == np.float32
            assert data.classes == ()
            assert data.outputs == (data.y.shape[1] if data.y.ndim == 2 else 1)
        assert np.isfinite(data.y).all()

    def test_fingerprint_is_that_of_the_content(self, data, load):
        again = load()
        assert again is not data
        assert data.fingerprint == again.fingerprint
        assert len(data.fingerprint) == 16
        y = data.y.copy()
        y[0] = y[-1] + 1 if data.task == "regression" else (y[0] + 1) % len(data.classes)
        assert replace(data, y=y).fingerprint != data.fingerprint
        assert replace(data, x=data.x[::-1]).fingerprint != data.fingerprint
        assert replace(data, name="other", notes=()).fingerprint == data.fingerprint

    def test_notes_are_sentences(self, data):
        assert all(note and "\n" not in note for note in data.notes)

    def test_can_be_prepared_and_folded(self, data):
        for layout in ("flat", "natural", *(["image"] if data.kind == "image" else [])):
            plan = choose_preparation(data, layout)
            fold = make_folds(data, folds=3)[0]
            part = data.x.iloc[fold.train] if data.kind == "table" else data.x[fold.train]
            fitted = fit_preparation(plan, part, data.y[fold.train])
            for x in (data.x, data.x_test):
                out = fitted.transform(x)
                assert out.shape == (len(x), *plan.input_shape)
                assert out.dtype == np.float32
                assert np.isfinite(out).all()
            assert fitted.transform_target(data.y).shape == data.y.shape
            assert describe_preparation(plan)
