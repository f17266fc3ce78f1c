"""KerasTuner's oracles, asked afresh for every trial."""

from __future__ import annotations

import contextlib
import math
import statistics
from pathlib import Path

import kerasweep as ks
import pytest
from kerasweep.errors import SpecError
from kerasweep.search.methods import make_proposer
from kerasweep.search.oracles.brackets import Brackets, hyperband_rounds, hyperband_trials
from kerasweep.search.oracles.encoding import Encoding
from kerasweep.search.proposers import ProposalRequest, SpaceExhausted, WaitForTrials
from kerasweep.spaces import (
    PRESETS,
    Categorical,
    Condition,
    Configuration,
    Float,
    Int,
    Recommendation,
    Space,
    configuration_key,
    preset,
)
from kerasweep.spaces.keras_tuner import with_epochs
from kerasweep.spaces.known_names import with_known_names
from kerasweep.studies import best_trials, read_trials
from kerasweep.studies.records import DUPLICATE
from kerasweep.training.goals import Goals, parse_constraint
from optuna.distributions import CategoricalDistribution
from optuna.trial import FrozenTrial, TrialState, create_trial

pytestmark = [pytest.mark.trains, pytest.mark.usefixtures("forked_workers")]  # imports TensorFlow
METHODS = ("kt-random", "kt-grid", "kt-bayes", "kt-hyperband")
AWKWARD = Space(
    (
        Categorical("decay", (None, 0.1, "cosine"), recommended="cosine"),
        Categorical("flag", (True, False)),
        Categorical("mixed", (1, "two"), conditions=(Condition("decay", (None, "cosine")),)),
        Float("rate", 0.001, 1.0, log=True, recommended=0.02),
        Int("units", 8, 64, log=True, conditions=(Condition("mixed", ("two",)),)),
        Int("step", 3, 20, step=5),
        Categorical("alone", (None,)),
    )
)
SPACE = Space((Float("learning_rate", 0.001, 1.0, log=True, recommended=0.02), Int("units", 8, 64, log=True)))
SMOOTH = Space((Float("x", -1.0, 1.0), Float("y", 0.001, 1.0, log=True), Int("n", 1, 50)))


def tried(number: int, configuration: Configuration, value: float | None, **attributes) -> FrozenTrial:
    """Return a trial as a study holds it."""
    states = {None: TrialState.RUNNING, math.inf: TrialState.FAIL}
    state = states.get(value, TrialState.COMPLETE)
    trial = create_trial(
        state=state,
        value=value if state == TrialState.COMPLETE else None,
        params=configuration,
        distributions={name: CategoricalDistribution([one]) for name, one in configuration.items()},
        user_attrs=attributes,
    )
    trial.number = number
    return trial


def search(method: str, space: Space, objective, trials: int, seed: int = 0, direction: str = "maximize"):
    """Run a search one trial at a time and return its trials."""
    epochs = 9
    if method == "kt-hyperband":
        space = with_epochs(space, epochs)
    found: list[FrozenTrial] = []
    for number in range(trials):
        proposer = make_proposer(method, space, seed, direction=direction, epochs=epochs)  # as after a kill
        seen = {configuration_key(trial.params) for trial in found}
        configuration = proposer.propose(ProposalRequest(number, seen, found.copy)).configuration
        assert space.check(configuration) == configuration
        assert list(configuration) == [name for name in space.names if name in configuration]
        attributes = {DUPLICATE: 0} if configuration_key(configuration) in seen else {}
        found.append(tried(number, configuration, objective(configuration), **attributes))
    return found


def wavy(configuration: Configuration) -> float:
    """Any objective; some of its configurations fail."""
    text = configuration_key(configuration)
    return math.inf if len(text) % 7 == 0 else math.sin(len(text)) + float(configuration.get("rate", 0.0))


