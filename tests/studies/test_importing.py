"""A KerasTuner project, written by KerasTuner itself, as a study."""

from __future__ import annotations

import json
import shutil
import warnings
from pathlib import Path
from types import SimpleNamespace

import kerasweep as ks
import optuna
import pytest
import yaml
from kerasweep.errors import StudyError
from kerasweep.spaces import Categorical, Condition, Float, Int, Space, space_from_dict
from kerasweep.spaces.values import same
from kerasweep.studies import find_study, read_details, read_studies, read_trials
from kerasweep.studies.keras_tuner_project import read_project

pytestmark = pytest.mark.trains


def build(hp):
    import keras
    from keras import layers

    model = keras.Sequential([layers.Flatten(), layers.Dense(hp.Int("units", 4, 16, step=4), hp.Choice("act", ["relu", "tanh"]))])  # fmt: skip
    if hp.Boolean("drop"):
        with hp.conditional_scope("drop", [True]):
            model.add(layers.Dropout(hp.Float("rate", 0.0, 0.5, step=0.1, default=0.2)))
    model.add(layers.Dense(2, "softmax"))
    optimizer = keras.optimizers.Adam(hp.Float("lr", 1e-3, 1e-1, sampling="log"))
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"], run_eagerly=True)
    return model


def rows():
    import numpy as np

    x = np.random.default_rng(0).random((60, 4)).astype("float32")
    return x, (x.sum(1) > 2).astype("int32")


def report_epochs(kt):
    """A tuner as users wrote it for older versions: it reports every epoch of every execution."""

    class Reporting(kt.RandomSearch):
        def run_trial(self, trial, x, y, **_):
            if trial.trial_id == "2":
                raise kt.errors.FailedTrialError("too\nlarge")
            for _ in range(2):
                history = self.hypermodel.build(trial.hyperparameters).fit(
                    x, y, validation_split=0.3, epochs=3, verbose=0
                )
                for epoch in range(3):
                    metrics = {name: values[epoch] for name, values in history.history.items()}
                    self.oracle.update_trial(trial.trial_id, metrics, step=epoch)

    return Reporting


@pytest.fixture(scope="module")
def projects(tmp_path_factory) -> Path:
    """Search with KerasTuner itself: a folder with one project in each of its folders."""
    from kerasweep.training.trainers.runtime import prepare_tensorflow

    prepare_tensorflow(1)
    import keras
    import keras_tuner as kt

    folder = tmp_path_factory.mktemp("projects")
    x, y = rows()
    keras.utils.set_random_seed(0)
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.setattr(kt.Tuner, "_configure_tensorboard_dir", lambda *_: None)  # tensorboard is not installed
        random = kt.RandomSearch(build, "val_accuracy", max_trials=4, seed=1, executions_per_trial=2,
                                 directory=folder / "random", project_name="first try")  # fmt: skip
        random.search(x, y, validation_split=0.3, epochs=2, verbose=1)
        hyperband = kt.Hyperband(build, "val_loss", max_epochs=3, seed=1, directory=folder / "hyperband", project_name="h")  # fmt: skip
        hyperband.search(x, y, validation_split=0.3, verbose=0)
        reporting = report_epochs(kt)(build, "val_accuracy", max_trials=3, seed=2, directory=folder / "reporting",
                                      project_name="r", max_consecutive_failed_trials=9)  # fmt: skip
        reporting.search(x, y, verbose=0)
    return folder


@pytest.fixture
def imported(projects: Path, tmp_path: Path):
    return lambda name, **more: ks.import_keras_tuner(projects / name, storage=tmp_path / "s.db", **more)


def files(folder: Path) -> dict[str, dict]:
    return {
        path.parent.name.removeprefix("trial_"): json.loads(path.read_text())
        for path in sorted(folder.glob("*/trial_*/trial.json"))
    }


