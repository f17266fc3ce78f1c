"""Windows of a series: a script repeats the refit's score, and a bundle predicts what comes after new rows."""

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
WINDOW, HORIZON = 6, 2
SMALL = {"units": 4, "filters": 4, "blocks": 1}


def make_series() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    rows = 90
    frame = pd.DataFrame(
        {
            "when": pd.date_range("2024-01-01", periods=rows, freq="h").strftime("%d.%m.%Y %H:%M"),
            "temp": np.sin(np.arange(rows) / 3) + 0.1 * rng.normal(size=rows),
            "sun": np.cos(np.arange(rows) / 3),
            "wind": rng.choice(["N", "S"], rows),
            "rain": np.where(np.arange(rows) % 7, rng.random(rows), np.nan),
        }
    )
    return frame.sample(frac=1, random_state=1)


SPECS: dict[str, dict[str, Any]] = {
    "rnn": {"target": ["temp", "sun"], "time_column": "when"},
    "cnn1d": {"target": "wind", "time_column": "when", "limit": 40},
    "tcn": {"target": "temp", "header": False},
}
FILES = {"tcn": "plain.csv"}
MORE = """
import sys, numpy
for name in {names}:
    sys.path.insert(0, name + ".model")
    import predict
    header, rows = predict.predict_file(predict.Path({files}.get(name, "series.csv")), predict.load(name + ".model"))
    numpy.save(name + ".npy", numpy.array(rows))
    assert header[0] == "after", header
    del sys.modules["predict"], sys.path[0]
"""


@pytest.fixture(scope="module")
def refits(place: Any, refit_of: Callable[..., Any]) -> dict[str, Any]:
    frame = make_series()
    frame.to_csv(place.folder / "series.csv", index=False)
    frame.sort_index().drop(columns="when").to_csv(place.folder / "plain.csv", index=False, header=False)
    found = {}
    for family, options in SPECS.items():
        names = {"target": "0"} if "header" in options else {}
        data = {
            "source": FILES.get(family, "series.csv"),
            "window": WINDOW,
            "horizon": HORIZON,
            **options,
            **names,
        }
        spec = {"data": data, "model": family, "study": "x", "cv": {"folds": 2}}
        found[family] = refit_of(spec, epochs=2, asked=SMALL, limit=options.get("limit"))
    return found


@pytest.fixture(scope="module")
def printed(place: Any, refits: dict[str, Any]) -> dict[str, list[str]]:
    for name, refit in refits.items():
        script = make_script(refit)
        assert script.notes == (), name
        (place.folder / f"{name}.py").write_text(script.text, encoding="utf-8")
        write_keras(refit, place.folder / f"{name}.model")
    return place.run_scripts(refits, "{name}.py", MORE.format(names=list(SPECS), files=FILES))


@pytest.mark.parametrize("family", SPECS)
def test_a_script_repeats_the_score(
    family: str, refits: dict[str, Any], printed: dict[str, list[str]]
) -> None:
    expected = [f"test {metric} {value:.6g}" for metric, value in refits[family].test.items()]
    assert printed[family] == expected


@pytest.mark.parametrize("family", SPECS)
def test_a_bundle_predicts_after_each_window_of_a_table(
    family: str, refits: dict[str, Any], printed: dict[str, list[str]], place: Any
) -> None:
    assert printed
    refit, predicted = refits[family], np.load(place.folder / f"{family}.npy")
    times = make_series().sort_index()["when"].tolist()
    ends = times[WINDOW - 1 :] if family != "tcn" else [str(row) for row in range(WINDOW - 1, 90)]
    assert predicted[:, 0].tolist() == ends
    told = refit.model.predict(refit.preparation.transform(refit.dataset.x_test), verbose=0)
    last = predicted[-HORIZON - len(told) : -HORIZON, 1:]  # the table goes on until the last target
    if refit.dataset.task == "classification":
        assert last[:, 0].tolist() == [refit.dataset.classes[code] for code in told.argmax(axis=1)]
    else:
        values = refit.preparation.target.inverse_transform(told)
        np.testing.assert_allclose(last.astype(float), values, rtol=1e-4, atol=1e-5)
