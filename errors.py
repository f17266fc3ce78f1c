"""Every error that Kerasweep raises on purpose, and the exit code that each one means.

    KerasweepError            exit code 1: something failed
    |-- UsageError            exit code 2: the user asked for something that cannot be
    |   |-- SpaceError        a search space or a configuration of it
    |   |-- SpecError         a sweep specification: flags or a YAML file
    |   |-- DataError         a dataset: source, contents, task, splits
    |   |-- ModelError        a model function: missing, raising, or returning no model
    |   `-- StudyError        a study: unknown, or not what the call says it is
    |       `-- DamagedError    what a database holds of it is not what Kerasweep writes
    |-- StudyLocked           another driver is running the study
    |-- StorageError          a database that does not answer
    |-- TrainingError         one trial failed; the sweep goes on
    |   |-- InfeasibleError     its model breaks a constraint before it is trained
    |   `-- FatalTrainingError  one trial failed, and its model says that no other shall run
    |-- SweepError            the sweep cannot go on
    `-- OutputError           a file or folder that cannot be written

A message is one line: what is wrong, where, and what to do.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping

INTERRUPTED = 130
"""The exit code of what was interrupted, which is no error."""
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_CONTROLS_IN_LINES = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]+")
_LONG_WORD = re.compile(r"(\S{100})\S{400,}")
"""Longer than any path or name of worth; a message that repeats it cannot be read."""
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")

__all__ = [
    "INTERRUPTED",
    "DamagedError",
    "DataError",
    "FatalTrainingError",
    "InfeasibleError",
    "KerasweepError",
    "ModelError",
    "OutputError",
    "SpaceError",
    "SpecError",
    "StorageError",
    "StudyError",
    "StudyLocked",
    "SweepError",
    "TrainingError",
    "UsageError",
    "did_you_mean",
    "one_line",
]


class KerasweepError(Exception):
    """Root of all errors raised on purpose; its message is meant for the user."""

    exit_code = 1
    has_lines = False
    """Whether a message may say several things, each in a line of its own."""

    def __init__(self, *args: object) -> None:
        super().__init__(*(self._readable(arg) if isinstance(arg, str) else arg for arg in args))

    def _readable(self, text: str) -> str:
        """Return a message as whole sentences, without what names in it may do to a terminal or a line."""
        controls = _CONTROLS_IN_LINES if self.has_lines else _CONTROLS
        return _sentences(_LONG_WORD.sub(r"\1…", controls.sub(" ", text)))


def _sentences(text: str) -> str:
    """Return a message with one full stop where a sentence inside another brought its own, and none after a question."""
    return re.sub(r"(?<=[^\s./])(\.)\.(?=\s|$)|([?!])\.(?=\s|$)", r"\1\2", text)


class UsageError(KerasweepError, ValueError):
    """The user asked for something that cannot be; nothing was written."""

    exit_code = 2


class SpaceError(UsageError):
    """A search space, a hyperparameter, or a configuration is not valid; ``key`` names the field that is wrong."""

    has_lines = True

    def __init__(self, message: str, key: str = "") -> None:
        super().__init__(message)
        self.key = key


class SpecError(UsageError):
    """A sweep specification is not valid."""

    has_lines = True


class DataError(UsageError):
    """A dataset cannot be read or cannot be used for this sweep."""


class ModelError(UsageError):
    """A model function is missing, raises, or does not return a usable model."""


class StudyError(UsageError, LookupError):
    """A study or trial does not exist, or differs from what the call says."""


class DamagedError(StudyError):
    """What a database holds of a study or trial is not what Kerasweep writes; its arguments are whose it is, and what is wrong."""

    def __str__(self) -> str:
        return " is damaged: ".join(map(str, self.args))


class StudyLocked(KerasweepError):  # noqa: N818 - a state, not a fault
    """Another driver is running this study."""


class StorageError(KerasweepError):
    """A storage cannot be reached or is not an Optuna database."""


class TrainingError(KerasweepError):
    """One trial failed. ``kind`` says why in one word: ``diverged``, ``model``, ``metric``, ``training``, ``memory``, ``data``."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class UnfitError(TrainingError):
    """One trial failed: its model cannot be trained on data of this form, whatever its weights."""

    def __init__(self, message: str) -> None:
        super().__init__("model", message)


class InfeasibleError(TrainingError):
    """A model breaks a constraint that is checked before it is trained; ``measured`` is what it was measured by."""

    def __init__(self, message: str, measured: Mapping[str, float], parameters: int) -> None:
        super().__init__("constraint", message)
        self.measured = dict(measured)
        self.parameters = parameters


class FatalTrainingError(TrainingError):
    """One trial failed, and its model says that the sweep must end with it, as KerasTuner's ``FatalError`` does."""


class SweepError(KerasweepError):
    """The sweep as a whole cannot go on."""


class OutputError(KerasweepError, OSError):
    """A file or folder cannot be written."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a hint that ends a message: the nearest known word, or all of them where they are few.

    Returns:
        `` Did you mean 'x'?``, `` Known: a, b, c.`` or an empty string; it starts with a space.
    """
    names = [str(name) for name in known]
    near = difflib.get_close_matches(word.lower(), [name.lower() for name in names], n=1, cutoff=0.6)
    if near:
        original = next(name for name in names if name.lower() == near[0])
        return f" Did you mean '{original}'?"
    if names and len(names) <= 15:
        return f" Known: {', '.join(names)}."
    return ""


def one_line(error: BaseException | str, limit: int = 300) -> str:
    """Return an error's message as one line of at most ``limit`` characters, named by its type if empty.

    Colours that a message brings for a terminal, as Keras's do, are left out.
    """
    text = " ".join(_COLOURS.sub("", str(error)).split())
    if not text and isinstance(error, BaseException):
        text = type(error).__name__
    return text if len(text) <= limit else text[: limit - 1] + "…"
