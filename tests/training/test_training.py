"""One suite for all trainers, which are held against a plain loop of ``model.fit`` on NumPy arrays."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest
from kerasweep.errors import TrainingError
from kerasweep.spaces import Int, Space
from kerasweep.training.events import Task
from kerasweep.training.fold_cache import FoldData
from kerasweep.training.metrics import Objective
from kerasweep.training.seeds import epoch_order, fold_seed
from real_training import train, workload_of

pytestmark = pytest.mark.trains
TRAINERS = {"fit": "fit", "auto": "fused"}
"""What a specification asks for -> who then trains."""
DEEP = {
    "optimizer": "adam",
    "learning_rate": 0.01,
    "batch_size": 32,
    "hidden_layers": 2,
    "units": 16,
    "activation": "relu",
    "dropout": 0.25,
    "normalization": "batch",
}
LINE = {
    "optimizer": "sgd",
    "learning_rate": 0.05,
    "batch_size": 16,
    "hidden_layers": 1,
    "units": 8,
    "activation": "tanh",
}


def plain(workload, configuration, build) -> list[SimpleNamespace]:
    """Train each fold as anybody would, and return models with Keras's own curves, in the units of training."""
    import keras

    runs = []
    for fold, data in enumerate(workload.fold_data):
        seed = fold_seed(11, fold)
        keras.utils.set_random_seed(seed)
        model = build(configuration, workload.signature(configuration))
        history: dict[str, list[float]] = {}
        x, y = data.x[data.train], data.y[data.train]
        held_out = (data.x[data.validation], data.y[data.validation])
        for epoch in range(workload.epochs):
            order = epoch_order(seed, epoch, len(x))
            logs = model.fit(
                x[order],
                y[order],
                batch_size=configuration["batch_size"],
                initial_epoch=epoch,
                epochs=epoch + 1,
                shuffle=False,
                verbose=0,
                validation_data=held_out,
                validation_batch_size=1000,
            )
            for metric, (value,) in logs.history.items():
                history.setdefault(metric, []).append(value)
        runs.append(SimpleNamespace(model=model, history=history, data=data))
    return runs


def compiled(family: str):
    from kerasweep.training.models.building import compile_model
    from kerasweep.training.models.families import BUILDERS

    def build(configuration, signature):
        model = BUILDERS[family](configuration, signature)
        compile_model(model, configuration, signature)
        return model

    return build


@pytest.fixture(params=TRAINERS, autouse=True)
def trainer(request, monkeypatch: pytest.MonkeyPatch) -> str:
    """Have all workloads of a test ask for one of the trainers."""
    monkeypatch.setitem(workload_of.__kwdefaults__, "trainer", request.param)
    return TRAINERS[request.param]


@pytest.fixture(scope="module", autouse=True)
def tensorflow() -> None:
    from kerasweep.training.trainers.runtime import prepare_tensorflow

    prepare_tensorflow(1)


@pytest.fixture(scope="module")
def line() -> tuple[np.ndarray, np.ndarray]:
    """A regression whose target is large, so that units matter."""
    generator = np.random.default_rng(0)
    x = generator.normal(size=(120, 3))
    return x, (x @ [3.0, -2.0, 0.5] * 1000 + 5000 + generator.normal(0, 50, 120)).astype("float32")


@pytest.fixture(scope="module")
def classes() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(1)
    x = generator.normal(size=(120, 4))
    return x, np.where(x[:, 0] + 0.3 * generator.normal(size=120) > 0, "yes", "no")


