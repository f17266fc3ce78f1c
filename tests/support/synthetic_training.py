"""Behind ``synthetic``: learning curves that a configuration might have given, and what a study says of itself."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import optuna
from kerasweep.spaces import space_to_dict

if TYPE_CHECKING:
    from kerasweep.spaces import Configuration, Space
    from kerasweep.studies import Direction

VERSIONS = {
    "kerasweep": "0.1.0",
    "keras": "3.13.1",
    "tensorflow": "2.21.0",
    "optuna": optuna.__version__,
    "scikit-learn": "1.8.0",
    "numpy": np.__version__,
    "python": "3.12.4",
}


@dataclass(frozen=True)
class Outcome:
    """What a trial's training would have given."""

    curves: dict[str, list[list[float]]]
    means: list[float]
    """Mean of the objective over the folds, by epoch."""
    fold_scores: list[float]
    epochs: int
    parameters: int
    seconds: float


@dataclass(frozen=True)
class Plan:
    """How the synthetic trainer works."""

    metric: str
    direction: Direction
    folds: int
    epochs: int
    patience: int
    seed: int
    spread: float = 0.004
    fold_offsets: tuple[float, ...] = ()


def train(space: Space, configuration: Configuration, plan: Plan, number: int) -> Outcome:
    """Return what training a configuration would have given, always the same for the same arguments."""
    rng = np.random.default_rng([plan.seed, number])
    quality, speed, overfit = _character(space, configuration)
    epoch = np.arange(1, plan.epochs + 1)
    growth = 1 - np.exp(-epoch / speed)
    decline = overfit * np.maximum(epoch - 2.5 * speed, 0) / plan.epochs
    curves: dict[str, list[list[float]]] = {}
    names = (
        ("loss", "val_loss", "accuracy", "val_accuracy")
        if plan.direction == "maximize"
        else ("loss", "val_loss")
    )
    for metric in names:
        curves[metric] = []
    for fold in range(plan.folds):
        jitter = rng.normal(0, plan.spread / 3)
        noise = rng.normal(0, plan.spread / 3, plan.epochs) * np.exp(-epoch / plan.epochs)
        score = 0.1 + (quality + plan.fold_offsets[fold] + jitter - 0.1) * growth - decline + noise
        fitted = 0.1 + (min(quality + 0.012 + overfit / 3, 0.9995) - 0.1) * growth + noise / 2
        curves["loss"].append(_rounded(2.1 * (1 - fitted) + 0.01))
        curves["val_loss"].append(_rounded(2.3 * (1 - score) + 0.015 + 2 * decline))
        if plan.direction == "maximize":
            curves["accuracy"].append(_rounded(fitted))
            curves["val_accuracy"].append(_rounded(np.clip(score, 0, 1)))
    sign = 1 if plan.direction == "maximize" else -1
    objective = np.asarray(curves[plan.metric])
    means = objective.mean(axis=0)
    best = int(np.argmax(sign * means))
    ran = min(best + 1 + plan.patience, plan.epochs)
    curves = {metric: [fold[:ran] for fold in rows] for metric, rows in curves.items()}
    parameters = _parameters(configuration)
    return Outcome(
        curves=curves,
        means=means[:ran].tolist(),
        fold_scores=objective[:, best].tolist(),
        epochs=best + 1,
        parameters=parameters,
        seconds=round(0.9 + ran * plan.folds * (0.012 + parameters / 4e6), 3),
    )


def cut(outcome: Outcome, plan: Plan, ran: int) -> Outcome:
    curves = {metric: [fold[:ran] for fold in rows] for metric, rows in outcome.curves.items()}
    scores = [fold[ran - 1] for fold in curves[plan.metric]]
    seconds = round(outcome.seconds * ran / len(outcome.means), 3)
    return Outcome(curves, outcome.means[:ran], scores, ran, outcome.parameters, seconds)


def result(outcome: Outcome, plan: Plan, ran: int) -> dict[str, Any]:
    return {
        "fold_scores": outcome.fold_scores,
        "epochs": outcome.epochs,
        "epochs_trained": ran,
        "seconds": outcome.seconds,
        "parameters": outcome.parameters,
        "seed": plan.seed,
        "trainer": "fit",
    }


