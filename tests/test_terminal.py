"""A trial's line while a sweep runs."""

from __future__ import annotations

import io
from typing import Any

import pytest
from kerasweep.search.progress import Progress, TrialLine
from kerasweep.spaces import preset
from kerasweep.studies.comparison import MAX_SHOWN, varying_first
from kerasweep.terminal import HANDFUL, configuration_text, show_progress
from rich.cells import cell_len
from rich.console import Console
from synthetic import wide_space


def test_a_small_configuration_is_shown_whole() -> None:
    for family in ("dnn", "cnn", "resnet"):
        configuration = preset(family).recommended()
        words = configuration_text(configuration, room=10).split()
        assert [word.split("=")[0] for word in words] == list(configuration)


def test_a_large_one_shows_a_handful_and_counts_the_rest() -> None:
    space = preset("dnn", "full")
    configuration = space.recommended()
    text = configuration_text(configuration, varying_first(space, "dnn"))
    assert text.count("=") == HANDFUL
    assert text.startswith("optimizer=adam ")
    assert " learning_rate=0.001 " in text
    assert text.endswith(f" and {len(configuration) - HANDFUL} more")


def test_a_line_keeps_to_its_room() -> None:
    configuration = wide_space().recommended()
    for room in (200, 60, 40):
        text = configuration_text(configuration, tuple(configuration), room)
        assert cell_len(text) <= room
        assert text.endswith(f" and {500 - text.count('=')} more")
    assert configuration_text(configuration, room=3) == "500 hyperparameters"


def test_without_an_order_the_first_of_the_configuration_are_shown() -> None:
    configuration = {f"h{number}": number for number in range(MAX_SHOWN + 1)}
    assert configuration_text(configuration).startswith("h0=0 h1=1 ")


def test_a_trial_of_a_wide_space_is_one_line_of_a_terminal() -> None:
    space = preset("dnn", "full")
    line = TrialLine(7, "complete", space.recommended(), 0.9, 12, 3.0)
    console = Console(file=io.StringIO(), width=120, force_terminal=True, color_system=None)
    with show_progress(2, console, varying_first(space, "dnn")) as listen:
        listen(Progress(total=9, complete=1, ended=line))
    assert isinstance(console.file, io.StringIO)
    shown = [row for row in console.file.getvalue().splitlines() if "trial 7" in row]
    assert len(shown) == 1
    assert "optimizer=adam" in shown[0]
    assert shown[0].rstrip().endswith(" more")


def test_what_a_trial_has_to_say_is_shown_below_it() -> None:
    line = TrialLine(7, "complete", {"units": 3}, 0.9, 12, 3.0, notes=("trained by fit: it is eager",))
    for terminal in (True, False):
        console = Console(file=io.StringIO(), width=120, force_terminal=terminal, color_system=None)
        with show_progress(2, console) as listen:
            listen(Progress(total=9, complete=1, ended=line))
        assert isinstance(console.file, io.StringIO)
        assert "note: trained by fit: it is eager (trial 7)" in console.file.getvalue()


@pytest.mark.parametrize("state", ["pruned", "failed", "paused"])
@pytest.mark.parametrize("more", [{}, {"message": "why"}, {"broken": ("params is 9, not <5",)}], ids=str)
def test_a_trial_that_is_not_complete_is_called_by_its_state(state: Any, more: dict[str, Any]) -> None:
    console = Console(file=io.StringIO(), width=120, color_system=None)
    with show_progress(2, console) as listen:
        listen(Progress(total=9, paused=1, ended=TrialLine(7, state, {}, 0.9, 12, 3.0, **more)))
    assert isinstance(console.file, io.StringIO)
    assert f"trial 7  {state}" in console.file.getvalue()


def test_trials_that_are_paused_and_pruned_are_counted_apart() -> None:
    assert Progress(total=9, paused=3, pruned=2).unlike_complete == ["3 paused", "2 pruned"]
    assert Progress(total=9, complete=4, failed=1).unlike_complete == ["1 failed"]
