"""The winner as one training script that does not import Kerasweep and repeats the refit's test score.

The script is written for the rows and the model at hand, then run up to training: the arrays that it makes are
compared with the refit's, and the weights that it starts from with those of the model's own code. Only what was
found equal is promised in its first lines.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from textwrap import wrap
from typing import Any

from ..errors import OutputError, one_line
from ..studies.comparison import outer_fold_of
from ..training.data.free_text import plain_texts
from ..training.data.resampling import RowDraw, draw_positions
from ..training.data.strata import label_strata
from ..training.data.trees import as_given, map_leaves, row_count, take
from ..training.data.vectorization import token_numbers
from ..training.models import Build
from ..training.models.optimizers import unscaled
from ..training.models.unfreezing import unfreeze
from ..training.plateau import FallingRate
from ..training.seeds import epoch_order
from ..training.trainers.feeding import VALIDATION_BATCH
from ..training.weighting import row_weights
from .expressions import WIDTH, literal
from .files import check_file, write_file
from .models import ModelCode, model_code
from .objective import objective_code
from .preparing import prepare_arguments, prepare_lines, target_lines
from .reading import Reading, choose_reading, read_now, with_given_folds, with_weights
from .rendering import render
from .rows import Steps, row_classes, row_steps, rows_in
from .sources import sources_of
from .text import score_text
from .verification import compare_rows
from .winner import Winner

_COMMENTS = {
    "SEED": "weights, dropout and the order of rows",
    "CLASS_WEIGHT": "rare classes weigh more",
    "DRAWN": "rows of each class",
    "FROZEN_EPOCHS": "in which the base does not train",
    "UNFROZEN_SHARE": "of the base's layers, the last ones, that train after them",
    "EPOCHS": "chosen on the mean curve of all folds",
}
_AS_IT_IS = "  # fmt: skip"
"""Ends plain data of several lines: a formatter would give each item a line of its own."""


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
    draft = _render(winner, reading, found, steps, model, ())
    notes = list(model.notes)
    if not model.built and type(unscaled(winner.model.optimizer)).__name__ == "ScheduleFreeAdamW":
        notes.append("Keras makes its optimizer's first values while it traces, and the refit before")
    if winner.trial.trainer == "hyperfit":
        notes.append("the refit was trained by HyperModel.fit, and this script calls model.fit")
    if not reading.runs:
        notes.append("its rows were given in Python, so that it could not be tried")
    else:
        notes += compare_rows(winner, draft)
    text = _render(winner, reading, found, steps, model, tuple(notes)) if notes else draft
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


def _render(
    winner: Winner,
    reading: Reading,
    found: dict[str, Any],
    steps: Steps,
    model: ModelCode,
    notes: tuple[str, ...],
) -> str:
    constants: dict[str, Any] = {
        "SEED": winner.seed,
        "EPOCHS": winner.epochs,
        "BATCH_SIZE": winner.batch_size,
        "CLASS_WEIGHT": winner.class_weight and dict(winner.class_weight),
        "DRAWN": winner.draw and _draw_arguments(winner.draw),
        "MIXING": winner.mixing and dict(winner.mixing.arguments),
        "PLATEAU": winner.plateau and dict(winner.plateau.arguments),
        "FROZEN_EPOCHS": winner.fine_tuning and winner.fine_tuning.epoch,
        "UNFROZEN_SHARE": winner.fine_tuning and winner.fine_tuning.share,
    }
    constants = {name: value for name, value in constants.items() if value is not None}
    constants |= {**reading.constants, **steps.constants, **model.constants}
    x = found.get("x_train" if reading.has_test_rows else "x")
    x = x if winner.dataset.series is None else winner.dataset.x
    prepare, needed = prepare_lines(winner, x, steps.constants)
    targets, more = target_lines(winner)
    objective = objective_code(winner)
    scored_by = objective.functions if objective else ()
    sources = sources_of(*reading.functions, *steps.functions, *_applied(winner), *scored_by, *model.classes)
    imports = {
        "import keras",
        "import numpy as np",
        *reading.imports,
        *sources.imports,
        *needed,
        *more,
        *model.imports,
        *(objective.imports if objective else ()),
    }
    text = render(
        "train.py.j2",
        title=_safe(
            f"Train the winner of the study '{winner.study.name}' again: trial {winner.trial.number}."
        ),
        provenance=_provenance(winner, notes),
        imports=_imports(imports),
        constants=[*_constants(constants, {**_COMMENTS, **steps.comments}), *sources.constants],
        helpers=[*sources.texts, *steps.helpers],
        load=[*reading.lines, *steps.lines],
        prepare_about=_prepare_about(winner),
        prepare=prepare,
        prepare_arguments=prepare_arguments(winner),
        row_classes=row_classes(winner, "y_train") if winner.draw else "",
        targets=targets,
        targets_about=_targets_about(winner),
        scaled=winner.preparation.target is not None,
        model_about=model.about,
        builder=model.body,
        rows_of=partial(_rows_of, winner),
        count=rows_in(winner, "y_train") if _has_nests(winner) else "len(x_train)",
        class_weight=winner.class_weight,
        rows_an_epoch=winner.rows_an_epoch if _leaves_out(winner) else None,
        weighted=winner.dataset.weights is not None,
        mixing=winner.mixing,
        shuffle=winner.shuffle,
        codes=_codes_code(winner),
        plateau=winner.plateau,
        fine_tuning=model.fine_tuning,
        built=model.built,
        averages=getattr(unscaled(winner.model.optimizer), "use_ema", False),
        test_batch=VALIDATION_BATCH,
        objective=objective,
        powers=literal(dict(winner.unit_powers)),
    )
    return _spaced(text)


def _leaves_out(winner: Winner) -> bool:
    """Tell whether an epoch leaves a smaller last batch out."""
    return winner.rows_an_epoch < (sum(winner.draw.counts) if winner.draw else winner.dataset.rows)


def _draw_arguments(draw: RowDraw) -> dict[str, Any]:
    """Return what ``draw_positions`` is given besides classes."""
    return {"kept": list(draw.kept), "counts": list(draw.counts), "bootstrap": draw.bootstrap}


def _codes_code(winner: Winner) -> str:
    """Return the expression of the classes' codes, of targets as the model's loss reads them."""
    if winner.labels == "one-hot":
        return "y_train.argmax(axis=1)"
    return "y_train" if winner.labels == "codes" else "y_train[:, 0].astype(int)"


def _has_several_inputs(winner: Winner) -> bool:
    """Tell whether the model reads several: arrays that were given, or tokens of texts beside columns."""
    return winner.dataset.kind == "arrays" or isinstance(winner.signature.input_shape, dict)


def _has_nests(winner: Winner) -> bool:
    """Tell whether there are several inputs or outputs."""
    return _has_several_inputs(winner) or winner.dataset.task == "outputs"


def _rows_of(winner: Winner, name: str, rows: str) -> str:
    """Return the expression of some rows of the script's arrays."""
    several = _has_several_inputs(winner) if name.startswith("x") else winner.dataset.task == "outputs"
    return f"take({name}, {rows})" if several else f"{name}[{rows}]"


