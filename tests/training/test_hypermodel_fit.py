"""A ``HyperModel.fit`` of a user's own is asked, called for every fold, and for the refit."""

from __future__ import annotations

import functools
from pathlib import Path
from types import ModuleType

import keras_tuner
import kerasweep as ks
import numpy as np
import pytest
from kerasweep.errors import ModelError
from kerasweep.spaces import Categorical, Condition, Float, Int, Space
from kerasweep.studies import read_details, read_trials

pytestmark = pytest.mark.trains
FITS = ("Shuffles", "Normalizes", "OwnEpochs", "CustomLoop", "ReturnsADict", "ByPosition")
INSTANCES = {"Shuffles": "with_fit"}
"""Class -> an instance of it, which is trained and refit the same."""


@functools.cache
def models() -> ModuleType:
    from kerasweep.training.trainers.runtime import prepare_tensorflow

    prepare_tensorflow(1)
    import hypermodels

    return hypermodels


def settings(name: str, **more) -> dict:
    metric = {"CustomLoop": ("my_metric", "minimize"), "ReturnsADict": ("right", "maximize")}.get(name)
    chosen = {"metric": metric[0], "direction": metric[1]} if metric else {}
    return {"limit": 100, "folds": 2, "epochs": 3, "verbose": 0, **chosen, **more}


@functools.cache
def space(name: str) -> Space:
    return ks.plan_sweep("digits", getattr(models(), name), **_plain(settings(name))).space


def _plain(given: dict) -> dict:
    return {name: value for name, value in given.items() if name != "verbose"}


def test_what_a_fit_asks_for_is_found() -> None:
    units = Categorical("units", (8, 16))
    batches = ks.preset("own")["batch_size"]
    assert space("Shuffles") == Space((units, Categorical("shuffle", (False, True)), batches))
    assert space("Normalizes") == Space(
        (
            units,
            Categorical("normalize", (False, True)),
            Float("factor", 0.5, 2.0, recommended=1.0, conditions=(Condition("normalize", (True,)),)),
            batches,
        )
    )
    assert space("OwnEpochs") == Space(
        (units, Int("epochs", 2, 4, recommended=2), Categorical("batch_size", (16, 32)))
    )
    assert space("CustomLoop").names == ("units", "batch_size", "learning_rate"), "it has its own optimizer"
    assert space("ReturnsADict") == Space((units,)), "its model.fit is not told the batch size"


@functools.cache
def digits() -> tuple[np.ndarray, np.ndarray]:
    """Return so few that a refit, which is not limited, is short, too."""
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    return (x[:100] / 16).reshape(-1, 8, 8, 1).astype("float32"), y[:100]


