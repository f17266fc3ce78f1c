"""What a model must fit, the shape of a row and what is to be predicted, and the function that builds it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from ...spaces import Configuration
from ..data import AS_STORED, TASKS, TargetFormat, Task, Tree
from ..data.preparation import Shapes

Precision = Literal["float32", "bfloat16", "float16"]
DEFAULT_BATCH = 100


@dataclass(frozen=True)
class Signature:
    """Given to ``build(config, signature)``."""

    input_shape: Shapes
    """Shape of one row, without the batch axis; of several inputs a dict, list or tuple of shapes, as they were given."""
    outputs: Any
    """Classes, labels, or targets of a regression; of several outputs a nest of the numbers that ``y`` has for a row."""
    task: Task
    rows: int = 0
    """Training rows of an epoch of this model's fold; a schedule reckons its steps with them."""
    epochs: int = 0
    """The most epochs that the configuration may train before fine-tuning, if there is any; a schedule ends there."""
    value_range: tuple[float, float] = (0.0, 1.0)
    """Between which the values of pictures lie as the model reads them, black and white; augmentation reckons with it."""
    max_tokens: int = 0
    """Different numbers that tokens of text may have, 0 for none among them; 0 where there is no text."""

    @property
    def output_activation(self) -> str:
        """``softmax`` for classes, ``sigmoid`` for several labels a row, ``linear`` for a regression."""
        return TASKS[self.task].activation


class TrackedSignature(Signature):
    """A signature that remembers whether its number of epochs was read: what is built depends on it then."""

    depends_on_epochs: bool = False

    @classmethod
    def of(cls, signature: Signature) -> TrackedSignature:
        """Return a signature as one that remembers."""
        return cls(**vars(signature))

    def __getattribute__(self, name: str) -> Any:
        if name == "epochs":
            object.__setattr__(self, "depends_on_epochs", True)
        return super().__getattribute__(name)


@dataclass(frozen=True)
class Sample:
    """A few rows, prepared as a model reads them."""

    x: Tree
    """float32, ``(rows, *input_shape)``; of several inputs a nest of arrays."""
    y: Tree
    """Class codes, labels, or amounts; of several outputs a nest of arrays."""
    signature: Signature
    target_format: TargetFormat = AS_STORED
    """In what form the targets were given."""


Build: TypeAlias = Callable[[Configuration, Signature], Any]
"""Returns a model, compiled or not."""


def batch_size_of(configuration: Configuration) -> int:
    """Return the rows a step."""
    return int(configuration.get("batch_size", DEFAULT_BATCH))  # type: ignore[arg-type]


def steps_of(configuration: Configuration, signature: Signature) -> int:
    """Return the batches of an epoch, which is what Keras's schedules count."""
    return max(1, -(-signature.rows // batch_size_of(configuration)))
