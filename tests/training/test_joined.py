"""Updates of all weights as one vector: the same to the bit as weight by weight, for every optimizer that has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from kerasweep.training.trainers.runtime import make_trainer
from kerasweep.training.workload import Workload
from special_models import make_workload, outcome_of

pytestmark = pytest.mark.trains
JOINED = ("Adam", "AdamW", "RMSprop", "Adagrad", "Adadelta", "Adamax", "Nadam", "Lion")
OTHERS = {
    "Adafactor",
    "Ftrl",
    "Lamb",
    "LossScaleOptimizer",
    "Muon",
    "MultiOptimizer",
    "ScheduleFreeAdamW",
    "SGD",
}
"""Their update of a number looks at others, is not the same to the bit in a vector, is another optimizer's, or is an
operation of TensorFlow's (``test_native_updates.py``)."""
OPTIONS: tuple[dict[str, Any], ...] = (
    {"weight_decay": 0.01, "clipvalue": 0.1},
    {"clipnorm": 0.01},
    {"global_clipnorm": 0.01},
    {"use_ema": True, "ema_momentum": 0.5, "ema_overwrite_frequency": 3},
    {"gradient_accumulation_steps": 2},
)
"""What Keras does around the update, whichever it is."""
MORE: dict[str, dict[str, Any]] = {
    "Adam": {"amsgrad": True},
    "AdamW": {"amsgrad": True},
    "RMSprop": {"momentum": 0.5, "centered": True},
}


def deep(optimizer: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    """Return a special model of several layers, one with a constraint, and an optimizer."""

    def special(keras: Any, value: float) -> dict[str, Any]:
        layers = keras.layers
        return {
            "layers": [
                layers.Dense(7, activation="relu", kernel_constraint="unit_norm"),
                layers.BatchNormalization(),
            ],
            "optimizer": optimizer(keras),
        }

    return special


def curves(workload: Workload, monkeypatch: pytest.MonkeyPatch, *, joins: bool) -> dict[str, Any]:
    from kerasweep.training.trainers.fused import programs

    with monkeypatch.context() as patch:
        if not joins:
            patch.setattr(programs, "can_join", lambda _: False)
        outcome = outcome_of(make_trainer(workload, 1), {})
    assert outcome.trainer == "fused", outcome.notes
    return outcome.curves


def test_every_optimizer_of_keras_is_known() -> None:
    import keras
    from kerasweep.training.trainers.fused.joined import NUMBER_BY_NUMBER

    found = {
        name
        for name, kind in vars(keras.optimizers).items()
        if isinstance(kind, type) and issubclass(kind, keras.optimizers.Optimizer) and name != "Optimizer"
    }
    assert [kind.__name__ for kind in NUMBER_BY_NUMBER] == [*JOINED]
    assert found == {*JOINED} | OTHERS


@pytest.mark.parametrize(
    ("kind", "options"),
    [*((kind, MORE.get(kind, {})) for kind in JOINED), *(("RMSprop", options) for options in OPTIONS)],
    ids=str,
)
def test_joined_weights_are_trained_to_the_bit_alike(
    kind: str, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    special = deep(lambda keras: getattr(keras.optimizers, kind)(learning_rate=0.02, **options))
    workload = make_workload(special, folds=1)
    assert curves(workload, monkeypatch, joins=True) == curves(workload, monkeypatch, joins=False)


def test_weights_may_be_left_out_of_the_decay(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_biases(keras: Any) -> Any:
        optimizer = keras.optimizers.AdamW(0.02, weight_decay=0.1, amsgrad=True)
        optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
        return optimizer

    workload = make_workload(deep(without_biases), folds=1)
    found = curves(workload, monkeypatch, joins=True)
    assert found == curves(workload, monkeypatch, joins=False)
    everywhere = deep(lambda keras: keras.optimizers.AdamW(0.02, weight_decay=0.1, amsgrad=True))
    assert found != curves(make_workload(everywhere, folds=1), monkeypatch, joins=True)


def test_an_update_stands_in_a_program_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from kerasweep.training.trainers.fused import fold_program
    from kerasweep.training.trainers.fused.program import _graphs_of

    workload = make_workload(deep(lambda keras: keras.optimizers.Adam(0.01, amsgrad=True)), folds=1)
    counts = {}
    for joins in (True, False):
        graphs: list[Any] = []
        original = fold_program.trace_function

        def noting(function: Any, inputs: Any, graphs: Any = graphs, original: Any = original) -> Any:
            traced = original(function, inputs)
            graphs.extend(_graphs_of(traced) if function.__name__ == "train" else [])
            return traced

        with monkeypatch.context() as patch:
            patch.setattr(fold_program, "trace_function", noting)
            curves(workload, monkeypatch, joins=joins)
        functions = {name: one for graph in graphs for name, one in graph._functions.items()}
        operations = [node.op for one in functions.values() for node in one.cached_definition.node_def]
        counts[joins] = operations.count("Sqrt")
    assert counts[False] - counts[True] >= 2 * 7, "Adam takes two roots a weight; there are eight weights"


def looking_up(keras: Any, value: float) -> Any:
    """Return a model whose gradients are sparse."""
    model = keras.Sequential(
        [
            keras.Input((5,)),
            keras.layers.Rescaling(0.0),
            keras.layers.Embedding(4, 3),
            keras.layers.Flatten(),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile("rmsprop", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def with_an_idle_weight(keras: Any, value: float) -> Any:
    """Return a model one of whose weights gets no gradient."""
    rows = keras.Input((5,))
    idle = keras.layers.Dense(2)(rows)
    found = keras.layers.Dense(3, activation="softmax")(rows)
    model = keras.Model(rows, keras.layers.Lambda(lambda both: both[0])([found, idle]))
    model.compile("rmsprop", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def test_sparse_gradients_are_not_joined_and_that_is_found_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from kerasweep.training.trainers.fused import fold_program

    names: list[str] = []
    original = fold_program.trace_function
    monkeypatch.setattr(
        fold_program,
        "trace_function",
        lambda function, inputs: names.append(function.__name__) or original(function, inputs),
    )
    workload = make_workload(looking_up)
    fused = make_trainer(workload, 1)
    first = outcome_of(fused, {})
    assert (first.trainer, first.notes) == ("fused", ())
    assert names == ["train", "train", "finish"], "the first one met a sparse gradient"
    assert outcome_of(fused, {}).curves == first.curves
    assert len(names) == 3
    assert first.curves == curves(workload, monkeypatch, joins=False)


@pytest.mark.filterwarnings("ignore:Gradients do not exist")
def test_a_weight_without_gradient_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    workload = make_workload(with_an_idle_weight)
    found = curves(workload, monkeypatch, joins=True)
    assert found == curves(workload, monkeypatch, joins=False)
