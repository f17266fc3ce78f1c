"""What the tests of exports share: refits of small data, trained for real or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from kerasweep.search.planning import make_plan
from kerasweep.search.spec import make_spec
from kerasweep.studies import StudyRecord, TrialRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from kerasweep.export.winner import Winner

OWN_MODELS = """
import keras
from keras import layers


def in_order(config, signature):
    return keras.Sequential(
        [
            keras.Input(signature.input_shape),
            layers.Flatten(),
            layers.Dense(16, activation="relu", kernel_initializer="he_normal"),
            layers.Dropout(0.2),
            layers.Dense(signature.outputs, activation=signature.output_activation),
        ]
    )


def last_first(config, signature):
    last = layers.Dense(signature.outputs, activation=signature.output_activation)
    return keras.Sequential([keras.Input(signature.input_shape), layers.Flatten(), layers.Dense(16), last])


def compiled(config, signature):
    inputs = keras.Input(signature.input_shape)
    x = layers.Flatten()(inputs)
    left = layers.Dense(16, activation="relu")(x)
    right = layers.Dense(16)(x)
    x = layers.Add()([left, right])
    model = keras.Model(inputs, layers.Dense(signature.outputs, activation="softmax")(x))
    model.compile("rmsprop", "categorical_crossentropy", metrics=["accuracy"])
    return model


def schedule_free(config, signature):
    output = layers.Dense(signature.outputs, activation="softmax")
    model = keras.Sequential([keras.Input(signature.input_shape), layers.Flatten(), output])
    optimizer = keras.optimizers.ScheduleFreeAdamW(0.02)  # takes its first values from the weights
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
"""

METRICS_FIRST = """
import keras
from kerasweep.training.models.building import build_metrics

def train_function_after_metrics(model, force=False, make=keras.Model.make_train_function):
    make(model, force)
    traced = model.train_function

    def first(iterator):
        if model._compile_metrics and not model._compile_metrics.built:
            build_metrics(model, iterator.element_spec)
        model.train_function = traced
        return traced(iterator)

    model.train_function = first

keras.Model.make_train_function = train_function_after_metrics
"""


def make_people(rows: int = 240) -> pd.DataFrame:
    """A table with numbers, whole numbers, booleans, categories in several scripts, and missing values."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "age": rng.integers(18, 80, rows).astype(float),
            "income": rng.normal(50, 10, rows).round(2),
            "children": rng.integers(0, 5, rows),
            "member": rng.random(rows) < 0.5,
            "city": rng.choice(["Oslo", "Lima", "서울"], rows),
            "job": rng.choice(["cook", "pilot", None], rows),
            "constant": 1,
            "house": [f"house {row // 4}" for row in range(rows)],
        }
    )
    frame.loc[rng.random(rows) < 0.1, "age"] = np.nan
    score = frame["income"] + 10 * (frame["city"] == "Lima") + rng.normal(0, 5, rows)
    frame["bought"] = np.where(score > 53, "yes", "no")
    frame["spent"] = score.round(3)
    return frame


