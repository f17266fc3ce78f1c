"""The winner as one zip to be deployed: the folder of ``bundle``, what it was, and a sample that shows that it works.

The zip is written once its ``predict.py`` has run in a process of its own, without Kerasweep, and has said of the
sample what the refit says.
"""

from __future__ import annotations

import csv
import os
import runpy
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from importlib import import_module
from importlib.metadata import packages_distributions, version
from pathlib import Path
from typing import Any

import keras
import numpy as np

from ..errors import OutputError, one_line
from ..training.data import take
from ..training.data.table_options import names_of
from .bundle import trained_model
from .files import check_file, new_file
from .predictor import Predictor
from .samples import as_in_source, write_sample
from .text import json_text, to_yaml
from .winner import Winner

SAMPLE = 8
"""Test rows of the sample."""
_SCORES = (
    "metric",
    "direction",
    "value",
    "values",
    "standard_error",
    "fold_scores",
    "expected",
    "cv",
    "test",
)
_ALONE = """
import runpy, sys
sys.modules["kerasweep"] = None
sys.argv = sys.argv[1:]
sys.path[0] = "."
runpy.run_path(sys.argv[0], run_name="__main__")
"""
Table = tuple[list[str], list[list[str]]]


def write_deploy(winner: Winner, path: Path) -> Path:
    """Write the zip and return its path. It appears whole, and only if it works.

    Raises:
        OutputError: It cannot be written, the saved model does not load again, or ``predict.py`` does not say in a
            process of its own what the refit says.
    """
    target = check_file(path)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / target.stem
        check_package(folder, *fill_package(winner, folder))
        with new_file(target) as fresh, zipfile.ZipFile(fresh, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in sorted(folder.rglob("*")):
                if "__pycache__" not in file.parts:
                    archive.write(file, file.relative_to(scratch))
    return target


def fill_package(winner: Winner, folder: Path) -> tuple[Path, Table]:
    """Write the folder that becomes the zip, without the sample's output.

    Returns:
        The sample input, and what the refit says of it as a table.

    Raises:
        OutputError: The saved model does not load again, or its preprocessing makes other rows.
    """
    trained = trained_model(winner)
    trained.save(folder)
    dataset, about = winner.dataset, trained.about
    rows = take(dataset.x_test if dataset.test_rows else dataset.x, slice(SAMPLE))
    made = runpy.run_path(str(folder / "predict.py"))
    data = winner.study.spec["data"]
    source = Path(str(data["source"])).expanduser()
    shown = as_in_source(rows, dataset, source, made["read_rows"], trained.predictor)
    if shown is not rows:
        shown = shown.drop(columns=list(names_of(data.get("target"))), errors="ignore")
    sample = write_sample(shown, folder, dataset, about)
    known = replace(winner.study, refits={winner.trial.number: {"test": dict(winner.test)}})
    files = {
        "configuration.yaml": to_yaml(known, winner.trial, winner.optimism),
        "scores.json": json_text({key: one for key, one in about["provenance"].items() if key in _SCORES}),
        "requirements.txt": _requirements(winner, sample, _copy_modules(about["modules"], folder)),
        "README.md": trained.readme + _README.format(sample=sample.name),
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return sample, _said(winner, trained.predictor, made["tell"], rows)


_README = """
This package was checked before it was written:

    pip install -r requirements.txt
    python predict.py {sample} -o said.csv    # the same as sample_output.csv

| file | content |
| --- | --- |
| `{sample}` | the first test rows |
| `sample_output.csv` | what `predict.py` says of them |
| `configuration.yaml` | the hyperparameters and where they come from; `kerasweep launch configuration.yaml` trains them again |
| `scores.json` | cross-validated, and on the test rows |
| `requirements.txt` | the versions that it was made and checked with |
"""


def _copy_modules(modules: Iterable[str], folder: Path) -> list[str]:
    """Put the modules of a user's own layers beside ``predict.py``; return the installed packages among them."""
    names = dict.fromkeys(name.partition(".")[0] for name in modules)
    installed = packages_distributions() if names else {}
    found = []
    for name in names:
        if name in installed:
            found.append(installed[name][0])
            continue
        file = Path(str(import_module(name).__file__))
        if file.name == "__init__.py":
            shutil.copytree(file.parent, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(file, folder)
    return found


def _requirements(winner: Winner, sample: Path, modules: Iterable[str]) -> str:
    """Return what ``predict.py`` imports, in the versions that are here."""
    needed = ["keras", "tensorflow", "scikit-learn", "pandas", "numpy", "joblib", *modules]
    if winner.dataset.kind == "image":
        needed.append("pillow")
    if sample.suffix == ".parquet" or str(winner.study.spec["data"]["source"]).endswith((".parquet", ".pq")):
        needed.append("pyarrow")
    return "".join(f"{name}=={version(name)}\n" for name in needed)


def _said(winner: Winner, predictor: Predictor, tell: Callable[..., Table], rows: Any) -> Table:
    """Return what the refit says of rows in memory, as the table that ``predict.py`` writes.

    Raises:
        OutputError: Its rows are prepared otherwise than for the refit.
    """
    pair = (keras.tree.flatten(one) for one in (winner.preparation.transform(rows), predictor.prepare(rows)))
    if not all(np.allclose(a, b, rtol=1e-5, equal_nan=True) for a, b in zip(*pair, strict=True)):
        raise OutputError("predict.py prepares rows otherwise than the refit did; please report it.")
    return tell(predictor, rows, [])


def check_package(folder: Path, sample: Path, said: Table) -> None:
    """Run ``predict.py`` on the sample in a process of its own, which writes ``sample_output.csv``.

    Raises:
        OutputError: It fails, or says something else than the refit.
    """
    output = folder / "sample_output.csv"
    done = _run_alone(folder, "predict.py", sample.name, "-o", output.name)
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["it ended without a word"])[-1]
        raise OutputError(f"The package does not run by itself, and was not written: {one_line(reason, 200)}")
    with output.open(encoding="utf-8", newline="") as stream:
        header, *rows = csv.reader(stream)
    extra = len(header) - len(said[0])  # the names of files, which rows in memory have not
    if header[extra:] != said[0] or not _alike([row[extra:] for row in rows], said[1]):
        raise OutputError(
            "The package says something else of the sample than the refit, and was not written; please report it."
        )


def _run_alone(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program of a folder where Kerasweep cannot be imported, and nothing that the caller's paths lead to."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment = {**own, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1"}
    command = [sys.executable, "-c", _ALONE, *arguments]
    return subprocess.run(  # noqa: S603 - what was just made
        command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False
    )


def _alike(rows: list[list[str]], others: list[list[str]]) -> bool:
    """Tell whether tables hold the same words, and numbers that are the same to rounding."""
    return len(rows) == len(others) and all(
        len(row) == len(other) and all(map(_same, row, other))
        for row, other in zip(rows, others, strict=True)
    )


def _same(cell: str, other: str) -> bool:
    try:
        return bool(np.isclose(float(cell), float(other), rtol=1e-3, atol=2e-4, equal_nan=True))
    except ValueError:
        return cell == other
