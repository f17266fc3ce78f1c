"""Models as KerasTuner's guides and tests write them, in other words and with the same calls."""

from __future__ import annotations

import keras
import keras_tuner as kt
from keras import layers


def small(hp):
    """The first model of the getting-started guide."""
    model = keras.Sequential()
    model.add(layers.Flatten())
    model.add(layers.Dense(hp.Choice("units", [8, 16, 32]), activation="relu"))
    model.add(layers.Dense(10, activation="softmax"))
    model.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def many_kinds(hp):
    model = keras.Sequential([layers.Flatten()])
    activation = hp.Choice("activation", ["relu", "tanh"])
    model.add(
        layers.Dense(units=hp.Int("units", min_value=32, max_value=128, step=32), activation=activation)
    )
    if hp.Boolean("dropout"):
        model.add(layers.Dropout(rate=0.25))
    model.add(layers.Dense(10, activation="softmax"))
    learning_rate = hp.Float("lr", min_value=1e-4, max_value=1e-2, sampling="log")
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=learning_rate),
        loss="categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def loop(hp):
    model = keras.Sequential([layers.Flatten()])
    for i in range(hp.Int("num_layers", 1, 3)):
        model.add(layers.Dense(units=hp.Int(f"units_{i}", 8, 64, step=8), activation="relu"))
        if hp.Boolean(f"normalize_{i}", default=i == 0):
            model.add(layers.BatchNormalization())
    if hp.Boolean("dropout"):
        model.add(layers.Dropout(hp.Float("rate", 0.0, 0.5, step=0.1, default=0.2)))
    model.add(layers.Dense(10, activation="softmax"))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


class WithAttributes(kt.HyperModel):
    """A class that is told what it predicts."""

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.classes = classes

    def build(self, hp):
        inputs = keras.Input((8, 8, 1))
        x = layers.Flatten()(inputs)
        x = layers.Dense(hp.Int("units", 8, 32, sampling="log"), "relu")(x)
        model = keras.Model(inputs, layers.Dense(self.classes, "softmax")(x))
        model.compile(
            keras.optimizers.SGD(hp.Choice("learning_rate", [1e-1, 1e-2, 1e-3], default=1e-2)),
            "sparse_categorical_crossentropy",
            metrics=["accuracy"],
        )
        return model


made = WithAttributes(classes=10)