def test_training_is_a_plain_loop(trainer) -> None:
    """By ``fit`` to the bit; fused to the last digit or two of float32, which TensorFlow's passes over graphs change."""
    workload = workload_of("digits", "dnn", limit=200)
    outcome = train(workload, DEEP)
    runs = plain(workload, DEEP, compiled("dnn"))
    for metric in ("loss", "accuracy", "val_loss", "val_accuracy"):
        expected = [run.history[metric] for run in runs]
        np.testing.assert_allclose(
            outcome.curves[metric], expected, rtol=0 if trainer == "fit" else 1e-6, err_msg=metric
        )
    means = np.mean(outcome.curves["val_accuracy"], axis=0)
    assert outcome.epochs == int(np.argmax(means)) + 1
    assert outcome.value == pytest.approx(means.max())
    assert outcome.fold_scores == tuple(fold[outcome.epochs - 1] for fold in outcome.curves["val_accuracy"])
    assert outcome.parameters == runs[0].model.count_params()
    assert (outcome.seed, outcome.trainer, outcome.ending) == (11, trainer, "whole")
    assert "batch_normalization" in outcome.summary
    assert train(workload, DEEP).curves == outcome.curves, "and again the same"


def test_a_regression_is_scored_in_the_targets_own_units(line) -> None:
    workload = workload_of(line, "nn", epochs=4)
    outcome = train(workload, LINE)
    for fold, run in enumerate(plain(workload, LINE, compiled("nn"))):
        assert run.data.target_scale == pytest.approx(line[1].std(), rel=0.2)
        predicted = (
            run.model.predict(run.data.x[run.data.validation], verbose=0)[:, 0] * run.data.target_scale
        )
        truth = workload.dataset.y[run.data.validation]
        predicted += (truth - run.data.y[run.data.validation] * run.data.target_scale).mean()
        assert outcome.curves["val_mae"][fold][-1] == pytest.approx(
            np.abs(predicted - truth).mean(), rel=1e-4
        )
        assert outcome.curves["val_loss"][fold][-1] == pytest.approx(
            ((predicted - truth) ** 2).mean(), rel=1e-4
        )


def test_validation_rows_do_not_leak_into_training(line) -> None:
    """Scaling, imputation and the target's units of a fold are its training rows' alone."""
    workload = workload_of(line, "nn", epochs=2)
    fold = workload.folds[0]
    dataset = workload.dataset
    x, y = dataset.x.copy(), dataset.y.copy()
    x[fold.validation] *= 1000
    y[fold.validation] -= 1e6
    changed = dataclasses.replace(workload, dataset=dataclasses.replace(dataset, x=x, y=y))
    before, after = train(workload, LINE), train(changed, LINE)
    for metric in ("loss", "mae"):
        assert after.curves[metric][0] == before.curves[metric][0]
        assert after.curves[metric][1] != before.curves[metric][1], "the other fold trains on these rows"
    assert after.curves["val_loss"][0] != before.curves["val_loss"][0]


def test_stopping_ends_at_that_epoch() -> None:
    workload = workload_of("digits", "dnn", limit=200, epochs=5)
    outcome = train(workload, DEEP, stop_at=2)
    assert (outcome.ending, outcome.epochs_trained) == ("stopped", 2)
    last = [fold[-1] for fold in outcome.curves["val_accuracy"]]
    assert outcome.fold_scores == tuple(last)
    assert outcome.value == pytest.approx(np.mean(last))


def test_patience_ends_all_folds_together(classes) -> None:
    workload = workload_of(classes, "ann", epochs=40, patience=2)
    outcome = train(workload, {**DEEP, "learning_rate": 0.05})
    losses = np.mean(outcome.curves["val_loss"], axis=0)
    improved = max(outcome.epochs, 1 + int(losses.argmin()))
    assert outcome.epochs_trained == improved + 2 < 40, "neither accuracy nor loss improved for two epochs"
    assert outcome.ending == "whole"


def test_a_configuration_may_say_how_long_it_trains(classes) -> None:
    assert train(workload_of(classes, "ann", epochs=9), {**DEEP, "epochs": 2}).epochs_trained == 2


