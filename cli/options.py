"""Arguments and options that several commands share, and how their values are read."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import asdict, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import SpecError
from ..search.settings import SETTINGS
from ..studies import StudyRecord, TrialRecord, storage_url, without_password
from ..studies.comparison import RULES
from ..studies.storage import shown_path, sqlite_path

Storage = Annotated[
    str | None,
    typer.Option(help="Database: a file or a URL.", envvar="KERASWEEP_STORAGE", show_default="kerasweep.db"),
]
StudyName = Annotated[str | None, typer.Argument(help="The study's name.", show_default="the last study")]
TrialNumber = Annotated[int | None, typer.Option("--trial", "-t", help="The trial.", show_default="the best")]
Rule = Annotated[
    str | None,
    typer.Option(
        help="Which trial to take: "
        + "; ".join(f"{name}, {meaning}" for name, meaning in RULES.items())
        + ".",
        show_default="max",
        autocompletion=lambda: [*RULES],
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing (Keras's verbose=0).")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show every epoch (Keras's verbose=1).")]


def verbosity(quiet: bool, verbose: bool) -> int:
    """Return Keras's ``verbose`` for the two flags: 0 silent, 2 a line a trial, 1 every epoch.

    Raises:
        SpecError: Both are given.
    """
    if quiet and verbose:
        raise SpecError("--quiet prints nothing and --verbose prints more: keep one.")
    return 0 if quiet else 1 if verbose else 2


def storage_option(storage: str | None) -> str:
    """Return the option with which a next command finds the same storage; empty where none is needed.

    A password is starred out, as everywhere on a screen.
    """
    if storage in (None, storage_url(None)):
        return ""
    path = sqlite_path(storage)
    shown = without_password(storage) if path is None or "?" in storage else shown_path(path)
    return f" --storage {shlex.quote(shown)}"


def parse_assignments(arguments: Iterable[str] | None, option: str) -> dict[str, str]:
    """Return ``name=value`` arguments as a mapping.

    Raises:
        SpecError: A word has no ``=``, or a name stands twice.
    """
    found: dict[str, str] = {}
    for word in arguments or ():
        name, equals, value = word.partition("=")
        if not equals or not name.strip() or not value.strip():
            raise SpecError(f"{option} '{word}' must be name=value, for example {option} batch_size=32.")
        if name.strip() in found:
            raise SpecError(f"{option} {name.strip()} is given twice.")
        found[name.strip()] = value.strip()
    return found


def split_target(
    arguments: list[str] | None, *, by_position: bool = False
) -> tuple[list[str] | None, float | None]:
    """Tell what ``--target`` means: a number is the score that ends the sweep, a word a column to predict.

    Args:
        arguments: As given.
        by_position: Whether columns have no names, so that a whole number is a column.

    Returns:
        Columns and score.
    """
    columns: list[str] = []
    score: float | None = None
    for word in arguments or ():
        try:
            number = float("" if by_position and re.fullmatch(r"-?\d+", word) else word)
        except ValueError:
            columns.append(word)
            continue
        if score is not None:
            raise SpecError(f"--target names two scores, {score:g} and {word}.")
        score = number
    return columns or None, score


def optional_count(word: str | None, option: str) -> int | str | None:
    """Return a whole number, or None for ``none``.

    Raises:
        SpecError: It is neither.
    """
    if word is None or word.lower() == "none":
        return None
    if not word.isdigit():
        raise SpecError(f"{option} must be a whole number or none, got '{word}'.")
    return int(word)


def whole_numbers(word: str, option: str) -> list[int]:
    """Return the numbers that ``17,4`` lists.

    Raises:
        SpecError: One is no whole number.
    """
    parts = [part.strip() for part in word.split(",")]
    if not all(re.fullmatch(r"[0-9]+", part) for part in parts):
        raise SpecError(f"{option} must list whole numbers with commas between, 17,4, got '{word}'.")
    return [int(part) for part in parts]


def optional_time(word: str) -> str | None:
    """Return a time as it was given, or None for ``none``."""
    return None if word.lower() == "none" else word


def print_json(value: Any) -> None:
    """Print records as JSON, with nulls for what JSON cannot say."""
    print(json.dumps(_plain(value), indent=2, ensure_ascii=False))  # noqa: T201 - for other programs, not a console


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(item) for item in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):  # noqa: PLR0124
        return None
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    return str(value) if isinstance(value, Path) else value


def given_settings(options: Mapping[str, Any], **read: Any) -> dict[str, Any]:
    """Return the settings among a command's options that were given; ``read`` are those whose words were read."""
    settings = {
        name: value
        for name, value in {**options, **read}.items()
        if name in SETTINGS and value not in (None, [], {})
    }
    for name in settings.keys() & {"trial_timeout", "checkpoint_every"}:
        settings[name] = optional_time(settings[name])
    for name in settings.keys() & {"patience", "max_failures"}:
        settings[name] = optional_count(settings[name], f"--{name.replace('_', '-')}")
    return settings


def study_json(record: StudyRecord) -> dict[str, object]:
    """Return what ``--json`` says of a study, without its trials."""
    return {
        "study": record.name,
        "direction": record.direction,
        "metric": record.metric,
        "objectives": record.objectives,
        "counts": record.counts,
        "spec": record.spec,
        "about": record.about,
        "refits": record.refits,
    }


def trial_json(trial: TrialRecord) -> dict[str, object]:
    """Return what ``--json`` says of a trial."""
    data = asdict(trial)
    data.pop("failure")
    return {**data, "standard_error": trial.standard_error}
