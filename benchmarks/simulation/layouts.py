"""Reads tables from folders, whose layout says what they are.

- ``table.npz`` with ``space.yaml``: recorded trainings of finite configurations, as ``record.py`` writes them.
- ``model.onnx`` with ``tasks.json`` and ``space.yaml``: a surrogate that was fitted to recorded trainings of several tasks.
- ``curves.csv.gz``: arms without a common space, in repeats.
- ``table.csv``: a grid of four hyperparameters at several epochs and numbers of rows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from kerasweep.spaces import Categorical, Configuration, Float, Int, Space, configuration_key, read_space
from kerasweep.studies import Direction
from simulation.onnx_graph import Graph
from simulation.table import Array, Curves, Draws, Table, recorded_table

OWN = Path(__file__).parent / "tables"
"""What the repository has recorded itself."""
SURROGATE_DRAWS = 10_000
"""Of a surrogate, to say what its best configuration is worth."""
CLIMBERS, STEPS, NEIGHBOURS = 20, (0.1, 0.05, 0.02, 0.01), 50
"""So many of the best go uphill from there: in each step to the best of so many neighbours within this standard deviation."""
POINTS = 24
"""Of a curve over seconds, which has as many epochs then."""


def read_tables(folder: Path, only: str = "") -> list[Table]:
    """Return all tables below a folder, in order of name.

    Args:
        folder: Holds a folder for each table, or for tables of one surrogate.
        only: A part of the names of those that are wanted.
    """
    return [
        table
        for path in sorted(path for path in folder.iterdir() if path.is_dir())
        for name, read in _LAYOUTS.items()
        if (path / name).is_file()
        for table in read(path)
        if only in table.name
    ]


def _read_recorded(folder: Path) -> Iterator[Table]:
    space = read_space(folder / "space.yaml")
    with np.load(folder / "table.npz") as held:
        names = [str(name) for name in held["names"]]
        scores = held["valid"].astype(np.float64)
        seconds = held["seconds"].astype(np.float64) if "seconds" in held else None
        direction: Direction = "minimize" if held["lower_is_better"] else "maximize"
        rows = [
            row_of(space, dict(zip(names, values, strict=True)))
            for values in held["hp"].astype(np.float64).tolist()
        ]
    first = {configuration_key(row): place for place, row in reversed(list(enumerate(rows)))}
    kept = sorted(first.values())  # of equal configurations the first
    yield recorded_table(
        folder.name,
        folder.name.partition("-")[0],
        space,
        direction,
        [rows[place] for place in kept],
        scores[kept],
        None if seconds is None else seconds[kept],
    )


def row_of(space: Space, values: Mapping[str, float]) -> Configuration:
    """Return a configuration of a ``table.npz``: whole numbers as such, choices by their number, inactive ones left out."""
    configuration: Configuration = {}
    for one in space:
        if not one.is_active(configuration):
            continue
        value = values[one.name]
        if isinstance(one, Categorical):
            configuration[one.name] = one.choices[round(value)]
        else:
            configuration[one.name] = round(value) if isinstance(one, Int) else one.check(value)
    return configuration


def _read_surrogate(folder: Path) -> Iterator[Table]:
    space = read_space(folder / "space.yaml")
    told = json.loads((folder / "tasks.json").read_text(encoding="utf-8"))
    graph = Graph.load(folder / "model.onnx")
    for task, code in told["tasks"].items():
        yield _surrogate_table(f"{folder.name}-{task}", folder.name, space, graph, told, code)


def _surrogate_table(
    name: str, family: str, space: Space, graph: Graph, told: Mapping[str, Any], code: int
) -> Table:
    epochs = np.arange(2, told["epochs"][1] + 1)  # the first carries no information
    inputs, outputs = told["x_cont"], told["outputs"]
    time, accuracy = outputs.index("time"), outputs.index("val_accuracy")

    def ask(configurations: list[Configuration], at: Array) -> Array:
        """Return all outputs for every configuration at every epoch."""
        values = [[float(str(one[name])) for name in inputs[1:]] for one in configurations]
        x = np.repeat(np.array(values, np.float32), len(at), axis=0)
        x = np.column_stack([np.tile(at, len(values)), x]).astype(np.float32)
        answer = graph(x_cont=x, x_cat=np.full((len(x), 1), code, np.int32))
        return answer.reshape(len(values), len(at), -1).astype(np.float64)

    def curves_of(configuration: Configuration) -> Curves:
        answer = ask([configuration], epochs)[0]
        total = np.maximum.accumulate(answer[:, time])
        return Curves(answer[None, :, accuracy], np.diff(total, prepend=0.0)[None])

    def last(configurations: list[Configuration]) -> Array:
        return ask(configurations, epochs[-1:])[:, 0]

    def draw() -> Draws:
        generator = np.random.default_rng(0)
        drawn = [space.sample(generator) for _ in range(SURROGATE_DRAWS)]
        answer = last(drawn)
        worths = answer[:, accuracy]
        best = max(
            ((one, float(curves_of(one).scores.max())) for one in climb(drawn, worths, generator)),
            key=lambda found: found[1],
        )
        return Draws(drawn, worths, float(answer[:, time].mean()), best)

    def climb(
        drawn: list[Configuration], worths: Array, generator: np.random.Generator
    ) -> list[Configuration]:
        top = np.argsort(-worths)[:CLIMBERS]
        points, heights = np.array([space.to_unit(drawn[place]) for place in top]), worths[top]
        for step in STEPS:
            moved = points[:, None] + generator.normal(0, step, (CLIMBERS, NEIGHBOURS, len(space)))
            moved = np.clip(moved, 0, 1 - 1e-9)
            reached = last([space.from_unit(point) for point in moved.reshape(-1, len(space)).tolist()])
            reached = reached[:, accuracy].reshape(CLIMBERS, NEIGHBOURS)
            best = reached.argmax(axis=1)
            higher = reached.max(axis=1) > heights
            points[higher] = moved[higher, best[higher]]
            heights = np.maximum(heights, reached.max(axis=1))
        return [space.from_unit(point) for point in points.tolist()]

    return Table(name, family, space, "maximize", len(epochs), 1, curves_of, draw)


def _read_arms(folder: Path) -> Iterator[Table]:
    """Read curves over seconds: each arm's repeats are its folds, points at equal distances of time its epochs."""
    curves = pd.read_csv(folder / "curves.csv.gz")
    metric, clock = curves.columns[-1], "submission_time_s"
    direction: Direction = "minimize" if metric.endswith(("loss", "wer")) else "maximize"
    end = curves.groupby(["arm", "study"])[clock].max().median()
    grid = np.linspace(0, end, POINTS + 1)[1:]
    arms = sorted(int(arm) for arm in curves["arm"].unique())
    repeats = sorted(int(repeat) for repeat in curves["study"].unique())
    scores = np.full((len(arms), len(repeats), POINTS), np.nan)
    known = np.zeros((len(arms), len(repeats)), bool)
    for name, curve in curves.groupby(["arm", "study"]):
        arm, repeat = (int(str(part)) for part in name)
        place = arms.index(arm), repeats.index(repeat)
        last = np.maximum(np.searchsorted(curve[clock], grid, side="right") - 1, 0)  # the last value seen
        scores[place] = curve[metric].to_numpy()[last]
        known[place] = True
    for arm, repeat in zip(
        *np.nonzero(~known), strict=True
    ):  # repeats that are not there are as the others are
        scores[arm, repeat] = scores[arm, known[arm]].mean(axis=0)
    space = Space((Categorical("arm", tuple(f"arm {arm}" for arm in arms)),))
    rows: list[Configuration] = [{"arm": f"arm {arm}"} for arm in arms]
    seconds = np.full(scores.shape, grid[0])
    family = folder.name.partition("-")[0]
    yield recorded_table(folder.name, family, space, direction, rows, scores, seconds, common_space=False)


