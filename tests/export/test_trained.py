"""Refits trained for real: the exported script prints their test scores, the exported folder predicts the same.

All scripts run in one process that cannot import Kerasweep, one after the other: a process of its own for each would
spend most of its time importing TensorFlow.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import kerasweep
import numpy as np
import pandas as pd
import pytest
from kerasweep.errors import SpecError, StudyError
from kerasweep.export.bundle import write_keras
from kerasweep.export.deploy import write_deploy
from kerasweep.export.refit_model import RefitModel
from kerasweep.export.script import write_script
from kerasweep.export.text import to_yaml
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = [
    pytest.mark.trains,
    pytest.mark.usefixtures("forked_workers"),
    # Keras's own, where it saves a TensorFlow variable with NumPy 2.
    pytest.mark.filterwarnings(
        "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
    ),
]

PEOPLE = {"source": "people.csv", "target": "bought"}
NORMALIZED = {"fix": {"normalization": "batch", "units": 32, "batch_size": 32}}
SMALL = {"fix": {"filters": 8, "units": 32}}
CASES: dict[str, tuple[dict[str, Any], int | None]] = {
    "nn": ({"data": "diabetes", "model": "nn"}, None),
    "ann": ({"data": "digits", "model": "ann"}, None),
    "dnn": ({"data": PEOPLE, "model": "dnn", "space": NORMALIZED}, None),
    "cnn": ({"data": {"source": "mnist", "limit": 1000}, "model": "cnn", "space": SMALL}, 1000),
    "area": ({"data": PEOPLE, "model": "ann", "training": {"metric": "roc_auc"}}, None),
    "f1": ({"data": "iris", "model": "own_models:compiled", "training": {"metric": "f1_macro"}}, None),
    "r2": ({"data": "diabetes", "model": "nn", "training": {"metric": "r2"}}, None),
    "auc": ({"data": PEOPLE, "model": "own_models:in_order", "training": {"metric": "AUC"}}, None),
    "own": ({"data": "digits", "model": "own_models:in_order"}, None),
    "imported": ({"data": "iris", "model": "own_models:last_first"}, None),
}


@pytest.fixture(scope="module")
def refits(place: Any, has_mnist: bool, refit_of: Callable[..., Any]) -> dict[str, Any]:
    if not has_mnist:
        CASES["cnn"] = ({"data": {"source": "digits", "limit": 1000}, "model": "cnn", "space": SMALL}, 1000)
    return {name: refit_of(spec, epochs=3, limit=limit) for name, (spec, limit) in CASES.items()}


@pytest.fixture(scope="module")
def printed(place: Any, refits: dict[str, Any]) -> dict[str, list[str]]:
    """What each script prints about the test rows."""
    for name, refit in refits.items():
        write_script(refit, place.folder / f"train_{name}.py")
    return place.run_scripts(refits, "train_{name}.py")


@pytest.mark.parametrize("name", CASES)
def test_a_script_prints_the_refits_test_scores(
    name: str, refits: dict[str, Any], printed: dict[str, list[str]], place: Any
) -> None:
    assert printed[name] == [f"test {metric} {value:.6g}" for metric, value in refits[name].test.items()]
    text = (place.folder / f"train_{name}.py").read_text(encoding="utf-8")
    assert "prints the same again" in text
    quiet = 'os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")\n'
    assert text.index(quiet) < min(text.index(word) for word in ("import keras", "import numpy")), (
        "before TensorFlow"
    )
    assert text.count("\n") < (250 if refits[name].scorings else 200), (
        "which configuration wins depends on the processor"
    )


@pytest.mark.costly
def test_an_exported_program_says_nothing_but_its_own_lines(
    place: Any, refits: dict[str, Any], printed: dict[str, list[str]], deployed: list[str]
) -> None:
    """New processes import TensorFlow, whose libraries write to standard error whatever their level."""
    frame = refits["nn"].dataset.x_test
    frame.to_csv(place.folder / "quiet.csv", index=False)
    environment = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
    for words, lines in (
        (["train_nn.py"], 3 + len(printed["nn"])),
        ([f"deploy_{deployed[0]}/predict.py", "quiet.csv"], len(frame)),
    ):
        done = subprocess.run(
            [sys.executable, *words],
            cwd=place.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        assert (done.stderr, len(done.stdout.splitlines())) == ("", lines), words


def test_a_script_whose_import_fails_says_so(
    place: Any, printed: dict[str, list[str]], tmp_path: Path
) -> None:
    text = (place.folder / "train_nn.py").read_text(encoding="utf-8")
    assert printed["nn"]
    script = tmp_path / "train.py"
    script.write_text(text.replace("    import keras\n", "    import kerass\n"), encoding="utf-8")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "No module named 'kerass'" in done.stderr


@pytest.mark.parametrize("name", CASES)
def test_what_is_kept_of_the_predictions_agrees_with_the_test_scores(
    name: str, refits: dict[str, Any]
) -> None:
    refit = refits[name]
    kept = refit.mistakes
    assert kept is not None
    assert kept["rows"] == refit.dataset.test_rows
    if kept["kind"] == "classes":
        right = sum(row[place] for place, row in enumerate(kept["counts"]))
        assert sum(map(sum, kept["counts"])) == kept["rows"] == right + kept["wrong"]
        if "accuracy" in refit.test:
            assert right / kept["rows"] == pytest.approx(refit.test["accuracy"], abs=1e-6)
        assert right / kept["rows"] == pytest.approx(dict(kept["scores"])["accuracy"], abs=1e-6)
        assert all(("png" in one) == (refit.dataset.kind == "image") for one in kept["worst"])
    else:
        assert sum(kept["counts"]) == kept["rows"]


@pytest.fixture(scope="module")
def folders(place: Any, refits: dict[str, Any]) -> dict[str, Path]:
    return {name: write_keras(refits[name], place.folder / f"model {name}") for name in ("nn", "dnn", "cnn")}


@pytest.fixture(scope="module")
def deployed(place: Any, refits: dict[str, Any]) -> list[str]:
    """Refits that are packages to be deployed, unpacked: their test rows are predicted with the others'."""
    names = ["nn", "dnn", "cnn", "own"]
    for name in names:
        with zipfile.ZipFile(write_deploy(refits[name], place.folder / f"deploy_{name}.zip")) as archive:
            archive.extractall(place.folder)
    return names


