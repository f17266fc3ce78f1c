"""Nested cross-validation: outer folds have no part in the search that they score, and an interrupted one goes on."""

from __future__ import annotations

import statistics
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import kerasweep as ks
import numpy as np
import pytest
from kerasweep.api import plan_sweep
from kerasweep.cli.app import app
from kerasweep.errors import DataError, OutputError, SpecError
from kerasweep.search.ending import Ending
from kerasweep.search.nested import score_outer_folds
from kerasweep.studies import StudyRecord
from kerasweep.studies.comparison import NestedScore, nested_score, outer_fold_of, refit_score
from kerasweep.training.data import hold_out_fold, load_dataset
from typer.testing import CliRunner

if TYPE_CHECKING:
    from pathlib import Path


def rows_of(x: Any) -> set[tuple[float, ...]]:
    return {tuple(row) for row in np.asarray(x, float).tolist()}


def test_outer_folds_cut_the_training_rows_and_leave_the_test_rows_alone() -> None:
    whole = load_dataset("wine", seed=3)
    parts = [load_dataset("wine", seed=3, outer=f"{number}/5") for number in range(1, 6)]
    assert sum(part.test_rows for part in parts) == whole.rows
    assert len({part.fingerprint for part in parts} | {whole.fingerprint}) == 6
    for part in parts:
        assert part.rows + part.test_rows == whole.rows
        assert rows_of(part.x) | rows_of(part.x_test) == rows_of(whole.x)
        assert not rows_of(part.x_test) & (rows_of(part.x) | rows_of(whole.x_test))
        shares = np.bincount(part.y_test) / part.test_rows
        assert shares == pytest.approx(np.bincount(whole.y) / whole.rows, abs=0.05)
    assert parts[1].notes[-1] == "fold 2 of 5 is held out, 27 rows; its own 44 test rows take no part"


def test_a_limit_is_drawn_from_what_the_outer_fold_leaves() -> None:
    part, few = (load_dataset("wine", seed=3, outer="1/5", limit=limit) for limit in (None, 40))
    assert few.rows == 40
    assert rows_of(few.x) <= rows_of(part.x)
    assert rows_of(few.x_test) == rows_of(part.x_test)


def test_groups_stay_together_and_weights_go_with_their_rows() -> None:
    x, y = np.arange(40.0).reshape(-1, 1), np.tile([0, 1], 20)
    data = load_dataset((x, y), test_size=0)
    data = replace(data, groups=np.repeat(np.arange(10), 4), weights=np.arange(40, dtype=np.float32))
    part = hold_out_fold(data, "2/5", 0)
    assert not set(part.groups) & set(data.groups[np.asarray(part.x_test, int).ravel()])
    assert part.weights.tolist() == np.asarray(part.x).ravel().tolist()
    assert part.weights_test.tolist() == np.asarray(part.x_test).ravel().tolist()


def test_what_cannot_be_nested_is_refused_before_anything_is_trained(tmp_path: Path) -> None:
    iris = {"data": "iris", "model": "ann", "trials": 1, "storage": tmp_path / "none.db", "verbose": 0}
    for changed, error, told in (
        ({"nested": 1}, SpecError, "two outer folds or more"),
        ({"nested": 2, "objective": ["accuracy", "params"]}, SpecError, "several objectives"),
        ({"nested": 2, "outer": "1/2"}, SpecError, "holds out an outer fold already"),
        ({"outer": "3/2"}, SpecError, "is no fold of several; write the second of five as 2/5"),
        ({"outer": "1/2", "cv": "time"}, SpecError, "outer folds are shuffled"),
        ({"nested": 2, "detach": True}, SpecError, "leave detach out"),
        ({"nested": 200}, DataError, "iris"),
    ):
        with pytest.raises(error, match=told):
            ks.launch(**{**iris, **changed})
    given = replace(load_dataset("iris"), fold_labels=np.zeros(1, int))
    with pytest.raises(DataError, match="because its folds are given"):
        hold_out_fold(given, "1/2", 0)
    assert not (tmp_path / "none.db").exists()


