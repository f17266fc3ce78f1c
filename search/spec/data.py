"""The part of a specification about data."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from ...training.data.outer_folds import parse_outer
from .values import Part, Real, Whole, parse_column

Scaling = Literal["auto", "none", "unit", "minmax", "standard", "robust"]
Task = Literal["classification", "multilabel", "regression"]


def parse_target(value: Any) -> Any:
    """Return one column's name, or a list of several."""
    several = parse_columns(value) if isinstance(value, list | tuple) and value else parse_column(value)
    return several[0] if isinstance(several, list) and len(several) == 1 else several


def parse_columns(value: Any) -> Any:
    """Return one column or several as a list of names, positions as text."""
    return [parse_column(column) for column in (value if isinstance(value, list | tuple) else [value])]


def parse_outer_text(value: str | None) -> str | None:
    """Return an outer fold as it is written, ``2/5``."""
    return None if value is None else parse_outer(value).text


class DataSpec(Part):
    """Where rows come from and how they are read."""

    source: str
    target: Annotated[str | list[str] | None, BeforeValidator(parse_target)] = None
    """The column to predict, for tables, or several; in a file without a header also by position, -1 for the last."""
    header: bool | None = None
    """Whether the first line of a CSV file holds names; without, columns are c0, c1, ... Names that look like data are refused where it is not given."""
    task: Task | None = None
    """Detected where it is not given; multilabel is columns of 0 and 1 with any number of ones a row."""
    group: Annotated[str | None, BeforeValidator(parse_column)] = None
    """A column of group labels, for splits that keep groups together."""
    weight: Annotated[str | None, BeforeValidator(parse_column)] = None
    """A column of sample weights for the loss, in training and in validation; it is no feature."""
    validation: Annotated[str | None, BeforeValidator(parse_column)] = None
    """A column that says which rows validate (1 or 0, true or false, validation or train), in place of folds."""
    fold_column: Annotated[str | None, BeforeValidator(parse_column)] = None
    """A column with the number of the fold in which a row validates; -1 for rows that always train."""
    rare_classes: Literal["drop", "merge"] | None = None
    """What becomes of classes with fewer training rows than folds: dropped, or merged into one; refused where it is not given."""
    limit: Whole | None = Field(default=None, ge=1)
    """A stratified subset of the training rows; ``refit`` uses all rows."""
    encoding: str | None = None
    """Encoding of a CSV file: cp949, shift_jis, latin-1, ...; by default from its byte order mark, else UTF-8."""
    drop: Annotated[list[str], BeforeValidator(parse_columns)] = Field(default_factory=list)
    """Columns that are left out; in a file without a header also by position."""
    text: Annotated[list[str], BeforeValidator(parse_columns)] = Field(default_factory=list)
    """Columns that are taken for text, whatever they look like."""
    categorical: Annotated[list[str], BeforeValidator(parse_columns)] = Field(default_factory=list)
    """Columns that are taken for categories, whatever they look like: codes that are numbers, such as postcodes."""
    drop_missing_target: bool = False
    """Whether rows without a target are left out; they are refused where they are not."""
    window: Whole | None = Field(default=None, ge=1)
    """Rows that a prediction looks back on, for a table whose rows are steps of time: the last rows are held out, and folds
    are in order of time."""
    horizon: Whole | None = Field(default=None, ge=1)
    """Rows from the last one of a window to the one that is predicted; 1 where it is not given."""
    time_column: Annotated[str | None, BeforeValidator(parse_column)] = None
    """Numbers or dates that rows are sorted by; they are taken to be in order where it is not given."""
    scaling: Scaling = "auto"
    outer: Annotated[str | None, AfterValidator(parse_outer_text)] = None
    """Which fold of the training rows is held out in place of the test split, 2/5: a part of a nested cross-validation."""
    test_size: Real = Field(default=0.25, ge=0, lt=1)
    """Held-out share where the source has no test split of its own; 0 for none, where nothing scores a refit."""
    test_split: Literal["random", "last"] | None = None
    """Which rows are held out: drawn, or the last ones, for rows in order of time; the last ones for ``cv: time`` where it is not given."""
