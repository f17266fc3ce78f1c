"""What an export reads: a refit, described from outside.

``studies`` must not import ``search``, which makes refits. These Protocols say what an export needs of one;
``search.refit.Refit`` satisfies ``Bundle`` as it is. Nothing here is changed by an export.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:
    import keras
    import numpy as np

    from ..studies.records import StudyRecord, TrialRecord

Build: TypeAlias = Callable[[dict[str, Any], Any], Any]
"""A model function, ``build(configuration, signature)``."""


TEST_BATCH = 1000
"""Rows a step while a refit is evaluated; float32 sums depend on it in the last digit."""


class Decisions(Protocol):
    """How stored rows become a model's input; nothing fitted."""

    @property
    def kind(self) -> str:
        """``image``, ``table`` or ``array``."""
        ...

    @property
    def scaling(self) -> str:
        """``none``, ``unit``, ``minmax``, ``standard`` or ``robust``; a recipe has its own."""
        ...

    @property
    def divisor(self) -> float:
        """Constant that values are divided by; 1 unless scaling is ``unit``."""
        ...

    @property
    def layout(self) -> str:
        """``flat``, ``image`` or ``natural``."""
        ...

    @property
    def channels(self) -> str:
        """``channels_last`` or ``channels_first``."""
        ...

    @property
    def source_shape(self) -> tuple[int, ...]:
        """Shape of a stored row."""
        ...

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of a row as the model reads it."""
        ...

    @property
    def dtype(self) -> str:
        """Of the rows as the model reads them: ``float32``, or ``int32`` where all are looked up in an embedding."""
        ...

    @property
    def numeric(self) -> tuple[str, ...]:
        """Columns of numbers; tables only."""
        ...

    @property
    def categorical(self) -> tuple[str, ...]:
        """Columns of categories; tables only."""
        ...

    @property
    def categories(self) -> tuple[tuple[str, ...], ...]:
        """For each of these its one-hot columns."""
        ...

    @property
    def recipe(self) -> Recipe | None:
        """What the configuration asks for in place of the rules, or None."""
        ...

    def as_dict(self) -> dict[str, Any]:
        """Return all decisions as JSON-able values."""
        ...


class Recipe(Protocol):
    """How a configuration has columns prepared; the fitted transformer says the rest."""

    @property
    def reads_target(self) -> bool:
        """Whether the training rows' targets take part in the fit."""
        ...


class Draw(Protocol):
    """Which of the training rows train."""

    @property
    def kept(self) -> tuple[int, ...]:
        """Rows of each class that are drawn from."""
        ...

    @property
    def counts(self) -> tuple[int, ...]:
        """Rows of each class that an epoch trains."""
        ...

    @property
    def bootstrap(self) -> bool:
        """Whether rows are drawn with replacement."""
        ...

    def positions(self, codes: np.ndarray) -> np.ndarray:
        """Return the sorted positions, given the rows' classes."""
        ...


class Fitted(Protocol):
    """The decisions with what was learned from the training rows."""

    @property
    def preparation(self) -> Decisions:
        """What was decided before."""
        ...

    @property
    def features(self) -> Any:
        """A scikit-learn transformer, or None."""
        ...

    @property
    def target(self) -> Any:
        """A ``StandardScaler`` with one scale for all targets, or None."""
        ...

    @property
    def target_scale(self) -> float:
        """How many of the target's units one scaled unit is."""
        ...

    def transform(self, x: Any) -> np.ndarray:
        """Return rows as the model reads them."""
        ...

    @property
    def training(self) -> np.ndarray | None:
        """The training rows as the model trains on them, where they are cross-fitted; else None."""
        ...

    def transform_training(self, x: Any) -> np.ndarray:
        """Return the training rows as the model trains on them."""
        ...

    def transform_target(self, y: np.ndarray) -> np.ndarray:
        """Return targets as the model is trained on."""
        ...


class Given(Protocol):
    """The numbers that stood for classes."""

    @property
    def values(self) -> tuple[float, ...]:
        """One a class, in the order of the codes."""
        ...

    @property
    def dtype(self) -> str:
        """Of the values."""
        ...


