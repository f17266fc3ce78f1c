"""The command that trains a winner on all rows: refit."""

from __future__ import annotations

from typing import Annotated

import typer

from ..printing import make_console, styled
from ..studies import choose_trial, read_study, storage_url
from ..studies.comparison import chosen_number, objective_of, score_sentence
from ..texts import count_text, duration_text, number_text
from .options import Quiet, Rule, Storage, StudyName, TrialNumber, Verbose


def refit(
    study: StudyName = None,
    trial: TrialNumber = None,
    rule: Rule = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Train on a subset.", show_default="all rows")
    ] = None,
    storage: Storage = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Train the winner on all training rows and score it once on the test split.

    [dim]kerasweep refit[/]
    [dim]kerasweep refit mnist-cnn-knowhow --trial 7[/]
    [dim]kerasweep refit mnist-cnn-knowhow --rule one-se[/]
    """
    from ..search.refit import refit as run_refit

    console = make_console(quiet=quiet)

    def on_epoch(epoch: int, epochs: int, logs: dict[str, float]) -> None:
        if verbose:
            scores = "  ".join(f"{metric} {number_text(value)}" for metric, value in logs.items())
            console.print(f"epoch {epoch}/{epochs}  {scores}")

    record = read_study(study, storage_url(storage))
    chosen = choose_trial(record, chosen_number(record, trial, rule))
    with console.status("Training on all rows ...") if console.is_terminal and not verbose else console:
        done = run_refit(record, chosen, limit=limit, on_epoch=on_epoch)
    console.print(
        f"trial {chosen.number} of {record.name}: {count_text(done.epochs, 'epoch')} on "
        f"{done.dataset.rows:,} rows in {duration_text(done.seconds)}",
    )
    for metric, value in done.test.items():
        console.print(
            styled(f"test {metric} ", (number_text(value), "bold"), f" on {done.dataset.test_rows:,} rows"),
        )
    if (test := objective_of(record, done.test)) is not None:
        console.print(score_sentence(record, chosen, test=test), soft_wrap=True)
    if not done.test:
        console.print("no rows are held out: nothing scores it")
