"""How ``launch`` and ``resume`` run a plan: here or in a process of its own; and what is printed once it has ended."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import typer

from ..errors import INTERRUPTED
from ..printing import make_console, styled
from ..studies import best_trials, find_study
from ..studies.lock import refuse_driven
from ..texts import count_text
from .options import storage_option
from .plans import print_plan
from .trials import no_winner, print_sensitivity, print_trials

if TYPE_CHECKING:
    from ..search.ending import Ending
    from ..search.plan import Plan


@contextmanager
def nothing_written(is_study: Callable[[], bool] = lambda: False) -> Iterator[None]:
    """Have an interruption say so where no study was made: a ``resume`` without a name would take an older one."""
    try:
        yield
    except KeyboardInterrupt:
        if is_study():
            raise
        raise KeyboardInterrupt("Nothing was written.") from None


def run_planned(
    plan: Plan, url: str, level: int, *, named: bool, detach: bool = False, join: bool = False
) -> Ending | None:
    """Run a plan here and say how it ended; or in a process of its own, of which this one does not see the end."""
    from ..search.launch import resolve_study, run_plan
    from ..tracking import follow

    plan, existing = resolve_study(plan, url, named=named)
    if existing is not None and not join:
        refuse_driven(existing)  # at once, rather than after its plan
    if level:
        print_plan(plan, existing, join=join)
        if existing is not None:
            make_console().print(f"continues, {count_text(existing.trained, 'trial')} done before")
    if detach:
        run_detached({"spec": plan.spec.as_dict(), "join": join}, str(plan.spec.study), url, level)
        return None
    made = partial(find_study, str(plan.spec.study), url)
    with nothing_written(lambda: made() is not None), follow(plan, url, level) as listen:
        ending = run_plan(plan, existing, url, listen, join=join)
    print_ending(ending, level, url)
    return ending


def run_detached(job: Mapping[str, Any], study: str, url: str, level: int) -> None:
    """Have a process of its own run a job of ``start_driver``, and say where it is followed."""
    from ..detached import start_driver

    console = make_console(quiet=not level)
    with console.status("Starting ...") if console.is_terminal else console:
        log = start_driver(job, study, url)
    name = f"{shlex.quote(study)}{storage_option(url)}"
    console.print(f"runs in a process of its own, and writes {log}", soft_wrap=True)
    console.print(styled("See how far it is: ", (f"kerasweep status {name}", "bold")), soft_wrap=True)


def print_ending(ending: Ending, level: int, storage: str | None) -> None:
    """Print how the sweep ended and what to do next."""
    record = ending.study
    name, where = shlex.quote(record.name), storage_option(storage)
    if level:
        console = make_console()
        console.print(ending.describe())
        if ending.kept:
            console.print(ending.kept, soft_wrap=True)
        trials = best_trials(record, 3)
        if trials:
            title = "best configurations" if not record.has_several else "of the Pareto front"
            print_trials(title, record, trials, storage)
            print_sensitivity(record)
        elif ending.reason != "interrupted":
            console.print(no_winner(record), soft_wrap=True)
        if ending.reason == "interrupted":
            console.print(
                styled("Continue with: ", (f"kerasweep resume {name}{where}", "bold")), soft_wrap=True
            )
        elif trials:
            console.print(styled("Next: ", (f"kerasweep report {name}{where}", "bold")), soft_wrap=True)
            which = f" --trial {trials[0].number}" if record.has_several else ""
            console.print(styled("      ", (f"kerasweep refit {name}{which}{where}", "bold")), soft_wrap=True)
    if ending.reason == "interrupted":
        raise typer.Exit(INTERRUPTED)
