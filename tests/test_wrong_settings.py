"""Whatever a setting is given from Python, a plan is made or one line says what is wrong."""

from __future__ import annotations

from pathlib import Path

import kerasweep as ks
import numpy as np
import pytest
from kerasweep.errors import KerasweepError, SpecError
from kerasweep.search.settings import SETTINGS
from synthetic import make_study

pytestmark = pytest.mark.costly
WRONG = [
    *(5, -1, 1.5, float("nan"), float("inf"), True, None, 10**400, np.int64(3), np.float64(0.5), np.array([1, 2])),
    *("", "가", "a,b", "x" * 5000, b"x", [], {}, {"a": 1}, ["a"], [1], ("a",), {"a"}, [[]]),
    *(object(), len, range(3)),
]  # fmt: skip
NAMES = [*SETTINGS, "space", "sample_weight", "groups", "validation", "model", "data"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.filterwarnings("ignore")
def test_any_value_is_taken_or_refused_in_words(name: str) -> None:
    """What is refused raises nothing but our own errors, which tell people what to do."""
    for value in WRONG:
        given = {"data": "iris", "model": "ann", name: value}
        try:
            ks.plan_sweep(given.pop("data"), given.pop("model"), **given)
        except KerasweepError as error:
            said = str(error)
        else:
            said = "a plan"
        assert said, value


@pytest.mark.parametrize("name", ["trials", "epochs", "patience", "retries", "max_params", "max_failures"])
def test_no_whole_number_is_larger_than_a_study_can_keep(name: str) -> None:
    assert ks.plan_sweep("iris", "ann", **{name: 100}).spec
    with pytest.raises(SpecError, match="must be at most 9,007,199,254,740,992"):
        ks.plan_sweep("iris", "ann", **{name: 2**53 + 1})


def test_a_fault_is_a_line_however_long_the_value() -> None:
    with pytest.raises(SpecError) as caught:
        ks.plan_sweep("iris", "ann", folds="x" * 5000, epochs="x" * 5000)
    lines = str(caught.value).splitlines()
    assert len(lines) == 2
    assert all(len(line) <= 500 for line in lines)


CALLS = {
    "a specification": lambda value, _: ks.plan_sweep(file=value),
    "a storage": lambda value, _: ks.list_studies(storage=value),
    "another storage": lambda value, _: ks.copy("a", to=value),
    "a backup": lambda value, _: ks.backup(value),
    "a study": lambda value, _: ks.load(value),
    "a study that goes on": lambda value, _: ks.resume(value),
    "studies that are compared": lambda value, _: ks.compare(value),
    "studies that are learned from": lambda value, _: ks.learn(value),
    "studies of a report": lambda value, _: ks.report(value),
    "a report": lambda value, study: study.report(value),
    "a report's form": lambda value, study: study.report("report.html", format=value),
    "an export": lambda value, study: study.export(value),
    "an export's format": lambda value, study: study.export("winner.yaml", value),
    "an export's trial": lambda value, study: study.export("winner.yaml", trial=value),
    "a model's folder": lambda value, _: ks.load_model(value),
    "a project of KerasTuner's": lambda value, _: ks.import_keras_tuner(value),
}


@pytest.mark.parametrize("call", CALLS)
def test_so_is_any_path_study_or_format(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, call: str) -> None:
    study = ks.Study(make_study(f"sqlite:///{tmp_path / 'studies.db'}", "first", trials=3, epochs=4))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KERASWEEP_STORAGE", "there is none.db")
    for value in WRONG:
        try:
            CALLS[call](value, study)
        except KerasweepError as error:
            said = str(error)
        else:
            said = "done"
        assert 0 < len(said) < 600, value
