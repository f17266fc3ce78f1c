"""Which hyperparameters are shown where there is no room for all."""

from __future__ import annotations

from kerasweep.spaces import PRESETS, Categorical, Float, Space, preset
from kerasweep.studies.comparison import (
    MAX_SHOWN,
    basic_names,
    common_names,
    informative_names,
    names_of,
    varying_first,
)


def test_what_is_the_same_everywhere_tells_nothing() -> None:
    assert informative_names([{"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 3, "c": 3}]) == ["b"]
    assert informative_names([{"a": 1}, {"a": 1}]) == []


def test_a_single_configuration_is_told_whole() -> None:
    assert informative_names([{"a": 1, "b": 2}]) == ["a", "b"]


def test_one_true_and_the_text_of_them_differ() -> None:
    assert informative_names([{"a": 1}, {"a": True}]) == ["a"]
    assert informative_names([{"a": None}, {}]) == ["a"]
    assert informative_names([{"a": 0.1}, {"a": "0.1"}]) == ["a"]


def test_named_ones_lead_then_those_that_most_have_then_the_order() -> None:
    configurations = [{"rare": 1, "a": 1, "b": 1, "first": 1}, {"a": 2, "b": 2, "first": 2}]
    assert informative_names(configurations, ["first"]) == ["first", "a", "b", "rare"]


def test_names_keep_the_order_of_their_first_appearance() -> None:
    assert names_of([{"b": 1}, {"a": 1, "b": 2}]) == ["b", "a"]
    assert names_of([]) == []


def test_common_names_are_those_of_half() -> None:
    assert common_names([{"a": 1, "b": 1}, {"a": 1}, {"a": 1, "c": 1}, {"c": 2}]) == ["a", "c"]


def test_every_basic_preset_is_shown_whole() -> None:
    assert max(len(preset(family)) for family in PRESETS) <= MAX_SHOWN
    assert basic_names("dnn") == preset("dnn").names
    assert basic_names("my:build") == ()


def test_a_space_is_ordered_by_what_varies_and_what_is_basic() -> None:
    space = Space(
        (Categorical("fixed", (1,)), Float("rate", 0, 1), Categorical("optimizer", ("adam", "sgd")))
    )
    assert varying_first(space, "dnn") == ["optimizer", "rate", "fixed"]
    assert varying_first(space, "my:build") == ["rate", "optimizer", "fixed"]