@pytest.mark.parametrize("method", METHODS)
def test_every_proposal_lies_in_the_space_and_is_the_same_again(method: str) -> None:
    trials = 24 if method == "kt-bayes" else 40
    first = search(method, AWKWARD, wavy, trials, seed=5)
    again = search(method, AWKWARD, wavy, trials, seed=5)
    assert [trial.params for trial in first] == [trial.params for trial in again]
    if method != "kt-grid":  # whose last hyperparameters vary first
        assert {name for trial in first for name in trial.params} >= set(AWKWARD.names)
        other = search(method, AWKWARD, wavy, trials, seed=6)
        assert [trial.params for trial in first] != [trial.params for trial in other]
        repeated = [trial for trial in first if DUPLICATE in trial.user_attrs]
        assert len(repeated) <= (len(first) // 2 if method == "kt-bayes" else 0)


def test_the_encoding_goes_both_ways() -> None:
    encoding = Encoding(AWKWARD)
    for configuration in (
        {"decay": None, "flag": True, "mixed": "two", "rate": 0.5, "units": 9, "step": 8, "alone": None},
        {"decay": 0.1, "flag": False, "rate": 0.001, "step": 18, "alone": None},
    ):
        encoded = encoding.encode(configuration)
        assert encoding.space.check(encoded) == encoded
        assert encoding.decode(encoded) == configuration
    assert encoding.encode(AWKWARD.recommended()) == encoding.space.recommended()
    wide = encoding.decode(
        {"decay": "2", "flag": True, "mixed": "1", "rate": 1.0000000001, "units": 65, "step": 23, "alone": "0"}
    )  # fmt: skip
    assert (wide["rate"], wide["units"], wide["step"]) == (1.0, 64, 18)


def smooth(configuration: Configuration) -> float:
    """A function with one peak, at 0."""
    x, y, n = (float(configuration[name]) for name in ("x", "y", "n"))
    return -((x - 0.3) ** 2 + 0.3 * (math.log10(y) + 1) ** 2 + ((n - 20) / 50) ** 2)


def test_bayes_learns() -> None:
    """On a smooth function, the best of 11 trials, 6 of them random, is better than by chance."""
    plane = Space(tuple(one for one in SMOOTH if one.name != "n"))

    def best(method: str, seed: int) -> float:
        trials = search(method, plane, lambda configuration: smooth({**configuration, "n": 20}), 11, seed)
        return max(trial.value for trial in trials)

    bayes = statistics.fmean(best("kt-bayes", seed) for seed in range(3))
    chance = statistics.fmean(best("kt-random", seed) for seed in range(3))
    assert bayes > chance
    assert bayes > -0.02


@pytest.mark.parametrize("method", ["kt-bayes", "kt-hyperband"])
def test_what_is_minimized_is_maximized_upside_down(method: str) -> None:
    trials = 11  # the first nine are random
    up = search(method, SMOOTH, smooth, trials)
    down = search(method, SMOOTH, lambda configuration: -smooth(configuration), trials, direction="minimize")
    assert [trial.params for trial in up] == [trial.params for trial in down]
    wrong = search(method, SMOOTH, smooth, trials, direction="minimize")
    assert [trial.params for trial in up] != [trial.params for trial in wrong]


def test_running_and_failed_trials_are_told() -> None:
    """A trial that runs is not proposed again, and one that failed neither ends nor misleads the search."""
    space = Space((Categorical("a", ("x", "y", "z")), Int("b", 1, 2)))
    everything = list(space.configurations())
    for method in ("kt-random", "kt-bayes"):
        found = [
            tried(0, everything[0], 0.5),
            *(tried(number, everything[number], None) for number in (1, 2)),
            *(tried(number, everything[number], math.inf) for number in (3, 4)),
        ]
        seen = {configuration_key(trial.params) for trial in found}
        proposed = make_proposer(method, space, 0).propose(ProposalRequest(5, seen, found.copy))
        assert proposed.configuration == everything[5]


def test_a_trial_outside_of_the_space_is_passed_over() -> None:
    found = [tried(0, {"a": "w"}, 0.5), tried(1, {"b": 3}, 0.5)]
    proposed = make_proposer("kt-random", Space((Categorical("a", ("x",)),)), 0).propose(
        ProposalRequest(2, set(), found.copy)
    )
    assert proposed.configuration == {"a": "x"}


def test_the_grid_is_keras_tuners() -> None:
    import keras_tuner
    from kerasweep.spaces import space_to_keras_tuner

    space = Space(
        (
            Categorical("kind", ("a", "b"), recommended="b"),
            Int("units", 1, 3, recommended=2, conditions=(Condition("kind", ("a",)),)),
            Float("rate", 0.0, 1.0, recommended=0.5),
        )
    )
    proposer, seen = make_proposer("kt-grid", space, 0), set()
    found = []
    with contextlib.suppress(SpaceExhausted):
        while len(found) < 1000:
            found.append(proposer.propose(ProposalRequest(len(found), seen)).configuration)
            seen.add(configuration_key(found[-1]))
    rates = set(keras_tuner.engine.hyperparameters.Float("rate", 0.0, 1.0).values) | {0.5}
    assert len(found) == len(seen) == (1 + 3) * len(rates)
    assert found[0] == space.recommended()
    values = space_to_keras_tuner(space)
    assert values.get("kind") == "b"


OWN = Space(
    (
        Categorical("kind", ("a", "b"), recommended="b"),
        Float(
            "rate",
            0.0,
            1.0,
            recommended=0.5,
            recommended_when=(Recommendation(0.3, (Condition("kind", ("b",)),)),),
        ),
        Int("units", 1, 100, recommended=7, conditions=(Condition("kind", ("b",)),)),
    )
)


ASKED = with_known_names(
    Space(
        (
            Categorical("opt", ("SGD", "RMSprop")),
            Float("lr", 1e-4, 0.1, log=True, recommended=1e-4),
            Int("units_1", 32, 512, step=32, recommended=32),
            Categorical("dropout", (0.0, 0.2, 0.4)),
        )
    ),
    defaults=True,
).space
"""Of a function whose names the catalogue knows."""


@pytest.mark.parametrize(
    "method", [*METHODS, "grid", "random", "qmc", "bayes", "gp", "cmaes", "sensitivity", "knowhow"]
)
@pytest.mark.parametrize(
    "space",
    [*(preset(family, size) for family in PRESETS for size in ("basic", "standard")), OWN, ASKED],
    ids=lambda space: f"{len(space)} hyperparameters",
)
def test_every_search_begins_with_the_recommended_configuration(method: str, space: Space) -> None:
    searched = with_epochs(space, 9) if method == "kt-hyperband" else space
    first = make_proposer(method, searched, 0, epochs=9).propose(ProposalRequest(0, set())).configuration
    recommended = space.recommended()
    if method != "kt-hyperband":
        assert first == recommended
    else:
        assert {name: value for name, value in first.items() if name != "epochs"} == recommended


@pytest.mark.parametrize("epochs", [1, 2, 3, 4, 9, 20, 27, 100, 243])
def test_rounds_are_keras_tuners(epochs: int) -> None:
    from keras_tuner.oracles import HyperbandOracle

    oracle = HyperbandOracle(objective="val_loss", max_epochs=epochs, seed=1)
    brackets = hyperband_rounds(epochs)
    assert len(brackets) == oracle._get_num_brackets()
    for number, rounds in enumerate(brackets):
        assert len(rounds) == oracle._get_num_rounds(number)
        for position, round_ in enumerate(rounds):
            assert round_ == (oracle._get_size(number, position), oracle._get_epochs(number, position))


@pytest.mark.parametrize("capacity", [1, 3])
def test_hyperband(lab, fake, capacity: int) -> None:
    """Rounds have KerasTuner's sizes, and the best of each go on; then it begins again."""
    epochs, trials = 9, hyperband_trials(9)
    space = with_epochs(Space((Float("learning_rate", 0.001, 1.0, log=True), Int("units", 8, 64))), epochs)
    made = lab(method="kt-hyperband", space=space, trials=trials + 4, epochs=epochs)
    assert made.run(fake(capacity=capacity, epochs=epochs)) == "trials"
    found = read_trials(made.read())
    assert {trial.state for trial in found} == {"complete"}
    first, again = found[:trials], found[trials:]
    expected = sorted(
        round_.epochs for rounds in hyperband_rounds(epochs) for round_ in rounds for _ in range(round_.size)
    )
    assert sorted(trial.configuration["epochs"] for trial in first) == expected
    assert [trial.configuration["epochs"] for trial in again] == [1] * 4, "another iteration"
    assert all(trial.epochs_trained == trial.configuration["epochs"] for trial in found)
    assert found[0].configuration == {**space.recommended(), "epochs": 1}
    if capacity > 1:
        return  # who is best depends on who has ended
    brackets = Brackets(epochs)
    brackets.place(made.load().trials)
    assert brackets.placed == len(found)
    size = hyperband_rounds(epochs)[2][1].size
    ranked = sorted(brackets.opened[0][0], key=lambda place: -found[int(place[1])].value)
    assert {before for before, _ in brackets.opened[0][1]} == {name for _, name in ranked[:size]}


def test_hyperband_goes_on_after_a_kill_as_if_there_had_been_none(lab, fake, tmp_path) -> None:
    space = with_epochs(Space((Float("learning_rate", 0.001, 1.0, log=True), Int("units", 8, 64))), 4)
    whole = lab(method="kt-hyperband", space=space, trials=12, epochs=4)
    whole.run(fake(epochs=4))
    for trials in (3, 6, 9, 11):
        part = lab(method="kt-hyperband", space=space, trials=trials, epochs=4).copy(tmp_path / str(trials))
        part.file.unlink()
        part.run(fake(epochs=4))
        part.trials = 12
        part.run(fake(epochs=4))
        assert part.picture == whole.picture


def test_hyperband_waits_for_those_that_run() -> None:
    """At the end of an iteration no trial is begun whose round is not decided."""
    epochs = 3
    space = with_epochs(Space((Int("units", 1, 1000),)), epochs)
    proposer = make_proposer("kt-hyperband", space, 0, epochs=epochs)
    found: list[FrozenTrial] = []
    with contextlib.suppress(WaitForTrials):
        while len(found) < 100:
            seen = {configuration_key(trial.params) for trial in found}
            proposed = proposer.propose(ProposalRequest(len(found), seen, found.copy))
            found.append(tried(len(found), proposed.configuration, None))
    assert len(found) == sum(rounds[0].size for rounds in hyperband_rounds(epochs))
    failed = [tried(trial.number, trial.params, math.inf) for trial in found]
    new = proposer.propose(ProposalRequest(len(failed), set(), failed.copy))
    assert new.configuration["epochs"] == 1, "no winner will come: another iteration"


def test_hyperband_on_few_configurations_ends(lab, fake, finite) -> None:
    space = with_epochs(finite, 4)
    made = lab(method="kt-hyperband", space=space, trials=100, epochs=4)
    assert made.run(fake(epochs=4)) == "exhausted"
    tried_ = {
        configuration_key({name: value for name, value in trial.configuration.items() if name != "epochs"})
        for trial in read_trials(made.read())
    }
    assert len(tried_) == 9


@pytest.mark.parametrize("method", METHODS)
def test_what_breaks_a_constraint_counts_as_failed(lab, fake, method: str) -> None:
    goals = Goals(constraints=(parse_constraint("params<30"), parse_constraint("val_accuracy<0.6")))
    space = with_epochs(SPACE, 4) if method == "kt-hyperband" else SPACE
    made = lab(method=method, space=space, goals=goals, trials=8)
    made.run(fake(goals=goals))
    trials = read_trials(made.read())
    assert any(trial.broken for trial in trials)
    assert all(trial.feasible for trial in best_trials(made.read()))


@pytest.mark.parametrize("method", METHODS)
def test_a_sweep(method: str, tmp_path: Path) -> None:
    fixed = {name: preset("ann").recommended()[name] for name in ("batch_size", "units", "activation")}
    settings = {"limit": 200, "folds": 2, "epochs": 3, "verbose": 0, "search": method}
    settings["fix"] = fixed  # few programs to trace
    study = ks.launch("digits", "ann", trials=5, storage=tmp_path / "s.db", **settings)
    trials = read_trials(study.record)
    assert [trial.state for trial in trials].count("complete") + [trial.state for trial in trials].count(
        "pruned"
    ) == 5
    first = dict(trials[0].configuration)
    epochs = first.pop("epochs", None)
    assert first == preset("ann").recommended()
    assert epochs == (1 if method == "kt-hyperband" else None)
    expected = "median" if method in ("kt-random", "kt-bayes") else "none"
    assert study.record.spec["search"]["scheduler"] == expected
    if method == "kt-hyperband":
        assert [trial.epochs_trained for trial in trials] == [1, 1, 1, 3, 3]
        assert study.record.spec["space"]["define"]["epochs"]["high"] == 3
        again = study.resume(trials=6, verbose=0)
        assert len(again.trials) == 6


def test_what_hyperband_decides_cannot_be_set(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"^kt-hyperband decides the epochs of every trial itself; give the"):
        ks.plan_sweep("digits", "ann", search="kt-hyperband", fix={"epochs": 3})
    plan = ks.plan_sweep("digits", "ann", search="kt-hyperband", epochs=9)
    assert plan.budget.trials == hyperband_trials(9)
    assert ks.plan_sweep("digits", "ann", search="kt-hyperband", epochs=1).space["epochs"].choices == (1,)
