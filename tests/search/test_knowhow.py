"""The search from know-how: what it begins, what goes on, and that a kill changes nothing."""

from __future__ import annotations

import itertools
import math
import random
from dataclasses import replace
from pathlib import Path

import kerasweep as ks
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasweep.search.knowhow import gaussian_process
from kerasweep.search.knowhow.coordinates import Coordinates
from kerasweep.search.knowhow.dependent import Dependent
from kerasweep.search.knowhow.gaussian_process import Basis, GaussianProcess, Values, fit_kernel
from kerasweep.search.knowhow.search import JUDGES, KnowHow, rungs_of
from kerasweep.search.launch import resolve_study, run_plan
from kerasweep.search.proposers import ProposalRequest
from kerasweep.search.schedulers import progress_of
from kerasweep.search.schedulers.racing import is_behind
from kerasweep.spaces import Categorical, Condition, Float, Int, Space, configuration_key, preset
from kerasweep.spaces.catalogue import CATALOGUE
from kerasweep.spaces.dependencies import parents_first
from kerasweep.spaces.presets import PRESETS
from kerasweep.studies import read_study, read_trials
from kerasweep.training.events import Rung
from space_strategies import spaces
from threadpoolctl import threadpool_info, threadpool_limits

pytestmark = pytest.mark.costly

EPOCHS, FOLDS = 9, 3


def lab_of(lab, **settings):
    return lab(**{"method": "knowhow", "scheduler": "knowhow", "trials": 16, "epochs": EPOCHS, **settings})


def test_rungs_gain_epochs_and_folds() -> None:
    assert rungs_of(27, 5) == (Rung(8, 1), Rung(8, 2), Rung(17, 2), Rung(17, 4))
    assert rungs_of(9, 3) == (Rung(2, 1), Rung(3, 1), Rung(3, 2), Rung(7, 2))
    assert rungs_of(27, 1) == (Rung(2, 1), Rung(3, 1), Rung(7, 1), Rung(14, 1))
    assert rungs_of(1, 5) == (Rung(1, 2), Rung(1, 4))
    assert rungs_of(1, 1) == ()


@given(st.integers(1, 300), st.integers(1, 20))
def test_rungs_rise_in_both_and_end_below_the_whole(epochs: int, folds: int) -> None:
    rungs = (*rungs_of(epochs, folds), Rung(epochs, folds))
    for low, high in itertools.pairwise(rungs):
        assert low.epochs <= high.epochs
        assert low.folds <= high.folds
        assert 1 <= low.cost < high.cost


@pytest.mark.parametrize("recommended", [0.002, 1.0])
def test_the_recommended_configuration_comes_first_and_is_trained_whole_unless_all_judges_are_ahead(
    lab, fake, recommended: float
) -> None:
    space = Space((Float("learning_rate", 0.001, 1.0, log=True, recommended=recommended),))
    made = lab_of(lab, trials=8, space=space)
    seen = []
    made.listen = lambda progress: progress.epoch and seen.append(progress.epoch[0])
    made.run(
        fake(epochs=EPOCHS, scores=lambda task, fold, epoch: epoch - task.configuration["learning_rate"])
    )
    trials = read_trials(made.read())
    assert trials[0].configuration == {"learning_rate": recommended}
    assert seen[0] == 0
    if recommended < 1.0:
        last = len(seen) - next(place for place, number in enumerate(reversed(seen)) if number == 0)
        assert set(seen[:last]) == {0, *range(1, JUDGES + 1)}
        assert (trials[0].state, len(trials[0].fold_scores)) == ("complete", FOLDS)
    else:
        assert len(trials[0].fold_scores) == rungs_of(EPOCHS, FOLDS)[0].folds
        assert any(trial.state == "complete" for trial in trials)


@pytest.mark.parametrize("trials", [1, 3])
def test_with_few_trials_it_is_trained_whole_without_judges(lab, fake, trials: int) -> None:
    made = lab_of(lab, trials=trials)
    made.run(fake(epochs=EPOCHS))
    assert read_trials(made.read())[0].state == "complete"


def test_the_only_configurations_there_are_are_each_tried_once(lab, fake) -> None:
    """As a table of recorded trainings is searched."""
    generator = np.random.default_rng(3)
    space = preset("dnn", "basic")
    rows = [space.sample(generator) for _ in range(12)]
    searched = KnowHow(space, 0, "maximize", EPOCHS, FOLDS, rows)
    seen, keys = {"first"}, {configuration_key(row) for row in rows}
    for number in range(1, len(keys) + 1):
        key = configuration_key(searched.propose(ProposalRequest(number, seen)).configuration)
        assert key in keys - seen
        seen.add(key)


