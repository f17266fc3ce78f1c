"""Records real cross-validated trainings by the fused trainer, as a table that searches can be measured on.

    python benchmarks/simulation/record.py wine --configurations 300

Configurations are drawn at random from the preset ``basic`` of a family, with few sizes of layers, because every
architecture is traced once. They are trained on one thread, one architecture after the other, without patience. The seconds
of an epoch are those of all folds, divided by their number; the first epoch, which builds and traces, has the median of the
others. What was trained is kept as it goes: the same command goes on with a recording that was interrupted.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import kerasweep
import numpy as np
from kerasweep.search.executors.contract import run_task
from kerasweep.search.plan import Plan
from kerasweep.spaces import Categorical, Configuration, Space, space_text
from kerasweep.training.events import EpochEnded, Task, TrialFailed
from kerasweep.training.trainers.runtime import make_trainer
from kerasweep.training.workload import Trainer

FIXED = {"activation": "relu", "normalization": "none"}
RANGES = {"units": [128, 8, 32], "learning_rate": "0.0001..0.3:log", "dropout": "0..0.7"}
"""Wider than the preset's, but for the sizes of layers; 128 is what it recommends."""
SEED = 1
KEPT_EVERY = 10
"""Configurations after which what was trained is written."""
OWN = Path(__file__).parent / "tables"


def main() -> None:
    """Train what the arguments say and write a folder."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", help="as `kerasweep launch` takes it")
    parser.add_argument("--model", default="dnn", help="a family")
    parser.add_argument("--configurations", type=int, default=300)
    parser.add_argument("--epochs", type=int, default=27)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--limit", type=int, help="rows")
    parser.add_argument("--folder", type=Path, default=OWN, help="where the table's folder goes")
    given = parser.parse_args()
    plan = kerasweep.plan_sweep(
        given.data,
        given.model,
        preset="basic",
        fix=FIXED,
        set=RANGES,
        epochs=given.epochs,
        folds=given.folds,
        patience=None,
        trainer="fused",
        seed=SEED,
        **({} if given.limit is None else {"limit": given.limit}),
    )
    folder = given.folder / f"recorded-{given.data}-{given.model}"
    folder.mkdir(parents=True, exist_ok=True)
    space = searched(plan.space)
    drawn = draw(space, given.configurations)
    scores, seconds = record(plan, drawn, given.epochs, folder / "unfinished.npz")
    save(folder, plan, space, drawn, scores, seconds)
    (folder / "unfinished.npz").unlink(missing_ok=True)


def searched(space: Space) -> Space:
    """Return a space without what is fixed."""
    return space.without(
        [one.name for one in space if isinstance(one, Categorical) and len(one.choices) == 1]
    )


def draw(space: Space, count: int) -> list[Configuration]:
    """Return the recommended configuration and draws at random, those of one architecture side by side."""
    generator = np.random.default_rng(SEED)
    drawn = [space.recommended(), *(space.sample(generator) for _ in range(count - 1))]
    traced = [one.name for one in space if isinstance(one, Categorical) or one.name == "hidden_layers"]
    return sorted(drawn, key=lambda configuration: [str(configuration.get(name)) for name in traced])


def record(
    plan: Plan, drawn: Sequence[Configuration], epochs: int, unfinished: Path
) -> tuple[np.ndarray, np.ndarray]:
    """Return the objective and the seconds, each ``(configurations, folds, epochs)``.

    Args:
        plan: What is trained.
        drawn: The configurations.
        epochs: Of each.
        unfinished: The file that keeps what was trained, now and then; what it holds of these configurations is not trained
            again.
    """
    trainer = make_trainer(plan.workload, threads=1)
    folds = len(plan.workload.folds)
    fixed = {name: value for name, value in plan.space.recommended().items() if name not in drawn[0]}
    scores, seconds = np.full((2, len(drawn), folds, epochs), np.nan)
    drawn_text, begin = repr(drawn), 0
    if unfinished.exists():
        with np.load(unfinished) as kept:
            if kept["drawn"] == drawn_text and kept["scores"].shape == scores.shape:
                scores, seconds, begin = kept["scores"], kept["seconds"], int(kept["trained"])
    for place, configuration in list(enumerate(drawn))[begin:]:
        whole = plan.space.check({**configuration, **fixed})
        scores[place], seconds[place] = train(trainer, Task(place, whole, SEED), folds, epochs)
        print(f"{place + 1} of {len(drawn)}: {scores[place, :, -1].mean():.4f}", file=sys.stderr, flush=True)
        if place % KEPT_EVERY == 0:
            keep(unfinished, scores=scores, seconds=seconds, trained=place + 1, drawn=drawn_text)
    return scores, seconds


def keep(path: Path, **arrays: Any) -> None:
    """Write arrays in place of what a file holds, so that it is whole at every moment."""
    fresh = path.with_suffix(".new.npz")
    np.savez_compressed(fresh, **arrays)
    fresh.replace(path)


def train(trainer: Trainer, task: Task, folds: int, epochs: int) -> tuple[Any, Any]:
    """Return the objective and the seconds of one training, each ``(folds, epochs)``; not a number where it diverges."""
    scores, taken = np.full((folds, epochs), np.nan), []
    started = time.perf_counter()
    for event in run_task(trainer, task):
        if isinstance(event, EpochEnded):
            scores[:, event.epoch - 1] = event.scores
            taken.append(time.perf_counter() - started)
            started = time.perf_counter()
        elif isinstance(event, TrialFailed) and event.kind != "diverged":
            sys.exit(f"{task.configuration}: {event.message}")
    usual = statistics.median(taken[1:] or taken or [time.perf_counter() - started])
    each = [usual, *taken[1:], *[usual] * (epochs - len(taken))]
    return scores, np.tile(np.array(each[:epochs]) / folds, (folds, 1))


def save(
    folder: Path, plan: Plan, space: Space, drawn: Sequence[Configuration], scores: Any, seconds: Any
) -> None:
    """Write ``table.npz`` and ``space.yaml``: choices by their numbers, what is inactive as not a number."""
    hp = [
        [
            np.nan
            if one.name not in configuration
            else one.choices.index(configuration[one.name])
            if isinstance(one, Categorical)
            else configuration[one.name]
            for one in space
        ]
        for configuration in drawn
    ]
    np.savez_compressed(
        folder / "table.npz",
        hp=np.array(hp, np.float64),
        names=np.array(space.names),
        valid=scores.astype(np.float32),
        seconds=seconds.astype(np.float16),
        epochs=np.arange(1, scores.shape[2] + 1),
        lower_is_better=plan.workload.objective.direction == "minimize",
    )
    (folder / "space.yaml").write_text(space_text(space), encoding="utf-8")


if __name__ == "__main__":
    main()
