"""A table: how trainings of one task went, epoch by epoch, so that a search can be measured without training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from kerasweep.spaces import Configuration, Space, configuration_key
from kerasweep.studies import Direction
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Curves:
    """How the training of one configuration went."""

    scores: Array
    """The objective, ``(folds, epochs)``; not a number from where it diverged on."""
    seconds: Array | None = None
    """Of every epoch of every fold, ``(folds, epochs)``; None where nobody took the time."""


@dataclass(frozen=True, eq=False)
class Draws:
    """Configurations drawn at random, or all rows, and what each is worth."""

    configurations: Sequence[Configuration]
    worths: Array
    """``Table.worth`` of each; not a number where it diverged."""
    seconds: float
    """Mean of a whole training; not a number where nobody took the time."""
    best: tuple[Configuration, float]
    """The best configuration that is known, and what it is worth."""


@dataclass(frozen=True, eq=False)
class Table:
    """How trainings of one task went."""

    name: str
    family: str
    """Tables of one family are of the same making."""
    space: Space
    direction: Direction
    epochs: int
    """Of a whole training."""
    folds: int
    curves_of: Callable[[Configuration], Curves]
    draw: Callable[[], Draws]
    rows: tuple[Configuration, ...] = ()
    """All configurations there are, each of which can be trained once; none where any can be."""
    common_space: bool = True
    """Whether hyperparameters say anything; where not, nothing can be learned but how far to train."""

    @cached_property
    def draws(self) -> Draws:
        """Made when first needed: a surrogate is asked thousands of times."""
        return self.draw()

    @property
    def sign(self) -> float:
        """What makes a worth one where more is better."""
        return 1.0 if self.direction == "maximize" else -1.0

    def worth(self, scores: Array) -> float:
        """Return the best mean of the folds, as Kerasweep scores a trial; not a number where it diverged.

        Args:
            scores: ``(folds, epochs)``.
        """
        means = scores.mean(axis=0)
        return float(self.sign * np.max(self.sign * means))

    @property
    def best(self) -> float:
        """The best worth that is known."""
        return self.draws.best[1]

    @cached_property
    def median(self) -> float:
        """The median worth of random draws that are trained whole; what diverged is worse than everything."""
        goods = np.nan_to_num(self.sign * self.draws.worths, nan=-np.inf)
        return float(self.sign * np.median(goods))

    @cached_property
    def unit_rows(self) -> Array:
        """The rows as points of the unit cube, ``(rows, hyperparameters)``."""
        return np.array([self.space.to_unit(row) for row in self.rows])

    def nearest_row(self, configuration: Configuration) -> Configuration:
        """Return the row that is nearest to a configuration in the unit cube."""
        wanted = np.array(self.space.to_unit(configuration))
        return self.rows[int(np.argmin(np.linalg.norm(self.unit_rows - wanted, axis=1)))]

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The rows' keys, as studies know configurations."""
        return tuple(configuration_key(row) for row in self.rows)


def recorded_table(
    name: str,
    family: str,
    space: Space,
    direction: Direction,
    rows: Sequence[Configuration],
    scores: Array,
    seconds: Array | None = None,
    *,
    common_space: bool = True,
) -> Table:
    """Return a table of finite rows.

    Args:
        name: Of the table.
        family: Of tables of the same making.
        space: In which the rows lie.
        direction: Which way a score is better.
        rows: The configurations, all different.
        scores: ``(rows, folds, epochs)``.
        seconds: Of every epoch of every fold, in the same shape.
        common_space: Whether hyperparameters say anything.
    """
    places = {configuration_key(row): place for place, row in enumerate(rows)}

    def curves_of(configuration: Configuration) -> Curves:
        place = places[configuration_key(configuration)]
        return Curves(scores[place], None if seconds is None else seconds[place])

    def draw() -> Draws:
        sign = 1.0 if direction == "maximize" else -1.0
        worths = sign * np.max(sign * scores.mean(axis=1), axis=1)
        mean = np.nan if seconds is None else float(seconds.sum(axis=(1, 2)).mean())
        best = int(np.nanargmax(sign * worths))
        return Draws(rows, worths, mean, (rows[best], float(worths[best])))

    return Table(
        name,
        family,
        space,
        direction,
        scores.shape[2],
        scores.shape[1],
        curves_of,
        draw,
        tuple(rows),
        common_space,
    )
