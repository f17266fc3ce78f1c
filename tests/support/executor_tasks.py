"""Tasks that misbehave on request, what trains them, and how an executor is driven through them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from kerasweep.search.planning import make_plan
from kerasweep.search.spec import make_spec
from kerasweep.spaces import Int, Space
from kerasweep.training.events import (
    Answer,
    EpochEnded,
    Event,
    Rung,
    Task,
    TrialEnded,
)
from kerasweep.training.goals import Goals, parse_constraint

EPOCHS = 3
FOLDS = 2


def make_build():
    """Return a model function as a notebook's: of ``__main__``, so that it reaches a worker by value only."""
    factor = 2

    def build(config, signature):
        import os as system
        import signal as signals

        import keras
        import tensorflow as tf
        from kerasweep.errors import FatalTrainingError

        behaviour = config.get("behaviour", "train")
        print("a model function may print")
        if behaviour == "fatal":
            raise FatalTrainingError("model", "the model says that no trial can succeed")
        if behaviour == "raise":
            raise RuntimeError("this configuration cannot be built")
        if behaviour == "die":
            system.kill(system.getpid(), signals.SIGKILL)
        outputs = keras.layers.Dense(signature.outputs, activation="softmax")
        layers = [keras.Input(signature.input_shape), keras.layers.Dense(config["units"] * factor, "relu")]
        if behaviour == "nan":
            layers.append(keras.layers.Lambda(lambda x: x * tf.constant(float("nan"))))
        return keras.Sequential([*layers, outputs])

    build.__module__ = "__main__"
    build.space = Space((Int("units", 2, 8),))
    return build


def make_workload(build=None):
    generator = np.random.default_rng(3)
    x = generator.normal(size=(90, 4))
    y = np.where(x[:, 0] > 0, "yes", "no")
    spec = make_spec(
        {
            "data": "python:data",
            "model": "python:build",
            "cv": {"folds": 2},
            "training": {"epochs": EPOCHS, "patience": None},
        }
    )
    workload = make_plan(spec, data=(x, y), model=build or make_build()).workload
    return replace(workload, goals=Goals(constraints=(parse_constraint("params<1000"),)))


def task(number: int, behaviour: str = "train", units: int = 3, rungs: tuple[int, ...] = ()) -> Task:
    at = tuple(Rung(epoch, FOLDS) for epoch in rungs)
    return Task(number, {"units": units, "behaviour": behaviour}, seed=5, rungs=at)


def run(executor, *tasks: Task, cancel_at: int | None = None, pause_at: Rung | None = None) -> list[Event]:
    """Submit tasks while there is room, answer at their rungs, and return all events."""
    waiting = list(tasks)
    rungs = {task.number: task.rungs for task in tasks}
    under_way = 0
    events: list[Event] = []
    while waiting or under_way:
        while waiting and under_way < executor.capacity:
            executor.submit(waiting.pop(0))
            under_way += 1
        event = executor.next_event(timeout=120)
        assert event is not None
        events.append(event)
        if not isinstance(event, EpochEnded):
            under_way -= 1
        elif event.epoch == cancel_at:
            executor.answer(event.number, Answer.STOP)
        elif event.rung in rungs[event.number]:
            executor.answer(event.number, Answer.PAUSE if event.rung == pause_at else Answer.GO_ON)
    assert executor.next_event(timeout=0.1) is None, "nothing is under way"
    return events


def outcome_of(events: list[Event], number: int = 0):
    (end,) = [event for event in events if isinstance(event, TrialEnded) and event.number == number]
    return end.outcome


def is_alive(pid: int) -> bool:
    """Return whether a process lives; one that has ended and waits for its parent to ask does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
