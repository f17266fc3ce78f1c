"""Earlier studies become the prior of a new one: what they tell, what is made of it, and what cannot be learned from."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import kerasweep as ks
import numpy as np
import optuna
import pytest
from kerasweep.errors import SpaceError, SpecError, StudyError
from kerasweep.search.learning import STARTS, learn, learned_space
from kerasweep.search.lessons import LAST, Lesson, fitted, likeness, read_lesson, read_lessons, win_rates
from kerasweep.search.planning import make_plan
from kerasweep.search.spec import make_spec
from kerasweep.search.spec_comparison import differences
from kerasweep.spaces import (
    Categorical,
    Condition,
    Float,
    Int,
    Recommendation,
    Space,
    preset,
    read_space,
    space_text,
    space_to_dict,
)
from kerasweep.studies import StudyRecord, read_study
from kerasweep.studies.lifecycle import create_study, delete_study

DATA = {"name": "digits", "task": "classification", "kind": "image", "rows": 1000, "fingerprint": "a"}


SPACE = Space(
    (
        Categorical("optimizer", ("adam", "sgd")),
        Float("momentum", 0.0, 0.9, conditions=(Condition("optimizer", ("sgd",)),)),
        Float("learning_rate", 0.001, 1.0, log=True, recommended=0.02, confidence="low"),
        Int("units", 8, 64, log=True),
    )
)


@pytest.fixture
def studied(lab, fake):
    """A study by halving: trials that were trained whole, trials that were stopped, and some that diverged."""
    made = lab(method="random", scheduler="asha", trials=40, epochs=9, space=SPACE)
    made.run(fake(epochs=9, fails=lambda one: "diverged" if one["learning_rate"] > 0.5 else None))
    assert set(made.states()) == {"C", "P", "F"}
    return made


def made(
    url: str, trials: list[tuple[dict, float]], distributions: dict, name: str = "foreign", **more
) -> str:
    """A study that Optuna alone has made."""
    study = optuna.create_study(storage=url, study_name=name, **(more or {"direction": "maximize"}))
    for params, value in trials:
        study.add_trial(
            optuna.create_trial(
                params=params, distributions={key: distributions[key] for key in params}, value=value
            )
        )
    return name


def test_trials_are_compared_at_the_last_step_that_both_came_to() -> None:
    whole_good = {1: 0.1, 2: 0.5, LAST: 0.9}
    whole_bad = {1: 0.3, 2: 0.4, LAST: 0.5}
    stopped = {1: 0.2}
    diverged = {1: 0.9, LAST: math.nan}
    wins = win_rates([whole_good, whole_bad, stopped, diverged], "maximize")
    np.testing.assert_allclose(wins, [2 / 3, 2 / 3, 2 / 3, 0.0])
    np.testing.assert_allclose(
        win_rates([{LAST: 1.0}, {LAST: 1.0}, {LAST: 2.0}], "minimize"), [0.75, 0.75, 0.0]
    )


def test_alike_is_the_same_data_then_the_same_task_of_like_size() -> None:
    other = {**DATA, "name": "mnist", "fingerprint": "b"}
    alike = [
        likeness(DATA, DATA),
        likeness(other, DATA),
        likeness({**other, "rows": 5_000}, DATA),
        likeness({**other, "kind": "table"}, DATA),
        likeness({**other, "kind": "table", "task": "regression"}, DATA),
    ]
    assert alike[0] == 1.0
    assert alike == sorted(alike, reverse=True)
    assert len(set(alike)) == len(alike)
    assert 0 < likeness({}, DATA) < alike[1]


def test_a_configuration_of_another_space_is_fitted() -> None:
    assert fitted(SPACE, {"optimizer": "adam", "learning_rate": 0.1, "foreign": 3}) == {
        "optimizer": "adam",
        "learning_rate": 0.1,
        "units": SPACE["units"].recommended,
    }
    assert fitted(SPACE, {"optimizer": "adam", "learning_rate": 7.0}) is None
    assert fitted(Space((Categorical("units", (16,)), SPACE["learning_rate"])), {"units": 64}) == {
        "units": 16,
        "learning_rate": 0.02,
    }


def test_a_number_between_two_choices_is_the_nearest_and_a_word_may_be_spelled_otherwise() -> None:
    space = Space(
        (
            Categorical("optimizer", ("adam", "sgd")),
            Categorical("batch_size", (16, 32, 100)),
            Int("n", 8, 64, step=8),
        )
    )
    found = fitted(space, {"optimizer": "SGD", "batch_size": 60, "n": 17})
    assert found == {"optimizer": "sgd", "batch_size": 32, "n": 16}
    for outside in ({"batch_size": 200}, {"n": 7}, {"optimizer": "lion"}):
        assert fitted(space, outside) is None


def test_a_grid_has_the_learned_value_in_the_place_of_the_old_one() -> None:
    one = Float("rate", 0.001, 1.0, log=True, recommended=0.01, grid=(0.01, 0.1))
    study = StudyRecord("one", "", 1, "maximize", {}, {}, {}, {}, {})
    lesson = Lesson(study, ({"rate": 0.02}, {"rate": 0.5}), np.array([1.0, 0.0]), frozenset({"rate"}), 1.0)
    assert learn(Space((one,)), [lesson]).space["rate"].grid == (0.02, 0.1)


def test_the_best_configuration_becomes_the_recommended_one(studied) -> None:
    lesson = read_lesson(studied.read(), SPACE)
    assert len(lesson.configurations) == 40
    assert (lesson.wins.min() < 0.1, lesson.wins.max()) == (True, 1.0)  # what diverged loses to all else
    learned = learn(SPACE, [lesson])
    recommended = learned.space.recommended()
    best = max(
        (trial for trial in studied.load().trials if trial.state.name == "COMPLETE"),
        key=lambda one: one.value,
    )
    assert recommended["learning_rate"] == pytest.approx(best.params["learning_rate"], rel=0.005)
    assert recommended["optimizer"] == best.params["optimizer"]
    assert recommended["units"] == best.params["units"]
    assert "of 40 trials of study" in learned.space["learning_rate"].source
    assert learned.space["learning_rate"].confidence == "medium"  # the score depends on it
    assert learned.space["units"].confidence == SPACE["units"].confidence
    assert learned.notes[0].startswith("learned from study (40 trials): ")
    assert "(was 0.02)" in learned.notes[0]


def test_names_that_mean_the_same_are_one_and_what_is_not_told_of_is_said(tmp_path: Path) -> None:
    """A function's ``lr`` is a family's ``learning_rate``; of two ``units`` none is."""
    distributions = {
        "lr": optuna.distributions.FloatDistribution(1e-3, 1.0, log=True),
        **{f"units_{layer}": optuna.distributions.IntDistribution(8, 64) for layer in range(2)},
        "opt": optuna.distributions.CategoricalDistribution(("adam", "sgd")),
    }
    rates = np.geomspace(0.002, 0.8, 12)
    trials = [
        ({"lr": rate, "units_0": 8, "units_1": 9, "opt": "sgd"}, -abs(rate - rates[8])) for rate in rates
    ]
    url = f"sqlite:///{tmp_path / 'kerasweep.db'}"
    made(url, trials, distributions)
    (lesson,) = read_lessons([read_study("foreign", url)], SPACE)
    assert lesson.names == {"learning_rate", "optimizer"}
    learned = learn(SPACE, [lesson])
    assert learned.space.recommended()["learning_rate"] == pytest.approx(rates[8], rel=0.005)
    told = "foreign (12 trials, of 'optimizer', 'learning_rate' alone of 4 hyperparameters)"
    assert learned.notes[0].startswith(f"learned from {told}: optimizer sgd (was adam)")


def test_what_is_learned_is_a_space_file(studied, tmp_path: Path) -> None:
    learned = learned_space([studied.read()], SPACE)
    file = tmp_path / "preset.yaml"
    file.write_text(space_text(learned.space, learned.notes), encoding="utf-8")
    assert read_space(file) == learned.space
    assert file.read_text(encoding="utf-8").startswith("# learned from study (40 trials): ")


def test_of_data_unlike_less_is_believed(studied) -> None:
    alike = read_lesson(studied.read(), SPACE)
    unlike = read_lesson(studied.read(), SPACE, DATA)
    assert (alike.likeness, unlike.likeness) == (1.0, 0.125)
    assert unlike.weight < alike.weight
    assert learn(SPACE, [unlike]).space["learning_rate"].confidence == "low"


def test_a_recommendation_of_the_branch_is_replaced_and_others_stay(tmp_path: Path) -> None:
    sgd = Condition("optimizer", ("sgd",))
    space = Space(
        (
            Categorical("optimizer", ("adam", "sgd")),
            Float(
                "learning_rate",
                1e-4,
                1.0,
                log=True,
                recommended=0.001,
                recommended_when=(Recommendation(0.05, (sgd,)),),
            ),
        )
    )
    distributions = {
        "optimizer": optuna.distributions.CategoricalDistribution(["adam", "sgd"]),
        "learning_rate": optuna.distributions.FloatDistribution(1e-4, 1.0, log=True),
    }
    url = f"sqlite:///{tmp_path}/foreign.db"
    good, bad = {"optimizer": "sgd", "learning_rate": 0.2}, {"optimizer": "adam", "learning_rate": 0.01}
    made(url, [(good, 0.9), (bad, 0.5)], distributions)
    learned = learned_space([read_study("foreign", url)], space).space
    assert learned.recommended() == good
    assert learned["learning_rate"].recommended_for({"optimizer": "adam"}) == 0.001


def test_several_studies_are_weighed_together(tmp_path: Path) -> None:
    space = Space((Float("x", 0.0, 1.0), Categorical("y", ("a", "b"))))
    distributions = {
        "x": optuna.distributions.FloatDistribution(0.0, 1.0),
        "y": optuna.distributions.CategoricalDistribution(["a", "b"]),
    }
    places, url = np.linspace(0.02, 0.98, 25), f"sqlite:///{tmp_path}/foreign.db"
    for name, peak in (("one", 0.3), ("two", 0.5)):
        scored = [({"x": float(x), "y": "a"}, -abs(x - peak)) for x in places]
        made(url, scored, distributions, name)
    made(url, [({"x": 0.9, "y": "b"}, 1.0), ({"x": 0.1, "y": "b"}, 0.0)], distributions, "small")
    lessons = read_lessons([read_study(name, url) for name in ("one", "two", "small")], space)
    learned = learn(space, lessons).space
    assert 0.25 <= learned.recommended()["x"] <= 0.55  # two trials weigh less than twenty-five
    assert "of study" not in learned["x"].source
    assert [f"of {name}" in learned["x"].source for name in ("one", "two", "small")] == [True] * 3


def test_what_cannot_be_learned_from_is_refused_in_one_line(tmp_path: Path, studied) -> None:
    url = f"sqlite:///{tmp_path}/foreign.db"
    wide = {"learning_rate": optuna.distributions.FloatDistribution(1e-6, 100.0, log=True)}
    made(url, [({"learning_rate": 10.0}, 0.5), ({"learning_rate": 50.0}, 0.5)], wide, "outside")
    made(url, [({"learning_rate": 0.1}, 0.5)], wide, "single")
    made(url, [], wide, "empty")
    foreign = {"z": optuna.distributions.FloatDistribution(0, 1)}
    made(url, [({"z": 0.5}, 0.5), ({"z": 0.6}, 0.5)], foreign, "stranger")
    made(url, [], {}, "several", directions=["maximize", "minimize"])
    for name, message in (
        ("outside", "fewer than two trials whose values lie in this space"),
        ("single", "fewer than two trials with a score"),
        ("empty", "fewer than two trials with a score"),
        ("stranger", r"shares no hyperparameter with this space \(optimizer, momentum"),
        ("several", "several objectives"),
    ):
        with pytest.raises(StudyError, match=f"Nothing is learned from '{name}'.*{message}") as caught:
            read_lesson(read_study(name, url), SPACE)
        assert "\n" not in str(caught.value)
    with pytest.raises(StudyError, match="'outside' does not say its space"):
        learned_space([read_study("outside", url)])
    with pytest.raises(StudyError, match=r"There is no study 'stud'.*study"):
        ks.learn("stud", storage=studied.url)
    with pytest.raises(SpecError, match="Name the studies"):
        ks.learn()


@pytest.mark.parametrize(("method", "scheduler"), [("knowhow", "knowhow"), ("bayes", "median")])
def test_a_search_begins_with_its_starts_and_goes_on_with_them(
    lab, fake, tmp_path: Path, method, scheduler
) -> None:
    learned = [SPACE.sample(np.random.default_rng(seed)) for seed in range(3)]
    settings = {
        "method": method,
        "scheduler": scheduler,
        "space": SPACE,
        "starts": (SPACE.recommended(), *learned),
    }
    whole = lab(**settings)
    whole.run(fake())
    trials = 1 + 3 + len(learned)
    begun = [trial.params for trial in whole.load().trials[:trials]]
    assert begun[0] == SPACE.recommended()
    first = (
        4 if method == "knowhow" else 1
    )  # it judges the recommended values before it follows what else is recommended
    assert begun[first : first + 3] == learned
    parts = replace(whole.copy(tmp_path / "parts", tmp_path / "none"), trials=2)
    parts.run(fake())
    resumed = replace(parts, trials=whole.trials)
    resumed.run(fake())
    assert [trial.params for trial in resumed.load().trials[:trials]] == begun


def test_a_specification_may_say_where_to_begin() -> None:
    given = {"data": {"source": "digits", "limit": 100}, "model": "dnn"}
    own = {**preset("dnn").recommended(), "units": 20}
    plan = make_plan(make_spec({**given, "space": {"starts": [own]}}))
    assert plan.starts == (own,)
    assert make_plan(make_spec(plan.spec.as_dict())).starts == (own,)
    with pytest.raises(SpaceError, match="units must be"):
        make_plan(make_spec({**given, "space": {"starts": [{**own, "units": 7000}]}}))
    with pytest.raises(SpecError, match="grid has an order of its own"):
        make_plan(make_spec({**given, "search": "grid", "space": {"starts": [own]}}))


def test_a_sweep_learns_from_studies_and_needs_them_no_more(tmp_path: Path, kerasweep) -> None:
    url, space = f"sqlite:///{tmp_path}/kerasweep.db", preset("dnn")
    about = {"metric": "val_accuracy", "data": DATA}
    spec = {"model": "dnn", "space": {"define": space_to_dict(space)}}
    with create_study(url, "earlier", "maximize", spec, about):
        pass
    study = optuna.load_study(study_name="earlier", storage=url)
    generator = np.random.default_rng(0)
    for configuration in [space.sample(generator) for _ in range(12)]:
        distributions = {name: ks.spaces.optuna.distribution_of(space[name]) for name in configuration}
        study.add_trial(
            optuna.create_trial(
                params=configuration, distributions=distributions, value=-abs(configuration["dropout"] - 0.4)
            )
        )
    given = {"limit": 100, "epochs": 1, "folds": 2, "storage": url}
    plan = ks.plan_sweep("digits", "dnn", learn_from="earlier", **given)
    best = study.best_params
    assert plan.space.recommended()["dropout"] == pytest.approx(best["dropout"], rel=0.005)
    assert plan.space.recommended()["units"] == best["units"]
    assert any(note.startswith("learned from earlier (12 trials") for note in plan.decisions)
    assert plan.spec.space.learn_from == []
    assert plan.starts[0] == preset("dnn", kind="image").recommended()
    assert len(plan.starts) == STARTS
    assert "begins with the recommended configuration and 4 further ones" in plan.decisions
    again = ks.plan_sweep("digits", "dnn", learn_from=[ks.load("earlier", storage=url)], **given)
    assert differences(plan.spec.as_dict(), again.spec) == []
    grid = ks.plan_sweep("digits", "dnn", learn_from="earlier", search="grid", **given)
    assert (grid.starts, grid.space) == ((), plan.space)
    kerasweep("learn", "earlier", "--storage", url, "-o", "preset.yaml", cwd=tmp_path)
    found = ks.plan_sweep("digits", "dnn", space=tmp_path / "preset.yaml", **given)
    assert found.space.recommended() == plan.space.recommended()
    delete_study(ks.load("earlier", storage=url).record)
    assert make_plan(make_spec(plan.spec.as_dict()), storage=url).space == plan.space
