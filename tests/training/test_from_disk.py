"""Rows that stay in files train to the same digits as rows in memory: folders of pictures, and arrays that are standardised."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from kerasweep.api import plan_sweep
from kerasweep.search.executors.contract import run_task
from kerasweep.search.executors.memory_mapping import read_mapped, write_mapped
from kerasweep.training.data import (
    MappedRows,
    array_files,
    fitted_preparation,
    images,
    leaves,
    mapped_rows,
    stored_tables,
)
from kerasweep.training.data.disk_cache import FOLDER_VARIABLE
from kerasweep.training.data.mapped_table import MappedTable
from kerasweep.training.events import Task, TrialEnded, TrialFailed
from kerasweep.training.refit import train_on_all_rows
from kerasweep.training.trainers import feeding
from kerasweep.training.trainers.runtime import make_trainer
from PIL import Image

pytestmark = pytest.mark.trains


def pictures_below(root: Path, count: int = 60) -> Path:
    rng = np.random.default_rng(0)
    for number in range(count):
        folder = root / f"class{number % 3}"
        folder.mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:03}.png")
    return root


def trained(source: Path, model: str, trainer: str, configuration: dict[str, Any], **options: Any) -> Any:
    """Return the plan, and all that training, a refit and its predictions bring."""
    plan = plan_sweep(
        str(source), model, epochs=2, patience=None, trials=1, folds=2, trainer=trainer, **options
    )
    asked = {**plan.space.recommended(), "batch_size": 7, **configuration}
    *_, last = run_task(make_trainer(plan.workload, 1), Task(0, asked, seed=11))
    assert isinstance(last, TrialEnded), last
    assert last.outcome.trainer == trainer, last.outcome.notes
    refit = train_on_all_rows(plan.workload, asked, seed=1, epochs=1, on_epoch=lambda *_: None)
    weights = [np.asarray(weight) for weight in refit.model.get_weights()]
    return plan, (last.outcome.curves, refit.training, refit.test, plan.dataset.fingerprint), weights


@pytest.fixture
def nothing_small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Return what has rows left in files from then on, however few they are."""

    def switch() -> None:
        monkeypatch.setattr(images, "IN_MEMORY", 0)
        monkeypatch.setattr(array_files, "MAPPED_BYTES", 0)
        monkeypatch.setattr(stored_tables, "IN_MEMORY", 0)
        monkeypatch.setattr(fitted_preparation, "MOST_FLOATS", 0)
        monkeypatch.setattr(feeding, "SMALL_BYTES", 0)

    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "cache"))
    return switch


@pytest.mark.parametrize(
    ("trainer", "model", "configuration", "options"),
    [
        ("fused", "dnn", {"units": 4, "hidden_layers": 1, "mixing": "mixup"}, {"scaling": "standard"}),
        ("fit", "dnn", {"units": 4, "hidden_layers": 1}, {}),
    ],
)
def test_pictures_in_a_file_train_to_the_same_digits(
    tmp_path, nothing_small, trainer, model, configuration, options
) -> None:
    source = pictures_below(tmp_path / "pictures")
    plan, *in_memory = trained(source, model, trainer, configuration, **options)
    assert isinstance(plan.dataset.x, np.ndarray)
    nothing_small()
    plan, *from_disk = trained(source, model, trainer, configuration, **options)
    data = plan.workload.fold_data
    assert isinstance(plan.dataset.x, MappedRows)
    assert all(isinstance(leaf, MappedRows) for fold in data for leaf in leaves(fold.x))
    assert in_memory[0] == from_disk[0]
    assert all(np.array_equal(*pair) for pair in zip(in_memory[1], from_disk[1], strict=True))


