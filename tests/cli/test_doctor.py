"""What ``kerasweep doctor`` finds, on machines that a stand-in tells of, and that nothing broken ends it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from kerasweep.cli import disk_findings, doctor, machine_findings, software_findings
from kerasweep.cli.app import app
from kerasweep.cli.finding import Finding
from kerasweep.studies import storage_url
from kerasweep.studies.storage import states_folder
from kerasweep.training import gpus, precision
from kerasweep.training.data.disk_cache import Entry, kept_rows
from pretended_gpus import A100, P100, T4, pretend_gpus
from typer.testing import CliRunner

GIB = 2**30
NAMES = "python packages extras machine memory gpus precision temporary storage states cache data".split()


@pytest.fixture(autouse=True)
def _nothing_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine without GPUs and without anything that was kept."""
    monkeypatch.chdir(tmp_path)
    for name in ("KERASWEEP_STORAGE", "KERASWEEP_DATA", gpus.VISIBLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KERASWEEP_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(gpus, "TOOL", "no-such-tool")
    monkeypatch.setattr(machine_findings, "TOOL", "no-such-tool")
    monkeypatch.setattr(gpus, "DRIVER", tmp_path / "none")
    monkeypatch.setattr(machine_findings, "DEVICES", tmp_path / "dev")
    gpus._all_gpus.cache_clear()
    yield
    gpus._all_gpus.cache_clear()


def found(url: str | None = None) -> dict[str, Finding]:
    return {one.name: one for one in doctor.examine(storage_url(url))}


def test_a_machine_that_lacks_nothing(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["doctor"])
    assert done.exit_code == 0, done.output
    assert [line.split()[:2] for line in done.stdout.splitlines()] == [["ok", name] for name in NAMES]
    assert "made by the first sweep" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == []  # who looks leaves nothing behind


def test_programs_read_the_same(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["doctor", "--json", "--storage", str(tmp_path / "none" / "x.db")])
    rows = json.loads(done.stdout)
    assert [row["name"] for row in rows] == NAMES
    assert {frozenset(row) for row in rows} == {frozenset({"name", "text", "fine", "todo"})}
    bad = {row["name"]: row["todo"] for row in rows if not row["fine"]}
    assert done.exit_code == 1
    assert bad == {"storage": f"make the folder {tmp_path / 'none'}, or let yourself write to it"}


@pytest.mark.parametrize("broken", NAMES)
def test_what_is_broken_is_a_finding(monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    def look(*_: Any) -> list[Finding]:
        raise PermissionError(13, "not yours\nat all")

    for name in NAMES:
        monkeypatch.setattr(
            doctor, name, look if name == broken else lambda *_, name=name: [Finding(name, "")]
        )
    findings = list(doctor.examine("sqlite:///x.db"))
    assert [one.name for one in findings] == NAMES
    assert [one.name for one in findings if not one.fine] == [broken]
    text = next(one.line for one in findings if not one.fine)
    assert text.startswith("cannot be examined: PermissionError: ")
    assert "\n" not in text


def test_packages_and_extras(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [
        "numpy>=2",
        "numpy>=2; extra == 'here'",
        'no-such-package[x]>=1; extra == "gone"',
        "numpy ; extra == 'gone'",
    ]
    monkeypatch.setattr(software_findings, "requires", lambda _: lines)
    (extras,) = software_findings.extras()
    assert extras.fine
    assert extras.text.startswith("here (numpy 2.")
    assert extras.text.endswith("what adds the others: pip install 'kerasweep[gone]'")
    monkeypatch.setattr(software_findings, "PACKAGES", ("numpy", "no-such-package"))
    here, missing = software_findings.packages()
    assert "no-such-package" not in here.text
    assert (missing.fine, missing.line) == (False, "no-such-package; pip install no-such-package")


@pytest.mark.parametrize(
    ("free", "left", "fine", "text"),
    [
        (8 * GIB, None, True, "8.0 GiB free of 16.0 GiB: room for 9 workers"),
        (2 * GIB, 2 * GIB, True, "the control group of this process has 2.0 GiB left: room for 2 workers"),
        (GIB // 2, None, False, "room for 0 workers before their data and models; end other programs"),
        (8 * GIB, 2**63 - 4096, True, "8.0 GiB free of 16.0 GiB: room for 9 workers"),
        (None, None, True, "16.0 GiB; the system does not say"),
    ],
)
def test_memory(monkeypatch: pytest.MonkeyPatch, free: Any, left: Any, fine: bool, text: str) -> None:
    answers = {"free_memory": free, "memory_left": left, "total_memory": 16 * GIB}
    for name, answer in answers.items():
        monkeypatch.setattr(machine_findings, name, lambda answer=answer: answer)
    (memory,) = machine_findings.memory()
    assert (memory.fine, text in memory.line) == (fine, True), memory.line


@pytest.fixture
def cards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Pretend cards, of which TensorFlow says that it sees some, or fails."""
    asked: list[list[str]] = []

    def pretend(*some: tuple[str, int, str], seen: int | None) -> dict[str, Finding]:
        monkeypatch.setattr(gpus, "TOOL", "nvidia-smi")
        pretend_gpus(tmp_path / "bin", monkeypatch, *some)

        def run(command: list[str], **_: Any) -> SimpleNamespace:
            asked.append(command)
            if seen is None:
                raise subprocess.CalledProcessError(1, command)
            return SimpleNamespace(stdout=f"a library says hello\n{seen}\n")

        stand_in = SimpleNamespace(run=run, SubprocessError=subprocess.SubprocessError)
        gpus._all_gpus()  # by the real tool, before the stand-in of TensorFlow
        monkeypatch.setattr(machine_findings, "subprocess", stand_in)
        findings = {
            one.name: one for look in (machine_findings.gpus, machine_findings.precision) for one in look()
        }
        assert len(asked) == 1
        return findings

    return pretend


def test_gpus_of_several_kinds(cards: Any) -> None:
    here = cards(A100, A100, T4, seen=3)
    assert here["gpus"].text == (
        "2 x NVIDIA A100 (40.0 GiB, compute capability 8.0), NVIDIA T4 (15.0 GiB, compute capability 7.5); "
        "3 workers by default, each on one"
    )
    assert here["tensorflow"].text == "sees 3 GPUs"
    assert all(one.fine for one in here.values())
    assert "NVIDIA T4 has compute capability 7.5" in here["precision"].text


@pytest.mark.parametrize(
    ("seen", "text"),
    [
        (0, "sees none of 1 GPU: the processor trains; pip install"),
        (None, "cannot be asked which GPUs it sees; import it"),
    ],
)
def test_gpus_that_tensorflow_does_not_see(cards: Any, seen: int | None, text: str) -> None:
    here = cards(P100, seen=seen)
    assert not here["tensorflow"].fine
    assert text in here["tensorflow"].line


def test_gpus_that_are_hidden_or_do_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev" / "nvidia0").touch()
    (silent,) = machine_findings.gpus()
    assert not silent.fine
    assert f"{tmp_path / 'dev' / 'nvidia0'} is here, and neither" in silent.line
    monkeypatch.setattr(gpus, "TOOL", "nvidia-smi")
    pretend_gpus(tmp_path / "bin", monkeypatch, A100, T4)
    monkeypatch.setenv(gpus.VISIBLE, "-1")
    (hidden,) = machine_findings.gpus()
    assert hidden.fine
    assert hidden.text == "none: CUDA_VISIBLE_DEVICES='-1' leaves out 2 GPUs; the processor trains"


@pytest.mark.parametrize(
    ("computes", "text"),
    [
        (True, "computes pictures in bfloat16: the processor multiplies in it; all else in float32"),
        (False, "computes everything in float32: the processor does not"),
    ],
)
def test_precision(monkeypatch: pytest.MonkeyPatch, computes: bool, text: str) -> None:
    monkeypatch.setattr(precision, "computes_bfloat16", lambda: computes)
    (chosen,) = machine_findings.precision()
    assert text in chosen.text


def test_what_is_kept_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept_rows(Entry("pictures", "1", "uint8", (3, 500)), lambda file: file.write(bytes(1500)) and None)
    for url in ("sqlite:///x.db", "postgresql+psycopg://me@nowhere/x"):
        folder = states_folder(url, 7)
        assert folder is not None
        folder.mkdir(parents=True)
        for name in ("3.state", "4.kept"):
            (folder / name).write_bytes(bytes(1000))
        (states,) = disk_findings.states(url)
        assert "2 states of 2 kB, " in states.text
        assert states.fine
    (cache,) = disk_findings.cache()
    assert f"{tmp_path / 'cache'}, 1 entry of 2 kB, " in cache.text
    monkeypatch.setattr(disk_findings.shutil, "disk_usage", lambda _: SimpleNamespace(free=GIB))
    looks = (*disk_findings.temporary(), *disk_findings.states("sqlite:///x.db"), *disk_findings.cache())
    for one, word in zip(looks, ("TMPDIR", "--keep-states", "KERASWEEP_CACHE"), strict=True):
        assert not one.fine
        assert "1.0 GiB free; make room, or" in one.line
        assert word in one.line


def test_folders_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("KERASWEEP_CACHE", str(tmp_path / "file" / "cache"))
    monkeypatch.setenv("KERASWEEP_DATA", str(tmp_path / "file"))
    (cache,), (data,) = disk_findings.cache(), disk_findings.data()
    assert (cache.fine, data.fine) == (False, False)
    assert f"cannot be written; let yourself write to {tmp_path / 'file'}" in cache.line
    assert data.line.endswith("is not a folder; name one that holds mnist.npz, or unset it")


def test_a_storage_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"no database" * 100)
    (storage,) = disk_findings.storage("sqlite:///x.db")
    assert not storage.fine
    (secret,) = disk_findings.storage("postgresql+psycopg://me:secret@127.0.0.1:1/x")
    assert not secret.fine
    assert "secret" not in secret.line


def test_tensorflow_is_asked_where_gpus_are_and_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine_findings, "_seen", lambda _: pytest.fail("there is no GPU"))
    assert "gpus" in found()
    code = "import sys, kerasweep.cli.doctor as d; list(d.examine('sqlite:///x.db')); print('tensorflow' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    assert done.stdout.strip() == "False"
