"""Browsing from the command line: what is printed, as text and as JSON, and what is never imported."""

from __future__ import annotations

import io
import json
import math
import os
import re
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from kerasweep import api
from kerasweep.cli import catalogue
from kerasweep.cli.app import app
from kerasweep.cli.tables import space_table
from kerasweep.export.text import provenance
from kerasweep.reports.leaderboard import leaderboard
from kerasweep.reports.summary import tiles
from kerasweep.reports.view import load_view
from kerasweep.spaces import PRESETS, SIZES, Int, Space, preset, read_space, value_text
from kerasweep.spaces.catalogue import CATALOGUE, GROUPS
from kerasweep.spaces.schema import SpaceFile, json_schema
from kerasweep.studies import read_trials
from kerasweep.studies.comparison import compare_runners_up, paired_difference, ranked
from kerasweep.texts import number_text
from rich.console import Console
from synthetic import make_large_study, make_study
from typer.testing import CliRunner

HEAVY = ("tensorflow", "keras", "optuna", "pandas", "sklearn", "sqlalchemy", "plotly", "scipy")


@pytest.mark.trains
class TestOnARealStudy:
    def test_best_shows_the_leaderboard_and_whether_it_is_noise(self, kerasweep: Any, trained: Path) -> None:
        done = kerasweep("best", cwd=trained)
        assert done.returncode == 0
        assert "val_accuracy" in done.stdout
        assert "learning_rate" in done.stdout
        assert re.search(
            r"Trial \d: validation 0\.\d{4}, .*luck of choosing among 3 trials.*; test 0\.\d{4}\.",
            done.stdout,
        )
        last = done.stdout.splitlines()[-1]
        assert "on the health of this study: too few trials for the space" in last
        assert last.endswith(". kerasweep report tells more."), "of one finding as of several"

    def test_best_as_json_is_sorted_and_whole(self, kerasweep: Any, trained: Path) -> None:
        rows = json.loads(kerasweep("best", "first", "-n", 2, "--json", cwd=trained).stdout)
        assert len(rows) == 2
        assert rows[0]["value"] >= rows[1]["value"]
        assert rows[0]["value"] == pytest.approx(statistics.fmean(rows[0]["fold_scores"]))
        assert set(rows[0]["configuration"]) == {
            "optimizer",
            "learning_rate",
            "batch_size",
            "units",
            "activation",
        }

    def test_studies(self, kerasweep: Any, trained: Path) -> None:
        done = kerasweep("studies", cwd=trained)
        assert "first" in done.stdout
        assert "3/3" in done.stdout
        (row,) = json.loads(kerasweep("studies", "--json", cwd=trained).stdout)
        assert row["about"]["data"]["rows"] == 300
        assert row["spec"]["data"]["limit"] == 300

    def test_show_a_study(self, kerasweep: Any, trained: Path) -> None:
        text = kerasweep("show", "first", cwd=trained).stdout
        for word in (
            "fingerprint",
            "divided by 16",
            "stratified, 2 folds",
            "test accuracy",
            "luck of choosing among 3 trials",
            "best trials",
            "tensorflow",
        ):
            assert word in text

    def test_show_a_trial(self, kerasweep: Any, trained: Path) -> None:
        text = kerasweep("show", "first", 0, cwd=trained).stdout
        assert "folds" in text
        assert "Total params" in text
        data = json.loads(kerasweep("show", "first", 0, "--json", cwd=trained).stdout)
        assert {"loss", "val_loss", "accuracy", "val_accuracy"} == set(data["curves"])
        assert [len(fold) for fold in data["curves"]["val_loss"]] == [3, 3]

    def test_compare(self, kerasweep: Any, trained: Path) -> None:
        assert "first" in kerasweep("compare", "first", cwd=trained).stdout
        (row,) = json.loads(kerasweep("compare", "first", "first", "--json", cwd=trained).stdout)
        assert row["test_score"] == pytest.approx(
            row["refits"][str(row["best"]["number"])]["test"]["accuracy"]
        )
        assert row["cost"]["epochs_spent"] == 3 * 3 * 2


