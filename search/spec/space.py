"""The part of a specification about the space."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from ...errors import SpecError
from .values import Part

BASES = ("preset", "pick", "file", "define", "from_study")
"""Where a space starts from; one at most."""
SPACE_SUFFIXES = (".yaml", ".yml", ".json")


def parse_names(value: Any) -> Any:
    """Return the names that ``a,b,c`` or a list means; other values as they are."""
    names = value.split(",") if isinstance(value, str) else value
    if not isinstance(names, list | tuple):
        return names
    names = [name.strip() if isinstance(name, str) else name for name in names]
    if not names or "" in names:
        raise ValueError("must name hyperparameters of the catalogue, for example learning_rate,momentum")
    return names


TOP = "top:"
"""Begins what is written for the hyperparameters that mattered most."""


def parse_top(value: Any) -> Any:
    """Return the number that ``top:8`` or ``8`` means; None as it is."""
    if value is None:
        return None
    number = value.removeprefix(TOP) if isinstance(value, str) else value
    number = int(number) if isinstance(number, str) and number.isdecimal() else number
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise ValueError("must say how many hyperparameters, one or more, for example top:8")
    return number


def parse_studies(value: Any) -> Any:
    """Return the names of studies that ``a,b``, a list, or a list of such texts means; other values as they are."""
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list | tuple) or not all(isinstance(words, str) for words in listed):
        return value
    names = [name.strip() for words in listed for name in words.split(",")]
    if "" in names:
        raise ValueError("must name studies, for example digits-dnn-knowhow,wine-dnn-knowhow")
    return list(dict.fromkeys(names))


def space_part(words: str | os.PathLike[str] | Iterable[str]) -> dict[str, Any]:
    """Return the part of a specification that ``--space`` means: a file by its ending, ``top:8``, else names of the catalogue.

    Raises:
        SpecError: It means none of these.
    """
    if isinstance(words, str | os.PathLike):
        path = os.fspath(words)
        if path.startswith(TOP):
            return {"top": path}
        return {"file": path} if path.lower().endswith(SPACE_SUFFIXES) else {"pick": path}
    if not isinstance(words, Iterable):
        raise SpecError(
            f"A space is a Space, a file, a dict of ranges, or names of the catalogue; got {words!r}."
        )
    return {"pick": list(words)}


class SpaceSpec(Part):
    """What varies: a preset, a pick of the catalogue, a file or a definition, with ranges replaced and values fixed."""

    preset: Literal["basic", "standard", "full"] | None = None
    """A size of the family's preset."""
    pick: Annotated[list[str] | None, BeforeValidator(parse_names)] = None
    """Names of the catalogue; what they need to be active is added."""
    file: str | None = None
    """A space as a YAML file of its own."""
    set: dict[str, Any] = Field(default_factory=dict)
    """New ranges by name."""
    fix: dict[str, Any] = Field(default_factory=dict)
    """Values by name."""
    define: dict[str, Any] = Field(default_factory=dict)
    """Definitions in full, by name; a study stores its space so."""
    from_study: str | None = None
    """An earlier study of the same storage, whose space is searched from its winner on: by ``sensitivity``, or as ``top`` says."""
    top: Annotated[
        int | None,
        BeforeValidator(parse_top),
        WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1}, {"type": ["string", "null"]}]}),
    ] = None
    """So many hyperparameters are searched, those that mattered most in ``from_study``; all others are fixed at its winner."""
    prior: Literal["names", "none"] | None = None
    """Of a function for KerasTuner or Optuna: whether hyperparameters whose names the catalogue knows, such as lr or units_1,
    start at its recommended values, which they do where it is not given, or as the function says."""
    learn_from: Annotated[list[str], BeforeValidator(parse_studies)] = Field(default_factory=list)
    """Earlier studies of the same storage, whose best configurations become the recommended values; what was learned is
    written into the new study, which needs them no more."""
    starts: list[dict[str, Any]] = Field(default_factory=list)
    """Configurations to begin with, after the recommended one: what was learned from earlier studies, or your own."""

    @model_validator(mode="after")
    def _one_base(self) -> SpaceSpec:
        given = [key for key in BASES if getattr(self, key)]
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)} exclude each other; keep one")
        if self.top is not None and self.from_study is None:
            raise ValueError(
                "top is of an earlier study: name it with from_study, on the command line --from"
            )
        if self.from_study is not None and self.learn_from:
            raise ValueError("learn_from would move the start away from the winner of from_study; keep one")
        return self