@pytest.fixture(scope="module")
def predicted(
    place: Any, refits: dict[str, Any], folders: dict[str, Path], deployed: list[str]
) -> list[tuple[int, str, str]]:
    """Exit code, output and errors of each command line, all run in one process without Kerasweep."""
    write_rows(place.folder, refits)
    (place.folder / "all.py").write_text(f"COMMANDS = {COMMANDS!r}\n{RUNNER}")
    done = place.run("all.py")
    assert done.returncode == 0, done.stderr
    return [tuple(result) for result in json.loads(done.stdout.splitlines()[-1])]


RUNNER = """
import contextlib, io, json, runpy, sys
results = []
for folder, *arguments in COMMANDS:
    sys.argv = ["predict.py", *arguments]
    out, err, code = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            runpy.run_path(f"{folder}/predict.py", run_name="__main__")
        except SystemExit as stop:
            code = stop.code
    results.append([code, out.getvalue(), err.getvalue()])
print(json.dumps(results))
"""
COMMANDS = [
    ["model dnn", "rows.csv"],
    ["model dnn", "rows.csv", "-o", "predictions.csv"],
    ["model dnn", "lacking.csv"],
    ["model dnn", "text.csv"],
    ["model nn", "diabetes.csv"],
    ["model nn", "digit.png"],
    ["model cnn", "rows.npz"],
    ["model cnn", "digit.png"],
    ["model cnn", "pictures"],
    ["model cnn", "row.npy"],
    ["model cnn", "large.png"],
    ["model cnn", "nothing.png"],
    ["model cnn", "rows.rtf"],
    ["model cnn", "words.npz"],
    *(
        [f"deploy_{name}", f"test_{name}.{suffix}", "-o", f"said_{name}.csv"]
        for name, suffix in {"nn": "csv", "dnn": "csv", "cnn": "npy", "own": "npy"}.items()
    ),
]


