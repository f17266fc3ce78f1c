"""The learning rate that falls when the training loss stands still, held against Keras's callback."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kerasweep.errors import TrainingError
from kerasweep.spaces.catalogue.plateau import PLATEAU
from kerasweep.training.plateau import Plateau, falling_rate, plateau_values, rate_variable

PLAIN = {"factor": 0.5, "patience": 2, "min_delta": 0.01, "cooldown": 0, "minimum": 0.2}


def test_the_rate_falls_after_patience_and_not_below_its_minimum() -> None:
    plateau = Plateau(**PLAIN)
    losses = [1.0, 0.9, 0.895, 0.895, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]
    assert [plateau.after(loss) for loss in losses] == [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.2, 0.2, 0.2]


def test_no_patience_is_lost_while_it_cools() -> None:
    plateau = Plateau(**{**PLAIN, "patience": 1, "cooldown": 2})
    assert [plateau.after(1.0) for _ in range(7)] == [1, 0.5, 0.5, 0.25, 0.25, 0.2, 0.2]


@pytest.fixture(scope="module")
def keras() -> Any:
    from kerasweep.training.trainers.runtime import prepare_tensorflow

    prepare_tensorflow(1)
    import keras

    return keras


@given(
    losses=st.lists(st.sampled_from([0.9, 0.91, 0.8, 0.85, 0.7, 0.5, 1.2]), max_size=25),
    factor=st.sampled_from([0.1, 0.5, 0.8]),
    patience=st.integers(1, 4),
    min_delta=st.sampled_from([1e-4, 0.05]),
    cooldown=st.integers(0, 3),
    minimum=st.sampled_from([1e-4, 0.1, 0.3]),
)
def test_recorded_losses_give_the_rates_of_keras(keras, losses, **values: Any) -> None:
    first = 0.25  # exact in single precision, in which Keras keeps the rate
    optimizer = SimpleNamespace(learning_rate=first)
    given = {name: value for name, value in values.items() if name != "minimum"}
    callback = keras.callbacks.ReduceLROnPlateau(
        "loss", mode="min", min_lr=first * values["minimum"], **given
    )
    callback.set_model(SimpleNamespace(optimizer=optimizer))
    callback.on_train_begin()
    plateau = Plateau(**values)
    for epoch, loss in enumerate(losses):
        callback.on_epoch_end(epoch, {"loss": loss})
        assert first * plateau.after(loss) == pytest.approx(optimizer.learning_rate, rel=1e-6)


def test_what_a_configuration_does_not_say_is_as_the_catalogue_recommends() -> None:
    assert plateau_values({}) is None
    assert plateau_values({"learning_rate_schedule": "cosine", "plateau_factor": 0.3}) is None
    recommended = {
        entry.hyperparameter.name.removeprefix("plateau_"): entry.hyperparameter.recommended
        for entry in PLATEAU
    }
    found = plateau_values(
        {"learning_rate_schedule": "plateau", "plateau_factor": 0.3, "plateau_patience": 1}
    )
    assert found == {**recommended, "factor": 0.3, "patience": 1}


def test_an_optimizers_rate_is_lowered_from_its_first_value(keras) -> None:
    optimizer = keras.optimizers.SGD(0.25)
    rate = falling_rate(
        {"learning_rate_schedule": "plateau", "plateau_patience": 1, "plateau_factor": 0.5},
        rate_variable(optimizer),
    )
    assert rate is not None
    found = []
    for _ in range(3):
        rate.after(1.0)
        found.append(float(optimizer.learning_rate))
    assert found == [0.25, 0.125, 0.0625]


def test_a_rate_that_follows_a_schedule_cannot_fall(keras) -> None:
    optimizer = keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(0.1, 5, 0.9))
    assert falling_rate({}, rate_variable(optimizer)) is None
    with pytest.raises(
        TrainingError,
        match=r"^learning_rate_schedule=plateau needs an optimizer without a schedule of its own$",
    ):
        falling_rate({"learning_rate_schedule": "plateau"}, rate_variable(optimizer))
