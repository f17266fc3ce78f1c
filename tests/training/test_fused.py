"""The fused trainer against ``model.fit``: the same numbers, whatever the model is made of, and from a used program too."""

from __future__ import annotations

import dataclasses
import functools
import gc
import weakref
from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import Any

import numpy as np
import pytest
from kerasweep.errors import TrainingError
from kerasweep.search.planning import make_plan
from kerasweep.search.spec import make_spec
from kerasweep.spaces import Float, Space
from kerasweep.training.events import Outcome, Task
from kerasweep.training.plateau import Plateau
from kerasweep.training.trainers.runtime import make_trainer
from kinds_of_models import CASES
from special_models import make_workload, outcome_of

pytestmark = pytest.mark.trains


def assert_equal(fused: Outcome, fit: Outcome, tolerance: float = 1e-5) -> None:
    assert (fused.trainer, fit.trainer) == ("fused", "fit"), fused.notes
    assert set(fused.curves) == set(fit.curves)
    for metric, folds in fit.curves.items():
        assert np.allclose(fused.curves[metric], folds, rtol=tolerance, atol=tolerance), metric
    for name in ("epochs", "epochs_trained", "parameters", "summary"):
        assert getattr(fused, name) == getattr(fit, name)


BAKED = ("gaussian_dropout", "leaky_relu")
"""Layers with an attribute of an operation, which cannot be a variable."""
LAYERS = (
    "batch_normalization", "layer_normalization", "group_normalization", "dropout", "alpha_dropout", "gaussian_noise",
    "elu", "l1_and_l2", "activity", "max_norm", "initial_weights",
)  # fmt: skip
LOSSES = ("label_smoothing", "focal", "huber")


def together() -> dict[str, tuple[str, ...]]:
    """Return names of cases that one model has, by all of them: an optimizer, and for some of SGD a layer and a loss.

    What is traced for a model, whatever is special about it, is most of a test's time.
    """
    rates = [name for name in CASES if name not in (*BAKED, *LAYERS, *LOSSES)]
    rates.sort(key=lambda name: not name.startswith("SGD"))  # which carries no rounding further
    groups = [tuple(filter(None, names)) for names in zip_longest(rates, LAYERS, LOSSES)]
    return {", ".join(names): names for names in (*groups, *((name,) for name in BAKED))}


TOGETHER = together()


def test_every_case_is_in_a_model() -> None:
    assert sorted(name for names in TOGETHER.values() for name in names) == sorted(CASES)


def special_of(names: Sequence[str]) -> Callable[..., Any]:
    """Return what makes a model special; the bits of ``value`` say which cases have their second values."""

    def special(keras, value):
        made = {}
        for place, name in enumerate(names):
            one, first, second = CASES[name]
            made |= one(keras, second if int(value) >> place & 1 else first)
        return made

    return special


@pytest.mark.parametrize("cases", TOGETHER)
def test_fused_is_fit_and_a_program_is_used_again_with_another_value(cases: str) -> None:
    """With one fold: that a program serves others is seen by another trial's weights and seed, too."""
    names = TOGETHER[cases]
    every = 2 ** len(names) - 1
    fused, fit = pair_of(special_of(names), folds=1)
    before, after = outcome_of(fused, {"value": 0}), outcome_of(fused, {"value": every}, seed=12)
    assert before.trainer == "fused", before.notes
    plain = outcome_of(fused, {"value": 0}, seed=12)
    for place, name in enumerate(names):
        if name != "SGD scaled":  # which keeps small gradients from vanishing, and is else without effect
            assert outcome_of(fused, {"value": 2**place}, seed=12).curves != plain.curves, f"{name} acts"
    assert len(fused._programs.cache) == (2 if cases in BAKED else 1)
    assert outcome_of(fused, {"value": 0}).curves == before.curves, "nothing is left of the trial between"
    # Last: it has programs prepared anew.
    if not is_equal(after, outcome_of(fit, {"value": every}, seed=12)):
        wrong = [name for name in names if not trains_as_fit(name)]
        pytest.fail(f"not as fit trains it: {', '.join(wrong) or 'all of them together'}")


def trains_as_fit(name: str) -> bool:
    """Tell whether a case alone is trained alike with its second value, on the program of its first one."""
    fused, fit = pair_of(special_of([name]), folds=1)
    outcome_of(fused, {"value": 0})
    return is_equal(*(outcome_of(trainer, {"value": 1}, seed=12) for trainer in (fused, fit)))