def write_rows(folder: Path, refits: dict[str, Any]) -> None:
    people = pd.read_csv("people.csv").head(20)
    people.loc[0, "city"] = "Atlantis"
    people.to_csv(folder / "rows.csv", index=False)
    people.drop(columns=["age", "city"]).to_csv(folder / "lacking.csv", index=False)
    people.assign(income="much").to_csv(folder / "text.csv", index=False)
    refits["nn"].dataset.x_test.to_csv(folder / "diabetes.csv", index=False)
    for name in ("nn", "dnn"):
        refits[name].dataset.x_test.to_csv(folder / f"test_{name}.csv", index=False)
    for name in ("cnn", "own"):
        np.save(folder / f"test_{name}.npy", refits[name].dataset.x_test)
    digits = refits["cnn"].dataset.x_test
    np.savez(folder / "rows.npz", x=digits[:30, ..., 0])
    np.save(folder / "row.npy", digits[0])
    np.savez(folder / "words.npz", a=digits[:2], b=digits[:2])
    (folder / "pictures").mkdir()
    for number in range(3):
        Image.fromarray(digits[number, ..., 0]).save(folder / "pictures" / f"{number}.png")
    Image.fromarray(digits[0, ..., 0]).save(folder / "digit.png")
    Image.fromarray(np.zeros((30, 20, 3), np.uint8)).save(folder / "large.png")
    (folder / "rows.rtf").write_text("1 2 3")


def expected(refit: Any, x: Any) -> list[str]:
    """Lines that the model itself gives for rows of its dataset."""
    values = refit.model.predict(refit.preparation.transform(x), verbose=0)
    if refit.dataset.task == "regression":
        return [f"{value:.6g}" for value in refit.preparation.target.inverse_transform(values)[:, 0]]
    classes = refit.dataset.classes
    return [f"{classes[row.argmax()]}\t{row.max():.4f}" for row in values]


def test_rows_of_every_kind_give_the_models_own_predictions(
    refits: dict[str, Any], predicted: list[tuple[int, str, str]], place: Any
) -> None:
    people = pd.read_csv(place.folder / "rows.csv")
    table, written, _, _, diabetes, _, archive, image, pictures, row, *_ = predicted
    lines = expected(refits["dnn"], people)
    assert table[:2] == (0, "\n".join(lines) + "\n")
    assert table[2].startswith(
        "note: column 'city' holds what the model has not seen ('Atlantis') in 1 of 20 rows"
    )
    assert written[:2] == (0, "")
    file = (place.folder / "predictions.csv").read_text().splitlines()
    assert file == ["class,probability", *(line.replace("\t", ",") for line in lines)]
    close = (
        np.array(diabetes[1].split(), float),
        np.array(expected(refits["nn"], refits["nn"].dataset.x_test), float),
    )
    np.testing.assert_allclose(*close, rtol=1e-5)
    digits = expected(refits["cnn"], refits["cnn"].dataset.x_test[:30])
    assert archive[1].splitlines() == digits
    assert image[1].splitlines() == [f"digit.png\t{digits[0]}"]
    assert pictures[1].splitlines() == [f"pictures/{n}.png\t{digits[n]}" for n in range(3)]
    assert row[1].splitlines() == digits[:1]


@pytest.mark.parametrize("name", ["nn", "dnn", "cnn", "own"])
def test_a_deployed_package_gives_the_refits_test_score(
    name: str, refits: dict[str, Any], predicted: list[tuple[int, str, str]], place: Any
) -> None:
    refit = refits[name]
    said = pd.read_csv(place.folder / f"said_{name}.csv")
    if refit.dataset.task == "regression":
        error = np.abs(said["value"] - refit.dataset.y_test).mean()
        assert error == pytest.approx(refit.test["mae"], rel=1e-4)
    else:
        right = said["class"].astype(str) == np.array(refit.dataset.classes)[refit.dataset.y_test]
        assert right.mean() == pytest.approx(refit.test["accuracy"], abs=1e-6)


def test_faults_are_one_line(predicted: list[tuple[int, str, str]]) -> None:
    wanted = {
        2: "the table lacks the column age, city",
        3: "column 'income' must hold numbers",
        5: "digit.png: the model reads a table, no images",
        10: "large.png has 20x30 pixels, the model reads ",
        11: "there is no file or folder nothing.png",
        12: "rows.rtf: cannot read '.rtf' files",
        13: "words.npz must hold an array 'x'; it has a, b",
    }
    for number, message in wanted.items():
        code, out, error = predicted[number]
        assert (code, out) == (2, ""), COMMANDS[number]
        assert error.startswith(f"error: {message}")
        assert error.count("\n") == 1


