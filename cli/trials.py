"""Trials as text: a table of several, and one with all that is special about it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence

from ..printing import make_console, styled
from ..spaces import Configuration, Hyperparameter, value_text
from ..spaces.catalogue import CATALOGUE
from ..studies import StudyRecord, TrialRecord, read_trials
from ..studies.comparison import (
    MAX_SHOWN,
    basic_names,
    epochs_texts,
    is_sensitivity_study,
    lineages,
    sensitivity,
    study_space,
)
from ..studies.health import findings_sentence, read_findings
from ..texts import ABSENT, count_text, duration_text, number_text, quantity_text
from .columns import Rows, print_rows
from .options import storage_option
from .tables import effects_table, facts_table, print_table, table

UNGROUPED = "other"
"""Group of what the catalogue does not have."""


def print_trials(
    title: str, study: StudyRecord, trials: Sequence[TrialRecord], storage: str | None = None
) -> None:
    """Print one row a trial, the best first, with the hyperparameters that there is room for.

    Args:
        title: What the table shows.
        study: The study that the trials are of.
        trials: At least one.
        storage: As the user gave it, for the command that shows all.
    """
    sizes = [f"{trial.parameters:,}" if trial.parameters else ABSENT for trial in trials]
    rows = Rows(
        [trial.configuration for trial in trials],
        {
            ">trial": [str(trial.number) for trial in trials],
            **scores(study, trials),
            ">epochs": epochs_texts(study, trials),
            **({} if "params" in (one.metric for one in study.further) else {">parameters": sizes}),
            ">time": [duration_text(trial.seconds) for trial in trials],
        },
    )
    print_rows(
        title,
        rows,
        basic_names(study.model),
        all_of(study.name, trials[0].number, storage),
        winner=not study.has_several,
    )
    if told := lineages(trials):
        make_console().print(told, soft_wrap=True)


def print_sensitivity(study: StudyRecord) -> None:
    """Print how much small changes move the score, of a study that was made for that."""
    found = sensitivity(study, read_trials(study)) if is_sensitivity_study(study) else None
    if found is None:
        return
    if found.changes:
        title = f"small changes, beside {count_text(len(found.start), 'training')} of the start"
        print_table(effects_table(title, study.metric, found.ranking[:MAX_SHOWN]))
    hidden = len(found.ranking) - MAX_SHOWN
    if hidden > 0:
        make_console().print(
            f"{count_text(hidden, 'hyperparameter')} that matter less are not shown", style="dim"
        )
    make_console().print(found.sentence, soft_wrap=True)


def print_findings(
    study: StudyRecord, trials: Sequence[TrialRecord] | None = None, *, start: str = "", end: str = ""
) -> None:
    """Print in a line what the checks of a study's health find; nothing where they ask for nothing.

    Args:
        study: The study.
        trials: All of its trials; they are read where None.
        start: What the line begins with.
        end: What it ends with.
    """
    if told := findings_sentence(read_findings(study, trials)):
        make_console().print(f"{start}{told}{end}", soft_wrap=True)


def scores(study: StudyRecord, trials: Sequence[TrialRecord]) -> dict[str, list[str]]:
    """Return a column for each objective: heading -> a text for each trial."""
    first = {study.metric: [number_text(trial.score, trial.standard_error) for trial in trials]}
    others = {
        f">{one.metric}": [
            quantity_text(trial.values[place]) if place < len(trial.values) else ABSENT for trial in trials
        ]
        for place, one in enumerate(study.further, 1)
    }
    return first | others


def no_winner(study: StudyRecord) -> str:
    """Say why a study has no best trial."""
    ended = count_text(study.trained, "trial")
    trials = read_trials(study)
    complete, stopped = (
        [trial for trial in trials if trial.state == state] for state in ("complete", "pruned")
    )
    judged = complete or stopped  # what breaks a constraint by its size ends as pruned
    if judged and all(trial.broken for trial in judged):
        return f"{study.name} has no trial that keeps its constraints ({ended} ended)."
    return f"{study.name} has no complete trial yet ({ended} ended)."


def all_of(study: str, trial: int, storage: str | None = None) -> str:
    """Return the words that say how to see all of a trial."""
    return f"all of a trial: kerasweep show {shlex.quote(study)} {trial}{storage_option(storage)}"


def print_configuration(study: StudyRecord, trial: TrialRecord) -> None:
    """Print a configuration too large for a plain list: what is special about it, then the rest, by group."""
    console = make_console()
    console.print()
    space = study_space(study)
    if space is None:
        print_table(facts_table(_by_group(trial.configuration, {})))
        return
    known = {one.name: one for one in space}
    special = {
        name: value
        for name, value in trial.configuration.items()
        if name not in known or repr(value) != repr(known[name].recommended_for(trial.configuration))
    }
    usual = {name: value for name, value in trial.configuration.items() if name not in special}
    if special:
        title = f"{len(special)} of {len(trial.configuration)} are not as recommended"
        made = table(title, "group", "hyperparameter", "value", "recommended")
        for group, members in _groups(special, known):
            for position, name in enumerate(members):
                usually = (
                    value_text(known[name].recommended_for(trial.configuration)) if name in known else ABSENT
                )
                made.add_row(
                    styled((group, "dim")) if position == 0 else "",
                    name,
                    styled((value_text(special[name]), "bold")),
                    styled((usually, "dim")),
                )
        print_table(made)
    if usual:
        console.print(f"{len(usual)} as recommended", style="bold")
        print_table(facts_table(_by_group(usual, known), style="dim"))
        console.print()


def _by_group(configuration: Configuration, known: Mapping[str, Hyperparameter]) -> dict[str, str]:
    """Return a line for each group: ``units=64, activation=relu``."""
    return {
        group: ", ".join(f"{name}={value_text(configuration[name])}" for name in members)
        for group, members in _groups(configuration, known)
    }


def _groups(
    configuration: Configuration, known: Mapping[str, Hyperparameter]
) -> Iterator[tuple[str, list[str]]]:
    """Yield groups with the names in them, groups in the order in which the space first has them."""
    found: dict[str, list[str]] = {}
    for name in configuration:
        found.setdefault(group_of(name, known), []).append(name)
    yield from found.items()


def group_of(name: str, known: Mapping[str, Hyperparameter]) -> str:
    """Return the group of a hyperparameter: its own, else the catalogue's."""
    own = known[name].group if name in known else ""
    return own or (CATALOGUE[name].hyperparameter.group if name in CATALOGUE else UNGROUPED)
