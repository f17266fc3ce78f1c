"""Every float argument of Keras's layers, losses, metrics, optimizers, schedules, initializers, regularizers, constraints.

Found in Keras's own namespaces, so that a class that a later version brings is a case, or a failing test.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest
from typing import Any

import keras
import numpy as np

ROWS, FEATURES, CLASSES = 24, 192, 3
KINDS: dict[str, tuple[Any, type]] = {
    "layers": (keras.layers, keras.layers.Layer),
    "losses": (keras.losses, keras.losses.Loss),
    "metrics": (keras.metrics, keras.metrics.Metric),
    "optimizers": (keras.optimizers, keras.optimizers.Optimizer),
    "schedules": (keras.optimizers.schedules, keras.optimizers.schedules.LearningRateSchedule),
    "initializers": (keras.initializers, keras.initializers.Initializer),
    "regularizers": (keras.regularizers, keras.regularizers.Regularizer),
    "constraints": (keras.constraints, keras.constraints.Constraint),
}

NOT_BUILT = {
    "FlaxLayer": "needs Flax",
    "JaxLayer": "needs JAX",
    "TorchModuleWrapper": "needs PyTorch",
    "TFSMLayer": "reads a SavedModel from a disk",
    "Lambda": "holds a function of a user's own",
    "Wrapper": "a base class, which passes rows on",
    "Pipeline": "a list of layers, none of them its own",
    "Layer": "a base class",
    "Loss": "a base class",
    "Metric": "a base class",
    "MeanMetricWrapper": "holds a function of a user's own",
    "Optimizer": "a base class",
    "LearningRateSchedule": "a base class",
    "Initializer": "a base class",
    "Regularizer": "a base class",
    "Constraint": "a base class",
    "MultiOptimizer": "holds other optimizers, which are cases themselves",
    "CTC": "reads sequences of labels",
    "CategoricalGeneralizedCrossEntropy": "reads class codes; the labels here are one-hot",
    "Circle": "reads class codes and embeddings; the labels here are one-hot",
    "StringLookup": "reads words",
    "TextVectorization": "reads words",
    "HashedCrossing": "reads two columns of whole numbers",
    "IntegerLookup": "reads whole numbers from a table outside the graph",
    "Discretization": "learns its boundaries before training, in NumPy; epsilon acts there only",
    "Hashing": "reads words or whole numbers",
    "MaxNumBoundingBoxes": "reads bounding boxes",
    "STFTSpectrogram": "reads sound, of which a step is longer than the rows here",
    "STFT": "an initializer of fixed numbers",
    "InputLayer": "passes rows on",
}
"""Class -> why no case is made of it."""
DRAWS_WHILE_TRACED = ("AugMix",)
"""Layers that draw from Python's generator while they are traced, so that ``fit`` trains them."""
OTHERS_EAGERLY = ("RandomElasticTransform",)
"""Layers that give other numbers eagerly than in a graph, by Keras itself; held against ``fit`` in a graph, which is slower."""

