"""Builds a model of one configuration, compiled and checked."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras.src.backend import compute_output_spec
from keras.src.models.functional import Functional
from keras.src.utils.naming import reset_uids
from tensorflow.python.eager import context

from ...errors import TrainingError, UnfitError, one_line
from ...spaces import Configuration
from ...spaces.catalogue import CHANGE_THE_LOSS
from ...texts import count_text
from ..data import leaves, map_shapes
from ..fine_tuning import FineTuning
from ..quiet import nothing_displayed
from ..users_code import NOT_ITS_OWN
from .heads import build_weights
from .losses import head_of, make_loss, make_metrics
from .memory import within_memory
from .optimizers import make_optimizer, unscaled
from .signature import Build, Precision, Signature
from .tracked_configuration import TrackedConfiguration
from .unfreezing import unfreeze
from .user_errors import of_user


def build_model(
    build: Build,
    configuration: Configuration,
    signature: Signature,
    seed: int,
    precision: Precision = "float32",
    *,
    keep_programs: bool = False,
) -> keras.Model:
    """Build and compile a model; all of its randomness follows from the seed.

    A model that the function has compiled stays as it is, but for a learning rate in the configuration that the function
    did not read, which its optimizer gets. Any other is compiled with the configuration's optimizer and learning rate,
    cross-entropy for classes or squared error for numbers.

    Args:
        build: The function.
        configuration: What it is given.
        signature: What it is given, too.
        seed: For weights, dropout and whatever else is random.
        precision: ``bfloat16`` and ``float16`` have layers compute in them and keep float32 weights (Keras's
            ``mixed_bfloat16`` and ``mixed_float16``, with which Keras has a ``LossScaleOptimizer`` around the model's).
        keep_programs: Whether TensorFlow's own generator is left as it is, because seeding it has TensorFlow prepare
            all traced programs again. Keras's layers do not draw from it. Where the function does, it is seeded.

    Raises:
        TrainingError: of kind ``model``: the function raises or returns no model; of kind ``memory``: it is too large.
    """
    if keep_programs:
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002 - what a user's function may draw from
        before = _tensorflow_draws()
        model = _built_and_compiled(build, configuration, signature, precision)
        if before is not None and _tensorflow_draws() == before:
            return model
    keras.utils.set_random_seed(seed)
    return _built_and_compiled(build, configuration, signature, precision)


def _tensorflow_draws() -> Any:
    """Return the state of TensorFlow's own generator, or None where it cannot be seen."""
    return getattr(getattr(context.context(), "_rng", None), "getstate", lambda: None)()


def _built_and_compiled(
    build: Build, configuration: Configuration, signature: Signature, precision: Precision
) -> keras.Model:
    reset_uids()  # equal architectures get equal names of layers; clear_session would drop traced programs as well
    tracked = TrackedConfiguration(configuration)
    try:
        with _computing_in(precision), within_memory():
            model = build(tracked, signature)
            if isinstance(model, keras.Model) and not model.built:
                build_weights(model, signature.input_shape)
    except TrainingError:
        raise
    except (MemoryError, tf.errors.ResourceExhaustedError) as error:
        raise TrainingError("memory", f"out of memory: {one_line(error, 120)}") from error
    except NOT_ITS_OWN:
        raise
    except BaseException as error:
        raise of_user("model", "the model function", error) from error
    if not isinstance(model, keras.Model):
        raise TrainingError("model", f"the model function returns {type(model).__name__}, not a keras.Model")
    _check_inputs_and_outputs(model, signature)
    if not model.compiled:
        compile_model(model, configuration, signature)
    elif "learning_rate" in configuration and "learning_rate" not in tracked.read:
        set_learning_rate(model, float(configuration["learning_rate"]))  # type: ignore[arg-type]
    return model


def _check_inputs_and_outputs(model: keras.Model, signature: Signature) -> None:
    """Refuse a model of other inputs or outputs than there are arrays to train it on."""
    inputs: list[Any] = []
    map_shapes(inputs.append, signature.input_shape)
    outputs = len(leaves(signature.outputs)) if signature.task == "outputs" else 1
    for what, given in (("input", len(inputs)), ("output", outputs)):
        # A subclassed model has neither until it is called, and then what its rows let it have.
        count = len(getattr(model, f"{what}s", None) or [0] * given)
        if count != given:
            part = "x" if what == "input" else "y"
            raise UnfitError(
                f"the model has {count_text(count, what)}, and {part} is {count_text(given, 'array')}: give one for each {what}"
            )
    taken = [tuple(one.shape[1:]) for one in getattr(model, "inputs", None) or ()]
    if len(taken) == 1 and not _takes(taken[0], inputs[0]):
        raise UnfitError(
            f"the model's input takes rows of shape {taken[0]}, and x has rows of shape {inputs[0]}"
        )


def _takes(shape: tuple[int | None, ...], given: tuple[int | None, ...]) -> bool:
    """Tell whether Keras takes rows for an input of a shape; it adds a last axis of 1 to them, or takes one away."""
    if len(given) == len(shape) - 1:
        given = (*given, 1)
    elif len(given) == len(shape) + 1 and given[-1] == 1:
        given = given[:-1]
    if len(given) != len(shape):
        return False
    return all(one is None or other is None or one == other for one, other in zip(shape, given, strict=True))


def set_learning_rate(model: keras.Model, rate: float) -> None:
    """Give a compiled model's optimizer a learning rate that its function did not ask for.

    Raises:
        TrainingError: of kind ``model``: the optimizer follows a schedule.
    """
    optimizer = model.optimizer
    schedule = getattr(unscaled(optimizer), "_learning_rate", None)
    if isinstance(schedule, keras.optimizers.schedules.LearningRateSchedule):
        raise TrainingError(
            "model",
            f"the model's optimizer follows a schedule of its own ({type(schedule).__name__}), "
            "which a learning_rate cannot replace; take learning_rate out of the space",
        )
    optimizer.learning_rate = rate


@contextmanager
def _computing_in(precision: Precision) -> Iterator[None]:
    """Have layers that are made meanwhile compute in a precision; float32 leaves Keras's setting as it is."""
    if precision == "float32":
        yield
        return
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(f"mixed_{precision}")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def compile_model(model: keras.Model, configuration: Configuration, signature: Signature) -> None:
    """Compile with the configuration's optimizer, learning rate and loss, and the task's metrics.

    Raises:
        TrainingError: of kind ``model``: no loss fits the model's last layer and the task.
    """
    if signature.task == "outputs":
        raise UnfitError("nothing says which loss each of its outputs has: compile the model in its function")
    head = head_of(model, signature)
    loss, metrics = make_loss(configuration, signature.task, head), make_metrics(signature, head)
    if signature.task == "regression" and any(name in configuration for name in CHANGE_THE_LOSS):
        metrics.append("mse")  # what configurations with different losses can be compared by
    model.compile(
        optimizer=make_optimizer(configuration, signature), loss=loss, metrics=metrics, jit_compile=False
    )


def begin_fine_tuning(
    model: keras.Model, tuning: FineTuning, configuration: Configuration, signature: Signature
) -> None:
    """Have the last layers of a model's base train, too, with a new optimizer; weights stay as they are."""
    unfreeze(model, tuning.share)
    compile_model(model, tuning.configuration(configuration), replace(signature, epochs=tuning.epochs))


def build_optimizer(model: keras.Model) -> None:
    """Give a compiled model's optimizer its variables.

    ``fit`` would make them while it traces, where the first values that ScheduleFreeAdamW takes from the weights get
    lost (Keras 3.15).
    """
    if isinstance(model.optimizer, keras.optimizers.Optimizer) and not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)


