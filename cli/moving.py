"""Commands that take studies elsewhere: copy, backup."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import DamagedError, SpecError, StudyError
from ..printing import make_console, styled
from ..studies import StudyRecord, read_studies, read_study, shown_storage, storage_url
from ..texts import count_text
from .options import Storage


def copy(
    to: Annotated[str, typer.Option("--to", help="Where to: a file or a URL.", envvar="KERASWEEP_TO")],
    names: Annotated[list[str] | None, typer.Argument(help="Studies.", show_default="the last study")] = None,
    every: Annotated[bool, typer.Option("--all", help="Copy all studies.")] = False,
    name: Annotated[
        str | None, typer.Option("--name", "-n", help="What the copy is called.", show_default="as the study")
    ] = None,
    storage: Storage = None,
) -> None:
    """Copy studies into another storage: a file, PostgreSQL, MySQL or MariaDB; all of it or nothing.

    [dim]kerasweep copy digits-dnn-knowhow --to archive.db[/]
    [dim]kerasweep copy --all --to postgresql://me@host/archive[/]
    [dim]kerasweep copy --to kerasweep.db --name second[/]
    """
    from ..studies.copying import copy_studies

    url, target = storage_url(storage), storage_url(to)
    if every and names:
        raise SpecError("--all copies all studies; leave their names out.")
    records = _every(url) if every else [read_study(one, url) for one in names or (None,)]
    console, where = make_console(), shown_storage(target)
    for one in copy_studies(records, target, name):
        what = f" to {where}: {count_text(one.trials, 'trial')}, read back and the same"
        console.print(styled("copied ", (one.name, "bold"), what), soft_wrap=True)
        for note in one.notes:
            console.print(f"  {note}", style="dim", soft_wrap=True)


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
    for one in made.damaged:
        make_console().print(f"  {one.error} It is in the backup as it stands.", style="dim", soft_wrap=True)


def _every(url: str) -> list[StudyRecord]:
    """Return all studies of a storage.

    Raises:
        StudyError: One is damaged, or there is no database.
    """
    try:
        return read_studies(url)
    except DamagedError as error:
        raise StudyError(f"{error} Nothing was copied: name the studies to copy.") from error
