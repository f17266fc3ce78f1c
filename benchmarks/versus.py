"""One work for three: the same network, rows and configurations for Kerasweep, KerasTuner and Optuna.

A work measures either one architecture, of which a learning rate and a dropout vary, or, with ``--mixed``, an
architecture that is another one in nearly every trial. Kerasweep draws the configurations, as a random search does; the
others train the first few of them, and are compared on these.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from common import Split, check_same, draw, plan, run, tell

CONTESTANTS = ("kerasweep", "keras_tuner", "optuna")


Given = dict[str, Any]
"""Arguments of ``kerasweep.launch``."""


@dataclass(frozen=True)
class Work:
    """What is trained, and how everybody gets it."""

    given: Callable[[int], Given]
    """Makes data, model and what belongs to them, of so many rows."""
    splits: Callable[[Given, int], list[Split]]
    """Makes the others' folds of what Kerasweep is given, and of their number."""
    build: Callable[[Sequence[Split], dict[str, Any]], Any]
    """Makes the others' network of a configuration, compiled."""
    one: Given
    """What varies and what is fixed where the architecture is one."""
    mixed: Given
    """The same where the architecture varies."""
    rows: int
    folds: int
    epochs: int


def measure(work: Work, description: str | None) -> None:
    """Measure what the command line says and tell it."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("contestant", choices=CONTESTANTS)
    parser.add_argument("--mixed", action="store_true", help="architectures vary")
    parser.add_argument("--configurations", type=int, default=3)
    parser.add_argument("--rows", type=int, default=work.rows)
    parser.add_argument("--folds", type=int, default=work.folds)
    parser.add_argument("--epochs", type=int, default=work.epochs)
    arguments = parser.parse_args()
    given = work.given(arguments.rows)
    planned = plan(
        search="random",
        trials=arguments.configurations,
        folds=arguments.folds,
        epochs=arguments.epochs,
        workers=1,
        **given,
        **(work.mixed if arguments.mixed else work.one),
    )
    chosen = draw(planned, arguments.configurations)
    if arguments.contestant == "kerasweep":
        clock, study = run(planned)
        splits = work.splits(given, arguments.folds)
        check_same(study, chosen, partial(work.build, splits))
        ends, scores = clock.trials, [trial.value for trial in study.optuna.trials]
        tell_trials(ends, scores, warm=clock.warm(1) if len(ends) > 1 else None)
    else:
        from peers import cross_validate, search

        def score(configuration: dict[str, Any]) -> float:
            splits = work.splits(given, arguments.folds)
            return cross_validate(
                partial(work.build, splits, configuration),
                splits,
                epochs=arguments.epochs,
                batch_size=configuration["batch_size"],
            )

        tell_trials(*search(arguments.contestant, chosen, score))


def tell_trials(ends: Sequence[float], scores: Sequence[float | None], **more: Any) -> None:
    """Tell when each trial ended, and how it scored."""
    tell(
        trials=len(ends),
        seconds=ends[-1],
        seconds_per_trial=ends[-1] / len(ends),
        first=ends[0],
        ends=ends,
        scores=scores,
        **more,
    )