def test_random_search(imported, projects: Path) -> None:
    study = imported("random")
    assert study.name == "first-try"
    assert (study.record.metric, study.record.direction) == ("val_accuracy", "maximize")
    theirs = files(projects / "random")
    trials = read_trials(study.record)
    assert len(trials) == len(theirs) == 4
    for trial, data in zip(trials, theirs.values(), strict=True):
        assert (trial.state, trial.value, trial.epochs) == ("complete", data["score"], data["best_step"] + 1)
        assert trial.configuration == data["hyperparameters"]["values"]
        assert trial.fold_scores == (), "KerasTuner keeps the mean of its executions only"
        assert trial.seconds > 0, "its display notes when a trial starts"
        assert trial.started.year >= 2020
    assert study.best.value == max(data["score"] for data in theirs.values())
    drop = (Condition("drop", (True,)),)
    assert space_from_dict(study.record.spec["space"]["define"]) == Space(
        (
            Int("units", 4, 16, step=4, recommended=4),
            Categorical("act", ("relu", "tanh")),
            Categorical("drop", (False, True)),
            Categorical("rate", (0.0, 0.1, 0.2, 0.30000000000000004, 0.4, 0.5), recommended=0.2, conditions=drop),
            Float("lr", 1e-3, 1e-1, log=True, recommended=1e-3),
        )
    ) or "rate" not in theirs["0"]["hyperparameters"]["values"]  # fmt: skip
    details = read_details(study.record, [0])[0]
    assert details.notes[0] == "imported from KerasTuner, where it is trial 0"
    assert details.notes[1].startswith("at its best epoch: ")
    assert details.curves == {}


def test_the_space_is_what_keras_tuner_itself_would_read(projects: Path) -> None:
    import keras_tuner as kt
    from kerasweep.spaces import space_from_keras_tuner

    for path in projects.glob("*/*/oracle.json"):
        config = json.loads(path.read_text())["hyperparameters"]
        expected = space_from_keras_tuner(kt.HyperParameters.from_config(config))
        found = read_project(path.parent).space
        assert tuple(one for one in found if one.name in expected) == expected.hyperparameters


def test_every_kind_is_read_from_a_file() -> None:
    import keras_tuner as kt
    from kerasweep.spaces import space_from_keras_tuner
    from kerasweep.spaces.keras_tuner import described_space

    hp = kt.HyperParameters()
    hp.Int("a", 1, 3)
    hp.Int("b", 2, 32, step=2, sampling="log", default=8)
    hp.Float("c", 0.0, 1.0, step=0.3)
    hp.Float("d", 0.1, 0.9, sampling="reverse_log")
    hp.Float("e", 1.0, 8.0, step=2, sampling="reverse_log")
    hp.Choice("f", [1, 2], default=2)
    hp.Boolean("g", default=True)
    hp.Fixed("h", "x")
    with hp.conditional_scope("g", [True]):
        hp.Choice("i", ["p", "q"])
        with hp.conditional_scope("i", "p"):
            hp.Int("j", 1, 9)
    read = space_from_keras_tuner(described_space(json.loads(json.dumps(hp.get_config()))["space"]))
    assert read == space_from_keras_tuner(hp)
    for one in read:
        assert same(one.recommended, space_from_keras_tuner(hp)[one.name].recommended)


def test_hyperband(imported, projects: Path) -> None:
    study = imported("hyperband", study="mine")
    theirs = files(projects / "hyperband")
    trials = read_trials(study.record)
    assert (study.name, study.record.metric, study.record.direction) == ("mine", "val_loss", "minimize")
    assert study.record.spec["search"]["method"] == "kt-hyperband"
    for trial, data in zip(trials, theirs.values(), strict=True):
        values = data["hyperparameters"]["values"]
        assert trial.configuration["epochs"] == trial.epochs_trained == values["tuner/epochs"]
        assert not any(name.startswith("tuner/") for name in trial.configuration)
    assert study.best.value == min(data["score"] for data in theirs.values())


def test_executions_and_curves(imported, projects: Path) -> None:
    study = imported("reporting")
    theirs = files(projects / "reporting")
    trials = read_trials(study.record)
    assert [trial.state for trial in trials] == ["complete", "complete", "failed"]
    assert trials[2].failure["message"] == "large", "the last line of the traceback"
    for trial, data in list(zip(trials, theirs.values(), strict=True))[:2]:
        observed = data["metrics"]["metrics"]["val_accuracy"]["observations"]
        assert list(trial.fold_scores) == observed[data["best_step"]]["value"]
        assert trial.standard_error is not None
        curves = read_details(study.record, [trial.number])[trial.number].curves
        assert curves["val_accuracy"] == [[one["value"][fold] for one in observed] for fold in range(2)]
        assert set(curves) == {"accuracy", "loss", "val_accuracy", "val_loss"}
        assert trial.epochs_trained == 3


