"""A trial that is trained fold by fold, paused and resumed elsewhere has the outcome of one that never was, to the bit."""

from __future__ import annotations

import functools
import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from kerasweep.search.planning import make_plan
from kerasweep.search.spec import make_spec
from kerasweep.training.events import Answer, EpochEnded, Outcome, Rung, Task
from kerasweep.training.models.signature import TrackedSignature
from kerasweep.training.models.tracked_configuration import take_notes
from kerasweep.training.trainers.paused_state import identity_of
from kerasweep.training.trainers.runtime import make_trainer
from kerasweep.training.trainers.training_state import NOT_KEPT as NONE_KEPT
from kerasweep.training.workload import Workload
from special_models import build_with, make_workload
from tiny_bases import TINY, write_tiny_bases

pytestmark = pytest.mark.trains
EPOCHS = 4
RUNGS = (Rung(1, 1), Rung(2, 1), Rung(3, 2))
NOT_KEPT = "paused, and its state is not kept, so that it will train from the start: "
LOST = "trained from the start: its state cannot be used: "


def rows() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(5)
    x = generator.normal(size=(61, 5))
    return x, np.digitize(x[:, 0] + 0.3 * generator.normal(size=61), (-0.5, 0.5))


@dataclass(frozen=True)
class Kind:
    """A model, its data, and what it is trained with."""

    model: Any
    configuration: dict[str, Any] = field(default_factory=dict)
    data: Callable[[], Any] = rows
    training: dict[str, Any] = field(default_factory=dict)
    folds: int = 2
    source: dict[str, Any] = field(default_factory=dict)
    rungs: Sequence[Rung] = RUNGS
    workers: int = 1
    """Between whom its trials change; each traces its own programs."""
    note: str = ""
    """How the only note of its trials begins where they are fused; empty for none."""


def table() -> pd.DataFrame:
    x, y = rows()
    return pd.DataFrame(x, columns=list("abcde")).assign(w=1 + np.arange(61) % 3, answer=y.astype(str))


def pictures() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(5)
    x = generator.integers(0, 256, (40, 8, 8, 3)).astype("uint8")
    return x, np.digitize(x[:, 2:6, 2:6].mean((1, 2, 3)), (122, 133))


def momentum_and_cosine(keras: Any, value: float) -> Any:
    schedule = keras.optimizers.schedules.CosineDecay(0.01, 12, warmup_target=0.1, warmup_steps=4)
    optimizer = keras.optimizers.SGD(schedule, momentum=0.9, nesterov=True)
    return {"layers": [keras.layers.Dropout(value)], "optimizer": optimizer}


def averaged(keras: Any, value: float) -> Any:
    layers = [keras.layers.BatchNormalization(), keras.layers.GaussianNoise(value)]
    optimizer = keras.optimizers.Adam(0.02, use_ema=True, ema_momentum=0.8, ema_overwrite_frequency=5)
    return {"layers": layers, "optimizer": optimizer}


def from_weights(keras: Any, value: float) -> Any:
    return {"optimizer": keras.optimizers.ScheduleFreeAdamW(0.02)}


