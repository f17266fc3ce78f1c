"""Data sets known by name, and what happens where they cannot be had."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from kerasweep.errors import DataError
from kerasweep.training.data import load_dataset


def test_digits_are_small_images():
    digits = load_dataset("digits")
    assert digits.kind == "image"
    assert digits.x.shape == (1348, 8, 8, 1)
    assert digits.x.dtype == np.uint8
    assert digits.x.max() == 16
    assert digits.classes == tuple("0123456789")
    assert len(digits.x_test) == 449


@pytest.mark.parametrize(
    ("name", "columns", "classes"),
    [("iris", 4, ("setosa", "versicolor", "virginica")), ("wine", 13, None), ("breast_cancer", 30, None)],
)
def test_embedded_tables_have_column_names_and_classes(name, columns, classes):
    data = load_dataset(name)
    assert data.kind == "table"
    assert data.task == "classification"
    assert data.x.shape[1] == columns
    assert all(isinstance(column, str) and column for column in data.x.columns)
    assert classes is None or data.classes == classes


def test_diabetes_comes_unscaled():
    data = load_dataset("diabetes")
    assert data.task == "regression"
    assert data.y.dtype == np.float32
    assert data.x["age"].max() > 50, "scikit-learn's own scaling would leak the test rows' range"


@pytest.mark.parametrize("spelling", ["Digits", " DIGITS", "breast-cancer", "Breast Cancer"])
def test_names_are_read_generously(spelling):
    assert load_dataset(spelling).rows > 100


def test_unknown_name_suggests():
    with pytest.raises(DataError, match=r"unknown data 'minst'\. Did you mean 'mnist'\?.*module:function"):
        load_dataset("minst")
    with pytest.raises(DataError, match=r"unknown data 'houses'.*digits, iris"):
        load_dataset("houses")


@pytest.mark.parametrize("option", [{"target": "x"}, {"group": "x"}])
def test_names_take_no_columns(option):
    with pytest.raises(DataError, match="digits takes no"):
        load_dataset("digits", **option)


def _archive(path, rows=60, **more):
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (rows, 8, 8), dtype=np.uint8)
    np.savez(path, x_train=x, y_train=np.arange(rows) % 10, x_test=x[:20], y_test=np.arange(20) % 10, **more)


def test_data_folder_is_read_first(tmp_path, monkeypatch):
    _archive(tmp_path / "fashion_mnist.npz")
    monkeypatch.setenv("KERASWEEP_DATA", str(tmp_path))
    data = load_dataset("fashion_mnist")
    assert data.x.shape == (60, 8, 8, 1)
    assert data.x_test.shape == (20, 8, 8, 1)
    assert data.classes[0] == "T-shirt/top"
    assert not any("held out" in note for note in data.notes), "the source's own split is kept"


def _fake_keras(monkeypatch, load_data):
    datasets = SimpleNamespace(cifar10=SimpleNamespace(load_data=load_data))
    monkeypatch.setitem(sys.modules, "keras", SimpleNamespace(datasets=datasets))


@pytest.mark.parametrize("folder", [True, False])
def test_no_network_says_where_to_put_the_file(tmp_path, monkeypatch, folder):
    def fail():
        raise Exception("URL fetch failure on https://example.org: <urlopen error>")

    _fake_keras(monkeypatch, fail)
    if folder:
        monkeypatch.setenv("KERASWEEP_DATA", str(tmp_path))
    else:
        monkeypatch.delenv("KERASWEEP_DATA", raising=False)
    place = str(tmp_path / "cifar10.npz") if folder else "KERASWEEP_DATA/cifar10.npz and set KERASWEEP_DATA"
    with pytest.raises(DataError, match="x_train, y_train, x_test, y_test") as caught:
        load_dataset("cifar10")
    assert place in str(caught.value)
    assert "URL fetch failure" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_downloads_through_keras_with_label_columns(monkeypatch, capsys):
    def load_data():
        print("Downloading data")
        x = np.zeros((50, 32, 32, 3), np.uint8)
        y = (np.arange(50) % 10).reshape(-1, 1)
        return (x, y), (x[:10], y[:10])

    _fake_keras(monkeypatch, load_data)
    monkeypatch.delenv("KERASWEEP_DATA", raising=False)
    data = load_dataset("cifar10")
    assert data.y.shape == (50,)
    assert data.classes[:2] == ("airplane", "automobile")
    assert capsys.readouterr().out == "", "the command's own output stays clean"


def test_real_mnist(mnist_folder, monkeypatch):
    monkeypatch.setenv("KERASWEEP_DATA", str(mnist_folder))
    data = load_dataset("mnist", limit=1000)
    assert data.x.shape == (1000, 28, 28, 1)
    assert data.x_test.shape == (10_000, 28, 28, 1)
    assert data.classes == tuple("0123456789")


def test_importing_data_imports_nothing_heavy():
    code = "import sys, kerasweep.training.data; print([m for m in ('tensorflow', 'keras', 'pandas', 'sklearn') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