@dataclass(frozen=True)
class Place:
    """A folder that is the current one, with data and models of a user's own."""

    folder: Path
    python: Callable[..., subprocess.CompletedProcess[str]]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run Python in this folder, where Kerasweep cannot be imported.

        Keras traces the steps of a training once there, not twice, because metrics have their variables before.
        """
        (self.folder / "guard.py").write_text(
            f"import runpy, sys\n{METRICS_FIRST}"
            "names = [name for name in sys.modules if name.partition('.')[0] == 'kerasweep']\n"
            "sys.modules.update(dict.fromkeys([*names, 'kerasweep']))\n"
            "sys.argv = sys.argv[1:]\n"
            "sys.path[0] = '.'\n"
            "runpy.run_path(sys.argv[0], run_name='__main__')\n"
        )
        return self.python("guard.py", *arguments, cwd=self.folder, timeout=300)

    def run_scripts(self, names: Iterable[str], script: str, more: str = "") -> dict[str, list[str]]:
        """Return what each script prints about the test rows; all run in one process.

        ``script`` is a script's path, with ``{name}`` in it; ``more`` is code that runs after them.
        """
        lines = ["import runpy"]
        for name in names:
            path = script.format(name=name)
            lines += [f"print('== {name}')", f"runpy.run_path({path!r}, run_name='__main__')"]
        (self.folder / "all.py").write_text("\n".join([*lines, more]))
        done = self.run("all.py")
        assert done.returncode == 0, done.stderr
        parts = (part.split("\n", 1) for part in done.stdout.split("== ")[1:])
        return {
            name.strip(): [line for line in text.splitlines() if line.startswith("test ")]
            for name, text in parts
        }


@pytest.fixture(scope="module")
def place(python: Any, tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("work")
    make_people().to_csv(folder / "people.csv", index=False)
    (folder / "own_models.py").write_text(OWN_MODELS)
    before = Path.cwd()
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    yield Place(folder, python)
    os.chdir(before)
    sys.path.remove(str(folder))
    for name in ("own_models", "own_data"):
        sys.modules.pop(name, None)


def make_refit(
    spec: dict[str, Any],
    *,
    epochs: int = 0,
    data: Any = None,
    limit: int | None = None,
    asked: dict[str, Any] | None = None,
) -> Winner:
    """Return a refit of a specification's recommended configuration, after some epochs of training or none.

    ``asked`` is added to the configuration.
    """
    from kerasweep.export.winner import Winner
    from kerasweep.search.planning import refit_workload
    from kerasweep.training.seeds import fold_seed
    from kerasweep.training.trainers.runtime import prepare_tensorflow

    prepare_tensorflow(2)
    from kerasweep.training.trainers.refit_run import start_refit

    plan = make_plan(make_spec({"cv": {"folds": 2}, **spec}), data=data)
    workload = refit_workload(plan, limit, data)
    configuration = {**plan.space.recommended(), **(asked or {})}
    seed = fold_seed(0, 0)
    run = start_refit(workload, configuration, seed)
    for epoch in range(epochs):
        run.train_epoch(epoch)
    if not epochs:
        run.model.run_eagerly = True  # one look at what is not trained is not worth tracing
    test = run.evaluate()
    mistakes = run.mistakes(workload.dataset) if epochs else None
    if not epochs:
        run.model.run_eagerly = False
        run.model.test_function = run.model.predict_function = None
    return Winner(
        configuration=configuration,
        study=make_record(plan.spec.as_dict(), plan.about()),
        trial=TrialRecord(3, "complete", configuration, 0.91, (0.9, 0.92), epochs=max(epochs, 1), seed=0),
        model=run.model,
        mistakes=mistakes,
        preparation=run.preparation,
        dataset=workload.dataset,
        signature=workload.signature(configuration),
        labels=run.labels,
        epochs=max(epochs, 1),
        batch_size=run.batch_size,
        seed=seed,
        test=test,
        class_weight=run.class_weight,
        unit_powers=run.unit_powers(test),
        training={},
        seconds=0.1,
        draw=run.draw,
        scorings={one.name.removeprefix("val_"): one.metric for one in workload.scorers},
        second_part=workload.fine_tuning(configuration),
    )


def make_record(spec: dict[str, Any], about: dict[str, Any], **more: Any) -> StudyRecord:
    fields = {"refits": {}, "driver": {}, "counts": {"complete": 4}, "direction": "maximize", **more}
    return StudyRecord(spec["study"], "sqlite:///x.db", 1, spec=spec, about=about, **fields)


@pytest.fixture(scope="session")
def refit_of() -> Callable[..., Winner]:
    return make_refit


@pytest.fixture(scope="session")
def record_of() -> Callable[..., StudyRecord]:
    return make_record


@pytest.fixture(scope="session")
def has_mnist() -> bool:
    """Whether the real ``mnist.npz`` is here, without which digits stand in; fails where everything must run."""
    found = (Path(os.environ.get("KERASWEEP_DATA", "/nonexistent")) / "mnist.npz").is_file()
    if not found and os.environ.get("KERASWEEP_REQUIRE_ALL") == "1":
        pytest.fail("KERASWEEP_DATA names no folder with mnist.npz")
    return found