Pair = tuple[Any, Any]
GIVEN: dict[str, dict[str, Any]] = {
    "Activation": {"activation": "relu"},
    "Bidirectional": {"layer": lambda: keras.layers.LSTM(3, dropout=0.2)},
    "TimeDistributed": {"layer": lambda: keras.layers.Dense(3, kernel_regularizer="l2")},
    "SpectralNormalization": {"layer": lambda: keras.layers.Dense(3, kernel_regularizer="l2")},
    "CenterCrop": {"height": 4, "width": 4},
    "RandomCrop": {"height": 4, "width": 4},
    "Resizing": {"height": 6, "width": 4, "pad_to_aspect_ratio": True},
    "CategoryEncoding": {"num_tokens": 4},
    "Dot": {"axes": -1},
    "EinsumDense": {"equation": "ab,bc->ac", "output_shape": 3},
    "Embedding": {"input_dim": 5, "output_dim": 2},
    "ReversibleEmbedding": {"input_dim": 5, "output_dim": 2},
    "GroupedQueryAttention": {"head_dim": 2, "num_query_heads": 2, "num_key_value_heads": 1},
    "GroupNormalization": {"groups": 2},
    "MultiHeadAttention": {"num_heads": 2, "key_dim": 2},
    "RNN": {"cell": lambda: keras.layers.GRUCell(3, dropout=0.2)},
    "StackedRNNCells": {"cells": lambda: [keras.layers.GRUCell(3, dropout=0.2), keras.layers.LSTMCell(3)]},
    "Permute": {"dims": (2, 1)},
    "RepeatVector": {"n": 2},
    "Reshape": {"target_shape": (12, 16)},
    "Attention": {"use_scale": True},
    "BatchNormalization": {"renorm": True},
    "LossScaleOptimizer": {"inner_optimizer": lambda: keras.optimizers.SGD(0.1)},
    "MelSpectrogram": {"fft_length": 64, "sequence_stride": 32, "sampling_rate": 1000, "num_mel_bins": 8},
    "CosineDecay": {"warmup_steps": 2},
    "PiecewiseConstantDecay": {"boundaries": [1, 3]},
    "RandomRotation": {"fill_mode": "constant"},
    "RandomErasing": {"fill_value": 0.5},
    "IoU": {"num_classes": CLASSES, "target_class_ids": [0, 1]},
    "OneHotIoU": {"num_classes": CLASSES, "target_class_ids": [0, 1]},
    "MeanIoU": {"num_classes": CLASSES},
    "OneHotMeanIoU": {"num_classes": CLASSES},
    "F1Score": {"average": "macro"},
    "FBetaScore": {"average": "macro"},
    "BinaryIoU": {"target_class_ids": [0, 1]},
    "SGD": {"learning_rate": 0.1},
    "Adadelta": {"learning_rate": 1.0},
}
"""Class -> arguments that it needs, or that make its floats act; a function makes a new one for every model."""
FLOATS: dict[str, dict[str, Pair]] = {
    "RandomColorJitter": dict.fromkeys(
        ("brightness_factor", "contrast_factor", "saturation_factor", "hue_factor"), (0.2, 0.6)
    ),
    "Normalization": {"mean": (0.3, 0.6), "variance": (1.0, 2.0)},
    "Rescaling": {"scale": (0.5, 2.0)},
    "ReLU": {"max_value": (1.0, 0.5)},
    "ReversibleEmbedding": {},
    "GaussianNoise": {"stddev": (0.1, 0.5)},
    "RandomShear": {"x_factor": (0.2, 0.5), "y_factor": (0.2, 0.5)},
    "RandomPosterization": {"factor": (3, 5)},
    "RandomErasing": {"scale": ((0.02, 0.3), (0.02, 0.6)), "fill_value": (0.1, 0.6)},
    "RandomZoom": {"width_factor": (0.2, 0.5)},
    "MelSpectrogram": {"max_freq": (400.0, 300.0)},
    "MaxNorm": {"max_value": (0.5, 0.2)},
    "MinMaxNorm": {"min_value": (0.5, 0.8), "max_value": (1.0, 0.9)},
    "CosineDecay": {"warmup_target": (0.02, 0.05)},
    "CosineDecayRestarts": {"t_mul": (2.0, 1.5)},
    "ExponentialDecay": {"decay_rate": (0.5, 0.9)},
    "InverseTimeDecay": {"decay_rate": (0.5, 0.9)},
    "PiecewiseConstantDecay": {"values": ([0.1, 0.05, 0.01], [0.1, 0.02, 0.01])},
    "Ftrl": {"learning_rate": (0.1, 0.05), "learning_rate_power": (-0.5, -0.3)},
    "Adafactor": {"beta_2_decay": (-0.8, -0.5), "epsilon_1": (1e-30, 1e-3)},
    "Muon": {"muon_a": (3.4445, 3.0), "muon_b": (-4.775, -4.7), "muon_c": (2.0315, 1.8)},
    "RandomUniform": {"minval": (-0.05, -0.2), "maxval": (0.05, 0.2)},
    "BinaryAccuracy": {"threshold": (0.5, 0.2)},
    "AUC": {"thresholds": ([0.2, 0.5], [0.3, 0.6])},
}
"""Class -> its floats that are no defaults of the signature, or whose other value must be near."""
FLOAT_NAMES: dict[str, Pair] = {
    "rate": (0.2, 0.5),
    "factor": (0.2, 0.5),
    "height_factor": (0.2, 0.5),
    "width_factor": (0.2, 0.5),
    "initial_learning_rate": (0.05, 0.1),
    "learning_rate": (0.01, 0.03),
    "weight_decay": (0.01, 0.1),
    "clipnorm": (0.5, 0.1),
    "clipvalue": (0.1, 0.01),
    "global_clipnorm": (0.5, 0.1),
    "loss_scale_factor": (8.0, 4.0),
    "threshold": (0.2, 0.5),
    "thresholds": (0.3, 0.6),
    "recall": (0.3, 0.6),
    "precision": (0.3, 0.6),
    "specificity": (0.3, 0.6),
    "sensitivity": (0.3, 0.6),
    "end_learning_rate": (0.01, 0.03),
    "stddev": (0.05, 0.3),
    "epsilon": (1e-3, 0.1),
    "logit_soft_cap": (5.0, 2.0),
}
NOT_FLOATS = frozenset(
    """activation activity_regularizer average axes axis backward_layer beta_constraint beta_regularizer
    bias_constraint bias_regularizer bias_quantizer boundaries call_fn cell cells class_id data_format decay_steps
    depthwise_constraint depthwise_regularizer dims dtype embeddings_constraint embeddings_regularizer
    ema_overwrite_frequency equation exclude_layers filters first_decay_steps flash_attention fn function
    gamma_constraint gamma_regularizer gradient_accumulation_steps groups head_dim height ignore_class input_axes
    input_dim invert alpha_constraint alpha_regularizer kernel_constraint kernel_regularizer kernel_size key_dim
    label_weights layer lora_alpha lora_rank mask_value name noise_shape num_bins num_classes num_heads
    num_key_value_heads num_labels num_query_heads num_tokens n optimizer_map output_axes output_dim output_padding
    output_shape pointwise_constraint pointwise_regularizer pool_size quantization_config recurrent_constraint
    recurrent_regularizer renorm_clipping reverse_dtype seed sequence_length shared_axes sliding_window strides
    target_class_ids target_shape top_k units use_scale value_dim weights width output_size attention_axes
    max_tokens bias_axes bin_boundaries gptq_unpacked_column_size inner_optimizer layers quantizer idf_weights""".split()
)
"""Arguments without a default that are whole numbers, shapes, functions or other objects."""


