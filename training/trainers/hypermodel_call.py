"""One call of a ``HyperModel.fit``, as KerasTuner makes it, and what came of it.

What a callback was told at the ends of its epochs counts, else the history that the fit returns. A number that it returns,
or a dict with the objective in it, is a score, as in KerasTuner.
"""

from __future__ import annotations

import inspect
import statistics
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ...errors import TrainingError
from ...spaces import Configuration
from ..data import Tree
from ..heartbeat import beat
from ..metrics import as_number
from ..models import batch_size_of, of_user
from ..models.building import build_optimizer, summary_of
from ..models.hypermodel_fit import HypermodelFit, RetryFit
from ..models.hypermodels import note_defaults
from ..models.tracked_configuration import note
from .fit_folds import out_of_memory

UNNAMED = ""
"""Name of a number that was returned without one."""


@dataclass(frozen=True)
class FitResult:
    """What a call of a fit left."""

    logs: list[dict[str, float]]
    """Of each epoch that its callback or its history told."""
    returned: dict[str, float]
    """What it returned beside a history; a number is the objective and is ``UNNAMED``."""
    epochs: int
    summary: str


class EpochRecorder(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    """Keeps what every epoch's end says, and ends the training after a number of epochs."""

    def __init__(self, epochs: int, score: Callable[[keras.Model], dict[str, float]] | None = None) -> None:
        super().__init__()
        self._epochs = epochs
        self._score = score
        self.logs: list[dict[str, float]] = []

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Note an epoch."""
        beat()
        scores = {} if self._score is None else self._score(self.model)
        self.logs.append({**_numbers(logs or {}), **scores})
        if len(self.logs) >= self._epochs and self.model is not None:
            self.model.stop_training = True


@contextmanager
def _recorded(model: keras.Model, recorder: EpochRecorder) -> Iterator[None]:
    """Have every call of ``model.fit`` inside tell a recorder its epochs, whether the caller passes callbacks on or not."""
    fit = model.fit
    names = list(inspect.signature(fit).parameters)

    def fit_recorded(*given: Any, **options: Any) -> Any:
        place = names.index("callbacks") if "callbacks" in names else len(given)
        options |= zip(
            names[place:], given[place:], strict=False
        )  # what a caller gives by position from there on
        own = options.pop("callbacks", None)
        callbacks = own if isinstance(own, list | tuple) else [own] if own else []
        return fit(*given[:place], callbacks=list(dict.fromkeys([*callbacks, recorder])), **options)

    model.fit = fit_recorded
    try:
        yield
    finally:
        del model.fit  # the class's own again


@contextmanager
def _errors_told() -> Iterator[None]:
    """Turn what a user's fit raises into an error of the training; a fit that is to be called again is none."""
    try:
        yield
    except (RetryFit, TrainingError):
        raise
    except (MemoryError, tf.errors.ResourceExhaustedError) as error:
        raise out_of_memory(error) from error
    except Exception as error:
        raise of_user("training", "HyperModel.fit", error) from error


def call_fit(
    own: HypermodelFit,
    model: keras.Model,
    configuration: Configuration,
    x: Tree,
    y: Tree,
    *,
    epochs: int,
    weights: Mapping[int, float] | None,
    validation: tuple[Tree, Tree] | None,
    ends: bool = False,
    score: Callable[[keras.Model], dict[str, float]] | None = None,
) -> FitResult:
    """Call a ``HyperModel.fit`` as KerasTuner does.

    Args:
        own: It, with the ``hp`` that its build asked last.
        model: Built and compiled.
        configuration: Its batch size is passed on, where it has one.
        x: Training rows.
        y: Their targets, as the model's loss reads them.
        epochs: Passed on; a fit may take its own.
        weights: Class code -> weight; passed on where there are any.
        validation: Rows to score; a refit has none.
        ends: Whether a fit with epochs of its own is ended after ``epochs`` all the same.
        score: Computes the objective where neither the fit nor the model does; what the fit returns is then none.

    Raises:
        RetryFit: The model is to be built again.
        TrainingError: It raises, or returns what is no score.
    """
    build_optimizer(model)
    recorder = EpochRecorder(epochs if ends else 10**9, score)
    options: dict[str, Any] = {"callbacks": [recorder], "epochs": epochs, "verbose": 0}
    if validation is not None:
        options["validation_data"] = validation
    if "batch_size" in configuration:
        options["batch_size"] = batch_size_of(configuration)
    if weights is not None:
        options["class_weight"] = dict(weights)
    summary = summary_of(model)
    with _errors_told(), _recorded(model, recorder):
        returned = own(own.build.hp, model, x, y, **options)
    note_defaults(own.build.hp, configuration)
    logs, values = _read_returned(returned)
    logs = recorder.logs or logs
    if not logs:
        note(
            "its HyperModel.fit does not say how many epochs it trained; they are counted as those that it was asked for"
        )
    if score is not None:
        return FitResult(recorder.logs or [score(model)], {}, len(logs) or epochs, summary)
    return FitResult(logs, values, len(logs) or epochs, summary)


def _read_returned(returned: Any) -> tuple[list[dict[str, float]], dict[str, float]]:
    """Return the epochs of a history, and the values of anything else; of several, their means."""
    if isinstance(returned, keras.callbacks.History):
        names = list(returned.history)
        columns = [returned.history[name] for name in names]
        return [_numbers(dict(zip(names, row, strict=True))) for row in zip(*columns, strict=False)], {}
    if isinstance(returned, Mapping):
        return [], _numbers(returned)
    if isinstance(returned, list) and returned:
        parts = [_read_returned(one)[1] for one in returned]
        shared = [name for name in parts[0] if all(name in part for part in parts)]
        return [], {name: statistics.fmean(part[name] for part in parts) for name in shared}
    try:
        return [], {UNNAMED: float(returned)}
    except (TypeError, ValueError) as error:
        raise TrainingError(
            "training",
            f"HyperModel.fit returns {type(returned).__name__}; return the history of model.fit, a dict or a number",
        ) from error


def _numbers(logs: Mapping[str, Any]) -> dict[str, float]:
    """Return what is a number; of several, one a class, their mean."""
    arrays = {str(name): np.asarray(value) for name, value in logs.items()}
    return {
        name: as_number(array)
        for name, array in arrays.items()
        if array.size and np.issubdtype(array.dtype, np.number)
    }
