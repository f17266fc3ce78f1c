"""Specifications and spaces of others may say anything: they are read as what they say, or refused in one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from fuzzing import JUNK, cases, mutated
from hypothesis import given
from hypothesis import strategies as st
from kerasweep.errors import KerasweepError
from kerasweep.search.spec import make_spec
from kerasweep.search.specfile import read_spec
from kerasweep.spaces import Space, preset, space_from_dict, space_to_dict
from kerasweep.spaces.reading import read_space
from kerasweep.spaces.writing import space_text

pytestmark = pytest.mark.costly

SPEC: dict[str, Any] = {
    "study": "a",
    "data": {"source": "digits", "limit": 100, "target": "y", "test_size": 0.2},
    "model": "dnn",
    "space": {"preset": "standard", "set": {"units": [8, 16]}, "fix": {"batch_size": 32}},
    "search": {"method": "bayes", "trials": 5, "seed": 1, "scheduler": "asha", "time": "5m"},
    "cv": {"method": "kfold", "folds": 3},
    "training": {"epochs": 5, "patience": 2, "metric": "accuracy", "objective": ["val_accuracy", "params"]},
    "execution": {"workers": 2},
}
SPACE = {
    "base": "dnn",
    "pick": ["learning_rate", "units"],
    "change": {"units": {"low": 8, "high": 64, "step": 8}, "learning_rate": {"recommended": 0.01}},
    "define": {
        "optimizer": {"choices": ["adam", "sgd"]},
        "momentum": {"low": 0.0, "high": 1.0, "when": {"optimizer": ["sgd"]}},
    },
}
YAML = st.text(st.sampled_from("ab:-[]{}&*!<>|#%@'\"\\ \n\t0123.~?,한é"), max_size=80)


def texts(value: Any) -> st.SearchStrategy[str]:
    whole = yaml.safe_dump(value, allow_unicode=True)
    place = st.integers(0, len(whole))
    return st.one_of(
        mutated(value).map(lambda one: yaml.safe_dump(one, allow_unicode=True)),
        st.tuples(place, YAML).map(lambda one: whole[: one[0]] + one[1] + whole[one[0] :]),
        YAML,
        st.integers(1, 3000).map(lambda deep: "[" * deep),
        st.integers(1, 3000).map(lambda deep: "{a: " * deep),
        st.just(
            "\n".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9 if i else ['x'] * 9)}]" for i in range(12))
        ),
    )


def refused_or(read: Any, value: Any) -> Any:
    """Return what is read, None where it is refused in words."""
    try:
        return read(value)
    except KerasweepError as error:
        assert str(error).strip()  # noqa: PT017 - some cases raise nothing
        return None


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("texts") / "x.yaml"


def write(file: Path, text: str) -> Path:
    file.write_bytes(text.encode("utf-8", "replace"))
    return file


@cases(200)
@given(text=texts(SPEC))
def test_any_text_as_a_specification(text: str, file: Path) -> None:
    made = refused_or(read_spec, write(file, text))
    if made is not None:
        assert make_spec(made.model_dump(exclude_unset=True)) == made


@cases(200)
@given(value=mutated(SPEC) | JUNK)
def test_any_data_as_a_specification(value: Any) -> None:
    made = refused_or(make_spec, value)
    if made is not None:
        assert make_spec(made.model_dump(exclude_unset=True)) == made


@cases(200)
@given(text=texts(SPACE))
def test_any_text_as_a_space(text: str, file: Path) -> None:
    made = refused_or(read_space, write(file, text))
    if isinstance(made, Space):
        assert read_space(write(file, space_text(made))) == made


@cases(200)
@given(value=mutated(space_to_dict(preset("linear"))) | JUNK)
def test_any_data_as_a_space(value: Any) -> None:
    made = refused_or(space_from_dict, value)
    if isinstance(made, Space):
        assert space_from_dict(space_to_dict(made)) == made
