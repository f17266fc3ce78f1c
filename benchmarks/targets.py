"""What Kerasweep sets out to reach, beside what was measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from figures import Figures, Range, Value, ratio

VERSUS_BOUNDS = {
    "w5": ("a table, residual blocks", 15, 6),
    "w6": ("images, a residual net", 6, 3),
    "w7": ("two branches", 10, 4),
}
"""Work -> what it is, and how many times faster a warm trial and mixed architectures are to be."""


@dataclass(frozen=True)
class Target:
    """One line of the table."""

    work: str
    measure: str
    words: str
    bound: float
    side: Literal["least", "most"]
    reached: Range | None
    unit: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the median reaches the target."""
        if self.reached is None:
            return None
        median = self.reached.median
        return median >= self.bound if self.side == "least" else median <= self.bound

    def cells(self, *, judge: bool = True) -> list[str]:
        """Return the line's cells; the last one is empty where sizes are not those that the target is about."""
        verdict = {True: "yes", False: "**no**", None: ""}[self.met if judge else None]
        reached = "not measured" if self.reached is None else self.reached.text(self.unit)
        return [self.work, self.measure, self.words, reached, verdict]


def make_targets(figures: Figures) -> list[Target]:
    """Return all targets with what was reached."""
    return [*_of_trials(figures), *_of_epochs(figures), *_versus(figures), *_own(figures)]


def _of_trials(figures: Figures) -> list[Target]:
    """Return the targets of whole trials of digits, against peers and against the arithmetic alone."""
    get = figures.range
    own = get("w1", "kerasweep", "warm")
    two = get("w1", "kerasweep_2", "seconds_per_trial")
    first = first_trials(figures, "mixed")
    mixed = ratio(get("mixed", "keras_tuner", first), get("mixed", "kerasweep", first))
    tuner, scikeras = (get("w1", name, "seconds_per_trial") for name in ("keras_tuner", "scikeras_2"))
    floor = ratio(get("w1", "kerasweep_1", "warm"), get("w1", "numpy", "seconds_per_trial"))
    return [
        Target(
            "W1, per trial, one process",
            "KerasTuner / Kerasweep, warm",
            "20 or more",
            20,
            "least",
            ratio(tuner, own),
        ),
        Target(
            "W1, mixed architectures, whole sweep",
            "KerasTuner / Kerasweep, same configurations",
            "12 or more",
            12,
            "least",
            mixed,
        ),
        Target(
            "W1, per trial, two workers",
            "SciKeras `n_jobs=2` / Kerasweep, whole sweep",
            "15 or more",
            15,
            "least",
            ratio(scikeras, two),
        ),
        Target(
            "W1", "Kerasweep / the same products in NumPy, warm, one thread", "3 or less", 3, "most", floor
        ),
    ]


def _of_epochs(figures: Figures) -> list[Target]:
    """Return the targets of epochs, where the arithmetic takes most of the time."""
    get = figures.range
    w2 = ratio(
        get("w2", "kerasweep", "fold_epochs_per_second"), get("w2", "optuna", "fold_epochs_per_second")
    )
    fit = get("w4", "fit", "later")
    plain, half = (ratio(fit, get("w4", f"kerasweep{name}", "later")) for name in ("", "_bfloat16"))
    return [
        Target("W2, epochs of training a second", "Kerasweep / Optuna with fit", "2 or more", 2, "least", w2),
        Target(
            "W4, an epoch after the first",
            "plain `model.fit` / Kerasweep",
            "1 or more: never slower",
            1,
            "least",
            plain,
        ),
        Target(
            "W4, in bfloat16",
            "plain `model.fit` / Kerasweep",
            "1.5 or more, where bfloat16 pays",
            1.5,
            "least",
            half,
        ),
    ]


