"""Makes the cards of studies, and keeps those made last.

The figures of thousands of trials take seconds of computing, in which this process could answer nobody: those of a large
study are made in another process, and the page asks again until they are there.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from dash import html
from dash.development.base_component import Component

from ..studies import StudyRecord
from .drawing import Drawer, Drawing, draw
from .pieces import card_box, tile_row

LARGE = 500
"""Trials from which the cards are made in another process."""
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


def _cards(drawing: Drawing) -> Cards:
    """Return a drawing as components."""
    boxes: list[Component] = []
    for group, cards in drawing.groups:
        boxes += [html.H2(group, id=f"group-{group.lower()}", className="group"), *map(card_box, cards)]
    return Cards(tile_row(drawing.tiles), boxes, drawing.seconds)


class CardMaker:
    """The cards of a storage's studies."""

    def __init__(self, storage: str) -> None:
        self._storage = storage
        self._made: OrderedDict[str, Future[Cards]] = OrderedDict()
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(1)  # waits for the process
        self._drawer = Drawer()

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

    def expect(self, *studies: StudyRecord) -> None:
        """Have the process ready where one of some studies is large: its cards are likely to be asked for."""
        if any(map(is_large, studies)):
            self._threads.submit(self._drawer.start)

    def close(self) -> None:
        """Begin no more; what is being made is not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._drawer.close()

    def _begin(self, study: StudyRecord) -> Future[Cards]:
        if is_large(study):
            return self._threads.submit(lambda: _cards(self._drawer.draw(self._storage, study.name)))
        made: Future[Cards] = Future()
        made.set_result(_cards(draw(self._storage, study.name)))
        return made


def is_large(study: StudyRecord) -> bool:
    """Tell whether the cards of a study are made in another process."""
    return sum(study.counts.values()) > LARGE
