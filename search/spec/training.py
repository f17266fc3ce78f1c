"""The parts of a specification about folds and training."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from ...texts import parse_bytes
from ...training.goals import Constraint, as_names, parse_constraint
from .values import Part, Real, Whole, check_number, parse_column

LEAST_MEMORY = 1e6
"""Bytes, below which a number was hardly meant as bytes."""
CvMethod = Literal["auto", "kfold", "stratified", "repeated", "group", "time", "holdout"]


def parse_objective(value: Any) -> Any:
    """Return one objective, or a list of several; ``a,b`` and a list mean the same."""
    if not isinstance(value, str | list | tuple):
        return value
    names = as_names(value)
    return names[0] if len(names) == 1 else names


def parse_constraints(value: Any) -> Any:
    """Return constraints in the way they are written here, from one or a list of them."""
    texts = [value] if isinstance(value, str) else value
    if isinstance(texts, set | frozenset):
        texts = sorted(texts, key=str)
    if not isinstance(texts, list | tuple) or not all(isinstance(text, str) for text in texts):
        return value
    return list(dict.fromkeys(parse_constraint(text).text for text in texts))


def parse_memory(value: Any) -> Any:
    """Return the bytes that a size means, which must be as many as a training can take; what is no size as it is."""
    size = parse_bytes(value) if isinstance(value, str) else check_number(value)
    if isinstance(size, int | float) and not LEAST_MEMORY <= size < math.inf:
        raise ValueError("must be memory to train in, such as 4GB or 500MB; a plain number is bytes")
    return size


_BYTES = WithJsonSchema(
    {"anyOf": [{"type": "number", "minimum": LEAST_MEMORY}, {"type": ["string", "null"]}]}
)


class CvSpec(Part):
    """How training rows are split into folds."""

    method: CvMethod = "auto"
    folds: Whole = Field(default=5, ge=2)
    repeats: Whole = Field(default=2, ge=1)
    """For ``repeated``."""
    holdout: Real = Field(default=0.2, gt=0, lt=1)
    """Validation share, for ``holdout``."""
    stratify: Annotated[str | None, BeforeValidator(parse_column)] = None
    """Which of several outputs holds classes, whose proportions all splits keep; in a list, its position."""
    splitter: str | None = None
    """What cut the folds, where ``cv=`` gave it in Python, in words; a study keeps it to be resumed with the same."""
    fingerprint: str | None = None
    """Of the folds that it cut."""


class TrainingSpec(Part):
    """How long a configuration trains and what it is scored by."""

    epochs: Whole = Field(default=100, ge=1)
    """The most epochs that a trial may train."""
    patience: Whole | None = Field(default=10, ge=1)
    """Epochs without improvement of the folds' mean objective or validation loss after which all folds stop; none to
    never stop early."""
    objective: Annotated[str | list[str] | None, BeforeValidator(parse_objective)] = None
    """A metric of the model, or of Keras or scikit-learn by its name there (``roc_auc``, ``f1_macro``, ``neg_log_loss``,
    ``rmse``), which is computed on whole validation parts; where it is not given ``val_accuracy`` for classification,
    ``val_binary_accuracy`` for several labels a row and ``val_loss`` for regression. Of several, the first is that metric, and
    epochs are chosen by it; each further one is such a metric, too, or ``params`` (weights), ``bytes`` (of them),
    ``memory`` (bytes that training takes) or ``seconds`` (to predict a row): what no trial beats in all of them is looked for, the Pareto front."""
    constraints: Annotated[list[str], BeforeValidator(parse_constraints)] = Field(default_factory=list)
    """Bounds that the winner keeps: ``params<100000``, ``accuracy>=0.9``. A model that breaks one of ``params``, ``bytes``,
    ``memory`` or ``seconds`` is not trained."""
    max_params: Whole | None = Field(default=None, ge=1)
    """Weights that a model may have; the same as the constraint ``params<=N``."""
    max_memory: Annotated[float | None, BeforeValidator(parse_memory), _BYTES] = None
    """Bytes that training all folds of a model may be estimated to take (``4GB``, ``500MB``); the same as the constraint
    ``memory<=4GB``. A worker that takes more all the same is ended."""
    precision: Literal["float32", "bfloat16", "float16", "auto"] = "float32"
    """In which layers compute, with weights in float32; in float16 the loss is scaled. ``auto`` is stored as what it means: for
    pictures bfloat16 on a processor or GPU that computes in it (compute capability 8.0), float16 on a GPU that computes in that
    (7.0), else float32."""
    direction: Literal["maximize", "minimize"] | None = None
    """Which way the (first) objective is better; needed for a user-defined metric, known for any other."""

    @model_validator(mode="before")
    @classmethod
    def _read_older(cls, values: Any) -> Any:
        """Take what studies had written when there was one objective, and it was called the metric."""
        if isinstance(values, dict) and "metric" in values:
            if "objective" in values:
                raise ValueError("metric is another word for objective; keep one")
            return {"objective" if key == "metric" else key: value for key, value in values.items()}
        return values

    @property
    def bounds(self) -> list[str]:
        """All constraints, however they are written."""
        of_size = (("params", self.max_params), ("memory", self.max_memory))
        more = (Constraint(name, "<=", float(most)).text for name, most in of_size if most is not None)
        return list(dict.fromkeys((*self.constraints, *more)))

    @property
    def objectives(self) -> tuple[str, ...]:
        """All of them; none where it is left to the task."""
        given = self.objective
        return () if given is None else (given,) if isinstance(given, str) else tuple(given)
