"""A family's cold trials: each of an architecture that the process has not trained, so that building and tracing are in.

Five folds of few rows, one epoch, one thread. What counts are seconds of the processor, which other work on the machine hardly changes.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np
from common import import_tensorflow, plan, tell

DATA = {"dnn": "digits", "mlp_residual": "wine", "cnn": "digits", "resnet": "digits"}
WIDTHS = (20, 24, 28, 32)
"""Units or filters; the first trial of a process pays for what TensorFlow makes once, and is left out."""


def main() -> None:
    """Tell the seconds of a trial of another width, and of the same width again."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("family", choices=DATA)
    parser.add_argument("--rows", type=int, default=300)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--widths", type=int, default=len(WIDTHS), help="how many are trained, two or more")
    arguments = parser.parse_args()
    import_tensorflow()
    from kerasweep.training.trainers.runtime import make_trainer

    planned = plan(
        DATA[arguments.family], arguments.family, limit=arguments.rows, folds=arguments.folds, epochs=1
    )
    trainer = make_trainer(planned.workload, threads=1)
    configuration = planned.space.recommended()
    width = "units" if "units" in configuration else "filters"
    cold: list[float] = []
    warm: list[float] = []
    for value in WIDTHS[: arguments.widths]:
        for seconds in (cold, warm):
            seconds.append(train(trainer, {**configuration, width: value}))
    tell(cold=float(np.median(cold[1:])), warm=float(np.median(warm[1:])), first=cold[0])


def train(trainer: Any, configuration: dict[str, Any]) -> float:
    """Train a configuration to its end, and return the processor's seconds."""
    from kerasweep.training.events import Task

    started = time.process_time()
    for _ in trainer.train(Task(0, configuration, 0)):
        pass
    return time.process_time() - started


if __name__ == "__main__":
    main()
