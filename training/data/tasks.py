"""What each task asks of a model and of what is said about it: the one place that knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Task = Literal["classification", "multilabel", "regression", "outputs"]
"""``classification``: one class a row; ``multilabel``: any number of labels a row, none included (scikit-learn's word);
``regression``: one number a row, or several; ``outputs``: several of a user's own model, each the user's own affair:
nothing is encoded, scaled or told of classes."""


@dataclass(frozen=True)
class TaskTraits:
    """What follows from a task alone."""

    activation: str
    """Of a family's last layer."""
    metric: str
    """What configurations are compared by, unless asked otherwise."""
    metric_whatever_the_loss: str
    """The same where their losses measure different things."""
    constant: str
    """What a constant prediction says."""
    outputs: tuple[str, str]
    """What a model's outputs stand for: one, and several of them."""
    no_classes: str = ""
    """What there is instead of one class a row, as the end of a sentence."""


TASKS: dict[Task, TaskTraits] = {
    "classification": TaskTraits("softmax", "accuracy", "accuracy", "majority class", ("class", "classes")),
    # Keras's own multi-label example compiles binary_accuracy; "accuracy" would compare the labels' argmax.
    "multilabel": TaskTraits(
        "sigmoid",
        "binary_accuracy",
        "binary_accuracy",
        "each label's majority",
        ("label", "labels"),
        "a row may have several labels",
    ),
    "regression": TaskTraits("linear", "loss", "mse", "mean", ("target", "targets"), "this is a regression"),
    "outputs": TaskTraits("linear", "loss", "loss", "", ("output", "outputs"), "there are several outputs"),
}
