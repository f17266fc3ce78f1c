"""The part of a specification about the processes that train."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainValidator, WithJsonSchema, model_validator

from ..driver.failure_limit import MOST_FAILURES
from .values import Part, Real, Seconds, Whole, check_number

MOST_SHARING = 16
"""Workers that share a GPU; each holds several hundred megabytes of it before it trains anything."""

WORDS = ("auto", "inline")


def parse_workers(value: Any) -> int | str | None:
    """Return a number of workers, a word for it, or None where nothing is said."""
    if value is None or value in WORDS:
        return None if value is None else str(value)
    if isinstance(value, str) and value.isdecimal():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError("must be a whole number of 1 or more, auto or inline")
    return value


Workers = Annotated[
    int | str | None,
    PlainValidator(parse_workers),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 1},
                {"type": ["string", "null"], "pattern": "^(auto|inline|[0-9]+)$"},
            ]
        }
    ),
]


def parse_gpus(value: Any) -> Any:
    """Return a number of GPUs: a whole one, or a share of one."""
    value = check_number(value)
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return value  # pydantic says what is wrong
    if number > 1 and not number.is_integer():
        raise ValueError("must be a whole number of GPUs, or a share of one, for example 0.5")
    if 0 < number < 1 / MOST_SHARING:
        raise ValueError(
            f"must be at least {1 / MOST_SHARING:g}: no more than {MOST_SHARING} workers share a GPU"
        )
    return value


def parse_log(value: Any) -> Any:
    """Return the tools that ``a,b`` or a list names; none for ``none`` and None."""
    if value is None:
        return []
    if isinstance(value, str):
        value = [] if value.strip() == "none" else [name.strip() for name in value.split(",")]
    if not isinstance(value, list | tuple) or not all(isinstance(name, str) for name in value):
        return value  # pydantic says what is wrong
    return list(dict.fromkeys(value))


class ExecutionSpec(Part):
    """Which processes train."""

    executor: Literal["local", "ray"] = "local"
    """``local``: processes of this machine; ``ray``: of all machines of a Ray cluster."""
    address: str = Field(default="auto", min_length=1)
    """Of the Ray cluster: host:port, or ``auto`` for the one that this machine belongs to."""
    workers: Workers = None
    """Processes that train. ``auto``: by the machine, the number of trials and the memory that the model takes; ``inline``: none,
    trials train in the process that launches, for debugging. One where nothing is said; in a notebook or at a prompt, ``inline``.
    Of a Ray cluster ``auto``, and nothing, mean as many as it has room for at any time."""
    trainer: Literal["auto", "fused", "fit"] = "auto"
    """``auto``: fused for every model that allows it; both give the same scores."""
    threads: Whole | None = Field(default=None, ge=1)
    """Cores a worker; the machine's, divided by the workers, where it is not given, and one in a Ray cluster."""
    gpus_per_trial: Annotated[float | None, BeforeValidator(parse_gpus)] = Field(default=None, ge=0)
    """GPUs that a worker sees: 0 for none, 2 for a model that spreads over two, 0.5 where two workers share one. One each
    where the machine has any and it is not given, and none in a Ray cluster; ``workers: auto`` starts as many as they allow."""
    trial_timeout: Seconds = Field(default=3600.0, gt=0)
    """Seconds without a sign of life (a part of an epoch trained, something printed) after which a trial fails; none to
    wait for ever."""
    retries: Whole = Field(default=1, ge=0)
    """How often a trial is trained again after it ended its worker; one whose worker was killed from outside is at least twice."""
    max_failures: Whole | None = Field(default=MOST_FAILURES, ge=1)
    """Trials that fail in a row, in one way, until the sweep stops; none to go on whatever fails."""
    checkpoint_every: Seconds = Field(default=300.0, gt=0)
    """Seconds of training after which a trial's state is written at the end of an epoch, so that it goes on from there if its
    worker or driver dies; none for never."""
    keep_states: Real = Field(default=2.0, ge=0)
    """Gigabytes (2^30 bytes) of disk that the states of trials may take; one that is not kept is trained again."""
    keep_models: Whole = Field(default=0, ge=0)
    """Of so many of the best trials the last state is kept after the study is done, so that ``resume --epochs`` goes on from there."""
    log: Annotated[list[Literal["tensorboard", "mlflow"]], BeforeValidator(parse_log)] = Field(
        default_factory=list
    )
    """Others' tools that are told each trial, with its hyperparameters, curves and scores, while the sweep runs."""

    @property
    def on_ray(self) -> bool:
        """Whether a Ray cluster trains."""
        return self.executor == "ray"

    @model_validator(mode="after")
    def _somewhere(self) -> ExecutionSpec:
        if self.on_ray and self.workers == "inline":
            raise ValueError(
                "workers: inline trains in the process that launches: leave it out with executor: ray"
            )
        return self
