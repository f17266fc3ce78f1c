"""GPUs, of which none is here: a stand-in for NVIDIA's tool tells of them, and one for the kernel's driver."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from kerasweep.errors import SpecError
from kerasweep.search.planning import make_plan
from kerasweep.search.spec import make_spec
from kerasweep.training import gpus
from kerasweep.training.gpus import Gpu, find_gpus, gpu_environment, share_gpus, workers_on
from pretended_gpus import A100, P100, T4, pretend_gpus

TWO = (Gpu("0"), Gpu("1"))


@pytest.fixture(autouse=True)
def _looked_for_anew() -> Iterator[None]:
    gpus._all_gpus.cache_clear()
    yield
    gpus._all_gpus.cache_clear()


def test_nvidias_tool_tells_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend_gpus(tmp_path / "bin", monkeypatch, A100, T4)
    assert find_gpus() == (
        Gpu("0", "NVIDIA A100", 40 * 2**30, (8, 0), "GPU-0f00"),
        Gpu("1", "NVIDIA T4", 15 * 2**30, (7, 5), "GPU-1f00"),
    )


@pytest.mark.parametrize(
    ("visible", "tokens"),
    [
        ("1", ["1"]),
        ("1,0", ["1", "0"]),
        (" 1 , 0 ", ["1", "0"]),
        ("GPU-1f00", ["GPU-1f00"]),
        ("GPU-1", ["GPU-1"]),
        ("-1", []),
        ("", []),
        ("NoDevFiles", []),
        ("0,7,1", ["0"]),
        ("MIG-abc", ["MIG-abc"]),
    ],
)
def test_what_is_hidden_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, visible: str, tokens: list[str]
) -> None:
    pretend_gpus(tmp_path / "bin", monkeypatch, A100, T4)
    monkeypatch.setenv(gpus.VISIBLE, visible)
    assert [gpu.token for gpu in find_gpus()] == tokens


@pytest.mark.parametrize(
    "script",
    [
        "echo 'NVIDIA-SMI has failed'; exit 9",
        "echo nonsense",
        "printf '\\377\\376'",
        "echo 0, GPU-0, T4, [N/A], [N/A]",
    ],
)
def test_a_tool_that_says_little_or_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    pretend_gpus(tmp_path / "bin", monkeypatch)
    (tmp_path / "bin" / gpus.TOOL).write_text(f"#!/bin/sh\n{script}\n")
    monkeypatch.setattr(gpus, "DRIVER", tmp_path / "none")
    expected = (Gpu("0", "T4", uuid="GPU-0"),) if "T4" in script else ()
    assert find_gpus() == expected


def test_the_kernels_driver_tells_of_them_where_there_is_no_tool(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for bus in ("0000:01:00.0", "0000:02:00.0"):
        (tmp_path / bus).mkdir()
        (tmp_path / bus / "information").write_text(f"Model: \t\t Tesla V100\nGPU UUID:\t GPU-{bus}\n")
    monkeypatch.setattr(gpus, "TOOL", "no-such-tool")
    monkeypatch.setattr(gpus, "DRIVER", tmp_path)
    monkeypatch.delenv(gpus.VISIBLE, raising=False)
    assert find_gpus() == (
        Gpu("0", "Tesla V100", uuid="GPU-0000:01:00.0"),
        Gpu("1", "Tesla V100", uuid="GPU-0000:02:00.0"),
    )


@pytest.mark.parametrize(
    ("there", "per_trial", "workers"),
    [
        (0, None, None),
        (0, 0, None),
        (4, 0, None),
        (4, None, 4),
        (4, 1, 4),
        (4, 2, 2),
        (3, 2, 1),
        (1, 2, 0),
        (2, 0.5, 4),
        (2, 0.3, 6),
        (1, 0.1, 10),
    ],
)
def test_how_many_workers_gpus_allow(there: int, per_trial: float | None, workers: int | None) -> None:
    assert workers_on(there, per_trial) == workers


@pytest.mark.parametrize(
    ("per_trial", "workers", "shares"),
    [
        (None, 1, ["0"]),
        (None, 2, ["0", "1"]),
        (None, 3, ["0", "1", "0"]),
        (1, 2, ["0", "1"]),
        (2, 1, ["0,1"]),
        (0.5, 2, ["0", "1"]),
        (0.5, 4, ["0", "1", "0", "1"]),
        (0, 3, ["-1", "-1", "-1"]),
    ],
)
def test_which_gpus_each_worker_sees(per_trial: float | None, workers: int, shares: list[str]) -> None:
    shared = share_gpus(TWO, workers, per_trial)
    assert [gpu_environment(some)[gpus.VISIBLE] for some in shared] == shares


@pytest.mark.parametrize(
    ("found", "workers", "per_trial", "message"),
    [
        (TWO, 3, 1, "3 workers of 1 GPU each: that is more than there is here, 2 GPUs."),
        (TWO, 2, 2, "2 workers of 2 GPUs each: that is more than there is here, 2 GPUs."),
        (TWO, 5, 0.5, "5 workers of 0.5 of a GPU each: that is more than there is here, 2 GPUs."),
        ((), 1, 1, "1 worker of 1 GPU each: that is more than there is here, which is no GPU."),
    ],
)
def test_more_gpus_than_there_are_is_refused(
    found: tuple[Gpu, ...], workers: int, per_trial: float, message: str
) -> None:
    with pytest.raises(SpecError) as raised:
        share_gpus(found, workers, per_trial)
    assert str(raised.value) == message


def test_places_are_those_of_the_bus_unless_the_user_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(gpus.VISIBLE, raising=False)
    assert gpu_environment(TWO[1:]) == {gpus.VISIBLE: "1", gpus.ORDER: "PCI_BUS_ID"}
    monkeypatch.setenv(gpus.VISIBLE, "1,0")
    assert gpu_environment(TWO[1:]) == {gpus.VISIBLE: "1"}
    assert gpu_environment(None) == {}


def plan_of(**execution: object):
    spec = {
        "data": "digits",
        "model": "dnn",
        "search": {"trials": 9},
        "cv": "holdout",
        "execution": execution,
    }
    return make_plan(make_spec({**spec, "data": {"source": "digits", "limit": 100}}))


@pytest.mark.parametrize(
    ("execution", "workers", "text"),
    [
        ({}, 1, ", on 1 GPU"),
        ({"workers": "auto"}, 2, ", on 1 GPU"),
        ({"workers": "auto", "gpus_per_trial": 2}, 1, ", on 2 GPUs"),
        ({"workers": "auto", "gpus_per_trial": 0.5}, 4, ", on 2 GPUs that they share"),
        ({"workers": 3}, 3, ", on 2 GPUs that they share"),
        ({"gpus_per_trial": 0}, 1, ", on no GPU"),
    ],
    ids=str,
)
def test_a_plan_has_a_worker_a_gpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, execution: dict[str, object], workers: int, text: str
) -> None:
    pretend_gpus(tmp_path / "bin", monkeypatch, T4, P100)
    plan = plan_of(**execution)
    assert (plan.workers, plan.gpus_text) == (workers, text)


def test_nothing_is_said_of_gpus_where_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpus, "_all_gpus", lambda: ())
    plan = plan_of()
    assert (plan.gpus_text, plan.gpus_of(2)) == ("", None)


@pytest.mark.parametrize("value", [1.5, -1, "two", True, 0.01])
def test_what_is_no_number_of_gpus_is_refused(value: object) -> None:
    with pytest.raises(SpecError, match=r"execution\.gpus_per_trial: "):
        make_spec({"data": "digits", "model": "dnn", "execution": {"gpus_per_trial": value}})


MODEL = """
import os
import keras