def _applied(winner: Winner) -> list[Any]:
    """Return what the trainer applied besides ``fit``, as the script's ``main`` does."""
    used = {
        draw_positions: winner.draw,
        label_strata: winner.draw and winner.dataset.task == "multilabel",
        epoch_order: winner.shuffle,
        row_weights: winner.class_weight and (winner.mixing or winner.dataset.weights is not None),
        FallingRate: winner.plateau,
        unfreeze: winner.fine_tuning,
    }
    functions: list[Any] = [function for function, applies in used.items() if applies]
    functions += [take, map_leaves] if _has_nests(winner) else []
    functions += [as_given] if winner.dataset.kind == "arrays" or winner.dataset.task == "outputs" else []
    functions += [plain_texts, token_numbers] if winner.preparation.vocabulary else []
    functions += [row_count] if winner.dataset.task == "outputs" else []
    return [*functions, *([winner.mixing.function] if winner.mixing else [])]


def _prepare_about(winner: Winner) -> str:
    if winner.preparation.vocabulary:
        return "Learn words, and scale, by what the training rows say, and by nothing else."
    if winner.preparation.features is not None:
        return "Scale by what the training rows say, and by nothing else."
    return "Bring rows into the model's shape and range; nothing is fitted."


def _targets_about(winner: Winner) -> str:
    if winner.dataset.task == "outputs":
        return "Return targets as the model gets them: floats as float32."
    abouts = {
        "one-hot": "Return one-hot rows, which the model's loss reads.",
        "multi-hot": "Return 0 and 1 as numbers that the model's loss reads.",
        "column": "Return a column of 0 and 1, which the model's loss reads.",
        "values": "Return the numbers that stand for the classes, which the model's loss reads.",
        "value column": "Return the numbers that stand for the classes, which the model's loss reads.",
    }
    if winner.labels in abouts:
        return abouts[winner.labels]
    if winner.preparation.target is None:
        return "Return targets in a column, as they were given."
    return "Return standardised targets, and how many of the target's units one scaled unit is."


