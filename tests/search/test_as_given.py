"""What a user gave is what the user's model gets: arrays keep their shape, however much they look like pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from kerasweep.search.planning import make_plan, refit_workload
from kerasweep.search.spec import make_spec

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 40
SHAPES = [(12, 12), (3, 8, 8), (4, 10, 10), (1, 9, 9), (28, 28, 1), (28, 28, 3), (12, 5)]


def own(config: Any, signature: Any) -> Any:
    raise AssertionError("floats that are not whole need no model")


def windows(shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.uniform(0, 1, (ROWS, *shape)), np.arange(ROWS) % 2


def plan_of(model: Any, data: Any, **more: Any) -> Any:
    spec = {
        "data": {"source": "python:tuple", **more},
        "model": "tests:own",
        "cv": {"folds": 2},
        "search": {"trials": 1},
    }
    return make_plan(
        make_spec({**spec, **({"model": model} if isinstance(model, str) else {})}), data=data, model=model
    )


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("source", ["python", "npz", "dict", "own test rows"])
def test_a_users_model_reads_rows_of_the_shape_that_was_given(
    shape: tuple[int, ...], source: str, tmp_path: Path
) -> None:
    x, y = windows(shape)
    named: dict[str, Any] = {}
    data: Any = (x, y)
    if source == "npz":
        np.savez(tmp_path / "a.npz", x=x, y=y)
        named, data = {"source": str(tmp_path / "a.npz")}, None
    elif source == "dict":
        data = {"x": x, "y": y}
    elif source == "own test rows":
        data = ((x, y), (x[:10], y[:10]))
    plan = plan_of(own, data, **named)
    workload = plan.workload
    assert workload.signature({}).input_shape == shape
    fold = workload.fold_data[0]
    np.testing.assert_allclose(fold.x, workload.dataset.x, rtol=1e-6) if shape != (12, 5) else None
    assert fold.x.shape[1:] == shape
    assert refit_workload(plan, 20, data).signature({}).input_shape == shape
    if shape not in ((28, 28, 1), (28, 28, 3), (12, 5)):
        assert f"rows of shape {'x'.join(map(str, shape))} left as given" in workload.dataset.notes


@pytest.mark.parametrize(("shape", "read"), [((12, 12), (12, 12, 1)), ((3, 8, 8), (8, 8, 3))], ids=str)
def test_a_family_reads_pictures_and_the_plan_says_so(shape: tuple[int, ...], read: tuple[int, ...]) -> None:
    plan = plan_of("cnn", windows(shape))
    assert plan.workload.signature({}).input_shape == read
    assert any(note.endswith("read as images") for note in plan.dataset.notes)
