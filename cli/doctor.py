"""What ``kerasweep doctor`` looks at; nothing of it imports TensorFlow, which a process of its own is asked where GPUs are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from ..errors import one_line
from .disk_findings import cache, data, states, storage, temporary
from .finding import Finding
from .machine_findings import gpus, machine, memory, precision
from .software_findings import extras, packages, python

Look = Callable[[], Iterable[Finding]]


def examine(url: str) -> Iterator[Finding]:
    """Yield all findings, in the order in which they are shown, each once it is found."""
    looks: dict[str, Look] = {
        "python": python,
        "packages": packages,
        "extras": extras,
        "machine": machine,
        "memory": memory,
        "gpus": gpus,
        "precision": precision,
        "temporary": temporary,
        "storage": partial(storage, url),
        "states": partial(states, url),
        "cache": cache,
        "data": data,
    }
    for name, look in looks.items():
        yield from _found(name, look)


def _found(name: str, look: Look) -> list[Finding]:
    """Return what is found; what is broken in a way that nobody thought of is a finding like any other."""
    try:
        return list(look())
    except Exception as error:  # noqa: BLE001 - a doctor who faints helps nobody
        text = f"cannot be examined: {type(error).__name__}: {one_line(error)}"
        return [Finding(name, text, fine=False, todo="what says this is the system, not Kerasweep")]
