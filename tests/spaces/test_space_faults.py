"""Files that are no space: every fault with its line, in one line."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from kerasweep.errors import SpaceError
from kerasweep.spaces import (
    read_space,
)

HEAD = "version: 2\nhyperparameters:\n"


def one(definition: str) -> str:
    return f"{HEAD}  optimizer:\n  a: {definition}\n"


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        ("{type: flaot, low: 0, high: 1}", "a: there is no type 'flaot'. Did you mean 'float'?"),
        ("{type: float, low: 2, high: 1}", "a: the range 2..1 is empty; the lower bound must be below the upper one."),
        ("{type: float, low: 1, high: 1}", "a: the range 1..1 is empty; the lower bound must be below the upper one."),
        ("{type: float, low: .nan, high: 1}", "a: a bound must be a finite number, got nan."),
        ("{type: float, low: 0, high: .inf}", "a: a bound must be a finite number, got inf."),
        ("{type: float, low: 0, high: 1" + "0" * 400 + "}", f"a: a bound must be a finite number, got 1{'0' * 400}."),
        ("{type: int, low: 0, high: 1" + "0" * 40 + "}", "a: the bound 1e+40 is too large for a study."),
        ("{type: float, low: [1], high: {b: 2}}", "a: a bound must be a finite number, got [1]."),
        ("{type: float, low: 0, high: 1, recommended: 2}", "a: the recommended value 2 lies outside 0..1."),
        ("{type: float, low: 0, high: 1, recommended: fast}", "a: the recommended value 'fast' lies outside 0..1."),
        ("{type: float, low: 0, high: 1, recommended: .nan}", "a: the recommended value nan lies outside 0..1."),
        ("{type: int, low: 0, high: 9, recommended: 1.5}", "a: the recommended value 1.5 lies outside 0..9."),
        ("{type: int, low: 0, high: 9, grid: [1, 10]}", "a: the grid value 10 lies outside 0..9."),
        ("{type: int, low: 0, high: 9, grid: [1, [2]]}", "a: the grid value [2] lies outside 0..9."),
        ("{type: int, low: 0, high: 9, confidence: sure}", "a: confidence must be low, medium or high, got 'sure'."),
        ("{type: int, low: 0, high: 9, meaning: [deep, {er: 1}]}", "a: meaning must be text, got ['deep', {'er': '1'}]."),
        ("{type: int, low: 0, high: 9, when: sgd}", "a: 'when' maps a hyperparameter to its values, for example {optimizer: [sgd]}."),
        ("{type: int, low: 0, high: 9, when: {optimzer: [sgd]}}", "a depends on optimzer, which is not in the space. Did you mean 'optimizer'?"),
        ("{type: int, low: 0, high: 9, when: {optimizer: [sdg]}}", "a has a condition that never holds: optimizer must be one of adam,sgd,"),
        ("{type: int, low: 0, high: 9, when: {optimizer: []}}", "a can never be active: no value of optimizer is named."),
        ("{type: int, low: 0, high: 9, when: {a: [1]}}", "a depends on itself."),
        ("{type: int, low: 0, high: 9, recommended_when: {value: 1}}", "a: 'recommended_when' is a list, for example"),
        ("{type: categorical, choices: []}", "a: needs at least one choice."),
        ("{type: categorical, choices: [2024-01-01]}", "a: a choice must be text, a number, true, false, none or a tuple of these, got datetime.date(2024, 1, 1)."),
        ("{type: float, lwo: 0, high: 1}", "a: there is no key 'lwo'. Did you mean 'low'?"),
        ("0.3", "there is no hyperparameter 'a' in the catalogue."),
        ("", "there is no hyperparameter 'a' in the catalogue."),
        ("{low: 1}", "there is no hyperparameter 'a' in the catalogue."),
    ],
)  # fmt: skip
def test_a_definition_that_is_wrong(faults, definition: str, message: str) -> None:
    told = faults(one(definition))
    assert told[0].startswith("line 4: ")
    assert told[0].removeprefix("line 4: ").startswith(message.replace("{'er': '1'}", "{'er': 1}"))


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("learning_rte: 0.1..0.2", "there is no hyperparameter 'learning_rte' in the catalogue. Did you mean 'learning_rate'?"),
        ("learning_rate: {low: 2}", "learning_rate: the range 2..1 is empty; the lower bound must be below the upper one."),
        ("learning_rate: 0.2..0.1", "learning_rate: the range 0.2..0.1 is empty; the lower bound must be below the upper one."),
        ("learning_rate: fast", "learning_rate must be a number, got 'fast'."),
        ("learning_rate: .inf", "inf is not a finite number for learning_rate."),
        ("learning_rate: {high: 0.1, recomended: 0.02}", "learning_rate: there is no key 'recomended'. Did you mean 'recommended'?"),
        ("optimizer: adan", "optimizer must be one of adam,sgd,"),
        ("optimizer: [adam, sdg]", "optimizer: there is no choice 'sdg'. Did you mean 'sgd'?"),
        ("optimizer: {choices: [adam, sdg]}", "optimizer: there is no choice 'sdg'. Did you mean 'sgd'?"),
        ("optimizer: {low: 1, high: 2}", "optimizer has the choices adam,sgd,"),
        ("learning_rate: {recommended_when: [{value: 0.1, when: {optimizer: sgd}}]}", "learning_rate depends on optimizer, which is not in the space."),
        ("ns_steps: {low: 1.5}", "ns_steps: a bound must be a whole number, got 1.5."),
        ("momentum: {when: {optimizer: sgd}}", "momentum depends on optimizer, which is not in the space."),
        ("learning_rate: ''", "learning_rate: a value is empty; write learning_rate=value."),
        ("learning_rate: []", "learning_rate: needs at least one choice."),
        ("nesterov: maybe", "nesterov must be one of false,true, got 'maybe'."),
    ],
)  # fmt: skip
def test_a_change_of_the_catalogue_that_is_wrong(faults, entry: str, message: str) -> None:
    (told,) = faults(f"{HEAD}  {entry}\n")
    assert told.startswith(f"line 3: {message}")


def test_every_fault_has_the_line_of_its_key(faults) -> None:
    assert faults(
        "version: 2\nhyperparametrs: {}\nhyperparameters:\n  width:\n    type: int\n    low: 1\n    high: 9\n"
        "    recommended: 10\n    confidence: sure\n    grid: [0]\n    step: 0\n  Width: {type: int, low: 1, high: 2}\n"
        "  depth: {type: int, low: 1, high: 2, when: {width: [3]}}\n  depth: {type: int, low: 1, high: 2}\n"
        "  c: {type: int, low: 1, high: 2, when: {wdith: [3]}}\n"
    ) == [
        "line 2: there is no key 'hyperparametrs'. Did you mean 'hyperparameters'?",
        "line 8: width: the recommended value 10 lies outside 1..9.",
        "line 9: width: confidence must be low, medium or high, got 'sure'.",
        "line 10: width: the grid value 0 lies outside 1..9.",
        "line 11: width: the step must be 1 or more, got 0.",
        "line 12: 'Width' is 'width' of line 4; keep one.",
        "line 14: 'depth' stands twice, first on line 13.",
        "line 15: c depends on wdith, which is not in the space. Did you mean 'width'?",
    ]


def test_conditions_that_no_configuration_meets(faults) -> None:
    number = "type: int, low: 1, high: 3"
    assert faults(
        HEAD
        + f"  a: {{{number}, when: {{b: [1]}}}}\n  b: {{{number}, when: {{c: [1]}}}}\n  c: {{{number}, when: {{a: [1]}}}}\n"
        "  optimizer: [adam, sgd]\n"
        "  inertia: {type: categorical, choices: [0.9], when: {optimizer: sgd}}\n"
        f"  never: {{{number}, when: {{optimizer: adam, inertia: 0.9}}}}\n"
        f"  below: {{{number}, when: {{never: 1}}}}\n"
        f"  told: {{{number}, recommended_when: [{{value: 2, when: {{inertia: 0.9, optimizer: adam}}}}]}}\n"
        "  rho:\n"
    ) == [
        "line 3: a depends on itself in a circle: a -> b -> c -> a.",
        "line 8: never can never be active: it wants optimizer adam and inertia wants optimizer sgd.",
        "line 10: told never recommends 2: it wants optimizer adam and inertia wants optimizer sgd.",
        "line 11: rho can never be active: it needs that optimizer is rmsprop or adadelta, which this space rules out.",
    ]


def test_children_of_what_could_not_be_read_are_not_faults(faults) -> None:
    assert (
        len(
            faults(
                HEAD
                + "  optimizer: adan\n  momentum:\n  a: {type: int, low: 1, high: 2, when: {optimizer: x}}\n"
            )
        )
        == 1
    )


def test_ancestors_that_cannot_be_chosen_for_all(faults) -> None:
    (told,) = faults(HEAD + "  momentum:\n  beta_1:\n")
    assert told.startswith("line 4: beta_1 is active where optimizer is adam or ")
    assert told.endswith("; add optimizer as well.")


BILLION = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join([f'*{chr(97 + i)}'] * 9)}]\n" for i in range(9)
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", " is empty; a space begins with 'version: 2' and 'hyperparameters:'."),
        ("# nothing\n", " is empty; a space begins with 'version: 2' and 'hyperparameters:'."),
        ("- a\n", " must hold keys and values; a space begins with 'version: 2' and 'hyperparameters:'."),
        ("adam", " must hold keys and values; a space begins with 'version: 2' and 'hyperparameters:'."),
        ("data: digits\nmodel: dnn\n", " line 1: this is no space; a space begins with 'version: 2' and 'hyperparameters:'."),
        ("space: {define: 3}\n", " line 1: this is no space; a space begins with"),
        (HEAD + "  a: {type: categorical, choices: [{? [b] : 1}]}\n", " line 3: not valid YAML: a key must be text."),
        ("version: 2\n", ": 'hyperparameters' lists names with their definitions."),
        ("version: 2\nhyperparameters: [a]\n", " line 2: 'hyperparameters' lists names with their definitions."),
        ("version: 3\nhyperparameters: {a: 1}\nmore: 1\n", " line 1: made by a newer Kerasweep (version 3; this one reads 2); update it."),
        ("version: two\nhyperparameters: {a: 1}\n", " line 1: version must be 2, got 'two'."),
        ("version: 0\nhyperparameters: {a: 1}\n", " line 1: version must be 2, got 0."),
        ("hyperparameters: {optimizer: }\n", ": there is no version; begin the file with 'version: 2'."),
        (HEAD + "\toptimizer:\n", " line 3: not valid YAML: found character '\\t' that cannot start any token."),
        (HEAD + "  a: {type: int\n", " line 4: not valid YAML: expected ',' or '}', but got '<stream end>'."),
        (HEAD + "  a: !!python/object:os.system {}\n", " line 3: not valid YAML: could not determine a constructor for the tag"),
        (HEAD + "  ? [a, b]\n  : 1\n", " line 3: not valid YAML: a key must be text."),
        (HEAD + "  a: &a {type: int, low: *a, high: 2}\n", " line 3: this value holds itself."),
        (HEAD + "  a: " + "[" * 3000, " is nested too deeply."),
        (BILLION, " stands for more than 200,000 values; it has too many anchors."),
        (b"\xff\xfea", " cannot be read: it is not UTF-8 text."),
        (b"version: 2\x00\n", " is not valid YAML: unacceptable character #x0000"),
        ("x" * 1_500_000, " has 1.5 MB; a specification or a space has 1 MB at most."),
    ],
)  # fmt: skip
def test_files_that_are_no_space(read, tmp_path: Path, text, message: str) -> None:
    with pytest.raises(SpaceError) as caught:
        read(text)
    (told,) = str(caught.value).splitlines()
    assert told.startswith(f"{tmp_path / 'space.yaml'}{message}")


def test_a_file_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(SpaceError, match=r"none\.yaml cannot be read: No such file or directory\.$"):
        read_space(tmp_path / "none.yaml")


def test_too_many_are_refused_in_seconds(faults) -> None:
    began = time.monotonic()
    (told,) = faults(HEAD + "".join(f"  h{i}: {{type: int, low: 1, high: 2}}\n" for i in range(10_000)))
    assert told == "line 2: 10,000 hyperparameters; a space has 500 at most."
    assert time.monotonic() - began < 60


def test_as_many_as_a_space_may_have(read) -> None:
    number = "type: int, low: 1, high: 2"
    entries = [f"  h{i}: {{{number}, when: {{h{i + 1}: 1}}}}\n" for i in range(499)]
    space = read(HEAD + "".join(entries) + f"  h499: {{{number}}}\n")
    assert space.names == tuple(f"h{i}" for i in range(499, -1, -1))


def test_many_faults_end_with_their_number(faults) -> None:
    told = faults(HEAD + "".join(f"  h{i}: 3\n" for i in range(70)))
    assert len(told) == 51
    assert told[-1].endswith(": and 20 more faults.")


DEFINED = "optimizer: {type: categorical, choices: [adam, sgd]}\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (DEFINED, "line 1: this is no space; a space begins with 'version: 2' and 'hyperparameters:'."),
        (f"space:\n  define:\n    {DEFINED}", "line 1: this is no space; a space begins with 'version: 2'"),
        (f"version: 1\n{DEFINED}", "line 1: a space of version 1 is not read; a space begins with 'version: 2'"),
        (f"version: 1\nhyperparameters:\n  {DEFINED}", "line 1: a space of version 1 is not read; a space begins"),
        (f"version: 3\nhyperparameters:\n  {DEFINED}", "line 1: made by a newer Kerasweep (version 3; this one reads 2)"),
    ],
)  # fmt: skip
def test_a_file_of_another_version_is_refused_in_one_line(faults, text: str, told: str) -> None:
    (line,) = faults(text)
    assert line.startswith(told)
