"""The one channel to a running driver: what is wished of it, and what it says of itself.

Both are attributes of the study, so that they reach a driver wherever it runs, on SQLite and on a server alike. A wish
names the driver that it is for: what was wished of one that has ended is not heeded by the next. This module reads;
``wishes.py`` writes wishes, and ``StudyWriter.tell`` what a driver says.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from shlex import quote
from typing import Any, Literal, get_args

from ..errors import StudyError
from .lock import is_driven
from .records import STATES, StudyRecord, TrialState
from .study_records import read_study

LOOK_SECONDS = 0.3
"""Between two looks of one who waits for a driver."""
Wish = Literal["pause", "go on", "stop"]
State = Literal["running", "waiting", "pausing", "stopping", "paused"]
"""Of a driver; it is ``pausing`` until its trials have come to the end of an epoch, and ``waiting`` for a storage that does not
answer. Of several, the first of these that one is in."""
COME_TRUE: Mapping[Wish, tuple[str, ...]] = {
    "pause": ("paused", "idle"),
    "go on": ("running", "idle"),
    "stop": ("idle",),
}
"""States in which what is wished of a driver has happened, or can no longer."""


@dataclass(frozen=True)
class RunningTrial:
    """A trial that is being trained."""

    number: int
    epoch: int
    """Epochs that it has trained of the folds that have begun."""
    curve: tuple[tuple[int, float], ...]
    """Epochs, counted from 1, and the objective's mean over the folds after them."""


@dataclass(frozen=True)
class SweepStatus:
    """What a study's driver does at this moment, as far as it has said so."""

    study: str
    state: State | Literal["idle"]
    """``idle`` where nobody runs the study."""
    counts: Mapping[TrialState, int]
    """Trials by state; of a driver that has spoken, in the same picture as all that it says, duplicates left out."""
    host: str = ""
    pid: int | None = None
    since: str = ""
    """When the driver took the study, by its own clock."""
    told: datetime | None = None
    """When it spoke last."""
    trials: int | None = None
    """Of the budget; None where there is no such bound."""
    begun: int = 0
    """Trials of the budget that have ended or are paused."""
    seconds: float = 0.0
    """That this run has taken, pauses left out."""
    seconds_left: float | None = None
    """Estimated; None while there is nothing to go by."""
    running: tuple[RunningTrial, ...] = ()
    joined: tuple[SweepStatus, ...] = ()
    """What further drivers do that share the study; what is said above of the study's trials is of all of them."""

    @property
    def is_driven(self) -> bool:
        """Whether a driver runs the study."""
        return self.state != "idle"


def status_of(study: StudyRecord) -> SweepStatus:
    """Return what a study's record tells about its drivers, as it was when it was read."""
    first = _status(study, study.driver, study.live)
    joined = tuple(_status(study, driver, live) for driver, live in study.joined)
    if not joined or not first.is_driven:
        return first
    every = (first, *joined)
    furthest = max(every, key=lambda one: one.begun)
    running = tuple(sorted((trial for one in every for trial in one.running), key=lambda one: one.number))
    return replace(
        first,
        state=next(state for state in get_args(State) if state in {one.state for one in every}),
        counts=furthest.counts
        if furthest.told is None
        else _by_state({**furthest.counts, "running": len(running)}),
        begun=furthest.begun,
        running=running,
        joined=joined,
    )


def _status(study: StudyRecord, driver: Mapping[str, Any], live: Mapping[str, Any]) -> SweepStatus:
    if not is_driven(driver, study.storage):
        return SweepStatus(study.name, "idle", study.counts)
    if live.get("token") != driver.get("token"):  # it has not spoken yet
        live = {}
    running = tuple(
        RunningTrial(int(number), epoch, tuple((step, value) for step, value in curve))
        for number, epoch, curve in live.get("running", ())
    )
    return SweepStatus(
        study.name,
        live.get("state", "running"),
        _counts(study, live.get("ended"), len(running)),
        host=str(driver.get("host", "")),
        pid=driver.get("pid"),
        since=str(driver.get("since", "")),
        told=datetime.fromtimestamp(live["told"]).astimezone() if "told" in live else None,
        trials=live.get("trials"),
        begun=live.get("begun", study.trained),
        seconds=live.get("seconds", 0.0),
        seconds_left=live.get("seconds_left"),
        running=running,
    )


def _counts(
    study: StudyRecord, ended: Mapping[TrialState, int] | None, running: int
) -> Mapping[TrialState, int]:
    """Return trials by state as a driver sees them: the study may hold what has been written since it spoke.

    What nobody has begun is as the study has it, and so is everything where the driver has not said.
    """
    if ended is None:
        return study.counts
    return _by_state({**ended, "running": running, "waiting": study.counts.get("waiting", 0)})


def _by_state(counts: Mapping[TrialState, int]) -> dict[TrialState, int]:
    return {state: counts[state] for state in STATES if counts.get(state)}


def wait_for(study: StudyRecord, wish: Wish, seconds: float) -> SweepStatus | None:
    """Wait until the driver of a study has done what is wished of it; return its status then, None where it has not in time."""
    end = time.monotonic() + seconds
    while True:
        found = status_of(read_study(study.name, study.storage))
        if found.state in COME_TRUE[wish]:
            return found
        if time.monotonic() > end:
            return None
        time.sleep(LOOK_SECONDS)


def wish_record(study: StudyRecord, wish: Wish) -> dict[str, Any]:
    """Return a wish as it is stored: how the study's driver of this moment shall be, or all of them.

    Raises:
        StudyError: Nobody runs the study.
    """
    if not is_driven(study.driver, study.storage):
        raise StudyError(f"Nobody runs the study '{study.name}'; kerasweep resume {quote(study.name)} does.")
    joined = {"joined": [str(driver["token"]) for driver, _ in study.joined]} if study.joined else {}
    return {"wish": wish, "driver": str(study.driver["token"]), **joined}


def wished(stored: Any, token: str) -> Wish | None:
    """Return the wish that an attribute holds, if it is for a driver of this token."""
    if not isinstance(stored, Mapping):
        return None
    joined = stored.get("joined")
    if token not in (stored.get("driver"), *(joined if isinstance(joined, list) else ())):
        return None
    wish: Wish | None = stored.get("wish")
    return wish if wish in get_args(Wish) else None
