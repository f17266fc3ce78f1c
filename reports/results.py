"""Cards of results: what a study was, which configurations won and by how much, what failed, the winner's model."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import one_line
from ..spaces import Space, Value, value_text
from ..studies.comparison import (
    RecommendedRow,
    against_recommended,
    baseline_sentence,
    basic_names,
    compare_runners_up,
    cost,
    epochs_texts,
    informative_names,
    lineages,
    refit_score,
    score_sentence,
    study_space,
)
from ..texts import ABSENT, count_text, duration_text, number_text, numbers_text
from .axis_selection import BARS, COLUMNS, is_wide
from .cards import Column, Content, Figure, Row, Table, card, not_yet
from .figures import against_recommended_figure

if TYPE_CHECKING:
    from ..studies import TrialRecord, TrialState
    from .view import StudyView

STATES: tuple[TrialState, ...] = ("complete", "pruned", "failed", "running", "paused", "waiting")
_METHODS = {
    "grid": "Grid search",
    "random": "Random search",
    "knowhow": "Search from know-how",
    "bayes": "Bayesian search",
    "qmc": "Quasi-random search",
    "gp": "Search by a Gaussian process",
    "cmaes": "Search by CMA-ES",
    "nsga2": "Genetic search (NSGA-II)",
    "sensitivity": "Small changes, one at a time,",
    "kt-random": "KerasTuner's random search",
    "kt-grid": "KerasTuner's grid search",
    "kt-bayes": "KerasTuner's Bayesian search",
    "kt-hyperband": "KerasTuner's Hyperband",
}


@dataclass(frozen=True)
class Tile:
    """One number of a study's header."""

    label: str
    value: str
    hint: str = ""


def tiles(view: StudyView) -> tuple[Tile, ...]:
    """Return the numbers that a reader looks for first."""
    study, winner, spent = view.study, view.winner, cost(view.study, view.trials)
    found = []
    if winner is not None:
        value = number_text(winner.value, winner.standard_error)
        found.append(
            Tile(f"best {study.metric}", value, f"trial {winner.number}, mean of the folds ± standard error")
        )
        score = refit_score(study, winner.number)
        if score is not None:
            found.append(
                Tile("test score of the refit", number_text(score), study.metric.removeprefix("val_"))
            )
    if study.has_several:
        names = ", ".join(one.metric for one in study.objectives)
        found.append(Tile("Pareto front", count_text(len(view.front), "trial"), names))
    for baseline in study.baselines:
        about = f"always predicting {baseline.constant}, on the same folds"
        found.append(Tile("baseline", number_text(baseline.value), about))
    counts = [f"{study.counts[state]:,} {state}" for state in STATES if study.counts.get(state)]
    found.append(Tile("trials", f"{sum(study.counts.values()):,}", ", ".join(counts)))
    if spent.epochs_spent:
        share = (
            f"{spent.share_spent:.0%} of {spent.epochs_planned:,} planned"
            if spent.share_spent is not None
            else ""
        )
        found.append(Tile("epochs of a fold", f"{spent.epochs_spent:,}", share))
        found.append(Tile("training", duration_text(spent.seconds), "sum over trials"))
    if study.trained and view.trials:
        asking = [one.severity for one in view.findings if one.severity != "good"]
        kinds = [count_text(asking.count(kind), kind) for kind in ("warning", "hint") if kind in asking]
        found.append(Tile("health", count_text(len(asking), "finding"), ", ".join(kinds)))
    return tuple(found)


@card("summary", "What was searched")
def summary(view: StudyView) -> Content:
    """Say what was searched, on which data, how it was prepared, and with what budget."""
    rows = [(name, text) for name, text in _facts(view) if text]
    if not view.study.spec and not view.study.about:
        return Content(
            "This study was not made by Kerasweep: its trials and values are shown, the rest is unknown.",
            Table(
                "What is known of the study",
                (Column("Fact"), Column("Value")),
                tuple(Row(row) for row in rows),
            ),
        )
    method = str(view.study.spec.get("search", {}).get("method", ""))
    reading = (
        f"{_METHODS.get(method, 'A search')} over the hyperparameters of {view.study.model or 'a model'}"
    )
    reading += f" on {view.data['name']}." if view.data.get("name") else "."
    table = Table("Facts of the study", (Column("Fact"), Column("Value")), tuple(Row(row) for row in rows))
    return Content(reading, table)