def own(loss, outputs: int, *, activation="softmax", metrics=("accuracy",), with_input: bool = True):
    """Return a model function that compiles its model, as one written for KerasTuner does."""

    def build(configuration, signature):
        import keras

        first = [keras.Input(signature.input_shape)] if with_input else []
        model = keras.Sequential([*first, keras.layers.Dense(outputs, activation=activation)])
        made = loss() if callable(loss) else loss
        model.compile(keras.optimizers.Adam(0.05), loss=made, metrics=list(metrics))
        return model

    build.space = Space((Int("batch_size", 16, 32),))
    return build


def keras_loss(kind: str, **options):
    def make():
        import keras

        return getattr(keras.losses, kind)(**options)

    return make


def test_labels_come_in_the_form_that_a_loss_reads(classes) -> None:
    """Sparse and one-hot cross-entropy are the same number, however the loss is named; a model may lack an ``Input``."""
    curves = []
    for loss in (
        "sparse_categorical_crossentropy",
        "categorical_crossentropy",
        keras_loss("SparseCategoricalCrossentropy", name="mine"),
        keras_loss("CategoricalCrossentropy"),
    ):
        workload = workload_of(classes, own(loss, 2, with_input=isinstance(loss, str)), epochs=2)
        curves.append(train(workload, {"batch_size": 32}).curves)
    for other in curves[1:]:
        for metric in ("loss", "val_loss", "val_accuracy"):
            assert np.allclose(other[metric], curves[0][metric], rtol=1e-5)


def test_two_classes_may_be_one_column(classes) -> None:
    workload = workload_of(classes, own(keras_loss("BinaryCrossentropy"), 1, activation="sigmoid"), epochs=8)
    outcome = train(workload, {"batch_size": 16})
    assert outcome.value > 0.7
    assert outcome.parameters == 5


def test_a_regression_of_ones_own_is_scored_as_it_was_compiled(line) -> None:
    build = own("mae", 1, activation="linear", metrics=("root_mean_squared_error",))
    workload = workload_of(line, build, epochs=2)
    outcome = train(workload, {"batch_size": 16})
    truth = workload.dataset.y
    for fold, run in enumerate(plain(workload, {"batch_size": 16}, build)):
        predicted = run.model.predict(run.data.x[run.data.validation], verbose=0)[:, 0]
        errors = predicted - truth[run.data.validation]
        assert outcome.curves["val_loss"][fold][-1] == pytest.approx(np.abs(errors).mean(), rel=1e-4)
        found = outcome.curves["val_root_mean_squared_error"][fold][-1]
        assert found == pytest.approx(np.sqrt((errors**2).mean()), rel=1e-4)


def fickle(config, signature):
    """Compute a metric in some configurations only, so that the plan cannot know."""
    metrics = ("auc",) if config.get("batch_size") == 32 else ("accuracy",)
    return own("categorical_crossentropy", 2, metrics=metrics)(config, signature)


def huge(config, signature):
    """Ask for weights that no machine holds, of a model without an input: they are made when it is first built."""
    import keras

    layer = keras.layers.Dense(10**12)
    return keras.Sequential([layer])


