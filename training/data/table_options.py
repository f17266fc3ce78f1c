"""What is asked of a table: how its file is read, and which of its columns and rows are taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from numbers import Integral
from typing import Any, Self


@dataclass(frozen=True)
class TableOptions:
    """The options that tables know, and other sources only in part."""

    target: str | Sequence[str] | None = None
    """The column to predict, or several columns of numbers; without a header also positions, ``-1`` for the last."""
    group: str | None = None
    """A column of labels; equal labels stay on one side of every split."""
    weight: str | None = None
    """A column of sample weights for the loss; it is no feature."""
    header: bool | None = None
    """Whether a delimited file's first line holds names; names that look like data are refused where None."""
    encoding: str | None = None
    """Of a delimited file's text; its byte order mark's, else UTF-8, where None."""
    drop: tuple[str, ...] = ()
    """Columns that are left out."""
    text: tuple[str, ...] = ()
    """Columns that are taken for text, whatever they look like."""
    categorical: tuple[str, ...] = ()
    """Columns that are taken for categories, whatever they look like."""
    drop_missing_target: bool = False
    """Whether rows without a target are left out; they are refused where they are not."""

    window: int | None = None
    """Rows that a prediction looks back on, where rows are steps of time; None where each row stands for itself."""
    horizon: int | None = None
    """Rows from the last one of a window to the one that is predicted; 1 where it is not given."""
    time_column: str | None = None
    """Numbers or dates that rows are sorted by."""

    @property
    def steps_ahead(self) -> int:
        """The horizon, given or not."""
        return 1 if self.horizon is None else self.horizon

    validation: str | None = None
    """A column that says which rows validate; no other fold is cut."""
    fold_column: str | None = None
    """A column with the number of the fold in which a row validates."""

    @property
    def targets(self) -> tuple[str, ...]:
        """The columns to predict."""
        return names_of(self.target)

    @property
    def as_texts(self) -> tuple[str, ...]:
        """The columns whose cells are texts, whatever they say: ``007`` is no number."""
        return (*self.text, *self.categorical)

    @property
    def given(self) -> tuple[str, ...]:
        """The options of tables that are given, in words."""
        given = [one.name for one in fields(TableOptions) if getattr(self, one.name) != one.default]
        return tuple(name.replace("_", " ") for name in given)

    def with_tuples(self) -> Self:
        """Return the options with a tuple for each one of several columns, and with texts where columns are called by numbers."""
        several: dict[str, Any] = {name: names_of(getattr(self, name)) for name in _SEVERAL}
        single: dict[str, Any] = {
            name: str(column) for name in _SINGLE if (column := getattr(self, name)) is not None
        }
        target = str(self.target) if isinstance(self.target, Integral) else self.target
        return replace(self, target=target, **several, **single)

    def renamed(self, name: Callable[[str], str]) -> Self:
        """Return the options with another name for each column."""
        target = [name(column) for column in self.targets]
        columns: dict[str, Any] = {
            one: name(said) for one in _SINGLE if (said := getattr(self, one)) is not None
        }
        columns |= {several: tuple(map(name, getattr(self, several))) for several in _SEVERAL}
        first = target[0] if isinstance(self.target, str) else (target or None)
        return replace(self, target=first, **columns)


_SEVERAL = ("drop", "text", "categorical")
"""Options that name several columns."""
_SINGLE = ("group", "weight", "time_column", "validation", "fold_column")
"""Options that name one column."""


def names_of(columns: str | int | Sequence[str] | None) -> tuple[str, ...]:
    """Return the names of one column or several; those of a DataFrame may be numbers."""
    if isinstance(columns, str | int | Integral):
        return (str(columns),)
    return tuple(str(column) for column in columns or ())