def test_the_score_is_said_with_what_its_searches_promised() -> None:
    found = NestedScore("accuracy", "maximize", 3, (0.9, 0.94), (0.95, 0.97))
    assert found.sentence == (
        "Nested cross-validation, 2 outer folds of 3 so far: a search as this one reaches accuracy 0.920 ± 0.020 on rows that "
        "had no part in it; its own validation scores, 0.9600 on average, flatter by 0.0400."
    )
    losses = NestedScore("loss", "minimize", 2, (0.5, 0.5), (0.6, 0.6))
    assert losses.sentence.endswith("0.6000 on average, do not flatter.")


def test_an_interrupted_search_ends_it() -> None:
    record = StudyRecord("s", "sqlite:///x.db", 1, "maximize", {}, {}, {}, {}, {})
    asked: list[tuple[str, str]] = []

    def plan_of(name: str, outer: str) -> Any:
        asked.append((name, outer))

    ended = score_outer_folds(record, 3, plan_of, lambda _: Ending(record, "interrupted"), lambda _: None)
    assert ended is None
    assert asked == [("s-outer-1of3", "1/3")]


@pytest.mark.trains
class TestTrained:
    SETTINGS: dict[str, Any] = {
        "data": "iris", "model": "ann", "search": "random", "trials": 2, "folds": 2, "epochs": 2, "study": "nest", "nested": 2,
    }  # fmt: skip

    @pytest.fixture(scope="class")
    @classmethod
    def study(cls, tmp_path_factory: pytest.TempPathFactory) -> ks.Study:
        return ks.launch(storage=tmp_path_factory.mktemp("nested") / "n.db", verbose=0, **cls.SETTINGS)

    def test_each_fold_scores_the_winner_of_a_study_without_it(self, study: ks.Study) -> None:
        studies = ks.list_studies(storage=study.record.storage)
        assert [one.name for one in studies] == ["nest", "nest-outer-1of2", "nest-outer-2of2"]
        main, *outer = (one.record for one in studies)
        assert [outer_fold_of(one) for one in (main, *outer)] == [None, "1/2", "2/2"]
        assert sum(one.data["test_rows"] for one in outer) == main.data["rows"]
        scores = [refit_score(one.record, one.best.number) for one in studies[1:]]
        assert study.nested.scores == tuple(scores)
        assert study.nested.mean == pytest.approx(statistics.fmean(scores))
        assert studies[1].nested is None

    def test_it_goes_on_where_it_was(self, study: ks.Study) -> None:
        from kerasweep.studies.lifecycle import delete_study

        storage = study.record.storage
        kept, lost = (ks.load(f"nest-outer-{number}of2", storage=storage).record for number in (1, 2))
        before = study.nested
        delete_study(lost)
        assert study.nested.sentence.startswith("Nested cross-validation, 1 outer fold of 2 so far: ")
        words = "launch iris ann --search random --trials 2 --folds 2 --epochs 2 --study nest --nested 2 --storage"
        done = CliRunner().invoke(app, [*words.split(), storage], env={"COLUMNS": "200"})
        assert done.exit_code == 0, done.output
        again = ks.load("nest", storage=storage)
        assert again.nested.scores == pytest.approx(before.scores)
        assert done.output.rstrip().endswith(again.nested.sentence)
        assert ks.load(kept.name, storage=storage).record.refits == kept.refits, "nothing was trained again"

    def test_browsing_says_it_and_a_script_is_of_the_whole_study(
        self, study: ks.Study, tmp_path: Path
    ) -> None:
        for command in ("best", "show"):
            done = CliRunner().invoke(
                app, [command, "nest", "--storage", study.record.storage], env={"COLUMNS": "200"}
            )
            assert nested_score(study.record).sentence in done.output
        report = study.report(tmp_path / "report.md", format="md")
        assert nested_score(study.record).sentence in report.read_text(encoding="utf-8")
        outer = ks.load("nest-outer-1of2", storage=study.record.storage)
        with pytest.raises(OutputError, match="export the study of all training rows"):
            outer.export(tmp_path / "script.py", "python")


def test_the_plan_of_an_outer_fold_says_so() -> None:
    plan = plan_sweep("iris", "ann", outer="2/4", trials=1)
    assert plan.spec.data.outer == "2/4"
    assert "fold 2 of 4 is held out" in plan.about()["data"]["notes"][-1]
