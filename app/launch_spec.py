"""What a page's form asks for, as the specification that ``kerasweep launch FILE`` takes."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from ..errors import SpecError
from ..search.settings import SETTINGS, nest, put
from ..spaces import Categorical, Float, Hyperparameter, Int, Space, value_text
from ..training.data.python_sources import is_function

_DIGITS = 3
"""Digits of a bound that a slider gives."""


def spec_of(form: Mapping[str, Any], space: Space | None) -> dict[str, Any]:
    """Return the nested specification of a form.

    Args:
        form: Field -> value: ``source``, ``model``, ``more``, ``ranges``, ``choices``, and names of ``SETTINGS``; what is
            empty is left to the rules.
        space: The preset whose ranges are shown; None for a model of the user's own.

    Raises:
        SpecError: Data or model are missing, or a line says nothing that is known.
    """
    source, model = _word(form.get("source")), _word(form.get("model"))
    if not source:
        raise SpecError("Choose the data: a name, an upload, or a path on this machine.")
    if not model:
        raise SpecError("Choose the model.")
    settings = {
        name: value
        for name in SETTINGS
        if (value := _given(form.get(name))) is not None and name not in ("set", "fix")
    }
    ranges = {**changed_ranges(space, form.get("ranges") or {}, form.get("choices") or {})} if space else {}
    if space is None:
        settings.pop("preset", None)  # a size is of a family's space
    more, by_hand = read_lines(_word(form.get("more")))
    settings |= more
    ranges |= by_hand
    # One value is fixed, several or a range vary.
    fixed = {name: text for name, text in ranges.items() if ".." not in text and "," not in text}
    varied = {name: text for name, text in ranges.items() if name not in fixed}
    settings |= {key: value for key, value in (("set", varied), ("fix", fixed)) if value}
    nested = nest(settings)
    put(nested, ("data", "source"), found_source(source))
    nested["model"] = model
    return nested


def spec_text(nested: Mapping[str, Any]) -> str:
    """Return a specification as YAML."""
    return str(yaml.safe_dump(dict(nested), sort_keys=False, allow_unicode=True, width=100))


def found_source(source: str) -> str:
    """Return a source so that it is found from anywhere: a path of a file or folder in full."""
    path = Path(source).expanduser()
    try:
        return str(path.absolute()) if path.exists() and not is_function(source) else source
    except (OSError, ValueError):
        return source


def read_lines(text: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the settings and the ranges of hyperparameters that lines of ``name=value`` give.

    Raises:
        SpecError: A line is none.
    """
    settings: dict[str, Any] = {}
    ranges: dict[str, str] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, equals, value = (part.strip() for part in line.partition("="))
        if not equals or not name or not value:
            raise SpecError(f"'{line}' must be name=value, for example batch_size=32 or folds=3.")
        if name not in SETTINGS:
            ranges[name] = value
            continue
        try:
            settings[name] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise SpecError(f"'{line}' has no value that can be read.") from error
    return settings, ranges


def changed_ranges(
    space: Space, ranges: Mapping[str, Sequence[float]], choices: Mapping[str, Sequence[str]]
) -> dict[str, str]:
    """Return hyperparameter -> its new range, of those that are not as the preset has them.

    Raises:
        SpecError: A hyperparameter has no choice left.
    """
    found = {}
    for one in space:
        if isinstance(one, Float | Int) and one.name in ranges:
            text = range_of(one, ranges[one.name])
            if text is not None:
                found[one.name] = text
        elif isinstance(one, Categorical) and one.name in choices:
            kept = [text for choice in one.choices if (text := value_text(choice)) in choices[one.name]]
            if not kept:
                raise SpecError(f"{one.name}: keep one choice at least.")
            if len(kept) < len(one.choices):
                found[one.name] = ",".join(kept)
    return found


def range_of(one: Float | Int, places: Sequence[float]) -> str | None:
    """Return the range between two places of a slider; None where it is as it was."""
    before = slider_places(one)
    if all(abs(new - old) < 1e-9 for new, old in zip(places, before, strict=True)):
        return None
    low, high = (_value(one, place) for place in sorted(places))
    if low == high:
        return value_text(low)
    scale = ":log" if one.log else f":step={one.step}" if isinstance(one, Int) and one.step > 1 else ""
    return f"{value_text(low)}..{value_text(high)}{scale}"


def slider_places(one: Float | Int) -> list[float]:
    """Return where a hyperparameter's bounds lie on its slider: their powers of ten where factors matter."""
    return [math.log10(bound) if one.log else float(bound) for bound in (one.low, one.high)]


def _value(one: Hyperparameter, place: float) -> float | int:
    number = 10.0**place if getattr(one, "log", False) else float(place)
    number = float(f"{number:.{_DIGITS}g}")
    return round(number) if isinstance(one, Int) else number


def suggested_name(nested: Mapping[str, Any], taken: Sequence[str]) -> str:
    """Return a free name for a study: data, model and search, as ``kerasweep launch`` makes one."""
    source = Path(str(nested["data"]["source"]).removesuffix(".gz")).stem
    model = str(nested["model"]).rpartition(":")[2]
    method = str(nested.get("search", {}).get("method", "knowhow"))
    base = "-".join(re.sub(r"[^\w]+", "-", part).strip("-_") or "data" for part in (source, model, method))
    number = 1
    while (name := base if number == 1 else f"{base}-{number}") in taken:
        number += 1
    return name


def _word(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _given(value: object) -> Any:
    """Return a field's value; None where it was left empty."""
    if isinstance(value, str):
        return value.strip() or None
    return None if value in ([], {}, False) else value
