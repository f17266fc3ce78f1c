"""Sources that many entries name."""

from __future__ import annotations

COURSE = "notes of a first deep-learning course"
KERAS = "keras.io/api"
PLAYBOOK = "Godbole et al. 2023, Deep Learning Tuning Playbook"
GOODFELLOW = "Goodfellow et al. 2016, Deep Learning"


def keras_optimizer(name: str) -> str:
    """Return the page of Keras's documentation that describes an optimizer."""
    return f"{KERAS}/optimizers/{name}"


def keras_layer(path: str) -> str:
    """Return the page of Keras's documentation that describes a layer: ``regularization_layers/dropout``."""
    return f"{KERAS}/layers/{path}"


def sklearn_page(name: str) -> str:
    """Return a page of scikit-learn's user guide: ``preprocessing``."""
    return f"scikit-learn.org/stable/modules/{name}"