@pytest.mark.parametrize("name", FITS)
def test_sweeps_and_refits(name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    study = ks.launch(
        digits(),
        getattr(models(), name),
        search="random",
        trials=2,
        storage=tmp_path / "s.db",
        **settings(name),
    )
    trials = read_trials(study.record)
    assert [trial.state for trial in trials] == ["complete"] * 2
    for trial in trials:
        details = read_details(study.record, [trial.number])[trial.number]
        assert trial.trainer == "hypermodel"
        assert details.notes[0] == (
            "its folds were trained one after the other by HyperModel.fit, which cannot be pruned midway"
        )
        epochs = {"OwnEpochs": trial.configuration.get("epochs"), "CustomLoop": 2}.get(name, 3)
        assert trial.epochs_trained == epochs
        curve = details.curves[study.record.metric]
        assert [len(fold) for fold in curve] == [1 if name == "ReturnsADict" else epochs] * 2
        assert len(trial.fold_scores) == 2
    given = getattr(models(), INSTANCES.get(name, name))
    again = ks.launch(digits(), given, search="random", trials=1, storage=tmp_path / "again.db", **settings(name))  # fmt: skip
    assert read_trials(again.record)[0].fold_scores == trials[0].fold_scores
    done = again.refit(0, data=digits(), model=given)
    assert 0 <= done.test.get("accuracy", 0.5) <= 1
    if name not in ("CustomLoop", "ReturnsADict"):
        assert len(done.training["loss"]) == trials[0].epochs
    printed = capfd.readouterr()
    assert "speaks" not in printed.out + printed.err
    assert "━" not in printed.out


def test_scores_are_those_of_the_fit(tmp_path: Path) -> None:
    """With the rows in their order, a fold is what model.fit gives."""
    import keras

    study = ks.launch(
        "digits", models().Shuffles, search="random", trials=1, storage=tmp_path / "s.db",
        fix={"shuffle": False, "units": 8, "batch_size": 32}, **settings("Shuffles"),
    )  # fmt: skip
    plan = ks.plan_sweep("digits", models().Shuffles, fix={"shuffle": False, "units": 8, "batch_size": 32},
                         **_plain(settings("Shuffles")))  # fmt: skip
    from kerasweep.training.seeds import fold_seed

    fold = plan.workload.fold_data[0]
    hp = keras_tuner.HyperParameters()
    hp.values = {"units": 8}
    keras.utils.set_random_seed(fold_seed(0, 0))
    model = models().dense(hp, run_eagerly=False)
    model.build((None, 8, 8, 1))
    found = model.fit(
        fold.x[fold.train], fold.y[fold.train], batch_size=32, epochs=3, shuffle=False, verbose=0,
        validation_data=(fold.x[fold.validation], fold.y[fold.validation]),
    ).history["val_loss"]  # fmt: skip
    curves = read_details(study.record, [0])[0].curves
    assert curves["val_loss"][0] == pytest.approx(found, rel=1e-4)
    refit = study.refit(0, model=models().Shuffles)
    assert len(refit.training["loss"]) == read_trials(study.record)[0].epochs, "of data that it loads by name"


def test_several_workers_load_it_by_name(tmp_path: Path, kerasweep) -> None:
    (tmp_path / "mine.py").write_text(
        "import keras_tuner as kt\nfrom hypermodels import OwnEpochs\nclass Mine(OwnEpochs):\n    pass\n"
    )
    import os

    path = os.pathsep.join([str(Path(__file__).parents[1] / "support"), os.environ.get("PYTHONPATH", "")])
    flags = "--limit 100 --folds 2 --trials 2 --search random --workers 2 --study s".split()
    done = kerasweep("launch", "digits", "mine:Mine", *flags, cwd=tmp_path, PYTHONPATH=path)
    assert done.returncode == 0, done.stderr
    assert "speaks" not in done.stdout
    done = kerasweep("export", "s", "-f", "python", "-o", "train.py", cwd=tmp_path, PYTHONPATH=path)
    assert done.returncode == 0, done.stderr
    assert "HyperModel.fit" in (tmp_path / "train.py").read_text()


def failing(fit) -> type:
    class Fails(keras_tuner.HyperModel):
        def build(self, hp):
            return models().dense(hp)

    Fails.fit = fit
    return Fails


def raises(self, hp, model, **kwargs):
    raise ValueError("no way")


def returns_text(self, hp, model, **kwargs):
    return "good"


@pytest.mark.parametrize(
    ("fit", "trainer", "message"),
    [
        (raises, "auto", r"^The model '.*Fails' cannot be built: its fit raises ValueError: no way \(test_hypermodel_fit"),
        (lambda self, hp, model, **kwargs: model.fit(**kwargs), "fused", "cannot be trained fused: it has a HyperModel.fit of its own"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(fit, trainer: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=message):
        ks.launch(
            "digits", failing(fit), trials=1, trainer=trainer, storage=tmp_path / "s.db", **settings("")
        )


@pytest.mark.parametrize(
    ("fit", "message"),
    [
        (returns_text, "HyperModel.fit returns str; return the history of model.fit, a dict or a number"),
        (lambda self, hp, model, **kwargs: None, "HyperModel.fit returns NoneType; return the history"),
        (lambda self, hp, model, **kwargs: float("nan"), "default_objective became nan in fold 1"),
    ],
)
def test_a_fit_that_gives_no_score_fails_its_trial(fit, message: str, tmp_path: Path) -> None:
    with pytest.raises(ks.KerasweepError, match=r"^(No trial|The first)"):
        ks.launch("digits", failing(fit), trials=1, storage=tmp_path / "s.db", **settings(""))
    failure = read_trials(ks.load(storage=tmp_path / "s.db").record)[0].failure
    assert message in failure["message"]


class Scored(keras_tuner.HyperModel):
    """Returns what a test asks for, and notes the rows that it is given."""

    returns = staticmethod(lambda history: min(history.history["val_loss"]))
    passes_on = False
    seen: tuple = ()

    def build(self, hp):
        import keras

        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, "softmax")])
        rate = hp.Choice("rate", [0.0, 0.5])
        model.compile(
            keras.optimizers.SGD(rate),
            "sparse_categorical_crossentropy",
            metrics=["accuracy"],
            run_eagerly=True,
        )
        return model

    def fit(self, hp, model, x, y, validation_data=None, **kwargs):
        type(self).seen = (*type(self).seen, tuple(np.bincount(np.asarray(y).astype(int), minlength=2)))
        history = model.fit(x, y, validation_data=validation_data, epochs=5, verbose=0)
        return type(self).returns(history)


RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 2)).astype(np.float32)
RARE = (X[:, 0] > 1.0).astype(np.int64)