def is_equal(fused: Outcome, fit: Outcome) -> bool:
    try:
        assert_equal(fused, fit)
    except AssertionError:
        return False
    return True


def test_rates_batches_and_seeds_share_a_program() -> None:
    workload = make_workload(lambda keras, value: {})
    fused, fit = make_trainer(workload, 1), make_trainer(dataclasses.replace(workload, trainer="fit"), 1)
    for configuration in ({"learning_rate": 0.1}, {"batch_size": 7}, {"batch_size": 1000, "epochs": 5}):
        assert_equal(outcome_of(fused, configuration), outcome_of(fit, configuration))
    assert len(fused._programs.cache) == 1


def test_folds_side_by_side_give_the_same() -> None:
    workload = make_workload(CASES["dropout"][0])
    alone, together = make_trainer(workload, 1), make_trainer(workload, 2)
    assert outcome_of(alone, {"value": 0.3}).curves == outcome_of(together, {"value": 0.3}).curves


def test_rows_may_weigh() -> None:
    fused, fit = (make_trainer(make_workload(lambda keras, value: {}, name), 1) for name in ("auto", "fit"))
    balanced = {"class_weight": "balanced"}
    assert_equal(outcome_of(fused, balanced), outcome_of(fit, balanced))
    plain = outcome_of(fused, {})
    assert plain.curves["loss"] != outcome_of(fused, balanced).curves["loss"]
    assert plain.curves == outcome_of(fused, {"class_weight": "none"}).curves
    with pytest.raises(TrainingError, match=r"^class_weight must be balanced or none"):
        outcome_of(fused, {"class_weight": "even"})


@pytest.mark.parametrize("family", ["dnn", "cnn"])
def test_bfloat16_is_the_same_in_both(family: str) -> None:
    outcomes = {}
    for trainer in ("fused", "fit"):
        spec = make_spec(
            {
                "data": {"source": "digits", "limit": 150},
                "model": family,
                "cv": {"folds": 2},
                "training": {"epochs": 2, "precision": "bfloat16"},
                "execution": {"trainer": trainer},
            }
        )
        plan = make_plan(spec)
        configuration = {**plan.space.recommended(), "dropout": 0.25, "normalization": "batch"}
        outcomes[trainer] = outcome_of(make_trainer(plan.workload, 1), configuration)
    assert_equal(outcomes["fused"], outcomes["fit"], tolerance=0.02)


