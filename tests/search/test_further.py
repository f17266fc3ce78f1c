"""The best trials of a finished study are trained on, each as a new trial, and the search does not take them for its own."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable
from typing import Any

import numpy as np
import optuna
import pytest
from kerasweep import api
from kerasweep.cli.app import app
from kerasweep.errors import StudyError, UsageError
from kerasweep.reports.leaderboard import leaderboard
from kerasweep.reports.view import load_view
from kerasweep.search.further import plan_further, refuse_waiting
from kerasweep.search.knowhow import KnowHow
from kerasweep.search.proposers import Random
from kerasweep.search.resume import plan_resume
from kerasweep.spaces import Categorical, Int, Space
from kerasweep.studies import StudyRecord, best_trials, read_details, read_study, read_trials
from kerasweep.studies.comparison import cost
from kerasweep.studies.lifecycle import delete_study
from kerasweep.study import Study
from kerasweep.training.events import Task
from kerasweep.training.goals import Goals
from kerasweep.training.metrics import Objective
from synthetic import make_study
from typer.testing import CliRunner

Scores = Callable[[Task, int, int], float]
FOLDS = 3


def scores_by_units(task: Task, fold: int, epoch: int) -> float:
    """The wider the better; widths beyond 20 differ by less than the noise of their folds."""
    units = int(task.configuration["units"])
    level = 0.8 + 0.0001 * units if units > 20 else 0.5 + 0.001 * units
    return level + random.Random(f"{units}, {fold}").uniform(-0.02, 0.02) + 0.01 * epoch


def finished(lab: Callable[..., Any], fake, **settings) -> Any:
    made = lab(**{"trials": 10, "seed": 1, **settings})
    made.run(fake(scores=scores_by_units))
    return made


def ranked(lab: Any) -> list[int]:
    """Numbers of complete trials, best first."""
    whole = [trial for trial in lab.load().trials if trial.state.name == "COMPLETE"]
    return [trial.number for trial in sorted(whole, key=lambda trial: -trial.value)]


def test_what_cannot_be_told_from_the_best_is_trained_on(lab, fake) -> None:
    study = finished(lab, fake)
    order = ranked(study)
    assert [study.load().trials[number].params["units"] > 20 for number in order[:4]] == [True] * 4
    wide = [number for number in order if study.load().trials[number].params["units"] > 20]
    assert len(wide) > 3, "more than are trained on"
    before = study.picture
    executor = fake(scores=scores_by_units, epochs=9)
    assert study.run(executor, further=9) == "trials"
    assert study.picture[:10] == before
    old, new = study.load().trials[:10], study.load().trials[10:]
    assert [trial.user_attrs["origin"] for trial in new] == [
        {"continues": number, "epochs": 9} for number in order[:3]
    ]
    assert [trial.params for trial in new] == [old[number].params for number in order[:3]]
    assert [trial.user_attrs["kerasweep:result"]["epochs_trained"] for trial in new] == [9, 9, 9]
    assert [task.rungs for task in executor.trained] == [(), (), ()]
    records = read_trials(study.read())[10:]
    assert records[0].lineage == f"trial {order[0]}, trained on to 9 epochs"
    assert [record.most_epochs for record in records] == [9, 9, 9]


def test_as_many_are_trained_on_as_models_are_kept(lab, fake) -> None:
    study = finished(lab, fake, models=4)
    further = plan_further(study.read(), 9, 4)
    assert further is not None
    assert further.continued == tuple(ranked(study)[:4])


def test_with_the_states_of_the_best_only_further_epochs_are_trained(lab, fake) -> None:
    study = finished(lab, fake, models=2, scheduler="hyperband", epochs=4)
    best = ranked(study)[:2]
    files = sorted(path.name for path in (study.folder / "states").iterdir())
    assert files == sorted(f"{number}.kept" for number in best)
    executor = fake(scores=scores_by_units, epochs=9)
    study.run(executor, further=9)
    assert executor.single_epochs == 2 * 5 * FOLDS
    left = study.sweep._spending
    assert (left._others, left._effort.left(2).cost) == (10, 0), (
        "what the search took says nothing of what is left"
    )
    assert sorted(path.name for path in (study.folder / "states").iterdir()) == ["10.kept", "11.kept"]
    again = fake(scores=scores_by_units, epochs=20)
    study.run(again, further=20)
    assert again.single_epochs == 2 * 11 * FOLDS
    assert [trial.user_attrs["origin"]["continues"] for trial in study.load().trials[12:]] == [10, 11]


@pytest.mark.parametrize(("capacity", "lost"), [(1, False), (2, True)])
def test_a_kill_at_any_event_ends_in_the_same_trials(lab, fake, tmp_path, capacity: int, lost: bool) -> None:
    """A plain resume finishes what was begun as well, and nothing is begun twice."""
    whole = finished(lab, fake, trials=6, epochs=2, models=2)
    start = tmp_path / "start"
    shutil.copytree(whole.folder / "states", start / "states")
    shutil.copy(whole.file, start / "study.db")
    settings = {"scores": scores_by_units, "epochs": 4, "capacity": capacity}
    executor = fake(**settings)
    whole.run(executor, further=4)
    assert len(whole.picture) == 8
    for index in range(executor.events):
        broken = whole.copy(tmp_path / str(index), start / "study.db")
        if not lost:
            shutil.copytree(start / "states", broken.folder / "states")

        def die(event: int, index: int = index) -> None:
            if event == index:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            broken.run(fake(**settings, before_event=die), further=4, killed=index % 2 == 0)
        again = fake(**settings)
        assert broken.run(again, further=4 if index % 3 else None) == "trials"
        same = broken.picture if lost else whole.picture
        assert broken.picture == same
        assert [trial[2] for trial in broken.picture] == [trial[2] for trial in whole.picture]
        if not lost:
            assert again.single_epochs <= 2 * 2 * FOLDS
        broken.run(again, further=4)
        assert broken.picture == same, "there is nothing left to do"
        shutil.rmtree(broken.folder)


@pytest.mark.parametrize("method", ["random", "knowhow"])
def test_the_search_goes_on_as_if_none_were_trained_on(lab, fake, monkeypatch, method: str) -> None:
    """With its own number of epochs, and what was trained for more of them is not what it learns from."""
    study = finished(lab, fake, method=method, scheduler="knowhow" if method == "knowhow" else "none")
    study.run(fake(scores=scores_by_units, epochs=9), further=9)
    study.trials = len(study.picture) + 3
    seen: list[int] = []

    def noted(self: object, request: Any) -> Any:
        seen.extend(trial.number for trial in request.trials)
        return propose(self, request)

    kind = KnowHow if method == "knowhow" else Random
    propose = kind.propose
    monkeypatch.setattr(kind, "propose", noted)
    assert study.run(fake(scores=scores_by_units)) == "trials"
    *_, first, second, third = study.load().trials
    assert {one.user_attrs["kerasweep:result"]["epochs_trained"] for one in (first, second, third)} <= {
        1,
        2,
        4,
    }
    assert set(range(10)) <= set(seen)
    assert not set(range(10, first.number)) & set(seen)


def test_a_search_waits_until_what_was_begun_is_trained_on(lab, fake) -> None:
    study = finished(lab, fake)

    def die(event: int) -> None:
        if event == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        study.run(fake(scores=scores_by_units, epochs=9, before_event=die), further=9)
    with pytest.raises(
        StudyError, match="are trained on to 9 epochs, which is not finished; 'kerasweep resume study'"
    ):
        refuse_waiting(study.read())
    with pytest.raises(StudyError, match=r"is not finished \(3 waiting\)"):
        study.run(further=12)
    assert study.run(fake(scores=scores_by_units, epochs=9)) == "trials"
    refuse_waiting(study.read())


def test_what_patience_has_ended_is_not_trained_on(lab, fake) -> None:
    study = finished(
        lab, fake, trials=3, space=Space((Int("units", 30, 60), Categorical("epochs", (2,), grid=(2,))))
    )
    with pytest.raises(StudyError, match="epochs of 'study' are a hyperparameter"):
        study.run(further=9)
    with sqlite3.connect(study.file) as database:
        database.execute("DELETE FROM trial_params WHERE param_name = 'epochs'")
    with pytest.raises(
        StudyError, match=r"patience has ended trial \d after 2, trial \d after 2, trial \d after 2"
    ):
        study.run(further=9)


def test_tables_and_reports_say_which_had_more_epochs(lab, fake, tmp_path) -> None:
    study, other = finished(lab, fake), finished(lab, fake, name="other")
    first = ranked(study)[0]
    study.run(fake(scores=scores_by_units, epochs=9), further=9)

    def printed(*words: str) -> str:
        done = CliRunner().invoke(app, [*words, "--storage", study.url])
        assert done.exit_code == 0, done.output
        return " ".join(done.output.split())

    lineage = f"trial {first}, trained on to 9 epochs"
    found = printed("best", "study")
    assert f"Trial 10 is {lineage}; trial 11 is trial " in found
    assert " 9 of 9 " in found
    assert " 4 of 4 " in found
    assert f"continues {lineage}" in printed("show", "study", "10")
    found = printed("compare", "study", "other")
    assert f"trial 10: {lineage}" in found
    assert f"trial {first}, up to 4 epochs" in found
    assert " of 4 " not in printed("best", "other")
    card = leaderboard(load_view(study.read()))
    assert f"Trial 10 is {lineage}" in card.content.reading
    assert card.content.table is not None
    assert "9 of 9" in card.content.table.rows[0].cells
    whole = cost(study.read(), read_trials(study.read()))
    assert whole.epochs_spent - cost(other.read(), read_trials(other.read())).epochs_spent == 3 * 9 * FOLDS


@pytest.mark.parametrize("epochs", [3, 4])
def test_epochs_that_are_not_more_are_refused(lab, fake, epochs: int) -> None:
    study = finished(lab, fake)
    with pytest.raises(StudyError, match=f"have 4 epochs already; --epochs must be more, got {epochs}"):
        study.run(further=epochs)


def test_what_cannot_be_trained_on_is_refused_in_one_line(lab, fake) -> None:
    study = lab(trials=4, name="failed")
    study.run(fake(fails=lambda configuration: "diverged"))
    with pytest.raises(StudyError, match="'failed' has no complete trial that could be trained on to 9"):
        study.run(further=9)
    study = finished(lab, fake, name="open")
    study.enqueue({"optimizer": "adam", "learning_rate": 0.5, "units": 9})
    with pytest.raises(StudyError, match=r"'open' is not finished \(1 waiting\); 'kerasweep resume open'"):
        study.run(further=9)


def test_of_several_objectives_the_front_is_trained_on(lab, fake) -> None:
    goals = Goals((Objective("params", "minimize"),))
    study = lab(trials=8, goals=goals, models=2)
    study.run(fake(scores=scores_by_units, goals=goals))
    front = [trial.number for trial in best_trials(study.read(), 9)]
    further = plan_further(study.read(), 9, 2)
    assert further is not None
    assert further.continued == tuple(front[:2])
    assert study.run(fake(scores=scores_by_units, goals=goals, epochs=9), further=9) == "trials"
    assert [trial.lineage for trial in read_trials(study.read())[8:]] == [
        f"trial {number}, trained on to 9 epochs" for number in front[:2]
    ]


def launched(folder: Any, epochs: int, trainer: str, **settings: Any) -> Study:
    generator = np.random.default_rng(7)
    x = generator.normal(size=(60, 4))
    y = np.digitize(x[:, 0] + 0.3 * generator.normal(size=60), (-0.5, 0.5))
    fixed = {"hidden_layers": 1, "units": 6, "batch_size": 16, "dropout": 0.2}
    common = {"search": "random", "trials": 1, "folds": 2, "patience": None, "threads": 1, "seed": 4}
    storage = folder / f"{trainer}.db"
    return api.launch(
        (x, y),
        "dnn",
        epochs=epochs,
        trainer=trainer,
        storage=storage,
        verbose=0,
        fix=fixed,
        **common,
        **settings,
    )


@pytest.mark.trains
@pytest.mark.usefixtures("forked_workers")
@pytest.mark.parametrize(("trainer", "workers"), [("fused", 1), ("fit", 1), ("fused", 2)])
def test_trained_on_is_as_if_it_had_never_stopped(tmp_path, trainer: str, workers: int) -> None:
    whole = launched(tmp_path, 3, trainer, study="whole")
    short = launched(tmp_path, 1, trainer, study="short", keep_models=1)
    done = short.resume(epochs=3, workers=workers, verbose=0)
    expected = {trial.number: trial for trial in read_trials(whole.record)}
    found = [trial for trial in read_trials(done.record) if trial.continues is not None]
    assert [trial.continues for trial in found] == [0]
    curves = read_details(whole.record, [0, 1]), read_details(done.record, [trial.number for trial in found])
    for trial in found:
        other = expected[trial.continues]
        assert (trial.fold_scores, trial.epochs, trial.taken_over) == (other.fold_scores, other.epochs, 1)
        assert trial.configuration == other.configuration
        assert curves[1][trial.number].curves == curves[0][other.number].curves
        assert not curves[1][trial.number].notes
    assert (done.record.spec["training"]["epochs"], done.record.spec["search"]["trials"]) == (1, 2)
    winner = done.refit(found[0].number)
    assert winner.epochs == found[0].epochs
    delete_study(done.record)
    assert not (tmp_path / f"{trainer}.db.states").exists()


def of_others(url: str) -> StudyRecord:
    optuna.create_study(study_name="theirs", storage=url).optimize(
        lambda trial: trial.suggest_float("x", 0, 1), 2
    )
    return read_study("theirs", url)


def imported(url: str) -> StudyRecord:
    return make_study(url, "theirs", trials=3, about={"imported": "project"})


def of_small_changes(url: str) -> StudyRecord:
    return make_study(url, "small", trials=3, spec={"search": {"method": "sensitivity"}})


def with_a_larger_budget(url: str) -> StudyRecord:
    return make_study(url, "more", trials=3, folds=2, epochs=2, prune=False)


@pytest.mark.parametrize(
    ("make", "settings", "told"),
    [
        (of_others, {"epochs": 50}, "'theirs' was not made by Kerasweep and cannot be resumed"),
        (imported, {"epochs": 50}, "'theirs' was imported from KerasTuner"),
        (
            of_small_changes,
            {"epochs": 50},
            "'small' changed each hyperparameter a little, and looked for no best",
        ),
        (
            with_a_larger_budget,
            {"epochs": 2},
            "Trials of 'more' have 2 epochs already; --epochs must be more, got 2",
        ),
        (
            with_a_larger_budget,
            {"epochs": 0},
            "training.epochs: input should be greater than or equal to 1, got 0",
        ),
        (with_a_larger_budget, {"epochs": "many"}, "training.epochs: input should be a valid integer"),
        (
            with_a_larger_budget,
            {"epochs": 9, "trials": 20, "total_epochs": 400},
            "trained on to 9 epochs, and nothing else is meanwhile: leave --trials and --total-epochs out",
        ),
    ],
)
def test_what_is_asked_for_and_cannot_be_is_one_line(
    tmp_path, make, settings: dict[str, Any], told: str
) -> None:
    record = make(f"sqlite:///{tmp_path / 'study.db'}")
    with pytest.raises(UsageError) as caught:
        plan_resume(record, settings)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "origin",
    [
        {"continues": 1, "epochs": 9},
        {"continues": "x", "epochs": 9},
        {"continues": 0},
        ["continues"],
        "continues",
    ],
)
def test_what_others_keep_as_an_origin_is_no_lineage(tmp_path, origin: Any) -> None:
    url = f"sqlite:///{tmp_path / 'study.db'}"
    study = optuna.create_study(study_name="theirs", storage=url)
    for _ in range(2):
        trial = study.ask()
        trial.set_user_attr("origin", origin)
        study.tell(trial, 0.5)
    found = read_trials(read_study("theirs", url))
    assert [(trial.continues, trial.most_epochs, trial.lineage) for trial in found] == [(None, None, "")] * 2