def test_what_a_study_is_for_works(imported, tmp_path: Path, kerasweep, projects: Path) -> None:
    """On the command line, in a process that imports no TensorFlow."""
    run = lambda *words: kerasweep(*words, "--storage", tmp_path / "c.db", cwd=tmp_path)  # noqa: E731
    for name in ("random", "reporting"):
        done = run("import", projects / name)
        assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "imported r: 2 complete, 1 failed; maximize val_accuracy"
    for words in (("best",), ("show", "r"), ("show", "r", "0"), ("compare", "r", "first-try")):
        done = run(*words)
        assert done.returncode == 0, done.stderr
        assert "val_accuracy" in done.stdout or "imported" in done.stdout
    done = run("report", "r", "first-try", "-o", tmp_path / "r.html")
    assert done.returncode == 0, done.stderr
    exported = yaml.safe_load(run("export", "r").stdout)
    assert exported["provenance"]["configuration"].keys() >= {"units", "act", "drop", "lr"}
    assert json.loads(run("export", "r", "-f", "json").stdout)["provenance"]["study"] == "r"
    for words, message in {
        ("resume", "r"): "whose scores are not of folds; launch a new sweep",
        ("refit", "r"): "which keeps neither data nor model; pass both from Python",
        ("import", projects / "reporting"): "The study 'r' exists; choose another name with --study.",
    }.items():
        done = run(*words)
        assert done.returncode == 2
        assert len(done.stderr.splitlines()) == 1
        assert message in done.stderr
    assert len(read_studies(f"sqlite:///{tmp_path / 'c.db'}")) == 2
    assert optuna.load_study(study_name="r", storage=f"sqlite:///{tmp_path / 'c.db'}").best_value > 0


def test_importing_loads_no_tensorflow(projects: Path, tmp_path: Path) -> None:
    from fresh_process import modules_after

    code = f"import kerasweep; kerasweep.import_keras_tuner({str(projects / 'random')!r}, storage={str(tmp_path / 'n.db')!r})"
    assert not {"tensorflow", "keras", "keras_tuner"} & modules_after(code)


def test_a_refit_with_data_and_model(imported) -> None:
    import numpy as np

    x, y = (np.concatenate([part] * 3) for part in rows())
    done = imported("random").refit(data=(x, y), model=build)
    assert done.epochs == done.trial.epochs
    assert 0 <= done.test["accuracy"] <= 1


@pytest.fixture
def broken(projects: Path, tmp_path: Path) -> SimpleNamespace:
    folder = tmp_path / "broken"
    shutil.copytree(projects / "reporting" / "r", folder)
    trial = folder / "trial_1" / "trial.json"

    def change(path: Path, edit) -> None:
        data = json.loads(path.read_text())
        edit(data)
        path.write_text(json.dumps(data))

    return SimpleNamespace(folder=folder, trial=trial, oracle=folder / "oracle.json", change=change)


def assert_refused(folder: Path, storage: Path, message: str, **more) -> None:
    with pytest.raises(StudyError, match=message) as caught:
        ks.import_keras_tuner(folder, storage=storage, **more)
    assert "\n" not in str(caught.value)
    assert not storage.exists(), "nothing is written"


def test_folders_that_are_no_project(projects: Path, tmp_path: Path, broken) -> None:
    storage = tmp_path / "none.db"
    assert_refused(tmp_path / "nowhere", storage, r"^There is no folder .*nowhere\.$")
    (tmp_path / "empty").mkdir()
    assert_refused(
        tmp_path / "empty", storage, r"is no KerasTuner project: it has no oracle\.json\. Name the folder"
    )
    shutil.copytree(broken.folder, tmp_path / "two" / "a")
    shutil.copytree(broken.folder, tmp_path / "two" / "b")
    assert_refused(tmp_path / "two", storage, r"two holds 2 KerasTuner projects; name one of them: a, b\.$")
    for trial in broken.folder.glob("trial_*"):
        shutil.rmtree(trial)
    broken.change(broken.oracle, lambda data: data.update(start_order=[]))
    assert_refused(broken.folder, storage, r"has no trial yet; there is nothing to import\.$")


