"""Spaces of a hundred and more hyperparameters on the command line: what is shown, and how to see the rest."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from kerasweep.cli import browsing, catalogue, showing
from kerasweep.cli.columns import Rows
from kerasweep.spaces import Configuration, preset
from kerasweep.studies import best_trials, read_study
from kerasweep.studies.comparison import MAX_SHOWN
from rich.cells import cell_len
from synthetic import make_large_study, make_study, wide_space

Shown = Callable[..., list[str]]


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("wide") / "studies.db"
    make_study(f"sqlite:///{file}", "small", trials=12)
    make_study(f"sqlite:///{file}", "full", trials=12, space=preset("dnn", "full"), prune=False)
    make_large_study(f"sqlite:///{file}", "넓은 탐색", trials=30, space=wide_space(), model="my:build")
    return str(file)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shown:
    """Return what a command prints on a terminal of a width, or where there is none, line by line."""

    def run(
        command: Callable[..., None], *arguments: object, width: int | None = None, **more: object
    ) -> list[str]:
        if width is None:
            monkeypatch.delenv("FORCE_COLOR", raising=False)
        else:
            monkeypatch.setenv("FORCE_COLOR", "1")
            monkeypatch.setenv("COLUMNS", str(width))
        command(*arguments, **more)
        text = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)
        return [line.rstrip() for line in text.splitlines()]

    return run


def heading(lines: list[str]) -> list[str]:
    return next(line.split() for line in lines if line.split()[:1] == ["trial"])


def hidden(lines: list[str]) -> list[str]:
    return [line for line in lines if "are not shown" in line]


@pytest.mark.parametrize("width", [None, 200])
def test_a_small_study_shows_all(storage: str, shown: Shown, width: int | None) -> None:
    lines = shown(browsing.best, "small", storage=storage, width=width)
    assert heading(lines)[5:] == list(preset("dnn").names)
    assert not hidden(lines)


def test_a_narrow_terminal_shows_the_first_that_fit(storage: str, shown: Shown) -> None:
    lines = shown(browsing.best, "small", storage=storage, width=100)
    names = heading(lines)[5:]
    assert names[:2] == ["optimizer", "learning_rate"]
    assert len(names) < len(preset("dnn"))
    assert hidden(lines)[0].startswith(f"{len(preset('dnn')) - len(names)} of {len(preset('dnn'))} ")


@pytest.mark.parametrize("width", [80, 100, 160])
@pytest.mark.parametrize("study", ["full", "넓은 탐색"])
def test_no_row_is_folded_or_wider_than_the_terminal(
    storage: str, shown: Shown, study: str, width: int
) -> None:
    lines = shown(browsing.best, study, 5, storage=storage, width=width)
    rule = next(number for number, line in enumerate(lines) if "───" in line)
    rows = lines[rule + 1 : rule + 6]
    best = best_trials(read_study(study, f"sqlite:///{storage}"), 5)
    assert [int(row.split()[0]) for row in rows] == [trial.number for trial in best]
    assert lines[rule - 1].split()[0] == "trial"
    assert all(cell_len(line) <= width for line in lines[: rule + 6])


def test_a_wide_study_shows_the_basic_ones_first(storage: str, shown: Shown) -> None:
    lines = shown(browsing.best, "full", storage=storage)
    names = heading(lines)[5:]
    assert len(names) == MAX_SHOWN
    assert set(preset("dnn").names) <= set(names)


@pytest.mark.parametrize(("study", "word"), [("full", "full"), ("넓은 탐색", "'넓은 탐색'")])
@pytest.mark.parametrize("command", [browsing.best, showing.show])
def test_the_command_that_shows_all_is_named(
    storage: str, shown: Shown, study: str, word: str, command: Callable[..., None]
) -> None:
    (line,) = hidden(shown(command, study, storage=storage))
    number = best_trials(read_study(study, f"sqlite:///{storage}"), 1)[0].number
    assert line.endswith(f"; all of a trial: kerasweep show {word} {number} --storage {storage}")


def test_what_is_the_same_in_all_rows_is_left_out_first() -> None:
    rows = [
        {f"h{number}": number * place if number == 40 else number for number in range(50)} for place in (1, 2)
    ]
    assert Rows(rows, {"a": ["x", "y"]}).that_fit(None) == ["h40"]
    assert Rows(rows, {"a": ["x", "y"]}).that_fit(10_000) == [f"h{number}" for number in range(50)]


def test_wide_characters_take_two_cells() -> None:
    configurations: list[Configuration] = [{"너비": "가나다라"}]
    rows = Rows(configurations, {"a": ["x"]})
    assert rows.that_fit(15) == ["너비"]
    assert rows.that_fit(14) == []


def test_a_trial_of_a_full_space_says_what_is_special_first(storage: str, shown: Shown) -> None:
    study = read_study("full", f"sqlite:///{storage}")
    trial = next(trial for trial in best_trials(study, 5) if trial.number)
    text = "\n".join(shown(showing.show, "full", trial.number, storage=storage, width=120))
    special, usual = re.split(r"^\d+ as recommended$", text, flags=re.MULTILINE)
    counts = [int(number) for number in re.findall(r"^(\d+) (?:of \d+ are not )?as recommended", text, re.M)]
    assert sum(counts) == len(trial.configuration)
    listed = re.findall(r"^ .{14}  (\S+)", special, re.MULTILINE)
    assert listed.count("learning_rate") == 1
    for name in trial.configuration:
        assert (name in listed) != (f" {name}=" in usual), name


def test_the_recommended_trial_has_nothing_special(storage: str, shown: Shown) -> None:
    text = "\n".join(shown(showing.show, "full", 0, storage=storage, width=120))
    assert "are not as recommended" not in text
    assert f"{len(preset('dnn', 'full').recommended())} as recommended" in text


def test_all_of_five_hundred_are_shown(storage: str, shown: Shown) -> None:
    text = " ".join(" ".join(shown(showing.show, "넓은 탐색", 3, storage=storage)).split())
    assert [name for name in wide_space().names if name not in text] == []


def test_a_small_trial_is_a_plain_list(storage: str, shown: Shown) -> None:
    text = "\n".join(shown(showing.show, "small", 0, storage=storage))
    assert "as recommended" not in text
    assert re.search(r"^learning_rate +0\.01$", text, re.MULTILINE)


@pytest.mark.parametrize("width", [None, 100, 160])
def test_a_full_preset_is_shown_by_group(shown: Shown, width: int | None) -> None:
    lines = shown(catalogue.spaces, "cnn", "full", width=width)
    space = preset("cnn", "full")
    starts = [line.split()[0] for line in lines if line.split()]
    for one in space:
        assert one.name in starts, one.name
        assert one.group in starts
    if width is not None:
        assert max(map(cell_len, lines)) <= width


def test_a_basic_preset_is_one_table_with_sources(shown: Shown) -> None:
    lines = shown(catalogue.spaces, "cnn")
    assert sum(line.startswith(" hyperparameter ") for line in lines) == 1
    assert sum(line.strip().startswith("source: ") for line in lines) == len(preset("cnn"))
    assert sum("confidence" in line for line in lines) == len(preset("cnn"))


def test_a_storage_of_the_environment_needs_no_option(
    storage: str, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERASWEEP_STORAGE", storage)
    (line,) = hidden(shown(browsing.best, "full"))
    assert "--storage" not in line
