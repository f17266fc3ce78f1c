"""What ``--precision auto`` means on processors and GPUs, of which a stand-in tells."""

from __future__ import annotations

from pathlib import Path

import pytest
from kerasweep.search.planning import resolve_precision
from kerasweep.search.spec import make_spec
from kerasweep.training import precision
from kerasweep.training.gpus import Gpu
from kerasweep.training.precision import choose_precision
from pretended_gpus import A100, T4, pretend_gpus


@pytest.mark.parametrize(
    ("of_pictures", "computes", "found", "why"),
    [
        (True, True, "bfloat16", "the processor multiplies in it"),
        (True, False, "float32", "the processor does not"),
        (False, True, "float32", "pictures alone"),
    ],
)
def test_of_processors(monkeypatch: pytest.MonkeyPatch, of_pictures, computes, found, why) -> None:
    monkeypatch.setattr(precision, "computes_bfloat16", lambda: computes)
    chosen = choose_precision(of_pictures=of_pictures)
    assert chosen.precision == found
    assert why in chosen.why


@pytest.mark.parametrize(
    ("capabilities", "found", "why"),
    [
        ([(8, 0)], "bfloat16", "G0 has compute capability 8.0"),
        ([(9, 0), (12, 0)], "bfloat16", "G0 has compute capability 9.0"),
        ([(7, 0)], "float16", "G0 has compute capability 7.0, and bfloat16 takes 8.0"),
        ([(6, 1)], "float32", "G0 has compute capability 6.1, and float16 takes 7.0"),
        ([(8, 0), (7, 5)], "float16", "G1 has compute capability 7.5"),
        ([(6, 1), (7, 5)], "float32", "G0 has compute capability 6.1"),
        ([(8, 0), None], "float32", "what G1 computes is told by nvidia-smi alone"),
    ],
)
def test_of_gpus_the_one_that_can_do_least_decides(
    monkeypatch: pytest.MonkeyPatch, capabilities, found, why
) -> None:
    monkeypatch.setattr(precision, "computes_bfloat16", lambda: True)  # which does not train
    gpus = [Gpu(str(place), f"G{place}", None, one) for place, one in enumerate(capabilities)]
    chosen = choose_precision(of_pictures=True, gpus=gpus)
    assert chosen.precision == found
    assert why in chosen.why
    assert choose_precision(of_pictures=False, gpus=gpus).precision == "float32"


def resolved(asked: str, **execution: object) -> tuple[str, tuple[str, ...]]:
    spec = {"data": "digits", "model": "cnn", "training": {"precision": asked}, "execution": execution}
    return resolve_precision(make_spec(spec), of_pictures=True)


@pytest.mark.parametrize(
    ("asked", "execution", "found"),
    [
        ("auto", {}, "bfloat16"),
        ("auto", {"gpus_per_trial": 0}, "float32"),
        ("auto", {"executor": "ray"}, "float32"),
        ("bfloat16", {"gpus_per_trial": 0}, "bfloat16"),
        ("float16", {"gpus_per_trial": 0}, "float16"),
        ("float32", {}, "float32"),
    ],
)
def test_what_trains_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked, execution, found
) -> None:
    pretend_gpus(tmp_path / "bin", monkeypatch, A100)
    monkeypatch.setattr(precision, "computes_bfloat16", lambda: False)
    chosen, notes = resolved(asked, **execution)
    assert chosen == found
    assert len(notes) == (asked == "auto")  # what was decided by rule is said


def test_the_plan_says_what_a_gpu_computes_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend_gpus(tmp_path / "bin", monkeypatch, A100, T4)
    assert resolved("auto") == (
        "float16",
        ("precision float16: NVIDIA T4 has compute capability 7.5, and bfloat16 takes 8.0",),
    )