@pytest.mark.parametrize(
    ("build", "kind", "message"),
    [
        (lambda config, signature: 1 / 0, "model", r"^the model function raises ZeroDivisionError: division by zero \(test_training\.py line \d+\)$"),
        (lambda config, signature: None, "model", r"^the model function returns NoneType, not a keras\.Model$"),
        (huge, "memory", r"^the model has [\d,]+ parameters or more, which take [\d,.]+ GB to train; memory has room for [\d,]+$"),
        (lambda config, signature: config["layers"], "model", r"^the model function raises KeyError: 'layers' \(test_training\.py line \d+\)$"),
        (fickle, "metric", r"^the model does not compute val_accuracy\. Did you mean 'val_auc'\?$"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_model_is_told(classes, build, kind: str, message: str) -> None:
    with pytest.raises(TrainingError, match=message) as caught:
        train(workload_of(classes, build), {"batch_size": 32})
    assert caught.value.kind == kind


def test_divergence_is_told(line) -> None:
    with pytest.raises(TrainingError, match=r"^\w+ became (nan|inf) in fold 1, epoch \d+$") as caught:
        train(workload_of(line, "nn", epochs=20), {**LINE, "learning_rate": 1e12, "activation": "relu"})
    assert caught.value.kind == "diverged"


def test_probing_counts_weights(classes) -> None:
    from kerasweep.training.trainers.runtime import make_trainer

    trainer = make_trainer(workload_of(classes, "ann"), threads=1)
    size = trainer.probe(Task(-1, {"units": 10, "batch_size": DEEP["batch_size"]}, 0))
    assert size.parameters == 4 * 10 + 10 + 10 * 2 + 2
    rows = max(3 * DEEP["batch_size"], 1000)  # a step of training with its gradients, or one of validation
    assert size.training_bytes == 4 * (2 * 5 * size.parameters + rows * (10 + 2))


def test_the_objective_may_be_a_loss(classes) -> None:
    workload = workload_of(classes, "ann", metric="loss")
    assert workload.objective == Objective("val_loss", "minimize")
    outcome = train(workload, DEEP)
    assert outcome.value == pytest.approx(min(np.mean(outcome.curves["val_loss"], axis=0)))


PICTURES = np.random.default_rng(0).integers(0, 256, (60, 8, 8, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ("model", "y", "configuration"),
    [
        ("dnn", np.arange(60) % 3, {"units": 4, "hidden_layers": 1}),
        ("cnn", np.arange(60) % 3, {"mixing": "mixup"}),
        ("cnn", np.linspace(0, 9, 60), {}),
    ],
)
def test_pictures_that_stay_bytes_train_to_the_same_digits(
    monkeypatch, trainer, model, y, configuration
) -> None:
    from kerasweep.api import plan_sweep
    from kerasweep.training.data import fitted_preparation
    from kerasweep.training.refit import train_on_all_rows
    from kerasweep.training.trainers import feeding

    found = []
    for most in (fitted_preparation.MOST_FLOATS, 0):
        monkeypatch.setattr(fitted_preparation, "MOST_FLOATS", most)
        monkeypatch.setattr(feeding, "SMALL_BYTES", most)  # so that bytes are gathered batch by batch
        plan = plan_sweep((PICTURES, y), model, epochs=1, patience=None, trials=1, folds=2, trainer=trainer)
        asked = {**plan.space.recommended(), **configuration}
        curves = train(plan.workload, asked).curves
        assert plan.workload.fold_data[0].x.dtype == (np.float32 if most else np.uint8)
        found.append((curves,))
        if trainer == "fit":  # which trains every refit
            refit = train_on_all_rows(plan.workload, asked, seed=1, epochs=1, on_epoch=lambda *_: None)
            found[-1] += (refit.training, refit.test)
    assert found[0] == found[1]


def test_bytes_are_divided_as_floats_are_prepared(monkeypatch) -> None:
    """In whatever layout, by 255 and by 16, and for what takes arrays: a ``HyperModel.fit``."""
    from kerasweep.training.data import choose_preparation, fit_preparation, fitted_preparation, load_dataset

    monkeypatch.setattr(fitted_preparation, "MOST_FLOATS", 0)
    for pictures in (PICTURES, PICTURES[..., 0] // 16):
        dataset = load_dataset((pictures, np.arange(60) % 3))
        for layout, channels in (
            ("flat", "channels_last"),
            ("image", "channels_last"),
            ("image", "channels_first"),
        ):
            plan = choose_preparation(dataset, layout, "auto", channels)
            fitted = fit_preparation(plan, dataset.x, dataset.y)
            kept, steps = fitted.as_stored(dataset.x)
            rows = np.array([3, 1, 3])
            data = FoldData(kept, dataset.y, rows, rows, 1.0, steps)
            assert kept.dtype == np.uint8
            np.testing.assert_array_equal(data.inputs(rows), fitted.transform(dataset.x)[rows])
    scaled = choose_preparation(dataset, "flat", "standard")
    assert fit_preparation(scaled, dataset.x, dataset.y).as_stored(dataset.x) is None
