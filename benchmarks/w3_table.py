"""W3: a CSV file of 10,000 rows, 20 columns of numbers and 3 of categories, two classes; 5 folds x 10 epochs.

The clock starts after TensorFlow's import and stops when the study is done: reading the file, preparing columns
inside each fold, training and writing the study are all in it.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import kerasweep as ks
import numpy as np
import pandas as pd
from common import import_tensorflow, new_storage, tell

if TYPE_CHECKING:
    from common import Split

RATES = (0.001, 0.01)
DROPOUTS = (0.25, 0.4)
FIXED = {
    "optimizer": "adam",
    "batch_size": 100,
    "hidden_layers": 2,
    "units": 64,
    "activation": "relu",
    "normalization": "none",
}
IMPORTS = {
    "kerasweep": ("keras",),
    "optuna": ("networks", "peers", "optuna", "sklearn.compose", "sklearn.model_selection"),
}
"""What is imported before the clock starts, beside TensorFlow and the modules above."""
CONFIGURATIONS = [
    {**FIXED, "learning_rate": rate, "dropout": drop} for rate, drop in product(RATES, DROPOUTS)
]


def write_table(rows: int) -> Path:
    """Write the table, the same every time, and return its path."""
    generator = np.random.default_rng(0)
    numbers = generator.normal(size=(rows, 20)) * np.logspace(-2, 2, 20) + generator.normal(size=20)
    table = pd.DataFrame(numbers.round(5), columns=[f"number_{place}" for place in range(20)])
    signal = (numbers[:, :10] / np.logspace(-2, 2, 20)[:10]) @ generator.normal(size=10)
    for place, levels in enumerate((3, 8, 20)):
        codes = generator.integers(0, levels, rows)
        table[f"category_{place}"] = [f"level {code}" for code in codes]
        signal += generator.normal(size=levels)[codes]
    table["bought"] = np.where(signal + generator.normal(size=rows) > np.median(signal), "yes", "no")
    path = Path(tempfile.mkdtemp(prefix="kerasweep-bench-")) / "customers.csv"
    table.to_csv(path, index=False)
    return path


def run_kerasweep(path: Path, arguments: argparse.Namespace) -> int:
    """Run ``kerasweep.launch`` on the file and return the number of its trials."""
    study = ks.launch(
        path,
        "dnn",
        target="bought",
        search="grid",
        set={"learning_rate": list(RATES), "dropout": list(DROPOUTS)},
        fix=FIXED,
        trials=arguments.configurations,
        folds=arguments.folds,
        epochs=arguments.epochs,
        scheduler="none",
        patience=None,
        workers="inline",
        storage=new_storage(),
        verbose=0,
    )
    return len(study.trials)


def run_optuna(path: Path, arguments: argparse.Namespace) -> int:
    """Run Optuna with a ``ColumnTransformer`` fitted in each fold, and ``model.fit``."""
    from networks import build_dense
    from peers import cross_validate, search

    def score(configuration: dict[str, Any]) -> float:
        splits = splits_of(path, arguments.folds)
        return cross_validate(
            lambda: build_dense(configuration, splits[0].x.shape[1], outputs=2),
            splits,
            epochs=arguments.epochs,
            batch_size=configuration["batch_size"],
        )

    chosen = CONFIGURATIONS[: arguments.configurations]
    search("optuna", chosen, score)
    return len(chosen)


def splits_of(path: Path, folds: int) -> list[Split]:
    """Return the folds of a file's training rows."""
    from sklearn.model_selection import train_test_split

    table = pd.read_csv(path)
    training, _ = train_test_split(table, test_size=0.25, stratify=table["bought"], random_state=0)
    return prepare(training, folds)


def prepare(training: pd.DataFrame, folds: int) -> list[Split]:
    """Return the folds, each prepared by what is fitted on its own training rows."""
    from common import Split
    from sklearn.compose import make_column_selector, make_column_transformer
    from sklearn.model_selection import StratifiedKFold
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    x, y = training.drop(columns="bought"), (training["bought"] == "yes").to_numpy("int64")
    made = []
    for train, validation in StratifiedKFold(folds, shuffle=True, random_state=0).split(x, y):
        columns = make_column_transformer(
            (StandardScaler(), make_column_selector(dtype_include="number")),
            (
                OneHotEncoder(handle_unknown="ignore", sparse_output=False),
                make_column_selector(dtype_exclude="number"),
            ),
        )
        x_train = columns.fit_transform(x.iloc[train]).astype("float32")
        x_validation = columns.transform(x.iloc[validation]).astype("float32")
        made.append(Split(x_train, y[train], x_validation, y[validation]))
    return made


def main() -> None:
    """Measure one contestant."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("contestant", choices=("kerasweep", "optuna"))
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--configurations", type=int, default=len(CONFIGURATIONS))
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=10)
    arguments = parser.parse_args()
    path = write_table(arguments.rows)
    run = run_kerasweep if arguments.contestant == "kerasweep" else run_optuna
    import_tensorflow()
    for name in IMPORTS[arguments.contestant]:
        import_module(name)
    started = time.perf_counter()
    trials = run(path, arguments)
    seconds = time.perf_counter() - started
    tell(trials=trials, seconds=seconds, seconds_per_trial=seconds / trials)


if __name__ == "__main__":
    main()
