"""What a study was: the numbers of its header, and the card that says what was searched, on which data, with what budget."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..spaces import Space, value_text
from ..studies.comparison import cost, refit_score, study_space
from ..studies.records import STATES
from ..texts import count_text, duration_text, number_text
from .axis_selection import is_wide
from .cards import Content, Row, Table, card, columns_of

if TYPE_CHECKING:
    from .view import StudyView

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
                columns_of("Fact", "Value"),
                tuple(Row(row) for row in rows),
            ),
        )
    method = str(view.study.spec.get("search", {}).get("method", ""))
    reading = (
        f"{_METHODS.get(method, 'A search')} over the hyperparameters of {view.study.model or 'a model'}"
    )
    reading += f" on {view.data['name']}." if view.data.get("name") else "."
    table = Table("Facts of the study", columns_of("Fact", "Value"), tuple(Row(row) for row in rows))
    return Content(reading, table)


def _facts(view: StudyView) -> list[tuple[str, str]]:
    study, about, spec, data = view.study, view.study.about, view.study.spec, view.data
    search, training = spec.get("search", {}), spec.get("training", {})
    space = study_space(study)
    better = {"maximize": "higher is better", "minimize": "lower is better"}
    goals = [f"{one.metric}, {better[one.direction]}" for one in study.objectives]
    return [
        ("Data", data_text(data)),
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
        return f"{count_text(len(space), 'hyperparameter')}: {', '.join(space.names)}"
    counts = Counter(one.group or "other" for one in space)
    return f"{len(space)} hyperparameters: {', '.join(f'{group} {count}' for group, count in counts.items())}"


def data_text(data: Mapping[str, Any]) -> str:
    """Return in a line what data are, how many rows they have, and of what shape."""
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