class Rows(Protocol):
    """Training and test rows, and what is known about them."""

    @property
    def name(self) -> str:
        """How people call the data."""
        ...

    @property
    def kind(self) -> str:
        """``image``, ``table`` or ``array``."""
        ...

    @property
    def task(self) -> str:
        """``classification`` or ``regression``."""
        ...

    @property
    def x(self) -> Any:
        """Training rows, as the source stores them: an array, or a DataFrame."""
        ...

    @property
    def y(self) -> np.ndarray:
        """Class codes, or amounts as float32."""
        ...

    @property
    def x_test(self) -> Any:
        """Held-out rows."""
        ...

    @property
    def y_test(self) -> np.ndarray:
        """Their codes or amounts."""
        ...

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names in the order of their codes."""
        ...

    @property
    def given(self) -> Given:
        """In what form the targets came."""
        ...

    @property
    def groups(self) -> np.ndarray | None:
        """One label a training row, or None."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What was decided while loading."""
        ...

    @property
    def rare(self) -> tuple[str, ...]:
        """Classes that were dropped, or merged into the last one."""
        ...

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns of a file without names, in their order; empty where columns have names."""
        ...

    @property
    def fingerprint(self) -> str:
        """Hash of all rows."""
        ...


class Rule(Protocol):
    """Something that a trainer applied to any model, as code that a script repeats."""

    @property
    def name(self) -> str:
        """The function's or class's name in its source."""
        ...

    @property
    def source(self) -> str:
        """Source that needs nothing but TensorFlow, called ``tf``."""
        ...

    @property
    def arguments(self) -> Mapping[str, Any]:
        """What the configuration gives it."""
        ...


class Bundle(Protocol):
    """A trained model with all that is needed to use it and to train it again."""

    @property
    def study(self) -> StudyRecord:
        """The study."""
        ...

    @property
    def trial(self) -> TrialRecord:
        """The trial that was refit."""
        ...

    @property
    def model(self) -> keras.Model:
        """Trained and compiled."""
        ...

    @property
    def preparation(self) -> Fitted:
        """Fitted on all training rows."""
        ...

    @property
    def dataset(self) -> Rows:
        """Training and test rows."""
        ...

    @property
    def signature(self) -> Any:
        """``input_shape``, ``outputs``, ``task``, ``rows``, ``epochs``, ``value_range`` and ``output_activation``."""
        ...

    @property
    def labels(self) -> str:
        """In what form the model reads its targets.

        ``codes``, ``one-hot``, ``column`` of codes, given ``values`` or a ``value column`` for classes; ``numbers`` or
        a ``number column`` for a regression.
        """
        ...

    @property
    def class_weight(self) -> Mapping[int, float] | None:
        """Class code -> weight in training; None where all weigh the same."""
        ...

    @property
    def draw(self) -> Draw | None:
        """Which of the training rows train; None for each of them once."""
        ...

    @property
    def shuffle(self) -> bool:
        """Whether every epoch had an order of its own, rather than that of the rows."""
        ...

    @property
    def rows_an_epoch(self) -> int:
        """Training rows of an epoch: fewer than there are where the last smaller batch was left out."""
        ...

    @property
    def mixing(self) -> Rule | None:
        """``name(batch, (seed, epoch), step, **arguments)`` returned each training batch; None where none was mixed."""
        ...

    @property
    def plateau(self) -> Rule | None:
        """``name(**arguments).after(loss)`` returned the share of the first learning rate that an epoch with this
        training loss was followed by; None where nothing lowered the rate.
        """
        ...

    @property
    def epochs(self) -> int:
        """Epochs trained."""
        ...

    @property
    def batch_size(self) -> int:
        """Rows a step."""
        ...

    @property
    def seed(self) -> int:
        """Seed of weights, dropout and the order of rows."""
        ...

    @property
    def unit_powers(self) -> Mapping[str, int]:
        """Metric -> power of the target's unit in it, for metrics that have one."""
        ...

    @property
    def test(self) -> Mapping[str, float]:
        """Metrics on the test split, in the target's units."""
        ...
