"""Whole numbers that a model looks up in an embedding are left alone, whoever built the model, and however."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers
from kerasweep.errors import ModelError, TrainingError
from kerasweep.search.executors.contract import run_task
from kerasweep.search.planning import make_plan, refit_workload
from kerasweep.search.spec import make_spec
from kerasweep.training.data import configure_preparation, describe_preparation, fit_preparation
from kerasweep.training.events import EpochEnded, Task
from kerasweep.training.models import Signature
from kerasweep.training.models.embedding_inputs import Lookups, find_lookups
from kerasweep.training.trainers.runtime import make_trainer

if TYPE_CHECKING:
    from collections.abc import Callable

WIDTH, WORDS = 6, 40


def sentences(rows: int = 120) -> tuple[np.ndarray, np.ndarray]:
    """Word numbers, and whether the first one is even, which no scaled number says."""
    x = np.random.default_rng(0).integers(1, WORDS, (rows, WIDTH))
    return x, x[:, 0] % 2


def ends(x: Any) -> Any:
    return layers.Dense(2, activation="softmax")(layers.Flatten()(x))


def functional(config: Any, signature: Any) -> keras.Model:
    inputs = keras.Input(signature.input_shape)
    return keras.Model(inputs, ends(layers.Embedding(WORDS, 4)(inputs)))


def of_whole_numbers(config: Any, signature: Any) -> keras.Model:
    inputs = keras.Input(signature.input_shape, dtype="int32")
    return keras.Model(inputs, ends(layers.Embedding(WORDS, 4)(inputs)))


def without_input(config: Any, signature: Any) -> keras.Model:
    return keras.Sequential(
        [layers.Embedding(WORDS, 4), layers.GlobalAveragePooling1D(), layers.Dense(2, activation="softmax")]
    )


def reshaped(config: Any, signature: Any) -> keras.Model:
    inputs = keras.Input(signature.input_shape)
    x = layers.Embedding(WORDS, 4)(layers.Permute((2, 1))(layers.Reshape((2, 3))(inputs)))
    return keras.Model(inputs, ends(x))


def column_by_column(config: Any, signature: Any) -> keras.Model:
    inputs = keras.Input(signature.input_shape)
    parts = [layers.Embedding(WORDS, 2)(inputs[:, position]) for position in range(WIDTH)]
    return keras.Model(inputs, ends(layers.Concatenate()(parts)))


class WithPositions(layers.Layer):
    def __init__(self) -> None:
        super().__init__()
        self.words, self.places = layers.Embedding(WORDS, 4), layers.Embedding(WIDTH, 4)

    def call(self, x: Any) -> Any:
        return self.words(x) + self.places(keras.ops.arange(x.shape[-1]))


def nested(config: Any, signature: Any) -> keras.Model:
    inputs = keras.Input(signature.input_shape)
    return keras.Model(inputs, ends(WithPositions()(inputs)))


def hypermodel(hp: Any) -> keras.Model:
    inputs = keras.Input((WIDTH,))
    model = keras.Model(inputs, ends(layers.Embedding(WORDS, hp.Int("width", 2, 4))(inputs)))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def of_optuna(trial: Any) -> keras.Model:
    inputs = keras.Input((WIDTH,))
    model = keras.Model(inputs, ends(layers.Embedding(WORDS, trial.suggest_int("width", 2, 4))(inputs)))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def counted(config: Any, signature: Any) -> keras.Model:
    inputs = keras.Input(signature.input_shape)
    return keras.Model(inputs, ends(layers.CategoryEncoding(WORDS, output_mode="count")(inputs)))


def beside_numbers(config: Any, signature: Any) -> keras.Model:
    inputs = keras.Input(signature.input_shape)
    parts = [layers.Flatten()(layers.Embedding(WORDS, 2)(inputs[:, place : place + 1])) for place in (1, 2)]
    return keras.Model(inputs, ends(layers.Concatenate()([*parts, inputs[:, :1], inputs[:, 3:]])))


def dense(config: Any, signature: Any) -> keras.Model:
    inputs = keras.Input(signature.input_shape)
    return keras.Model(inputs, ends(layers.Dense(4)(inputs)))


def shifted(config: Any, signature: Any) -> keras.Model:
    """Zero is left for padding."""
    inputs = keras.Input(signature.input_shape)
    return keras.Model(inputs, ends(layers.Embedding(WORDS + 1, 4)(inputs + 1)))


def bounded(config: Any, signature: Any) -> keras.Model:
    inputs = keras.Input(signature.input_shape)
    return keras.Model(inputs, ends(layers.Embedding(WORDS, 4)(keras.ops.clip(inputs, 0, WORDS - 1))))


def in_buckets(config: Any, signature: Any) -> keras.Model:
    inputs = keras.Input(signature.input_shape)
    return keras.Model(inputs, ends(layers.Embedding(7, 4)(keras.ops.cast(inputs, "int32") % 7)))


def behind_one_another(config: Any, signature: Any) -> keras.Model:
    """Each column's numbers begin in one table where those of the column before end."""
    inputs = keras.Input(signature.input_shape)
    return keras.Model(inputs, ends(layers.Embedding(WIDTH * WORDS, 4)(inputs + WORDS * np.arange(WIDTH))))


