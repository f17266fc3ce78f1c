"""Where a sweep trains: in worker processes, so that whoever launches does not depend on whoever trains; or in this one."""

from __future__ import annotations

import sys

from .spec import ExecutionSpec, SweepSpec


def is_interactive() -> bool:
    """Tell whether somebody types what this process runs: in a notebook, or at a prompt of Python or IPython."""
    return hasattr(sys, "ps1") or bool(sys.flags.interactive)


def trains_inline(execution: ExecutionSpec) -> bool:
    """Tell whether a sweep trains in this process.

    Args:
        execution: What was asked for. Nothing means one process; in an interactive session, this one, where a model
            may be anything that stands in a cell, and an error is looked into with the objects at hand.
    """
    if execution.on_ray:
        return False
    return execution.workers == "inline" or (execution.workers is None and is_interactive())


def inline_hints(spec: SweepSpec) -> tuple[str, ...]:
    """Return what is to be said where something is asked for that nothing in this process can hold a trial to."""
    execution, usual = spec.execution, type(spec.execution)()
    if not trains_inline(execution):
        return ()
    limited = execution.trial_timeout not in (None, usual.trial_timeout) or spec.search.time is not None
    here = "training runs in this process"
    told = (
        (limited, f"{here}, where nothing ends a trial that hangs: --workers 1 holds it to the limit"),
        (
            execution.gpus_per_trial is not None,
            f"{here}, which has every GPU that it sees: --workers 1 has what is asked for",
        ),
        (
            execution.retries > usual.retries,
            f"{here}, and a trial that ends it is not trained again: --workers 1 has the retries",
        ),
    )
    return tuple(hint for said, hint in told if said)
