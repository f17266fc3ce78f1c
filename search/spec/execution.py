"""The part of a specification about the processes that train."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator, WithJsonSchema

from .values import Part, Real, Seconds, Whole

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


class ExecutionSpec(Part):
    """Which processes train."""

    workers: Workers = None
    """Processes that train. ``auto``: by the machine, the number of trials and the memory that the model takes; ``inline``: none,
    trials train in the process that launches, for debugging. One where nothing is said; in a notebook or at a prompt, ``inline``."""
    trainer: Literal["auto", "fused", "fit"] = "auto"
    """``auto``: fused for every model that allows it; both give the same scores."""
    threads: Whole | None = Field(default=None, ge=1)
    """Cores a worker; the machine's, divided by the workers, where it is not given."""
    trial_timeout: Seconds = Field(default=3600.0, gt=0)
    """Seconds without a sign of life (a part of an epoch trained, something printed) after which a trial fails; none to
    wait for ever."""
    keep_states: Real = Field(default=2.0, ge=0)
    """Gigabytes (2^30 bytes) of disk that the states of trials may take; one that is not kept is trained again."""
    keep_models: Whole = Field(default=0, ge=0)
    """Of so many of the best trials the last state is kept after the study is done, so that ``resume --epochs`` goes on from there."""
