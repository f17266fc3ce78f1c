"""A page of trials is what sorting and filtering all of them gives."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from kerasweep.errors import StudyError
from kerasweep.studies import Condition, Order, TrialColumns, read_numbered, read_trials
from kerasweep.studies.paging import hyperparameter_names
from synthetic import make_large_study

if TYPE_CHECKING:
    from kerasweep.studies import StudyRecord


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyRecord:
    return make_large_study(
        f"sqlite:///{tmp_path_factory.mktemp('paging') / 'studies.db'}", "many", trials=230
    )


def test_pages_are_the_trials_in_order(study: StudyRecord) -> None:
    pages = [TrialColumns(study).page(start, 100) for start in (0, 100, 200, 300)]
    assert [len(page.trials) for page in pages] == [100, 100, 30, 0]
    assert [trial for page in pages for trial in page.trials] == read_trials(study)
    assert {page.total for page in pages} == {230}


@pytest.mark.parametrize("descending", [False, True])
def test_sorting_puts_what_has_no_value_last(study: StudyRecord, *, descending: bool) -> None:
    found = TrialColumns(study).page(0, 230, [Order("value", descending)]).trials
    values = [trial.value for trial in found if trial.value is not None]
    assert values == sorted(values, reverse=descending)
    assert all(trial.value is None for trial in found[len(values) :])
    assert len(values) < 230


def test_sorting_by_several_columns(study: StudyRecord) -> None:
    found = (
        TrialColumns(study).page(0, 230, [Order("param:optimizer"), Order("seconds", descending=True)]).trials
    )
    keys = [(trial.configuration["optimizer"], -trial.seconds) for trial in found if trial.seconds]
    assert keys == sorted(keys)


@pytest.mark.parametrize(
    ("condition", "meets"),
    [
        (Condition("state", "is", "complete"), lambda trial: trial.state == "complete"),
        (Condition("state", "is not", "complete"), lambda trial: trial.state != "complete"),
        (Condition("param:optimizer", "contains", "AD"), lambda trial: "ad" in trial.configuration["optimizer"]),
        (Condition("param:batch_size", "is", "100"), lambda trial: trial.configuration["batch_size"] == 100),
        (Condition("param:learning_rate", "at least", 0.01), lambda trial: trial.configuration["learning_rate"] >= 0.01),
        (Condition("value", "at most", 0.9), lambda trial: trial.value is not None and trial.value <= 0.9),
        (Condition("number", "between", 5, 9), lambda trial: 5 <= trial.number <= 9),
        (Condition("param:no such", "is", 1), lambda trial: False),
    ],
)  # fmt: skip
def test_conditions(study: StudyRecord, condition: Condition, meets: object) -> None:
    found = TrialColumns(study).page(0, 230, conditions=[condition])
    assert list(found.trials) == [trial for trial in read_trials(study) if meets(trial)]
    assert found.total == len(found.trials)


def test_a_column_that_there_is_not(study: StudyRecord) -> None:
    with pytest.raises(StudyError, match="no column 'size'"):
        TrialColumns(study).page(order=[Order("size")])


def test_trials_by_number(study: StudyRecord) -> None:
    assert [trial.number for trial in read_numbered(study, [7, 3, 999, 5])] == [7, 3, 5]
    assert read_numbered(study, []) == []


def test_names_of_hyperparameters(study: StudyRecord) -> None:
    names = {name for trial in read_trials(study) for name in trial.configuration}
    found = hyperparameter_names(study)
    assert set(found) == names
    assert len(found) == len(names)


def test_values_compare_as_people_read_them() -> None:
    assert Condition("a", "is", "true").holds(found=True)
    assert not Condition("a", "is", 1).holds(found=True)
    assert Condition("a", "is", "0.5").holds(0.5)
    assert not Condition("a", "at least", 0).holds("text")
    assert not Condition("a", "at least", 0).holds(None)
    assert not Condition("a", "at most", 5).holds(math.nan)
    assert Condition("a", "is not", 5).holds(None)