def test_files_that_are_not_keras_tuners(tmp_path: Path, broken) -> None:
    storage = tmp_path / "none.db"
    whole = broken.trial.read_text()
    broken.trial.write_text(whole[:40])
    assert_refused(broken.folder, storage, r"trial_1/trial\.json is no JSON: ")
    for key in ("score", "metrics", "hyperparameters", "status", "best_step"):
        broken.trial.write_text(whole)
        broken.change(broken.trial, lambda data, key=key: data.pop(key))
        assert_refused(
            broken.folder, storage, rf"trial_1/trial\.json is not KerasTuner's: it has no '{key}'\.$"
        )
    broken.trial.write_text(whole)
    broken.change(broken.trial, lambda data: data.update(status="COMPLETE"))
    assert_refused(broken.folder, storage, r"there is no status 'COMPLETE'\. Did you mean 'COMPLETED'\?$")
    broken.change(broken.trial, lambda data: data.update(status="COMPLETED", metrics={"metrics": {"a": 1}}))
    assert_refused(broken.folder, storage, r"trial_1/trial\.json is not KerasTuner's: ")
    broken.trial.write_text("[]")
    assert_refused(broken.folder, storage, r"it holds no keys\.$")
    broken.trial.write_text(whole)
    broken.change(broken.trial, lambda data: data["hyperparameters"]["values"].update(units=5))
    assert_refused(
        broken.folder,
        storage,
        r"trial_1/trial\.json: units must be a whole number in 4\.\.16:step=4, got 5\.$",
    )
    broken.trial.unlink()
    assert_refused(
        broken.folder, storage, r"trial_1/trial\.json cannot be read: No such file or directory\.$"
    )
    broken.change(broken.oracle, lambda data: data.pop("hyperparameters"))
    assert_refused(
        broken.folder, storage, r"oracle\.json is not KerasTuner's: it has no 'hyperparameters'\.$"
    )
    broken.oracle.write_text("{")
    assert_refused(broken.folder, storage, r"oracle\.json is no JSON: ")


def test_states(tmp_path: Path, broken) -> None:
    """What was running waits; a score that is no number is none."""
    broken.change(broken.trial, lambda data: data.update(status="RUNNING", score=None))
    broken.change(broken.folder / "trial_0" / "trial.json", lambda data: data.update(score=float("nan")))
    study = ks.import_keras_tuner(broken.folder, storage=tmp_path / "s.db")
    assert [trial.state for trial in read_trials(study.record)] == ["failed", "waiting", "failed"]
    assert study.record.metric == "default_objective"
    assert read_trials(study.record)[0].failure["message"] == "it has no score"


def test_an_objective_that_the_scores_do_not_tell(tmp_path: Path, broken) -> None:
    broken.change(broken.trial, lambda data: data.update(score=7.0))
    assert_refused(
        broken.folder,
        tmp_path / "none.db",
        r"cannot be inferred from its scores; give it with --metric\. Known: ",
    )
    assert_refused(
        broken.folder,
        tmp_path / "none.db",
        r"has a metric 'val_los'\. Did you mean 'val_loss'\?$",
        metric="val_los",
    )
    study = ks.import_keras_tuner(broken.folder, metric="val_loss", storage=tmp_path / "s.db")
    assert (study.record.metric, study.record.direction) == ("val_loss", "minimize")
    assert study.trials["value"][1] == 7.0


def test_a_write_that_fails_leaves_no_study(imported, tmp_path: Path, monkeypatch, projects: Path) -> None:
    from kerasweep.studies.ledger import Ledger

    def fail(*_: object) -> None:
        raise RuntimeError("disk on fire")

    url = f"sqlite:///{tmp_path / 's.db'}"
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "write_study_attribute", fail)
        with pytest.raises(RuntimeError, match="disk on fire"):
            imported("random")
    assert find_study("first-try", url) is None
    assert len(read_trials(imported("random").record)) == 4, "what was left of it is replaced"
