"""Finding models: families, functions by name, functions given in Python. Imports no TensorFlow."""

from __future__ import annotations

import json
import pickle
import sys
from pathlib import Path

import pytest
from kerasweep.errors import ModelError
from kerasweep.spaces import Int, Space, preset
from kerasweep.training.models import Signature, find_model
from kerasweep.training.models.loading import FAMILIES
from kerasweep.training.models.user_errors import describe_error


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Write a user's module into the folder where the command is run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    names: list[str] = []

    def write(name: str, text: str) -> None:
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
        names.append(name)

    yield write
    for name in names:
        sys.modules.pop(name, None)


@pytest.mark.parametrize("family", FAMILIES)
def test_families(family: str) -> None:
    source = find_model(family, FAMILIES[family].tasks[0])
    assert (source.name, source.layout, source.space) == (family, FAMILIES[family].layout, preset(family))
    assert not source.open_space


@pytest.mark.parametrize(
    ("model", "task", "message"),
    [
        ("dn", "classification", "There is no model family 'dn'. Did you mean 'dnn'? A function of your own is module:function."),
        ("nn", "classification", "'nn' does regression; for classification choose linear, ann, dnn, mlp_residual, cnn, resnet, transfer, rnn, cnn1d, tcn, text."),
        ("ann", "regression", "'ann' does classification and multilabel; for regression choose linear, nn, dnn, mlp_residual, cnn, resnet, transfer, rnn, cnn1d, tcn, text."),
        ("nn", "multilabel", "'nn' does regression; for multilabel choose linear, ann, dnn, mlp_residual, cnn, resnet, transfer, rnn, cnn1d, tcn, text."),
        ("nowhere:build", "regression", "There is no module 'nowhere' for the model 'nowhere:build'. Known: mine."),
        ("mine:biuld", "regression", "The module 'mine' has no function 'biuld'. Did you mean 'build'?"),
        ("mine:SPACE", "regression", "The module 'mine' has no function 'SPACE'. Known: build."),
        ("mine:", "regression", "The module 'mine' has no function ''. Known: build."),
    ],
)  # fmt: skip
def test_models_that_are_not_there(module, model: str, task: str, message: str) -> None:
    module("mine", "SPACE = None\ndef build(config, signature): ...\n")
    with pytest.raises(ModelError) as caught:
        find_model(model, task)
    assert str(caught.value) == message


def test_a_module_that_cannot_be_imported(module) -> None:
    module("broken", "import os\n\nraise RuntimeError('not\\ntoday')\n")
    with pytest.raises(ModelError) as caught:
        find_model("broken:build", "regression")
    assert str(caught.value) == (
        "The module 'broken' cannot be imported: RuntimeError: not today (broken.py line 3)"
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("raise SystemExit('bye')", "SystemExit: bye (leaving.py line 2)"),
        ("os._exit(0)", "SystemExit: os._exit(0) (leaving.py line 2)"),
        ("raise GeneratorExit", "GeneratorExit: GeneratorExit (leaving.py line 2)"),
    ],
)
def test_a_module_that_would_end_the_process_ends_nothing(module, line: str, said: str) -> None:
    module("leaving", f"import os\n{line}\n")
    with pytest.raises(ModelError) as caught:
        find_model("leaving:build", "regression")
    assert str(caught.value) == f"The module 'leaving' cannot be imported: {said}"


def test_a_space_of_ones_own(module) -> None:
    module(
        "spaces_of_mine",
        "SPACE = {'units': {'type': 'int', 'low': 1, 'high': 3}}\n"
        "def build(config, signature): ...\n"
        "def other(config, signature): ...\n"
        "from kerasweep.spaces import Int, Space\n"
        "other.space = Space((Int('층', 1, 2),))\n",
    )
    assert find_model("spaces_of_mine:build", "regression").space == Space((Int("units", 1, 3),))
    assert find_model("spaces_of_mine:other", "regression").space == Space((Int("층", 1, 2),))
    assert find_model(lambda config, signature: None, "regression").space == preset("own")
    assert find_model("spaces_of_mine:build", "regression").open_space


def test_a_function_given_in_python_is_pickled_by_value() -> None:
    factor = 3
    function = lambda config, signature: config["units"] * factor  # noqa: E731
    function.__module__ = "__main__"
    copy = pickle.loads(pickle.dumps(find_model(function, "regression")))
    assert copy.load()({"units": 2}, Signature((1,), 1, "regression")) == 6
    assert copy.name == find_model(function, "regression").name


def test_an_error_of_a_user_says_where() -> None:
    def fail() -> None:
        raise KeyError("units")

    with pytest.raises(KeyError) as caught:
        fail()
    assert describe_error(caught.value).startswith("KeyError: 'units' (test_models.py line ")
    with pytest.raises(ValueError, match="Expecting value") as caught:
        json.loads("x")
    assert "(test_models.py line " in describe_error(caught.value), "not a line of the standard library"
