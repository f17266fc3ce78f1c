"""The families: every configuration of their full preset is a model, and what a first course built is what it was."""

from __future__ import annotations

import numpy as np
import pytest
from kerasweep.spaces import PRESETS, Space, preset
from kerasweep.training.data import map_shapes
from kerasweep.training.models import Signature

pytestmark = pytest.mark.trains
FAMILIES = [family for family in PRESETS if family not in ("own", "transfer")]
"""``transfer`` needs the file of a base: see test_transfer.py."""
PICTURES = ((8, 8, 1), (3, 5, 3))
STEPS = ((8, 2), (1, 3))
SHAPES = {
    **dict.fromkeys(("cnn", "resnet"), PICTURES),
    **dict.fromkeys(("rnn", "cnn1d", "tcn"), STEPS),
    "text": ((7,), {"tokens": (7,), "features": (3,)}),
}
TOKENS = 20
"""Pictures may be smaller than any window, and no square; other families read rows of one number, too, or a sequence of one step."""


def small(space: Space) -> Space:
    """Return a space whose models are built in a moment."""
    for name, most in (("units", 64), ("filters", 16)):
        if name in space:
            found = space[name]
            space = space.with_hyperparameter(
                type(found)(name, found.low, max(found.low + 1, most), conditions=found.conditions)
            )
    return space


def built(family: str, configuration, signature: Signature):
    from kerasweep.training.models.building import build_model
    from kerasweep.training.models.families import BUILDERS

    return build_model(BUILDERS[family], configuration, signature, 0)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_configuration_is_a_model(family: str) -> None:
    task = PRESETS[family].task or "classification"
    space = small(preset(family, "full", task=task))
    for number in range(8):
        configuration = space.sample(np.random.default_rng(number))
        shape = SHAPES.get(family, ((1,), (5,)))[number % 2]
        outputs = 3 if task == "classification" else 1
        model = built(family, configuration, Signature(shape, outputs, task, 50, 3, max_tokens=TOKENS))
        rng = np.random.default_rng(0)
        least = 1 if family == "text" else 0  # no token at all is nothing to make a mean of
        x = map_shapes(lambda one: least + rng.random((4, *one), np.float32), shape)  # noqa: B023 - called at once
        predicted = np.asarray(model(x, training=False))
        assert predicted.shape == (4, outputs), configuration
        assert np.isfinite(predicted).all(), configuration


@pytest.mark.parametrize("encoder", ["average", "gru"])
def test_what_fills_a_short_text_takes_no_part(encoder: str) -> None:
    configuration = {**preset("text").recommended(), "text_encoder": encoder, "units": 4, "embedding_dim": 4}
    tokens = np.array([[3, 1, 2, 5], [4, 0, 0, 0]])
    models = [
        built("text", configuration, Signature((length,), 2, "classification", 50, 3, max_tokens=TOKENS))
        for length in (4, 9)
    ]
    models[1].set_weights(models[0].get_weights())
    short, long = (
        np.asarray(model(np.pad(tokens, ((0, 0), (0, length - 4))), training=False))
        for model, length in zip(models, (4, 9), strict=True)
    )
    np.testing.assert_allclose(short, long, rtol=1e-5)


@pytest.mark.parametrize("family", ["resnet", "mlp_residual"])
def test_every_activation_after_a_sum_is_one_that_tensorflow_fuses(family: str) -> None:
    """Its graph passes join weights, bias, sum and activation where nothing normalizes, not all of which it can run."""
    space = preset(family, "full", task="classification")
    usual = {
        **space.recommended(),
        "normalization": "none",
        "units": 4,
        "filters": 2,
        "blocks": 1,
        "stages": 1,
    }
    shape = SHAPES.get(family, ((3, 5, 3), (5,)))[1]
    for activation in space["activation"].values():
        model = built(
            family, {**usual, "activation": activation}, Signature(shape, 3, "classification", 50, 3)
        )
        assert np.isfinite(model.predict(np.ones((2, *shape), np.float32), verbose=0)).all(), activation


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("size", ["basic", "standard", "full"])
def test_the_recommended_configuration_is_a_model_of_the_task(family: str, size: str) -> None:
    task = PRESETS[family].task or "regression"
    space = preset(family, size, task=task)
    shape = SHAPES.get(family, ((5,),))[0]
    model = built(family, space.recommended(), Signature(shape, 2, task, 50, 3, max_tokens=TOKENS))
    assert model.output_shape == (None, 2)
    assert model.layers[-1].activation.__name__ == ("softmax" if task == "classification" else "linear")


def test_what_the_course_builds() -> None:
    names = {
        family: [
            type(layer).__name__ for layer in built(family, preset(family).recommended(), signature).layers
        ]
        for family, signature in {
            "ann": Signature((64,), 10, "classification"),
            "dnn": Signature((64,), 10, "classification"),
            "cnn": Signature((28, 28, 1), 10, "classification"),
        }.items()
    }
    assert names == {
        "ann": ["Dense", "Dense"],
        "dnn": ["Dense", "Dropout", "Dense", "Dropout", "Dense"],
        "cnn": [
            *("Conv2D", "MaxPooling2D", "Conv2D", "MaxPooling2D", "Dropout", "Flatten"),
            *("Dense", "Dropout", "Dense"),
        ],
    }


def test_an_orthogonal_regularizer_needs_pairs() -> None:
    """A funnel down to one unit, and a table of one column, have none to compare: Keras would divide by nothing."""
    configuration = {
        "hidden_layers": 4,
        "units": 8,
        "units_growth": 0.25,
        "batch_size": 8,
        "activation": "relu",
        "kernel_regularizer": "orthogonal",
        "orthogonal_factor": 0.01,
        "dropout": 0.0,
    }
    for features, mode, units in ((3, "columns", 8), (1, "rows", 8), (3, "columns", 1), (3, "rows", 1)):
        config = {**configuration, "orthogonal_mode": mode, "units": units}
        signature = Signature((features,), 2, "classification", 10, 2)
        model = built("dnn", config, signature)
        x = np.ones((4, features), np.float32)
        assert np.isfinite(model.evaluate(x, np.zeros(4), verbose=0, return_dict=True)["loss"])
