"""``kerasweep learn``: what studies tell, as a space file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..printing import make_console, styled
from ..spaces import read_space, space_text
from ..studies import read_study, storage_url
from .options import Storage


def learn(
    studies: Annotated[
        list[str], typer.Argument(help="Studies, of the same data or others.", metavar="STUDY...")
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file.", show_default="print it")
    ] = None,
    space: Annotated[
        Path | None,
        typer.Option("--space", help="A space file to put it into.", show_default="the first study's space"),
    ] = None,
    storage: Storage = None,
) -> None:
    """Write what studies tell as a space file: their best values as recommended ones, each with its evidence.

    [dim]kerasweep learn digits-dnn-knowhow -o preset.yaml[/]
    [dim]kerasweep learn digits-dnn-knowhow iris-dnn-knowhow > preset.yaml[/]
    """
    from ..export.files import write_file
    from ..search.learning import learned_space

    records = [read_study(name, storage_url(storage)) for name in dict.fromkeys(studies)]
    learned = learned_space(records, None if space is None else read_space(space))
    text = space_text(learned.space, learned.notes)
    if output is None:
        print(text, end="")  # noqa: T201 - to be piped into a file
        return
    make_console().print(styled("wrote ", (str(write_file(output, text)), "bold")), soft_wrap=True)