def _provenance(winner: Winner, notes: tuple[str, ...]) -> list[str]:
    study, dataset = winner.study, winner.dataset
    scores = ", ".join(f"{metric} {value:.6g}" for metric, value in winner.test.items())
    versions = study.about.get("versions", {})
    named = ", ".join(
        f"{name} {versions[name]}"
        for name in ("keras", "tensorflow", "scikit-learn", "numpy")
        if name in versions
    )
    scored = f"Test rows: {scores}."
    if notes:
        scored += f" This script may print other numbers: {'; '.join(notes)}."
    else:
        scored += f" This script prints the same again on the same machine with {named}."
    data = (
        f"Data: {dataset.name}, {dataset.rows:,} training rows, {dataset.test_rows:,} test rows, "
        f"fingerprint {dataset.fingerprint}."
    )
    flatters = "" if winner.optimism is None else f" {winner.optimism.sentence}"
    paragraphs = (f"Cross-validation: {score_text(study, winner.trial)}.{flatters}", scored, data)
    return [line for text in paragraphs for line in wrap(_safe(text), 100, break_on_hyphens=False)]


def _safe(text: str) -> str:
    """Return text that may stand in a docstring, in one line."""
    return " ".join(text.split()).replace("\\", "\\\\").replace('"""', "'''")


def _imports(lines: set[str]) -> str:
    """Return import lines as isort orders them: the standard library first, ``import`` before ``from``."""
    merged: dict[str, set[str]] = {}
    plain = {line for line in lines if line.startswith("import ")}
    for line in lines - plain:
        module, _, names = line.removeprefix("from ").partition(" import ")
        merged.setdefault(module, set()).update(names.split(", "))
    froms = {_from(module, names) for module, names in merged.items()}
    sections = []
    for standard in (True, False):
        for part in (plain, froms):
            sections += [
                sorted(
                    (line for line in part if (_module(line) in sys.stdlib_module_names) == standard),
                    key=str.lower,
                )
            ]
    texts = ("\n".join([*first, *then]) for first, then in zip(sections[::2], sections[1::2], strict=True))
    return "\n\n".join(text for text in texts if text)


def _from(module: str, names: set[str]) -> str:
    listed = sorted(names, key=lambda name: (not name[0].isupper(), name))
    line = f"from {module} import {', '.join(listed)}"
    return (
        line
        if len(line) <= WIDTH
        else "\n".join([f"from {module} import (", *(f"    {name}," for name in listed), ")"])
    )


def _module(line: str) -> str:
    return line.split()[1].partition(".")[0]


def _constants(constants: dict[str, Any], comments: dict[str, str]) -> list[str]:
    lines = []
    for name, value in constants.items():
        text = f"{name} = {literal(value, len(name) + 3)}"
        several = "\n" in text
        if several:
            text += _AS_IT_IS
        if name in comments:
            above = several or len(text) + len(comments[name]) > WIDTH
            text = f"# {comments[name]}\n{text}" if above else f"{text}  # {comments[name]}"
        lines.append(text)
    return lines


def _spaced(text: str) -> str:
    """Return text with two blank lines before each function and at most one anywhere else, as formatters have it."""
    lines: list[str] = []
    for line in text.split("\n"):
        if line.startswith(("def ", "class ", "if __name__")):
            while not lines[-1]:
                lines.pop()
            lines += ["", ""]
        if line.strip() or (lines and lines[-1]):
            lines.append(line.rstrip())
    return "\n".join(lines).rstrip() + "\n"