@pytest.mark.parametrize("trainer", ["fused", "fit"])
def test_arrays_in_files_train_to_the_same_digits(tmp_path, nothing_small, trainer) -> None:
    rng = np.random.default_rng(0)
    np.save(tmp_path / "x.npy", 50 + 9 * rng.normal(size=(60, 5)))
    np.save(tmp_path / "y.npy", rng.normal(size=60))
    configuration = {"units": 4, "hidden_layers": 1}
    plan, *in_memory = trained(tmp_path, "dnn", trainer, configuration)
    assert not isinstance(plan.dataset.x, MappedRows)
    nothing_small()
    plan, *from_disk = trained(tmp_path, "dnn", trainer, configuration)
    assert all(isinstance(fold.x, MappedRows) for fold in plan.workload.fold_data)
    assert in_memory[0] == from_disk[0]
    assert all(np.array_equal(*pair) for pair in zip(in_memory[1], from_disk[1], strict=True))


def table_of(rows: int = 90) -> pd.DataFrame:
    """Return numbers, categories, dates and truth, in which values are missing."""
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "size": rng.normal(50, 9, rows),
            "count": rng.integers(0, 900, rows),
            "gaps": np.where(rng.random(rows) < 0.2, np.nan, rng.normal(size=rows)),
            "colour": rng.choice(["red", "blue", "yellow"], rows),
            "kind": np.where(rng.random(rows) < 0.2, None, rng.choice(["a", "b"], rows)),
            "flag": rng.random(rows) > 0.5,
            "day": pd.date_range("2020-01-03", periods=rows, freq="41h").astype(str),
        }
    )
    amount = frame["size"] + frame["count"] / 100 + rng.normal(size=rows)
    return frame.assign(amount=amount, grade=np.where(amount > amount.median(), "high", "low"))


@pytest.mark.parametrize(
    ("trainer", "kind", "target", "configuration"),
    [
        ("fused", "csv", "amount", {"scaling": "robust", "robust_range": 10.0}),
        ("fit", "parquet", "grade", {"imputation": "mean"}),
    ],
)
def test_tables_in_files_train_to_the_same_digits(
    tmp_path, nothing_small, trainer, kind, target, configuration
) -> None:
    path, table = tmp_path / f"table.{kind}", table_of().drop(columns={"amount", "grade"} - {target})
    table.to_parquet(path) if kind == "parquet" else table.to_csv(path, index=False)
    asked = {"units": 4, "hidden_layers": 1, **configuration}
    plan, *in_memory = trained(path, "dnn", trainer, asked, target=target)
    assert isinstance(plan.dataset.x, pd.DataFrame)
    nothing_small()
    plan, *from_disk = trained(path, "dnn", trainer, asked, target=target)
    assert isinstance(plan.dataset.x, MappedTable)
    assert all(isinstance(fold.x, MappedRows) for fold in plan.workload.fold_data)
    assert in_memory[0] == from_disk[0]
    assert all(np.array_equal(*pair) for pair in zip(in_memory[1], from_disk[1], strict=True))


def test_a_worker_is_given_the_files_name_and_no_rows(tmp_path, nothing_small) -> None:
    nothing_small()
    plan = plan_sweep(str(pictures_below(tmp_path / "pictures")), "dnn", trials=1, folds=2)
    folder = tmp_path / "workload"
    folder.mkdir()
    write_mapped(plan.workload.prepared(), folder)
    given = read_mapped(folder)
    assert (folder / "workload.arrays").stat().st_size < plan.dataset.x.nbytes
    np.testing.assert_array_equal(np.asarray(given.dataset.x), np.asarray(plan.dataset.x))


def test_what_needs_all_rows_fails_its_trial_where_memory_does_not_hold_them(tmp_path, monkeypatch) -> None:
    class NeedsAll:
        def train(self, task: Task) -> Any:
            yield np.asarray(rows)

    path = tmp_path / "rows"
    path.write_bytes(bytes(4000))
    rows = MappedRows(path, "uint8", (1000, 4))
    monkeypatch.setattr(mapped_rows, "free_memory", lambda: 1000)
    (end,) = run_task(NeedsAll(), Task(0, {}, seed=1))
    assert isinstance(end, TrialFailed)
    assert (end.kind, end.fatal) == ("data", False)
    assert "would need all rows in memory at once" in end.message
