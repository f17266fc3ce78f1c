"""Emitted code is run and must give the same model: configuration, compilation, weights."""

from __future__ import annotations

import pytest
from kerasweep.training.trainers.runtime import prepare_tensorflow

prepare_tensorflow(2)

import keras  # noqa: E402 - imported quietly above
import numpy as np  # noqa: E402
from keras import layers  # noqa: E402
from kerasweep.export.code import CannotEmit  # noqa: E402
from kerasweep.export.expressions import WIDTH, call, literal, quoted  # noqa: E402
from kerasweep.export.graph import builder_code  # noqa: E402


def dense() -> keras.Model:
    model = keras.Sequential(
        [
            keras.Input((5,)),
            layers.Dense(4, activation="tanh", kernel_initializer=keras.initializers.HeNormal(seed=3)),
            layers.Dense(4, kernel_regularizer=keras.regularizers.L2(0.02), kernel_constraint="max_norm"),
            layers.LeakyReLU(0.2),
            layers.GaussianNoise(0.1),
            layers.Dense(3, activation="softmax", name="result"),
        ]
    )
    model.compile(
        keras.optimizers.SGD(0.0123, momentum=0.9, nesterov=True),
        "sparse_categorical_crossentropy",
        ["accuracy"],
    )
    return model


def images() -> keras.Model:
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(4, 3, padding="same", use_bias=False),
            layers.BatchNormalization(momentum=0.9),
            layers.Activation("relu"),
            layers.MaxPooling2D(3),
            layers.Dropout(0.25),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )
    schedule = keras.optimizers.schedules.ExponentialDecay(0.01, 100, 0.9)
    model.compile(keras.optimizers.Adam(schedule), keras.losses.Huber(0.5), jit_compile=False)
    return model


def sequence() -> keras.Model:
    model = keras.Sequential(
        [keras.Input((6, 2)), layers.Bidirectional(layers.LSTM(4)), layers.Dense(2, dtype="mixed_bfloat16")]
    )
    model.compile(
        "adamw",
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        [keras.metrics.SparseTopKCategoricalAccuracy(k=1, name="top")],
    )
    return model


def graph() -> keras.Model:
    inputs = keras.Input((4,))
    left = layers.Dense(3, activation="relu")(inputs)
    right = layers.Dense(3)(inputs)
    right = layers.Dropout(0.1)(right)
    both = layers.Concatenate()([left, right])
    model = keras.Model(inputs, layers.Dense(1)(both))
    model.compile("adam", "mse", metrics=["mae"], jit_compile=False)
    return model


def plain(config: object) -> object:
    """Leave automatic names out."""
    if isinstance(config, dict):
        return {
            key: plain(value)
            for key, value in config.items()
            if key not in ("name", "build_config", "keras_history", "input_layers", "output_layers")
        }
    return [plain(value) for value in config] if isinstance(config, list | tuple) else config


@pytest.mark.parametrize("make", [dense, images, sequence, graph])
def test_the_code_of_a_model_makes_it_again(make: object) -> None:
    keras.utils.set_random_seed(5)
    model = make()  # type: ignore[operator]
    body = builder_code(model)
    namespace = {"keras": keras, "layers": layers}
    exec(f"def build():\n{body}", namespace)
    keras.utils.set_random_seed(5)
    again = namespace["build"]()  # type: ignore[operator]
    assert [type(layer) for layer in again.layers] == [type(layer) for layer in model.layers]
    assert [plain(layer.get_config()) for layer in again.layers] == [
        plain(layer.get_config()) for layer in model.layers
    ]
    assert plain(again.get_compile_config()) == plain(model.get_compile_config())
    for left, right in zip(model.variables, again.variables, strict=True):
        np.testing.assert_array_equal(left, right)
    assert max(map(len, body.splitlines())) <= WIDTH


def test_only_what_is_not_the_classs_own_is_written() -> None:
    body = builder_code(images())
    assert 'layers.Conv2D(4, kernel_size=(3, 3), padding="same", use_bias=False),' in body
    assert "layers.MaxPooling2D(pool_size=(3, 3))," in body
    assert "layers.Dense(1)," in body
    assert "strides" not in body
    assert "HeNormal(seed=3)" in builder_code(dense())
    assert 'name="result"' in builder_code(dense())
    assert "learning_rate=0.0123," in builder_code(dense())


def test_what_only_its_author_can_make_is_said() -> None:
    class Own(layers.Layer):
        def call(self, x: object) -> object:
            return x

    model = keras.Sequential([keras.Input((4,)), Own()])
    model.compile("sgd", "mse")
    with pytest.raises(CannotEmit, match="Own, which is not one of Keras's own"):
        builder_code(model)

    def my_loss(truth: object, guess: object) -> object:
        return keras.losses.mse(truth, guess)

    model = keras.Sequential([keras.Input((4,)), layers.Dense(1)])
    model.compile("sgd", my_loss)
    with pytest.raises(CannotEmit, match="the function 'my_loss'"):
        builder_code(model)

    inputs = keras.Input((4,))
    shared = layers.Dense(4)
    model = keras.Model(inputs, shared(shared(inputs)))
    model.compile("sgd", "mse")
    with pytest.raises(CannotEmit, match="used more than once"):
        builder_code(model)


@pytest.mark.parametrize(
    "value",
    [1, 1.5, 1e-05, -0.0, float("inf"), None, True, "a'\"\n서울", [1, (2,), {}], {"a": [()]}, ["x"] * 40],
)
def test_literals_are_read_back_equal(value: object) -> None:
    for before in (0, 30):
        text = literal(value, before)
        assert repr(eval(text)) == repr(value)
        assert max(map(len, text.split("\n"))) <= WIDTH


def test_what_is_no_plain_data_has_no_literal() -> None:
    with pytest.raises(TypeError, match="ndarray has no literal"):
        literal({"a": [np.zeros(2)]})
    assert np.isnan(eval(literal([float("nan")]))).all()


def test_a_long_call_has_a_line_for_each_argument() -> None:
    assert quoted("it's") == '"it\'s"'
    assert quoted("plain") == '"plain"'
    assert call("f", "a", b="2") == "f(a, b=2)"
    inner = call("g", *["a" * 30] * 3)
    assert call("f", inner, b="2").splitlines() == [
        "f(",
        "    g(",
        *[f"        {'a' * 30},"] * 3,
        "    ),",
        "    b=2,",
        ")",
    ]
