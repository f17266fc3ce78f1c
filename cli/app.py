"""The application: its commands, and what an error looks like."""

from __future__ import annotations

import errno
import os
import sys
import tempfile
import traceback
from collections.abc import Callable
from typing import Any

import typer
from typer.core import TyperGroup

from .. import __version__
from ..errors import INTERRUPTED, KerasweepError, one_line
from ..printing import make_console
from ..search.interrupt import interrupt_on_all
from ..studies.passwords import without_passwords
from .browsing import best, compare, studies
from .catalogue import spaces
from .control import pause, status, stop
from .launching import launch, resume
from .learning import learn
from .management import delete, doctor, export, import_, report
from .moving import backup, copy
from .refitting import refit
from .showing import show
from .ui import ui

FAILED, MISUSE = 1, 2


class _Commands(TyperGroup):
    """Says of a command that it was interrupted, of which typer makes an exit code alone."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as stop:
            make_console(stderr=True).print("Interrupted.", *stop.args)
            raise typer.Exit(INTERRUPTED) from None


app = typer.Typer(
    name="kerasweep",
    cls=_Commands,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="A first sweep: [bold]kerasweep launch digits dnn[/bold], then [bold]kerasweep best[/bold] and "
    "[bold]kerasweep report[/bold].",
)
PANELS: dict[str, tuple[Callable[..., None], ...]] = {
    "Search": (launch, resume, status, pause, stop, learn),
    "Browse": (ui, studies, best, show, compare, spaces),
    "Use the winner": (refit, export, report),
    "Housekeeping": (import_, copy, backup, delete, doctor),
}
for panel, commands in PANELS.items():
    for command in commands:
        app.command(command.__name__.rstrip("_"), rich_help_panel=panel)(command)


def _print_version(asked: bool) -> None:
    if asked:
        print(f"kerasweep {__version__}")  # noqa: T201 - plain text for scripts
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", callback=_print_version, is_eager=True, help="Print the version."
    ),
) -> None:
    """Find good hyperparameters for Keras models by cross-validated search, and keep what was learned."""


def main() -> None:
    """Run the command line; exit codes: 0 done, 1 failed, 2 misuse, 130 interrupted."""
    interrupt_on_all()
    try:
        app()
    except KerasweepError as error:
        for note in getattr(
            error, "__notes__", ()
        ):  # a traceback; the line that says what is wrong comes last
            make_console(stderr=True).print(without_passwords(note), style="dim", soft_wrap=True)
        _print_error(str(error))
        sys.exit(error.exit_code)
    except KeyboardInterrupt:  # before a command began
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        # The reader of a pipe (head, less) has gone; Python would complain again when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(FAILED)
    except Exception as error:  # noqa: BLE001 - the last resort: one line for the user, the traceback in a file
        if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
            _print_error(f"The path '{one_line(str(error.filename), 100)}' is too long for this system.")
            sys.exit(MISUSE)
        handle, log = tempfile.mkstemp(prefix="kerasweep-", suffix=".log")  # nobody else reads or names it
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(without_passwords(traceback.format_exc()))
        what = without_passwords(one_line(error))
        _print_error(
            f"Unexpected {type(error).__name__}: {what} The traceback is in {log}; please report it."
        )
        sys.exit(FAILED)


def _print_error(message: str) -> None:
    console = make_console(stderr=True)
    for line in message.splitlines():
        console.print("Error:", style="bold red", end=" ")
        console.print(line, soft_wrap=True)
