"""What is searched from an earlier study on: its space, started at its winner, or only what mattered most in it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import kerasweep as ks
import pytest
from kerasweep.errors import SpecError, StudyError
from kerasweep.search.earlier_study import FEWEST_TRIALS, find_earlier, notes_on
from kerasweep.search.spec import SpaceSpec, make_spec, space_part
from kerasweep.spaces import Categorical, Condition, Float, Int, Recommendation, Space, preset
from kerasweep.spaces.keras_tuner import with_epochs
from kerasweep.studies import best_trial, read_study
from kerasweep.studies.connections import open_optuna
from kerasweep.studies.importance import trials_by_rank
from kerasweep.studies.lifecycle import drive_study
from synthetic import make_study

SPACE = Space(
    (
        Categorical("optimizer", ("sgd", "adam", "rmsprop")),
        Float(
            "learning_rate",
            0.001,
            0.1,
            log=True,
            recommended=0.01,
            recommended_when=(Recommendation(0.05, (Condition("optimizer", ("sgd",)),)),),
        ),
        Float("momentum", 0.0, 0.9, conditions=(Condition("optimizer", ("sgd", "rmsprop")),)),
        Int("units", 8, 64, log=True),
        Categorical("activation", ("relu",)),
    )
)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    storage = f"sqlite:///{tmp_path_factory.mktemp('earlier') / 'studies.db'}"
    make_study(storage, "conditional", space=SPACE, trials=40, refit=False)
    make_study(storage, "dnn", trials=24, refit=False, prune=False)
    make_study(storage, "few", trials=6, refit=False)
    make_study(
        storage,
        "hyperband",
        space=with_epochs(SPACE, 9),
        trials=20,
        refit=False,
        spec=_method("kt-hyperband"),
    )
    make_study(storage, "foreign", trials=12, refit=False, spec={"space": {}})
    make_study(storage, "pruned", space=SPACE, trials=15, refit=False, spec={"study": "pruned"})
    make_study(storage, "failed", trials=0, refit=False)
    return storage


def _method(name: str) -> dict:
    return {"search": {"method": name}}


def earlier(url: str, study: str, top: int | None = None, model: str = "dnn"):
    return find_earlier(SpaceSpec(from_study=study, top=top), model, url)


@pytest.mark.parametrize("study", ["conditional", "dnn", "hyperband"])
def test_the_start_is_the_winner(url: str, study: str) -> None:
    found = earlier(url, study)
    winner = best_trial(read_study(study, url))
    configuration = {name: value for name, value in winner.configuration.items() if name != "epochs"}
    assert found.space.recommended() == configuration
    assert "epochs" not in found.space
    assert found.space["learning_rate"].source == f"winner of '{study}', trial {winner.number}"
    assert (found.space["learning_rate"].low, found.space["learning_rate"].high) == (
        0.001,
        0.1,
    ) or study == "dnn"
    assert notes_on(found, found.fingerprint) == (
        f"the start is the winner of '{study}', trial {winner.number}",
    )
    assert notes_on(found, "other")[0].endswith(" (a study of other data)")


@pytest.mark.parametrize("top", [1, 2, 3])
def test_only_what_mattered_most_is_free(url: str, top: int) -> None:
    from kerasweep.reports.view import load_view

    found = earlier(url, "dnn", top)
    study = read_study("dnn", url)
    shares = load_view(study).shares
    winner = best_trial(study)
    free = [one.name for one in found.space if one.cardinality > 1]
    assert sorted(free) == sorted(list(shares)[:top])
    assert found.space.recommended() == winner.configuration
    assert all(
        one.choices == (winner.configuration[one.name],) for one in found.space if one.name not in free
    )
    first = next(iter(shares))
    assert f"searches {top} of the {len(preset('dnn'))} hyperparameters of 'dnn', those that" in found.note
    assert f"{first} {shares[first]:.0%}" in found.note
    assert found.note.endswith(f"fixed at its winner, trial {winner.number}")


def test_what_can_never_be_active_is_not_among_them(url: str) -> None:
    found = earlier(url, "conditional", 2)
    winner = best_trial(read_study("conditional", url)).configuration
    free = {one.name for one in found.space if one.cardinality > 1}
    assert len(free) == 2
    assert "activation" not in free, "it has a single choice"
    assert ("momentum" in free) <= ("momentum" in winner or "optimizer" in free)
    for configuration in (found.space.recommended(), found.space.from_unit([0.1] * len(found.space))):
        assert found.space.check(configuration) == configuration


def test_a_study_of_few_whole_trials_ranks_by_how_far_they_came(url: str) -> None:
    study = read_study("pruned", url)
    assert study.counts["complete"] < FEWEST_TRIALS <= study.counts["complete"] + study.counts["pruned"]
    found = earlier(url, "pruned", 2)
    assert "those that set its best trials apart most, by how far 1" in found.note
    assert len([one for one in found.space if one.cardinality > 1]) == 2
    ranks = {str(trial.params): trial.value for trial in trials_by_rank(open_optuna(study)).trials}
    of_each = {"COMPLETE": [], "PRUNED": []}
    for trial in open_optuna(study).trials:
        if trial.state.name in of_each:
            of_each[trial.state.name].append(ranks[str(trial.params)])
    assert min(of_each["COMPLETE"]) > max(of_each["PRUNED"])
    assert ranks[str(dict(best_trial(study).configuration))] == max(ranks.values())


def test_a_study_of_small_changes_ranks_by_them(url: str, tmp_path: Path) -> None:
    storage = f"sqlite:///{tmp_path / 's.db'}"
    start = SPACE.recommended()
    study = make_study(storage, "small", space=SPACE, trials=1, refit=False, spec=_method("sensitivity"))
    with drive_study(study) as writer:
        scores = writer.trials()[0].user_attrs["kerasweep:result"]["fold_scores"]
        for name, value, by in (
            ("units", 32, 0.02),
            ("learning_rate", 0.07, 0.001),
            ("optimizer", "adam", 0.01),
        ):
            trial = writer.new_trial(SPACE.changed(start, name, value))
            SPACE.suggest(trial)
            moved = [score - by for score in scores]
            writer.finish(trial, sum(moved) / len(moved), {"fold_scores": moved, "seed": 0}, {})
    found = earlier(storage, "small", 2)
    assert [one.name for one in found.space if one.cardinality > 1] == ["optimizer", "units"]
    assert "those that move the score most by a small change: units -0.0200" in found.note


@pytest.mark.parametrize(
    ("study", "top", "model", "message"),
    [
        ("dmn", 2, "dnn", "There is no study 'dmn' in /"),
        (
            "dnn",
            2,
            "cnn",
            "The study 'dnn' searched dnn, not cnn: name a study of the same model with --from.",
        ),
        ("dnn", 99, "dnn", "top:99 is more than there are: 'dnn' tells "),
        ("few", 2, "dnn", "The study 'few' has "),
        ("foreign", 2, "dnn", "The study 'foreign' does not say which space it searched."),
        ("failed", None, "dnn", "The study 'failed' has no complete trial yet (0 ended)."),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(url: str, study: str, top, model: str, message: str) -> None:
    with pytest.raises((SpecError, StudyError)) as caught:
        earlier(url, study, top, model)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("space", "search", "message"),
    [
        (
            {"top": "top:0", "from_study": "dnn"},
            "bayes",
            "space.top: must say how many hyperparameters, one or more",
        ),
        (
            {"top": "top:x", "from_study": "dnn"},
            "bayes",
            "space.top: must say how many hyperparameters, one or more",
        ),
        ({"top": "top:8"}, "bayes", "space: top is of an earlier study: name it with from_study"),
        (
            {"from_study": "dnn"},
            "bayes",
            "an earlier study (--from) is for --search sensitivity, which starts",
        ),
        (
            {"from_study": "dnn", "learn_from": ["few"]},
            "sensitivity",
            "space: learn_from would move the start away from the winner of from_study; keep one",
        ),
        (
            {"from_study": "dnn", "preset": "full"},
            "sensitivity",
            "space: preset and from_study exclude each other",
        ),
    ],
)
def test_a_specification_that_asks_for_nothing(space: dict, search: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        make_spec({"data": "digits", "model": "dnn", "space": space, "search": search})
    assert str(caught.value).startswith(message)


def test_words_of_the_command_line() -> None:
    assert space_part("top:8") == {"top": "top:8"}
    assert SpaceSpec(top="top:8", from_study="x").top == SpaceSpec(top=8, from_study="x").top == 8
    written = make_spec({"data": "digits", "model": "dnn"}).as_dict()
    assert make_spec(written).space == SpaceSpec()


@pytest.mark.trains
def test_a_plan_says_which_and_why_and_stands_alone(url: str) -> None:
    plan = ks.plan_sweep("digits", "dnn", space="top:2", from_study="dnn", storage=url, limit=100, folds=2)
    assert len([one for one in plan.space if one.cardinality > 1]) == 2
    assert plan.hints[0].startswith(
        "searches 2 of the 8 hyperparameters of 'dnn', those that set its best trials apart"
    )
    assert plan.hints[0].endswith("(a study of other data)")
    assert plan.spec.space.from_study is None, "the space is written out"
    again = replace(plan, spec=make_spec(plan.spec.as_dict()))
    assert again.spec == plan.spec
    small = ks.plan_sweep(
        "digits",
        "dnn",
        search="sensitivity",
        from_study=ks.load("dnn", storage=url),
        storage=url,
        set={"units": "8..9"},
    )
    assert small.space["units"].range_text() == "8..9"
    assert small.spec.search.scheduler == "none"
    assert small.spec.search.trials is None