@dataclass(frozen=True)
class Case:
    """A class of Keras with all of its floats."""

    kind: str
    cls: type
    floats: dict[str, Pair]

    def make(self, second: Sequence[str], **more: Any) -> Any:
        """Return an object of the class; some of its floats, each as ``Class.float``, have their second values."""
        given = {name: value() if callable(value) else value for name, value in self._given.items()}
        values = {name: pair[f"{self.cls.__name__}.{name}" in second] for name, pair in self.floats.items()}
        return self.cls(**{**given, **values, **more})

    @property
    def _given(self) -> dict[str, Any]:
        return _given(self.cls)


def _given(cls: type) -> dict[str, Any]:
    found = dict(GIVEN.get(cls.__name__, {}))
    usual = {
        "units": 3,
        "filters": 3,
        "kernel_size": 2,
        "pool_size": 2,
        "output_size": 2,
        "decay_steps": 4,
        "first_decay_steps": 2,
    }
    parameters = inspect.signature(cls).parameters
    for name, value in usual.items():
        if name in parameters and parameters[name].default is inspect.Parameter.empty:
            found.setdefault(name, value)
    return found


def classes() -> Iterator[tuple[str, str, type]]:
    """Yield kind, name and class of all that Keras offers; one that has several names once."""
    for kind, (namespace, base) in KINDS.items():
        seen: set[type] = set()
        for name in sorted(vars(namespace)):
            cls = getattr(namespace, name)
            if inspect.isclass(cls) and issubclass(cls, base) and cls not in seen:
                seen.add(cls)
                yield kind, cls.__name__, cls


