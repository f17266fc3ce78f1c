"""A study's figures one by one, its cards in a notebook, and a sweep that is watched in a real kernel."""

from __future__ import annotations

import inspect
import time
from pathlib import Path
from typing import TYPE_CHECKING

import nbclient
import nbformat
import plotly.graph_objects as go
import pytest
from jupyter_client.manager import start_new_kernel
from kerasweep.errors import KerasweepError, StudyError
from kerasweep.reports.notebook import card_html, cards_of
from kerasweep.reports.plots import Plots
from kerasweep.studies import read_studies, read_study
from kerasweep.study import Study

if TYPE_CHECKING:
    from conftest import Shelf

BUILD = """
def build(config, signature):
    import keras
    hidden = keras.layers.Dense(config["units"], "relu")
    return keras.Sequential([keras.Input(signature.input_shape), hidden, keras.layers.Dense(signature.outputs, "softmax")])

build.space = ks.Space((ks.Int("units", 2, 9),))
"""
FIGURES = [name for name, _ in inspect.getmembers(Plots, inspect.isfunction) if not name.startswith("_")]


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_plotlys_or_says_what_is_missing(shelf: Shelf, awkward: str, name: str) -> None:
    figure, missing = None, ""
    try:
        figure = getattr(Study(shelf.study(awkward)).plot, name)()
    except StudyError as error:
        missing = str(error)
    assert missing or figure.data
    assert "\n" not in missing


def test_an_ordinary_study_has_every_figure_that_is_of_its_kind(shelf: Shelf) -> None:
    plot = Study(shelf.study("ordinary")).plot
    missing = []
    for name in FIGURES:
        try:
            getattr(plot, name)()
        except StudyError:
            missing.append(name)
    assert missing == ["front", "sensitivity"]
    assert isinstance(Study(shelf.study("several")).plot.front(), go.Figure)


def test_figures_are_of_the_trial_metric_and_hyperparameter_that_are_asked_for(shelf: Shelf) -> None:
    study = Study(shelf.study("ordinary"))
    trial = int(study.leaderboard(3).index[-1])
    own, best = study.plot.curves(trial, "loss"), study.plot.curves(metric="loss")
    assert list(own.data[-1].y) != list(best.data[-1].y)
    assert study.plot.curves(trial).data != own.data
    with pytest.raises(StudyError, match=r"keeps no curve of 'los'. Did you mean 'loss'\?"):
        study.plot.curves(metric="los")
    with pytest.raises(StudyError, match="has no trial 100000"):
        study.plot.curves(100_000)
    assert study.plot.slice("learning_rate").data
    with pytest.raises(StudyError, match="'lerning_rate' has not taken two values"):
        study.plot.slice("lerning_rate")


def test_cards_are_those_of_the_report_by_place_and_by_key(shelf: Shelf) -> None:
    cards = Study(shelf.study("ordinary")).cards()
    assert [card.key for card in cards] == [card.key for card in cards[:]]
    assert cards["leaderboard"] is cards[[card.key for card in cards].index("leaderboard")]
    assert f"{cards[0].title}: " in repr(cards)
    with pytest.raises(StudyError, match=r"no card 'leaderbord'. Did you mean 'leaderboard'"):
        cards["leaderbord"]


def test_no_card_brings_markup_of_a_name_into_a_notebook(shelf: Shelf) -> None:
    names = [study.name for study in read_studies(shelf.url) if "<script" in study.name]
    assert names
    for name in names:
        for card in cards_of(shelf.study(name)):
            html = card_html(card)
            assert "<script" not in html
            assert "<img" not in html


@pytest.mark.trains
def test_a_sweep_in_a_kernel_has_one_output_however_many_trials(tmp_path: Path) -> None:
    cells = [
        "import kerasweep as ks\nfrom sklearn.datasets import load_iris\nx, y = load_iris(return_X_y=True)",
        BUILD,
        "study = ks.launch((x, y), build, search='random', scheduler='none', trials=8, epochs=2, folds=2, storage='a.db')",
        "study",
        "study.plot.history()",
        "study.cards()['leaderboard'].content.reading",
        "winner = study.refit()\nlist(winner.history.index) == list(range(1, winner.epochs + 1)), 'loss' in winner.history",
    ]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    book.metadata.kernelspec = {"name": "python3", "display_name": "Python", "language": "python"}
    done = nbclient.NotebookClient(
        book, timeout=240, resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    launched, shown, drawn, read, history = (cell.outputs for cell in done.cells[2:])
    html = [output.data["text/html"] for output in launched if "data" in output]
    assert len(html) == 1
    assert "8/8 trials" in html[0]
    assert html[0].count("[") <= 6, "the latest trials, not all"
    assert not [output for output in launched if output.output_type == "stream" and "trial" in output.text]
    assert "8 complete" in shown[0].data["text/html"]
    assert "application/vnd.plotly.v1+json" in drawn[0].data
    assert "trial" in read[0].data["text/plain"]
    assert history[0].data["text/plain"] == "(True, True)"


@pytest.mark.trains
def test_an_interrupted_cell_leaves_a_whole_study(tmp_path: Path) -> None:
    """As the button of a notebook interrupts it; the cell ends without an error, and another one resumes."""
    manager, client = start_new_kernel(cwd=str(tmp_path))
    try:
        launch = (
            "import kerasweep as ks\n"
            "study = ks.launch('iris', 'ann', search='random', scheduler='none', trials=500, epochs=30, patience=None,\n"
            "                  folds=2, storage='a.db', study='long')\n"
        )
        client.execute(launch)
        end = time.monotonic() + 120
        while _ended(tmp_path / "a.db") < 2:
            assert time.monotonic() < end
            time.sleep(0.5)
        manager.interrupt_kernel()
        assert client.get_shell_msg(timeout=60)["content"]["status"] == "ok"
        said: list[str] = []
        done = client.execute_interactive(
            "print(study.record.counts.get('running', 0), study.status().state, study.best.number >= 0)",
            output_hook=lambda message: said.append(message["content"].get("text", "")),
            timeout=60,
        )
        assert done["content"]["status"] == "ok"
        assert "".join(said).split() == ["0", "idle", "True"]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def _ended(database: Path) -> int:
    try:
        return read_study("long", f"sqlite:///{database}").trained
    except KerasweepError:
        return 0
