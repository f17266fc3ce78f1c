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
    import pandas as pd

    from ..records import StudyRecord, TrialRecord

Build: TypeAlias = Callable[[dict[str, Any], Any], Any]
"""A model function, ``build(configuration, signature)``."""

UNIT_POWERS = {"loss": 2, "mae": 1}
"""Power of the target's unit in a regression's metrics, as ``search.metrics.in_target_units`` has it (a test compares)."""

TEST_BATCH = 1000
"""Rows a step while a refit is evaluated; float32 sums depend on it in the last digit."""


class Decisions(Protocol):
    """How stored rows become a model's input; nothing fitted."""

    @property
    def kind(self) -> str: ...  # noqa: D102 - described by the library's own ``Preparation``
    @property
    def scaling(self) -> str: ...  # noqa: D102
    @property
    def divisor(self) -> float: ...  # noqa: D102
    @property
    def layout(self) -> str: ...  # noqa: D102
    @property
    def channels(self) -> str: ...  # noqa: D102
    @property
    def source_shape(self) -> tuple[int, ...]: ...  # noqa: D102
    @property
    def input_shape(self) -> tuple[int, ...]: ...  # noqa: D102
    @property
    def numeric(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def categorical(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def categories(self) -> tuple[tuple[str, ...], ...]: ...  # noqa: D102

    def as_dict(self) -> dict[str, Any]:
        """Return all decisions as JSON-able values."""
        ...


class Fitted(Protocol):
    """The decisions with what was learned from the training rows."""

    @property
    def preparation(self) -> Any:
        """The ``Decisions``."""
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

    def transform_target(self, y: np.ndarray) -> np.ndarray:
        """Return targets as the model is trained on."""
        ...


class Rows(Protocol):
    """Training and test rows, and what is known about them."""

    @property
    def name(self) -> str: ...  # noqa: D102 - described by the library's own ``Dataset``
    @property
    def kind(self) -> str: ...  # noqa: D102
    @property
    def task(self) -> str: ...  # noqa: D102
    @property
    def x(self) -> np.ndarray | pd.DataFrame: ...  # noqa: D102
    @property
    def y(self) -> np.ndarray: ...  # noqa: D102
    @property
    def x_test(self) -> np.ndarray | pd.DataFrame: ...  # noqa: D102
    @property
    def y_test(self) -> np.ndarray: ...  # noqa: D102
    @property
    def classes(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def groups(self) -> np.ndarray | None: ...  # noqa: D102
    @property
    def notes(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def fingerprint(self) -> str: ...  # noqa: D102


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
    def preparation(self) -> Any:
        """``Fitted`` on all training rows."""
        ...

    @property
    def dataset(self) -> Any:
        """The ``Rows``."""
        ...

    @property
    def signature(self) -> Any:
        """``input_shape``, ``outputs``, ``task`` and ``output_activation``."""
        ...

    @property
    def labels(self) -> str:
        """``codes``, ``one-hot`` or ``column`` for classes, ``numbers`` for a regression."""
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
    def test(self) -> Mapping[str, float]:
        """Metrics on the test split, in the target's units."""
        ...