class TestRepeatedFolds:
    """Five folds, three times: all that people look at tells one winner, one standard error, one lead."""

    @pytest.fixture
    def study(self, tmp_path: Path) -> Any:
        url = f"sqlite:///{tmp_path / 'kerasweep.db'}"
        cv = {"method": "repeated", "folds": 5, "repeats": 3}
        kept = {"predictor": "majority class", "value": 0.5, "fold_scores": [0.5] * 15}
        about = {"baseline": kept}
        return make_study(url, "repeated", folds=15, trials=14, spec={"cv": cv}, about=about)

    def test_terminal_report_and_python_agree(self, study: Any) -> None:
        record, url = study, study.storage
        first, second = ranked(read_trials(record), record.direction)[:2]
        deviation = statistics.stdev(first.fold_scores)
        told = number_text(first.value, deviation / math.sqrt(5))
        assert told != number_text(first.value, deviation / math.sqrt(15))
        differences = [one - other for one, other in zip(first.fold_scores, second.fold_scores, strict=True)]
        lead = number_text(
            statistics.fmean(differences), statistics.stdev(differences) * math.sqrt(1 / 15 + 1 / 4)
        )
        assert paired_difference(first, second, record.direction).text() == lead

        def run(*words: str) -> str:
            done = CliRunner().invoke(app, [*words, "--storage", url], env={"COLUMNS": "200"})
            assert done.exit_code == 0, done.output
            return done.output

        view = load_view(record, 3)
        board = leaderboard(view)
        assert board.content.table is not None
        for text in (
            run("best", "repeated"),
            run("best", "repeated", "-n", "1"),
            run("show", "repeated"),
            run("show", "repeated", str(first.number)),
            run("studies"),
            run("compare", "repeated"),
            tiles(view)[0].value,
            board.content.table.rows[0].cells[2],
        ):
            assert told in text
        sentence = compare_runners_up(record, ranked(read_trials(record), record.direction)).sentence
        for text in (run("best", "repeated"), run("best", "repeated", "-n", "1"), board.content.reading):
            assert sentence in text.replace("\n", " ")
        told = "Always predicting the majority class scores 0.5000: trial"
        for text in (run("best", "repeated"), board.content.reading):
            assert told in text.replace("\n", " ")
        assert "0.5000, majority class" in run("show", "repeated")
        assert ("baseline", "0.5000") in [(tile.label, tile.value) for tile in tiles(view)]
        error = deviation / math.sqrt(5)
        for rows in (
            json.loads(run("best", "repeated", "--json")),
            [json.loads(run("show", "repeated", str(first.number), "--json"))],
        ):
            assert rows[0]["standard_error"] == pytest.approx(error)
        python = api.load("repeated", storage=url)
        assert python.leaderboard(1)["standard_error"].iloc[0] == pytest.approx(error)
        assert api.compare("repeated", storage=url)["standard_error"].iloc[0] == pytest.approx(error)
        assert (
            python.best.standard_error == provenance(record, first)["standard_error"] == pytest.approx(error)
        )