def build(config, signature):
    print("sees", os.environ.get("CUDA_VISIBLE_DEVICES"), os.environ.get("CUDA_DEVICE_ORDER"))
    outputs = keras.layers.Dense(signature.outputs, "softmax")
    return keras.Sequential([keras.Input(signature.input_shape), keras.layers.Flatten(), outputs])
"""


@pytest.mark.trains
@pytest.mark.parametrize(
    ("flags", "said", "seen"),
    [
        (("--workers", "2"), "2 with 1 thread each, on 1 GPU", ["0 PCI_BUS_ID", "1 PCI_BUS_ID"]),
        (("--gpus-per-trial", "2"), ", on 2 GPUs", ["0,1 PCI_BUS_ID"]),
        (("--gpus-per-trial", "0"), ", on no GPU", ["-1 None"]),
    ],
    ids=str,
)
def test_each_process_sees_its_own(
    kerasweep,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    flags: tuple[str, ...],
    said: str,
    seen: list[str],
) -> None:
    pretend_gpus(tmp_path / "bin", monkeypatch, A100, T4)
    (tmp_path / "mine.py").write_text(MODEL)
    small = "--set batch_size=16,32,64,100 --search grid --limit 100 --cv holdout --epochs 1 --threads 1"
    done = kerasweep("launch", "digits", "mine:build", *small.split(), *flags, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert said in done.stdout
    told = {line.removeprefix("sees ") for line in done.stdout.splitlines() if line.startswith("sees ")}
    assert told - {"None None"} == {*seen}  # the driver, which looks at the model once, is told nothing


class PretendedTensorFlow:
    """What TensorFlow reports where it sees two GPUs."""

    def __init__(self) -> None:
        self.grows: list[str] = []
        self.config = self.experimental = self.threading = self

    def list_physical_devices(self, kind: str) -> list[str]:
        return [f"/physical_device:{kind}:{place}" for place in range(2)]

    def set_memory_growth(self, device: str, enable: bool) -> None:
        self.grows += [device] if enable else []

    def set_intra_op_parallelism_threads(self, count: int) -> None: ...

    def set_inter_op_parallelism_threads(self, count: int) -> None: ...


def test_a_process_takes_memory_of_its_gpus_as_it_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from kerasweep.training.trainers import runtime

    pretended = PretendedTensorFlow()
    monkeypatch.setattr(runtime, "import_tensorflow", lambda: None)
    monkeypatch.setitem(__import__("sys").modules, "tensorflow", pretended)
    runtime.prepare_tensorflow(1)
    assert pretended.grows == ["/physical_device:GPU:0", "/physical_device:GPU:1"]
