"""Keras's settings of a whole process, which a model function may change: each model is built with those that were there first.

Else a configuration would be trained in another one's precision, by which of them its worker happened to train before.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
from keras.src.backend.common import global_state

_POLICY = "dtype_policy"


@dataclass(frozen=True)
class KerasSettings:
    """What layers and optimizers are made with where they are not told otherwise."""

    policy: Any
    """None where nobody has set or asked for one: it follows ``floatx`` then."""
    floatx: str
    epsilon: float
    image_data_format: str

    @classmethod
    def current(cls) -> KerasSettings:
        """Return the settings as they are."""
        return cls(
            global_state.get_global_attribute(_POLICY),  # Keras's own function would set one
            keras.config.floatx(),
            keras.config.epsilon(),
            keras.config.image_data_format(),
        )

    def restore(self) -> None:
        """Set them."""
        keras.config.set_floatx(self.floatx)
        keras.config.set_epsilon(self.epsilon)
        keras.config.set_image_data_format(self.image_data_format)
        global_state.set_global_attribute(_POLICY, self.policy)


@contextmanager
def settings_kept() -> Iterator[None]:
    """Leave the settings as they were, whatever is built meanwhile."""
    before = KerasSettings.current()
    try:
        yield
    finally:
        before.restore()


def clear_session(*, free_memory: bool = True) -> None:
    """Have Keras forget what it knows of earlier models, but not its settings, which a user's module may have chosen."""
    with settings_kept():
        keras.utils.clear_session(free_memory=free_memory)