def _read_grid(folder: Path) -> Iterator[Table]:
    """Read the trainings with all rows; between the epochs that were measured a curve is straight."""
    table = pd.read_csv(folder / "table.csv")
    table = table[table["size"] == table["size"].max()]
    space = Space(
        (  # values that a textbook recommends
            Float("lr", 1e-4, 0.1, log=True, recommended=0.01),
            Float("momentum", 0.0, 0.99, recommended=0.9),
            Int("bacth", 64, 512, log=True, recommended=64),
            Float("weightDecay", 0.0, 0.01, recommended=1e-4),
        )
    )
    epochs = np.arange(1, table["epoch"].max() + 1)
    rows, scores, seconds = [], [], []
    for values, curve in table.groupby(list(space.names)):
        rows.append(row_of(space, dict(zip(space.names, values, strict=True))))
        scores.append(np.interp(epochs, curve["epoch"], curve["testError"]))
        total = np.interp(epochs, curve["epoch"], np.maximum.accumulate(curve["trainTime"]))
        seconds.append(np.diff(total, prepend=0.0))
    yield recorded_table(
        folder.name,
        folder.name.partition("-")[0],
        space,
        "minimize",
        rows,
        np.array(scores)[:, None],
        np.array(seconds)[:, None],
    )


_LAYOUTS: Mapping[str, Callable[[Path], Iterator[Table]]] = {
    "table.npz": _read_recorded,
    "model.onnx": _read_surrogate,
    "curves.csv.gz": _read_arms,
    "table.csv": _read_grid,
}
