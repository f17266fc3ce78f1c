"""The catalogue as data: every entry is whole, and reads well. That it acts is shown where models are trained."""

from __future__ import annotations

import pytest
from kerasweep.errors import SpaceError
from kerasweep.spaces import Categorical, Space
from kerasweep.spaces.catalogue import CATALOGUE, CHANGE_THE_LOSS, FAMILIES, GROUPS, entry
from kerasweep.spaces.catalogue.entry import ALL_DATA, ANY, ANY_TASK
from kerasweep.spaces.dependencies import parents_first


def test_there_are_more_than_150_in_19_groups() -> None:
    assert len(CATALOGUE) >= 150
    assert len(GROUPS) == 19
    assert sum(map(len, GROUPS.values())) == len(CATALOGUE)


@pytest.mark.parametrize("name", CATALOGUE)
def test_an_entry_is_whole(name: str) -> None:
    one = CATALOGUE[name]
    which = one.hyperparameter
    assert which.group in GROUPS
    assert which.confidence in ("low", "medium", "high")
    for text in (which.meaning, which.advice, which.source):
        assert len(text) >= 10
        assert text == text.strip()
        assert "  " not in text
    assert which.advice.endswith("."), "advice is a sentence"
    assert not which.meaning.endswith("."), "a meaning completes the name"
    assert set(one.families) <= set(ANY)
    assert one.families
    assert set(one.tasks) <= set(ANY_TASK)
    assert set(one.kinds) <= set(ALL_DATA)
    for condition in which.conditions:
        parent = CATALOGUE[condition.parent]
        assert isinstance(parent.hyperparameter, Categorical) or parent.hyperparameter.cardinality < 20
        assert set(one.families) & set(parent.families), "a parent acts where its child does"


def test_all_of_it_is_a_space() -> None:
    whole = Space(parents_first([one.hyperparameter for one in CATALOGUE.values()]))
    assert len(whole) == len(CATALOGUE)
    assert whole.check(whole.recommended()) == whole.recommended()


def test_names_that_other_parts_read() -> None:
    assert set(CHANGE_THE_LOSS) <= set(CATALOGUE)
    assert set(FAMILIES) < set(ANY)


def test_an_unknown_name() -> None:
    with pytest.raises(
        SpaceError, match=r"^There is no hyperparameter 'droput' in the catalogue\. Did you mean 'dropout'\?$"
    ):
        entry("droput")
