"""An entry of the catalogue: a hyperparameter, and the models and data it acts on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..conditions import Condition, Recommendation
from ..hyperparameters import Hyperparameter
from .possible import Possible

IMAGES = ("cnn", "resnet")
"""Families of convolutions."""
SEQUENCES = ("rnn", "cnn1d", "tcn")
"""Families that read steps of time."""
HIDDEN = ("nn", "ann", "dnn", "mlp_residual", *IMAGES, *SEQUENCES, "text")
"""Families with layers between input and output."""
TRANSFER = ("transfer",)
"""Families whose layers but the last were trained before."""
FAMILIES = ("linear", *HIDDEN, *TRANSFER)
OF_NUMBERS = tuple(family for family in FAMILIES if family != "text")
"""Families all of whose inputs are numbers that measure."""
ANY = (*FAMILIES, "own")
"""With ``own``: what acts on any model, because a trainer or the preparation of data does it."""
ALL_TASKS = ("classification", "multilabel", "regression")
ANY_TASK = (*ALL_TASKS, "outputs")
"""With ``outputs``: several of a user's own model."""
CLASSES = ("classification",)
LABELLED = ("classification", "multilabel")
"""One class a row, or several labels."""
NUMBERS = ("regression",)
ONE_ARRAY = ("table", "array", "sequence", "image", "colour image")
ALL_DATA = (*ONE_ARRAY, "arrays")
"""With ``arrays``: several inputs of a user's own model."""
ROWS = ("table", "array", "sequence")
PICTURES = ("image", "colour image")
COLOURED = ("colour image",)
TABLES = ("table",)


@dataclass(frozen=True)
class Entry:
    """A hyperparameter, and what it acts on. Its group is that of the file it is defined in.

    Its recommended value is believed with medium confidence, unless the file says otherwise.
    """

    hyperparameter: Hyperparameter
    families: tuple[str, ...] = FAMILIES
    tasks: tuple[str, ...] = ANY_TASK
    kinds: tuple[str, ...] = ALL_DATA
    """Kinds of data: ``table`` (named columns), ``array`` (an array of numbers), ``sequence`` (steps of features),
    ``image``, ``colour image``."""
    possible: Possible | None = None
    """For a number, the bounds of what makes sense at all; None for words."""
    takes_files: bool = False
    """Whether a model that Keras saved, a ``.keras`` file, may take the place of a choice."""

    def applies(self, family: str, task: str | None, kind: str | None) -> bool:
        """Tell whether it acts on a family's models for a task and a kind of data; None is any."""
        return (
            family in self.families
            and (task is None or task in self.tasks)
            and (kind is None or kind in self.kinds)
        )

    def names_file(self, value: Any) -> bool:
        """Tell whether a value is a file that may take the place of a choice."""
        return self.takes_files and isinstance(value, str) and value.endswith(".keras")


def when(**choices: Any) -> tuple[Condition, ...]:
    """Return the conditions that a hyperparameter is active under: ``when(optimizer="sgd", nesterov=(True,))``."""
    return tuple(
        Condition(parent, values if isinstance(values, tuple) else (values,))
        for parent, values in choices.items()
    )


def advise(parent: str, values: Mapping[Any, Any]) -> tuple[Recommendation, ...]:
    """Return recommended values by what a parent is: ``advise("optimizer", {"sgd": 0.02})``."""
    choices: dict[Any, list[Any]] = {}
    for choice, value in values.items():
        choices.setdefault(value, []).append(choice)
    return tuple(
        Recommendation(value, when(**{parent: tuple(several)})) for value, several in choices.items()
    )
