"""The threads of a process that trains."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from kerasweep.search.planning import make_plan
from kerasweep.search.spec import make_spec
from kerasweep.training.trainers.runtime import operation_threads, worker_environment

ROWS = np.random.default_rng(0).normal(size=(40, 8, 8, 1)), np.tile([0, 1], 20)
DENSE = ("linear", "ann", "dnn", "mlp_residual")


def threads_of(model: str, threads: int, trainer: str = "auto", **cv: object) -> int:
    spec = make_spec(
        {"data": {"source": "python:data"}, "model": model, "cv": cv, "execution": {"trainer": trainer}}
    )
    return operation_threads(make_plan(spec, data=ROWS).workload, threads)


@pytest.mark.parametrize("model", DENSE)
@pytest.mark.parametrize(
    ("threads", "folds", "each"), [(1, 5, 1), (2, 5, 1), (2, 2, 1), (8, 5, 2), (32, 3, 11)]
)
def test_folds_of_dense_models_share_the_threads(model: str, threads: int, folds: int, each: int):
    assert threads_of(model, threads, folds=folds) == each


@pytest.mark.parametrize("model", ["cnn", "resnet"])
def test_folds_of_convolutional_models_have_all_threads_each(model: str):
    assert threads_of(model, 8, folds=4) == 8


@pytest.mark.parametrize("model", DENSE)
def test_one_fold_and_a_fold_after_the_other_have_all_threads(model: str):
    assert threads_of(model, 8, method="holdout") == 8
    assert threads_of(model, 8, folds=4, trainer="fit") == 8


def test_tensorflow_takes_them(python, tmp_path: Path):
    said = python(
        "-c",
        "from kerasweep.training.trainers.runtime import prepare_tensorflow;"
        "prepare_tensorflow(3, 2);"
        "import tensorflow as tf;"
        "read = tf.config.threading;"
        "print(read.get_inter_op_parallelism_threads(), read.get_intra_op_parallelism_threads())",
        cwd=tmp_path,
        **worker_environment(3),
    )
    assert said.stdout.split() == ["3", "2"], said.stderr
