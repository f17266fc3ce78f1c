"""Augmentation means the same for pictures of any range: from 0 to 1, from -1 to 1, standardised."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from kerasweep.search.planning import make_plan, refit_workload
from kerasweep.search.spec import make_spec
from kerasweep.spaces.catalogue import GROUPS
from kerasweep.training.events import Task
from kerasweep.training.models import Signature
from kerasweep.training.trainers.runtime import make_trainer

pytestmark = pytest.mark.trains

RANGES = {"-1 to 1": (-1.0, 1.0), "standardised": (-1.7, 2.3), "bytes": (0.0, 255.0)}
STRENGTHS: dict[str, Any] = {
    "random_flip": "horizontal_and_vertical",
    "perspective": 0.9,
    "erasing": 1.0,
    "brightness": 0.5,
    "contrast": 0.9,
    "sharpness": 0.9,
    "saturation": 0.9,
    "hue": 0.4,
    "grayscale": 1.0,
    "blur": 1.0,
    "invert": 1.0,
    "solarize": 0.4,
}
"""Others take 0.3."""


def names() -> list[str]:
    from kerasweep.training.models.augmentation import LAYERS

    return list(dict.fromkeys(name for name, _ in LAYERS))


def pictures() -> np.ndarray:
    return np.random.default_rng(1).uniform(size=(6, 8, 8, 3)).astype(np.float32)


def augmented(
    configuration: dict[str, Any], x: np.ndarray, value_range: tuple[float, float], training: bool
) -> Any:
    import keras
    from kerasweep.training.models.augmentation import augmentation_layers

    keras.utils.set_random_seed(3)
    made = augmentation_layers(
        configuration, Signature((8, 8, 3), 2, "classification", value_range=value_range)
    )
    assert made
    for layer in made:
        x = layer(x, training=training)
    return np.asarray(x)


@pytest.mark.parametrize("known", RANGES)
@pytest.mark.parametrize(
    "more",
    [{}, {"erasing_fill": "noise", "fill_mode": "reflect", "interpolation": "nearest"}],
    ids=["", "other"],
)
def test_every_augmentation_is_the_same_up_to_the_range(known: str, more: dict[str, Any]) -> None:
    low, high = RANGES[known]
    unit = pictures()
    for name in names():
        configuration = {name: STRENGTHS.get(name, 0.3), **more}
        expected = augmented(configuration, unit, (0.0, 1.0), training=True)
        assert not np.allclose(expected, unit, atol=0.01), f"{name} acts"
        found = augmented(configuration, unit * (high - low) + low, (low, high), training=True)
        np.testing.assert_allclose((found - low) / (high - low), expected, atol=1e-4, err_msg=name)
        kept = augmented(configuration, unit * (high - low) + low, (low, high), training=False)
        np.testing.assert_allclose(kept, unit * (high - low) + low, atol=1e-4 * (high - low), err_msg=name)


def test_every_augmentation_of_the_catalogue_is_tried() -> None:
    switches = {"geometry", "photometry", "random_erasing"}
    shaped = switches | {"zoom_keeps_aspect", "fill_mode", "interpolation", "erasing_size", "erasing_fill"}
    known = {entry.hyperparameter.name for entry in GROUPS["augmentation"]}
    assert set(names()) == known - shaped


def plan_of(x: np.ndarray, scaling: str, trainer: str = "auto") -> Any:
    y = (x.mean((1, 2, 3)) > np.median(x.mean((1, 2, 3)))).astype(int)
    spec = make_spec(
        {
            "data": {"source": "python:data", "test_size": 0.2, "scaling": scaling},
            "model": "cnn",
            "cv": {"folds": 2},
            "training": {"epochs": 2, "patience": None, "metric": "val_loss"},
            "execution": {"trainer": trainer},
        }
    )
    return make_plan(spec, data=(x, y))


@pytest.mark.parametrize(
    ("scaling", "low", "high"),
    [
        ("auto", 0.0, 1.0),
        ("auto", -1.0, 1.0),
        ("none", -1.7, 2.3),
        ("auto", 0.0, 255.0),
        ("standard", 0.0, 1.0),
    ],
)
def test_a_model_is_told_the_range_of_its_folds_pictures(scaling: str, low: float, high: float) -> None:
    x = np.concatenate([pictures() for _ in range(5)]) + np.linspace(-0.001, 0, 30)[:, None, None, None]
    plan = plan_of((np.clip(x, 0, 1) * (high - low) + low).astype(np.float32), scaling)
    for workload in (plan.workload, refit_workload(plan)):
        for fold in range(max(1, len(workload.folds))):
            data = workload.fold_data[fold].x[workload.folds[fold].train] if workload.folds else None
            found = workload.signature({}, fold).value_range
            if scaling == "auto":
                assert found == ((low, high) if low < 0 else (0.0, 1.0))
            elif data is not None:
                assert found == pytest.approx((float(data.min()), float(data.max())))
            else:
                assert found[0] < 0 < found[1]


def test_both_trainers_augment_any_range_and_folds_share_a_program() -> None:
    x = np.random.default_rng(2).normal(size=(30, 4, 4, 1)).astype(np.float32)
    curves = []
    for trainer in ("fused", "fit"):
        plan = plan_of(x, "none", trainer)
        made = make_trainer(plan.workload, 1)
        configuration = {**plan.space.recommended(), "brightness": 0.4, "contrast": 0.4, "epochs": 2}
        configuration |= {"filters": 2, "units": 2, "batch_size": 8}
        training = made.train(Task(0, configuration, seed=5))
        try:
            while True:
                next(training)
        except StopIteration as end:
            outcome = end.value
        assert outcome.trainer == trainer
        curves.append(outcome.curves["val_loss"])
        if trainer == "fused":
            assert len(made._programs.cache) == 1
    assert plan.workload.signature({}, 0).value_range != plan.workload.signature({}, 1).value_range
    np.testing.assert_allclose(*curves, rtol=1e-4)
