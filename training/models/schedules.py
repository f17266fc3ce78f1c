"""Learning-rate schedules of a configuration: Keras's own where it has one, and two that it lacks.

Hyperparameters count in epochs; a schedule counts steps, so that it needs the rows of an epoch and the batch size.
Our own classes need nothing but Keras, called ``keras``: an exported script holds their source.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
from keras.optimizers.schedules import LearningRateSchedule

from ...spaces import Configuration
from .signature import Signature, steps_of

DEFAULT_EPOCHS = 100
"""Where a model is built without a sweep, which would say how many."""


class WarmUp(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]  # Keras has no types
    """Rises linearly to the first rate of another schedule, or to a constant rate, and follows it from there.

    Source: Goyal et al. 2017, Accurate, Large Minibatch SGD, section 2.2.
    """

    def __init__(self, after: object, warmup_steps: float, start: float = 0.0, name: str = "WarmUp") -> None:
        """Keep the schedule.

        Args:
            after: A schedule, or a rate.
            warmup_steps: Steps until it begins.
            start: The first rate, as a share of the one that is risen to.
            name: As Keras's schedules have one.
        """
        super().__init__()
        self.after = keras.optimizers.schedules.deserialize(after) if isinstance(after, dict) else after
        self.warmup_steps = warmup_steps
        self.start = start
        self.name = name

    def __call__(self, step: keras.KerasTensor) -> keras.KerasTensor:
        """Return the rate at a step, counted from 0."""
        step = keras.ops.cast(step, "float32")
        steps = keras.ops.cast(self.warmup_steps, "float32")
        start = keras.ops.cast(self.start, "float32")
        later = keras.ops.maximum(step - steps, 0.0)
        rate = self.after(later) if callable(self.after) else keras.ops.cast(self.after, "float32")
        return keras.ops.cast(rate, "float32") * (
            start + (1.0 - start) * keras.ops.minimum(step / steps, 1.0)
        )

    def get_config(self) -> dict[str, object]:
        """Return the arguments."""
        after = self.after
        if isinstance(after, keras.optimizers.schedules.LearningRateSchedule):
            after = keras.optimizers.schedules.serialize(after)
        return {
            "after": after,
            "warmup_steps": self.warmup_steps,
            "start": self.start,
            "name": self.name,
        }


class OneCycle(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
    """Rises to a peak along half a cosine, and falls from it to nearly nothing along another.

    Source: Smith and Topin 2018, Super-Convergence; the shape is that of PyTorch's ``OneCycleLR``.
    """

    def __init__(
        self,
        peak_learning_rate: float,
        total_steps: float,
        rise: float = 0.3,
        start: float = 0.04,
        end: float = 0.0001,
        name: str = "OneCycle",
    ) -> None:
        """Keep the shape.

        Args:
            peak_learning_rate: The highest rate.
            total_steps: Steps of the whole cycle.
            rise: Share of the steps in which it rises.
            start: The first rate, as a share of the peak.
            end: The last rate, as a share of the first.
            name: As Keras's schedules have one.
        """
        super().__init__()
        self.peak_learning_rate = peak_learning_rate
        self.total_steps = total_steps
        self.rise = rise
        self.start = start
        self.end = end
        self.name = name

    def __call__(self, step: keras.KerasTensor) -> keras.KerasTensor:
        """Return the rate at a step, counted from 0."""
        peak = keras.ops.cast(self.peak_learning_rate, "float32")
        rise = keras.ops.cast(self.rise, "float32")
        start = peak * keras.ops.cast(self.start, "float32")
        end = start * keras.ops.cast(self.end, "float32")
        done = keras.ops.minimum(
            keras.ops.cast(step, "float32") / keras.ops.cast(self.total_steps, "float32"), 1.0
        )
        rising = done < rise
        share = keras.ops.where(rising, done / rise, (done - rise) / (1.0 - rise))
        first, last = keras.ops.where(rising, start, peak), keras.ops.where(rising, peak, end)
        return last + (first - last) * 0.5 * (1.0 + keras.ops.cos(3.141592653589793 * share))

    def get_config(self) -> dict[str, object]:
        """Return the arguments."""
        return {
            "peak_learning_rate": self.peak_learning_rate,
            "total_steps": self.total_steps,
            "rise": self.rise,
            "start": self.start,
            "end": self.end,
            "name": self.name,
        }


for _own in (WarmUp, OneCycle):
    keras.saving.register_keras_serializable("kerasweep")(
        _own
    )  # no decorator: it would be part of their source


def learning_rate_of(configuration: Configuration, signature: Signature | None) -> Any:
    """Return a configuration's learning rate: a number, or a schedule of it; None where it names none.

    A plateau is not reckoned from the step: the trainer lowers the rate of an optimizer that has a number.
    """
    if configuration.get("learning_rate") is None:
        return None
    wanted = _Wanted(configuration, signature)
    name = str(configuration.get("learning_rate_schedule", "constant"))
    schedule = SCHEDULES[name](wanted) if name in SCHEDULES else wanted.rate
    if wanted.number("warmup_epochs") > 0 and name != "plateau":
        return WarmUp(schedule, wanted.steps("warmup_epochs"), wanted.number("warmup_start"))
    return schedule


class _Wanted:
    """What a configuration says about its schedule, in steps."""

    def __init__(self, configuration: Configuration, signature: Signature | None) -> None:
        self._configuration = configuration
        self._epoch = 1.0 if signature is None else float(steps_of(configuration, signature))
        self._signature = signature
        self.rate = self.number("learning_rate")

    def number(self, name: str, default: float = 0.0) -> float:
        return float(self._configuration.get(name, default))  # type: ignore[arg-type]

    def flag(self, name: str) -> bool:
        return bool(self._configuration.get(name, False))

    def steps(self, name: str, default: float = 10.0) -> float:
        """Return the steps of a number of epochs."""
        return self.number(name, default) * self._epoch

    @property
    def span(self) -> float:
        """The steps in which the rate falls to its end; whoever asks depends on how many epochs there are in all."""
        epochs = float((self._signature.epochs if self._signature is not None else 0) or DEFAULT_EPOCHS)
        return self.number("decay_span", 1.0) * epochs * self._epoch


def _step(wanted: _Wanted) -> LearningRateSchedule:
    return keras.optimizers.schedules.ExponentialDecay(
        wanted.rate, wanted.steps("step_epochs"), wanted.number("step_factor", 0.5), staircase=True
    )


def _decay(
    kind: type[LearningRateSchedule], rate: str, default: float, wanted: _Wanted
) -> LearningRateSchedule:
    """Return a schedule that falls by the same rule every ``decay_epochs``; ``rate`` names the hyperparameter of how fast."""
    return kind(
        wanted.rate,
        wanted.steps("decay_epochs"),
        wanted.number(rate, default),
        staircase=wanted.flag("staircase"),
    )


def _cosine(wanted: _Wanted) -> LearningRateSchedule:
    return keras.optimizers.schedules.CosineDecay(
        wanted.rate, wanted.span, alpha=wanted.number("cosine_floor")
    )


def _restarts(wanted: _Wanted) -> LearningRateSchedule:
    return keras.optimizers.schedules.CosineDecayRestarts(
        wanted.rate,
        wanted.steps("first_decay_epochs"),
        t_mul=wanted.number("t_mul", 2.0),
        m_mul=wanted.number("m_mul", 1.0),
        alpha=wanted.number("cosine_floor"),
    )


def _polynomial(wanted: _Wanted) -> LearningRateSchedule:
    return keras.optimizers.schedules.PolynomialDecay(
        wanted.rate,
        wanted.span,
        end_learning_rate=wanted.rate * wanted.number("end_share", 0.01),
        power=wanted.number("power", 1.0),
        cycle=wanted.flag("cycle"),
    )


def _one_cycle(wanted: _Wanted) -> LearningRateSchedule:
    return OneCycle(
        wanted.rate,
        wanted.span,
        wanted.number("cycle_rise", 0.3),
        wanted.number("cycle_start", 0.04),
        wanted.number("cycle_end", 0.0001),
    )


SCHEDULES: dict[str, Callable[[_Wanted], LearningRateSchedule]] = {
    "step": _step,
    "exponential": partial(_decay, keras.optimizers.schedules.ExponentialDecay, "decay_rate", 0.9),
    "inverse_time": partial(_decay, keras.optimizers.schedules.InverseTimeDecay, "inverse_decay_rate", 0.5),
    "cosine": _cosine,
    "cosine_restarts": _restarts,
    "polynomial": _polynomial,
    "one_cycle": _one_cycle,
}
"""Those that are reckoned from the step; ``constant`` and ``plateau`` are numbers."""
