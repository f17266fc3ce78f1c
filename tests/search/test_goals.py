"""Sweeps with several objectives and with constraints, over an analytic objective."""

from __future__ import annotations

import pytest
from kerasweep.api import plan_sweep
from kerasweep.errors import SpecError
from kerasweep.search.spec import make_spec
from kerasweep.search.spec.searching import OF_SEVERAL
from kerasweep.studies import best_trials, read_trials
from kerasweep.training.goals import Goals, parse_constraint
from kerasweep.training.metrics import Objective

SEVERAL = Goals((Objective("params", "minimize"),))
SMALL = Goals(constraints=(parse_constraint("params<30"),))
GOOD = Goals(constraints=(parse_constraint("val_accuracy>=0.5"),))


class Killed(Exception):
    """The driver dies."""


@pytest.mark.parametrize("method", [one for one in OF_SEVERAL if one != "gp"])  # which needs PyTorch
@pytest.mark.parametrize(
    "goals", [SEVERAL, Goals(SEVERAL.further, SMALL.constraints)], ids=["free", "bounded"]
)
def test_a_search_for_a_front_goes_on_after_a_kill_as_if_never_interrupted(
    lab, fake, tmp_path, method, goals
) -> None:
    trials = 36 if method == "nsga2" else 20  # of which the first generation is drawn
    whole = lab(method=method, goals=goals, trials=trials, name="whole")
    whole.run()
    died = lab(method=method, goals=goals, trials=trials, name="died")

    def die(event: int) -> None:
        if event == (100 if method == "nsga2" else 33):
            raise Killed

    with pytest.raises(Killed):
        died.run(fake(goals=goals, before_event=die), killed=True)
    died.run()
    assert died.picture == whole.picture
    if method == "nsga2":
        studies = (died.load(), whole.load())
        kept = [study._storage.get_study_system_attrs(study._study_id) for study in studies]
        assert kept[0].keys() == kept[1].keys()
        assert any("parent" in key for key in kept[0]), "a generation has parents, which the study keeps"
    record = whole.read()
    optunas = {trial.number for trial in whole.load().best_trials}
    assert {trial.number for trial in best_trials(record, 100)} <= optunas
    assert optunas


@pytest.mark.parametrize(
    ("method", "scheduler"),
    [
        ("nsga2", "none"),
        ("random", "asha"),
        ("grid", "none"),
        ("qmc", "hyperband"),
        ("bayes", "median"),
        ("bayes", "knowhow"),
        ("cmaes", "none"),
        ("knowhow", "knowhow"),
    ],
)
@pytest.mark.parametrize("goals", [SMALL, GOOD], ids=["before", "after"])
def test_every_search_bears_constraints(lab, fake, method, scheduler, goals) -> None:
    made = lab(method=method, scheduler=scheduler, goals=goals, trials=12)
    executor = fake(goals=goals)
    made.run(executor)
    trials = read_trials(made.read())
    assert len(trials) >= 12
    best = best_trials(made.read(), 12)
    assert best
    assert all(trial.feasible for trial in best)
    assert best[0].value == made.load().best_trial.value
    if goals is SMALL:
        units = {task.number: task.configuration["units"] for task in executor.trained}
        assert all(trial.epochs_trained == 0 for trial in trials if units.get(trial.number, 0) >= 30)
        assert all(trial.measured["params"] < 30 for trial in best)


def test_samplers_learn_from_what_was_not_trained(lab, fake) -> None:
    tight = Goals(constraints=(parse_constraint("params<12"),))
    feasible = {}
    for method in ("bayes", "cmaes", "random"):
        made = lab(method=method, goals=tight, trials=40, name=method)
        made.run()
        feasible[method] = sum(trial.feasible for trial in read_trials(made.read()))
    assert feasible["bayes"] > 1.5 * feasible["random"]
    assert feasible["cmaes"] > 1.2 * feasible["random"]


def test_an_evolution_avoids_what_scores_well_and_breaks_a_constraint(lab, fake) -> None:
    goals = Goals(constraints=(parse_constraint("val_accuracy<=0.6"),))
    found = {}
    for name, asked in (("bound", goals), ("free", Goals())):
        made = lab(method="cmaes", goals=asked, trials=60, name=name)
        made.run()
        found[name] = [trial.value > 0.6 for trial in read_trials(made.read()) if trial.state == "complete"]
    assert sum(found["bound"][-30:]) < sum(found["free"][-30:])


def test_an_infeasible_trial_reaches_no_target(lab, fake) -> None:
    made = lab(method="random", goals=SMALL, trials=10)
    reason = made.run(target=-1.0)
    trials = read_trials(made.read())
    assert reason == "target"
    assert trials[-1].feasible
    assert not any(trial.feasible for trial in trials[:-1])


DATA = {"data": "digits", "model": "dnn"}


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            {"search": "knowhow"},
            "the search knowhow ranks trials by one objective; take bayes, nsga2, gp, random",
        ),
        ({"search": "kt-bayes"}, "the search kt-bayes ranks trials by one objective"),
        (
            {"search": {"scheduler": "median"}},
            "the scheduler median ranks trials by one objective; take none",
        ),
        ({"search": {"target": 0.9}}, "a target is a score of one objective"),
        ({"training": {"objective": "a,a"}}, "objective: names an objective twice"),
        (
            {"training": {"objective": "accuracy,params", "metric": "loss"}},
            "metric is another word for objective",
        ),
        ({"training": {"constraints": "params"}}, "'params' is no constraint; write it as params<100000"),
    ],
)
def test_what_cannot_be_together_is_refused(more: dict, message: str) -> None:
    spec = DATA | {"training": {"objective": "accuracy,params"}} | more
    with pytest.raises(SpecError, match=message):
        make_spec(spec)


def test_specifications_of_one_metric_are_read_as_before() -> None:
    old = make_spec(DATA | {"training": {"metric": "f1_macro"}})
    assert old.training.objective == "f1_macro"
    assert old.training.objectives == ("f1_macro",)
    several = make_spec(
        DATA | {"training": {"objective": "accuracy, params", "constraints": ["params < 1e5"]}}
    )
    assert several.training.objectives == ("accuracy", "params")
    assert several.training.constraints == ["params<100000"]
    assert make_spec(several.as_dict()) == several


def test_the_metric_that_scores_epochs_comes_first_whatever_the_order() -> None:
    plan = plan_sweep("digits", "ann", objective="params,accuracy", constraint="loss<3", epochs=2)
    assert plan.spec.training.objective == ["val_accuracy", "params"]
    assert plan.spec.training.constraints == ["val_loss<3"]
    assert plan.spec.search.scheduler == "none"
    assert plan.objective_text == "maximize val_accuracy and minimize params where val_loss<3"
    assert plan.workload.objective.metric == "val_accuracy"