def _own(figures: Figures) -> list[Target]:
    """Return the targets that are measured without a peer."""
    get = figures.range
    driver = [
        Target(
            "Empty trials, SQLite",
            f"trials a second through the whole driver, {method} search, {workers} worker{'s'[: workers > 1]}",
            "50 or more",
            50,
            "least",
            get("driver", f"{method}_{workers}", "trials_per_second"),
        )
        for method in ("random", "bayes")
        for workers in (1, 8)
    ]
    varied = [
        Target(
            f"300 trials that vary, {kind}",
            "resident memory after the last trial / after the 30th",
            "1.3 or less",
            1.3,
            "most",
            get("growth", kind, "growth"),
        )
        for kind in ("dnn", "cnn", "mlp_residual", "lstm", "fit")
    ]
    growth = get("memory", "kerasweep", lambda run: 100 * float(run["growth"]))
    return [
        *driver,
        Target(
            "500 trials", "growth of resident memory after the first 20", "under 5 %", 5, "most", growth, " %"
        ),
        *varied,
        *_of_browsing(figures),
        Target(
            "Two workers against one, W1",
            "speed-up, warm, one thread each",
            "1.7 or more",
            1.7,
            "least",
            ratio(get("w1", "kerasweep_1", "warm"), get("w1", "kerasweep_2", "warm")),
        ),
    ]


def _of_browsing(figures: Figures) -> list[Target]:
    """Return the targets of commands that train nothing."""
    get = figures.range
    starts = [
        Target(
            "Start",
            f"`kerasweep best`, {int(trials):,} trials",
            "0.5 s or less",
            0.5,
            "most",
            get("browsing", trials, "best"),
            " s",
        )
        for trials in ("1000", "10000")
    ]
    work = "Report of 1,000 trials with curves"
    report = Target(
        work, "`kerasweep report`", "5 s or less", 5, "most", get("browsing", "1000", "report"), " s"
    )
    size = Target(work, "its file", "10 MB or less", 10, "most", get("browsing", "1000", "report_mb"), " MB")
    pages = [
        Target(
            "The web app, 5,000 trials",
            what,
            f"{most} s or less",
            most,
            "most",
            get("app", "5000", figure),
            " s",
        )
        for what, most, figure in (
            ("first paint of a study", 1, "study_paint"),
            ("first paint of its trials", 1, "table_paint"),
            ("a filter", 0.3, "filter"),
        )
    ]
    return [*starts, report, size, *pages]


def _versus(figures: Figures) -> list[Target]:
    """Return the targets of works that all three train."""
    get = figures.range
    targets = []
    for work, (what, warm_bound, mixed_bound) in VERSUS_BOUNDS.items():
        first = first_trials(figures, work, "_mixed")
        warm = get(work, "kerasweep", "warm")
        mixed = get(work, "kerasweep_mixed", first)
        for name, peer in (("keras_tuner", "KerasTuner"), ("optuna", "Optuna")):
            one = ratio(get(work, name, "seconds_per_trial"), warm)
            all_of_them = ratio(get(work, f"{name}_mixed", first), mixed)
            targets += [
                Target(
                    f"{work.upper()}, {what}",
                    f"{peer} / Kerasweep, {kind}",
                    f"{bound} or more",
                    bound,
                    "least",
                    reached,
                )
                for kind, bound, reached in (
                    ("a warm trial", warm_bound, one),
                    ("mixed architectures", mixed_bound, all_of_them),
                )
            ]
    return targets


def shared_trials(figures: Figures, work: str, suffix: str = "") -> int:
    """Return how many configurations of a mixed list all contestants have trained."""
    names = [f"{name}{suffix}" for name in ("kerasweep", "keras_tuner", "optuna")]
    runs = [run for name in names for run in figures.runs(work, name)]
    return min((int(run["trials"]) for run in runs), default=0)


def first_trials(figures: Figures, work: str, suffix: str = "") -> Value:
    """Return what reads the seconds until the configurations that all have trained were done."""
    count = shared_trials(figures, work, suffix)

    def read(run: dict[str, Any]) -> float | None:
        return float(run["ends"][count - 1]) if count else None

    return read