def own_step(keras, value):
    class Own(keras.Sequential):
        def train_step(self, data):
            return super().train_step(data)

    model = Own([keras.Input((5,)), keras.layers.Dense(3, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def eager(keras, value):
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(3, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", run_eagerly=True)
    return model


@pytest.mark.parametrize(
    ("special", "reason"),
    [
        (own_step, "the model has a train_step of its own"),
        (eager, "the model is compiled with run_eagerly"),
    ],
)
def test_what_needs_fit_gets_it_and_says_why(special, reason: str) -> None:
    outcome = outcome_of(make_trainer(make_workload(special), 1), {})
    assert outcome.trainer == "fit"
    assert outcome.notes == (f"trained by fit: {reason}",)
    for act in ("probe", "train"):
        trainer = make_trainer(make_workload(special, "fused"), 1)
        with pytest.raises(TrainingError, match=f"^the model cannot be trained fused: {reason}$"):
            outcome_of(trainer, {}) if act == "train" else trainer.probe(Task(0, {}, 0))


def test_data_larger_than_memory_are_trained_by_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = outcome_of(make_trainer(make_workload(CASES["dropout"][0]), 1), {})
    from kerasweep.training.trainers import feeding

    monkeypatch.setattr(feeding, "free_memory", lambda: 100)
    monkeypatch.setattr(
        feeding, "ALIGNMENT", 2**62
    )  # wherever the allocator put the rows, they must be copied
    outcome = outcome_of(make_trainer(make_workload(CASES["dropout"][0]), 1), {})
    assert outcome.notes == ("trained by fit: the data are larger than the memory that is free",)
    assert_equal(expected, outcome)


def test_a_stateful_layer_needs_fit() -> None:
    make_trainer(make_workload(own_step), 1)
    import keras
    from kerasweep.training.trainers.fused.architecture import why_fit

    layers = [keras.Input(batch_shape=(4, 3, 2)), keras.layers.LSTM(2, stateful=True, name="memory")]
    model = keras.Sequential(layers)
    model.compile("adam", "mse")
    assert why_fit(model) == "the layer 'memory' is stateful"


def own_layer(keras, value):
    class Shifted(keras.layers.Layer):
        """Holds a number that no configuration tells, and that differs from fold to fold."""

        def __init__(self):
            super().__init__()
            self.shift = float(np.random.random()) * value  # noqa: NPY002

        def call(self, rows):
            return rows + self.shift

    return {"layers": [Shifted()]}


def test_code_of_a_users_own_is_traced_for_every_fold_and_every_trial() -> None:
    fused = make_trainer(make_workload(own_layer), 1)
    fit = make_trainer(make_workload(own_layer, "fit"), 1)
    for value in (1.0, 3.0):
        assert_equal(outcome_of(fused, {"value": value}), outcome_of(fit, {"value": value}))
    assert len(fused._programs.cache) == 0


def hidden_variable(keras, value):
    import tensorflow as tf

    class Counting(keras.layers.Layer):
        """Changes a variable that is not one of Keras's."""

        def __init__(self):
            super().__init__()
            self.count = tf.Variable(0.0)

        def call(self, rows):
            return rows + self.count.assign_add(0.1)

    return {"layers": [Counting()]}


def test_a_variable_that_keras_does_not_list_is_every_folds_own() -> None:
    fused = make_trainer(make_workload(hidden_variable), 1)
    fit = make_trainer(make_workload(hidden_variable, "fit"), 1)
    assert_equal(outcome_of(fused, {}), outcome_of(fit, {}))
    from kerasweep.training.models.tracked_configuration import take_notes
    from kerasweep.training.trainers.fused.programs import Material
    from kerasweep.training.trainers.fused.state import read_state

    task = Task(0, {}, seed=11)
    first = fused._fit.build(task, 0)
    take_notes()
    as_if_it_were_kerass = dataclasses.replace(read_state(first), own_code=None)
    build = functools.partial(fused._fit.build, task)
    given = Material(build, fused._all_tensors(task, first), None, predicts=False)
    assert fused._programs._shared(given, range(2), first, as_if_it_were_kerass) is None
    assert take_notes()[0].endswith("a layer holds a variable that Keras does not list")


def one_rate_a_fold(keras, value):
    return {"layers": [keras.layers.Dropout(float(np.random.random()) * value)]}  # noqa: NPY002


def one_width_a_fold(keras, value):
    return {"layers": [keras.layers.Dense(int(np.random.randint(2, 30)))]}  # noqa: NPY002


@pytest.mark.parametrize(("special", "programs"), [(one_rate_a_fold, 1), (one_width_a_fold, 0)])
def test_a_function_may_build_another_model_for_every_seed(special, programs: int) -> None:
    fused, fit = make_trainer(make_workload(special), 1), make_trainer(make_workload(special, "fit"), 1)
    found, expected = (outcome_of(trainer, {"value": 0.9}) for trainer in (fused, fit))
    assert_equal(found, expected)
    assert len(fused._programs.cache) == programs, (
        "a rate is each fold's own input of a program, a width is none"
    )


def test_the_cache_forgets_what_was_used_longest_ago_and_frees_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from kerasweep.training.trainers.fused.cache import ProgramCache

    def layers_of(keras, value):
        return {"layers": [keras.layers.Dense(int(value))]}

    trainer = make_trainer(make_workload(layers_of), 1)
    trainer._programs.cache = ProgramCache(most_programs=2)
    outcome_of(trainer, {"value": 1})
    (program,) = trainer._programs.cache._programs.values()
    gone = [weakref.ref(variable) for state in program.states for variable in state]
    del program
    first = outcome_of(trainer, {"value": 2})
    outcome_of(trainer, {"value": 3})
    assert len(trainer._programs.cache) == 2
    outcome_of(trainer, {"value": 2})
    gc.collect()
    assert [reference() for reference in gone] == [None] * len(gone)
    outcome_of(trainer, {"value": 4})
    assert outcome_of(trainer, {"value": 2}).curves == first.curves


def one_hot(keras, value):
    return {"loss": "categorical_crossentropy"}


def pair_of(special: Callable[..., Any], folds: int = 2) -> tuple[Any, Any]:
    """Return the fused trainer and ``fit``."""
    workload = make_workload(special, folds=folds)
    return make_trainer(workload, 1), make_trainer(dataclasses.replace(workload, trainer="fit"), 1)


def test_mixed_batches_are_the_same_and_share_a_program() -> None:
    """With one fold; that each of two draws by its own seed is seen where rows weigh, and with code of a user's own."""
    fused, fit = pair_of(one_hot, folds=1)
    plain = outcome_of(fused, {})
    mixed = {"mixing": "mixup", "mixing_alpha": 0.4, "mixing_probability": 0.7}
    for changes in ({}, {"mixing_alpha": 2.0}, {"mixing_probability": 0.2}, {"batch_size": 7}):
        found = outcome_of(fused, {**mixed, **changes})
        assert_equal(found, outcome_of(fit, {**mixed, **changes}))
        assert found.curves["loss"] != plain.curves["loss"]
    assert len(fused._programs.cache) == 2, "one program that mixes, and one that does not"
    assert outcome_of(fused, {"mixing": "none"}).curves == plain.curves
    assert outcome_of(fused, {**mixed, "mixing_probability": 1e-9}).curves == plain.curves, (
        "no batch is mixed"
    )
    assert outcome_of(fused, mixed).curves == outcome_of(fused, mixed).curves, "the same again"


def test_mixed_rows_may_weigh() -> None:
    fused, fit = pair_of(one_hot)
    balanced = {"class_weight": "balanced", "mixing": "mixup"}
    found = outcome_of(fused, balanced)
    assert_equal(found, outcome_of(fit, balanced))
    assert found.curves["loss"] != outcome_of(fused, {"mixing": "mixup"}).curves["loss"]


def test_code_of_a_users_own_is_mixed_too() -> None:
    def special(keras, value):
        return {**own_layer(keras, value), **one_hot(keras, value)}

    fused, fit = pair_of(special)
    mixed = {"value": 1.0, "mixing": "mixup"}
    assert_equal(outcome_of(fused, mixed), outcome_of(fit, mixed))
    assert outcome_of(fused, mixed).curves != outcome_of(fused, {"value": 1.0}).curves


def test_codes_of_classes_cannot_be_mixed() -> None:
    for trainer in pair_of(lambda keras, value: {}):
        with pytest.raises(
            TrainingError, match=r"^mixing=mixup needs a loss that reads one-hot labels"
        ) as caught:
            outcome_of(trainer, {"mixing": "mixup"})
        assert caught.value.kind == "model"


def picture_trainers(precision: str) -> list[Any]:
    """Return both trainers for a small convolution on digits, with one fold: others draw as for rows that are no pictures."""

    def build(configuration, signature):
        import keras

        model = keras.Sequential(
            [
                keras.Input(signature.input_shape),
                keras.layers.Conv2D(4, 3, activation="relu"),
                keras.layers.Flatten(),
                keras.layers.Dense(signature.outputs, activation="softmax", dtype="float32"),
            ]
        )
        model.compile(keras.optimizers.Adam(0.01), "categorical_crossentropy", metrics=["accuracy"])
        return model

    build.space = Space((Float("value", 0, 10),))
    spec = make_spec(
        {
            "data": {"source": "digits", "limit": 120},
            "model": "python:build",
            "cv": {"method": "holdout", "holdout": 0.5},
            "training": {"epochs": 2, "precision": precision},
        }
    )
    workload = make_plan(spec, model=build).workload
    return [make_trainer(dataclasses.replace(workload, trainer=name), 1) for name in ("auto", "fit")]


@pytest.mark.parametrize(("precision", "tolerance"), [("float32", 1e-5), ("bfloat16", 0.02)])
def test_pictures_are_cut_and_mixed_alike(precision: str, tolerance: float) -> None:
    fused, fit = picture_trainers(precision)
    plain = outcome_of(fused, {})
    for configuration in (
        {"mixing": "cutmix"},
        {"mixing": "cutmix", "mixing_alpha": 0.3, "mixing_probability": 1.0},
        {"mixing": "mixup"},
    ):
        found = outcome_of(fused, configuration)
        assert_equal(found, outcome_of(fit, configuration), tolerance)
        assert found.curves["loss"] != plain.curves["loss"]
    assert len(fused._programs.cache) == 3


def test_numbers_of_a_regression_are_mixed() -> None:
    generator = np.random.default_rng(5)
    x = generator.normal(size=(61, 5))
    spec = make_spec(
        {
            "data": {"source": "python:data"},
            "model": "nn",
            "cv": {"folds": 2},
            "training": {"epochs": 3, "patience": None},
        }
    )
    plan = make_plan(spec, data=(x, (x @ [3.0, -2.0, 0.5, 0, 1] * 1000).astype("float32")))
    fused, fit = (
        make_trainer(dataclasses.replace(plan.workload, trainer=name), 1) for name in ("auto", "fit")
    )
    configuration = {**plan.space.recommended(), "mixing": "mixup"}
    found = outcome_of(fused, configuration)
    assert_equal(found, outcome_of(fit, configuration))
    assert found.curves["loss"] != outcome_of(fused, plan.space.recommended()).curves["loss"]


PLATEAU = {
    "learning_rate_schedule": "plateau",
    "learning_rate": 0.5,
    "epochs": 8,
    "plateau_patience": 1,
    "plateau_min_delta": 0.05,
}


def test_a_plateau_lowers_the_rate_and_the_next_trial_starts_from_its_own() -> None:
    fused, fit = pair_of(lambda keras, value: {})
    plain = {"learning_rate": 0.5, "epochs": 8}
    before = outcome_of(fused, plain)
    for factor in (0.5, 0.1):
        found = outcome_of(fused, {**PLATEAU, "plateau_factor": factor})
        (program,) = fused._programs.cache._programs.values()
        for rate, losses in zip(program.rates, found.curves["loss"], strict=True):
            own = Plateau(factor, patience=1, min_delta=0.05, cooldown=0, minimum=1e-3)
            (*_, share) = (own.after(loss) for loss in losses)
            assert float(rate) == pytest.approx(0.5 * share)
            assert share < 1
        assert_equal(found, outcome_of(fit, {**PLATEAU, "plateau_factor": factor}))
        assert found.curves["loss"] != before.curves["loss"]
    assert outcome_of(fused, plain).curves == before.curves
    assert [float(rate) for rate in program.rates] == [0.5, 0.5]


@pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
)
def test_a_plateau_is_kerass_callback_on_the_training_loss() -> None:
    """Each fold of a trial trains as one call of ``fit`` with ``ReduceLROnPlateau`` does, in orders of its own."""
    _, fit = pair_of(lambda keras, value: {})
    import keras

    task = Task(0, {"batch_size": 1000, **PLATEAU}, seed=11)
    outcome = outcome_of(fit, dict(task.configuration))
    for fold, data in enumerate(fit._workload.fold_data):
        model = fit.build(task, fold)
        callback = keras.callbacks.ReduceLROnPlateau(
            "loss", factor=0.5, patience=1, min_delta=0.05, min_lr=0.0005, mode="min"
        )
        history = model.fit(
            data.x[data.train], data.y[data.train], batch_size=1000, epochs=8, verbose=0, callbacks=[callback]
        )
        assert np.allclose(outcome.curves["loss"][fold], history.history["loss"], rtol=1e-4)
        assert history.history["learning_rate"][-1] < 0.5


def test_a_plateau_and_a_schedule_exclude_each_other() -> None:
    for trainer in pair_of(CASES["exponential_decay"][0]):
        with pytest.raises(
            TrainingError, match=r"^learning_rate_schedule=plateau needs an optimizer without"
        ):
            outcome_of(trainer, {"learning_rate_schedule": "plateau", "value": 0.5})


@pytest.mark.parametrize(
    "configuration",
    [
        {"shuffle": False},
        {"drop_remainder": True},
        {"drop_remainder": True, "batch_size": 1000},
        {"shuffle": False, "drop_remainder": True, "batch_size": 7},
    ],
)
def test_rows_come_in_the_order_that_is_asked_for(configuration: dict[str, Any]) -> None:
    folds = 2 if "batch_size" in configuration else 1  # two have different numbers of rows
    fused, fit = pair_of(lambda keras, value: {}, folds=folds)
    found = outcome_of(fused, configuration)
    assert_equal(found, outcome_of(fit, configuration))
    plain = outcome_of(fused, {"batch_size": configuration.get("batch_size", 10)})
    assert (found.curves == plain.curves) == (configuration.get("batch_size") == 1000)
    assert len(fused._programs.cache) == 1


def test_a_model_is_told_the_rows_that_an_epoch_has() -> None:
    workload = make_workload(lambda keras, value: {})
    rows = len(workload.folds[0].train)
    assert workload.signature({"batch_size": 10}).rows == rows
    assert workload.signature({"batch_size": 10, "drop_remainder": True}).rows == rows // 10 * 10 < rows


def test_a_configuration_stops_by_its_own_patience() -> None:
    fused, fit = pair_of(lambda keras, value: {})
    configuration = {"epochs": 9, "patience": 2, "min_delta": 10.0}
    for trainer in (fused, fit):
        assert outcome_of(trainer, configuration).epochs_trained == 3
    later = outcome_of(fused, {**configuration, "start_from_epoch": 4})
    assert later.epochs_trained == 7
    assert later.epochs == int(np.argmin(np.mean(later.curves["val_loss"], axis=0))) + 1