def convolutions(hp):
    inputs = keras.Input((8, 8, 1))
    x = inputs
    for i in range(hp.Int("conv_blocks", 1, 2, default=2)):
        x = layers.Conv2D(hp.Int(f"filters_{i}", 4, 16, step=4), 3, padding="same")(x)
        x = layers.ReLU()(x)
        if hp.Choice(f"pooling_{i}", ["avg", "max"]) == "max":
            x = layers.MaxPooling2D()(x)
        else:
            x = layers.AveragePooling2D(2)(x)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(hp.Float("dropout", 0, 0.5, step=0.1, default=0.5))(x)
    model = keras.Model(inputs, layers.Dense(10, activation="softmax")(x))
    model.compile(
        keras.optimizers.Adam(hp.Float("learning_rate", 1e-4, 1e-2, sampling="log")),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def model_type(hp):
    """Conditional scopes: everything in them is asked for, and None where it is not active."""
    kind = hp.Choice("model_type", ["mlp", "cnn"])
    model = keras.Sequential([keras.Input((8, 8, 1))])
    with hp.conditional_scope("model_type", ["mlp"]):
        if kind == "mlp":
            model.add(layers.Flatten())
            model.add(layers.Dense(hp.Int("units", 8, 32), "relu"))
    with hp.conditional_scope("model_type", ["cnn"]):
        filters = hp.Int("filters", 4, 8)
        if kind == "cnn":
            assert filters == hp.get("filters")
            model.add(layers.Conv2D(filters, 3, activation="relu"))
            model.add(layers.GlobalAveragePooling2D())
        else:
            assert filters is None
    model.add(layers.Dense(10, "softmax"))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def nested_scopes(hp):
    optimizer = hp.Choice("optimizer", ["adam", "sgd"])
    with hp.conditional_scope("optimizer", "sgd"):
        momentum = hp.Boolean("momentum")
        with hp.conditional_scope("momentum", True):
            amount = hp.Float("amount", 0.5, 0.95, sampling="reverse_log")
    rate = hp.Float("rate", 1e-3, 1e-1, sampling="log", parent_name="optimizer", parent_values=["sgd"])
    sgd = optimizer == "sgd"
    made = keras.optimizers.SGD(rate, momentum=amount if momentum else 0.0) if sgd else "adam"
    model = keras.Sequential([layers.Flatten(), layers.Dense(10, "softmax")])
    model.compile(made, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def named_scopes(hp):
    model = keras.Sequential([layers.Flatten()])
    for block in ("first block", "second block"):
        with hp.name_scope(block):
            model.add(layers.Dense(hp.Int("units", 8, 16, step=4), hp.Choice("activation", ["relu", "elu"])))
    with hp.name_scope("out"), hp.name_scope("[0]"):
        model.add(layers.Dense(10, "softmax", use_bias=hp.Boolean("use bias", default=True)))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def uncompiled(hp):
    return keras.Sequential(
        [
            layers.Flatten(),
            layers.Dense(hp.Int("units", 8, 64, sampling="log"), "relu"),
            layers.Dense(10, "softmax"),
        ]
    )


def fixed(hp):
    hp.Fixed("units", 16)
    factor = hp.Fixed("factor", 0.5)
    model = keras.Sequential(
        [layers.Flatten(), layers.Dense(hp.get("units"), hp.Fixed("activation", "relu"))]
    )
    model.add(layers.Dropout(factor))
    model.add(layers.Dense(10, "softmax"))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def own_batches(hp):
    model = keras.Sequential([layers.Flatten(), layers.Dense(10, "softmax")])
    hp.Choice("batch_size", [16, 64])
    learning_rate = hp.Float("learning_rate", 0.01, 0.02)
    model.compile(
        keras.optimizers.Adam(learning_rate), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return model


def regression(hp):
    model = keras.Sequential([keras.Input((10,)), layers.Normalization()])
    for i in range(hp.Int("layers", 0, 2, default=1)):
        model.add(layers.Dense(hp.Int(f"units/{i}", 4, 32, step=4), hp.Choice("act", ["relu", "selu"])))
    model.add(layers.Dense(1))
    model.compile(
        keras.optimizers.RMSprop(hp.Choice("learning_rate", [1e-2, 1e-3])), loss="mse", metrics=["mae"]
    )
    return model


def both(hp):
    """A branch that two of them open together."""
    model = keras.Sequential([layers.Flatten()])
    deep, wide = hp.Boolean("deep", default=True), hp.Boolean("wide", default=True)
    if deep and wide:
        model.add(layers.Dense(hp.Int("units", 8, 16), "relu"))
    model.add(layers.Dense(10, "softmax"))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def dense(hp, *, run_eagerly=True):
    """Return a small model. A few batches are trained sooner than their step is traced; ``Shuffles`` is traced."""
    model = keras.Sequential([layers.Flatten(), layers.Dense(hp.Choice("units", [8, 16]), "relu")])
    model.add(layers.Dense(10, "softmax"))
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"], run_eagerly=run_eagerly)
    return model


class Shuffles(kt.HyperModel):
    """Of the getting-started guide: whether to shuffle is searched."""

    def build(self, hp):
        return dense(hp, run_eagerly=False)

    def fit(self, hp, model, *args, **kwargs):
        return model.fit(*args, shuffle=hp.Boolean("shuffle"), **kwargs)


class Normalizes(kt.HyperModel):
    """Of the same guide: what is done to the rows is searched, and a branch of it asks for more."""

    def build(self, hp):
        return dense(hp)

    def fit(self, hp, model, x, y, **kwargs):
        if hp.Boolean("normalize"):
            x = layers.Normalization()(x) * hp.Float("factor", 0.5, 2.0, default=1.0)
        return model.fit(x, y, **kwargs)


class OwnEpochs(kt.HyperModel):
    """Of the documentation of ``HyperModel``: epochs and batch size are the fit's own, and it prints."""

    def build(self, hp):
        return dense(hp)

    def fit(self, hp, model, *args, **kwargs):
        print("a fit that speaks")
        kwargs.pop("verbose", None)
        return model.fit(
            *args,
            epochs=hp.Int("epochs", 2, 4),
            batch_size=hp.Choice("batch_size", [16, 32]),
            verbose=1,
            **kwargs,
        )


class CustomLoop(kt.HyperModel):
    """Of the guide to custom training loops, with an optimizer and a metric of its own."""

    def build(self, hp):
        inputs = keras.Input((8, 8, 1))
        x = layers.Dense(hp.Choice("units", [8, 16]), "relu")(layers.Flatten()(inputs))
        return keras.Model(inputs, layers.Dense(10)(x))

    def fit(self, hp, model, x, y, validation_data, callbacks=None, **kwargs):
        import tensorflow as tf

        batches = tf.data.Dataset.from_tensor_slices((x, y)).batch(hp.Int("batch_size", 16, 64, step=16))
        held_out = tf.data.Dataset.from_tensor_slices(validation_data).batch(64)
        optimizer = keras.optimizers.Adam(hp.Float("learning_rate", 1e-4, 1e-2, sampling="log", default=1e-3))
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        metric = keras.metrics.Mean()

        @tf.function
        def train_step(images, labels):
            with tf.GradientTape() as tape:
                value = loss(labels, model(images))
            optimizer.apply_gradients(
                zip(tape.gradient(value, model.trainable_variables), model.trainable_variables, strict=True)
            )

        for callback in callbacks:
            callback.set_model(model)
        best = float("inf")
        for epoch in range(2):
            for images, labels in batches:
                train_step(images, labels)
            for images, labels in held_out:
                metric.update_state(loss(labels, model(images)))
            mean = float(metric.result().numpy())
            metric.reset_state()
            for callback in callbacks:
                callback.on_epoch_end(epoch, logs={"my_metric": mean})
            best = min(best, mean)
        return best


class ReturnsADict(kt.HyperModel):
    """Scores by itself; it looks at what training gave, and calls its rows otherwise."""

    def build(self, hp):
        return dense(hp)

    def fit(self, hp, model, train_rows, train_labels, validation_data=None, epochs=1, **kwargs):
        history = model.fit(train_rows, train_labels, epochs=epochs, verbose=0)
        assert history.history["loss"][-1] > 0
        right = (model.predict(validation_data[0], verbose=0).argmax(1) == validation_data[1]).mean()
        return {"val_right": right, "val_loss": 1.0}


class ByPosition(kt.HyperModel):
    """Gives ``model.fit`` all that it takes by position, its callbacks too."""

    def build(self, hp):
        return dense(hp)

    def fit(self, hp, model, x, y, validation_data=None, epochs=1, callbacks=None, verbose=0, **kwargs):
        return model.fit(x, y, 32, epochs, verbose, callbacks, 0.0, validation_data)


with_fit = Shuffles()


ON_DIGITS = (
    small,
    many_kinds,
    loop,
    WithAttributes,
    made,
    convolutions,
    model_type,
    nested_scopes,
    named_scopes,
    uncompiled,
    fixed,
    own_batches,
    both,
)


def too_large_for_digits(hp):
    """Kernels of the usual size do not fit into what is left of a picture."""
    model = keras.Sequential([layers.MaxPooling2D(4)])
    model.add(layers.Conv2D(4, hp.Int("kernel_size", 1, 5), activation=hp.Choice("act", ["relu", "tanh"])))
    model.add(layers.Flatten())
    model.add(layers.Dense(10, activation="softmax"))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
