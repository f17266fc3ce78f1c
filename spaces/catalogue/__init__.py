"""The catalogue: what practitioners know about each hyperparameter, as data, by group.

Every entry acts on training: ``tests/training/test_catalogue.py`` gives each another value and looks at what differs.
"""

from __future__ import annotations

from dataclasses import replace

from ...errors import SpaceError, did_you_mean
from . import (
    activation,
    any_optimizer,
    augmentation,
    batch,
    convolution,
    data,
    dense,
    dropout,
    loss,
    mixing,
    normalization,
    optimizer,
    schedule,
    sequence,
    tabular,
    text,
    transfer,
    weights,
)
from .entry import FAMILIES, Entry
from .possible import POSSIBLE

GROUPS: dict[str, tuple[Entry, ...]] = {
    "optimizer": (*optimizer.ENTRIES, *any_optimizer.ENTRIES),
    "schedule": schedule.ENTRIES,
    "batch": batch.ENTRIES,
    "loss": (*loss.OF_CLASSES, *loss.OF_NUMBERS),
    "dense": dense.ENTRIES,
    "convolution": convolution.ENTRIES,
    "sequence": sequence.ENTRIES,
    "text": text.ENTRIES,
    "transfer": transfer.ENTRIES,
    "activation": activation.ENTRIES,
    "normalization": normalization.ENTRIES,
    "dropout": dropout.ENTRIES,
    "initializer": weights.INITIALIZERS,
    "regularizer": weights.REGULARIZERS,
    "constraint": weights.CONSTRAINTS,
    "data": data.ENTRIES,
    "tabular": tabular.ENTRIES,
    "augmentation": augmentation.ENTRIES,
    "mixing": mixing.ENTRIES,
}
"""Group -> its entries, in the order in which people set them."""


def _by_name() -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for group, entries in GROUPS.items():
        for entry in entries:
            name = entry.hyperparameter.name
            if name in found:
                raise SpaceError(f"The catalogue has {name} twice.")
            which = replace(entry.hyperparameter, group=group)
            found[name] = replace(entry, hyperparameter=which, possible=POSSIBLE.get(name))
    return found


CATALOGUE: dict[str, Entry] = _by_name()
"""Name -> entry."""
CHANGE_THE_LOSS = (
    "regression_loss",
    "kernel_regularizer",
    "bias_regularizer",
    "activity_regularizer",
    "output_regularizer",
)
"""Those that change what the loss is made of: where they vary, the loss compares nothing."""


def entry(name: str) -> Entry:
    """Return an entry.

    Raises:
        SpaceError: There is none of that name.
    """
    if name not in CATALOGUE:
        raise SpaceError(
            f"There is no hyperparameter '{name}' in the catalogue.{did_you_mean(name, CATALOGUE)}"
        )
    return CATALOGUE[name]


__all__ = ["CATALOGUE", "CHANGE_THE_LOSS", "FAMILIES", "GROUPS", "Entry", "entry"]
