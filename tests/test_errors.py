"""Messages of errors: whole sentences, however they are put together."""

from __future__ import annotations

import pickle

import pytest
from kerasweep import errors
from kerasweep.errors import InfeasibleError, KerasweepError, SpaceError, TrainingError, UnfitError, one_line

KINDS = [
    kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, KerasweepError)
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("Trial 3: it measures val_loss..", "Trial 3: it measures val_loss."),
        ("Trial 3: no such metric. Did you mean 'x'?.", "Trial 3: no such metric. Did you mean 'x'?"),
        ("It failed.. Try again..", "It failed. Try again."),
        ("No file '../a.csv' in .. or /tmp/.. here...", "No file '../a.csv' in .. or /tmp/.. here..."),
        ("1..5 and x[..., 0] and a.. b", "1..5 and x[..., 0] and a. b"),
    ],
)
def test_a_message_ends_with_one_full_stop(kind: type[KerasweepError], said: str, message: str) -> None:
    assert str(_make(kind, said)) == message


@pytest.mark.parametrize("kind", KINDS)
def test_names_with_control_characters_break_no_line(kind: type[KerasweepError]) -> None:
    """A header of a spreadsheet may hold a line break, and any name what clears a terminal."""
    message = str(_make(kind, "x.csv has no column 'y'. Known: Price\n(EUR), \x1b[2J, \u2028."))
    assert message.replace("\n", " ") == "x.csv has no column 'y'. Known: Price (EUR),  [2J,  ."
    assert ("\n" in message) is kind.has_lines


def _make(kind: type[KerasweepError], said: str) -> KerasweepError:
    if kind is InfeasibleError:
        return kind(said, {"params": 3.0}, 3)
    has_kind = issubclass(kind, TrainingError) and kind is not UnfitError
    return kind("data", said) if has_kind else kind(said)


def test_errors_survive_pickling() -> None:
    assert str(pickle.loads(pickle.dumps(SpaceError("one..", "key")))) == "one."


@pytest.mark.parametrize(
    ("error", "line"),
    [
        ("\x1b[1mShapes must be\n  fully-defined\x1b[0m ", "Shapes must be fully-defined"),
        (KeyError(), "KeyError"),
        (ValueError("x" * 400), "x" * 299 + "…"),
    ],
)
def test_any_error_is_one_line_without_colours(error: BaseException | str, line: str) -> None:
    assert one_line(error) == line
