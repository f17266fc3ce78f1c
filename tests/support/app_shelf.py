"""Studies of every awkward kind, as the web app meets them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import optuna
from kerasweep.app.security import Doors
from kerasweep.app.server import make_app
from kerasweep.app.site import Site
from kerasweep.spaces import Float, Space
from kerasweep.studies.lifecycle import create_study
from synthetic import fast_writes, hostile_space, make_large_study, make_study, wide_space

if TYPE_CHECKING:
    from pathlib import Path

    from flask.testing import FlaskClient

HYPHENS = "my-flowers-linear-knowhow"
HOSTILE = "<script>alert(1)</script> \"'&amp; 한국어/a?b%c#d .."
STUDIES = (
    "ordinary",
    "second",
    "large",
    "wide",
    "empty",
    "only failed",
    "one trial",
    "one hyperparameter",
    "running",
    "infinite",
    "foreign",
    "several",
    HYPHENS,
    HOSTILE,
    "..",
)


@dataclass(frozen=True)
class Shelf:
    """A database of studies, and the app that shows it."""

    site: Site
    client: FlaskClient


def make_shelf(folder: Path) -> Shelf:
    """Write the studies into a folder."""
    url = f"sqlite:///{folder / 'studies.db'}"
    make_study(url, "ordinary", trials=24)
    make_study(url, "second", trials=10, refit=False)
    make_large_study(url, "large", trials=300)
    make_large_study(url, "wide", model="my:build", trials=20, space=wide_space(40))
    make_study(url, "empty", trials=0)
    make_study(url, "one trial", trials=1)
    make_study(
        url, "one hyperparameter", trials=4, space=Space((Float("learning_rate", 0.001, 0.1, log=True),))
    )
    make_study(url, HOSTILE, trials=14, space=hostile_space(), data=HOSTILE, model=HOSTILE)
    make_study(url, HYPHENS, trials=3, data="my-flowers.csv")
    make_study(url, "..", trials=2)
    with fast_writes():
        _write_odd(url)
    site = Site(url)
    app = make_app(site, Doors.of("127.0.0.1"))
    return Shelf(site, app.test_client())


def _write_odd(url: str) -> None:
    about = {"metric": "val_loss", "folds": 2, "epochs": 3}
    with create_study(url, "only failed", "maximize", {}, {"metric": "val_accuracy"}) as writer:
        for number in range(3):
            trial = writer.new_trial()
            writer.log(trial, "" if number else HOSTILE)
            writer.fail(
                trial,
                {} if number else {"kind": HOSTILE, "message": HOSTILE, "traceback": HOSTILE},
            )
    with create_study(url, "running", "minimize", {}, about) as writer:
        trial = writer.new_trial()
        trial.suggest_float("learning_rate", 0.01, 0.1)
        writer.report(trial, 1, 0.5)
        writer.optuna.enqueue_trial({"learning_rate": 0.02})
    with create_study(url, "infinite", "minimize", {}, about) as writer:
        for value in (math.inf, 0.5, -math.inf, 1e30, 0.45):
            trial = writer.new_trial()
            trial.suggest_float("learning_rate", 0.01, 0.1)
            curves = {"val_loss": [[value, math.nan], [value]]}
            writer.finish(trial, value, {"fold_scores": [value, value]}, {"curves": curves})
    storage = optuna.storages.RDBStorage(url)
    several = optuna.create_study(study_name="several", storage=storage, directions=["maximize", "minimize"])
    several.optimize(lambda trial: (x := trial.suggest_float("x", -3, 3), x * x), n_trials=6)
    study = optuna.create_study(study_name="foreign", storage=storage)
    study.optimize(lambda trial: trial.suggest_float("<b>x</b> & %{y} $z$", -3, 3) ** 2, n_trials=5)
