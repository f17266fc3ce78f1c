"""Kinds of data that commands launch, continue and report."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.trains


def test_rows_that_weigh_validate_and_are_stratified_by_flags(kerasweep: Any, tmp_path: Path) -> None:
    from kinds_of_data import MODULE

    (tmp_path / "kinds.py").write_text(MODULE, encoding="utf-8")
    rows = [
        f"{n % 7},{n % 5},{1 + n % 3},{'val' if n % 4 == 0 else 'train'},{'no' if n % 2 else 'yes'}"
        for n in range(60)
    ]
    (tmp_path / "t.csv").write_text("\n".join(["a,b,w,checks,answer", *rows]), encoding="utf-8")
    flags = (
        "--target",
        "answer",
        "--weight",
        "w",
        "--validation",
        "checks",
        "--epochs",
        "1",
        "--trials",
        "1",
    )
    done = kerasweep("launch", "t.csv", "dnn", *flags, "--study", "told", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "15 rows validate, as given; refit trains on them, too" in done.stdout
    assert "sample weights apply to the loss" in done.stdout
    assert kerasweep("resume", "told", "--trials", "2", cwd=tmp_path).returncode == 0
    shown = json.loads(kerasweep("show", "told", "--json", cwd=tmp_path).stdout)
    assert [len(trial["fold_scores"]) for trial in shown["trials"]] == [1, 1]
    settings = ("--stratify", "kind", "--folds", "2", "--metric", "val_price_mae", "--epochs", "1")
    done = kerasweep("launch", "kinds:two_outputs", "kinds:build_two", *settings, "--dry-run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "stratified by 'kind', 2 folds" in done.stdout
    wrong = kerasweep(
        "launch", "kinds:two_outputs", "kinds:build_two", "--stratify", "king", "--dry-run", cwd=tmp_path
    )
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)
    assert "no output 'king' to stratify by. Did you mean 'kind'" in wrong.stderr


SMALL_LAYERS = "--fix hidden_layers=1 --fix units=4"
LAUNCHED: dict[str, tuple[str, str, str]] = {
    "multilabel": (
        f"labels.csv dnn --target red --target big {SMALL_LAYERS}",
        "2 labels, any number of them a row",
        "always predicting each label's majority",
    ),
    "series": (
        "series.csv rnn --target temp --window 3 --time-column date --fix units=4 --fix recurrent_layers=1",
        "in order of time, 3 windows left out between",
        "windows of 3 rows",
    ),
    "several": (
        "kinds:two_outputs kinds:build_two --metric val_price_mae",
        "2 outputs (price, kind)",
        "1: price_mae",
    ),
    "text": (
        f"texts.csv text --target label --fix embedding_dim=8 --fix text_encoder=average {SMALL_LAYERS}",
        "text of column 'review'",
        "the first 5 words",
    ),
    "transfer": ("photos transfer --fix base=base.keras", "8x8x3 images", "base.keras"),
}
"""Kind of data -> what is launched, a word of the plan, and one of the report."""


def write_kinds(folder: Path) -> None:
    import numpy as np
    from kinds_of_data import MODULE
    from PIL import Image
    from tiny_bases import write_base

    (folder / "kinds.py").write_text(MODULE, encoding="utf-8")
    rows = range(48)
    tables = {
        "labels.csv": ["a,b,red,big", *(f"{n % 7},{n % 5},{n % 7 // 4},{n % 5 // 3}" for n in rows)],
        "series.csv": ["date,temp", *(f"2024-{1 + n // 24:02}-{1 + n % 24:02},{n * n % 11}" for n in rows)],
        "texts.csv": ["review,label", *(f"a {'good' if n % 2 else 'bad'} film of {n},{n % 2}" for n in rows)],
    }
    for name, lines in tables.items():
        (folder / name).write_text("\n".join(lines), encoding="utf-8")
    pixels = np.random.default_rng(0).integers(0, 255, (16, 8, 8, 3), dtype=np.uint8)
    for number, picture in enumerate(pixels):
        place = folder / "photos" / ("cats" if number % 2 else "dogs")
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(place / f"{number}.png")
    write_base(folder / "base.keras")


@pytest.mark.parametrize("kind", LAUNCHED)
def test_each_kind_of_data_is_planned_continued_and_reported(
    kind: str, kerasweep: Any, tmp_path: Path
) -> None:
    words, planned, reported = LAUNCHED[kind]
    write_kinds(tmp_path)
    launch = (
        "launch",
        *words.split(),
        "--search",
        "random",
        "--folds",
        "2",
        "--epochs",
        "1",
        "--study",
        "kind",
    )
    dry = kerasweep(*launch, "--dry-run", cwd=tmp_path)
    assert (dry.returncode, dry.stderr) == (0, "")
    assert planned in " ".join(dry.stdout.split())
    assert "a further one" not in dry.stdout, "there is but one epoch"
    assert not (tmp_path / "kerasweep.db").exists()
    done = kerasweep(*launch, "--trials", "1", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    more = kerasweep("resume", "kind", "--trials", "2", cwd=tmp_path)
    assert (more.returncode, more.stderr) == (0, "")
    shown = json.loads(kerasweep("show", "kind", "--json", cwd=tmp_path).stdout)
    assert [trial["state"] for trial in shown["trials"]] == ["complete"] * 2
    assert [len(trial["fold_scores"]) for trial in shown["trials"]] == [2, 2]
    report = kerasweep("report", "kind", "-o", "kind.html", cwd=tmp_path)
    assert (report.returncode, report.stderr) == (0, "")
    assert reported in html.unescape((tmp_path / "kind.html").read_text(encoding="utf-8"))
