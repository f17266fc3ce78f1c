"""Commands that make something of a study, or tidy up: export, report, import, delete, doctor."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import SpecError
from ..export.formats import FORMATS, FromStudy, format_for
from ..printing import make_console, styled
from ..studies import DamagedStudy, storage_url, study_or_damage
from ..studies.comparison import chosen_number
from ..texts import count_text
from .options import Json, Rule, Storage, StudyName, TrialNumber, print_json
from .trials import print_findings

_FORMATS = "\n\n".join(f"[bold]{one.name}[/]: {one.meaning}" for one in FORMATS.values())
Output = Annotated[Path | None, typer.Option("--output", "-o", help="File or folder to write.")]


def export(
    study: StudyName = None,
    trial: TrialNumber = None,
    rule: Rule = None,
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            "-f",
            help=_FORMATS,
            autocompletion=lambda: [*FORMATS],
            show_default="by the output's name, else yaml",
        ),
    ] = None,
    output: Output = None,
    storage: Storage = None,
) -> None:
    """Export the winner, another trial, or all trials as a file for others.

    [dim]kerasweep export > winner.yaml[/]
    [dim]kerasweep export digits-dnn-knowhow --trial 7 --format python -o train.py[/]
    [dim]kerasweep export digits-dnn-knowhow --rule one-se > small.yaml[/]
    [dim]kerasweep export mnist-cnn-knowhow --format keras -o model/[/]
    [dim]kerasweep export --format deploy -o houses.zip[/]
    [dim]kerasweep export --format csv -o trials.csv[/]
    """
    from .. import api

    chosen_format = format_for(form, output)
    chosen = api.load(study, storage=storage)
    trial = chosen_number(chosen.record, trial, rule)
    if isinstance(chosen_format, FromStudy) and chosen_format.is_text and output is None:
        print(chosen_format.content(chosen.record, trial), end="")  # noqa: T201 - to be piped into a file
        return
    path = chosen.export(output or f"{chosen.name}{chosen_format.suffix}", chosen_format.name, trial)
    make_console().print(styled("wrote ", (str(path), "bold")), soft_wrap=True)


def report(
    names: Annotated[list[str] | None, typer.Argument(help="Studies.", show_default="the last study")] = None,
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            "-f",
            help="html, md for a pull request, or png: a folder of the figures.",
            show_default="by the output's name, else html",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The file, or the folder.", show_default="report.html"),
    ] = None,
    storage: Storage = None,
) -> None:
    """Write a report: one HTML file that needs no network, Markdown, or pictures.

    [dim]kerasweep report[/]
    [dim]kerasweep report digits-dnn-grid digits-dnn-knowhow -o comparison.html[/]
    [dim]kerasweep report -o report.md[/]
    """
    from .. import api

    chosen = (
        [api.load(name, storage=storage) for name in dict.fromkeys(names)]
        if names
        else [api.load(storage=storage)]
    )
    path = api.report(chosen, output, format=form)
    make_console().print(styled("wrote ", (str(path), "bold")), soft_wrap=True)
    for one in chosen:
        print_findings(one.record, start=f"{one.name}: " if len(chosen) > 1 else "")


def import_(
    folder: Annotated[Path, typer.Argument(help="A KerasTuner project: directory/project_name.")],
    study: Annotated[
        str | None, typer.Option("--study", "-s", help="Name.", show_default="the project's")
    ] = None,
    metric: Annotated[
        str | None, typer.Option(help="Objective.", show_default="taken from the trials' scores")
    ] = None,
    storage: Storage = None,
) -> None:
    """Import a KerasTuner project as a study.

    [dim]kerasweep import my_dir/my_project[/]
    [dim]kerasweep import my_dir --study old --metric val_accuracy[/]
    """
    from .. import api

    record = api.import_keras_tuner(folder, study=study, metric=metric, storage=storage).record
    counts = ", ".join(f"{count} {state}" for state, count in record.counts.items())
    make_console().print(
        styled("imported ", (record.name, "bold"), f": {counts}; {record.direction} {record.metric}"),
        soft_wrap=True,
    )


def delete(
    study: Annotated[str, typer.Argument(help="The study's name.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    storage: Storage = None,
) -> None:
    """Delete a study and all of its trials.

    [dim]kerasweep delete digits-dnn-grid[/]
    """
    import sys

    from ..studies.lifecycle import delete_study

    record = study_or_damage(study, storage_url(storage))
    trials = (
        "damaged" if isinstance(record, DamagedStudy) else count_text(sum(record.counts.values()), "trial")
    )
    if not yes:
        if not sys.stdin.isatty():
            raise SpecError(
                f"Deleting '{study}' ({trials}) needs --yes where there is no terminal to ask on."
            )
        typer.confirm(f"Delete '{study}' ({trials})?", abort=True)
    delete_study(record)
    make_console().print(styled("deleted ", (study, "bold")))


def doctor(storage: Storage = None, as_json: Json = False) -> None:
    """Check that this machine has what a sweep needs: packages, memory, GPUs, disks, the storage.

    [dim]kerasweep doctor[/]
    [dim]kerasweep doctor --json[/]
    """
    from .doctor import examine

    console, findings = make_console(), []
    for finding in examine(storage_url(storage)):
        findings.append(finding)
        if not as_json:
            mark = ("ok  ", "green") if finding.fine else ("bad ", "red")
            console.print(styled(mark, f" {finding.name:<14}{finding.line}"), soft_wrap=True)
    if as_json:
        print_json([finding.record for finding in findings])
    if not all(finding.fine for finding in findings):
        raise typer.Exit(1)
