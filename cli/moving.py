"""Commands that take studies elsewhere: backup."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..printing import make_console, styled
from ..texts import count_text
from .options import Storage


def backup(
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="File to write.", show_default="kerasweep-DATE-TIME.db"),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier file.")] = False,
    storage: Storage = None,
) -> None:
    """Back an SQLite database up, whole and checked, while sweeps write it.

    [dim]kerasweep backup[/]
    [dim]kerasweep backup -o yesterday.db --overwrite[/]
    """
    from .. import moving

    made = moving.backup(output, storage=storage, overwrite=overwrite)
    what = f" with {count_text(made.studies, 'study')} and {count_text(made.trials, 'trial')}, checked"
    make_console().print(styled("wrote ", (str(made.path), "bold"), what), soft_wrap=True)
