"""Everything that ``run.py`` measures: which script, with which arguments, how often.

Adding a measurement is adding a line here and, to show it, a label in ``peer_sections.py`` or ``own_sections.py``. All of them are run at their tiny
sizes by the tests.
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
    tiny: str
    """What is added to the command for a tiny size, where later arguments win."""
    rounds: int = 1
    """How often; long ones are measured less often."""

    def arguments(self, *, tiny: bool) -> list[str]:
        """Return script and arguments."""
        return f"{self.command} {self.tiny}".split() if tiny else self.command.split()


_TWO_FOLDS = "--epochs 1 --folds 2"
_ONE, _TWO, _FOUR = (f"--configurations {count} {_TWO_FOLDS}" for count in (1, 2, 4))
_W1 = (
    Measurement("w1", "numpy", "w1_digits.py numpy", _TWO_FOLDS, 3),
    Measurement("w1", "kerasweep_1", "w1_digits.py kerasweep --threads 1", _TWO, 3),
    Measurement("w1", "kerasweep", "w1_digits.py kerasweep", _TWO, 3),
    Measurement("w1", "kerasweep_2", "w1_digits.py kerasweep --workers 2 --threads 1", _FOUR, 3),
    Measurement("w1", "keras_tuner", "w1_digits.py keras_tuner --configurations 2", _ONE, 2),
    Measurement("w1", "optuna", "w1_digits.py optuna --configurations 2", _ONE, 2),
    Measurement("w1", "scikeras_1", "w1_digits.py scikeras --configurations 2", _ONE),
    Measurement("w1", "scikeras_2", "w1_digits.py scikeras --workers 2 --configurations 2", _ONE, 2),
)
_MIXED = (
    Measurement("mixed", "kerasweep", "w1_mixed.py kerasweep --mixed --configurations 12", _TWO),
    Measurement("mixed", "keras_tuner", "w1_mixed.py keras_tuner --mixed --configurations 4", _ONE),
    Measurement("mixed", "optuna", "w1_mixed.py optuna --mixed --configurations 4", _ONE),
)
_TINY_W2 = "--configurations 2 --limit 200 --epochs 1 --folds 2 --seconds 600"
_W2 = (
    Measurement("w2", "kerasweep", "w2_fashion.py kerasweep --seconds 30", _TINY_W2, 2),
    Measurement(
        "w2",
        "kerasweep_2",
        "w2_fashion.py kerasweep --seconds 30 --workers 2 --precision auto",
        _TINY_W2,
        2,
    ),
    Measurement("w2", "optuna", "w2_fashion.py optuna --seconds 30", _TINY_W2, 2),
)
_SMALL_TABLE = f"--rows 400 {_ONE}"
_W3 = (
    Measurement("w3", "kerasweep", "w3_table.py kerasweep", _SMALL_TABLE),
    Measurement("w3", "optuna", "w3_table.py optuna", _SMALL_TABLE),
)
_TINY_W4 = "--limit 200"
_W4 = (
    Measurement("w4", "fit", "w4_epoch.py fit", _TINY_W4, 2),
    Measurement("w4", "fit_no_jit", "w4_epoch.py fit --no-jit", _TINY_W4),
    Measurement("w4", "kerasweep", "w4_epoch.py kerasweep", _TINY_W4, 2),
    Measurement("w4", "kerasweep_float32", "w4_epoch.py kerasweep --precision float32", _TINY_W4),
    Measurement("w4", "kerasweep_bfloat16", "w4_epoch.py kerasweep --precision bfloat16", _TINY_W4, 2),
    Measurement("w4", "kerasweep_auto", "w4_epoch.py kerasweep --precision auto", _TINY_W4),
    Measurement("w4", "kerasweep_fit", "w4_epoch.py kerasweep --trainer fit", _TINY_W4),
)
VERSUS = {"w5": "w5_residual.py", "w6": "w6_resnet.py", "w7": "w7_branches.py"}
"""Works of three contestants with one architecture, and with mixed ones."""
_VERSUS = tuple(
    measurement
    for work, script in VERSUS.items()
    for measurement in (
        Measurement(work, "kerasweep", f"{script} kerasweep --configurations 6", f"{_TWO} --rows 300", 2),
        Measurement(work, "keras_tuner", f"{script} keras_tuner --configurations 1", f"{_ONE} --rows 300", 2),
        Measurement(work, "optuna", f"{script} optuna --configurations 1", f"{_ONE} --rows 300", 2),
        Measurement(
            work,
            "kerasweep_mixed",
            f"{script} kerasweep --mixed --configurations 4",
            f"{_TWO} --rows 300",
        ),
        Measurement(
            work,
            "keras_tuner_mixed",
            f"{script} keras_tuner --mixed --configurations 2",
            f"{_ONE} --rows 300",
        ),
        Measurement(
            work, "optuna_mixed", f"{script} optuna --mixed --configurations 2", f"{_ONE} --rows 300"
        ),
    )
)
_W8 = tuple(
    Measurement(
        "w8",
        contestant,
        f"w8_search.py {contestant} --seeds 5",
        "--seeds 1 --seconds 600 --trials 2 --rows 60 --folds 2 --epochs 1",
    )
    for contestant in ("knowhow", "bayes", "keras_tuner", "optuna")
)
_COLD = tuple(
    Measurement("cold", family, f"cold.py {family}", "--rows 60 --folds 2 --widths 2", 2)
    for family in ("dnn", "mlp_residual", "cnn", "resnet")
)
_PAUSED = tuple(
    Measurement("paused", family, f"paused.py {family}", "--rows 100 --epochs 4 --repeats 1", 3)
    for family in ("dnn", "cnn")
)
_DRIVER = tuple(
    Measurement(
        "driver",
        f"{method}_{capacity}",
        f"driver.py {method} --capacity {capacity} --trials {trials}",
        "--trials 20",
    )
    for method, trials in (("random", 1000), ("bayes", 300))
    for capacity in (1, 8)
)
_MEMORY = (Measurement("memory", "kerasweep", "memory.py", "--trials 2"),)
_GROWTH = tuple(
    Measurement("growth", kind, f"growth.py {kind}", f"--trials {2 if kind == 'dnn' else 1}")
    for kind in ("dnn", "cnn", "mlp_residual", "lstm", "fit")
)
_LARGE = (
    Measurement("large", "fused", "large.py fused --gigabytes 20", "--gigabytes 0.01"),
    Measurement("large", "folder", "large.py folder", "--pictures 80"),
    Measurement("large", "table", "large.py table --gigabytes 2", "--gigabytes 0.001"),
)
_SCALE = tuple(
    Measurement(
        "scale",
        f"{method}_{trials}",
        f"scale.py {method} --scheduler {scheduler} --trials {trials} --workers {workers} --further {further}",
        "--trials 20 --workers 4 --further 8",
    )
    for method, scheduler, trials, workers, further in (
        ("random", "none", 1_000, 1000, 1500),
        ("random", "none", 10_000, 1000, 1500),
        ("random", "none", 100_000, 1000, 1500),
        ("knowhow", "knowhow", 1_000, 50, 200),
        ("knowhow", "knowhow", 10_000, 50, 200),
    )
)
_BROWSING = tuple(
    Measurement("browsing", str(trials), f"browsing.py --trials {trials}", "--trials 20", 3)
    for trials in (1_000, 10_000)
)
_APP = (Measurement("app", "5000", "app.py --trials 5000", "--trials 20", 3),)
_SCALING = tuple(
    Measurement("scaling", name, f"scaling.py {arguments}", f"--epochs 1 --trials 2 {tiny}")
    for name, arguments, tiny in (
        ("folds_3", "--folds 3", ""),
        ("folds_5", "--folds 5", ""),
        ("folds_10", "--folds 10", ""),
        ("workers_1", "--workers 1 --threads 1 --trials 12", "--folds 2"),
        ("workers_2", "--workers 2 --threads 1 --trials 12", "--trials 3 --folds 2"),
        ("rows_1000", "--rows 1000 --epochs 4", "--rows 200 --folds 2"),
        ("rows_10000", "--rows 10000 --epochs 4 --trials 4", "--rows 200 --folds 2"),
        ("rows_100000", "--rows 100000 --epochs 4 --trials 3", "--rows 200 --folds 2"),
    )
)
_IDEAS = (
    *(
        Measurement("ideas", f"dense{name}", f"ideas.py dense {arguments}", "--epochs 2 --splits 2", rounds)
        for name, arguments, rounds in (
            ("", "", 2),
            ("_2", "--threads 2", 2),
            ("_wide", "--threads 2 --wide", 2),
            ("_turn", "--threads 2 --folds in-turn", 1),
            ("_passes", "--passes", 1),
            ("_inlined", "--graph inlined", 1),
            ("_xla", "--graph xla --epochs 2", 1),
        )
    ),
    Measurement("ideas", "stacked", "stacked.py", "--epochs 2"),
    Measurement("ideas", "stacked_4", "stacked.py --trials 4", "--epochs 2"),
    *(
        Measurement(
            "ideas", f"conv{name}", f"ideas.py convolutional {arguments}", "--epochs 1 --limit 200 --splits 2"
        )
        for name, arguments in (
            ("", ""),
            ("_2", "--threads 2"),
            ("_together", "--threads 2 --folds together"),
            ("_passes", "--threads 2 --passes"),
            ("_bfloat16", "--precision bfloat16"),
            ("_bfloat16_2", "--threads 2 --precision bfloat16"),
        )
    ),
)
LONG = ("growth", "large", "scale", "w8")
"""Works that take longer than all the others, and are measured where they are named."""
MEASUREMENTS = (
    *_W1, *_MIXED, *_W2, *_W3, *_W4, *_VERSUS, *_COLD, *_PAUSED, *_DRIVER, *_MEMORY, *_BROWSING, *_APP, *_SCALING, *_IDEAS,
    *_GROWTH, *_LARGE, *_SCALE, *_W8,
)  # fmt: skip
