"""A space as a file of its own: what it may say, and the way back to text."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from kerasweep.spaces import (
    PRESETS,
    Categorical,
    Condition,
    Float,
    Int,
    Recommendation,
    Space,
    preset,
    read_space,
    space_text,
)
from kerasweep.spaces.catalogue import CATALOGUE, GROUPS
from space_strategies import spaces

HEAD = "version: 2\nhyperparameters:\n"


WRITTEN = """\
# yaml-language-server: $schema=space.schema.json
version: 2
hyperparameters:
  momentum: {low: 0.5, high: 0.99}     # before its parent: the order does not matter
  optimizer: {type: categorical, choices: [adam, sgd], recommended: adam}
  learning_rate:
    type: float
    low: 0.001
    high: 0.1
    log: true
    recommended: 0.001
    recommended_when: [{value: 0.02, when: {optimizer: [sgd]}}]
  nesterov:
  epsilon: 1e-9..1e-3:log
  amsgrad: yes
  층: {type: int, low: 1, high: 3}     # 한국어
"""


def test_a_file_as_people_write_it(read) -> None:
    space = read(WRITTEN)
    assert space.names == (
        "optimizer", "momentum", "learning_rate", "nesterov", "epsilon", "amsgrad", "층",
    )  # fmt: skip
    assert space["optimizer"] == Categorical("optimizer", ("adam", "sgd"))
    assert space["learning_rate"] == Float(
        "learning_rate",
        0.001,
        0.1,
        log=True,
        recommended=0.001,
        recommended_when=(Recommendation(0.02, (Condition("optimizer", ("sgd",)),)),),
    )
    momentum, entry = space["momentum"], CATALOGUE["momentum"].hyperparameter
    assert (momentum.low, momentum.high, momentum.meaning) == (0.5, 0.99, entry.meaning)
    assert momentum.conditions == (Condition("optimizer", ("sgd",)),), "narrowed to what this file lets it be"
    assert momentum.recommended_when == ()
    assert space["nesterov"].choices == (False, True)
    assert (space["epsilon"].low, space["epsilon"].high, space["epsilon"].recommended) == (1e-9, 1e-3, 1e-7)
    assert space["amsgrad"].choices == (True,)


def test_a_changed_entry_keeps_of_its_recommendations_what_still_fits(read) -> None:
    rate = read(HEAD + "  optimizer:\n  learning_rate: {low: 0.01, high: 0.1}\n")["learning_rate"]
    assert rate.log is True
    assert rate.recommended == pytest.approx(0.0316)
    assert {one.value for one in rate.recommended_when} == {0.02, 0.01}
    assert read(HEAD + "  learning_rate: {choices: [0.001, 0.01]}\n")["learning_rate"].choices == (
        0.001,
        0.01,
    )
    assert read(HEAD + "  ns_steps: 2..4\n").names == ("optimizer", "ns_steps")
    assert isinstance(read(HEAD + "  use_ema:\n  ema_momentum: 0.9\n")["ema_momentum"], Categorical)


def test_ancestors_that_the_file_leaves_out_are_fixed_so_that_their_children_are_active(read) -> None:
    space = read(HEAD + "  nesterov:\n  momentum:\n  weight_decay:\n")
    assert space["optimizer"].choices == ("sgd",)
    assert space["decay"].choices == (True,)
    assert set(space.recommended()) == {"optimizer", "nesterov", "momentum", "decay", "weight_decay"}


def test_recommendations_of_the_file_stay_where_the_catalogues_conditions_give_way(read) -> None:
    space = read(
        HEAD
        + "  optimizer: adam,sgd\n  momentum: {recommended_when: [{value: 0.5, when: {optimizer: sgd}}]}\n"
        "  nesterov: {}\n"
    )
    assert space["momentum"].recommended_when == (Recommendation(0.5, (Condition("optimizer", ("sgd",)),)),)
    assert space["nesterov"].conditions == space["momentum"].conditions


def test_a_word_that_yaml_or_the_command_line_takes_for_nothing_is_a_choice_where_it_is_one(read) -> None:
    assert read(HEAD + "  clipping: none\n")["clipping"].choices == ("none",)
    assert read(HEAD + "  clipping: none,norm\n")["clipping"].choices == ("none", "norm")


def test_anchors_and_merges(read) -> None:
    space = read(
        HEAD + "  a: &base {type: float, low: 0.1, high: 1, meaning: kept}\n  b: {<<: *base, high: 2}\n"
    )
    assert (space["b"].low, space["b"].high, space["b"].meaning) == (0.1, 2.0, "kept")


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + HEAD + "  a: {type: int, low: 1, high: 2}\n",
        HEAD + "  a: {type: int, low: 1, high: 2} # a\ttab\n",
        '{"$schema": "space.schema.json", "version": 2, "hyperparameters": {"a": {"type": "int", "low": 1, "high": 2}}}',
        HEAD.replace("\n", "\r\n") + "  a: {type: int, low: 1, high: 2}\r\n",
    ],
    ids=["byte order mark", "tab", "json", "windows"],
)
def test_forms_of_text(read, text: str) -> None:
    assert read(text) == Space((Int("a", 1, 2),))


@pytest.mark.parametrize("group", GROUPS)
def test_what_the_catalogue_shows_of_a_range_can_be_written(read, group: str) -> None:
    for entry in GROUPS[group]:
        shown = entry.hyperparameter
        made = read(f"{HEAD}  {shown.name}: '{shown.range_text()}'\n")[shown.name]
        assert (made.range_text(), made.recommended) == (shown.range_text(), shown.recommended)
        assert (
            read(f"{HEAD}  {shown.name}: {{recommended: {shown.recommended}}}\n")[shown.name]
            == read(f"{HEAD}  {shown.name}:\n")[shown.name]
        )


def test_names_are_taken_as_they_are_written(read) -> None:
    space = read(
        HEAD + "".join(f"  {name}: {{type: int, low: 1, high: 2}}\n" for name in ("on", "1", "1e-3", "~"))
    )
    assert space.names == ("on", "1", "1e-3", "~")


@settings(deadline=None)
@given(space=spaces())
def test_any_space_is_the_same_after_its_text(tmp_path_factory, space: Space) -> None:
    file = tmp_path_factory.getbasetemp() / "round.yaml"
    file.write_text(space_text(space), encoding="utf-8", newline="")
    assert read_space(file) == space
    assert space_text(read_space(file)) == space_text(space)


@pytest.mark.parametrize("family", PRESETS)
def test_presets_survive_their_text(read, family: str) -> None:
    assert read(space_text(preset(family))) == preset(family)


def test_text_that_people_like_to_edit(read) -> None:
    text = space_text(read(WRITTEN))
    assert text.startswith("# yaml-language-server: $schema=space.schema.json\n")
    assert text.count("\n\n") == 6, "an empty line between two hyperparameters"
    assert "    choices: [adam, sgd]\n" in text
    assert "    recommended_when:\n      - {value: 0.02, when: {optimizer: [sgd]}}\n" in text
    assert "    advice: >-\n      Steps oscillate: lower it." in text
    assert "grid" not in text, "a grid that follows from the range is left to it"
    assert max(map(len, text.splitlines())) <= 115


def test_nothing_is_written_as_a_value_too() -> None:
    assert "    recommended: null\n" in space_text(Space((Categorical("a", (1, None), recommended=None),)))


def test_the_readme_shows_a_space_that_can_be_read(read) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    shown = next(block for block in readme.split("```yaml\n")[1:] if block.startswith("version: 2"))
    assert read(shown.partition("```")[0]).names == (
        "optimizer",
        "learning_rate",
        "momentum",
        "nesterov",
        "width",
        "depth_scale",
    )