def scored(returns) -> type[Scored]:
    return type("Own", (Scored,), {"returns": staticmethod(returns), "seen": ()})


SMALL = {"folds": 2, "epochs": 3, "verbose": 0, "trials": 2, "search": "grid"}


def test_a_number_without_a_name_is_minimized_as_by_keras_tuner(tmp_path: Path) -> None:
    model = scored(lambda history: min(history.history["val_loss"]))
    study = ks.launch((X, RARE), model, storage=tmp_path / "s.db", **SMALL)
    assert (study.record.metric, study.record.direction) == ("default_objective", "minimize")
    values = [trial.value for trial in read_trials(study.record)]
    assert study.best.value == min(values) < max(values)
    assert study.best.configuration["rate"] == 0.5
    assert {trial.epochs_trained for trial in read_trials(study.record)} == {5}, (
        "what it trained, not what it was told"
    )
    assert study.refit(data=(X, RARE), model=model).epochs == 5
    again = ks.launch((X, RARE), model, storage=tmp_path / "again.db", **{**SMALL, "metric": "accuracy"})
    assert again.record.direction == "maximize", "a number has the name and the direction that are asked for"


@pytest.mark.parametrize(
    ("returned", "metric"),
    [
        ({"err": 0.5, "val_accuracy": 0.1}, "val_accuracy"),
        ({"default_objective": 0.5}, "default_objective"),
        ({"err": 0.5, "acc": 0.5}, None),
        ([{"err": 0.5}, {"err": 0.7}], None),
        ([0.5, 0.7], "default_objective"),
        (np.float32(0.5), "default_objective"),
    ],
)
def test_which_of_several_numbers_is_compared_is_known_or_asked_for(returned, metric) -> None:
    model = scored(lambda history: returned)
    given = {name: value for name, value in SMALL.items() if name != "verbose"}
    if metric is None:
        with pytest.raises(
            ks.KerasweepError, match=r"returns err.*; say which is compared .* --objective and --direction"
        ):
            ks.plan_sweep((X, RARE), model, **given)
        given |= {"metric": "err", "direction": "minimize"}
        metric = "val_err"
    assert ks.plan_sweep((X, RARE), model, **given).workload.objective.metric == metric


@pytest.mark.parametrize("rows", [{"balancing": "undersample"}, {"subset": 0.5}, {}], ids=str)
def test_refit_trains_rows_like_those_that_were_scored(rows, tmp_path: Path) -> None:
    model = scored(lambda history: min(history.history["val_loss"]))
    picks = {name: [value] for name, value in rows.items()}
    study = ks.launch((X, RARE), model, storage=tmp_path / "s.db", set=picks, **{**SMALL, "trials": 1})
    trained = model.seen[-1]
    done = study.refit(data=(X, RARE), model=model)
    refitted = model.seen[-1]
    counts = np.bincount(done.dataset.y)
    if rows.get("balancing"):
        assert trained[0] == trained[1]
        assert refitted == (counts[1], counts[1])
    else:
        assert sum(refitted) == pytest.approx(rows.get("subset", 1.0) * sum(counts), abs=1)