@pytest.mark.parametrize("capacity", [1, 4])
def test_few_are_trained_whole_and_the_best_of_them_is_good(lab, fake, capacity: int) -> None:
    made, chance = lab_of(lab, trials=30, epochs=27), None
    executor = fake(epochs=27, capacity=capacity)
    assert made.run(executor) == "trials"
    trials = read_trials(made.read())
    whole = [trial for trial in trials if trial.state == "complete"]
    assert 3 <= len(whole) <= 15
    assert executor.single_epochs < 0.5 * 30 * 27 * FOLDS
    chance = made.copy(made.folder / "chance", Path("nowhere"))
    chance.method, chance.scheduler, chance.trials = "random", "none", 10
    chance.run(fake(epochs=27))
    best = max(trial.value for trial in whole)
    assert (
        best >= max(trial.value for trial in read_trials(chance.read()) if trial.state == "complete") - 0.02
    )


@pytest.mark.parametrize("seed", range(3))
def test_what_cannot_be_told_from_the_winner_is_trained_whole_before_it_is_named(
    lab, fake, seed: int
) -> None:
    made = lab_of(lab, trials=24, epochs=27, seed=seed)

    def noisy(task, fold: int, epoch: int) -> float:
        chance = random.Random(f"{configuration_key(task.configuration)} {fold}")
        return (
            epoch / 27 + 0.2 * chance.random() - 0.02 * abs(math.log(task.configuration["learning_rate"]) + 4)
        )

    made.run(fake(epochs=27, scores=noisy))
    trials = [progress_of(trial) for trial in made.load().trials]
    last = rungs_of(27, FOLDS)[-1]
    best = max((trial for trial in trials if trial.complete), key=lambda trial: trial.value or 0.0)
    ended_there = [trial for trial in trials if not trial.complete and trial.last == last]
    assert all(is_behind(trial, best, last, "maximize") for trial in ended_there)


@pytest.mark.parametrize("seed", range(2))
def test_a_kill_at_any_event_changes_nothing(lab, fake, tmp_path: Path, seed: int) -> None:
    whole = lab_of(lab)
    executor = fake(epochs=EPOCHS)
    whole.run(executor)
    for place in sorted(random.Random(seed).sample(range(1, executor.events), 6)):
        died = whole.copy(tmp_path / f"{seed}-{place}", Path("nowhere"))

        def die(event: int, place: int = place) -> None:
            if event == place:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            died.run(fake(epochs=EPOCHS, before_event=die), killed=True)
        assert died.run(fake(epochs=EPOCHS)) == "trials"
        assert died.picture == whole.picture, place


def test_a_small_space_is_searched_to_its_end(lab, fake, finite) -> None:
    made = lab_of(lab, space=finite, trials=50)
    assert made.run(fake(epochs=EPOCHS)) == "exhausted"
    trials = read_trials(made.read())
    assert len({configuration_key(trial.configuration) for trial in trials}) == len(trials) == 9


def test_every_trial_says_where_it_comes_from(lab, fake) -> None:
    made = lab_of(lab, trials=24)
    made.run(fake(epochs=EPOCHS))
    drawn = [trial.user_attrs["origin"]["drawn"] for trial in made.load().trials]
    assert drawn[0] == "recommended"
    assert set(drawn[1:]) <= {"prior", "near", "uniform", "model"}
    assert drawn.count("model") > 8


def test_other_schedulers_and_other_searches_combine_with_it(lab, fake, tmp_path: Path) -> None:
    for method, scheduler in itertools.product(
        ("knowhow", "random", "bayes", "cmaes", "sensitivity"), ("none", "median", "asha", "knowhow")
    ):
        made = lab_of(lab, method=method, scheduler=scheduler, trials=7)
        made = made.copy(tmp_path / f"{method}-{scheduler}", Path("nowhere"))
        assert made.run(fake(epochs=EPOCHS)) == "trials", (method, scheduler)
        assert made.read().counts.get("complete", 0) >= 1


@pytest.mark.trains
@pytest.mark.usefixtures("forked_workers")
def test_an_interrupted_sweep_goes_on_from_its_states(tmp_path: Path, monkeypatch) -> None:
    """For real: the driver is interrupted with trials paused, and again while it trains; the study is the same in the end."""
    monkeypatch.chdir(tmp_path)
    settings = {
        "preset": "basic",
        "fix": {"units": 16, "activation": "relu", "batch_size": 20},  # few programs to trace
        "trials": 8,
        "epochs": 4,
        "folds": 2,
        "patience": None,
        "search": "knowhow",
        "seed": 2,
        "limit": 80,
    }
    whole = ks.launch("digits", "ann", study="whole", storage="whole.db", **settings)

    def interrupted(stop) -> None:
        def listen(progress) -> None:
            if stop(progress):
                raise KeyboardInterrupt

        plan = ks.plan_sweep("digits", "ann", study="whole", **settings)
        plan, existing = resolve_study(plan, "sqlite:///parts.db", named=True)
        with pytest.raises(KeyboardInterrupt):
            run_plan(plan, existing, "sqlite:///parts.db", listen)

    interrupted(lambda progress: progress.paused == 3)
    files = sorted(Path("parts.db.states").rglob("*.state"))
    assert len(files) == 3
    assert read_study("whole", "sqlite:///parts.db").counts["paused"] >= 2
    interrupted(lambda progress: progress.begun == 6 and progress.epoch)
    study = ks.launch("digits", "ann", study="whole", storage="parts.db", **settings)
    assert list(map(_seen, read_trials(study.record))) == list(map(_seen, read_trials(whole.record)))
    assert not Path("parts.db.states").exists()