def test_the_folder_says_what_it_is(refits: dict[str, Any], folders: dict[str, Path]) -> None:
    assert sorted(path.name for path in folders["dnn"].iterdir()) == [
        "README.md",
        "bundle.json",
        "model.keras",
        "predict.py",
        "preprocessing.joblib",
    ]
    about = json.loads((folders["dnn"] / "bundle.json").read_text(encoding="utf-8"))
    assert about["classes"] == ["no", "yes"]
    assert about["test"] == about["provenance"]["test"] == refits["dnn"].test
    assert about["preparation"] == refits["dnn"].preparation.preparation.as_dict()
    assert about["provenance"]["versions"]["keras"]
    readme = (folders["dnn"] / "README.md").read_text(encoding="utf-8")
    assert f"accuracy {refits['dnn'].test['accuracy']:.6g}" in readme
    assert readme.endswith("\n")


def test_an_export_may_be_made_again(refits: dict[str, Any], folders: dict[str, Path]) -> None:
    before = (folders["nn"] / "bundle.json").read_bytes()
    write_keras(refits["nn"], folders["nn"])
    assert (folders["nn"] / "bundle.json").read_bytes() == before


def test_the_yaml_trains_to_the_same_score_again(place: Any) -> None:
    import kerasweep as ks

    first = ks.launch(
        "iris", "ann", storage="a.db", search="random", trials=2, epochs=4, folds=2, seed=5, verbose=0
    )
    trial = first.best
    (place.folder / "winner.yaml").write_text(to_yaml(first.record, trial), encoding="utf-8")
    again = ks.launch(file="winner.yaml", storage="a.db", verbose=0)
    assert again.name == f"{first.name}-trial-{trial.number}"
    assert (again.best.configuration, again.best.value) == (trial.configuration, trial.value)
    assert again.best.fold_scores == trial.fold_scores


@pytest.mark.parametrize("name", ["nn", "dnn", "cnn", "own"])
def test_a_winner_predicts_from_raw_rows_and_tells_its_mistakes(
    name: str, refits: dict[str, Any], place: Any
) -> None:
    """As a notebook goes on with what ``study.refit`` returns."""
    winner = RefitModel(**{field.name: getattr(refits[name], field.name) for field in fields(refits[name])})
    rows = winner.dataset.test_rows
    assert winner.evaluate() == winner.test
    data = winner.dataset
    y = data.y_test if name == "nn" else np.array(data.classes)[data.y_test]
    found = winner.evaluate(data.x_test, y)
    expected = {key: value for key, value in winner.test.items() if key in found}
    assert expected, "the test score is among them"
    assert {key: found[key] for key in expected} == pytest.approx(expected, rel=1e-4)
    assert found == winner.trained.evaluate(data.x_test, y)
    with pytest.raises(SpecError, match="rows and their targets"):
        winner.evaluate(data.x_test)
    assert len(winner.worst(5)) <= 5
    assert "row" in winner.worst(5).frame
    assert "<script" not in winner.worst()._repr_html_()
    assert ("<img" in winner.worst()._repr_html_()) == (winner.dataset.kind == "image")
    x = winner.dataset.x_test
    if name == "nn":
        with pytest.raises(StudyError, match="no classes to confuse"):
            winner.confusion()
        with pytest.raises(StudyError, match="gives no probabilities"):
            winner.predict_proba(x)
        return
    matrix = winner.confusion()
    assert matrix.to_numpy().sum() == rows
    right = np.trace(matrix.to_numpy()) / rows
    assert right == pytest.approx(winner.test["accuracy"], abs=1e-6)
    found = np.asarray(winner.predict(x))
    truth = np.asarray(winner.dataset.classes)[winner.dataset.y_test]
    assert np.mean(found.astype(str) == truth.astype(str)) == pytest.approx(right, abs=2 / rows)
    assert winner.predict_proba(x).shape == (rows, len(winner.dataset.classes))
    again = kerasweep.load_model(winner.save(place.folder / f"saved-{name}"))
    assert np.array_equal(np.asarray(again.predict(x)), found)
