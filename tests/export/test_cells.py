"""Files with cells of every kind: the script reads them as the study did, and ``predict.py`` new rows as the file."""

from __future__ import annotations

import runpy
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from kerasweep.export.bundle import write_keras
from kerasweep.export.script import make_script

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = [
    pytest.mark.costly,
    # Keras's own, where it saves a TensorFlow variable with NumPy 2.
    pytest.mark.filterwarnings(
        "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
    ),
]

FILES = {
    "names": ("age,pay,work,y", "{age},{pay},{work},{y}", "y"),
    "no names": ("", "{age},{pay},{work},{y}", "-1"),
    "target first": ("", "{y},{age},{pay},{work}", "c0"),
    "spaces": ("age, pay, work, y", "{age}, {pay}, {work}, {y}", "y"),
    "quotes": ("age;pay;work;y", "{age};'{pay}';\"{work} \";'{y}'", "y"),
    "marks": ("age,pay,work,y", "{marked},{pay},{work},{y}", "y"),
    "thousands": ("age,pay,work,y", '{age},"{many:,}",{work},{y}', "y"),
}


def lines_of(form: str) -> list[str]:
    rng = np.random.default_rng(0)
    lines = []
    for row in range(60):
        age, pay = int(rng.integers(18, 80)), round(float(rng.normal(50, 10)), 2)
        given = {
            "age": age,
            "pay": pay,
            "work": ("cook", "pilot", "State-gov")[row % 3],
            "many": 1000 + age * 37,
        }
        lines.append(form.format(**given, marked="?" if row % 13 == 5 else age, y="-1" if row % 4 else "1"))
    return lines


@pytest.mark.parametrize("name", FILES)
def test_a_script_and_a_folder_read_a_file_as_the_study_did(
    name: str, place: Any, refit_of: Callable[..., Any], tmp_path: Path
) -> None:
    header, form, target = FILES[name]
    path = place.folder / f"{name.replace(' ', '_')}.csv"
    lines = lines_of(form)
    path.write_text("\n".join([header, *lines]).strip() + "\n", encoding="utf-8")
    data = {"source": path.name, "target": target, **({} if header else {"header": False})}
    refit = refit_of({"data": data, "model": "ann"})
    assert refit.dataset.classes == ("-1", "1")
    script = make_script(refit)
    assert script.notes == ()
    write_keras(refit, tmp_path / "out")
    made = runpy.run_path(str(tmp_path / "out" / "predict.py"))
    predictor = made["load"](tmp_path / "out")
    every, _ = made["read_rows"](path, predictor.about)
    both = np.concatenate(
        [refit.preparation.transform(rows) for rows in (refit.dataset.x, refit.dataset.x_test)]
    )
    rows = predictor.prepare(every)
    assert rows.shape == both.shape
    np.testing.assert_allclose(np.sort(rows, axis=0), np.sort(both, axis=0), rtol=1e-6, atol=1e-6)
    if not header:
        position = int(target.strip("c"))
        short = [",".join(np.delete(np.array(line.split(",")), position)) for line in lines]
        (tmp_path / "new.csv").write_text("\n".join(short) + "\n")
        new, _ = made["read_rows"](tmp_path / "new.csv", predictor.about)
        np.testing.assert_array_equal(predictor.prepare(new), rows)
        (tmp_path / "bad.csv").write_text("1,2\n3,4\n")
        with pytest.raises(made["InputError"], match="has 2 columns; the training file"):
            made["read_rows"](tmp_path / "bad.csv", predictor.about)


def test_unseen_categories_are_said(place: Any, refit_of: Callable[..., Any], tmp_path: Path) -> None:
    header, form, target = FILES["names"]
    path = place.folder / "unseen.csv"
    path.write_text("\n".join([header, *lines_of(form)]) + "\n", encoding="utf-8")
    refit = refit_of({"data": {"source": path.name, "target": target}, "model": "ann"})
    write_keras(refit, tmp_path / "out")
    (tmp_path / "rows.csv").write_text(
        "age,pay,work\n39,50, State-gov\n39,50,State-gov\n?,50,clerk\n", encoding="utf-8"
    )
    done = place.run(str(tmp_path / "out" / "predict.py"), str(tmp_path / "rows.csv"))
    assert done.returncode == 0, done.stderr
    first, second, _ = done.stdout.splitlines()
    assert first == second
    notes = [line for line in done.stderr.splitlines() if line.startswith("note: ")]
    assert len(notes) == 1
    assert "column 'work' holds what the model has not seen ('clerk') in 1 of 3 rows" in notes[0]


@pytest.mark.parametrize("how", ["drop", "merge"])
@pytest.mark.parametrize("names", [("a", "b", "c", "d"), ("0", "1", "2", "3")], ids=["words", "numbers"])
def test_a_script_treats_rare_classes_as_the_study_did(
    how: str, names: tuple[str, ...], place: Any, refit_of: Callable[..., Any]
) -> None:
    rng = np.random.default_rng(0)
    labels = rng.permutation(
        [name for name, count in zip(names, (30, 3, 30, 2), strict=True) for _ in range(count)]
    )
    lines = ["p,q,y", *(f"{rng.normal():.4f},{rng.normal():.4f},{label}" for label in labels)]
    path = place.folder / f"rare_{how}_{names[0]}.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    data = {"source": path.name, "target": "y", "rare_classes": how, "task": "classification"}
    refit = refit_of({"data": data, "model": "ann", "cv": {"folds": 3}})
    assert refit.dataset.classes == (names[0], names[2], *(["other"] if how == "merge" else []))
    assert make_script(refit).notes == ()
