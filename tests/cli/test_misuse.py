"""Wrong input: one clear line, the right exit code, nothing half-written."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from kerasweep.cli import main

LONG = "x" * 300
LAUNCH = ("launch", "digits", "dnn")

CASES = [
    (("launch",), "Name the data"),
    (("launch", "digits"), "Name the model"),
    (("launch", "digitss", "dnn"), "Did you mean 'digits'?"),
    (("launch", "missing.csv", "dnn"), "missing.csv"),
    (("launch", "digits", "dnnn"), "Did you mean 'dnn'?"),
    (("launch", "digits", "nn"), "'nn' does regression"),
    (("launch", "diabetes", "ann"), "'ann' does classification"),
    (("launch", "iris", "cnn"), "needs images"),
    (("launch", "digits", "nomodule:build"), "There is no module 'nomodule'"),
    (("launch", "digits", "korean:biuld"), "Did you mean 'build'?"),
    ((*LAUNCH, "--model", "cnn"), "--model cnn and the argument 'dnn' are two for one: keep one."),
    ((*LAUNCH, "--data", "iris"), "--data iris and the argument 'digits' are two for one: keep one."),
    ((*LAUNCH, "--quiet", "--verbose"), "--quiet prints nothing and --verbose prints more: keep one."),
    ((*LAUNCH, "--cv", "holdout", "--folds", "9"), "cv.folds: a holdout is one split, and has no folds"),
    (("launch", "digits", "broken:build"), "cannot be imported: ZeroDivisionError"),
    ((*LAUNCH, "--window", "3"), "digits takes no window: that is for the columns of a table's file"),
    ((*LAUNCH, "--time-column", "date"), "horizon and time_column are for windows of a series"),
    (("launch", "iris", "rnn"), "needs rows of shape (time, features)"),
    ((*LAUNCH, "--set", "lerning_rate=1,2"), "Did you mean 'learning_rate'?"),
    ((*LAUNCH, "--set", "learning_rate"), "must be name=value"),
    ((*LAUNCH, "--set", "learning_rate=0.5..0.1"), "the range 0.5..0.1 is empty"),
    ((*LAUNCH, "--set", "learning_rate=0..0.1:log"), "log scale cannot start at 0"),
    ((*LAUNCH, "--set", "learning_rate=0.1..x"), "is not a range of numbers"),
    ((*LAUNCH, "--set", "units=1,1"), "stands twice"),
    ((*LAUNCH, "--fix", "units=many"), "must be a whole number"),
    ((*LAUNCH, "--fix", "optimizer=adan"), "must be one of adam,sgd"),
    ((*LAUNCH, "--fix", "units=8", "--set", "units=8,16"), "both set and fixed"),
    ((*LAUNCH, "--preset", "ful"), "Did you mean 'full'?"),
    ((*LAUNCH, "--space", "lerning_rate,momentum"), "Did you mean 'learning_rate'?"),
    ((*LAUNCH, "--space", "momentum,,nesterov"), "space.pick: must name hyperparameters of the catalogue"),
    ((*LAUNCH, "--space", ""), "space.pick: must name hyperparameters of the catalogue"),
    ((*LAUNCH, "--space", "nowhere.yaml"), "nowhere.yaml cannot be read"),
    ((*LAUNCH, "--space", "space.yaml"), "space.yaml line 4: learning_rate: the range 2..1 is empty"),
    ((*LAUNCH, "--space", "wrong.yaml"), "wrong.yaml line 1: this is no space"),
    (
        (*LAUNCH, "--space", "foreign.yaml"),
        "foreign.yaml: nesterof does not act on dnn for classification of image data. Did you mean 'nesterov'?",
    ),
    (
        (*LAUNCH, "--space", "momentum", "--preset", "full"),
        "space: preset and pick exclude each other; keep one",
    ),
    (
        ("launch", "foreign.yaml"),
        "foreign.yaml is a space, not a sweep: kerasweep launch DATA MODEL --space foreign.yaml.",
    ),
    (("launch", "both.yaml"), "both.yaml line 3: space: preset and file exclude each other; keep one."),
    ((*LAUNCH, "--max-params", "0"), "Invalid value for '--max-params'"),
    ((*LAUNCH, "--max-params", "백만"), "Invalid value for '--max-params'"),
    (
        (*LAUNCH, "--max-memory", "4"),
        "max_memory: must be memory to train in, such as 4GB or 500MB; a plain number is",
    ),
    ((*LAUNCH, "--max-memory", "4기가"), "max_memory: must be a size such as 4GB or 500MB, got '4기가'."),
    ((*LAUNCH, "--search", "byes"), "Did you mean 'bayes'?"),
    ((*LAUNCH, "--scheduler", "hyperban"), "Did you mean 'hyperband'?"),
    ((*LAUNCH, "--cv", "stratifid"), "Did you mean 'stratified'?"),
    ((*LAUNCH, "--metric", "acuracy"), "Did you mean 'accuracy'?"),
    ((*LAUNCH, "--time", "soon"), "is not a time"),
    ((*LAUNCH, "--folds", "1"), "greater than or equal to 2"),
    ((*LAUNCH, "--folds", "500"), "fold"),
    ((*LAUNCH, "--patience", "long"), "--patience must be a whole number or none"),
    ((*LAUNCH, "--limit", "5"), "class"),
    (
        (*LAUNCH, "--workers", "0"),
        "execution.workers: must be a whole number of 1 or more, auto or inline, got '0'",
    ),
    ((*LAUNCH, "--workers", "둘"), "must be a whole number of 1 or more, auto or inline, got '둘'"),
    ((*LAUNCH, "--trainer", "fussed"), "Did you mean 'fused'?"),
    ((*LAUNCH, "--precision", "bfloat"), "Did you mean 'bfloat16'?"),
    (("launch", "few.csv", "dnn"), "target"),
    (("launch", "few.csv", "dnn", "--target", "colour"), "Did you mean 'color'?"),
    (("launch", "one.csv", "dnn", "--target", "kind"), "at least two classes"),
    (("launch", "broken.npz", "dnn"), "broken.npz"),
    (("launch", "bad.yaml"), "bad.yaml line 3: not valid YAML"),
    (("launch", "wrong.yaml"), "wrong.yaml line 3: there is no key 'search.trails'. Did you mean 'trials'?"),
    (("launch", "nowhere.yaml"), "nowhere.yaml cannot be read"),
    (("best",), "There is no database"),
    (("best", "--storage", "text.txt"), "text.txt cannot be read"),
    (
        ("export", "--format", "pdf"),
        "There is no format 'pdf'. Known: yaml, json, keras-tuner, optuna, csv, parquet, python, keras, deploy, tflite.",
    ),
    (("resume", "x"), "There is no database"),
    (("spaces", "cnnn"), "Did you mean 'cnn'?"),
    (("spaces", "momentun"), "Did you mean 'momentum'?"),
    (("spaces", "cnn", "--preset", "ful"), "Did you mean 'full'?"),
    (("spaces", "--yaml"), "--yaml prints one preset; name it"),
    (("spaces", "momentum", "--yaml"), "--yaml prints a preset, and momentum is one hyperparameter"),
    (("lunch",), "Did you mean 'launch'?"),
    (("studies", "--storage", "sqlite://"), "in memory"),
    (("studies", "--storage", "postgresql://me:secret@127.0.0.1:1/x"), "postgresql://me:***@"),
    ((*LAUNCH, "--storage", "nowhere/kerasweep.db"), "does not exist"),
    ((*LAUNCH, "--storage", f"{LONG}.db"), "is too long for this system"),
    (("studies", "--storage", f"sqlite:///{LONG}.db"), "is too long for this system"),
    (("launch", LONG, "dnn"), "unknown data 'xxx"),
    (("launch", f"{LONG}.csv", "dnn", "--target", "y"), "no file or folder 'xxx"),
    ((*LAUNCH, "--space", f"{LONG}.yaml"), "is too long for this system"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("misuse")
    (made / "korean.py").write_text("def build(config, signature):\n    raise RuntimeError('한국어')\n")
    (made / "broken.py").write_text("1 / 0\n")
    (made / "few.csv").write_text(
        "size,color\n" + "".join(f"{i},{'red' if i % 2 else 'blue'}\n" for i in range(40))
    )
    (made / "one.csv").write_text("size,kind\n" + "".join(f"{i},same\n" for i in range(40)))
    (made / "broken.npz").write_bytes(b"PK\x03\x04 not an archive")
    (made / "bad.yaml").write_text("data: digits\nmodel: [ann\n")
    (made / "wrong.yaml").write_text("data: digits\nmodel: ann\nsearch: {trails: 5, sed: 1}\nepochs: 5\n")
    (made / "space.yaml").write_text(
        "version: 2\nhyperparameters:\n  optimizer:\n  learning_rate: {low: 2}\n"
    )
    (made / "foreign.yaml").write_text(
        "version: 2\nhyperparameters:\n  nesterof: {type: categorical, choices: [true, false]}\n"
    )
    (made / "both.yaml").write_text("data: digits\nmodel: ann\nspace: {preset: full, file: space.yaml}\n")
    (made / "text.txt").write_text("no database")
    return made


@pytest.mark.parametrize(
    ("arguments", "words"), CASES, ids=[" ".join(arguments)[:80] for arguments, _ in CASES]
)
def test_misuse_is_one_line(
    folder: Path,
    arguments: tuple[str, ...],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Run in this process, where fifty starts of Python would take minutes; other tests run real processes."""
    before = sorted(path.name for path in folder.iterdir())
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["kerasweep", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    output = capsys.readouterr()
    assert words in " ".join(output.err.replace("│", "").split())
    assert "Traceback" not in output.err
    assert ended.value.code in (1, 2)
    assert output.out == ""
    assert [name for name in sorted(path.name for path in folder.iterdir()) if name != "__pycache__"] == [
        name for name in before if name != "__pycache__"
    ]


def test_all_wrong_keys_at_once(kerasweep: Any, folder: Path) -> None:
    text = kerasweep("launch", "wrong.yaml", cwd=folder).stderr
    assert "line 3: there is no key 'search.trails'" in text
    assert "line 3: there is no key 'search.sed'. Did you mean 'seed'?" in text
    assert "line 4: there is no key 'epochs'" in text


@pytest.mark.trains
@pytest.mark.parametrize("workers", [1, 2])
def test_a_model_function_that_raises_leaves_no_study(kerasweep: Any, folder: Path, workers: int) -> None:
    done = kerasweep("launch", "digits", "korean:build", "--workers", workers, cwd=folder)
    assert done.returncode == 2
    assert "the model function raises RuntimeError: 한국어 (korean.py line 2)" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (folder / "kerasweep.db").exists()