def details(outcome: Outcome, configuration: Configuration) -> dict[str, Any]:
    return {"curves": outcome.curves, "summary": _summary(configuration, outcome.parameters), "notes": []}


def _character(space: Space, configuration: Configuration) -> tuple[float, float, float]:
    """Return the score in the limit, the epochs to get there, and how much the model overfits."""
    rate = float(configuration.get("learning_rate") or 0.01)
    target = 0.05 if configuration.get("optimizer") == "sgd" else 0.004
    distance = math.log10(rate / target)
    units = float(configuration.get("units") or 64)
    dropout = float(configuration.get("dropout") or 0.0)
    quality = 0.982 - 0.022 * distance**2 - 0.05 / math.sqrt(units) - 0.04 * (dropout - 0.25) ** 2
    quality -= {"tanh": 0.008, "elu": 0.003}.get(str(configuration.get("activation")), 0.0)
    quality += 0.004 if configuration.get("batch_normalization") else 0.0
    quality -= 0.003 * (configuration.get("hidden_layers") == 0)
    speed = (
        max(1.2, 4.0 * 10 ** (-0.5 * distance)) * (float(configuration.get("batch_size") or 100) / 100) ** 0.3
    )
    overfit = max(0.0, 0.03 * units / 512 - 0.04 * dropout + 0.004) if "units" in space else 0.004
    return quality, speed, overfit


def _parameters(configuration: Configuration) -> int:
    units = int(configuration.get("units") or 10)
    layers = int(configuration.get("hidden_layers") or 1)
    return 784 * units + units + (layers - 1) * (units * units + units) + units * 10 + 10


def _rounded(values: np.ndarray) -> list[float]:
    return [round(float(value), 5) for value in values]


def _summary(configuration: Configuration, parameters: int) -> str:
    units = configuration.get("units", 10)
    return (
        'Model: "kerasweep"\n'
        "┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓\n"
        "┃ Layer (type)               ┃ Output Shape           ┃       Param # ┃\n"
        "┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩\n"
        f"│ dense (Dense)              │ {f'(None, {units})':<22} │ {784 * int(units or 0):>13,} │\n"
        "├────────────────────────────┼────────────────────────┼───────────────┤\n"
        "│ output (Dense)             │ (None, 10)             │           330 │\n"
        "└────────────────────────────┴────────────────────────┴───────────────┘\n"
        f" Total params: {parameters:,}\n"
    )


def spec_of(
    name: str, model: str, space: Space, plan: Plan, trials: int, data: str, prune: bool
) -> dict[str, Any]:
    return {
        "study": name,
        "data": {"source": data, "limit": 5000},
        "model": model,
        "space": {"define": space_to_dict(space)},
        "search": {
            "method": "bayes",
            "trials": trials,
            "seed": plan.seed,
            "scheduler": "median" if prune else "none",
        },
        "cv": {"method": "stratified" if plan.direction == "maximize" else "kfold", "folds": plan.folds},
        "training": {"epochs": plan.epochs, "patience": plan.patience, "metric": plan.metric},
        "execution": {"workers": 1},
    }


def about_of(plan: Plan, data: str) -> dict[str, Any]:
    classes = [str(digit) for digit in range(10)] if plan.direction == "maximize" else []
    preparation = ["Pixels divided by 255.", "Images flattened to 784 numbers."]
    if not classes:
        preparation = [
            "Numeric columns standardised on each fold's training part.",
            "Missing values: the median.",
        ]
    return {
        "metric": plan.metric,
        "data": {
            "name": data,
            "kind": "images" if classes else "table",
            "task": "classification" if classes else "regression",
            "rows": 5000,
            "test_rows": 1000,
            "classes": classes,
            "outputs": len(classes) or 1,
            "shape": [28, 28, 1] if classes else [13],
            "fingerprint": f"{data}-5f0c2a9b71d3",
            "preparation": preparation,
            "notes": ["5,000 of 60,000 training rows were drawn, class proportions kept."] if classes else [],
        },
        "folds": plan.folds,
        "cv": f"{'stratified' if classes else 'shuffled'}, {plan.folds} folds",
        "epochs": plan.epochs,
        "seed": plan.seed,
        "versions": VERSIONS,
        "created": "2026-11-23 19:44:39",
    }
