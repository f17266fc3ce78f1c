"""Each check of a study's health speaks where it must, and is silent where it must."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from fresh_process import modules_after
from kerasweep.spaces import Categorical, Float, Hyperparameter, Int, Space, space_to_dict
from kerasweep.studies import StudyObjective, StudyRecord, TrialDetails, TrialRecord
from kerasweep.studies.health import Finding, findings, findings_sentence
from kerasweep.studies.health.of_the_space import widened

if TYPE_CHECKING:
    from collections.abc import Sequence

SPACE = Space((Float("rate", 0.001, 0.1, log=True), Categorical("kind", ("a", "b")), Int("units", 16, 128)))


def study(space: Space | None = SPACE, *, method: str = "random", **about: Any) -> StudyRecord:
    spec = {"search": {"method": method}, **({"space": {"define": space_to_dict(space)}} if space else {})}
    says = {"metric": "val_accuracy", "folds": 5, "epochs": 20, **about}
    return StudyRecord("s", "sqlite:///x.db", 1, "maximize", {}, spec, says, {}, {})


def trial(number: int, score: float, spread: float = 0.001, **fields: Any) -> TrialRecord:
    """Return a complete trial whose folds have difficulties in common, and a little luck of their own."""
    rng = np.random.default_rng(number)
    common = (-0.02, -0.01, 0.0, 0.012, 0.018)
    scores = tuple(
        score + one + float(luck) for one, luck in zip(common, rng.normal(0, spread, 5), strict=True)
    )
    fields = {"configuration": {"rate": 0.01, "kind": "a", "units": 64}, "epochs": 10, **fields}
    return TrialRecord(number, "complete", value=sum(scores) / 5, fold_scores=scores, **fields)


def apart(count: int = 12, **fields: Any) -> list[TrialRecord]:
    """Return trials that are clearly apart, the last one best, whose values say nothing of their scores."""
    made = []
    for number in range(count):
        values = {"rate": 0.002 * (1 + number % 7), "kind": "ab"[number % 2], "units": 30 + 7 * (number % 11)}
        made.append(trial(number, 0.5 + 0.03 * number, configuration=values, **fields))
    return made


def kinds(found: Sequence[Finding]) -> set[str]:
    return {one.kind for one in found}


def of_kind(kind: str, *given: Any) -> Finding:
    (found,) = [one for one in findings(*given) if one.kind == kind]
    assert found.sentence.endswith(".")
    assert "\n" not in found.sentence
    assert found.what_to_do or found.severity == "good"
    return found


def test_a_sound_study_asks_for_nothing() -> None:
    found = findings(study(), apart())
    assert kinds(found) == set()
    assert findings_sentence(found) == ""


@pytest.mark.parametrize("space", [SPACE, None])
def test_a_study_without_trials_says_nothing(space: Space | None) -> None:
    assert findings(study(space), []) == []
    assert (
        findings(study(space), [TrialRecord(0, "running", {}, None), TrialRecord(1, "waiting", {}, None)])
        == []
    )


class TestEdge:
    def at(self, rate: float, near: int = 5, space: Space = SPACE) -> list[Finding]:
        trials = [
            replace(
                one, configuration={**one.configuration, "rate": rate if one.number >= 12 - near else 0.01}
            )
            for one in apart()
        ]
        return [one for one in findings(study(space), trials) if one.kind == "edge"]

    def test_speaks_at_both_ends_and_says_which_way_to_widen(self) -> None:
        (upper,), (lower,) = self.at(0.1), self.at(0.001)
        assert upper.sentence.startswith("The winner has rate 0.1 at the upper end of the range")
        assert "--set rate=0.001..0.4:log" in upper.what_to_do
        assert "rate 0.001 at the lower end" in lower.sentence
        assert "--set rate=0.00025..0.1:log" in lower.what_to_do

    def test_is_silent_inside_and_where_the_winner_is_alone_there(self) -> None:
        assert self.at(0.05) == []
        assert self.at(0.1, near=2) == []

    @pytest.mark.parametrize(
        ("one", "upper", "text"),
        [
            (Float("x", 0.0, 0.5), True, "0..0.75"),
            (Float("x", 0.0, 0.5), False, ""),
            (Float("x", 0.2, 1.0), True, ""),
            (Float("x", 0.2, 1.0), False, "0.1..1"),
            (Float("x", -2.0, 2.0), False, "-4..2"),
            (Int("x", 1, 3), True, "1..4"),
            (Int("x", 1, 3), False, ""),
            (Int("x", 0, 3), False, ""),
            (Int("x", 16, 128), False, "8..128"),
            (Int("x", 16, 128, step=16), True, "16..176:step=16"),
            (Int("x", 16, 128, step=16), False, ""),
            (Int("x", 32, 128, log=True), True, "32..256:log"),
            (Int("x", 32, 128, log=True), False, "16..128:log"),
            (Int("x", -4, 4), False, "-8..4"),
            (Categorical("x", (100, 16, 32)), False, "8,16,32,100"),
            (Categorical("x", (16, 32, 64)), True, "16,32,64,128"),
            (Categorical("x", (0, 1, 2)), False, ""),
            (Categorical("x", (0.1, 0.5, 0.9)), True, ""),
            (Categorical("x", ("a", "b", "c")), True, ""),
            (Categorical("x", (False, True)), True, ""),
        ],
    )
    def test_ranges_widen_where_they_can(self, one: Hyperparameter, upper: bool, text: str) -> None:
        assert widened(one, upper=upper) == text


class TestEffect:
    def found(self, effect: float, count: int = 60) -> list[Finding]:
        rng = np.random.default_rng(1)
        rates, units = 10 ** rng.uniform(-3, -1, count), rng.integers(16, 129, count)
        scores = np.sort(0.8 + effect * np.log10(rates) + 0.001 * units + 0.01 * rng.normal(size=count))
        order = np.argsort(effect * np.log10(rates) + 0.001 * units)
        trials = []
        for number, place in enumerate(order):
            kind = "abba"[number % 4]  # as good as the other one, by rank
            values = {"rate": float(rates[place]), "kind": kind, "units": int(units[place])}
            trials.append(trial(number, float(scores[number]), 0.0, configuration=values))
        return [one for one in findings(study(), trials) if one.kind == "no-effect"]

    def test_speaks_of_what_explains_nothing_and_of_nothing_else(self) -> None:
        (found,) = self.found(0.1)
        assert found.sentence.startswith(
            "By itself, kind makes no difference to val_accuracy that 60 complete trials"
        )

    def test_is_silent_about_few_trials(self) -> None:
        assert self.found(0.1, count=20) == []


class TestBudget:
    def test_speaks_of_fewer_than_two_trials_a_hyperparameter(self) -> None:
        found = of_kind("few-trials", study(), apart(5))
        assert found.sentence.startswith("5 trials for 3 hyperparameters that vary")
        assert "kerasweep resume s --trials 6" in found.what_to_do

    def test_sends_nobody_to_the_further_trials_of_a_grid(self) -> None:
        found = of_kind("few-trials", study(method="grid"), apart(5))
        assert "resume" not in found.what_to_do
        assert "--search knowhow" in found.what_to_do

    def test_is_silent_about_enough_and_about_a_space_that_is_exhausted(self) -> None:
        assert "few-trials" not in kinds(findings(study(), apart(6)))
        small = Space((Categorical("kind", ("a", "b")), Categorical("other", (1, 2))))
        trials = [
            trial(n, 0.5 + n / 10, configuration={"kind": "ab"[n % 2], "other": 1 + n // 2}) for n in range(4)
        ]
        assert "few-trials" not in kinds(findings(study(small), trials))


class TestFolds:
    def test_speaks_of_a_fold_far_from_the_others(self) -> None:
        trials = [
            replace(one, fold_scores=(*one.fold_scores[:4], one.fold_scores[4] - 0.3)) for one in apart()
        ]
        assert of_kind("folds", study(), trials).sentence.startswith("Fold 5 is far harder than the others")
        easier = [
            replace(one, fold_scores=(one.fold_scores[0] + 0.3, *one.fold_scores[1:])) for one in apart()
        ]
        assert of_kind("folds", study(), easier).sentence.startswith("Fold 1 is far easier")

    def test_is_silent_about_ordinary_spread_and_about_three_folds(self) -> None:
        assert "folds" not in kinds(findings(study(), apart()))
        three = [replace(one, fold_scores=(0.9, 0.9, 0.1)) for one in apart()]
        assert "folds" not in kinds(findings(study(), three))


class TestNoise:
    def test_warns_where_half_of_the_trials_are_within_noise(self) -> None:
        found = of_kind("noise", study(), [trial(number, 0.9, 0.01) for number in range(20)])
        assert found.severity == "warning"
        assert found.sentence.startswith("Half of the 20 complete trials are within noise of the winner")

    def test_hints_where_the_best_cannot_be_told_apart(self) -> None:
        close = [trial(number, 0.95, 0.004) for number in range(10)]
        far = [trial(number, 0.2 + 0.01 * number, 0.004) for number in range(10, 40)]
        found = of_kind("noise", study(), close + far)
        assert found.severity == "hint"
        assert found.sentence.startswith("The best 10 trials cannot be told apart")

    def test_is_silent_where_trials_are_apart(self) -> None:
        assert "noise" not in kinds(findings(study(), apart()))
        assert "noise" not in kinds(findings(study(), [trial(number, 0.9, 0.01) for number in range(4)]))


def details(train: float, validation: float, *, folds: int = 3, spread: float = 0.001) -> TrialDetails:
    """Return curves over 20 epochs that end at two losses; accuracy is what is left of one."""

    def curve(end: float) -> list[float]:
        return [end + (2 - end) * 0.6**epoch for epoch in range(20)]

    rows = range(folds)
    loss = [curve(train + spread * fold) for fold in rows]
    val_loss = [curve(validation + spread * fold * (-1) ** fold) for fold in rows]
    return TrialDetails(
        {"loss": loss, "val_loss": val_loss, "val_accuracy": [[1 - x / 3 for x in one] for one in val_loss]},
        "",
    )


class TestCurves:
    def test_speaks_of_overfitting(self) -> None:
        found = of_kind("overfitting", study(), apart(), {11: details(0.02, 0.2)})
        assert "Trial 11, the winner, has a loss of" in found.sentence
        assert "in training" in found.sentence

    @pytest.mark.parametrize(
        "made",
        [details(0.1, 0.12), details(0.2, 0.1), details(0.01, 0.03, spread=0.05), TrialDetails({}, ""),
         TrialDetails({"loss": [[math.nan]], "val_loss": [[math.nan]]}, ""), TrialDetails({"loss": [[]], "val_loss": [[]]}, "")],
    )  # fmt: skip
    def test_is_silent_about_a_small_gap_and_about_one_that_folds_do_not_share(
        self, made: TrialDetails
    ) -> None:
        assert "overfitting" not in kinds(findings(study(), apart(), {11: made}))

    def rising(self, step: float, epochs: int = 20) -> list[Finding]:
        curves = [[0.5 + 0.3 * (1 - 0.5**epoch) + step * epoch for epoch in range(20)]] * 3
        trials = apart(epochs=epochs)
        return [
            one
            for one in findings(study(), trials, {11: TrialDetails({"val_accuracy": curves}, "")})
            if one.kind == "epochs"
        ]

    def test_speaks_of_a_winner_that_still_improves(self) -> None:
        (found,) = self.rising(0.01)
        assert "is best at epoch 20 of the 20 it might train; its val_accuracy came 0.04" in found.sentence
        assert "--epochs 40" in found.what_to_do

    def test_is_silent_about_a_flat_end_and_about_an_earlier_one(self) -> None:
        assert self.rising(0.0) == []
        assert self.rising(0.01, epochs=12) == []


def failed(number: int, kind: str) -> TrialRecord:
    return TrialRecord(number, "failed", {}, None, failure={"kind": kind, "message": f"{kind}:\nwhy."})


class TestFailures:
    def test_speaks_of_many_of_one_kind(self) -> None:
        found = of_kind("failures", study(), [*apart(), failed(20, "diverged"), failed(21, "diverged")])
        assert found.sentence == "2 of 14 trials failed alike (diverged): diverged: why."
        assert "learning rate" in found.what_to_do

    def test_counts_what_ran_out_of_memory_which_is_infeasible(self) -> None:
        out = [
            replace(failed(number, "memory"), state="pruned", excesses={"memory": 1.0}) for number in (20, 21)
        ]
        found = of_kind("failures", study(), [*apart(), *out])
        assert found.sentence == "2 of 14 trials failed alike (memory): memory: why."
        assert "--max-memory" in found.what_to_do

    def test_is_silent_about_few_and_about_many_kinds(self) -> None:
        assert "failures" not in kinds(findings(study(), [*apart(), failed(20, "diverged")]))
        trials = [*apart(30), *(failed(40 + place, f"kind {place}") for place in range(6))]
        assert "failures" not in kinds(findings(study(), trials))


class TestRepetition:
    def test_speaks_of_a_search_that_repeats_itself(self) -> None:
        again = [replace(trial(20 + n, 0.5), duplicate_of=n) for n in range(5)]
        assert of_kind("repetitions", study(), [*apart(), *again]).sentence.startswith("5 of 17 trials were")
        assert "repetitions" not in kinds(findings(study(), [*apart(), *again[:2]]))

    def test_speaks_of_models_that_are_stuck(self) -> None:
        stuck = [replace(one, fold_scores=(0.1,) * 5, value=0.1) for one in apart(8)]
        sound = [trial(number, 0.8 + number / 100) for number in range(20, 24)]
        assert of_kind("stuck", study(), stuck + sound).sentence.startswith(
            "8 of 12 complete trials score the same"
        )
        assert "stuck" not in kinds(findings(study(), stuck[:4] + sound))

    def test_a_perfect_score_is_not_stuck(self) -> None:
        perfect = [replace(one, fold_scores=(1.0,) * 5, value=1.0) for one in apart(8)]
        assert "stuck" not in kinds(findings(study(), [*perfect, trial(20, 0.9)]))


class TestBaseline:
    def says(self, score: float) -> set[str]:
        baseline = {"predictor": "majority class", "value": score, "fold_scores": [score] * 5}
        return kinds(findings(study(baseline=baseline), apart()))

    def test_speaks_where_nothing_is_learned(self) -> None:
        assert "baseline" in self.says(0.85)
        assert "baseline" in self.says(0.83)

    def test_is_silent_where_something_is(self) -> None:
        assert "baseline" not in self.says(0.3)

    def test_two_folds_do_not_make_a_lead_doubtful(self) -> None:
        baseline = {"predictor": "mean", "value": 0.4, "fold_scores": [0.3, 0.5]}
        trials = [replace(one, fold_scores=(0.7, 0.75), value=0.725) for one in apart()]
        assert "baseline" not in kinds(findings(study(baseline=baseline), trials))


class TestConvergence:
    def test_speaks_where_no_more_is_expected(self) -> None:
        trials = [trial(number, 0.95, 0.002) for number in range(20)]
        found = of_kind("converged", study(), trials)
        assert found.severity == "good"
        assert findings_sentence([found]) == ""

    def test_is_silent_where_it_still_improves(self) -> None:
        assert "converged" not in kinds(findings(study(), apart(20)))

    def test_thousands_of_trials_are_no_matter(self) -> None:
        trials = [replace(trial(0, 0.95, 0.002), number=number) for number in range(1500)]
        assert "converged" in kinds(findings(study(), trials))


def test_warnings_come_first_and_the_line_counts_what_asks_for_something() -> None:
    trials = [
        *(trial(number, 0.95, 0.01) for number in range(20)),
        failed(30, "memory"),
        failed(31, "memory"),
        failed(32, "memory"),
    ]
    found = findings(
        study(), trials, {max(trials[:20], key=lambda one: one.value or 0).number: details(0.02, 0.2)}
    )
    ranks = [("warning", "hint", "good").index(one.severity) for one in found]
    assert ranks == sorted(ranks)
    line = findings_sentence(found)
    assert line.startswith(
        f"{sum(one.severity != 'good' for one in found)} findings on the health of this study: many failures"
    )


def test_several_objectives_and_infinite_scores_are_not_judged() -> None:
    several = replace(study(), further=(StudyObjective("params", "minimize"),))
    trials = [TrialRecord(n, "complete", {"rate": 0.1}, None, values=(0.5, 10.0)) for n in range(12)]
    assert kinds(findings(several, trials)) == set()
    infinite = [replace(one, value=math.inf, fold_scores=(math.inf,) * 5) for one in apart()]
    assert kinds(findings(study(), infinite)) == set()


def test_what_a_check_cannot_read_is_logged_and_no_error(caplog: pytest.LogCaptureFixture) -> None:
    assert kinds(findings(study(), apart(), {11: TrialDetails({"loss": 3, "val_loss": 4}, "")})) == set()  # type: ignore[dict-item]
    assert "'overfitting' could not read" in caplog.text


def test_no_check_imports_anything_heavy() -> None:
    loaded = modules_after("import kerasweep.studies.health")
    assert not {"optuna", "pandas", "numpy", "scipy", "tensorflow"} & {name.split(".")[0] for name in loaded}