def _facts(view: StudyView) -> list[tuple[str, str]]:
    study, about, spec, data = view.study, view.study.about, view.study.spec, view.data
    search, training = spec.get("search", {}), spec.get("training", {})
    space = study_space(study)
    better = {"maximize": "higher is better", "minimize": "lower is better"}
    goals = [f"{one.metric}, {better[one.direction]}" for one in study.objectives]
    return [
        ("Data", _data_text(data)),
        ("Preparation", _sentences(data.get("preparation"))),
        ("Notes on the data", _sentences(data.get("notes"))),
        ("Model", study.model),
        ("Objectives" if study.has_several else "Objective", "; ".join(goals)),
        ("Constraints", ", ".join(_constraints(training))),
        ("Space", _space_text(space) if space else ""),
        ("Search", _pairs(search)),
        ("Cross-validation", str(about.get("cv", ""))),
        ("Training", _pairs(training)),
        ("Seed", str(about.get("seed", ""))),
        ("Fingerprint of the data", str(data.get("fingerprint", ""))),
        (
            "Versions",
            ", ".join(f"{name} {version}" for name, version in dict(about.get("versions", {})).items()),
        ),
        ("Made", str(about.get("created", ""))),
    ]


def _constraints(training: object) -> list[str]:
    found = training.get("constraints") if isinstance(training, Mapping) else None
    return [str(one) for one in found] if isinstance(found, list) else []


def _space_text(space: Space) -> str:
    """Return the names of a small space; of a large one how many each group has."""
    if not is_wide(space.names):
        return f"{len(space)} hyperparameters: {', '.join(space.names)}"
    counts = Counter(one.group or "other" for one in space)
    return f"{len(space)} hyperparameters: {', '.join(f'{group} {count}' for group, count in counts.items())}"


def _data_text(data: Mapping[str, Any]) -> str:
    parts = [str(data.get(key, "")) for key in ("name", "kind", "task")]
    if isinstance(data.get("rows"), int):
        parts.append(
            f"{data['rows']:,} rows"
            + (f" + {data['test_rows']:,} for the test" if data.get("test_rows") else "")
        )
    if data.get("shape"):
        parts.append(f"each {_shape_text(data['shape'])}")
    if data.get("classes"):
        parts.append(f"{len(data['classes'])} {'labels' if data.get('task') == 'multilabel' else 'classes'}")
    return ", ".join(part for part in parts if part)


def _shape_text(shape: Any) -> str:
    """Return the shape of a row, ``8 × 8 × 1``; of several inputs each one's, by name where they have names."""
    if isinstance(shape, Mapping):
        return " and ".join(f"{name} {_shape_text(part)}" for name, part in shape.items())
    if any(isinstance(part, list | tuple | Mapping) for part in shape):
        return " and ".join(map(_shape_text, shape))
    return " × ".join(map(str, shape)) or "one number"


def _sentences(value: object) -> str:
    return (
        "; ".join(str(part).rstrip(".") for part in value)
        if isinstance(value, list | tuple)
        else str(value or "")
    )


def _pairs(value: object) -> str:
    if not isinstance(value, Mapping):
        return ""
    return ", ".join(
        f"{key.replace('_', ' ')} {value_text(item)}" for key, item in value.items() if _simple(item)
    )


def _simple(value: object) -> bool:
    return isinstance(value, bool | int | float | str) and value != "" and value is not False


