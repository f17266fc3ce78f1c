"""Tables of studies, trials and spaces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from ..printing import make_console, styled
from ..spaces import Hyperparameter, conditions_text, value_text
from ..studies import DamagedStudy, ListedStudy, StudyRecord, TrialRecord
from ..studies.comparison import Effect, StudyComparison
from ..studies.control import status_of
from ..studies.records import UNFINISHED
from ..texts import ABSENT, duration_text, number_text

NONE = styled((ABSENT, "dim"))
WIDE = 400
"""Cells of a line where there is no terminal."""


def table(title: str, *columns: str) -> Table:
    """Return an empty table; a column that starts with ``>`` is aligned right."""
    made = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, title_style="bold", pad_edge=False)
    for column in columns:
        made.add_column(
            column.lstrip(">"), justify="right" if column.startswith(">") else "left", overflow="fold"
        )
    return made


def print_table(made: Table) -> None:
    """Print a table; where there is no terminal, wide enough that no value is folded."""
    console = make_console()
    if not console.is_terminal:
        console = make_console(width=WIDE)
    console.print(made)


def studies_table(listed: Sequence[ListedStudy | DamagedStudy]) -> Table:
    """Return one row a study; what was searched, and by which metric, stands below its name and its best score."""
    made = table("", "study", ">trials", ">pruned", ">failed", "best", "state")
    for one in listed:
        if isinstance(one, DamagedStudy):
            made.add_row(one.name, *[NONE] * 4, "damaged")
            continue
        study, best = one.study, one.best
        made.add_row(
            _below(study.name, _searched(study)),
            _of(study.trained, study.spec.get("search", {}).get("trials")),
            str(study.counts.get("pruned", 0)),
            str(study.counts.get("failed", 0)),
            _best(study, best) if best else NONE,
            state_text(study),
        )
    return made


def _best(study: StudyRecord, best: TrialRecord) -> Text:
    """Return the best score; of several objectives that there is a front, and what it is of."""
    if study.has_several:
        return _below("Pareto front", *(one.metric for one in study.objectives))
    return _below(number_text(best.value, best.standard_error), study.metric)


def _searched(study: StudyRecord) -> str:
    """Return ``dnn on digits, bayes``, as far as it is known."""
    what = " on ".join(part for part in (study.model, study.source) if part)
    return ", ".join(part for part in (what, study.spec.get("search", {}).get("method")) if part)


def _below(first: str, *others: str) -> Text:
    """Return a cell with further lines that matter less."""
    return styled(first, *((f"\n{other}", "dim") for other in others if other))


def state_text(study: StudyRecord) -> str:
    """Return what its driver does, ``running`` or ``paused``; else ``unfinished`` or ``done``."""
    if (status := status_of(study)).is_driven:
        return status.state
    wanted = None if study.concluded else study.spec.get("search", {}).get("trials")
    unfinished = sum(study.counts.get(state, 0) for state in UNFINISHED)
    if unfinished or (wanted and study.trained < wanted):
        return "unfinished"
    return "done"


def comparison_table(found: StudyComparison) -> Table:
    """Return studies side by side; below each name what was searched, below each number what it is of."""
    made = table("", "study", "best", ">test", ">trials", ">epochs", ">time")
    for row in found.rows:
        study, best = row.study, row.best
        ends = [f"{count} {end}" for end in ("pruned", "failed") if (count := study.counts.get(end))]
        made.add_row(
            _below(study.name, _searched(study)),
            _below(number_text(best.value, best.standard_error), found.which(row)) if best else NONE,
            number_text(row.test_score) if row.test_score is not None else NONE,
            _below(str(row.cost.trials), *ends),
            f"{row.cost.epochs_spent:,}",
            duration_text(row.cost.seconds),
        )
    return made


def space_table(title: str, hyperparameters: Iterable[Hyperparameter], *, brief: bool = False) -> Table:
    """Return one row a hyperparameter: its name, and in lines that a terminal can fold, what to try and what it does.

    Args:
        title: Above the table.
        hyperparameters: In their order.
        brief: Leaves out what ``kerasweep spaces NAME`` tells of one: confidence, grid, source, further
            recommendations.
    """
    made = table(title, "hyperparameter", "range, what to start with, what it does")
    made.columns[0].no_wrap = True
    for one in hyperparameters:
        first, meaning, *others = _describe(one, brief=brief)
        description = styled((first, "cyan"), f"\n{meaning}", *((f"\n{line}", "dim") for line in others))
        made.add_row(styled((one.name, "bold")), description)
    return made


def _describe(one: Hyperparameter, *, brief: bool) -> Iterator[str]:
    """Yield the description of a hyperparameter, a line each: what to try, its meaning, all else."""
    start = f"{_spaced(one.range_text())} · start with {value_text(one.recommended)}"
    if brief:
        yield start
    else:
        grid = ", ".join(value_text(value) for value in one.grid)
        yield f"{start} · {one.confidence} confidence" + (f" · grid {grid}" if len(one.grid) > 1 else "")
    yield one.meaning
    if one.conditions:
        yield f"active where {_spaced(conditions_text(one.conditions))}"
    if not brief:
        for other in one.recommended_when:
            yield f"start with {value_text(other.value)} where {_spaced(conditions_text(other.conditions))}"
        if one.source:
            yield f"source: {one.source}"


def _spaced(choices: str) -> str:
    """Return choices so that a line can break between them."""
    return choices.replace(",", ", ")


def recommended_text(hyperparameter: Hyperparameter) -> str:
    """Return the recommended values, a line each: ``0.01``, ``0.1 where optimizer in sgd``."""
    others = (
        f"{value_text(one.value)} where {conditions_text(one.conditions)}"
        for one in hyperparameter.recommended_when
    )
    return "\n".join([value_text(hyperparameter.recommended), *others])


def effects_table(title: str, metric: str, effects: Iterable[Effect]) -> Table:
    """Return one row a hyperparameter: which small change moves the score most, by how much, and how sure that is."""
    made = table(title, "hyperparameter", "change", f"{metric} moves by", ">seeds", "")
    for effect in effects:
        verdict = styled(effect.verdict if effect.is_told else (effect.verdict, "dim"))
        made.add_row(effect.name, effect.change, effect.text, str(len(effect.trials)), verdict)
    return made


def facts_table(facts: dict[str, Any], style: str = "") -> Table:
    """Return names and values, one pair a row."""
    made = Table.grid(padding=(0, 2))
    made.add_column(style="dim")
    made.add_column(overflow="fold", style=style)
    for name, value in facts.items():
        made.add_row(name, str(value))
    return made


def _of(done: int, wanted: Any) -> str:
    return f"{done}/{wanted}" if isinstance(wanted, int) else str(done)
