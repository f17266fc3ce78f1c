"""Commands for a sweep that runs elsewhere: status, pause, stop; ``resume`` lets one that is paused go on."""

from __future__ import annotations

import shlex
from typing import Annotated

import typer

from ..printing import make_console, styled
from ..studies import StudyRecord, best_trials, read_study, storage_url
from ..studies.control import RunningTrial, SweepStatus, Wish, status_of, wait_for
from ..texts import count_text, duration_text, number_text
from .options import Json, Storage, StudyName, print_json, storage_option
from .tables import facts_table, print_table, state_text

WAIT_SECONDS = 30.0
"""How long a command waits until the driver has done what is wished."""
Driven = Annotated[str, typer.Argument(help="The study's name.")]


def status(study: StudyName = None, storage: Storage = None, as_json: Json = False) -> None:
    """Show what a sweep does at this moment, wherever it runs.

    [dim]kerasweep status[/]
    [dim]kerasweep status digits-dnn-knowhow --json[/]
    """
    record = read_study(study, storage_url(storage))
    found = status_of(record)
    if as_json:
        print_json(found)
        return
    best = next(iter(best_trials(record, 1)), None)
    counts = ", ".join(f"{count} {state}" for state, count in found.counts.items())
    facts = {
        "study": record.name,
        "state": _state(found, record),
        "trials": f"{found.begun} of {found.trials}" + (f" ({counts})" if counts else "")
        if found.trials
        else counts or "none yet",
        "time": _time(found),
        "best": ""
        if best is None or record.has_several
        else f"{record.metric} {number_text(best.value, best.standard_error)} (trial {best.number})",
        "trains": "\n".join(map(_running, found.running)),
    }
    print_table(facts_table({name: fact for name, fact in facts.items() if fact}))


def pause(study: Driven, storage: Storage = None) -> None:
    """Have a sweep wait at the end of its trials' epochs; nothing is lost, and no time is counted.

    Its process stays, and keeps its memory. [bold]kerasweep resume STUDY[/] has it go on; [bold]kerasweep stop STUDY[/] ends it.

    [dim]kerasweep pause digits-dnn-knowhow[/]
    """
    _wish(study, storage, "pause")


def stop(study: Driven, storage: Storage = None) -> None:
    """End a sweep, as Ctrl-C does where it runs: at the end of its trials' epochs, with everything written.

    [dim]kerasweep stop digits-dnn-knowhow[/]
    """
    _wish(study, storage, "stop")


def let_go_on(record: StudyRecord, storage: str | None) -> None:
    """Have the paused driver of a study go on."""
    _wish(record.name, storage, "go on")


def _wish(study: str, storage: str | None, wish: Wish) -> None:
    from ..studies.wishes import ask

    record = read_study(study, storage_url(storage))
    drivers = drivers_text(record)
    ask(record, wish)
    found = wait_for(record, wish, WAIT_SECONDS)
    name = f"{shlex.quote(record.name)}{storage_option(storage)}"
    console = make_console()
    if found is None:
        console.print(
            f"asked {drivers}; not come to the end of an epoch within {duration_text(WAIT_SECONDS)}, it is heeded there",
            soft_wrap=True,
        )
        return
    done, then = {
        "pause": ("paused", f"kerasweep resume {name}"),
        "stop": ("stopped", f"kerasweep resume {name}"),
        "go on": (f"goes on in {drivers}", f"kerasweep status {name}"),
    }[wish]
    console.print(styled((record.name, "bold"), f": {done}"), soft_wrap=True)
    if wish == "go on" or state_text(record) != "done":
        label = "See how far it is: " if wish == "go on" else "Continue with: "
        console.print(styled(label, (then, "bold")), soft_wrap=True)


def _state(found: SweepStatus, record: StudyRecord) -> str:
    if not found.is_driven:
        return {"done": "done; nobody runs it", "unfinished": "unfinished; nobody runs it"}[
            state_text(record)
        ]
    drivers = " and ".join(
        f"process {one.pid} on {one.host} since {one.since}" for one in (found, *found.joined)
    )
    return f"{found.state}, by {drivers}"


def drivers_text(record: StudyRecord | None) -> str:
    """Return which processes run a study: ``process 12 on ada and process 7 on bob``; empty where none does."""
    found = None if record is None else status_of(record)
    if found is None or not found.is_driven:
        return ""
    return " and ".join(f"process {one.pid} on {one.host}" for one in (found, *found.joined))


def _time(found: SweepStatus) -> str:
    if not found.is_driven or found.told is None:
        return ""
    left = "" if found.seconds_left is None else f", about {duration_text(found.seconds_left)} left"
    return f"{duration_text(found.seconds)}{left}"


def _running(trial: RunningTrial) -> str:
    last = f", {number_text(trial.curve[-1][1])}" if trial.curve else ""
    return f"trial {trial.number}: {count_text(trial.epoch, 'epoch')}{last}"
