"""Everything that ``run.py`` measures: which script, with which arguments, how often.

Adding a measurement is adding a line here and, to show it, a label in ``sections.py``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Measurement:
    """One script with its arguments."""

    work: str
    name: str
    command: str
    """Script and arguments."""
    quick: str | None = None
    """What is added to the command for a quick look, where later arguments win; None: left out of it."""
    rounds: int = 3
    """How often; long ones are measured less often."""

    def arguments(self, *, quick: bool) -> list[str]:
        """Return script and arguments."""
        return f"{self.command} {self.quick or ''}".split() if quick else self.command.split()


_TWO_FOLDS = "--epochs 2 --folds 2"
_ONE = f"--configurations 1 {_TWO_FOLDS}"
_W1 = (
    Measurement("w1", "numpy", "w1_digits.py numpy", _TWO_FOLDS),
    Measurement("w1", "kerasweep_1", "w1_digits.py kerasweep --threads 1"),
    Measurement("w1", "kerasweep", "w1_digits.py kerasweep", f"--configurations 2 {_TWO_FOLDS}"),
    Measurement(
        "w1",
        "kerasweep_2",
        "w1_digits.py kerasweep --workers 2 --threads 1",
        f"--configurations 4 {_TWO_FOLDS}",
    ),
    Measurement("w1", "keras_tuner", "w1_digits.py keras_tuner --configurations 2", _ONE),
    Measurement("w1", "optuna", "w1_digits.py optuna --configurations 2", _ONE),
    Measurement("w1", "scikeras_1", "w1_digits.py scikeras --configurations 2", rounds=1),
    Measurement("w1", "scikeras_2", "w1_digits.py scikeras --workers 2 --configurations 2", _ONE),
)
_MIXED = (
    Measurement("mixed", "kerasweep", "w1_mixed.py kerasweep", f"--configurations 2 {_TWO_FOLDS}", 1),
    Measurement("mixed", "keras_tuner", "w1_mixed.py keras_tuner", _ONE, 1),
    Measurement("mixed", "optuna", "w1_mixed.py optuna", rounds=1),
)
_TINY = "--limit 300 --epochs 2"
_W2 = (
    Measurement("w2", "kerasweep", "w2_fashion.py kerasweep --seconds 45", f"{_TINY} --seconds 1", 2),
    Measurement(
        "w2",
        "kerasweep_2",
        "w2_fashion.py kerasweep --seconds 45 --workers 2 --precision auto",
        rounds=2,
    ),
    Measurement("w2", "optuna", "w2_fashion.py optuna --seconds 45", f"{_TINY} --seconds 1", 2),
)
_SMALL_TABLE = "--rows 400 --configurations 1 --folds 2 --epochs 1"
_W3 = (
    Measurement("w3", "kerasweep", "w3_table.py kerasweep", _SMALL_TABLE, 1),
    Measurement("w3", "optuna", "w3_table.py optuna", _SMALL_TABLE, 1),
)
_W4 = (
    Measurement("w4", "fit", "w4_epoch.py fit", "--limit 500", 2),
    Measurement("w4", "fit_no_jit", "w4_epoch.py fit --no-jit", rounds=1),
    Measurement("w4", "kerasweep", "w4_epoch.py kerasweep", "--limit 500", 2),
    Measurement("w4", "kerasweep_float32", "w4_epoch.py kerasweep --precision float32", rounds=1),
    Measurement("w4", "kerasweep_bfloat16", "w4_epoch.py kerasweep --precision bfloat16", "--limit 500", 2),
    Measurement("w4", "kerasweep_auto", "w4_epoch.py kerasweep --precision auto", rounds=1),
    Measurement("w4", "kerasweep_fit", "w4_epoch.py kerasweep --trainer fit", rounds=1),
)
_DRIVER = tuple(
    Measurement(
        "driver",
        f"{method}_{capacity}",
        f"driver.py {method} --capacity {capacity} --trials {trials}",
        "--trials 20",
        1,
    )
    for method, trials in (("random", 1000), ("bayes", 300))
    for capacity in (1, 8)
)
_MEMORY = (Measurement("memory", "kerasweep", "memory.py", "--trials 4", 1),)
_BROWSING = tuple(
    Measurement("browsing", str(trials), f"browsing.py --trials {trials}", quick)
    for trials, quick in ((1_000, "--trials 100"), (10_000, None))
)
_SCALING = (
    Measurement("scaling", "folds_3", "scaling.py --folds 3", "--epochs 1 --trials 3", 1),
    Measurement("scaling", "folds_5", "scaling.py --folds 5", rounds=1),
    Measurement("scaling", "folds_10", "scaling.py --folds 10", rounds=1),
    Measurement("scaling", "workers_1", "scaling.py --workers 1 --threads 1 --trials 12", rounds=1),
    Measurement("scaling", "workers_2", "scaling.py --workers 2 --threads 1 --trials 12", rounds=1),
    Measurement(
        "scaling",
        "rows_1000",
        "scaling.py --rows 1000 --epochs 4",
        "--rows 300 --epochs 1 --trials 3 --folds 2",
        1,
    ),
    Measurement("scaling", "rows_10000", "scaling.py --rows 10000 --epochs 4 --trials 4", rounds=1),
    Measurement("scaling", "rows_100000", "scaling.py --rows 100000 --epochs 4 --trials 3", rounds=1),
)
_IDEAS = tuple(
    Measurement("ideas", name, command, quick, rounds)
    for name, command, quick, rounds in (
        ("dense", "ideas.py dense", "--epochs 2", 3),
        ("dense_2", "ideas.py dense --threads 2", None, 3),
        ("dense_turn", "ideas.py dense --threads 2 --folds in-turn", None, 3),
        ("dense_passes", "ideas.py dense --passes", None, 3),
        ("dense_inlined", "ideas.py dense --graph inlined", None, 3),
        ("dense_xla", "ideas.py dense --graph xla --epochs 2", None, 1),
        ("stacked", "stacked.py", "--epochs 2", 3),
        ("stacked_4", "stacked.py --trials 4", None, 3),
        ("conv", "ideas.py convolutional", None, 2),
        ("conv_2", "ideas.py convolutional --threads 2", None, 2),
        ("conv_together", "ideas.py convolutional --threads 2 --folds together", None, 2),
        ("conv_passes", "ideas.py convolutional --threads 2 --passes", None, 2),
        ("conv_bfloat16", "ideas.py convolutional --precision bfloat16", None, 2),
        ("conv_bfloat16_2", "ideas.py convolutional --threads 2 --precision bfloat16", None, 2),
    )
)
MEASUREMENTS = (*_W1, *_MIXED, *_W2, *_W3, *_W4, *_DRIVER, *_MEMORY, *_BROWSING, *_SCALING, *_IDEAS)
