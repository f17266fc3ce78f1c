"""In what form a model gets its targets: as its user gave them, or as a loss of Keras's reads them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from kerasweep.errors import TrainingError
from kerasweep.training.data import AS_STORED, TargetFormat, load_dataset
from kerasweep.training.models.tracked_configuration import take_notes
from real_training import train, workload_of

pytestmark = pytest.mark.trains
THREE = 3


def compiled(loss: Any, units: int, *, activation: str = "softmax", metrics: Any = ("accuracy",)) -> Any:
    import keras

    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(units, activation=activation)])
    model.compile("sgd", loss, metrics=list(metrics))
    return model


def labels_of(
    loss: Any, units: int, classes: int, target_format: TargetFormat = AS_STORED, **options: Any
) -> str:
    from kerasweep.training.models.labels import labels_of

    take_notes()
    return labels_of(compiled(loss, units, **options), "classification", classes, target_format, (4,))


def of_codes(y, p):
    """An own loss that reads class codes; its name says nothing."""
    import keras

    return keras.losses.sparse_categorical_crossentropy(y, p)


def of_rows(y, p):
    """Reads one-hot rows; codes would be broadcast without an error."""
    import keras

    return -keras.ops.sum(y * keras.ops.log(p + 1e-7), axis=-1)


def sparse_of_rows(y, p):
    """Reads one-hot rows, whatever it is called."""
    return of_rows(y, p)


def of_signs(y, p):
    """The margin loss of labels -1 and 1."""
    import keras

    return keras.ops.softplus(-y * p)


def loss_class(function: Any) -> Any:
    import keras

    class Own(keras.losses.Loss):
        def call(self, y_true, y_pred):
            return function(y_true, y_pred)

    return Own()


FLAT = TargetFormat("flat", (0.0, 1.0, 2.0))
COLUMN = TargetFormat("column", (0.0, 1.0, 2.0))
ROWS = TargetFormat("one-hot", dtype="float32")
SIGNS = TargetFormat("flat", (-1.0, 1.0))
SIGNS_COLUMN = TargetFormat("column", (-1.0, 1.0))
TEXT = AS_STORED


@pytest.mark.parametrize("wrap", [lambda function: function, loss_class], ids=["function", "class"])
@pytest.mark.parametrize(
    ("loss", "units", "classes", "given", "labels"),
    [
        (of_codes, 3, 3, FLAT, "codes"),
        (of_codes, 3, 3, COLUMN, "value column"),
        (of_codes, 3, 3, TEXT, "codes"),
        (of_codes, 3, 3, TargetFormat("flat", (1.0, 2.0, 3.0)), "codes"),
        (of_rows, 3, 3, ROWS, "one-hot"),
        (of_rows, 3, 3, FLAT, "one-hot"),
        (sparse_of_rows, 3, 3, TEXT, "one-hot"),
        (of_signs, 1, 2, SIGNS, "values"),
        (of_signs, 1, 2, SIGNS_COLUMN, "value column"),
    ],
)
def test_a_loss_of_ones_own_gets_what_was_given_or_what_it_can_learn_from(
    wrap, loss, units, classes, given, labels
) -> None:
    if wrap is loss_class and labels == "values":
        labels = "column"  # (rows,) against (rows, 1) compares every label with every prediction
    assert (
        labels_of(wrap(loss), units, classes, given, activation="softmax" if units > 1 else "tanh") == labels
    )
    first = {"flat": "codes", "column": "value column", "one-hot": "one-hot"}[given.shape]
    first = "values" if given.shape == "flat" and given.values and not given.are_codes else first
    assert bool(take_notes()) == (labels != first), "another form than the given one is told"


@pytest.mark.parametrize("spelling", ["name", "class", "function", "renamed"])
@pytest.mark.parametrize(
    ("loss", "units", "classes", "given", "labels"),
    [
        ("SparseCategoricalCrossentropy", 3, 3, ROWS, "codes"),
        ("SparseCategoricalCrossentropy", 5, 3, FLAT, "codes"),
        ("CategoricalCrossentropy", 3, 3, FLAT, "one-hot"),
        ("CategoricalHinge", 3, 3, COLUMN, "one-hot"),
        ("MeanSquaredError", 3, 3, FLAT, "one-hot"),
        ("KLDivergence", 3, 3, TEXT, "one-hot"),
        ("BinaryCrossentropy", 1, 2, FLAT, "column"),
        ("BinaryCrossentropy", 1, 2, SIGNS, "column"),
        ("Hinge", 1, 2, SIGNS, "column"),
        ("MeanSquaredError", 1, 2, SIGNS, "value column"),
        ("MeanAbsoluteError", 1, 3, TargetFormat("flat", (2.0, 4.0, 8.0)), "value column"),
        ("MeanSquaredError", 1, 3, TEXT, "column"),
    ],
)
def test_the_class_of_a_loss_of_kerass_decides_however_it_is_spelled(
    spelling, loss, units, classes, given, labels
) -> None:
    import keras

    made = getattr(keras.losses, loss)()
    spelled = {
        "name": loss,
        "class": made,
        "function": made.fn,
        "renamed": getattr(keras.losses, loss)(name="of_mine"),
    }[spelling]
    assert labels_of(spelled, units, classes, given, activation="linear") == labels
    assert not take_notes()


@pytest.mark.parametrize(
    ("metric", "loss", "units", "labels"),
    [
        ("SparseCategoricalAccuracy", of_codes, 3, "codes"),
        ("CategoricalAccuracy", of_codes, 3, None),
        ("F1Score", of_rows, 3, "one-hot"),
        ("F1Score", "categorical_crossentropy", 3, "one-hot"),
        ("F1Score", "sparse_categorical_crossentropy", 3, None),
        ("sparse_categorical_accuracy", "categorical_crossentropy", 3, None),
        ("categorical_accuracy", "sparse_categorical_crossentropy", 3, None),
        ("TopKCategoricalAccuracy", "mse", 3, "one-hot"),
    ],
)
def test_metrics_and_loss_read_the_same_or_are_refused(metric, loss, units, labels) -> None:
    import keras

    given = metric if metric.islower() else getattr(keras.metrics, metric)()
    if labels is not None:
        assert labels_of(loss, units, 3, FLAT, metrics=[given]) == labels
        return
    with pytest.raises(
        TrainingError, match=r"compile a loss and metrics that read the same|raises an error for labels"
    ):
        labels_of(loss, units, 3, FLAT, metrics=[given])


@pytest.mark.parametrize(
    ("loss", "units", "message"),
    [
        ("sparse_categorical_crossentropy", 3, "its last layer has 3 units and there are 10 classes"),
        ("categorical_crossentropy", 3, "its last layer has 3 units and there are 10 classes"),
        ("sparse_categorical_crossentropy", 1, "its last layer has 1 unit and there are 10 classes"),
        ("categorical_crossentropy", 1, "its last layer has 1 unit and there are 10 classes"),
        ("binary_crossentropy", 1, "its last layer has 1 unit and there are 10 classes"),
        ("mse", 4, "its last layer has 4 units and there are 10 classes"),
    ],
)
def test_outputs_that_the_loss_cannot_compare_with_the_classes_are_refused(loss, units, message) -> None:
    with pytest.raises(TrainingError, match=message) as caught:
        labels_of(loss, units, 10)
    assert caught.value.kind == "model"
    assert "\n" not in str(caught.value)


RNG = np.random.default_rng(0)
X = RNG.normal(size=(80, 4)).astype(np.float32)
CODES = (X[:, 0] > 0).astype(np.int64) + (X[:, 0] > 0.8)
GIVEN = {
    "a number a row": X[:, 0] * 2,
    "numbers in a column": X[:, :1] * 2,
    "codes": CODES,
    "codes in a column": CODES[:, None],
    "one-hot": np.eye(3, dtype=np.float32)[CODES],
    "signs": np.where(CODES > 0, 1, -1),
    "signs in a column": np.where(CODES > 0, 1, -1)[:, None],
}


def looking_model(seen: list[tuple[int, ...]], ranks: int, units: int) -> Any:
    """Return a build function whose loss notes the shape of its labels and compares them with the outputs."""

    def build(config, signature):
        import keras

        class Looking(keras.losses.Loss):
            def call(self, y_true, y_pred):
                seen.append((len(y_true.shape), y_true.shape[-1] if len(y_true.shape) > 1 else 0))
                if units == 3 and (len(y_true.shape) == 1 or y_true.shape[-1] == 1):
                    return keras.losses.sparse_categorical_crossentropy(y_true, keras.ops.softmax(y_pred))
                y_true = keras.ops.reshape(y_true, (-1, units))
                return keras.ops.mean(keras.ops.square(y_true - y_pred), axis=-1)

        model = keras.Sequential([keras.Input(signature.input_shape), keras.layers.Dense(units)])
        model.compile(keras.optimizers.SGD(0.01), Looking())
        return model

    return build


@pytest.mark.parametrize("trainer", ["fit", "fused"])
@pytest.mark.parametrize("name", GIVEN)
def test_what_the_user_gave_is_what_the_model_gets(name, trainer) -> None:
    y = GIVEN[name]
    seen: list[tuple[int, ...]] = []
    units = 3 if "code" in name or name == "one-hot" else 1
    workload = workload_of(
        (X, y), looking_model(seen, y.ndim, units), epochs=1, trainer=trainer, metric="loss"
    )
    train(workload, {"batch_size": 16})
    assert set(seen) == {(y.ndim, y.shape[1] if y.ndim == 2 else 0)}
    seen.clear()
    run_whole(workload)
    assert set(seen) == {(y.ndim, y.shape[1] if y.ndim == 2 else 0)}, "refit gives what the folds gave"


def run_whole(workload: Any) -> Any:
    from kerasweep.training.trainers.refit_run import start_refit

    run = start_refit(workload, {"batch_size": 16}, 1)
    list(run.train(1))
    return run


def test_data_remember_the_form_of_their_targets() -> None:
    forms = {name: load_dataset((X, y)).target_format for name, y in GIVEN.items()}
    assert {name: form.shape for name, form in forms.items()} == {
        "a number a row": "flat",
        "numbers in a column": "column",
        "codes": "flat",
        "codes in a column": "column",
        "one-hot": "one-hot",
        "signs": "flat",
        "signs in a column": "column",
    }
    assert forms["signs"].values == (-1.0, 1.0)
    prints = {name: load_dataset((X, y)).fingerprint for name, y in GIVEN.items()}
    assert prints["codes"] != prints["codes in a column"], "a model is given other arrays"