def build_metrics(model: keras.Model, rows: Sequence[Any]) -> bool:
    """Have a compiled model's losses and metrics make their variables, and tell whether they did.

    ``fit`` would make them while it traces, and trace everything once more because of it. Where a model's graph is known,
    so is what they are given, and no code of the model runs.

    Args:
        model: Compiled and built.
        rows: Tensors that a training step takes, or their specifications: x, y, and weights where there are any.
    """
    outputs: Sequence[Any] = model.outputs if type(model) in (keras.Sequential, Functional) else ()
    if not outputs or any(part.shape.rank is None for part in keras.tree.flatten(list(rows))):
        return False
    x, y, *weights = keras.tree.map_structure(
        lambda part: keras.KerasTensor((2, *part.shape[1:]), part.dtype.name), list(rows)
    )
    found = keras.tree.map_structure(
        lambda one: keras.KerasTensor((2, *one.shape[1:]), one.dtype),
        outputs[0] if len(outputs) == 1 else model.output,
    )
    sample_weight = weights[0] if weights else None
    compute_output_spec(model.compute_metrics, x, y, found, sample_weight=sample_weight)
    if model._compile_loss is not None and not model._compile_loss.built:
        model._compile_loss.build(y, found)
    return True


def loss_name(model: keras.Model) -> str:
    """Return the name of a compiled model's loss as Keras spells it: ``mean_squared_error``."""
    loss = model.loss
    name = loss if isinstance(loss, str) else getattr(loss, "__name__", type(loss).__name__)
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", str(name)).lower()


def activations_of(model: keras.Model) -> int:
    """Return how many numbers the layers of a built model pass on for one row, as far as their shapes are known."""
    total = 0
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            total += activations_of(layer)
            continue
        try:
            tensors = keras.tree.flatten(layer.output)
        except (AttributeError, ValueError):  # a layer of a subclassed model, or one that is used twice
            continue
        total += sum(math.prod(tensor.shape[1:]) for tensor in tensors if None not in tensor.shape[1:])
    return total


def summary_of(model: keras.Model) -> str:
    """Return ``model.summary()`` as text."""
    lines: list[str] = []
    with nothing_displayed():
        model.summary(print_fn=lines.append, line_length=80)
    return "\n".join(lines)
