"""The model alone for LiteRT: it predicts the same, or there is no file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from kerasweep.errors import OutputError
from kerasweep.export import FORMATS
from kerasweep.export.lite import _predicted
from kinds_of_data import MODULE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.trains
KINDS: dict[str, dict[str, Any]] = {
    "table": {"data": {"source": "people.csv", "target": "bought"}, "model": "dnn"},
    "images": {"data": "digits", "model": "cnn"},
    "several inputs and outputs": {"data": "kinds:inputs_and_outputs", "model": "kinds:build_both"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_litert_predicts_what_the_model_does(
    kind: str, place: Any, refit_of: Callable[..., Any], tmp_path: Path
) -> None:
    (place.folder / "kinds.py").write_text(MODULE)
    refit = refit_of(KINDS[kind])
    path = FORMATS["tflite"].write(refit, tmp_path / "out.tflite", "")
    rows = refit.preparation.transform(refit.dataset.x_test)
    if kind != "several inputs and outputs":
        (said,) = _predicted(path, rows)
        np.testing.assert_allclose(said, refit.model.predict(rows, verbose=0), rtol=1e-4, atol=1e-5)
    assert [file.name for file in tmp_path.iterdir()] == ["out.tflite"]


def test_what_litert_cannot_run_is_not_written(
    place: Any, refit_of: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.savez(
        place.folder / "steps.npz", x=np.random.default_rng(0).normal(size=(60, 5, 2)), y=np.arange(60) % 2
    )
    refit = refit_of({"data": "steps.npz", "model": "rnn"})
    with pytest.raises(OutputError, match=r"^LiteRT cannot run the model: [^\n]*$"):
        FORMATS["tflite"].write(refit, tmp_path / "out.tflite", "")
    refit = refit_of({"data": "iris", "model": "linear"})
    monkeypatch.setattr("kerasweep.export.lite._predicted", lambda *_: [np.zeros((8, 3))])
    with pytest.raises(OutputError, match="predicts something else"):
        FORMATS["tflite"].write(refit, tmp_path / "out.tflite", "")
    assert list(tmp_path.iterdir()) == []
