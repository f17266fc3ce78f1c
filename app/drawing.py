"""Draws the report of a large study in another process, which loads neither Dash nor what else a server needs.

It stays for the next study: to import what draws takes it longer than to draw.
"""

from __future__ import annotations

import json
import pickle
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from ..errors import SweepError
from ..reports.cards import Card, Group, grouped
from ..reports.overview import study_cards
from ..reports.summary import Tile, tiles
from ..reports.view import load_view
from ..studies import read_study


@dataclass(frozen=True)
class Drawing:
    """The header and the cards of a study at one moment."""

    tiles: Sequence[Tile]
    groups: Sequence[tuple[Group, Sequence[Card]]]
    seconds: float
    """That it took to make them."""


def draw(storage: str, name: str) -> Drawing:
    """Read a study and make its cards."""
    started = time.perf_counter()
    view = load_view(read_study(name, storage))
    # The table of all trials has a page of its own, which reads only what is shown.
    cards = [
        one for one in study_cards(view) if one.content.table is None or not one.content.table.searchable
    ]
    return Drawing(tiles(view), grouped(cards), time.perf_counter() - started)


class Drawer:
    """The process that draws studies, one after the other."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False

    def start(self) -> subprocess.Popen[bytes]:
        """Return the process; it is started where there is none."""
        if self._process is None:
            command = [sys.executable, "-m", __name__]
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - our own module
        if self._closed:
            self._process.kill()
        return self._process

    def draw(self, storage: str, name: str) -> Drawing:
        """Have a study drawn, and wait for it.

        Raises:
            SweepError: It failed; the log has the reason.
        """
        asked = json.dumps([storage, name])  # not among the words, which every user of the machine can read
        try:
            found = _asked(self.start(), asked)
        except (OSError, EOFError, ValueError, pickle.UnpicklingError):  # it died, or was ended meanwhile
            found = None
            self.end()
        if found is None:
            raise SweepError(f"The cards of '{name}' could not be made.")
        return found

    def end(self) -> None:
        """End the process, whatever it does."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            with suppress(OSError), process:  # closes what leads to it, where it may not have read all
                pass

    def close(self) -> None:
        """End the process for good."""
        self._closed = True
        self.end()


def _asked(process: subprocess.Popen[bytes], line: str) -> Drawing | None:
    """Return what a process answers to a line."""
    assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 - for the type checker
    process.stdin.write(f"{line}\n".encode())
    process.stdin.flush()
    found: Drawing | None = pickle.load(process.stdout)  # noqa: S301 - of our own process
    return found


def main() -> None:
    """Draw the studies that lines of standard input name, and write them to standard output; None for one where that fails."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the server, and with it this process
    import optuna.importance
    import optuna.visualization  # noqa: F401 - before anyone waits for them
    from kerasweep.app.drawing import draw as draw_one  # pickled by its module's own name, not __main__

    answers, sys.stdout = sys.stdout.buffer, sys.stderr  # what anyone prints is no answer
    for line in sys.stdin.buffer:
        try:
            drawn = draw_one(*json.loads(line))
        except Exception:  # noqa: BLE001 - the next study is another one
            traceback.print_exc()
            drawn = None
        pickle.dump(drawn, answers)
        answers.flush()


if __name__ == "__main__":
    main()
