"""A ``HyperModel`` with a ``fit`` of its own: how it is called, and how it is asked for its hyperparameters.

KerasTuner calls ``fit(hp, model, ...)`` with all that ``search`` was given. A ``fit`` may forward some of it to
``model.fit`` beside its own (``epochs=hp.Int("epochs", 5, 20)``), so that what it gives itself is withheld from it.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import keras
import numpy as np

from ...errors import TrainingError
from ..metrics import DEFAULT_OBJECTIVE
from .building import compile_model
from .heads import build_weights
from .hypermodels import KerasTunerBuild, adapt_hypermodel, instance_of
from .labels import encode_targets, labels_of
from .signature import Sample
from .space_discovery import OF_FIT
from .user_errors import describe_error

_PROBE_BATCH = 7
"""A batch size that no fit chooses by itself."""


class RetryFit(Exception):  # noqa: N818 - no error: the caller starts over
    """The fit gives an argument itself; it is withheld from now on, and the fit to be called again with a new model."""


class HypermodelFit:
    """A ``HyperModel`` and its ``fit``."""

    def __init__(self, given: Any) -> None:
        self._hypermodel = instance_of(given)
        self._withheld: set[str] = set()
        self.build: KerasTunerBuild = adapt_hypermodel(self._hypermodel)

    @property
    def needs_validation(self) -> bool:
        """Whether it names validation rows among its arguments, and may look at them itself."""
        return "validation_data" in inspect.signature(self._hypermodel.fit).parameters

    def __call__(self, hp: Any, model: keras.Model, x: Any, y: Any, **options: Any) -> Any:
        """Call the fit and return what it returns; what it prints is dropped.

        Raises:
            RetryFit: It gives one of the options itself.
        """
        rows, given = self._arguments(x, y, options)
        try:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                return self._hypermodel.fit(hp, model, *rows, **given)
        except TypeError as error:
            twice = re.search(r"multiple values for (?:keyword )?argument '(\w+)'", str(error))
            if twice is None or twice[1] not in given or twice[1] in ("x", "y"):
                raise
            self._withheld.add(twice[1])
            raise RetryFit from error

    def _arguments(
        self, x: Any, y: Any, options: Mapping[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return positional and named arguments: rows by name, unless the fit calls its rows otherwise."""
        parameters = inspect.signature(self._hypermodel.fit).parameters
        positional = [
            name
            for name, one in parameters.items()
            if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)
        ][2:]
        others = any(one.kind is one.VAR_KEYWORD for one in parameters.values())
        given = {
            name: value
            for name, value in options.items()
            if (others or name in parameters) and name not in self._withheld
        }
        if positional[:2] not in ([], ["x", "y"]) and len(positional) > 1 and positional[0] not in options:
            return (x, y), given
        if not others and not {"x", "y"} <= parameters.keys():
            return (x, y), given
        return (), {"x": x, "y": y, **given}

    def recording_fit(self, sample: Sample) -> RecordingFit:
        """Return a function of ``hp`` that builds a model and asks its fit, too."""
        return RecordingFit(self, self._hypermodel.build, sample)


class RecordingFit:
    """Builds a model and calls its fit on a few rows, with a ``model.fit`` that trains nothing.

    A fit that does not go through with that, because it looks at what training gave, is called as it is.
    """

    def __init__(self, own: HypermodelFit, build: Any, sample: Sample) -> None:
        self._own = own
        self._build = build
        self._sample = sample
        self._is_stubbed = True
        self._batches: list[Any] = []
        self.scores: tuple[str, ...] | None = None
        """Names of what the fit returns in a dict; KerasTuner's name for a number alone; None where it is a history."""

    @property
    def needed(self) -> tuple[str, ...]:
        """What its training uses: a custom loop has its own optimizer, and may not pass on the batch size."""
        if not self._batches:
            return ()
        return OF_FIT if _PROBE_BATCH in self._batches else OF_FIT[:-1]

    def __call__(self, hp: Any) -> Any:
        """Return a model, made and asked."""
        while True:
            model = self._build(hp)
            if not isinstance(model, keras.Model):
                return model
            compiled = model.compiled
            try:
                self._ask(hp, model)
            except RetryFit:
                continue
            except Exception as error:
                if not self._is_stubbed or isinstance(error, TrainingError):
                    raise TrainingError("model", f"its fit raises {describe_error(error)}") from error
                self._is_stubbed = False
                continue
            return model if compiled else _uncompiled(model)

    def _ask(self, hp: Any, model: keras.Model) -> None:
        sample = self._sample
        if not model.built:
            build_weights(model, sample.signature.input_shape)
        if not model.compiled:
            compile_model(model, {}, sample.signature)
        outputs = sample.signature.outputs
        labels = labels_of(
            model, sample.signature.task, outputs, sample.target_format, sample.signature.input_shape
        )
        y = encode_targets(sample.y, labels, outputs, sample.target_format)
        model.fit = partial(self._note_call, model.fit)
        returned = self._own(
            hp,
            model,
            sample.x,
            y,
            validation_data=(sample.x, y),
            callbacks=[],
            epochs=1,
            batch_size=_PROBE_BATCH,
            verbose=0,
        )
        self.scores = _names_of(returned)

    def _note_call(self, fit: Callable[..., Any], *rows: Any, **options: Any) -> Any:
        self._batches.append(options.get("batch_size"))
        if not self._is_stubbed:
            return fit(*rows, **options)
        history = keras.callbacks.History()
        history.history = defaultdict(lambda: [0.0])
        return history


def _names_of(returned: Any) -> tuple[str, ...] | None:
    if isinstance(returned, list) and returned:
        returned = returned[0]
    if isinstance(returned, Mapping):
        return tuple(map(str, returned))
    is_number = np.ndim(returned) == 0 and isinstance(returned, float | int | np.number)
    return (DEFAULT_OBJECTIVE,) if is_number else None


def _uncompiled(model: keras.Model) -> keras.Model:
    """Return a model as its function made it, which tells the explorer that it is compiled elsewhere."""
    model.compiled = False
    return model