def _seen(trial) -> tuple:
    return (
        trial.number,
        trial.state,
        trial.configuration,
        trial.value,
        trial.fold_scores,
        trial.epochs_trained,
    )


CONDITIONAL = Space(
    (
        Categorical("optimizer", ("adam", "sgd", "rmsprop")),
        Float("momentum", 0.0, 0.9, conditions=(Condition("optimizer", ("sgd",)),)),
        Float("learning_rate", 1e-4, 1.0, log=True, recommended=0.01, confidence="high"),
        Int("layers", 1, 3, confidence="low"),
    )
)


EVERYTHING = Space(parents_first(tuple(entry.hyperparameter for entry in CATALOGUE.values())))
"""All that the catalogue has."""


def check_centres(space: Space, seed: int, share: float) -> None:
    """Draw a share of the coordinates without deviations: what is left is what is recommended for the other values."""
    coordinates, generator = Coordinates(space), np.random.default_rng(seed)
    elsewhere, own = generator.random((60, len(space))), generator.random((60, len(space))) < share
    drawn = coordinates.draw_deviations(generator, 60)
    exact = replace(drawn, moves=0 * drawn.moves, kept=drawn.kept | True)
    points = coordinates.around(exact, elsewhere, own)
    assert (points[~own] == elsewhere[~own]).all()
    settled = Dependent(space).settled(points).tolist()
    assert settled == [coordinates.unit(coordinates.configuration(point)).tolist() for point in points]
    bumps = coordinates.bumps(points)
    for place, point in enumerate(points):
        configuration = space.from_unit(point.tolist())
        for one, here, bump in zip(space, own[place], bumps[place], strict=True):
            if one.name not in configuration:
                assert bump == pytest.approx(1.0), "what is inactive speaks neither for nor against"
            elif here:
                assert configuration[one.name] == pytest.approx(one.recommended_for(configuration))
                assert bump == pytest.approx(1.0)


class TestCoordinates:
    @pytest.mark.parametrize("space", [CONDITIONAL, preset("dnn", "standard"), preset("cnn", "full")])
    def test_draws_lie_in_the_space_and_come_back(self, space: Space) -> None:
        coordinates, generator = Coordinates(space), np.random.default_rng(3)
        recommended = coordinates.unit(space.recommended())
        assert coordinates.configuration(recommended) == pytest.approx(space.recommended())
        centers = np.tile(recommended, (20, 1))
        for points in (
            coordinates.draw_uniform(generator, 20),
            coordinates.draw_prior(generator, 20),
            coordinates.draw_near(generator, centers),
            coordinates.refine(generator, centers, 0.1, 0.4),
        ):
            assert points.shape == (20, len(space))
            for point in points:
                configuration = coordinates.configuration(point)
                assert space.check(configuration) == configuration
                again = coordinates.configuration(coordinates.unit(configuration))
                assert again == pytest.approx(configuration)
        assert np.isfinite(coordinates.features(centers)).all()
        assert coordinates.bumps(centers) == pytest.approx(1.0)

    def test_confidence_is_the_width_of_the_prior(self) -> None:
        points = Coordinates(CONDITIONAL).draw_prior(np.random.default_rng(1), 2000)
        assert 0.08 < points[:, 2].std() < 0.12
        kept = [CONDITIONAL.from_unit(point.tolist())["optimizer"] == "adam" for point in points]
        assert 0.68 < np.mean(kept) < 0.78, "0.6, and a third of the rest"

    @given(spaces(), st.integers(0, 99), st.floats(0, 1))
    @settings(max_examples=50, deadline=None)
    def test_the_prior_is_centred_on_what_is_recommended_for_the_other_values(
        self, space: Space, seed: int, share: float
    ) -> None:
        check_centres(space, seed, share)

    @pytest.mark.parametrize("family", ["everything", *PRESETS])
    def test_so_it_is_in_the_spaces_of_the_catalogue(self, family: str) -> None:
        space = EVERYTHING if family == "everything" else preset(family, "full")
        for share in (1.0, 0.5):
            check_centres(space, 1, share)

    @pytest.mark.parametrize("name", [one.name for one in EVERYTHING if one.recommended_when])
    def test_every_conditional_recommendation_of_the_catalogue_has_draws_around_it(self, name: str) -> None:
        one, place = EVERYTHING[name], EVERYTHING.names.index(name)
        coordinates, generator = Coordinates(EVERYTHING), np.random.default_rng(2)
        own, drawn = np.arange(len(EVERYTHING)) == place, dict[float, list[float]]()
        elsewhere, deviations = (
            generator.random((3000, len(own))),
            coordinates.draw_deviations(generator, 3000),
        )
        for point in coordinates.around(deviations, elsewhere, own):
            configuration = EVERYTHING.from_unit(point.tolist())
            if name in configuration:
                drawn.setdefault(one.to_unit(one.recommended_for(configuration)), []).append(point[place])
        assert {one.to_unit(advice.value) for advice in one.recommended_when} <= set(drawn)
        for centre, found in drawn.items():
            if isinstance(one, Categorical):
                assert np.mean([one.from_unit(unit) == one.from_unit(centre) for unit in found]) > 0.5
            elif 0.1 < centre < 0.9:  # else the draws that are mirrored move the median
                assert np.median(found) == pytest.approx(centre, abs=0.05), centre

    def test_what_is_inactive_makes_no_difference_to_the_model(self) -> None:
        coordinates = Coordinates(CONDITIONAL)
        one, other = np.array([[0.1, 0.2, 0.5, 0.5], [0.1, 0.9, 0.5, 0.5]])
        assert coordinates.features(one[None]).tolist() == coordinates.features(other[None]).tolist()
        one[0] = other[0] = 0.5  # sgd
        assert coordinates.features(one[None]).tolist() != coordinates.features(other[None]).tolist()


