"""A study that was launched from Python objects has them as long as its process lives; another process is told."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import kerasweep as ks
import numpy as np
import pytest
from kerasweep import given_objects
from kerasweep.errors import DataError, StudyError

pytestmark = [
    pytest.mark.trains,
    pytest.mark.usefixtures("forked_workers"),
    pytest.mark.filterwarnings(
        "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
    ),
]
RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 3)).astype(np.float32)
Y = np.arange(40) % 2
SETTINGS: dict[str, Any] = {"folds": 2, "epochs": 1, "search": "random", "verbose": 0}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> ks.Study:
    def build(config: Any, signature: Any) -> Any:
        import keras

        return keras.Sequential([keras.Input(signature.input_shape), keras.layers.Dense(2, "softmax")])

    return ks.launch(
        (X, Y), build, trials=1, study="mine", storage=tmp_path_factory.mktemp("given") / "s.db", **SETTINGS
    )


def test_it_is_refit_exported_and_resumed_without_asking(study: ks.Study, tmp_path: Path) -> None:
    assert 0 <= study.refit().test["accuracy"] <= 1
    again = ks.load("mine", storage=study.record.storage)
    assert again.refit().epochs == 1
    assert (again.export(tmp_path / "bundle", "keras") / "predict.py").is_file()
    assert len(again.resume(trials=2, verbose=0).trials) == 2


def test_validation_rows_are_kept_with_the_data_and_asked_for_in_another_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, python: Any
) -> None:
    rows = {"validation": (X[:20], Y[:20])}
    settings = {name: value for name, value in SETTINGS.items() if name != "folds"}
    study = ks.launch((X, Y), "dnn", trials=1, study="own", storage=tmp_path / "s.db", **rows, **settings)
    done = study.refit()
    assert (done.dataset.rows, done.dataset.test_rows) == (50, 10)
    text = study.export(tmp_path / "train.py", "python").read_text()
    assert study.resume(trials=2, verbose=0).record.about["cv"] == "the validation rows that are given"
    monkeypatch.setattr(given_objects, "_objects", {})
    with pytest.raises(
        DataError, match=r"Pass the same data=, with the sample_weight=, groups= and validation="
    ):
        study.resume(data=(X, Y), trials=3, verbose=0)
    assert study.refit(data=(X, Y), **rows).test == pytest.approx(done.test)

    stop = next(line for line in text.splitlines() if "raise SystemExit" in line)
    assert "x and y, all rows of them (training rows, then those of validation=)" in stop
    np.savez(tmp_path / "rows.npz", x=np.concatenate([X, X[:20]]), y=np.concatenate([Y, Y[:20]]))
    text = text.replace(stop, '    rows = np.load("rows.npz")').replace(
        "x = y = None", 'x, y = rows["x"], rows["y"]'
    )
    slot = "validates = np.array([])"
    assert slot in text
    (tmp_path / "train.py").write_text(text.replace(slot, "validates = np.arange(60) >= 40"))
    check_script(study, tmp_path / "train.py", python)


def test_a_splitter_is_kept_by_its_folds_and_asked_for_in_another_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, python: Any
) -> None:
    from sklearn.model_selection import KFold, PredefinedSplit

    same, other = (KFold(2, shuffle=True, random_state=seed) for seed in (0, 1))
    settings = {name: value for name, value in SETTINGS.items() if name != "folds"}
    settings |= {"storage": tmp_path / "s.db", "study": "split", "limit": 40}
    study = ks.launch("iris", "dnn", cv=same, trials=1, **settings)
    assert study.record.about["cv"] == "KFold(n_splits=2, random_state=0, shuffle=True), 2 folds"
    assert len(ks.launch("iris", "dnn", cv=same, trials=2, **settings).trials) == 2
    with pytest.raises(StudyError, match=r"'split' exists and differs: cv\.splitter: .*cv\.fingerprint: "):
        ks.launch("iris", "dnn", cv=other, trials=2, **settings)
    study.export(tmp_path / "train.py", "python", limit=40)
    check_script(study, tmp_path / "train.py", python)

    monkeypatch.setattr(given_objects, "_objects", {})
    with pytest.raises(StudyError, match=r"pass them again: study\.refit\(cv=\.\.\.\)"):
        study.resume(trials=3, verbose=0)
    with pytest.raises(DataError, match="cv= gives other folds than those that the study was made with"):
        study.resume(cv=other, trials=3, verbose=0)
    assert len(study.resume(cv=same, trials=3, verbose=0).trials) == 3

    settings |= {"study": "one fold", "limit": None}
    one = ks.launch("iris", "dnn", cv=PredefinedSplit(np.arange(150) % 2 - 1), trials=1, **settings)
    text = one.export(tmp_path / "one.py", "python").read_text()
    assert 'raise SystemExit("Set validates' in text
    lines = [line for line in text.splitlines() if "raise SystemExit" not in line]
    text = "\n".join(lines).replace("validates = np.array([])", "validates = np.arange(150) % 2 == 1")
    (tmp_path / "one.py").write_text(text)
    check_script(one, tmp_path / "one.py", python)


def check_script(study: ks.Study, script: Path, python: Any) -> None:
    """Run a script and compare what it prints with what the study's refit scored."""
    ran = python(script.name, cwd=script.parent, timeout=300)
    printed = [line.split()[1:] for line in ran.stdout.splitlines() if line.startswith("test ")]
    record = ks.load(study.name, storage=study.record.storage).record
    scores = next(iter(record.refits.values()))["test"]
    assert {name: float(value) for name, value in printed} == pytest.approx(scores, rel=1e-4), ran.stderr


def test_another_process_is_told_in_one_line_what_to_pass(
    study: ks.Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(given_objects, "_objects", {})
    with pytest.raises(
        StudyError, match=r"^The study 'mine' was launched .*: study\.refit\(data=\.\.\., model=\.\.\.\) from"
    ) as caught:
        study.refit()
    assert "\n" not in str(caught.value)
    with pytest.raises(StudyError, match=r"study\.refit\(model=\.\.\.\)"):
        study.resume(data=(X, Y))


def test_a_function_of_the_running_script_is_found_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    from kerasweep.training.models import can_be_imported, find_model

    def build(config: Any, signature: Any) -> None: ...

    assert not can_be_imported("__main__:of_a_notebook")
    monkeypatch.setattr(sys.modules["__main__"], "of_a_notebook", build, raising=False)
    assert can_be_imported("__main__:of_a_notebook")
    assert find_model("__main__:of_a_notebook", "classification").function is build


def test_compare_and_report_take_names_studies_and_lists(study: ks.Study, tmp_path: Path) -> None:
    for given in (("mine", study), (["mine", "mine"],), ([study, study],), ((study,), "mine")):
        assert len(ks.compare(*given, storage=study.record.storage)) == 2
    assert ks.report("mine", tmp_path / "one.html", storage=study.record.storage).is_file()
    for wrong in (3, None, {"mine": 1}):
        with pytest.raises(
            ks.KerasweepError,
            match=rf"^compare takes names of studies or Study objects, got {type(wrong).__name__}",
        ):
            ks.compare(wrong)