@card("leaderboard", "Leaderboard")
def leaderboard(view: StudyView) -> Content:
    """Rank the best trials and say how far the first is from the others."""
    if not view.best:
        return not_yet("no trial is complete.")
    compared = compare_runners_up(view.study, view.scored)
    settings = settings_columns(view)
    close = set(compared.within_noise)
    epochs = epochs_texts(view.study, view.best, ABSENT)
    rows = tuple(
        Row(
            _leaderboard_cells(rank, trial, trained, settings.shown, trial.number in close),
            highlighted=rank == 1,
        )
        for rank, (trial, trained) in enumerate(zip(view.best, epochs, strict=True), start=1)
    )
    numbers = ("Epochs", "Parameters", "Seconds")
    columns = (
        Column("Rank"),
        Column("Trial", numeric=True),
        Column(f"{view.study.metric} ± SE", numeric=True),
        *(Column(name, numeric=True) for name in numbers),
        *(Column(name, numeric=True) for name in settings.shown),
    )
    shown = (
        f"The best {len(rows)} of {view.complete:,} complete trials"
        if len(rows) > 1
        else "The complete trial"
    )
    note = settings.note
    if len(view.best) > 1 and any(
        difference.standard_error is not None for difference in compared.differences
    ):
        note += "≈ within noise of the winner: paired by fold, corrected resampled t-test (Nadeau and Bengio 2003), 5 %."
    reading = " ".join(
        filter(
            None,
            (
                compared.sentence,
                score_sentence(view.study, view.best[0], view.trials),
                baseline_sentence(view.study, view.best[0]),
                lineages(view.best),
            ),
        )
    )
    return Content(reading, Table(f"{shown}, best first", columns, rows), more=settings.more, note=note)


@dataclass(frozen=True)
class SettingsColumns:
    """Which hyperparameters of the best trials are columns of a table, and what is said of the others."""

    shown: list[str]
    more: tuple[Table, ...]
    note: str


def settings_columns(view: StudyView) -> SettingsColumns:
    """Return the hyperparameters that differ between the best trials; of too many, the most informative ones."""
    names = list(dict.fromkeys(name for trial in view.best for name in trial.configuration))
    wide = is_wide(names)
    varying = [
        name
        for name in names
        if len({setting_text(trial, name) for trial in view.best}) > 1 or len(view.best) == 1
    ]
    same = [f"{name} {setting_text(view.best[0], name)}" for name in names if name not in varying]
    every = len(varying)
    if wide:
        configurations = [trial.configuration for trial in view.best]
        chosen = informative_names(configurations, basic_names(view.study.model))[:COLUMNS]
        varying = [name for name in names if name in chosen]
    note = f"The same in all of these: {', '.join(same)}. " if same and not wide else ""
    if len(varying) < every:
        note = f"{len(varying)} of the {every} hyperparameters that differ between these are columns here. "
    return SettingsColumns(varying, (_settings_table(view, names),) if wide else (), note)


def _settings_table(view: StudyView, names: Sequence[str]) -> Table:
    """Return all settings of the best trials, one column a trial, in the order of the space where it is known."""
    space, trials = study_space(view.study), view.best
    places = {name: place for place, name in enumerate(space.names)} if space else {}
    columns = (Column("Hyperparameter"), *(Column(f"trial {trial.number}", numeric=True) for trial in trials))
    rows = tuple(
        Row((name, *(setting_text(trial, name) for trial in trials)))
        for name in sorted(names, key=lambda name: places.get(name, len(places)))
    )
    return Table(f"All {len(names)} hyperparameters of these trials", columns, rows)


def _leaderboard_cells(
    rank: int, trial: TrialRecord, epochs: str, names: list[str], close: bool
) -> tuple[str, ...]:
    place = f"{rank} ★" if rank == 1 else f"{rank} ≈" if close else str(rank)
    return (
        place,
        str(trial.number),
        number_text(trial.value, trial.standard_error),
        epochs,
        f"{trial.parameters:,}" if trial.parameters else ABSENT,
        f"{trial.seconds:.1f}" if trial.seconds else ABSENT,
        *(setting_text(trial, name) for name in names),
    )


def setting_text(trial: TrialRecord, name: str) -> str:
    """Return a trial's value of a hyperparameter as a table shows it."""
    return _short(trial.configuration[name]) if name in trial.configuration else ABSENT


def _short(value: Value) -> str:
    return f"{value:.4g}" if isinstance(value, float) else value_text(value)