class TestGaussianProcess:
    def values(self, count: int = 30, seed: int = 1) -> Values:
        generator = np.random.default_rng(seed)
        points = generator.random((count, 2))
        y = np.sin(6 * points[:, 0])
        return Values(points, np.arange(2), np.ones(count), np.arange(count), (y - y.mean()) / y.std())

    def test_it_interpolates_and_knows_what_does_not_matter(self) -> None:
        values = self.values()
        basis = Basis(np.zeros((30, 1)), np.zeros(1), np.zeros(1))
        kernel = fit_kernel(values, basis)
        assert kernel[1] - kernel[0] > 1.0, "the second coordinate's length is longer"
        process = GaussianProcess(kernel, values, basis)
        mean, deviation = process.predict(values.points, values.trial, basis.values)
        assert mean == pytest.approx(values.y, abs=0.1)
        _, far = process.predict(np.array([[5.0, 5.0]]), np.array([-1]), np.zeros((1, 1)))
        assert far[0] > 3 * deviation.max()

    def test_the_mean_alone_is_that_of_the_prediction_however_many_are_asked_about(self) -> None:
        values, generator = self.values(), np.random.default_rng(2)
        basis = Basis(values.points, np.ones(2), np.ones(2))
        process = GaussianProcess(fit_kernel(values, basis), values, basis)
        count = 2 * gaussian_process.BLOCK + 1
        asked = generator.random((count, 2)), generator.integers(-1, 30, count), generator.random((count, 2))
        mean, _ = process.predict(*asked)
        assert process.mean(*asked) == pytest.approx(mean, rel=1e-9, abs=1e-9)

    @settings(max_examples=25, deadline=None)
    @given(st.integers(0, 10_000))
    def test_the_gradient_of_the_fit_is_right(self, seed: int) -> None:
        """The fit is no worse than its start, and the same every time."""
        values = self.values(8, seed)
        basis = Basis(np.ones((8, 1)), np.array([0.3]), np.array([0.5]))
        first, second = fit_kernel(values, basis), fit_kernel(values, basis)
        assert first.tolist() == second.tolist()
        assert np.isfinite(first).all()

    def test_it_computes_on_one_thread_and_leaves_the_others_as_they_were(self, monkeypatch) -> None:
        """Workers have the cores, and several threads would add in another order."""
        values, seen = self.values(), []
        basis = Basis(np.zeros((30, 1)), np.zeros(1), np.zeros(1))
        for name, module in (("cholesky", np.linalg), ("solve_triangular", gaussian_process)):
            watched = watch(getattr(module, name), lambda: seen.append(threads_of_blas()))
            monkeypatch.setattr(module, name, watched)
        with threadpool_limits(2, user_api="blas"):
            process = GaussianProcess(fit_kernel(values, basis), values, basis)
            process.predict(values.points, values.trial, basis.values)
            assert threads_of_blas() == {2}
        assert len(seen) > 2
        assert set().union(*seen) == {1}


def threads_of_blas() -> set[int]:
    return {one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"}


def watch(function, note):
    def watched(*positional, **named):
        note()
        return function(*positional, **named)

    return watched