def floats_of(cls: type) -> tuple[dict[str, Pair], list[str]]:
    """Return a class's floats, with two values each, and the arguments that nothing here knows."""
    floats, unknown = {}, []
    own = FLOATS.get(cls.__name__, {})
    for name, parameter in inspect.signature(cls).parameters.items():
        if name in own:
            floats[name] = own[name]
        elif name in _given(cls) or parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        elif isinstance(parameter.default, float):
            floats[name] = FLOAT_NAMES.get(name) or _pair(parameter.default)
        elif parameter.default in (None, inspect.Parameter.empty):
            if name in FLOAT_NAMES:
                floats[name] = FLOAT_NAMES[name]
            elif name not in NOT_FLOATS:
                unknown.append(name)
    if "clipnorm" in floats:  # an optimizer takes one of them; the others are cases of their own
        floats = {name: pair for name, pair in floats.items() if name not in ("clipvalue", "global_clipnorm")}
    return floats, unknown


def _pair(usual: float) -> Pair:
    if usual == 0:
        return 0.1, 0.3
    return (0.9, 0.5) if usual == 1 else (usual, usual / 2)


CASES = {
    f"{kind}.{name}": Case(kind, cls, floats_of(cls)[0])
    for kind, name, cls in classes()
    if name not in NOT_BUILT and floats_of(cls)[0]
}
"""Those that have floats."""


ONE_AFTER_THE_OTHER = (
    "RandomPosterization RandomPerspective RandomColorJitter RandomGrayscale",
    "Solarization RandomRotation RandomSaturation RandomSharpness",
    "RandomErasing RandomHue RandomBrightness",
    "RandomShear MixUp RandomContrast RandomInvert",
    "RandomTranslation CutMix RandomColorDegeneration RandomGaussianBlur",
    "Rescaling GroupNormalization ELU SpatialDropout1D",
    "Normalization Attention Dropout SpatialDropout2D",
    "GaussianNoise LayerNormalization ReLU SpatialDropout3D",
    "AdditiveAttention BatchNormalization LeakyReLU AlphaDropout",
    "MultiHeadAttention RMSNormalization ActivityRegularization GaussianDropout",
)
"""Layers that keep the shape of what they read, and so are trained in one model: each hands on what it got wrong."""


def _together() -> Iterator[str]:
    """Yield names of cases that are trained in one model: layers one after the other, and of all else one of each kind."""
    kinds: dict[str, list[str]] = {
        kind: [name for name in CASES if CASES[name].kind == kind] for kind in KINDS
    }
    alone = kinds.pop("layers")
    for names in ONE_AFTER_THE_OTHER:
        chain = [name for name in map("layers.{}".format, names.split()) if name in alone]
        alone = [name for name in alone if name not in chain]
        yield " ".join(chain)
    yield from alone
    rates = [*kinds.pop("optimizers"), *kinds.pop("schedules")]  # which are SGD's
    for names in zip_longest(rates, *kinds.values()):
        yield " ".join(name for name in names if name is not None)


TOGETHER = {
    names: {
        f"{CASES[name].cls.__name__}.{one}": pair
        for name in names.split()
        for one, pair in CASES[name].floats.items()
    }
    for names in _together()
}
"""Names of cases in one model -> all of their floats, each as ``Class.float``."""

