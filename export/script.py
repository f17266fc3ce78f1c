"""The winner as one training script that does not import Kerasweep and repeats the refit's test score.

The script is written for the rows and the model at hand, then run up to training: the arrays that it makes are
compared with the refit's, and the weights that it starts from with those of the model's own code. Only what was
found equal is promised in its first lines.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import OutputError, one_line
from ..studies.comparison import outer_fold_of
from ..training.models import Build
from ..training.models.optimizers import unscaled
from .files import check_file, write_file
from .models import model_code
from .reading import Reading, choose_reading, read_now, with_given_folds, with_weights
from .rows import row_steps
from .script_text import script_text
from .verification import compare_rows
from .winner import Winner


@dataclass(frozen=True)
class Script:
    """A script's text and what is known about it."""

    text: str
    notes: tuple[str, ...]
    """Why its score may differ from the refit's; empty where everything was found equal."""


def write_script(winner: Winner, path: str | os.PathLike[str], *, build: Build | None = None) -> Path:
    """Write the script and return its path.

    Args:
        winner: The refit.
        path: The file; an existing one is replaced.
        build: The model function ``build(configuration, signature)``; found by its name where None. With it a
            family's initial weights are compared as well.

    Raises:
        OutputError: The file cannot be written, or the rows cannot be read again.
        ModelError: The model can neither be written as layers nor imported by name.
    """
    target = check_file(path)
    return write_file(target, make_script(winner, build=build).text)


def make_script(winner: Winner, *, build: Build | None = None) -> Script:
    """Return the script; the arguments are those of ``write_script``."""
    if not winner.dataset.test_rows:
        raise OutputError("A script scores what it trains on test rows, and none are held out: export keras.")
    if outer_fold_of(winner.study) is not None:
        raise OutputError(
            f"'{winner.study.name}' holds out a fold of a nested cross-validation, which only scores a search: export the "
            "study of all training rows."
        )
    reading, found = _read(winner)
    steps = row_steps(winner, reading, found)
    model = model_code(winner, build)
    draft = script_text(winner, reading, found, steps, model, ())
    notes = list(model.notes)
    if not model.built and type(unscaled(winner.model.optimizer)).__name__ == "ScheduleFreeAdamW":
        notes.append("Keras makes its optimizer's first values while it traces, and the refit before")
    if winner.trial.trainer == "hypermodel":
        notes.append("the refit was trained by HyperModel.fit, and this script calls model.fit")
    if not reading.runs:
        notes.append("its rows were given in Python, so that it could not be tried")
    else:
        notes += compare_rows(winner, draft)
    text = script_text(winner, reading, found, steps, model, tuple(notes)) if notes else draft
    return Script(text, tuple(notes))


def _read(winner: Winner) -> tuple[Reading, dict[str, Any]]:
    """Return how the rows are read, and what is read that way."""
    data = winner.study.spec["data"]
    try:
        reading = with_weights(choose_reading(data, winner.dataset), data, winner.dataset)
        found = read_now(reading) if reading.runs else {}
        return with_given_folds(reading, data, winner.dataset), found
    except Exception as error:
        reason = one_line(error)
        raise OutputError(
            f"The data '{data['source']}' cannot be read again for a script: {reason}"
        ) from error
