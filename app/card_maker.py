"""Makes the cards of studies, and keeps those made last.

The figures of thousands of trials take seconds of computing, in which this process could answer nobody: those of a large
study are made in a process of its own, and the page asks again until they are there.
"""

from __future__ import annotations

import hashlib
import json
import pickle
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from dash import html
from dash.development.base_component import Component

from ..errors import SweepError
from ..reports.cards import grouped
from ..reports.overview import study_cards
from ..reports.summary import tiles
from ..reports.view import load_view
from ..studies import StudyRecord, read_study
from .pieces import card_box, tile_row

LARGE = 500
"""Trials from which the cards are made in a process of their own."""
_KEPT = 8
"""Studies whose cards are kept."""


@dataclass(frozen=True)
class Cards:
    """The cards of a study at one moment."""

    tiles: Component | None
    boxes: Sequence[Component]
    seconds: float
    """That it took to make them."""


def revision(study: StudyRecord) -> str:
    """Return what changes whenever there is something new in a study's cards."""
    parts = (study.study_id, sorted(study.counts.items()), sorted(study.refits), sorted(study.about))
    return hashlib.sha256(repr(parts).encode(errors="replace")).hexdigest()[:16]


def make_cards(storage: str, name: str) -> Cards:
    """Read a study and make its cards."""
    started = time.perf_counter()
    view = load_view(read_study(name, storage))
    boxes: list[Component] = []
    # The table of all trials has a page of its own, which reads only what is shown.
    shown = [
        one for one in study_cards(view) if one.content.table is None or not one.content.table.searchable
    ]
    for group, cards in grouped(shown):
        boxes += [html.H2(group, id=f"group-{group.lower()}", className="group"), *map(card_box, cards)]
    return Cards(tile_row(tiles(view)), boxes, time.perf_counter() - started)


class CardMaker:
    """The cards of a storage's studies."""

    def __init__(self, storage: str) -> None:
        self._storage = storage
        self._made: OrderedDict[str, Future[Cards]] = OrderedDict()
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(1)  # waits for processes, one at a time

    def cards(self, study: StudyRecord) -> Cards | None:
        """Return the cards of a study as it is; None while they are being made."""
        which = revision(study)
        with self._lock:
            found = self._made.get(which)
            if found is None or (found.done() and found.exception() is not None):
                found = self._made[which] = self._begin(study)
            self._made.move_to_end(which)
            while len(self._made) > _KEPT:
                self._made.popitem(last=False)
        return found.result() if found.done() else None

    def close(self) -> None:
        """Begin no more; what is being made is not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _begin(self, study: StudyRecord) -> Future[Cards]:
        if sum(study.counts.values()) > LARGE:
            return self._threads.submit(make_apart, self._storage, study.name)
        made: Future[Cards] = Future()
        made.set_result(make_cards(self._storage, study.name))
        return made


def make_apart(storage: str, name: str) -> Cards:
    """Make the cards of a study in a process of its own, and wait for them.

    Raises:
        SweepError: It failed; its log has the reason.
    """
    command = [sys.executable, "-m", __name__]
    asked = json.dumps(
        [storage, name]
    ).encode()  # not among the words, which every user of the machine can read
    done = subprocess.run(command, input=asked, stdout=subprocess.PIPE, check=False)  # noqa: S603 - our own module
    if done.returncode != 0:
        raise SweepError(f"The cards of '{name}' could not be made.")
    cards: Cards = pickle.loads(done.stdout)  # noqa: S301 - of our own process
    return cards


def main() -> None:
    """Make the cards that standard input asks for, and write them to standard output."""
    from kerasweep.app.card_maker import (
        make_cards as make,  # pickled by its module's own name, which is not __main__
    )

    storage, name = json.load(sys.stdin)
    sys.stdout.buffer.write(pickle.dumps(make(storage, name)))


if __name__ == "__main__":
    main()