SHAPES = {"1D": (12, 16), "2D": (8, 8, 3), "3D": (4, 4, 4, 3)}
RECURRENT = ("LSTM", "GRU", "SimpleRNN", "Bidirectional", "RNN")
OF_TWO = (
    "Attention", "AdditiveAttention", "MultiHeadAttention", "GroupedQueryAttention", "Add", "Average", "Maximum",
)  # fmt: skip
ATTENDS_TWICE = ("MultiHeadAttention", "GroupedQueryAttention")
OF_PICTURES = (
    "ContrastLimitedAdaptiveHistogramEqualization", "CutMix", "MixUp", "Solarization", "AugMix", "RandAugment", "Resizing", "CenterCrop", "Rescaling",
)  # fmt: skip
CELLS = ("GRUCell", "LSTMCell", "SimpleRNNCell", "StackedRNNCells")


def shape_of(name: str) -> tuple[int, ...]:
    """Return the shape of what a layer reads."""
    for ending, shape in SHAPES.items():
        if ending in name:
            return (2, 4, 4, 3, 2) if name.startswith("ConvLSTM3D") else _longer(name, shape)
    if name.startswith("Random") or name in OF_PICTURES:
        return SHAPES["2D"]
    if name in RECURRENT or name in CELLS:
        return (3, 64)
    if name in OF_TWO or name == "Masking":
        return SHAPES["1D"]
    return (FEATURES,)


def _longer(name: str, shape: tuple[int, ...]) -> tuple[int, ...]:
    if not name.startswith("ConvLSTM"):
        return shape
    return (2, 4, 24) if "1D" in name else (2, 4, 4, 6)


def build(configuration: Any, signature: Any) -> keras.Model:
    """Build the model of some cases: ``configuration`` names them, and the floats that have their second values."""
    cases = [CASES[name] for name in configuration["cases"].split()]
    made = {case.kind: partial(case.make, configuration["second"].split()) for case in cases}
    inputs = keras.Input((FEATURES,))
    tensor = inputs
    for case in cases:
        if case.kind == "layers":
            tensor = _through(case, partial(case.make, configuration["second"].split()), tensor)
    tensor = keras.layers.Dense(
        CLASSES,
        "softmax",
        kernel_initializer=made.get("initializers", keras.initializers.GlorotUniform)(),
        kernel_regularizer=made.get("regularizers", lambda: None)(),
        kernel_constraint=made.get("constraints", lambda: None)(),
    )(keras.layers.Flatten()(tensor))
    model = keras.Model(inputs, tensor)
    schedule = made.get("schedules", lambda: 0.05)()
    model.compile(
        made.get("optimizers", lambda: keras.optimizers.SGD(schedule))(),
        made.get("losses", lambda: "categorical_crossentropy")(),
        metrics=[made["metrics"]()] if "metrics" in made else [],
        run_eagerly=configuration["eager"],
    )
    return model


def _through(case: Case, make: Callable[..., Any], tensor: Any) -> Any:
    name = case.cls.__name__
    tensor = keras.layers.Reshape(shape_of(name))(tensor)
    if name in CELLS:
        return keras.layers.RNN(make())(tensor)
    if name == "Masking":
        return keras.layers.GlobalAveragePooling1D()(make()(tensor))
    ranged = "value_range" in inspect.signature(case.cls).parameters
    layer = make(value_range=(0.0, 1.0)) if ranged else make()
    if name in ATTENDS_TWICE:
        return layer(tensor, tensor)
    return layer([tensor, tensor] if name in OF_TWO else tensor)


def data() -> tuple[np.ndarray, np.ndarray]:
    """Return rows between 0 and 1, and three classes."""
    generator = np.random.default_rng(3)
    x = generator.uniform(size=(ROWS, FEATURES)).astype("float32")
    return x, np.arange(ROWS) % CLASSES
