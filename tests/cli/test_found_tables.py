"""Tables as they are found, from the command line to the study: flags, YAML and Python say the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from kerasweep.api import plan_sweep
from kerasweep.errors import SpecError


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rows = 40
    rng = np.random.default_rng(0)
    label = np.where(rng.random(rows) < 0.5, "예", "아니요").astype(object)
    label[[3, 9]] = None
    frame = pd.DataFrame(
        {"나이": rng.integers(18, 30, rows), "note": rng.integers(0, 9, rows), "label": label}
    )
    frame.to_csv(tmp_path / "people.csv", index=False)
    return tmp_path / "people.csv"


def test_flags_yaml_and_python_say_the_same(kerasweep: Any, table: Path) -> None:
    flags = "--target label --drop note --categorical 나이 --drop-missing-target --test-size 0.5 --test-split last".split()
    done = kerasweep("launch", table.name, "dnn", *flags, "--dry-run", "--trials", "1", cwd=table.parent)
    assert done.returncode == 0, done.stderr
    assert "the last 19 rows held out" in " ".join(done.stdout.split())
    assert "2 rows without a target dropped" in " ".join(done.stdout.split())
    (table.parent / "sweep.yaml").write_text(
        f"data: {{source: {table}, target: label, drop: note, categorical: 나이, drop_missing_target: true, test_size: 0.5, "
        "test_split: last}\nmodel: dnn\n"
    )
    settings = {
        "drop": ["note"],
        "categorical": ["나이"],
        "drop_missing_target": True,
        "test_size": 0.5,
        "test_split": "last",
    }
    plans = [
        plan_sweep(file=table.parent / "sweep.yaml"),
        plan_sweep(table, "dnn", target="label", **settings),
    ]
    assert plans[0].spec == plans[1].spec
    assert [list(plan.dataset.x.columns) for plan in plans] == [["나이"], ["나이"]]


def test_what_cannot_be_is_one_line_and_no_study(kerasweep: Any, table: Path) -> None:
    wrong = {
        ("--target", "label"): "--drop-missing-target",
        ("--target", "label", "--drop", "nota", "--drop-missing-target"): "Did you mean 'note'?",
        ("--target", "label", "--drop", "label"): "cannot be both target and dropped",
        ("--target", "label", "--test-size", "1.5"): "test_size",
        ("--target", "label", "--test-split", "lats"): "last",
    }
    for flags, words in wrong.items():
        done = kerasweep("launch", table.name, "dnn", *flags, cwd=table.parent)
        assert (done.returncode, done.stdout) == (2, ""), flags
        assert words in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert sorted(path.name for path in table.parent.iterdir()) == ["people.csv"]


def test_columns_without_names_are_dropped_by_position(table: Path) -> None:
    rows = table.with_name("rows.csv")
    pd.read_csv(table).dropna().to_csv(rows, index=False, header=False)
    plan = plan_sweep(rows, "dnn", target="-1", drop=[1], header=False)
    assert (plan.spec.data.target, plan.spec.data.drop) == ("c2", ["c1"])
    asked = plan_sweep(rows, "dnn", target="-1", categorical=[1], header=False)
    assert asked.spec.data.categorical == ["c1"]
    assert asked.dataset.x["c1"].dtype.name == "category"
    assert list(plan.dataset.x.columns) == ["c0"]


def test_a_drop_that_is_no_column_is_refused(table: Path) -> None:
    with pytest.raises(SpecError, match="drop"):
        plan_sweep(table, "dnn", target="label", drop=[{"a": 1}])


def test_an_encoding_is_kept_with_the_study(kerasweep: Any, table: Path) -> None:
    korean = table.with_name("korean.csv")
    pd.read_csv(table).dropna().to_csv(korean, index=False, encoding="cp949")
    done = kerasweep("launch", korean.name, "dnn", "--target", "label", cwd=table.parent)
    assert done.returncode == 2
    assert "perhaps --encoding cp949" in done.stderr
    plan = plan_sweep(korean, "dnn", target="label", encoding="cp949")
    assert plan.dataset.classes == ("아니요", "예")
    assert plan.spec.as_dict()["data"]["encoding"] == "cp949"
    flags = ("--target", "label", "--encoding", "cp949", "--dry-run", "--trials", "1")
    assert kerasweep("launch", korean.name, "dnn", *flags, cwd=table.parent).returncode == 0


def test_a_random_split_of_rows_in_order_of_time_is_never_silent(kerasweep: Any, table: Path) -> None:
    days = pd.date_range("2024-01-01", periods=38).strftime("%Y-%m-%d")
    path = table.with_name("days.csv")
    pd.read_csv(table).dropna().assign(날짜=days).to_csv(path, index=False)

    def noted(**settings: str) -> tuple[str, ...]:
        plan = plan_sweep(path, "dnn", target="label", **settings)
        return (*plan.dataset.notes, *plan.hints)

    for settings in ({}, {"cv": "holdout"}, {"cv": "time", "test_split": "random"}, {"test_split": "last"}):
        text = " ".join(noted(**settings))
        assert "rows lie in order of time, by '날짜'" in text, settings
        assert "--cv time keeps the order, with --test-split last for the test rows" in text, settings
    assert "split at random" not in " ".join(noted(cv="time"))
    assert "split by groups" in " ".join(noted(group="note"))
    assert "split at random" not in " ".join(noted(drop="날짜"))
    flags = ("--target", "label", "--trials", "1", "--cv", "time", "--test-split", "random", "--dry-run")
    done = kerasweep("launch", path.name, "dnn", *flags, cwd=table.parent)
    assert done.returncode == 0, done.stderr
    lines = [line.strip() for line in done.stdout.splitlines()]
    for note in noted(cv="time", test_split="random"):
        assert any(line.endswith(f"- {note}") for line in lines), "each remark has a line of its own"
