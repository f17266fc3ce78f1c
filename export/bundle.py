"""The winner as a folder that predicts: model, fitted preprocessing, what is known about them, and ``predict.py``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
import numpy as np

from ..errors import OutputError
from ..paths import given_path
from ..training.data import take
from ..training.data.mapped_rows import extremes
from ..training.data.table_options import names_of
from ..training.data.trees import named_leaves
from ..training.models.saving import unimportable_classes
from .files import check_folder
from .outputs import describe_outputs
from .rendering import render
from .text import provenance, score_text
from .trained import FORMAT, TrainedModel
from .winner import Winner

_SAMPLE = 8
"""Rows, of the test if there are any, that the saved model is tried on."""


def write_keras(winner: Winner, folder: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
    """Write a winner as a folder, and return its path; see ``TrainedModel.save``."""
    check_folder(given_path(folder, "a folder"), overwrite=overwrite)
    return trained_model(winner).save(folder, overwrite=overwrite)


def trained_model(winner: Winner, classes: Sequence[Any] | np.ndarray | None = None) -> TrainedModel:
    """Return a winner as one object that predicts from raw rows, and holds none of the data but a few rows.

    Args:
        winner: The refit.
        classes: What ``predict`` returns for each class; their names where None.
    """
    about, fitted, dataset = describe(winner), winner.preparation, winner.dataset
    learned = {"features": fitted.features, "target": fitted.target, "vocabulary": fitted.vocabulary}
    sample = fitted.transform(take(dataset.x_test if dataset.test_rows else dataset.x, slice(_SAMPLE)))
    readme = _readme(winner, about)
    return TrainedModel(
        about, winner.model, learned, readme, sample, None if classes is None else np.asarray(classes)
    )


def describe(winner: Winner) -> dict[str, Any]:
    """Return the content of ``bundle.json``."""
    dataset, fitted = winner.dataset, winner.preparation
    text = fitted.preparation.recipe.text
    return {
        "format": FORMAT,
        "task": dataset.task,
        "classes": list(dataset.classes),
        "labels": winner.labels,
        **(asdict(describe_outputs(winner)) if dataset.classes else {}),
        "output_names": _output_names(winner),
        "outputs": winner.signature.outputs,
        "preparation": fitted.preparation.as_dict(),
        "range": list(extremes(dataset.x)) if dataset.kind in ("image", "array", "sequence") else None,
        "text_files": text is not None and Path(winner.study.spec["data"]["source"]).expanduser().is_dir(),
        "longest_word": None if text is None else text.longest_word,
        "vectorization": None if text is None else text.layer_arguments,
        "target_scale": fitted.target_scale,
        "columns": _layouts(winner),
        "series": None if dataset.series is None else asdict(dataset.series),
        "formats": asdict(dataset.formats),
        "encoding": winner.study.spec["data"].get("encoding"),
        "modules": _own_modules(winner.model),
        "test": dict(winner.test),
        "test_rows": dataset.test_rows,
        "rows": dataset.rows,
        "epochs": winner.epochs,
        "batch_size": winner.batch_size,
        "seed": winner.seed,
        "model": winner.study.spec["model"],
        "provenance": {**provenance(winner.study, winner.trial, winner.optimism), "test": dict(winner.test)},
    }


def _output_names(winner: Winner) -> list[str]:
    """Return the names of several outputs in the order in which Keras lists them; empty where there is one."""
    if winner.dataset.task != "outputs":
        return []
    names = getattr(winner.model, "output_names", None)
    return list(names) if names else [name for name, _ in named_leaves(winner.dataset.y)]


def _layouts(winner: Winner) -> list[list[str]]:
    """Return the columns of a file without names as new rows may have them: all, without the target, without groups, without weights."""
    every = list(winner.dataset.columns)
    data = winner.study.spec["data"]
    layouts = [every]
    for use in ("target", "group", "weight", "validation", "fold_column"):
        if every and (left_out := data.get(use)) is not None:
            layouts.append([name for name in layouts[-1] if name not in names_of(left_out)])
    return layouts if every else []


def _own_modules(model: keras.Model) -> list[str]:
    """Return the modules of layers that are not Keras's, which must be imported before the model can be loaded."""
    classes = {type(layer) for layer in [model, *model._flatten_layers()]}  # no public way
    modules = sorted(
        {cls.__module__ for cls in classes if cls.__module__.partition(".")[0] not in ("keras", "tensorflow")}
    )
    if "__main__" in modules:
        names = ", ".join(unimportable_classes(model))
        raise OutputError(
            f"The model has layers that no other program can import ({names}); put them into a module."
        )
    return modules


def _readme(winner: Winner, about: dict[str, Any]) -> str:
    kinds = {
        "table": "rows.csv",
        "image": "image.png",
        "array": "rows.npy",
        "sequence": "rows.npy",
        "arrays": "rows.npz",
    }
    example = "rows.csv" if winner.dataset.series is not None else kinds[winner.dataset.kind]
    if about["text_files"]:
        example = "text.txt"
    versions = winner.study.about.get("versions", {})
    return render(
        "README.md.j2",
        study=winner.study.name,
        trial=winner.trial.number,
        model=about["model"],
        rows=f"{about['rows']:,}",
        data=winner.dataset.name,
        epochs=about["epochs"],
        cv=f"Cross-validation: {score_text(winner.study, winner.trial)}",
        optimism="" if winner.optimism is None else winner.optimism.sentence,
        test_rows=f"{about['test_rows']:,}",
        threshold=about.get("threshold") if winner.dataset.task == "multilabel" else None,
        test=", ".join(f"{metric} {value:.6g}" for metric, value in winner.test.items()),
        example=example,
        versions=", ".join(f"{name} {version}" for name, version in versions.items()),
    )