def one_shifted(config: Any, signature: Any) -> keras.Model:
    inputs = keras.Input(signature.input_shape)
    found = layers.Flatten()(layers.Embedding(WORDS + 1, 4)(inputs[:, 2:3] + 1))
    return keras.Model(inputs, ends(layers.Concatenate()([found, inputs])))


def quantised(config: Any, signature: Any) -> keras.Model:
    """What is looked up is decided by all numbers of a row, which measure."""
    inputs = keras.Input(signature.input_shape)
    nearest = keras.ops.argmax(layers.Dense(9)(inputs), axis=-1, keepdims=True)
    return keras.Model(inputs, ends(layers.Embedding(9, 4)(nearest)))


def as_columns(config: Any, signature: Any) -> keras.Model:
    inputs = keras.Input(signature.input_shape)
    return keras.Model(inputs, ends(keras.ops.one_hot(keras.ops.cast(inputs, "int32"), WORDS)))


def as_columns_aside(config: Any, signature: Any) -> keras.Model:
    inputs = keras.Input(signature.input_shape)
    made = layers.Lambda(lambda x: keras.ops.one_hot(keras.ops.cast(x, "int32") - 1, WORDS))
    return keras.Model(inputs, ends(made(inputs)))


@keras.saving.register_keras_serializable("tests")
class OwnTable(layers.Layer):
    """Looks numbers up in weights of its own."""

    def build(self, shape: Any) -> None:
        self.table = self.add_weight(shape=(WORDS, 4))

    def call(self, x: Any) -> Any:
        return keras.ops.take(self.table, keras.ops.cast(x, "int32"), axis=0)


def own_table(config: Any, signature: Any) -> keras.Model:
    inputs = keras.Input(signature.input_shape)
    return keras.Model(inputs, ends(OwnTable()(inputs)))


def own_table_shifted(config: Any, signature: Any) -> keras.Model:
    inputs = keras.Input(signature.input_shape)
    return keras.Model(inputs, ends(OwnTable()(keras.ops.maximum(inputs - 1, 0))))


def plan_of(model: Any, data: Any, **more: Any) -> Any:
    spec = {
        "data": {"source": "python:tuple", **more},
        "model": "tests:model",
        "cv": {"folds": 2},
        "search": {"trials": 1},
        "training": {"epochs": 1},
    }
    return make_plan(make_spec(spec), data=data, model=model)


LOOKING_UP = [
    functional,
    of_whole_numbers,
    without_input,
    reshaped,
    column_by_column,
    nested,
    hypermodel,
    of_optuna,
    counted,
    shifted,
    bounded,
    in_buckets,
    behind_one_another,
    as_columns,
    as_columns_aside,
    own_table,
    own_table_shifted,
]


@pytest.mark.parametrize("model", LOOKING_UP)
def test_words_arrive_as_they_were_given(model: Callable[..., Any]) -> None:
    x, y = sentences()
    workload = plan_of(model, (x, y)).workload
    assert workload.preparation.recipe.tokens == tuple(range(WIDTH))
    fold = workload.fold_data[0]
    assert fold.x.dtype == np.int32
    np.testing.assert_array_equal(fold.x, workload.dataset.x)
    assert describe_preparation(workload.preparation) == [
        "6 whole numbers a row left as they are, since the model looks them up in an embedding"
    ]


