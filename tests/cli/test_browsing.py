"""Browsing from the command line: what is printed, as text and as JSON, and what is never imported."""

from __future__ import annotations

import io
import json
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from kerasweep.cli import catalogue
from kerasweep.cli.tables import space_table
from kerasweep.spaces import PRESETS, SIZES, Int, Space, preset, read_space, value_text
from kerasweep.spaces.catalogue import CATALOGUE, GROUPS
from kerasweep.spaces.schema import space_schema
from rich.console import Console
from synthetic import make_large_study

HEAVY = ("tensorflow", "keras", "optuna", "pandas", "sklearn", "sqlalchemy", "plotly", "scipy")


@pytest.mark.trains
class TestOnARealStudy:
    def test_best_shows_the_leaderboard_and_whether_it_is_noise(self, kerasweep: Any, trained: Path) -> None:
        done = kerasweep("best", cwd=trained)
        assert done.returncode == 0
        assert "val_accuracy" in done.stdout
        assert "learning_rate" in done.stdout
        assert "rial" in done.stdout.splitlines()[-1]

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
        assert json.loads(kerasweep("spaces", "--schema", cwd=tmp_path).stdout) == space_schema()

    def test_json(self, kerasweep: Any, tmp_path: Path) -> None:
        assert (
            json.loads(kerasweep("spaces", "nn", "--json", cwd=tmp_path).stdout)["learning_rate"]["log"]
            is True
        )


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
        ["compare", "large", "large"],
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
