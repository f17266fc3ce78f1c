"""Small trainings in this process, by the trainer that a specification asks for."""

from __future__ import annotations

from kerasweep.search.planning import make_plan
from kerasweep.search.spec import make_spec
from kerasweep.training.events import Answer, EpochEnded, Outcome, Task


def workload_of(data, model, *, epochs: int = 3, patience=None, trainer="auto", **changes):
    """Return the workload of a small sweep."""
    given = None if isinstance(data, str) else data
    function = model if callable(model) else None
    spec = make_spec(
        {
            "data": {"source": data if given is None else "python:data", "limit": changes.pop("limit", None)},
            "model": model if function is None else "python:build",
            "cv": {"folds": 2},
            "training": {"epochs": epochs, "patience": patience, **changes},
            "execution": {"trainer": trainer},
        }
    )
    return make_plan(spec, data=given, model=function).workload


def train(workload, configuration, stop_at: int | None = None) -> Outcome:
    """Train a configuration to its end and return its outcome; hold every event against the curves."""
    from kerasweep.training.trainers.runtime import make_trainer

    training = make_trainer(workload, threads=1).train(Task(7, configuration, seed=11))
    events: list[EpochEnded] = []
    try:
        events.append(next(training))
        while True:
            events.append(training.send(Answer.STOP if events[-1].epoch == stop_at else Answer.GO_ON))
    except StopIteration as end:
        outcome: Outcome = end.value
    assert [event.epoch for event in events] == list(range(1, outcome.epochs_trained + 1))
    curve = outcome.curves[workload.objective.metric]
    assert [event.scores for event in events] == list(zip(*curve, strict=True))
    return outcome