@pytest.mark.parametrize("dtype", ["uint8", "int64", "float64", "float32"])
@pytest.mark.parametrize("scaling", ["auto", "none", "standard"])
def test_whatever_the_type_of_whole_numbers(dtype: str, scaling: str) -> None:
    x, y = sentences()
    workload = plan_of(functional, (x.astype(dtype), y), scaling=scaling).workload
    np.testing.assert_array_equal(workload.fold_data[0].x, workload.dataset.x)
    assert workload.fold_data[0].x.dtype == np.int32


@pytest.mark.parametrize(
    ("model", "change"),
    [(dense, 0.0), (quantised, 0.0), (functional, 0.5), (shifted, 0.5)],
    ids=lambda part: getattr(part, "__name__", str(part)),
)
def test_numbers_that_measure_are_scaled(model: Callable[..., Any], change: float) -> None:
    x, y = sentences()
    workload = plan_of(model, (x + change, y)).workload
    assert workload.preparation.recipe.tokens == ()
    fold = workload.fold_data[0]
    np.testing.assert_allclose(fold.x[fold.train].mean(axis=0), 0, atol=1e-5)


@pytest.mark.parametrize("dtype", ["int64", "float64"])
def test_of_numbers_that_are_calculated_with_those_that_decide_are_left_alone(dtype: str) -> None:
    x, y = sentences()
    assert plan_of(one_shifted, (x.astype(dtype), y)).workload.preparation.recipe.tokens == (2,)
    frame = pd.DataFrame(x.astype(dtype), columns=list("abcdef")).assign(word=np.array(["u", "v"])[y], y=y)
    frame.loc[5, "a"] = np.nan
    assert plan_of(one_shifted, frame, target="y").workload.preparation.recipe.tokens == (2,)


@pytest.mark.parametrize("table", [False, True], ids=["array", "table"])
def test_tokens_beside_numbers_are_left_alone_and_the_numbers_scaled(table: bool) -> None:
    x, y = sentences()
    x = x.astype(float)
    x[3, 0] = np.nan
    data: Any = (x, y)
    if table:
        data = pd.DataFrame(x, columns=list("abcdef")).assign(
            b=x[:, 1].astype(int), word=np.array(["u", "v"])[y], y=y
        )
    workload = plan_of(beside_numbers, data, **({"target": "y"} if table else {})).workload
    assert workload.preparation.recipe.tokens == (1, 2)
    fold = workload.fold_data[0]
    assert fold.x.dtype == np.float32
    stored = np.asarray(workload.dataset.x.iloc[:, :6] if table else workload.dataset.x)
    np.testing.assert_array_equal(fold.x[:, 1:3], stored[:, 1:3])
    others = fold.x[:, [0, 3, 4, 5]]
    np.testing.assert_allclose(others[fold.train].mean(axis=0), 0, atol=1e-5)
    assert fold.x.shape[1] == (8 if table else 6)
    assert any("2 whole numbers a row left" in line for line in describe_preparation(workload.preparation))


def test_a_refit_reads_what_was_scored() -> None:
    x, y = sentences()
    plan = plan_of(functional, (x, y), limit=60)
    whole = refit_workload(plan, None, (x, y))
    assert whole.preparation.recipe.tokens == plan.workload.preparation.recipe.tokens
    fitted = fit_preparation(whole.preparation, whole.dataset.x, whole.dataset.y)
    np.testing.assert_array_equal(fitted.transform(whole.dataset.x), whole.dataset.x)


def test_a_configuration_cannot_scale_words() -> None:
    x, y = sentences()
    preparation = plan_of(functional, (x, y)).workload.preparation
    with pytest.raises(TrainingError, match="scaling is for numbers that measure"):
        configure_preparation(preparation, {"scaling": "minmax"})


def test_families_look_up_nothing_and_build_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "kerasweep.training.models.embedding_inputs.find_lookups",
        lambda *_: pytest.fail("a model was built"),
    )
    spec = make_spec({"data": {"source": "python:tuple"}, "model": "ann", "search": {"trials": 1}})
    assert make_plan(spec, data=sentences()).workload.preparation.recipe.tokens == ()
    x, y = sentences()
    assert plan_of(functional, (x + 0.5, y)).workload.preparation.recipe.tokens == ()


