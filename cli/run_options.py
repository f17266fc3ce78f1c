"""The options of a run, in the groups of its help: of ``launch`` and ``resume`` alike."""

from __future__ import annotations

from typing import Annotated, Any

import typer


def option(panel: str, text: str, *names: str, **more: Any) -> Any:
    """Return an option that stands in a panel of the help."""
    return typer.Option(*names, help=text, rich_help_panel=panel, **more)


Detach = Annotated[
    bool,
    typer.Option(
        "--detach", help="Run in a process of its own that outlives this terminal; see status, pause, stop."
    ),
]
Join = Annotated[
    bool,
    typer.Option(
        "--join",
        help="Share the study with drivers that run it, on this machine or others, each with its own workers; "
        "on a PostgreSQL or MySQL server.",
    ),
]
Trials = Annotated[int | None, option("Budget", "Trials to train.", "--trials", "-n", min=1)]
Time = Annotated[str | None, option("Budget", "Time to run: 90s, 10m, 1h30m.")]
TotalEpochs = Annotated[
    int | None, option("Budget", "Epochs of single folds to train, by all trials together.", min=1)
]
UntilConverged = Annotated[
    bool | None,
    option(
        "Budget",
        "End once more trials are not expected to help.",
        "--until-converged/--no-until-converged",
        show_default="off",
    ),
]
Workers = Annotated[
    str | None,
    option(
        "Execution",
        "Processes; auto: by the machine, the trials and the model; inline: none, to debug.",
        "--workers",
        "-w",
        metavar="COUNT|auto|inline",
        show_default="1",
    ),
]
Executor = Annotated[
    str | None,
    option("Execution", "local: processes of this machine; ray: of a Ray cluster.", show_default="local"),
]
Address = Annotated[
    str | None,
    option(
        "Execution",
        "Of the Ray cluster, host:port; auto: the one that this machine belongs to.",
        show_default="auto",
    ),
]
Threads = Annotated[int | None, option("Execution", "Cores a worker.", min=1)]
GpusPerTrial = Annotated[
    float | None,
    option(
        "Execution",
        "GPUs a worker: 0 for none, 2, or a share that others leave, 0.5.",
        min=0,
        show_default="1 where there are any",
    ),
]
TrialTimeout = Annotated[
    str | None,
    option(
        "Execution",
        "Time without a sign of life after which a trial fails: 90s, 10m; or none.",
        show_default="1h",
    ),
]
Retries = Annotated[
    int | None,
    option(
        "Execution", "How often a trial is trained again after it ended its worker.", min=0, show_default="1"
    ),
]
MaxFailures = Annotated[
    str | None,
    option(
        "Execution",
        "Trials that fail in a row, in one way, until the sweep stops; or none.",
        show_default="10",
    ),
]
CheckpointEvery = Annotated[
    str | None,
    option(
        "Training",
        "Time of training after which a trial's state is written, so that it goes on from there: 90s, 10m; or none.",
        show_default="5m",
    ),
]
KeepStates = Annotated[
    float | None,
    option(
        "Training", "GB of disk for the states of trials that are paused or kept.", min=0, show_default="2"
    ),
]
Log = Annotated[
    str | None,
    option(
        "Execution",
        "Others' tools that follow the sweep: tensorboard, mlflow, or both with a comma between.",
        show_default="none",
    ),
]
KeepModels = Annotated[
    int | None,
    option(
        "Training",
        "Best trials whose last state is kept on disk, so that resume --epochs goes on from there.",
        min=0,
        show_default="0",
    ),
]
FurtherEpochs = Annotated[
    int | None,
    option(
        "Training", "Train the best trials of a finished study on to so many epochs.", "--epochs", "-e", min=1
    ),
]
Trainer = Annotated[
    str | None,
    option(
        "Execution",
        "fused (all folds in one program), fit (model.fit), or auto: fused where the model allows it.",
        show_default="auto",
    ),
]
