"""Has others' tools follow a sweep (``--log``): in a thread, so that no trial waits for them, and no fault of theirs ends it."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from .errors import KerasweepError, one_line
from .export.tracking import EpochValue, Tracker, make_trackers
from .printing import make_console
from .search.progress import Progress
from .studies import StudyRecord, TrialRecord, read_details, read_numbered, read_trials
from .studies.comparison import varying_first
from .studies.records import ENDED
from .terminal import Listener, show_progress

if TYPE_CHECKING:
    from .search.plan import Plan

CLOSE_SECONDS = 60.0
"""How long the end of a sweep waits for what is still to be told."""


@contextmanager
def follow(plan: Plan, url: str, verbose: int) -> Iterator[Listener]:
    """Show a sweep, and tell it to the tools that its specification names; call what this yields after every event.

    Raises:
        SpecError: A tool is not installed.
        OutputError: It cannot be written to.
    """
    order = varying_first(plan.space, plan.spec.model)
    name = str(plan.spec.study)
    trackers = make_trackers(plan.spec.execution.log, name, url)
    if not trackers:
        with show_progress(verbose, order=order) as listen:
            yield listen
        return
    if verbose:
        places = "; ".join(tracker.where for tracker in trackers.values())
        make_console().print(f"told to: {places}", soft_wrap=True)
    teller = _Teller(trackers, name, url)
    try:
        with show_progress(verbose, order=order) as show:

            def listen_to_all(progress: Progress) -> None:
                show(progress)
                teller.listen(progress)

            yield listen_to_all
    finally:
        for fault in teller.close():
            make_console(stderr=True).print(fault, soft_wrap=True)


class _Teller:
    """A thread that reads of a study what has ended, and tells it to trackers."""

    def __init__(self, trackers: dict[str, Tracker], name: str, url: str) -> None:
        self._trackers = trackers
        self._name = name
        self._url = url
        self._faults: list[str] = []
        self._study: StudyRecord | None = None
        self._told: dict[str, set[int]] = {}
        self._news: queue.SimpleQueue[EpochValue | int | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def listen(self, progress: Progress) -> None:
        """Take the news of a sweep."""
        if progress.epoch is not None:
            self._news.put(EpochValue(*progress.epoch))
        if progress.ended is not None and progress.ended.state != "paused":
            self._news.put(progress.ended.number)

    def close(self) -> Sequence[str]:
        """Tell all that has ended, wait for it to be written, and return what went wrong, a sentence each."""
        self._news.put(None)
        self._thread.join(CLOSE_SECONDS)
        late = [
            f"--log {name}: {CLOSE_SECONDS:.0f} s were not enough to tell all of it."
            for name in self._trackers
        ]
        faults = [*self._faults, *(late if self._thread.is_alive() else [])]
        return [f"{fault} kerasweep resume tells the rest." for fault in faults]

    def _run(self) -> None:
        try:
            while (news := self._news.get()) is not None:
                if (study := self._find_study()) is None:
                    continue
                if isinstance(news, EpochValue):
                    self._tell_epoch(study, news)
                else:
                    self._tell_ended(study, read_numbered(study, [news]))
            if (study := self._find_study()) is not None:
                self._catch_up(study)  # with those that ended without a word, too
        except KerasweepError as error:  # of a storage that cannot be read
            self._faults.append(f"--log ended: {one_line(error)}")
        for name in tuple(self._trackers):
            self._tell(name, lambda tracker: tracker.close(self._study))

    def _find_study(self) -> StudyRecord | None:
        """Return the study, None while it is not made; the first time, tell what had ended before."""
        from .studies import find_study

        if self._study is None and (study := find_study(self._name, self._url)) is not None:
            self._study = study
            self._catch_up(study)
        return self._study

    def _catch_up(self, study: StudyRecord) -> None:
        """Tell all trials that have ended, but for those that a tracker has: drivers that share the study tell of it, too."""
        for name in tuple(self._trackers):
            self._tell(name, partial(self._learn, name, study))
        self._tell_ended(study, read_trials(study))

    def _learn(self, name: str, study: StudyRecord, tracker: Tracker) -> None:
        self._told.setdefault(name, set()).update(tracker.logged(study))

    def _tell_epoch(self, study: StudyRecord, news: EpochValue) -> None:
        for name in tuple(self._trackers):
            if news.trial not in self._told[name]:
                self._tell(name, lambda tracker: tracker.log_epoch(study, news))

    def _tell_ended(self, study: StudyRecord, trials: Iterable[TrialRecord]) -> None:
        """Tell trials that have ended and were not told; of repeated ones, the first."""
        for trial in trials:
            waiting = [name for name in self._trackers if trial.number not in self._told[name]]
            if not waiting or trial.state not in ENDED or trial.duplicate_of is not None:
                continue
            details = read_details(study, [trial.number]).get(trial.number)
            for name in waiting:
                self._tell(name, lambda tracker: tracker.log_trial(study, trial, details))  # noqa: B023 - called at once
                self._told[name].add(trial.number)

    def _tell(self, name: str, tell: Callable[[Tracker], None]) -> None:
        """Call a tracker; one that fails is told no more, since a trial lost in between would look like none."""
        try:
            tell(self._trackers[name])
        except Exception as error:  # noqa: BLE001 - of a library, a network, a disk
            del self._trackers[name]
            self._faults.append(f"--log {name} ended: {one_line(error)}.")