class TestSpaces:
    def test_all_presets(self, kerasweep: Any, tmp_path: Path) -> None:
        text = kerasweep("spaces", cwd=tmp_path).stdout
        for family in ("nn", "ann", "dnn", "cnn"):
            assert family in text

    def test_one_preset_with_sources(self, kerasweep: Any, tmp_path: Path) -> None:
        text = kerasweep("spaces", "cnn", cwd=tmp_path).stdout
        assert "0.001..0.1:log" in text
        assert "Srivastava" in text

    @pytest.mark.parametrize("family", PRESETS)
    @pytest.mark.parametrize("brief", [False, True])
    def test_a_narrow_terminal_breaks_no_word(self, family: str, brief: bool) -> None:
        space = preset(family)
        console = Console(width=80, record=True, file=io.StringIO())
        console.print(space_table(family, space, brief=brief))
        lines = console.export_text().splitlines()
        assert max(map(len, lines)) <= 80
        words = {word for line in lines for word in line.split()}
        for one in space:
            assert words >= {one.name, value_text(one.recommended), *one.meaning.split()}, one.name
            assert words >= set(one.range_text().replace(",", ", ").split()), one.name

    def test_yaml_can_be_launched(self, kerasweep: Any, tmp_path: Path) -> None:
        (tmp_path / "mine.yaml").write_text(kerasweep("spaces", "dnn", "--yaml", cwd=tmp_path).stdout)
        assert read_space(tmp_path / "mine.yaml") == preset("dnn")
        done = kerasweep("launch", "nowhere.csv", "dnn", "--space", "mine.yaml", cwd=tmp_path)
        assert "nowhere.csv" in done.stderr
        assert done.returncode == 2

    def test_a_card_of_one_hyperparameter(self, kerasweep: Any, tmp_path: Path) -> None:
        card = kerasweep("spaces", "momentum", cwd=tmp_path).stdout.strip().splitlines()
        lines = dict(line.split(maxsplit=1) for line in card if not line.startswith(" "))
        assert lines["range"].strip() == "0..0.99"
        assert lines["recommended"].strip() == "0.9"
        assert "0 where optimizer in rmsprop" in [line.strip() for line in card]
        assert lines["active"].startswith("where optimizer in sgd,rmsprop,muon")
        assert "own" in lines["families"]
        assert {"meaning", "confidence", "advice", "source", "tasks", "kinds"} <= set(lines)
        card = json.loads(kerasweep("spaces", "momentum", "--json", cwd=tmp_path).stdout)
        assert card["when"] == {"optimizer": ["sgd", "rmsprop", "muon"]}
        assert card["families"] == list(CATALOGUE["momentum"].families)

    def test_sizes_of_a_preset(self, kerasweep: Any, tmp_path: Path) -> None:
        counts = json.loads(kerasweep("spaces", "--count", "--json", cwd=tmp_path).stdout)
        assert counts["catalogue"] == len(CATALOGUE)
        for size in SIZES:
            shown = json.loads(kerasweep("spaces", "cnn", "--preset", size, "--json", cwd=tmp_path).stdout)
            assert list(shown) == list(preset("cnn", size).names)
            assert counts["presets"]["cnn"][size] == len(shown)
        assert "full" in kerasweep("spaces", "--count", cwd=tmp_path).stdout

    def test_a_large_grid_is_not_counted_to_its_end(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        large = Space(tuple(Int(f"h{number}", 1, 5) for number in range(60)))
        monkeypatch.setattr(catalogue, "preset", lambda family, size: large)
        catalogue.spaces()
        assert "over 1,000" in capsys.readouterr().out

    def test_the_catalogue_by_group(self, kerasweep: Any, tmp_path: Path) -> None:
        text = kerasweep("spaces", "--groups", cwd=tmp_path).stdout
        assert all(name in text for name in (*GROUPS, *CATALOGUE))
        groups = json.loads(kerasweep("spaces", "--groups", "--json", cwd=tmp_path).stdout)
        assert list(groups) == list(GROUPS)

    def test_the_schema(self, kerasweep: Any, tmp_path: Path) -> None:
        assert json.loads(kerasweep("spaces", "--schema", cwd=tmp_path).stdout) == json_schema(SpaceFile)

    def test_json(self, kerasweep: Any, tmp_path: Path) -> None:
        assert (
            json.loads(kerasweep("spaces", "nn", "--json", cwd=tmp_path).stdout)["learning_rate"]["log"]
            is True
        )


COMMANDS = ("best", "show --json", "export -o -", "best --help", "spaces nothing")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_reader_that_goes_is_no_error(large: Path, command: str) -> None:
    """As ``| head -1`` does; here the reader has gone before the first word."""
    reader, writer = os.pipe()
    os.close(reader)
    environment = {**os.environ, "COLUMNS": "100"}
    done = subprocess.run(
        [sys.executable, "-m", "kerasweep", *command.split()],
        cwd=large,
        env=environment,
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writer)
    wrong = command == "spaces nothing"
    assert (done.returncode, done.stderr.count("\n")) == ((2, 1) if wrong else (1, 0)), done.stderr


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("large")
    make_large_study(f"sqlite:///{folder / 'kerasweep.db'}", "large", trials=1000)
    return folder


@pytest.mark.parametrize(
    "arguments",
    [
        ["studies"],
        ["best"],
        ["best", "-n", "1000"],
        ["show", "large"],
        ["show", "large", "3"],
        ["best", "--rule", "one-se"],
        ["compare", "large", "large"],
        ["compare", "large", "--trials", "1,2"],
        ["spaces"],
        ["spaces", "cnn", "--preset", "full", "--yaml"],
        ["spaces", "momentum"],
        ["spaces", "--groups"],
        ["spaces", "--count"],
        ["spaces", "--schema"],
        ["export", "large", "--format", "yaml"],
        ["export", "large", "--format", "json"],
    ],
    ids=" ".join,
)
def test_browsing_imports_nothing_heavy(large: Path, arguments: list[str]) -> None:
    """Half a second is kept by what is not imported; times themselves are measured by ``make bench``."""
    code = f"""
import sys
sys.argv = ['kerasweep', *{arguments!r}]
from kerasweep.cli import main
try:
    main()
finally:
    print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=large, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.strip() == "[]"
    assert done.stdout
