"""A specification: its short forms, its faults all at once, and its round trip."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kerasweep.errors import SpecError
from kerasweep.search.settings import as_specified, nest
from kerasweep.search.spec import make_spec
from kerasweep.search.spec.values import parse_seconds
from kerasweep.search.spec_comparison import differences
from kerasweep.search.specfile import names_study, read_mapping, read_spec

SMALL = {"data": "digits", "model": "ann"}


def message_of(data) -> str:
    with pytest.raises(SpecError) as caught:
        make_spec(data)
    return str(caught.value)


def test_short_forms() -> None:
    short = make_spec({"data": "digits", "model": "ann", "search": "grid", "cv": "holdout"})
    long = make_spec(
        {
            "data": {"source": "digits"},
            "model": "ann",
            "search": {"method": "grid"},
            "cv": {"method": "holdout"},
        }
    )
    assert short == long
    assert (short.data.source, short.search.method, short.cv.method) == ("digits", "grid", "holdout")


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"training": {"patience": None, "epochs": 3}},
        {"search": {"time": "1h30m", "trials": 4, "target": 0.5}},
        {"search": {"time": 0.5}},
        {"space": {"set": {"units": "8..64:log"}, "fix": {"optimizer": "sgd", "x": None, "y": True}}},
        {"space": {"define": {"층": {"type": "int", "low": 1, "high": 3, "grid": [1, 2]}}}},
        {"study": "연구", "execution": {"workers": 2, "threads": 1}},
        {"data": {"source": "a.csv", "target": "y", "task": "regression", "limit": 5}},
    ],
)
def test_a_specification_is_the_same_after_the_study(changes: dict) -> None:
    spec = make_spec({**SMALL, **changes})
    stored = json.loads(json.dumps(spec.as_dict()))
    assert make_spec(stored) == spec
    assert make_spec(stored).as_dict() == spec.as_dict()
    assert differences(stored, spec) == []


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90),
        ("90s", 90),
        ("10m", 600),
        ("1.5h", 5400),
        ("1h30m", 5400),
        ("2d", 172800),
        (" 5s ", 5),
        (7, 7),
    ],
)
def test_times(text, seconds: float) -> None:
    assert make_spec({**SMALL, "search": {"time": text}}).search.time == seconds


@pytest.mark.parametrize("text", ["", "soon", "10x", "h", "-5s", "1h 30", "1..5m", "nan", "inf"])
def test_times_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a time; write seconds or 90s, 10m, 1h30m"):
        parse_seconds(text)
    assert message_of({**SMALL, "search": {"time": text}}) == (
        f"search.time: '{text}' is not a time; write seconds or 90s, 10m, 1h30m, got {text!r}."
    )


@given(st.integers(0, 99), st.integers(0, 59), st.integers(0, 59))
def test_times_add_up(hours: int, minutes: int, seconds: int) -> None:
    assert parse_seconds(f"{hours}h{minutes}m{seconds}s") == hours * 3600 + minutes * 60 + seconds


def test_every_fault_is_told() -> None:
    assert message_of(
        {
            "dta": "digits",
            "model": 5,
            "search": {"methd": "bayes", "method": "bays", "trials": 0, "seed": -1},
            "cv": {"folds": "many"},
            "training": {"epochs": 1.5, "patience": 0},
        }
    ).splitlines() == [
        "'data' must be given.",
        "model: input should be a valid string, got 5.",
        "search.method: there is no 'bays'. Did you mean 'bayes'?",
        "search.trials: input should be greater than or equal to 1, got 0.",
        "search.seed: input should be greater than or equal to 0, got -1.",
        "there is no key 'search.methd'. Did you mean 'method'?",
        "cv.folds: input should be a valid integer, unable to parse string as an integer, got 'many'.",
        "training.epochs: input should be a valid integer, got a number with a fractional part, got 1.5.",
        "training.patience: input should be greater than or equal to 1, got 0.",
        "there is no key 'dta'. Did you mean 'data'?",
    ]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({**SMALL, "search": {"trials": True}}, "search.trials: must be a number, got True."),
        ({**SMALL, "search": {"time": True}}, "search.time: must be a number, got True."),
        (
            {**SMALL, "search": {"target": float("nan")}},
            "search.target: input should be a finite number, got nan.",
        ),
        (
            {**SMALL, "data": {"source": "x", "test_size": 1}},
            "data.test_size: input should be less than 1, got 1.",
        ),
        (
            {**SMALL, "space": {"preset": "best"}},
            "space.preset: there is no 'best'. Known: basic, standard, full.",
        ),
        ({**SMALL, "cv": {"folds": 1}}, "cv.folds: input should be greater than or equal to 2, got 1."),
        (None, "A specification holds keys and values, for example 'model: ann'."),
        ([1], "A specification holds keys and values, for example 'model: ann'."),
        ({**SMALL, "data": [1]}, "data: write keys and values, for example 'model: ann'."),
        ({**SMALL, "search": None}, "search: write keys and values, for example 'model: ann'."),
    ],
)
def test_wrong_types(data, message: str) -> None:
    assert message_of(data) == message


FILE = """\
# a sweep
data:
  source: digits
  limit: 100