def of_its_own(keras: Any, value: float) -> Any:
    inputs = keras.Input((5,))
    tensor = keras.layers.Dropout(value)(keras.layers.Dense(6, "tanh")(inputs))
    outputs = keras.layers.Dense(3, "softmax")(keras.layers.Lambda(lambda rows: 2 * rows)(tensor))
    model = keras.Model(inputs, outputs)
    model.compile(keras.optimizers.Adam(0.02), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


SMALL = {"units": 6, "hidden_layers": 1, "batch_size": 16, "learning_rate": 0.02}
KINDS = {
    "momentum, cosine, dropout": Kind(
        momentum_and_cosine, {"value": 0.3, "batch_size": 10}, folds=3, workers=2
    ),
    "average, batch normalization": Kind(averaged, {"value": 0.1, "batch_size": 10}),
    "slots that depend on weights": Kind(from_weights, {"batch_size": 10}),
    "plateau, scorer, weights of rows": Kind(
        "dnn",
        {
            **SMALL,
            "optimizer": "rmsprop",
            "class_weight": "balanced",
            "learning_rate_schedule": "plateau",
            "plateau_patience": 1,
            "plateau_min_delta": 9.0,
            "plateau_cooldown": 1,
        },
        data=table,
        source={"target": "answer", "weight": "w"},
        training={"metric": "f1_macro"},
    ),
    "pictures, augmented and mixed": Kind(
        "cnn",
        {
            "filters": 4,
            "blocks": 1,
            "units": 8,
            "batch_size": 16,
            "batch_normalization": True,
            "dropout": 0.2,
            "random_flip": "horizontal",
            "rotation": 0.1,
            "mixing": "mixup",
            "mixing_alpha": 0.4,
        },
        data=pictures,
    ),
    "fine-tuning": Kind(
        "transfer",
        {
            "base": TINY,
            "picture_size": 16,
            "optimizer": "adam",
            "learning_rate": 0.05,
            "batch_size": 16,
            "head": "global_average",
            "dropout": 0.2,
            "fine_tuning": True,
            "frozen_share": 0.5,
            "unfrozen_share": 0.4,
            "fine_tuning_rate": 0.2,
        },
        data=pictures,
    ),
    "code of its own": Kind(
        of_its_own, {"value": 0.2, "batch_size": 10}, note="traced for this trial and each of its folds"
    ),
    "stalled while the last fold catches up": Kind(
        "dnn",
        {**SMALL, "optimizer": "adam", "patience": 1, "min_delta": 9.0},
        rungs=(Rung(2, 1), Rung(4, 1), Rung(4, 2)),
    ),
}
BY_FIT = ("average, batch normalization", "plateau, scorer, weights of rows", "fine-tuning")
"""Those that differ to ``fit``, which traces each fold of each part anew."""
CASES = [("fused", kind) for kind in KINDS] + [("fit", kind) for kind in BY_FIT]
both = pytest.mark.parametrize(("name", "kind"), CASES)


@functools.cache
def workload_of(name: str, kind: str) -> Workload:
    write_tiny_bases()
    made = KINDS[kind]
    spec = {
        "data": {"source": "python:data", "test_size": 0.2, **made.source},
        "model": made.model if isinstance(made.model, str) else "python:build",
        "cv": {"folds": made.folds},
        "training": {"epochs": EPOCHS, "patience": None, **made.training},
        "execution": {"trainer": name},
        **({"space": {"fix": {"base": TINY}}} if made.model == "transfer" else {}),
    }
    function = None if isinstance(made.model, str) else build_with(made.model)
    return make_plan(make_spec(spec), data=made.data(), model=function).workload


@functools.cache
def trainer_of(name: str, kind: str, worker: int = 0) -> Any:
    """Return the trainer of a worker: another one has programs of its own."""
    return make_trainer(workload_of(name, kind), 1)


Answers = Callable[[EpochEnded], Answer]


def train(
    trainer: Any, task: Task, answers: Answers = lambda event: Answer.GO_ON
) -> tuple[list[EpochEnded], Outcome]:
    """Train until it ends or is paused, and return what it told and its outcome with all notes."""
    training, told = trainer.train(task), []
    take_notes()
    try:
        told.append(next(training))
        while True:
            told.append(training.send(answers(told[-1])))
    except StopIteration as end:
        outcome: Outcome = end.value
    return told, replace(outcome, notes=(*outcome.notes, *take_notes()), seconds=0.0)


def task_of(kind: str, **changes: Any) -> Task:
    return Task(changes.pop("number", 0), KINDS[kind].configuration, 11, **changes)


@functools.cache
def uninterrupted(name: str, kind: str) -> Outcome:
    told, outcome = train(trainer_of(name, kind), task_of(kind))
    folds = KINDS[kind].folds
    assert [event.rung for event in told] == [Rung(1 + e, folds) for e in range(outcome.epochs_trained)]
    assert outcome.ending == "whole"
    assert outcome.trainer == name
    expected = KINDS[kind].note if name == "fused" else ""
    assert [note.startswith(expected) for note in outcome.notes] == [True] * bool(expected)
    return outcome


def pause_at(rungs: Sequence[Rung]) -> Answers:
    return lambda event: Answer.PAUSE if event.rung in rungs else Answer.GO_ON


def in_parts(
    name: str,
    kind: str,
    at: Sequence[Rung],
    state: Path,
    between: Callable[[Path], object] = lambda path: None,
) -> tuple[list[Outcome], list[EpochEnded]]:
    """Pause a trial at rungs, have something happen to its state, and have it go on with each of its workers in turn."""
    parts: list[Outcome] = []
    told: list[EpochEnded] = []
    task, rungs = task_of(kind, state=state), list(at)
    while not parts or parts[-1].ending == "paused":
        trainer = trainer_of(name, kind, len(parts) % KINDS[kind].workers)
        events, outcome = train(trainer, replace(task, rungs=tuple(rungs)), pause_at(rungs))
        parts.append(outcome)
        told += events
        between(state)
        rungs = [rung for rung in rungs if rung != told[-1].rung]
    return parts, told


@both
def test_paused_at_every_rung_is_uninterrupted(name: str, kind: str, tmp_path: Path) -> None:
    expected, rungs = uninterrupted(name, kind), KINDS[kind].rungs
    rungs = rungs[-2:] if name == "fit" else rungs  # the fewer parts, the less it traces
    parts, told = in_parts(name, kind, rungs, tmp_path / "state")
    assert parts[-1] == expected
    assert len(parts) > 1
    assert [event.rung for event in told] == sorted(
        {event.rung for event in told}, key=lambda r: (r.folds, r.epochs)
    )
    for part, rung in zip(parts[:-1], rungs, strict=False):
        scores = next(event.scores for event in told if event.rung == rung)
        assert (part.ending, part.fold_scores, part.epochs_trained) == ("paused", scores, rung.epochs)
        assert part.notes == expected.notes
        assert {len(folds) for folds in part.curves.values()} == {rung.folds}
        for metric, folds in part.curves.items():
            for fold, curve in enumerate(folds):
                whole = expected.curves[metric][fold]
                assert curve[: len(whole)] == whole[: len(curve)]


@pytest.mark.parametrize("kind", KINDS)
def test_folds_that_join_later_change_nothing(kind: str) -> None:
    told, outcome = train(trainer_of("fused", kind), task_of(kind, rungs=tuple(KINDS[kind].rungs)))
    assert outcome == uninterrupted("fused", kind)
    folds = [len(event.scores) for event in told]
    assert folds == sorted(folds)
    assert folds[0] == 1


@pytest.mark.parametrize(
    "kind", ["momentum, cosine, dropout", "fine-tuning", "stalled while the last fold catches up"]
)
def test_paused_after_every_epoch_is_uninterrupted(kind: str, tmp_path: Path) -> None:
    """Also while a fold catches up, and at the epoch before a base is fine-tuned."""
    trainer, task = trainer_of("fused", kind), task_of(kind, state=tmp_path / "state")
    told: list[EpochEnded] = []
    for _ in range(3 * EPOCHS):
        left = tuple(rung for rung in RUNGS[1:] if rung not in [event.rung for event in told])
        events, outcome = train(trainer, replace(task, rungs=left), lambda event: Answer.PAUSE)
        told += events
        if outcome.ending == "whole":
            break
    assert outcome == uninterrupted("fused", kind)
    assert Rung(1, 2) in [event.rung for event in told]
    assert len(told) == len({event.rung for event in told})


@functools.cache
def trainer_of_fewer(name: str, kind: str, epochs: int) -> Any:
    return make_trainer(replace(workload_of(name, kind), epochs=epochs), 1)


def trained_on(
    name: str, kind: str, folder: Path, epochs: int = 2
) -> tuple[Outcome, list[EpochEnded], Outcome]:
    """Train a trial for fewer epochs, and another one on from its end."""
    short = task_of(kind, keeps=folder / "1.kept", state=folder / "1.state")
    _, first = train(trainer_of_fewer(name, kind, epochs), short)
    long = task_of(kind, number=1, state=folder / "1.kept", keeps=folder / "2.kept", continues=True)
    return (first, *train(trainer_of(name, kind), long))


ENDS_EARLY = "stalled while the last fold catches up"
SPANS = "fine-tuning"


@pytest.mark.parametrize(("name", "kind"), [case for case in CASES if case[1] not in (ENDS_EARLY, SPANS)])
def test_trained_further_from_its_end_is_uninterrupted(name: str, kind: str, tmp_path: Path) -> None:
    expected = uninterrupted(name, kind)
    first, told, found = trained_on(name, kind, tmp_path)
    assert (first.ending, first.epochs_trained, first.taken_over) == ("whole", 2, 0)
    assert first.notes == expected.notes
    assert [event.epoch for event in told] == [3, 4]
    assert found == replace(expected, taken_over=2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1.kept", "2.kept"]


def test_what_patience_has_ended_ends_there_again(tmp_path: Path) -> None:
    """With more epochs, and from a state in which the first fold has come further than the others."""
    rungs = KINDS[ENDS_EARLY].rungs
    expected = uninterrupted("fused", ENDS_EARLY)
    assert expected.epochs_trained < EPOCHS
    for epochs, at in ((3, ()), (EPOCHS, rungs)):
        task = task_of(ENDS_EARLY, keeps=tmp_path / "kept", rungs=at)
        assert train(trainer_of_fewer("fused", ENDS_EARLY, epochs), task)[1] == expected
        task = task_of(ENDS_EARLY, number=1, state=tmp_path / "kept", continues=True)
        told, found = train(trainer_of("fused", ENDS_EARLY), task)
        assert (told, found) == ([], replace(expected, taken_over=expected.epochs_trained))


COSINE = {**SMALL, "optimizer": "sgd", "learning_rate_schedule": "cosine"}


@pytest.mark.parametrize(("name", "kind"), [("fused", SPANS), ("fused", "cosine"), ("fit", "cosine")])
def test_what_depends_on_all_epochs_is_trained_from_the_start(
    name: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(KINDS, "cosine", Kind("dnn", COSINE))
    expected = uninterrupted(name, kind)
    _, told, found = trained_on(name, kind, tmp_path)
    assert replace(found, notes=()) == replace(expected, notes=())
    assert [event.epoch for event in told] == [1, 2, 3, 4]
    (note,) = found.notes
    assert note.startswith(f"{LOST}its training depends on how many epochs it has in all")
    assert note.endswith("2 then and 4 now")


def test_a_function_that_reads_how_many_epochs_there_are_depends_on_them() -> None:
    signature = workload_of("fused", DENSE).signature({})
    tracked = TrackedSignature.of(signature)
    found = [tracked.output_activation, tracked.depends_on_epochs, tracked.epochs, tracked.depends_on_epochs]
    assert found == ["softmax", False, EPOCHS, True]
    assert tracked.rows == signature.rows
    assert not TrackedSignature.of(signature).depends_on_epochs


def test_without_the_state_of_the_trial_it_continues_it_trains_from_the_start(tmp_path: Path) -> None:
    for state in (None, tmp_path / "lost"):
        _, found = train(trainer_of("fused", DENSE), task_of(DENSE, state=state, continues=True))
        assert found == replace(uninterrupted("fused", DENSE), notes=(NONE_KEPT,))


DENSE = "momentum, cosine, dropout"


def test_a_rung_that_is_still_asked_for_is_told_again(tmp_path: Path) -> None:
    """Whoever asked it may have died before it was answered."""
    trainer, task = trainer_of("fused", DENSE), task_of(DENSE, rungs=RUNGS[1:], state=tmp_path / "state")
    first, _ = train(trainer, task, pause_at(RUNGS[1:]))
    again, outcome = train(trainer, task)
    assert [event.rung for event in first + again][:4] == [Rung(1, 1), Rung(2, 1), Rung(2, 1), Rung(1, 2)]
    assert again[0] == first[1]
    assert outcome == uninterrupted("fused", DENSE)


def lose(path: Path) -> None:
    path.unlink(missing_ok=True)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def spoil(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 255
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("harm", "note"), [(lose, ""), (cut, "the file is damaged"), (spoil, "the file is damaged")]
)
def test_a_state_may_be_lost_or_damaged_at_any_time(harm, note: str, tmp_path: Path) -> None:
    """The trial trains from its start, tells its epochs once more, and says why unless the file is gone."""
    parts, told = in_parts("fused", DENSE, RUNGS[-2:], tmp_path / "state", harm)
    assert replace(parts[-1], notes=()) == uninterrupted("fused", DENSE)
    assert parts[-1].notes == ((LOST + note,) if note else ())
    assert [event.epoch for event in told].count(1) == len(parts) == 3


def test_a_state_of_another_training_is_not_used(tmp_path: Path) -> None:
    task = task_of(DENSE, rungs=RUNGS, state=tmp_path / "state")
    train(trainer_of("fused", DENSE), task, pause_at(RUNGS))
    told, outcome = train(trainer_of("fused", DENSE), replace(task, seed=12), lambda event: Answer.STOP)
    assert (told[0].rung, outcome.ending) == (Rung(1, 1), "stopped")
    assert outcome.notes == (f"{LOST}it is of another training",)


def test_what_a_training_depends_on_is_its_identity() -> None:
    workload, task = workload_of("fused", DENSE), task_of(DENSE)
    other = {**task.configuration, "value": 0.2}
    found = [
        identity_of(workload, task, "fused"),
        identity_of(workload, task, "fit"),
        identity_of(workload, replace(task, seed=12), "fused"),
        identity_of(workload, replace(task, configuration=other), "fused"),
        identity_of(replace(workload, folds=workload.folds[::-1]), task, "fused"),
        identity_of(replace(workload, precision="bfloat16"), task, "fused"),
        identity_of(workload_of("fused", "fine-tuning"), task, "fused"),
    ]
    assert len(set(found)) == len(found)
    again = pickle.loads(pickle.dumps(replace(workload, model=replace(workload.model, function=None))))
    assert identity_of(again, replace(task, rungs=RUNGS, number=7), "fused") == found[0]


def test_a_state_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    trainer, task = trainer_of("fused", DENSE), task_of(DENSE, rungs=RUNGS[:1])
    pause = pause_at(RUNGS)
    _, without = train(trainer, task, pause)
    assert (without.ending, without.notes) == (
        "paused",
        (f"{NOT_KEPT}it has no file",),
    )
    _, full = train(trainer, replace(task, state=tmp_path / "no folder" / "state"), pause)
    assert (full.ending, full.notes[0][: len(NOT_KEPT)]) == ("paused", NOT_KEPT)
    assert "[Errno 2]" in full.notes[0]
    assert list(tmp_path.iterdir()) == []


def test_a_resumed_trial_traces_nothing_and_builds_the_folds_that_train(tmp_path: Path, monkeypatch) -> None:
    from kerasweep.training.trainers.fused import programs

    trainer, task = trainer_of("fused", DENSE), task_of(DENSE, rungs=RUNGS, state=tmp_path / "state")
    uninterrupted("fused", DENSE)
    built, build = [], trainer._fit.build

    def noted(task: Task, fold: int, **more: Any) -> Any:
        built.append(fold)
        return build(task, fold, **more)

    monkeypatch.setattr(trainer._fit, "build", noted)
    monkeypatch.setattr(programs, "trace", None)
    _, paused = train(trainer, task, pause_at(RUNGS[1:]))
    assert (paused.epochs_trained, built) == (2, [0])
    _, ended = train(trainer, replace(task, rungs=RUNGS[2:]))
    assert (ended.ending, built) == ("whole", [0, 0, 1, 2])
    assert ended == uninterrupted("fused", DENSE)


def test_folds_side_by_side_may_join_later() -> None:
    trainer = make_trainer(workload_of("fused", DENSE), 2)
    assert train(trainer, task_of(DENSE, rungs=RUNGS))[1] == train(trainer, task_of(DENSE))[1]


def drawn_by_tensorflow(keras: Any, value: float) -> Any:
    import tensorflow as tf

    noise = keras.layers.Lambda(lambda rows: rows + tf.random.normal(tf.shape(rows), stddev=0.1))
    return {"layers": [noise]}


def drawn_by_numpy(keras: Any, value: float) -> Any:
    layer = keras.layers.Lambda(lambda rows: rows * float(np.random.uniform(0.9, 1.1)))  # noqa: NPY002
    return {"layers": [layer]}


def run_eagerly(keras: Any, value: float) -> Any:
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(3, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", run_eagerly=True)
    return model


def hidden_variable(keras: Any, value: float) -> Any:
    import tensorflow as tf

    count = tf.Variable(0.0)
    return {"layers": [keras.layers.Lambda(lambda rows: rows + 0.0 * count.assign_add(1.0))]}


DRAWS = "its steps draw random numbers without a seed generator of Keras's"


@pytest.mark.parametrize(
    ("special", "name", "why"),
    [
        (drawn_by_tensorflow, "auto", DRAWS),
        (drawn_by_tensorflow, "fit", DRAWS),
        (drawn_by_numpy, "auto", "its steps draw from Python's or NumPy's generator"),
        (run_eagerly, "auto", "its steps are no graph that could be looked at"),
        (hidden_variable, "auto", "its steps change what Keras does not list"),
        (hidden_variable, "fit", "its steps change what Keras does not list"),
    ],
)
def test_what_would_not_go_on_exactly_is_not_kept(special, name: str, why: str, tmp_path: Path) -> None:
    trainer = make_trainer(make_workload(special, name), 1)
    task = Task(0, {"batch_size": 20}, 11, rungs=(Rung(1, 1),), state=tmp_path / "state")
    _, outcome = train(trainer, task, pause_at(task.rungs))
    assert outcome.ending == "paused"
    assert f"{NOT_KEPT}{why}" in outcome.notes
    assert not list(tmp_path.iterdir())


def one_width_a_fold(keras: Any, value: float) -> Any:
    return {"layers": [keras.layers.Dense(int(np.random.randint(2, 30)))]}  # noqa: NPY002


def test_a_fold_of_another_model_has_the_trial_trained_anew(tmp_path: Path) -> None:
    """Its folds have a program each where they begin together, and so they must where they do not."""
    trainer = make_trainer(make_workload(one_width_a_fold), 1)
    task = Task(0, {"batch_size": 20}, 11)
    _, expected = train(trainer, task)
    told, found = train(trainer, replace(task, rungs=(Rung(1, 1),), state=tmp_path / "state"))
    assert [event.rung for event in told] == [Rung(1, 1), Rung(1, 2), Rung(2, 2), Rung(3, 2)]
    assert replace(found, notes=()) == replace(expected, notes=())
    assert found.notes[0].startswith("trained anew, all folds from the start, and never paused: ")
