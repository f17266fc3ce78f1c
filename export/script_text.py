"""The text of a training script: each part of it as the winner has it, put into ``train.py.j2``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from textwrap import wrap
from typing import Any

from ..training.data.free_text import plain_texts
from ..training.data.resampling import RowDraw, draw_positions
from ..training.data.strata import label_strata
from ..training.data.trees import as_given, map_leaves, row_count, take
from ..training.data.vectorization import token_numbers
from ..training.models.optimizers import unscaled
from ..training.models.unfreezing import unfreeze
from ..training.plateau import FallingRate
from ..training.seeds import epoch_order
from ..training.trainers.feeding import VALIDATION_BATCH
from ..training.weighting import row_weights
from .code_layout import constant_lines, docstring_line, import_lines, spaced
from .expressions import literal
from .models import ModelCode
from .preparing import prepare_arguments, prepare_lines, target_lines
from .reading import Reading
from .rendering import render
from .scores import scoring_code
from .sources import sources_of
from .split_steps import row_classes, rows_in
from .steps import Steps
from .text import score_text
from .winner import Winner

_COMMENTS = {
    "SEED": "weights, dropout and the order of rows",
    "CLASS_WEIGHT": "rare classes weigh more",
    "DRAWN": "rows of each class",
    "FROZEN_EPOCHS": "in which the base does not train",
    "UNFROZEN_SHARE": "of the base's layers, the last ones, that train after them",
    "EPOCHS": "chosen on the mean curve of all folds",
}

_HIDDEN_CHATTER = """os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
try:
    shown = os.dup(2) if sys.stderr else os.open(os.devnull, os.O_WRONLY)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # TensorFlow's libraries write there while they are loaded
    import keras
finally:
    os.dup2(shown, 2)"""


def script_text(
    winner: Winner,
    reading: Reading,
    found: dict[str, Any],
    steps: Steps,
    model: ModelCode,
    notes: tuple[str, ...],
) -> str:
    """Return the script.

    Args:
        winner: The refit.
        reading: How its rows are read.
        found: What is read that way.
        steps: What makes training and test rows of it.
        model: How its model is made.
        notes: Why its score may differ from the refit's.
    """
    constants = {**_constants_of(winner), **reading.constants, **steps.constants, **model.constants}
    x = found.get("x_train" if reading.has_test_rows else "x")
    x = x if winner.dataset.series is None else winner.dataset.x
    preparation, needed = _preparation(winner, x, steps.constants)
    scores = scoring_code(winner)
    scored_by = [function for one in scores for function in one.functions]
    sources = sources_of(*reading.functions, *steps.functions, *_applied(winner), *scored_by, *model.classes)
    imports = {
        "import keras",
        "import numpy as np",
        *reading.imports,
        *sources.imports,
        *needed,
        *model.imports,
        *(name for one in scores for name in one.imports),
    }
    text = render(
        "train.py.j2",
        title=docstring_line(
            f"Train the winner of the study '{winner.study.name}' again: trial {winner.trial.number}."
        ),
        provenance=_provenance(winner, notes),
        imports=_quiet(imports),
        constants=[*constant_lines(constants, {**_COMMENTS, **steps.comments}), *sources.constants],
        helpers=[*sources.texts, *steps.helpers],
        load=[*reading.lines, *steps.lines],
        row_classes=row_classes(winner, "y_train") if winner.draw else "",
        model_about=model.about,
        builder=model.body,
        rows_of=partial(_rows_of, winner),
        count=rows_in(winner, "y_train") if _has_nests(winner) else "len(x_train)",
        fine_tuning=model.fine_tuning,
        built=model.built,
        asks_built=model.asks_built,
        scores=scores,
        **preparation,
        **_training_loop(winner),
    )
    return spaced(text)


def _quiet(imports: set[str]) -> str:
    """Return imports with what keeps TensorFlow's own lines from the user, where it is loaded; what fails raises."""
    loaded = {"import keras"}
    standard, others = import_lines({"import os", "import sys", *imports} - loaded).split("\n\n", 1)
    return f"{standard}\n\n{_HIDDEN_CHATTER}\n\n{others}"


def _preparation(winner: Winner, x: Any, constants: Mapping[str, Any]) -> tuple[dict[str, Any], set[str]]:
    """Return what the template is told of how features and targets are prepared, and what that imports."""
    prepare, imports = prepare_lines(winner, x, constants)
    targets, more = target_lines(winner)
    told = {
        "prepare_about": _prepare_about(winner),
        "prepare": prepare,
        "prepare_arguments": prepare_arguments(winner),
        "targets": targets,
        "targets_about": _targets_about(winner),
        "scaled": winner.preparation.target is not None,
    }
    return told, {*imports, *more}


def _training_loop(winner: Winner) -> dict[str, Any]:
    """Return what the template is told of the loop over epochs."""
    return {
        "class_weight": winner.class_weight,
        "rows_an_epoch": winner.rows_an_epoch if _leaves_out(winner) else None,
        "weighted": winner.dataset.weights is not None,
        "mixing": winner.mixing,
        "shuffle": winner.shuffle,
        "codes": _codes_code(winner),
        "plateau": winner.plateau,
        "averages": getattr(unscaled(winner.model.optimizer), "use_ema", False),
        "test_batch": VALIDATION_BATCH,
        "powers": literal(dict(winner.unit_powers)),
    }


def _constants_of(winner: Winner) -> dict[str, Any]:
    """Return what the training has of its own, by the script's names."""
    constants = {
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
    return {name: value for name, value in constants.items() if value is not None}


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
    return [line for text in paragraphs for line in wrap(docstring_line(text), 100, break_on_hyphens=False)]