model: ann
search:
  method: grid
space:
  set:
    learning_rate: [1e-3, 1E-2, 0.1]
  fix:
    momentum: 9e-1
"""


@pytest.fixture
def write(tmp_path: Path):
    def write_(text: str | bytes) -> Path:
        file = tmp_path / "sweep.yaml"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    return write_


def test_a_file(write) -> None:
    spec = read_spec(write(FILE))
    assert (spec.data.limit, spec.search.method, spec.search.trials) == (100, "grid", None)
    assert spec.space.set == {"learning_rate": [0.001, 0.01, 0.1]}, "numbers without a dot are numbers too"
    assert spec.space.fix == {"momentum": 0.9}
    assert read_mapping(write(FILE)).line("space", "set", "learning_rate") == 10


def test_flags_are_laid_over_a_file(write) -> None:
    changes = {
        "search": {"trials": 3},
        "data": {"limit": None, "target": "y"},
        "space": {"set": {"learning_rate": "0.1..0.2", "units": "8"}},
        "study": "mine",
    }
    spec = read_spec(write(FILE), changes)
    assert (spec.search.method, spec.search.trials, spec.study) == ("grid", 3, "mine")
    assert (spec.data.source, spec.data.limit, spec.data.target) == ("digits", None, "y")
    assert spec.space.set == {"learning_rate": "0.1..0.2", "units": "8"}
    assert spec.space.fix == {"momentum": 0.9}


def test_flags_are_laid_over_short_forms(write) -> None:
    file = write("data: digits\nmodel: ann\nsearch: grid\ncv: holdout\n")
    spec = read_spec(file, {"data": {"limit": 5}, "search": {"trials": 2}, "cv": {"holdout": 0.5}})
    assert (spec.data.source, spec.data.limit) == ("digits", 5)
    assert (spec.search.method, spec.search.trials) == ("grid", 2)
    assert (spec.cv.method, spec.cv.holdout) == ("holdout", 0.5)


def test_the_provenance_of_an_exported_winner_is_passed_over(write) -> None:
    assert read_spec(write("provenance: {trial: 3}\n" + FILE)) == read_spec(write(FILE))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "data: digits\nmodell: ann\nsearch:\n  trails: 3\n  method: bays\n",
            (
            "{file}: 'model' must be given.\n"
            "{file} line 5: search.method: there is no 'bays'. Did you mean 'bayes'?\n"
            "{file} line 4: there is no key 'search.trails'. Did you mean 'trials'?\n"
            "{file} line 2: there is no key 'modell'. Did you mean 'model'?"
            ),
        ),
        ("data: digits\nmodel: ann\ndata: mnist\n", "{file} line 3: 'data' stands twice, first on line 1."),
        (
            "data: digits\nmodel: ann\nsearch: {trials: 3,\n  trials: 4}\n",
            "{file} line 4: 'trials' stands twice, first on line 3.",
        ),
        ("data: digits\nmodel: ann\nsearch: bays\n", "{file} line 3: search.method: there is no 'bays'. Did you mean 'bayes'?"),
        ("", "{file} must hold keys and values, for example 'model: ann'."),
        ("- a\n- b\n", "{file} must hold keys and values, for example 'model: ann'."),
        ("data: [1, 2\n", "{file} line 2: not valid YAML: expected ',' or ']', but got '<stream end>'."),
        ("data:\tdigits\n\tmodel: ann\n", "{file} line 1: not valid YAML: found character '\\t' that cannot start any token."),
        ("a: 1\n---\nb: 2\n", "{file} line 2: not valid YAML: but found another document."),
        (b"data: \xff\xfe\n", "{file} cannot be read: it is not UTF-8 text."),
    ],
)  # fmt: skip
def test_faults_of_a_file_are_told_with_their_lines(write, text, message: str) -> None:
    file = write(text)
    with pytest.raises(SpecError) as caught:
        read_spec(file)
    assert str(caught.value) == message.format(file=file)


def test_a_date_that_is_none(write) -> None:
    with pytest.raises(SpecError, match=r"sweep\.yaml is not valid YAML: month must be in 1\.\.12"):
        read_spec(write("study: 2024-13-45\n"))


def test_a_file_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"none\.yaml cannot be read: No such file or directory\.$"):
        read_spec(tmp_path / "none.yaml")
    with pytest.raises(SpecError, match=r"cannot be read: Is a directory\.$"):
        read_spec(tmp_path)


def test_what_may_differ_between_two_runs() -> None:
    old = make_spec({**SMALL, "search": {"trials": 3, "seed": 1}, "study": "a"}).as_dict()
    budget = make_spec({**SMALL, "search": {"trials": 9, "seed": 1, "time": 5}, "execution": {"workers": 4}})
    assert differences(old, budget) == []
    other = make_spec({**SMALL, "search": {"seed": 2}, "training": {"patience": None}, "data": "mnist"})
    assert differences(old, other) == [
        "data.source: digits, now mnist",
        "search.seed: 1, now 2",
        "training.patience: 10, now not given",
    ]


@pytest.mark.parametrize(
    ("training", "bounds"),
    [
        ({}, []),
        ({"max_params": 100_000}, ["params<=100000"]),
        ({"max_memory": "4GB", "constraints": "accuracy>0.9"}, ["accuracy>0.9", "memory<=4GB"]),
        ({"max_memory": 2.5e9, "max_params": 10, "constraints": ["params<=10"]}, ["params<=10", "memory<=2.5GB"]),
        ({"max_memory": None}, []),
    ],
)  # fmt: skip
def test_the_most_that_a_model_may_be_is_a_constraint(training: dict[str, Any], bounds: list[str]) -> None:
    spec = make_spec({"data": "digits", "model": "dnn", "training": training})
    assert spec.training.bounds == bounds
    assert make_spec(spec.as_dict()) == spec


@pytest.mark.parametrize(
    "size", [0, -1, 4, "0", "-2GB", "lots", "4", "4기가", "1e999GB", "nan", "", True, math.inf, [1]]
)
def test_memory_in_which_nothing_is_trained_is_refused(size: Any) -> None:
    with pytest.raises(SpecError, match=r"^training\.max_memory: (must be|input should be a valid)[^\n]*\.$"):
        make_spec({"data": "digits", "model": "dnn", "training": {"max_memory": size}})


@pytest.mark.parametrize("count", [0, -1, "many", "백만", 1.5, True])
def test_a_model_of_no_weights_is_refused(count: Any) -> None:
    with pytest.raises(SpecError, match=r"^training\.max_params: [^\n]*\.$"):
        make_spec({"data": "digits", "model": "dnn", "training": {"max_params": count}})


def test_settings_as_specified_are_the_same_and_go_through_json() -> None:
    """As those do with which a process of its own goes on with a study, whatever numbers Python has for them."""
    settings: dict[str, Any] = {
        "trials": np.int64(3),
        "time": "2h",
        "target_score": np.float32(0.5),
        "keep_states": np.float32(1.5),
        "trial_timeout": None,
        "max_failures": None,
        "workers": 2,
        "log": ["tensorboard"],
    }
    spec = make_spec({"data": "digits", "model": "dnn", **nest(settings)})
    found = json.loads(json.dumps(as_specified({**settings, "epochs": None}, spec.as_dict())))
    assert found.pop("epochs") is None, "what is not asked for stays so"
    assert make_spec({"data": "digits", "model": "dnn", **nest(found)}) == spec


@pytest.mark.parametrize(("text", "named"), [("study: mine", True), ("study:", False), ("data: iris", False)])
def test_a_file_names_its_study_or_leaves_it_open(tmp_path: Path, text: str, named: bool) -> None:
    file = tmp_path / "sweep.yaml"
    file.write_text(text)
    assert names_study(file) is named
