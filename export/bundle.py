"""The winner as a folder that predicts: model, fitted preprocessing, what is known about them, and ``predict.py``."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import joblib
import keras
import numpy as np

from ..cells import plain_number, plain_text
from ..errors import OutputError, one_line
from ..training.data import take
from ..training.data.delimited import first_rows, marked_encoding, read_csv, table_suffix
from ..training.data.free_text import plain_texts, text_table
from ..training.data.series import make_windows, sort_by_time, step_matrix
from ..training.data.table_options import names_of
from ..training.data.text_columns import with_formats
from ..training.data.text_folders import read_text
from ..training.data.trees import named_leaves
from ..training.data.vectorization import token_numbers
from ..training.models.saving import unimportable_classes
from .files import MARK, new_folder
from .outputs import describe_outputs
from .rendering import render
from .sources import sources_of
from .text import provenance, score_text
from .winner import Winner

FORMAT = 2
"""Raised when ``bundle.json`` changes its meaning."""
_SAMPLE = 8
"""Test rows that the saved model is tried on."""


def write_keras(winner: Winner, folder: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
    """Write the folder and return its path. It appears whole or not at all.

    Args:
        winner: The refit.
        folder: Where; an earlier export is replaced.
        overwrite: Whether another folder with content may be written into; its other files stay.

    Raises:
        OutputError: The folder holds something else, cannot be written, or the saved model does not load again.
    """
    with new_folder(folder, overwrite=overwrite) as fresh:
        about = describe(winner)
        _save_model(winner, fresh / "model.keras")
        fitted = winner.preparation
        learned = {"features": fitted.features, "target": fitted.target, "vocabulary": fitted.vocabulary}
        joblib.dump(learned, fresh / "preprocessing.joblib")
        (fresh / MARK).write_text(json.dumps(about, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        used = [plain_text, plain_number, with_formats, table_suffix, marked_encoding, first_rows, read_csv]
        used += [sort_by_time, step_matrix, make_windows, text_table, plain_texts, token_numbers, read_text]
        sources = sources_of(*used)
        (fresh / "predict.py").write_text(
            render("predict.py.j2", cells=[*sources.constants, *sources.texts]), encoding="utf-8"
        )
        (fresh / "README.md").write_text(_readme(winner, about), encoding="utf-8")
    return Path(folder).expanduser()


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
        "range": _range(np.asarray(dataset.x)) if dataset.kind in ("image", "array", "sequence") else None,
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
    for left_out in (
        data.get("target"),
        data.get("group"),
        data.get("weight"),
        data.get("validation"),
        data.get("fold_column"),
    ):
        if every and left_out is not None:
            layouts.append([name for name in layouts[-1] if name not in names_of(left_out)])
    return layouts if every else []


def _range(x: np.ndarray) -> list[float]:
    return [float(np.nanmin(x)), float(np.nanmax(x))]


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


def _save_model(winner: Winner, path: Path) -> None:
    """Save the model and try it: what cannot be loaded again is not exported."""
    rows = winner.preparation.transform(take(winner.dataset.x_test, slice(_SAMPLE)))
    try:
        winner.model.save(path)
        again = keras.models.load_model(path, compile=False)
        outputs = (keras.tree.flatten(one.predict(rows, verbose=0)) for one in (again, winner.model))
        same = all(np.allclose(a, b, rtol=1e-4, atol=1e-6) for a, b in zip(*outputs, strict=True))
    except Exception as error:
        hint = "register its classes with @keras.saving.register_keras_serializable()"
        raise OutputError(
            f"The model cannot be saved and loaded again: {one_line(error, 200)}; {hint}."
        ) from error
    if not same:
        raise OutputError(
            "The model predicts something else after it was saved and loaded; its layers lose state."
        )


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
