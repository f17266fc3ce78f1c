"""What the tests of data share: small sources of every kind, written to a temporary folder."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from kerasweep.training.data import Dataset
from PIL import Image
from requiring import required_data

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="session")
def mnist_folder() -> Path:
    """The folder with the real ``mnist.npz``; skips where it is missing, fails where everything must run."""
    return required_data("mnist.npz")


def make_houses(rows: int = 60) -> pd.DataFrame:
    """A table with numbers, booleans, categories and missing values; 'price' is a regression's target."""
    rng = np.random.default_rng(1)
    area = rng.normal(100, 20, rows).round(1)
    frame = pd.DataFrame(
        {
            "area": area,
            "rooms": rng.integers(1, 8, rows),
            "garden": rng.random(rows) < 0.5,
            "city": rng.choice(["Aarhus", "Berlin", "서울"], rows),
            "street": [f"Street {row // 3}" for row in range(rows)],
            "price": (area * 3.5 + rng.normal(0, 5, rows)).round(2),
        }
    )
    frame.loc[3, "area"] = np.nan
    frame.loc[5, "city"] = None
    return frame


def make_two_classes(rows: int = 40) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(rows, 3)), np.arange(rows) % 2


def make_images(
    root: Path, *, colour: bool = False, size: tuple[int, int] = (6, 4), per_class: int = 6
) -> Path:
    """Write ``per_class`` PNG images of ``size`` (width, height) for each of two classes."""
    rng = np.random.default_rng(2)
    for label in ("고양이", "dog"):
        folder = root / label
        folder.mkdir(parents=True)
        for number in range(per_class):
            shape = (size[1], size[0], 3) if colour else (size[1], size[0])
            Image.fromarray(rng.integers(0, 256, shape, dtype=np.uint8)).save(folder / f"{number}.png")
    return root


def make_dataset(
    x: object,
    y: object,
    task: str = "classification",
    classes: int = 2,
    groups: np.ndarray | None = None,
    **more: object,
) -> Dataset:
    """A dataset made by hand; its first rows serve as test rows."""
    kind = more.pop("kind", "array")
    test = x.iloc[:2] if isinstance(x, pd.DataFrame) else x[:2]  # type: ignore[index]
    names = tuple(str(code) for code in range(classes)) if task == "classification" else ()
    return Dataset("hand", kind, task, x, y, test, y[:2], classes=names, groups=groups, **more)  # type: ignore[arg-type, index]


@pytest.fixture(scope="session")
def houses() -> Callable[..., pd.DataFrame]:
    return make_houses


@pytest.fixture(scope="session")
def two_classes() -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    return make_two_classes


@pytest.fixture(scope="session")
def write_images() -> Callable[..., Path]:
    return make_images


@pytest.fixture(scope="session")
def dataset_of() -> Callable[..., Dataset]:
    return make_dataset


@pytest.fixture(scope="session")
def builders() -> SimpleNamespace:
    return SimpleNamespace(houses=make_houses, two_classes=make_two_classes, images=make_images)