def test_looking_leaves_no_trace() -> None:
    random.seed(123)
    np.random.seed(123)  # noqa: NPY002
    before = random.getstate(), np.random.get_state()[1].tolist(), layers.Embedding.call  # noqa: NPY002
    signature = Signature((WIDTH,), 2, "classification")
    assert find_lookups(functional, {}, signature) == Lookups(tuple(range(WIDTH)))
    after = random.getstate(), np.random.get_state()[1].tolist(), layers.Embedding.call  # noqa: NPY002
    assert before == after


class OnlySmall(layers.Layer):
    """Looks numbers up in a table of its own, which ends, and puts them beside what was found before."""

    def call(self, before: Any, words: Any) -> Any:
        if not keras.utils.is_keras_tensor(words) and keras.ops.max(words) >= WORDS:
            raise IndexError("no such word")
        return keras.ops.concatenate([before, words], axis=-1)

    def compute_output_shape(self, before_shape: Any, words_shape: Any) -> Any:
        return (None, before_shape[1] + words_shape[1])


def test_a_model_that_fails_on_the_row_that_asks_it_says_so() -> None:
    """Whole numbers are scaled where nothing looks them up, which is not to be said of a model that was not asked to its end."""

    def partly(config: Any, signature: Any) -> keras.Model:
        inputs = keras.Input(signature.input_shape)
        found = layers.Flatten()(layers.Embedding(WORDS, 4)(inputs[:, :2]))
        return keras.Model(inputs, ends(OnlySmall()(found, inputs[:, 2:])))

    found = find_lookups(partly, {}, Signature((WIDTH,), 2, "classification"))
    assert found.positions == (0, 1)
    assert "IndexError" in found.fault
    assert "no such word" in found.fault
    plan = plan_of(partly, sentences())
    assert plan.workload.preparation.recipe.tokens == (0, 1)
    (note,) = [line for line in plan.hints if "looks up" in line]
    assert "fails on a row of large ones (IndexError: " in note
    assert "prepared as numbers that measure" in note
    assert not [line for line in plan_of(functional, sentences()).hints if "looks up" in line]


def test_a_model_that_cannot_be_built_is_told_of_by_its_trials() -> None:
    def fails(config: Any, signature: Any) -> Any:
        raise ValueError("not today")

    assert find_lookups(fails, {}, Signature((WIDTH,), 2, "classification")) == Lookups()


@pytest.mark.parametrize("change", [0, 0.5], ids=["whole numbers", "decimals"])
def test_a_model_that_comes_to_no_end_while_the_plan_asks_it_is_refused(change: float) -> None:
    def hangs(config: Any, signature: Any) -> Any:
        time.sleep(60)

    x, y = sentences()
    spec = {"data": {"source": "python:tuple"}, "model": "tests:hangs", "search": {"trials": 1}}
    with pytest.raises(ModelError, match="did not return within"):
        make_plan(make_spec({**spec, "execution": {"trial_timeout": 1}}), data=(x + change, y), model=hangs)


@pytest.mark.parametrize("trainer", ["fused", "fit"])
def test_both_trainers_learn_words(trainer: str) -> None:
    workload = replace(plan_of(functional, sentences(600)).workload, trainer=trainer, epochs=12)
    asked = {"optimizer": "adam", "learning_rate": 0.1, "batch_size": 20}
    events = run_task(make_trainer(workload, 2), Task(0, asked, 0))
    assert max(event.mean for event in events if isinstance(event, EpochEnded)) > 0.9


def of_other_rows(config: Any, signature: Any) -> keras.Model:
    inputs = keras.Input((WIDTH + 1,))
    return keras.Model(inputs, ends(layers.Dense(4)(inputs)))


def test_a_model_of_other_rows_is_not_said_to_fail_on_large_numbers() -> None:
    with pytest.raises(ModelError, match=r"does not fit the data: .* rows of shape \(7,\), and x has rows"):
        plan_of(of_other_rows, sentences())