@card("recommended", "Winner against recommended values", "Insights")
def recommended(view: StudyView) -> Content:
    """Set the winner beside the configuration that know-how suggests."""
    if study_space(view.study) is None:
        return Content("The study does not say which values were recommended.", ready=False)
    found = against_recommended(view.study, view.trials)
    if found is None:
        return not_yet("no trial is complete.")
    columns = tuple(
        Column(name)
        for name in ("Hyperparameter", "Recommended", "Winner", "Difference", "Confidence", "Source")
    )
    note = "Each line is a hyperparameter's whole range, logarithmic where the search was; choices stand in the order in which they were given."
    label = "Recommended and winning values within their ranges"
    if not is_wide(found.rows):
        caption = f"Hyperparameters of trial {found.winner} and what was recommended"
        figure = Figure(label, against_recommended_figure(found.rows))
        return Content(
            found.sentence, Table(caption, columns, _recommended_rows(found.rows)), (figure,), note=note
        )
    other = _by_share(view, [row for row in found.rows if not row.kept])
    kept = [row for row in found.rows if row.kept]
    drawn = [row for row in other if row.winner_active and row.recommended_active][:BARS]
    more = tuple(
        Table(f"{count_text(len(rows), 'hyperparameter')} of trial {found.winner} {words}", columns, made)
        for rows, words in (
            (other[BARS:], "that differ less notably"),
            (kept, "as recommended, or used by neither"),
        )
        if (made := _recommended_rows(rows))
    )
    if not other:
        return Content(found.sentence, more=more)
    shown = other[:BARS]
    caption = (
        f"{len(shown)} of {count_text(len(other), 'hyperparameter')} of trial {found.winner} that differ"
    )
    if len(shown) < len(other):
        note = f"Those that set the best trials apart most come first. {note}"
    figures = (Figure(label, against_recommended_figure(drawn)),) if drawn else ()
    return Content(
        found.sentence, Table(caption, columns, _recommended_rows(shown)), figures, more, note=note
    )


def _by_share(view: StudyView, rows: Sequence[RecommendedRow]) -> list[RecommendedRow]:
    """Return rows so that those come first that both configurations have, and of these the most important."""
    basic = basic_names(view.study.model)

    def key(row: RecommendedRow) -> tuple[bool, float, bool]:
        name = row.hyperparameter.name
        return (
            not (row.winner_active and row.recommended_active),
            -view.shares.get(name, 0.0),
            name not in basic,
        )

    return sorted(rows, key=key)


def _recommended_rows(compared: Sequence[RecommendedRow]) -> tuple[Row, ...]:
    rows = []
    for row in compared:
        parameter = row.hyperparameter
        cells = (
            parameter.name,
            _short(row.recommended) if row.recommended_active else ABSENT,
            _short(row.winner) if row.winner_active else ABSENT,
            row.difference or ABSENT,
            parameter.confidence,
            parameter.source,
        )
        rows.append(Row(cells))
    return tuple(rows)


@card("failures", "Failures", "Diagnostics")
def failures(view: StudyView) -> Content:
    """Group failed trials by reason."""
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for trial in view.trials:
        if trial.failed:
            reason = (
                str(trial.failure.get("kind", "unknown")),
                str(trial.failure.get("message", "no reason was kept")),
            )
            groups[reason].append(trial.number)
    ended = view.study.trained
    if not groups:
        return Content("No trial failed." if ended else "No trial has ended yet.")
    failed = sum(len(numbers) for numbers in groups.values())
    rows = tuple(
        Row((kind, one_line(message), f"{len(numbers):,}", numbers_text(numbers, most=12)))
        for (kind, message), numbers in sorted(groups.items(), key=lambda group: -len(group[1]))
    )
    columns = (Column("Kind"), Column("Reason"), Column("Trials", numeric=True), Column("Numbers"))
    kinds = ", ".join(dict.fromkeys(row.cells[0] for row in rows))
    reading = f"{failed:,} of {count_text(ended, 'trial')} failed: {kinds}."
    return Content(reading, Table("Failed trials by reason", columns, rows))


@card("model", "The winner's model", "Diagnostics")
def model(view: StudyView) -> Content:
    """Show the winner's ``summary()``."""
    winner = view.winner
    if winner is None:
        return not_yet("no trial is complete.")
    details = view.details.get(winner.number)
    if details is None or not details.summary:
        return Content(f"Trial {winner.number} keeps no summary of its model.", ready=False)
    size = f" has {winner.parameters:,} parameters" if winner.parameters else ""
    epochs = (
        f"{' and' if size else ''} is trained for {count_text(winner.epochs, 'epoch')}"
        if winner.epochs
        else ""
    )
    reading = f"The model of trial {winner.number}{size}{epochs}."
    return Content(reading, text=details.summary, note=" ".join(details.notes))
