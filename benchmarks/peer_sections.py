"""Sections of the page on works that the peers train as well: what was done, what each figure covers, a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import fmean
from typing import Any

from contestants import PROCESS, TRIALS, Column, table
from figures import Figures
from targets import first_trials, shared_trials

PEERS = {"keras_tuner": "KerasTuner, `run_trial` cross-validates", "optuna": "Optuna with `model.fit`"}


def w1(figures: Figures) -> list[str]:
    """Digits, one architecture."""
    labels = {
        "kerasweep": "Kerasweep, 1 worker, all cores",
        "kerasweep_1": "Kerasweep, 1 worker, 1 thread",
        "kerasweep_2": "Kerasweep, 2 workers, 1 thread each",
        **PEERS,
        "scikeras_1": "SciKeras, `GridSearchCV`, `n_jobs=1`",
        "scikeras_2": "SciKeras, `GridSearchCV`, `n_jobs=2`",
        "numpy": "the same matrix products in NumPy, 1 thread",
    }
    columns = [
        TRIALS,
        Column("a trial, over the sweep", "seconds_per_trial", " s"),
        Column("a warm trial", "warm", " s"),
        Column("a trial / Kerasweep's, sweep", "seconds_per_trial", against="kerasweep"),
        Column("a trial / Kerasweep's, warm", "seconds_per_trial", against="kerasweep", base="warm"),
        PROCESS,
    ]
    return [
        "## W1: digits, one architecture",
        "",
        "1,348 training rows, two hidden layers of 128 with dropout, Adam, 5 folds, 20 epochs, batch 100, every epoch",
        "validated; configurations of learning rate and dropout. Kerasweep trains 20. The others, each of whose trials",
        "takes as long as the next, train as many as the table says. Clocks start after imports, loading of data and",
        "start of worker processes; writing the study is in. *Over the sweep*: all seconds, divided by the trials, so",
        "that tracing is in. *Warm*: with one worker the median time from the end of a trial to the end of the next,",
        "without the first; with two the time since each has ended one, divided by the trials since. The products are",
        "forward and backward products of all steps of all folds, and forward products of validation, and nothing else.",
        "SciKeras validates once, after the last epoch; its processes are warmed up by a search of one epoch.",
        "*Whole process* has imports, loading and, for SciKeras, that search in it.",
        "",
        *table(figures, "w1", labels, columns),
    ]


def mixed(figures: Figures) -> list[str]:
    """Digits, mixed architectures."""
    count = shared_trials(figures, "mixed")
    first = first_trials(figures, "mixed")
    columns = [
        TRIALS,
        Column(f"first {count} trials", first, " s"),
        Column("against Kerasweep's", first, against="kerasweep"),
        Column("a trial, all trials", "seconds_per_trial", " s"),
        Column("mean accuracy of the first", lambda run: fmean(run["scores"][:count])),
        PROCESS,
    ]
    return [
        "## W1: digits, mixed architectures",
        "",
        "As above, but the configurations are drawn from the `dnn` basic preset with a seed: 1 to 3 hidden layers, 16 to",
        "512 units, activation, batch normalization, optimizer, batch size, dropout, learning rate. Hardly two of them",
        f"share a program, so that every trial is cold. Compared are the first {count} configurations, the same for all, on",
        "one worker with all cores. The accuracy tells whether all did the same work; Kerasweep's is at the best epoch of",
        "the folds' mean curve, the others' after the last epoch.",
        "",
        *table(figures, "mixed", {"kerasweep": "Kerasweep", **PEERS}, columns),
    ]


def w2(figures: Figures) -> list[str]:
    """Fashion-MNIST in a fixed time."""
    columns = [
        Column("epochs of a fold, a second", "fold_epochs_per_second"),
        Column("against Optuna", "fold_epochs_per_second", against="optuna"),
        Column("epochs of a fold", "fold_epochs"),
        Column("seconds", "seconds"),
        TRIALS,
        PROCESS,
    ]
    labels = {
        "kerasweep": "Kerasweep, 1 worker",
        "kerasweep_2": "Kerasweep, 2 workers, `precision=auto`",
        "optuna": PEERS["optuna"],
    }
    return [
        "## W2: Fashion-MNIST, 3,000 images, a fixed time",
        "",
        "Two convolutional blocks, 3 folds, 9 epochs; learning rate, dropout, filters (16, 32) and kernel size (3, 5)",
        "drawn at random, the same configurations in the same order; no pruning. Counted are epochs of single folds,",
        "each with its validation, from the start of the first trial; tracing is in the time. Optuna finishes the trial",
        "that its time-out meets. KerasTuner has no budget of time; it would train with the same `model.fit`.",
        "",
        *table(figures, "w2", labels, columns),
    ]


def w3(figures: Figures) -> list[str]:
    """A table in a CSV file."""
    columns = [
        TRIALS,
        Column("a trial", "seconds_per_trial", " s"),
        Column("against Kerasweep", "seconds_per_trial", against="kerasweep"),
        PROCESS,
    ]
    labels = {
        "kerasweep": "`kerasweep.launch`, 1 worker",
        "optuna": "Optuna with a `ColumnTransformer` a fold and `model.fit`",
    }
    return [
        "## W3: a CSV file of 10,000 rows",
        "",
        "20 columns of numbers and 3 of categories, generated; two classes; a quarter of the rows held out; two hidden",
        "layers of 64 with dropout, 5 folds, 10 epochs. Clocks start after imports; reading the file, preparing columns",
        "inside each fold and writing the study are in.",
        "",
        *table(figures, "w3", labels, columns),
    ]


def w4(figures: Figures) -> list[str]:
    """One epoch of all of Fashion-MNIST."""
    columns = [
        Column("second epoch", "later", " s"),
        Column("plain `fit` / this", lambda run: 1 / float(run["later"]), against="fit"),
        Column("first epoch", "first", " s"),
        Column("best accuracy", "best"),
        PROCESS,
    ]
    labels = {
        "fit": "plain `model.fit`",
        "fit_no_jit": "plain `model.fit`, `jit_compile=False`",
        "kerasweep": "Kerasweep, default settings",
        "kerasweep_float32": "Kerasweep, `precision=float32`",
        "kerasweep_bfloat16": "Kerasweep, `precision=bfloat16`",
        "kerasweep_auto": "Kerasweep, `precision=auto`",
        "kerasweep_fit": "Kerasweep, `trainer=fit`",
    }
    return [
        "## W4: Fashion-MNIST, all 60,000 images, an epoch",
        "",
        "Convolutions of 32 and 64 filters of 3x3, a dense layer of 128, dropout; one hold-out: 48,000 rows to train, 12,000",
        "to validate after each epoch, batch 100, default threads. The second epoch is the measure. Tracing is in the",
        "first one and, for Kerasweep, so is the preparation of rows.",
        "",
        *table(figures, "w4", labels, columns),
    ]


def ideas(figures: Figures) -> list[str]:
    """Ways to train all folds at once, kept and lost."""
    dense = {
        "dense": "kept: one program a fold's epoch, not inlined, no graph passes; 1 thread",
        "dense_2": "kept: the same, folds side by side on 2 threads",
        "dense_wide": "lost: the same, each operation on 2 threads",
        "dense_turn": "lost: folds one after the other on 2 threads",
        "dense_passes": "lost: with TensorFlow's passes over the graph; 1 thread",
        "dense_inlined": "lost: inlined into one graph; 1 thread",
        "dense_xla": "lost: compiled by XLA; 1 thread",
        "stacked": "not built: weights stacked, batched products; no validation, no metrics; 1 thread",
        "stacked_4": "not built: four trials stacked, an epoch of one of them; 1 thread",
    }
    convolutional = {
        "conv": "1 thread, as in a worker of several",
        "conv_2": "kept: folds one after the other on 2 threads",
        "conv_together": "folds side by side on 2 threads",
        "conv_passes": "lost: with TensorFlow's passes over the graph, 2 threads",
        "conv_bfloat16": "bfloat16, 1 thread",
        "conv_bfloat16_2": "bfloat16, 2 threads",
    }
    columns = [
        Column("an epoch of all folds", "epoch", " s"),
        Column("first epoch, tracing included", "first_epoch", " s"),
    ]
    return [
        "## Ways to train folds in one program",
        "",
        "W1's network on digits, 5 folds, validation and metrics included unless a row says otherwise:",
        "",
        *table(figures, "ideas", dense, columns),
        "The recommended `cnn` on 3,000 images of Fashion-MNIST, 3 folds. With as many processes as cores, each takes the",
        "time of 1 thread and there are several, which trains more than sharing the cores:",
        "",
        *table(figures, "ideas", convolutional, columns),
    ]


def versus(work: str, title: str, text: Sequence[str]) -> Callable[[Figures], list[str]]:
    """Return the section of a work that all three train, with one architecture and with mixed ones."""

    def section(figures: Figures) -> list[str]:
        labels = {"kerasweep": "Kerasweep", **PEERS}
        count = shared_trials(figures, work, "_mixed")
        first = first_trials(figures, work, "_mixed")
        one = [
            TRIALS,
            Column("a trial, over the sweep", "seconds_per_trial", " s"),
            Column("a warm trial", "warm", " s"),
            Column("a trial / Kerasweep's, warm", "seconds_per_trial", against="kerasweep", base="warm"),
            Column("mean accuracy", lambda run: fmean(run["scores"])),
            PROCESS,
        ]
        mixed = [
            TRIALS,
            Column(f"first {count} trials", first, " s"),
            Column("against Kerasweep's", first, against="kerasweep_mixed"),
            Column("mean accuracy of the first", lambda run: fmean(run["scores"][:count])),
            PROCESS,
        ]
        return [
            f"## {title}",
            "",
            *text,
            "",
            "One architecture:",
            "",
            *table(figures, work, labels, one),
            f"Mixed architectures, of which the first {count} are compared:",
            "",
            *table(figures, work, {f"{name}_mixed": label for name, label in labels.items()}, mixed),
        ]

    return section


def w8(figures: Figures) -> list[str]:
    """Whole searches in equal time."""

    def at(share: str) -> Callable[[dict[str, Any]], float | None]:
        def read(run: dict[str, Any]) -> float | None:
            found = [score for score in run["best"].get(share, ()) if score is not None]
            return fmean(found) if found else None

        return read

    seconds = next((run["seconds"] for run in figures.runs("w8", "knowhow")), 240.0)
    columns = [
        *(Column(f"after {float(share) * seconds:g} s", at(share)) for share in ("0.1", "0.25", "0.5", "1")),
        Column("trials trained whole", lambda run: fmean(run["trials"])),
    ]
    labels = {
        "knowhow": "Kerasweep, `--search knowhow`",
        "bayes": "Kerasweep, `--search bayes`",
        "keras_tuner": "KerasTuner, `BayesianOptimization`",
        "optuna": "Optuna, TPE",
    }
    return [
        "## W8: Fashion-MNIST, whole searches in equal time",
        "",
        "3,000 images, 3 folds of 9 epochs, a `build_model(hp)` of two convolutions: learning rate 0.0001 to 0.1, Adam or SGD",
        "with momentum, filters, kernel size, dropout, units, batch size. Shown is the validation accuracy, after the last",
        "epoch and mean of the folds, of the best configuration that was trained whole by then; mean over the seeds that",
        "had one. KerasTuner and Optuna cross-validate with `model.fit`, every trial to its last epoch.",
        "",
        *table(figures, "w8", labels, columns),
    ]
