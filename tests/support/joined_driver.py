"""A driver of the laboratory in a process of its own, which shares a study on a server with others.

python joined_driver.py OPTIONS, which are JSON: fields of ``Lab``, and ``capacity`` and ``pace``, the seconds of an event. It
says "ready", begins once a line comes on its standard input, says each trial that ends, and how the sweep ended.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

from fake_executor import FakeExecutor
from kerasweep.search.driver import remote, sweep
from kerasweep.search.interrupt import graceful_interrupt
from kerasweep.search.progress import Progress
from laboratory import Lab


def say(*words: object) -> None:
    print(*words, flush=True)


def listen(progress: Progress) -> None:
    if progress.ended is not None:
        say(progress.ended.state, progress.ended.number)


def main() -> None:
    options = json.loads(sys.argv[1])
    capacity, pace = options.pop("capacity", 1), options.pop("pace", 0.02)
    sweep.WAKE_SECONDS = remote.LOOK_SECONDS = remote.TELL_SECONDS = 0.2
    lab = Lab(Path(tempfile.mkdtemp()), listen=listen, **options)
    say("ready")
    sys.stdin.readline()
    executor = FakeExecutor(capacity=capacity, before_event=lambda _: time.sleep(pace))
    with graceful_interrupt(lambda: lab.sweep.stop()):  # noqa: PLW0108 - it is made by the run
        reason = lab.run(executor)
    say("trained", *(task.number for task in executor.trained))
    say("ended", reason)


main()
