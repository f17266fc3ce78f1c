"""Exports of configurations that prepare columns or choose rows: scripts make the refit's arrays, folders predict alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from kerasweep.export.bundle import write_keras
from kerasweep.export.script import make_script

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [
    pytest.mark.trains,
    # Keras's own, where it saves a TensorFlow variable with NumPy 2.
    pytest.mark.filterwarnings(
        "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
    ),
]

CLASSES = {"data": {"source": "people.csv", "target": "bought"}, "model": "ann"}
AMOUNTS = {"data": {"source": "people.csv", "target": "spent"}, "model": "nn"}
VECTOR = {"data": "vector.npz", "model": "ann"}
WIDE = {"binning": True, "bins": 4, "interactions": True, "feature_selection": True, "selected_share": 0.6}
COLUMNS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (CLASSES, {"scaling": "quantile", "n_quantiles": 30, "imputation": "mean", "missing_indicator": True}),
    (CLASSES, {"scaling": "robust", "robust_range": 10.0, "clip_outliers": True, "outlier_limit": 3.0}),
    (CLASSES, {"scaling": "minmax", "clip_outliers": True, "min_frequency": 20}),
    (CLASSES, {"encoding": "target", "pca": True, "pca_share": 0.7, "whiten": True}),
    (CLASSES, WIDE),
    (AMOUNTS, {"encoding": "target", "target_smoothing": 5.0, "scaling": "power"}),
    (AMOUNTS, {"encoding": "ordinal", "imputation": "constant", **WIDE}),
    (VECTOR, {"scaling": "none", "missing_indicator": True, "binning": True}),
    (VECTOR, {"scaling": "quantile", "quantile_output": "uniform", "imputation": "most_frequent"}),
    (VECTOR, {"pca": True, "pca_share": 0.5}),
]
ROWS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (CLASSES, {"subset": 0.4}),
    (CLASSES, {"balancing": "oversample", "class_weight": "balanced", "class_weight_power": 0.5}),
    (CLASSES, {"balancing": "undersample", "balancing_strength": 0.5, "bootstrap": True}),
    (AMOUNTS, {"subset": 0.5, "bootstrap": True}),
]
TRAINED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "crossed": (
        CLASSES,
        {
            "encoding": "target",
            "subset": 0.8,
            "balancing": "oversample",
            "class_weight": "balanced",
            "mixing": "mixup",
            **WIDE,
        },
    ),
    "amounts": (
        AMOUNTS,
        {"scaling": "power", "bootstrap": True, "min_frequency": 60, "drop_remainder": True},
    ),
    "vector": (VECTOR, {"pca": True, "missing_indicator": True, "balancing": "undersample"}),
}


@pytest.fixture(scope="module")
def with_vector(place: Any) -> Any:
    rng = np.random.default_rng(4)
    x = rng.normal(size=(120, 6)) * 30
    y = (x[:, 0] > 15).astype(int)
    x[rng.random(x.shape) < 0.1] = np.nan
    np.savez(place.folder / "vector.npz", x=x, y=y)
    return place


@pytest.mark.parametrize(("spec", "asked"), [*COLUMNS, *ROWS], ids=str)
def test_a_script_makes_the_refits_rows(
    spec: dict[str, Any], asked: dict[str, Any], with_vector: Any, refit_of: Callable[..., Any]
) -> None:
    refit = refit_of(spec, asked=asked)
    script = make_script(refit)
    assert script.notes == ()
    assert ("draw_positions" in script.text) == (refit.draw is not None)
    assert ("fit_transform(x_train, y_train)" in script.text) == (asked.get("encoding") == "target")
    assert max(map(len, script.text.splitlines())) <= 110


def test_a_script_that_draws_other_rows_says_so(with_vector: Any, refit_of: Callable[..., Any]) -> None:
    from dataclasses import replace

    refit = refit_of(CLASSES, asked={"subset": 0.5})

    class Other:
        kept, counts, bootstrap = refit.draw.kept, refit.draw.counts, False

        def positions(self, codes: np.ndarray) -> np.ndarray:
            return np.arange(sum(self.counts))

    assert make_script(replace(refit, draw=Other())).notes == (
        "its choice of training rows is not the study's",
    )


def test_trained_scripts_and_folders_repeat_the_refit(with_vector: Any, refit_of: Callable[..., Any]) -> None:
    """All of them in one process that cannot import Kerasweep."""
    refits = {name: refit_of(spec, epochs=2, asked=asked) for name, (spec, asked) in TRAINED.items()}
    lines = ["import runpy, sys"]
    expected = []
    for name, refit in refits.items():
        (with_vector.folder / f"train_{name}.py").write_text(make_script(refit).text, encoding="utf-8")
        write_keras(refit, with_vector.folder / f"model_{name}")
        rows = "vector.npz" if name == "vector" else "people.csv"
        lines += [
            f"runpy.run_path('train_{name}.py', run_name='__main__')",
            f"sys.argv = ['predict.py', {rows!r}, '-o', '{name}.csv']",
            "try:",
            f"    runpy.run_path('model_{name}/predict.py', run_name='__main__')",
            "except SystemExit as end:",
            "    assert not end.code, end.code",
        ]
        expected += [f"test {metric} {value:.6g}" for metric, value in refit.test.items()]
    (with_vector.folder / "all.py").write_text("\n".join(lines))
    done = with_vector.run("all.py")
    assert done.returncode == 0, done.stderr
    assert [line for line in done.stdout.splitlines() if line.startswith("test ")] == expected
    for name, refit in refits.items():
        said = pd.read_csv(with_vector.folder / f"{name}.csv")
        fitted = refit.preparation
        rows = np.load("vector.npz")["x"] if name == "vector" else pd.read_csv("people.csv")
        outputs = refit.model.predict(fitted.transform(rows), verbose=0)
        if name == "amounts":
            np.testing.assert_allclose(
                said["value"], fitted.target.inverse_transform(outputs)[:, 0], rtol=1e-4
            )
        else:
            names = np.array(refit.dataset.classes)[outputs.argmax(axis=1)]
            assert said["class"].astype(str).tolist() == names.tolist()
