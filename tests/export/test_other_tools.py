"""A trial in the words of KerasTuner and Optuna, read back by both of them."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import optuna
import pytest
from kerasweep.errors import SpaceError, StudyError
from kerasweep.export.other_tools import to_keras_tuner, to_optuna
from kerasweep.spaces import (
    Categorical,
    Condition,
    Float,
    Int,
    Space,
    preset,
    space_from_keras_tuner,
    space_to_dict,
)
from kerasweep.studies import StudyRecord, TrialRecord
from optuna.distributions import json_to_distribution

if TYPE_CHECKING:
    from collections.abc import Callable

SGD = Condition("최적화", ("sgd",))
OWN = Space(
    (
        Categorical("최적화", ("adam", "sgd"), recommended="sgd"),
        Float("momentum", 0.5, 0.99, recommended=0.9, conditions=(SGD,)),
        Categorical("nesterov", (False, True), conditions=(SGD,)),
        Int("units", 8, 64, step=8),
        Int("width", 8, 64, log=True),
        Categorical("size", (3, 5)),
        Categorical("only", ("one",)),
    )
)
TUPLES = Space((Categorical("kernel", ((3, 3), (5, 5))), Categorical("bound", (None, 1.0))))
SPACES = {"own": OWN, "dnn": preset("dnn"), "cnn": preset("cnn", "full"), "text": preset("text", "standard")}


def study_and_trial(
    record_of: Callable[..., StudyRecord], space: Space, **more: Any
) -> tuple[StudyRecord, TrialRecord]:
    spec = {"study": "s", "model": "dnn", "space": {"define": space_to_dict(space)}}
    trial = TrialRecord(
        3, "complete", space.recommended(), **{"value": 0.9, "fold_scores": (0.8, 1.0), **more}
    )
    return record_of(spec, {"metric": "val_accuracy"}), trial


@pytest.mark.trains  # imports TensorFlow
@pytest.mark.parametrize("name", SPACES)
def test_keras_tuner_has_the_space_its_conditions_and_the_values(
    name: str, record_of: Callable[..., StudyRecord]
) -> None:
    from kerasweep.training.quiet import import_tensorflow

    import_tensorflow()
    import keras_tuner

    space = SPACES[name]
    study, trial = study_and_trial(record_of, space)
    hp = keras_tuner.HyperParameters.from_config(json.loads(to_keras_tuner(study, trial)))
    assert hp.values == trial.configuration
    assert list(map(type, hp.values.values())) == list(map(type, trial.configuration.values()))
    again = space_from_keras_tuner(hp)
    assert [one.name for one in again] == [one.name for one in space]
    for theirs, ours in zip(again, space, strict=True):
        assert sorted(theirs.range_text().split(",")) == sorted(ours.range_text().split(","))
        assert [condition.parent for condition in theirs.conditions] == [
            one.parent for one in ours.conditions
        ]
        assert hp.is_active(theirs.name) == (theirs.name in trial.configuration)
    if name == "own":
        assert again["momentum"].conditions == (SGD,)
        assert hp.Int("units", 8, 64, step=8) == trial.configuration["units"], "as a build function asks"
        with hp.conditional_scope("최적화", "sgd"):
            assert hp.Float("momentum", 0.5, 0.99) == 0.9


@pytest.mark.parametrize("name", [*SPACES, "tuples"])
def test_a_fresh_study_of_optuna_runs_the_trial(name: str, record_of: Callable[..., StudyRecord]) -> None:
    space = {**SPACES, "tuples": TUPLES}[name]
    study, trial = study_and_trial(record_of, space)
    found = json.loads(to_optuna(study, trial))
    distributions = {
        name: json_to_distribution(json.dumps(one)) for name, one in found["distributions"].items()
    }
    theirs = optuna.create_study(directions=found["directions"])
    theirs.enqueue_trial(found["params"])
    assert theirs.ask(distributions).params == found["params"]
    given = {"params": found["params"], "distributions": distributions, "values": found["values"]}
    theirs.add_trial(optuna.trial.create_trial(**given))
    assert theirs.best_value == 0.9
    if name == "tuples":
        assert found["params"] == {"kernel": "(3, 3)", "bound": None}
    else:
        assert found["params"] == trial.configuration


def test_what_keras_tuner_cannot_say_is_named(record_of: Callable[..., StudyRecord]) -> None:
    with pytest.raises(SpaceError, match=r"^kernel: .* a tuple; .* bound: .* none; [^\n]*$"):
        to_keras_tuner(*study_and_trial(record_of, TUPLES))


@pytest.mark.parametrize("write", [to_keras_tuner, to_optuna])
def test_both_are_strict_json_of_any_study(
    write: Callable[..., str], record_of: Callable[..., StudyRecord]
) -> None:
    text = write(*study_and_trial(record_of, OWN, value=float("-inf"), fold_scores=(0.1, float("-inf"))))

    def refuse(word: str) -> None:
        raise AssertionError(word)

    assert json.loads(text, parse_constant=refuse)["provenance"]["fold_scores"] == [0.1, None]
    with pytest.raises(StudyError, match="'foreign' holds no space"):
        write(
            StudyRecord("foreign", "sqlite:///x.db", 1, "maximize", {}, {}, {}, {}, {}),
            TrialRecord(0, "complete", {}, 1.0),
        )


def test_neither_loads_tensorflow() -> None:
    code = "import sys, kerasweep.export.other_tools, optuna.distributions\nprint([m for m in ('tensorflow', 'keras', 'pandas') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
