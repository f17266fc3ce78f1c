"""Data and models of a user's own, one small workload for each kind of what ``fit`` takes."""

from __future__ import annotations

from typing import Any

MODULE = """
import keras
import keras_tuner
import numpy as np
import pandas as pd
import tensorflow as tf
from keras import layers

ROWS = 60
rng = np.random.default_rng(0)
numbers = rng.normal(size=(ROWS, 3))
picture = rng.integers(0, 255, (ROWS, 6, 6, 1)).astype("uint8")
words = rng.integers(0, 20, (ROWS, 5))
flag = rng.random(ROWS) < 0.5
classes = (numbers[:, 0] + 0.3 * flag > 0).astype(int)


def two_inputs():
    return {"numbers": numbers, "picture": picture}, classes


def a_list():
    return [numbers, picture], classes


def a_nest():
    return {"left": [numbers, words], "right": {"flag": flag}}, 10 * numbers[:, 1] + 3


def lists_of_rows():
    return {"numbers": numbers.tolist(), "picture": picture.tolist()}, classes


def one_hot_columns():
    frame = pd.DataFrame(numbers, columns=["a", "b", "c"])
    return frame, pd.DataFrame({"no": 1 - classes, "yes": classes})


def pairs():
    left, right = numbers[: ROWS // 2], numbers[ROWS // 2 :]
    same = classes[: ROWS // 2] == classes[ROWS // 2 :]
    return {"left": left, "right": right}, same.astype("float32")


def with_test_rows():
    train, test = slice(0, 40), slice(40, None)
    return (
        ({"numbers": numbers[train], "picture": picture[train]}, classes[train]),
        ({"numbers": numbers[test], "picture": picture[test]}, classes[test]),
    )


def _joined(one, two):
    pixels = layers.Flatten()(layers.Rescaling(1 / 255)(two))
    return layers.Concatenate()([layers.Dense(4, activation="relu")(one), pixels])


def build_dict(config, signature):
    inputs = {name: keras.Input(shape, name=name) for name, shape in signature.input_shape.items()}
    joined = _joined(inputs["numbers"], inputs["picture"])
    return keras.Model(inputs, layers.Dense(signature.outputs, activation=signature.output_activation)(joined))


def build_list(config, signature):
    inputs = [keras.Input(shape) for shape in signature.input_shape]
    return keras.Model(inputs, layers.Dense(signature.outputs, activation="softmax")(_joined(*inputs)))


def build_nest(config, signature):
    shapes = signature.input_shape
    left = [keras.Input(shapes["left"][0]), keras.Input(shapes["left"][1], dtype="int32")]
    flag = keras.Input(shapes["right"]["flag"])
    looked_up = layers.GlobalAveragePooling1D()(layers.Embedding(20, 4)(left[1]))
    joined = layers.Concatenate()([left[0], looked_up, layers.Reshape((1,))(flag)])
    return keras.Model({"left": left, "right": {"flag": flag}}, layers.Dense(1)(joined))


price = (10 * numbers[:, 1] + 3).astype("float32")


def two_outputs():
    return numbers, {"price": price, "kind": classes}


def a_list_of_outputs():
    return numbers, [price, classes]


def inputs_and_outputs():
    return {"numbers": numbers, "picture": picture}, {"price": price[:, None], "kind": np.eye(2)[classes]}


weight = rng.uniform(0.1, 3.0, ROWS)
names = np.array(["no", "yes"])[classes]


def a_weighted_table():
    frame = pd.DataFrame(numbers, columns=["a", "b", "c"])
    return frame.assign(word=np.array(["x", "y", "z"])[words[:, 0] % 3], w=weight, answer=names)


def a_table_with_folds():
    frame = a_weighted_table().drop(columns="w")
    return frame.assign(fold=np.arange(ROWS) % 3 - 1, checks=np.where(np.arange(ROWS) % 4 == 0, "val", "train"))


vocabulary = np.array("bad poor dull fair good fine best the film was very not a".split())
drawn = np.random.default_rng(1).integers(-1, 2, (ROWS, 12))


def some_texts():
    said = vocabulary[np.where(classes, 5, 1)[:, None] + drawn]
    return [" ".join(row[: 3 + number // 8]) + "." for number, row in enumerate(said)], classes


def a_table_with_text():
    frame = a_weighted_table().drop(columns=["w", "answer"])
    frame.loc[::7, "a"] = np.nan
    said = [f"It was {one} and {other}" for one, other in vocabulary[words[:, :2] % 13]]
    return frame.assign(said=[None, "", *said[2:]], price=price)


def texts_of_several_labels():
    texts, _ = some_texts()
    return np.array(texts), np.array([["bad" in text, "good" in text, "fine" in text] for text in texts]).astype(int)


def autoencoder():
    return numbers, [numbers, numbers]


def pictures_again():
    return picture, picture / np.float32(255)


def build_autoencoder(config, signature):
    inputs = keras.Input(signature.input_shape)
    code = layers.Conv2D(2, 3, strides=2, padding="same", activation="relu")(layers.Rescaling(1 / 255)(inputs))
    code = layers.Conv2DTranspose(2, 3, strides=2, padding="same", activation="relu")(code)
    model = keras.Model(inputs, layers.Conv2D(1, 3, padding="same", activation="sigmoid")(code))
    model.compile("adam", "mse", metrics=["mae"])
    return model


def _losses(model, weight=0.5):
    model.compile(
        "adam",
        loss={"price": "mse", "kind": "sparse_categorical_crossentropy"},
        loss_weights={"price": 1.0, "kind": weight},
        metrics={"price": ["mae"], "kind": ["accuracy"]},
    )
    return model


def build_two(config, signature):
    inputs = keras.Input(signature.input_shape)
    x = layers.Dense(8, activation="relu")(inputs)
    price = layers.Dense(1, name="price")(x)
    kind = layers.Dense(2, activation="softmax", name="kind")(layers.Dense(4)(x))
    return _losses(keras.Model(inputs, {"price": price, "kind": kind}))


def build_two_in_a_list(config, signature):
    inputs = keras.Input(signature.input_shape)
    x = layers.Dense(8, activation="relu")(inputs)
    outputs = [layers.Dense(1, name="price")(x), layers.Dense(2, activation="softmax", name="kind")(x)]
    model = keras.Model(inputs, outputs)
    model.compile("adam", loss=["mse", "sparse_categorical_crossentropy"], metrics=[["mae"], ["accuracy"]])
    return model


def build_both(config, signature):
    inputs = {name: keras.Input(shape, name=name) for name, shape in signature.input_shape.items()}
    x = _joined(inputs["numbers"], inputs["picture"])
    outputs = {"price": layers.Dense(1)(x), "kind": layers.Dense(2, activation="softmax")(x)}
    model = keras.Model(inputs, outputs)
    model.compile(
        "adam",
        loss={"price": keras.losses.Huber(delta=2.0), "kind": "categorical_crossentropy"},
        metrics={"kind": [keras.metrics.AUC(name="auc")]},
    )
    return model


def build_hp_two(hp):
    inputs = keras.Input((3,))
    x = layers.Dense(hp.Int("units", 4, 8))(inputs)
    outputs = {"price": layers.Dense(1, name="price")(x), "kind": layers.Dense(2, "softmax", name="kind")(x)}
    return _losses(keras.Model(inputs, outputs), hp.Choice("weight", [0.1, 1.0]))


def build_weighted(config, signature):
    model = keras.Sequential(
        [
            keras.Input(signature.input_shape),
            layers.Dense(4, activation="relu"),
            layers.Dense(2, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"], weighted_metrics=["acc"])
    return model


def build_subclass(config, signature):
    model = Two()
    model.compile("adam", loss=["mse", "mse"], metrics=[["mae"], None])
    return model


@keras.saving.register_keras_serializable("kinds")
class Two(keras.Model):
    def __init__(self, **more):
        super().__init__(**more)
        self.one, self.two = layers.Dense(3), layers.Dense(3)

    def call(self, x):
        return [self.one(x), self.two(x)]


@keras.saving.register_keras_serializable("kinds")
class Net(keras.Model):
    def __init__(self, **more):
        super().__init__(**more)
        self.flat, self.last = layers.Flatten(), layers.Dense(2, activation="softmax")

    def call(self, x):
        one, two = x
        return self.last(keras.ops.concatenate([one, self.flat(keras.ops.cast(two, one.dtype)) / 255], axis=-1))


def build_class(config, signature):
    return Net()


def build_words(config, signature):
    return keras.Sequential(
        [
            keras.Input(signature.input_shape, dtype="int32"),
            layers.Embedding(signature.max_tokens, 4, mask_zero=True),
            layers.GlobalAveragePooling1D(),
            layers.Dense(signature.outputs, activation="softmax"),
        ]
    )


@keras.saving.register_keras_serializable("kinds")
class Siamese(keras.Model):
    # Two rows through one encoder, trained by a contrastive loss of their distance.
    def __init__(self, **more):
        super().__init__(**more)
        self.encoder = layers.Dense(4)
        self.tracker = keras.metrics.Mean(name="loss")

    @property
    def metrics(self):
        return [self.tracker]

    def call(self, x):
        apart = self.encoder(x["left"]) - self.encoder(x["right"])
        return keras.ops.sqrt(keras.ops.sum(apart**2, axis=-1) + 1e-6)

    def contrast(self, data, training):
        x, same = data
        distance = self(x, training=training)
        same = keras.ops.reshape(keras.ops.cast(same, distance.dtype), (-1,))
        apart = keras.ops.maximum(1.0 - distance, 0.0)
        loss = keras.ops.mean(same * distance**2 + (1 - same) * apart**2)
        self.tracker.update_state(loss)
        return loss

    def train_step(self, data):
        with tf.GradientTape() as tape:
            loss = self.contrast(data, True)
        self.optimizer.apply(tape.gradient(loss, self.trainable_variables), self.trainable_variables)
        return {"loss": self.tracker.result()}

    def test_step(self, data):
        self.contrast(data, False)
        return {"loss": self.tracker.result()}


def build_siamese(config, signature):
    model = Siamese()
    model.compile("adam")
    return model


class OwnFit(keras_tuner.HyperModel):
    def build(self, hp):
        return build_model(hp)

    def fit(self, hp, model, *rows, **options):
        return model.fit(*rows, **options)


def build_model(hp):
    inputs = {"numbers": keras.Input((3,), name="numbers"), "picture": keras.Input((6, 6, 1), name="picture")}
    joined = layers.Dense(hp.Int("units", 4, 8))(_joined(inputs["numbers"], inputs["picture"]))
    model = keras.Model(inputs, layers.Dense(2, activation="softmax")(joined))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


class Asking:
    def __init__(self, trial):
        self.Int = trial.suggest_int


def define_model(trial):
    return build_model(Asking(trial))
"""
TEXT = {"embedding_dim": 8, "units": 4, "filters": 4, "embedding_dropout": 0.1, "batch_size": 16}
WEIGHTED = {"target": "answer", "weight": "w"}
KINDS: dict[str, tuple[Any, ...]] = {
    "two inputs": ("two_inputs", "build_dict"),
    "a list": ("a_list", "build_list"),
    "a nest": ("a_nest", "build_nest"),
    "lists of rows": ("lists_of_rows", "build_dict"),
    "one-hot columns": ("one_hot_columns", "dnn", {"fix": {"units": 4}}),
    "a loss of pairs in train_step": ("pairs", "build_siamese", {"metric": "val_loss"}),
    "a fit of its own": ("two_inputs", "OwnFit"),
    "test rows of their own": ("with_test_rows", "build_dict"),
    "a class": ("a_list", "build_class"),
    "KerasTuner's function": ("two_inputs", "build_model"),
    "Optuna's function": ("two_inputs", "define_model"),
    "two outputs": ("two_outputs", "build_two", {"metric": "val_price_mae", "stratify": "kind"}),
    "a list of outputs": ("a_list_of_outputs", "build_two_in_a_list", {"stratify": "1"}),
    "inputs and outputs": ("inputs_and_outputs", "build_both", {"metric": "kind_auc"}),
    "pictures as targets": ("pictures_again", "build_autoencoder", {"metric": "mae"}),
    "outputs of a class": ("autoencoder", "build_subclass"),
    "a column of weights": ("a_weighted_table", "build_weighted", WEIGHTED),
    "weights of rows and classes": (
        "a_weighted_table",
        "build_weighted",
        {**WEIGHTED, "fix": {"class_weight": "balanced"}},
    ),
    "weights in a family": ("a_weighted_table", "dnn", {**WEIGHTED, "fix": {"units": 4}}),
    "given folds": (
        "a_table_with_folds",
        "dnn",
        {"target": "answer", "fold_column": "fold", "drop": "checks", "fix": {"units": 4}},
    ),
    "given validation rows": (
        "a_table_with_folds",
        "dnn",
        {"target": "answer", "validation": "checks", "drop": "fold", "fix": {"units": 4}},
    ),
    "text for a function": (
        "some_texts",
        "build_words",
        {"set": {"max_tokens": "5..15", "sequence_length": "2..9"}},
    ),
    "text beside columns": (
        "a_table_with_text",
        "text",
        {
            "target": "price",
            "preset": "full",
            "fix": {
                **TEXT,
                "text_encoder": "gru",
                "bidirectional": True,
                "imputation": "mean",
                "encoding": "target",
            },
        },
    ),
    "texts of several labels": (
        "texts_of_several_labels",
        "text",
        {"preset": "full", "fix": {**TEXT, "text_encoder": "convolution", "token_unit": "character"}},
    ),
    "KerasTuner's with outputs": ("two_outputs", "build_hp_two", {"metric": "val_kind_accuracy"}),
}
"""Kind -> functions of the module that give data and model, and settings."""
