"""Where the budget is time, a search learns what trainings take, and tries what promises most per second."""

from __future__ import annotations

import numpy as np
import pytest
from kerasweep.search.knowhow.coordinates import Coordinates
from kerasweep.search.knowhow.search import JUDGES, JUDGES_BY_SECONDS
from kerasweep.search.knowhow.seconds import Seconds
from kerasweep.search.progress import Progress
from kerasweep.spaces import Categorical, Configuration, Float, Int, Space
from kerasweep.studies import read_trials

SPACE = Space(
    (
        Int("units", 8, 512, log=True, recommended=64),
        Categorical("optimizer", ("adam", "sgd")),
        Float("learning_rate", 0.001, 1.0, log=True, recommended=0.03),
    )
)
TRACING = 2.0


def learned(count: int, tracing: float = 0.0) -> tuple[Seconds, Coordinates]:
    """Learn from trials of which each unit takes a hundredth of a second, and each program some seconds more."""
    generator, coordinates = np.random.default_rng(0), Coordinates(SPACE)
    drawn = [SPACE.sample(generator) for _ in range(count)]
    drawn = [{**one, "units": (16, 64, 256)[place % 3]} for place, one in enumerate(drawn)]
    costs, known, seconds = [(3.0, 9.0, 27.0)[place % 2] for place in range(count)], set(), []
    for one, cost in zip(drawn, costs, strict=True):
        program = (one["units"], one["optimizer"])
        seconds.append(0.01 * one["units"] * cost + tracing * (program not in known))
        known.add(program)
    points = np.array([coordinates.unit(one) for one in drawn])
    return Seconds(SPACE, coordinates, points, costs, seconds), coordinates


def of(model: tuple[Seconds, Coordinates], cost: float, **changed: float) -> float:
    point = model[1].unit({**SPACE.recommended(), **changed})
    return float(model[0].of(point[None], cost)[0])


def test_what_takes_long_is_learned_and_grows_with_the_cost() -> None:
    model = learned(30)
    assert of(model, 9, units=256) == pytest.approx(0.01 * 256 * 9, rel=0.25)
    assert of(model, 9, units=16) == pytest.approx(0.01 * 16 * 9, rel=0.25)
    assert of(model, 27) == pytest.approx(3 * of(model, 9), rel=0.15)
    assert of(model, 9, learning_rate=0.9) == pytest.approx(of(model, 9), rel=0.1)


def test_a_program_that_was_traced_takes_less_than_one_that_was_not() -> None:
    model = learned(30, TRACING)
    assert of(model, 3, units=65) > 1.2 * of(model, 3, units=64), "65 units were never traced"
    assert of(model, 3, learning_rate=0.5) < 1.1 * of(model, 3), "a rate is no part of a program"


def test_of_one_trial_everything_takes_as_long() -> None:
    model = learned(1)
    assert of(model, 3, units=500) == pytest.approx(of(model, 3, units=9))


def slowly(configuration: Configuration) -> float:
    return 0.01 * configuration["units"]


@pytest.mark.parametrize("seconds", [None, 1e6])
def test_time_goes_to_the_fast_ones_where_the_budget_is_time(lab, fake, seconds: float | None) -> None:
    made = lab(method="knowhow", scheduler="knowhow", trials=30, epochs=9, space=SPACE)
    flat = fake(
        epochs=9, epoch_seconds=slowly, scores=lambda task, fold, epoch: epoch + 0.01 * (task.number % 7)
    )
    made.run(flat, seconds=seconds)
    units = [trial.configuration["units"] for trial in read_trials(made.read())[6:]]
    assert (np.median(units) < 30) == (seconds is not None)


def test_something_is_whole_soon_where_the_budget_is_time(lab, fake) -> None:
    for seconds, judges in ((None, JUDGES - 1), (1e6, JUDGES_BY_SECONDS)):  # the best of three goes on
        made = lab(
            method="knowhow", scheduler="knowhow", trials=8, epochs=9, space=SPACE, name=f"by-{seconds}"
        )
        begun: set[int] = set()

        def listen(progress: Progress, begun: set[int] = begun) -> None:
            if progress.epoch and not progress.complete:
                begun.add(progress.epoch[0])

        made.listen = listen
        made.run(
            fake(
                epochs=9,
                scores=lambda task, fold, epoch: epoch - abs(task.configuration["learning_rate"] - 0.03),
            ),
            seconds=seconds,
        )
        assert begun == set(range(1 + judges))


def test_a_kill_changes_nothing_where_seconds_count(lab, fake, tmp_path) -> None:
    whole = lab(method="knowhow", scheduler="knowhow", trials=14, epochs=9, space=SPACE)
    executor = fake(epochs=9, epoch_seconds=slowly)
    whole.run(executor, seconds=1e6)
    for place in (executor.events // 3, executor.events - 20):
        died = whole.copy(tmp_path / str(place), tmp_path / "nowhere")

        def die(event: int, place: int = place) -> None:
            if event == place:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            died.run(fake(epochs=9, before_event=die, epoch_seconds=slowly), seconds=1e6, killed=True)
        died.run(fake(epochs=9, epoch_seconds=slowly), seconds=1e6)
        assert died.picture == whole.picture, place


def test_without_a_budget_of_time_seconds_do_not_count(lab, fake, tmp_path) -> None:
    pictures = []
    for place, pace in enumerate((lambda _: 1.0, slowly)):
        made = lab(method="knowhow", scheduler="knowhow", trials=14, epochs=9, space=SPACE).copy(
            tmp_path / str(place), tmp_path / "nowhere"
        )
        made.run(fake(epochs=9, epoch_seconds=pace))
        pictures.append([trial.configuration for trial in read_trials(made.read())])
    assert pictures[0] == pictures[1]
