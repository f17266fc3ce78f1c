"""Ways to train folds in one program, and what each costs: what was kept, and what lost.

Trains one configuration twice, the second time on the program that the first one traced, and tells the seconds of
the first epoch (building and tracing included) and the median of the second training's epochs.
"""

from __future__ import annotations

import argparse
import time
from contextlib import nullcontext
from typing import Any

import numpy as np
from common import import_tensorflow, skip, tell

EPOCHS = {"dense": 20, "convolutional": 4}


def main() -> None:
    """Measure one way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", choices=EPOCHS)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--splits", type=int, help="number of folds")
    parser.add_argument("--folds", choices=("rule", "in-turn", "together"), default="rule")
    parser.add_argument("--wide", action="store_true", help="let every operation use all threads")
    parser.add_argument("--graph", choices=("kept", "inlined", "xla"), default="kept")
    parser.add_argument("--passes", action="store_true", help="with TensorFlow's passes over graphs")
    parser.add_argument("--precision", default="float32")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--limit", type=int, default=3000, help="images of the convolutional net")
    arguments = parser.parse_args()
    import_tensorflow()
    if arguments.graph != "kept":
        change_graph(arguments.graph)
    epochs = arguments.epochs or EPOCHS[arguments.model]
    trainer, configuration = prepare(arguments, epochs)
    first = train(trainer, configuration)
    again = train(trainer, configuration)
    tell(first_epoch=first[0], epoch=float(np.median(again)), trial=sum(again))


def prepare(arguments: argparse.Namespace, epochs: int) -> tuple[Any, dict[str, Any]]:
    """Return a trainer as it is asked for, and the recommended configuration with Adam."""
    import kerasweep as ks
    from kerasweep.training.trainers import runtime
    from kerasweep.training.trainers.fused import fused_folds, programs

    dense = arguments.model == "dense"
    plan = ks.plan_sweep(
        "digits" if dense else "fashion_mnist",
        "dnn" if dense else "cnn",
        limit=None if dense else arguments.limit,
        folds=arguments.splits or (5 if dense else 3),
        epochs=epochs,
        patience=None,
        precision=arguments.precision,
        trainer="fused",
    )
    if plan.workload.precision != arguments.precision:
        skip(f"this machine does not compute in {arguments.precision}")
    if arguments.wide or arguments.folds == "in-turn":
        replace_in(runtime, operation_threads=lambda _, threads: threads)
    trainer: Any = runtime.make_trainer(plan.workload, arguments.threads)
    if arguments.folds != "rule":
        replace_in(trainer._programs, _threads=2)
        replace_in(programs, is_convolutional=lambda _: arguments.folds == "in-turn")
    if arguments.passes:
        replace_in(fused_folds, without_graph_passes=nullcontext)
    return trainer, {**plan.space.recommended(), "learning_rate": 0.003}


def replace_in(owner: Any, **names: Any) -> None:
    """Put something else under names that are there; one that is gone would be no other way to train.

    Raises:
        AttributeError: The owner has no such name.
    """
    for name, value in names.items():
        getattr(owner, name)
        setattr(owner, name, value)


def change_graph(how: str) -> None:
    """Have epochs traced to be inlined into the program of all folds, or compiled by XLA."""
    import tensorflow as tf
    from kerasweep.training.trainers.fused import fold_program

    def traced(function: Any, inputs: Any) -> Any:
        options = {"jit_compile": True} if how == "xla" else {}
        return tf.function(function, autograph=False, **options).get_concrete_function(
            *fold_program.specs_of(inputs)
        )

    replace_in(fold_program, trace_function=traced)


def train(trainer: Any, configuration: dict[str, Any]) -> list[float]:
    """Train a configuration and return the seconds of each epoch."""
    from kerasweep.training.events import Task

    seconds, started = [], time.perf_counter()
    for _ in trainer.train(Task(0, configuration, 0)):
        seconds.append(time.perf_counter() - started)
        started = time.perf_counter()
    return seconds


if __name__ == "__main__":
    main()
