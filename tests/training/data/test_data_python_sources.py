"""Functions and Python objects as sources."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest
from kerasweep.errors import DataError
from kerasweep.training.data import load_dataset

MODULE = """
import os
import numpy as np
import pandas as pd
from kerasweep.training.data import load_dataset

x = np.arange(60.0).reshape(20, 3)
y = np.arange(20) % 2

def pair():
    return x, y

def split():
    return (x, y), (x[:5], y[:5])

def frame():
    return pd.DataFrame({"a": x[:, 0], "b": x[:, 1] % 7, "label": y})

def named():
    return {"x_train": x, "y_train": y, "x_test": x[:5], "y_test": y[:5]}

def ready():
    return load_dataset((x, y))

def neighbour():
    import neighbour_module
    return neighbour_module.load()

def broken():
    return x, 1 / 0

def leaves():
    raise SystemExit("bye")

def leaves_at_once():
    os._exit(7)

def stops():
    raise GeneratorExit

class Own(BaseException):
    pass

def raises_its_own():
    raise Own("of mine")

def needs(path):
    return path

def nothing():
    return None

not_a_function = 3
"""

LINE_OF_ERROR = next(number for number, line in enumerate(MODULE.splitlines(), 1) if "1 / 0" in line)


@pytest.fixture
def module(tmp_path, monkeypatch):
    """A fresh module in the current folder; returns its name."""
    name = f"user_data_{abs(hash(str(tmp_path)))}"
    (tmp_path / f"{name}.py").write_text(MODULE)
    (tmp_path / "neighbour_module.py").write_text(f"from {name} import pair as load\n")
    monkeypatch.chdir(tmp_path)
    yield name
    for loaded in (name, "neighbour_module"):
        sys.modules.pop(loaded, None)


@pytest.mark.parametrize("function", ["pair", "split", "named", "ready", "neighbour"])
@pytest.mark.parametrize("form", ["{}:{}", "{}.py:{}"])
def test_what_a_function_may_return(module, function, form):
    path = list(sys.path)
    data = load_dataset(form.format(module, function))
    assert data.task == "classification"
    assert data.x.shape[1:] == (3,)
    assert sys.path == path


def test_a_frame_needs_a_target(module):
    assert load_dataset(f"{module}:frame", target="label").kind == "table"
    with pytest.raises(DataError, match="say which column is the target: 'a', 'b', 'label'"):
        load_dataset(f"{module}:frame")


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("broken", rf"raised ZeroDivisionError: division by zero \(.*\.py:{LINE_OF_ERROR}\)"),
        ("leaves", "raised SystemExit: bye"),
        ("leaves_at_once", r"raised SystemExit: os\._exit\(7\) \(.*\.py:\d+\)"),
        ("stops", "raised GeneratorExit: GeneratorExit"),
        ("raises_its_own", "raised Own: of mine"),
        ("needs", "raised TypeError: needs.. missing 1 required"),
        ("nothing", r"gave NoneType, expected \(x, y\)"),
        ("spilt", r"has no function 'spilt'\. Did you mean 'split'\?"),
        ("not_a_function", "is int, not a function"),
    ],
)
def test_bad_functions(module, function, message):
    with pytest.raises(DataError, match=message) as caught:
        load_dataset(f"{module}:{function}")
    assert "\n" not in str(caught.value)


def test_missing_module(module):
    with pytest.raises(DataError, match=f"no module '{module}x'.*Did you mean '{module}'"):
        load_dataset(f"{module}x:pair")
    with pytest.raises(DataError, match=r"no module 'nowhere\.at\.all'"):
        load_dataset("nowhere.at.all:pair")
    with pytest.raises(DataError, match=f"no file '{module}x.py'.*Did you mean"):
        load_dataset(f"{module}x.py:pair")


@pytest.mark.parametrize("form", ["{}:load", "{}.py:load"])
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import nowhere_to_be_found\n", "fails to import: ModuleNotFoundError.*nowhere_to_be_found.*py:1"),
        ("x = 1\nraise ValueError('no')\n", "fails to import: ValueError: no .*py:2"),
        ("import os\nos._exit(0)\n", r"fails to import: SystemExit: os\._exit\(0\) .*py:2"),
        ("class Own(BaseException): pass\nraise Own('no')\n", "fails to import: Own: no .*py:2"),
        ("x = 1\ndef (\n", "fails to import: SyntaxError.*py:2"),
    ],
)
def test_module_that_fails(tmp_path, monkeypatch, text, message, form):
    monkeypatch.chdir(tmp_path)
    name = f"failing_{abs(hash(str(tmp_path)))}"
    (tmp_path / f"{name}.py").write_text(text)
    with pytest.raises(DataError, match=message):
        load_dataset(form.format(name))


def test_python_objects(two_classes):
    x, y = two_classes()
    assert load_dataset((x, y)).rows == 30
    assert load_dataset([x.tolist(), y.tolist()]).rows == 30
    assert load_dataset(((x, y), (x[:9], y[:9]))).x_test.shape == (9, 3)
    assert load_dataset({"x": x, "y": y, "groups": y + 2 * (np.arange(40) % 5)}).groups is not None
    frames = load_dataset((pd.DataFrame(x, columns=["a", "b", "c"]), pd.Series(y)))
    assert frames.kind == "table"
    assert load_dataset((pd.Series(x[:, 0]), pd.DataFrame({"y": y}))).x.shape == (30, 1)


def test_a_dataset_stays_itself(two_classes):
    data = load_dataset(two_classes())
    assert load_dataset(data) is data
    assert load_dataset(data, limit=10).rows == 10
    with pytest.raises(DataError, match="'task' cannot be changed"):
        load_dataset(data, task="regression")
    with pytest.raises(DataError, match="'target' cannot be changed"):
        load_dataset(data, target="a")


@pytest.mark.parametrize("value", [None, 3, np.zeros(3), (1, 2, 3), object()])
def test_other_objects(value):
    with pytest.raises(DataError, match=r"expected \(x, y\)"):
        load_dataset(value)


def test_options_of_tables_only(two_classes):
    with pytest.raises(DataError, match="takes no target: that is for a table's columns"):
        load_dataset(two_classes(), target="a")
    with pytest.raises(DataError, match="group names a column"):
        load_dataset(two_classes(), group="a")


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"task": "clasification"}, "Did you mean 'classification'"),
        ({"test_size": -0.1}, r"between 0 \(for none\) and 1"),
        ({"test_size": 1.0}, r"between 0 \(for none\) and 1"),
        ({"limit": 0}, "positive"),
        ({"test_split": "lst"}, "Did you mean 'last'"),
    ],
)
def test_bad_options(two_classes, option, message):
    with pytest.raises(DataError, match=message):
        load_dataset(two_classes(), **option)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ([[1, 2], [3]] * 5, "no regular array"),
        (np.array([[1], [None]] * 5, dtype=object), "Python objects, expected numbers"),
        (
            np.array([[1], ["a"]] * 5, dtype=object),
            "text, expected numbers: columns of categories, .* go into a pandas DataFrame",
        ),
        (
            np.array([["a text", "another"]] * 10),
            "text, expected numbers: .* one text a row is a list or an array of shape .rows,., which the family 'text' reads",
        ),
        (np.array([["2020-01-01"]] * 10, dtype="datetime64[D]"), "holds dates"),
    ],
)
def test_bad_features(x, message):
    with pytest.raises(DataError, match=message):
        load_dataset((x, np.arange(10) % 2))


def test_sparse_features():
    from scipy.sparse import csr_matrix

    with pytest.raises(DataError, match="toarray"):
        load_dataset((csr_matrix(np.eye(10)), np.arange(10) % 2))


@pytest.mark.parametrize(
    ("shape", "dtype", "kind", "row"),
    [
        ((20, 9), np.uint8, "array", (9,)),
        ((20, 9, 9), np.uint8, "image", (9, 9, 1)),
        ((20, 9, 9), np.float32, "image", (9, 9, 1)),
        ((20, 9, 5), np.float32, "sequence", (9, 5)),
        ((20, 4, 4), np.float32, "sequence", (4, 4)),
        ((20, 9, 9, 3), np.float64, "image", (9, 9, 3)),
        ((20, 3, 9, 9), np.uint8, "image", (9, 9, 3)),
        ((20, 9, 9, 7), np.float64, "array", (9, 9, 7)),
        ((20,), np.float64, "array", (1,)),
        ((20, 5), bool, "array", (5,)),
    ],
)
def test_what_counts_as_images(shape, dtype, kind, row):
    data = load_dataset((np.ones(shape, dtype), np.arange(20) % 2))
    assert (data.kind, data.x.shape[1:]) == (kind, row)
