"""Errors in a user's code, as one-line messages."""

from __future__ import annotations

import re
import sys
import sysconfig
import traceback
from pathlib import Path

from ...errors import FatalTrainingError, TrainingError, one_line

_OF_TENSORFLOW = re.compile(r"\{\{function_node .*?\}\} |\s*\[Op:\w+\] name:\s*$")
"""Where in its own program an error of TensorFlow's was raised."""
_OURS = tuple(Path(__file__).parents[2] / part for part in ("search", "spaces", "training"))


def describe_error(error: BaseException) -> str:
    """Return an error of a user's code in one line: type, message, and file and line where it was raised."""
    text = f"{type(error).__name__}: {_OF_TENSORFLOW.sub('', one_line(error))}"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_of_a_user(frame.filename)]
    return f"{text} ({Path(frames[-1].filename).name} line {frames[-1].lineno})" if frames else text


def of_user(kind: str, text: str, error: BaseException) -> TrainingError:
    """Return the trial's error for one of a user's code; one of KerasTuner's ``FatalError`` ends the sweep, as there."""
    fatal = getattr(sys.modules.get("keras_tuner"), "errors", None)
    is_fatal = fatal is not None and isinstance(error, fatal.FatalError)
    return (FatalTrainingError if is_fatal else TrainingError)(kind, f"{text} raises {describe_error(error)}")


def _is_of_a_user(filename: str) -> bool:
    """Tell whether code is neither a library's nor ours. The root of a clone is the package, and has examples, too."""
    if "site-packages" in filename or filename.startswith("<frozen"):
        return False
    return not any(
        Path(filename).is_relative_to(folder) for folder in (*_OURS, Path(sysconfig.get_path("stdlib")))
    )
