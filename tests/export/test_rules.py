"""Scripts of configurations that a trainer acts on: mixed batches, a rate that falls, the order of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from kerasweep.export.script import write_script

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.trains

LIMIT = 250
"""Rows: no multiple of the batch size."""


def spec_of(model: str, **configuration: Any) -> dict[str, Any]:
    """Return a specification whose recommended configuration is this one."""
    values = {"batch_size": 32, **configuration}
    define = {name: {"type": "categorical", "choices": [value]} for name, value in values.items()}
    data = {"source": "digits", "limit": LIMIT}
    return {"data": data, "model": f"own_models:{model}", "space": {"define": define}}


FALLS = {"learning_rate_schedule": "plateau", "plateau_patience": 1, "plateau_min_delta": 9.0}
CASES = {
    "mixup": spec_of("compiled", mixing="mixup", mixing_alpha=0.4),
    "mixup of rows that weigh": spec_of("compiled", mixing="mixup", class_weight="balanced"),
    "cutmix": spec_of("compiled", mixing="cutmix", mixing_probability=0.7, drop_remainder=True),
    "plateau": spec_of("in_order", optimizer="sgd", learning_rate=0.05, **FALLS),
    "as they are stored": spec_of("in_order", optimizer="sgd", learning_rate=0.05, shuffle=False),
    "an optimizer that starts from the weights": spec_of("schedule_free"),
}


@pytest.fixture(scope="module")
def refits(place: Any, refit_of: Callable[..., Any]) -> dict[str, Any]:
    return {name: refit_of(spec, epochs=3, limit=LIMIT) for name, spec in CASES.items()}


@pytest.fixture(scope="module")
def printed(place: Any, refits: dict[str, Any]) -> dict[str, list[str]]:
    """What each script prints about the test rows; all run in one process without Kerasweep."""
    for name, refit in refits.items():
        write_script(refit, place.folder / f"{name}.py")
    return place.run_scripts(refits, "{name}.py")


@pytest.mark.parametrize("name", CASES)
def test_a_script_does_what_the_refit_did(
    name: str, refits: dict[str, Any], printed: dict[str, list[str]], place: Any
) -> None:
    assert printed[name] == [f"test {metric} {value:.6g}" for metric, value in refits[name].test.items()]
    text = (place.folder / f"{name}.py").read_text(encoding="utf-8")
    assert "prints the same again" in text
    assert max(map(len, text.splitlines())) <= 110


def test_each_of_them_acts_on_the_refit(refits: dict[str, Any], refit_of: Callable[..., Any]) -> None:
    plain = spec_of("in_order", optimizer="sgd", learning_rate=0.05)
    scores = [refit.test["loss"] for refit in (*refits.values(), refit_of(plain, epochs=3, limit=LIMIT))]
    assert len(set(scores)) == len(scores)


def test_the_model_keeps_its_first_rate(refits: dict[str, Any]) -> None:
    assert float(refits["plateau"].model.optimizer.learning_rate) == pytest.approx(0.05)


def test_a_script_says_what_was_applied(place: Any, refits: dict[str, Any], printed: dict[str, Any]) -> None:
    texts = {name: (place.folder / f"{name}.py").read_text(encoding="utf-8") for name in CASES}
    assert 'MIXING = {"alpha": 0.4, "probability": 1.0}' in texts["mixup"]
    assert "def mixup(" in texts["mixup"]
    assert "def cutmix(" not in texts["mixup"]
    assert "# a smaller last batch is left out" in texts["cutmix"]
    assert "class Plateau:" in texts["plateau"]
    assert "import tensorflow as tf" in texts["mixup"]
    assert "import tensorflow" not in texts["plateau"]
    assert "order = np.arange(len(x_train))" in texts["as they are stored"]
