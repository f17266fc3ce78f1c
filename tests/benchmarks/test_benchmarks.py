"""Everything that is measured runs, and the page says what the figures say; the figures themselves are ``make bench``'s."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from requiring import required, required_data

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
Page = Callable[[dict[str, Any]], str]
HERE = {"commit": "0123456789", "date": "2026-11-25"}


sys.path.insert(0, str(BENCHMARKS))
try:
    from works import MEASUREMENTS, Measurement
finally:
    sys.path.remove(str(BENCHMARKS))


def needs(one: Measurement) -> None:
    """Skip a measurement whose data or peer are missing, or fail it where everything must be there."""
    script = one.command.split()[0]
    if (
        script in ("w2_fashion.py", "w4_epoch.py", "w6_resnet.py", "w8_search.py")
        or "convolutional" in one.command
    ):
        required_data("fashion_mnist.npz")
    if "scikeras" in one.command:
        required(find_spec("scikeras"), "SciKeras")


@pytest.mark.trains
@pytest.mark.parametrize("one", MEASUREMENTS, ids=lambda one: f"{one.work}.{one.name}")
def test_every_contestant_of_every_work_runs(
    python: Any, one: Measurement, tmp_path_factory: pytest.TempPathFactory
) -> None:
    needs(one)
    script, *arguments = one.arguments(tiny=True)
    folder = tmp_path_factory.mktemp("run")  # Chromium makes a socket there, whose path may not be long
    done = python(BENCHMARKS / script, *arguments, cwd=folder, TMPDIR=str(folder))
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    assert list(figures) == ["skipped"] or all(
        value is None or value for name, value in figures.items() if name not in ("growth", "best")
    )


def record(figures: dict[str, dict[str, list[dict[str, Any]]]], *, tiny: bool = False) -> dict[str, Any]:
    """Return a record as run.py keeps it."""
    return {
        "machine": {"processor": "Some CPU", "cores": 2, "memory_gib": 7.8, "system": "Linux x86_64"},
        "versions": {"python": "3.11.7", "kerasweep": "0.1.0"},
        "tiny": tiny,
        "figures": {
            work: {
                name: {"command": f"{work}.py {name}", **HERE, "runs": runs} for name, runs in rows.items()
            }
            for work, rows in figures.items()
        },
    }


@pytest.fixture
def page(python: Any, tmp_path: Path) -> Callable[[dict[str, Any]], str]:
    """Return what makes the page of a record."""

    def page(made: dict[str, Any]) -> str:
        path = tmp_path / "benchmarks.json"
        path.write_text(json.dumps(made), encoding="utf-8")
        done = python(BENCHMARKS / "page.py", path, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return page


def line(text: str, *words: str) -> str:
    """Return the only line that has all these words."""
    (found,) = [row for row in text.splitlines() if all(word in row for word in words)]
    return found


W1 = {
    "keras_tuner": [{"trials": 3, "seconds_per_trial": seconds} for seconds in (11.0, 10.0, 12.0)],
    "kerasweep": [{"trials": 20, "seconds_per_trial": 0.7, "warm": warm} for warm in (0.5, 0.55, 0.44)],
    "kerasweep_1": [{"trials": 20, "seconds_per_trial": 0.6, "warm": 0.5}],
    "kerasweep_2": [{"trials": 20, "seconds_per_trial": 0.4, "warm": 0.3}],
    "numpy": [{"trials": 1, "seconds_per_trial": 0.16}],
    "scikeras_2": [{"error": "ValueError: no"}],
}


def test_targets_are_ratios_of_medians_with_the_widest_range(page: Page) -> None:
    text = page(record({"w1": W1}))
    assert "| 22 (18.2–27.3) | yes |" in line(text, "KerasTuner / Kerasweep, warm")
    assert "| 3.12 | **no** |" in line(text, "the same products in NumPy, warm")
    assert "| 1.67 | **no** |" in line(text, "speed-up, warm")
    assert "not measured" in line(text, "SciKeras `n_jobs=2` / Kerasweep")
    assert "failed: ValueError: no" in line(text, "| SciKeras", "`n_jobs=2` |")


def test_mixed_architectures_are_compared_on_what_all_have_trained(page: Page) -> None:
    rows = {
        "kerasweep": [{"trials": 3, "seconds_per_trial": 2, "ends": [1, 3, 6], "scores": [0.9, 0.8, 0.1]}],
        "keras_tuner": [{"trials": 2, "seconds_per_trial": 20, "ends": [20, 39], "scores": [0.9, 0.8]}],
    }
    text = page(record({"mixed": rows}))
    assert "| 13 | yes |" in line(text, "KerasTuner / Kerasweep, same configurations")
    assert "| Kerasweep | 3 | 3 s | 1 | 2 s | 0.85 |" in text


def test_tiny_sizes_are_not_judged(page: Page) -> None:
    text = page(record({"w1": W1}, tiny=True))
    assert "Tiny sizes" in text
    assert "yes |" not in text
    assert "**no**" not in text


def test_everything_that_is_measured_is_shown(page: Page) -> None:
    figures: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for one in MEASUREMENTS:
        figures.setdefault(one.work, {})[one.name] = [{"skipped": f"reason of {one.work} {one.name}."}]
    text = page(record(figures))
    assert [one for one in MEASUREMENTS if f"reason of {one.work} {one.name}." not in text] == []


def test_works_of_three_are_compared_warm_and_mixed(page: Page) -> None:
    def run(*ends: float, **more: float) -> list[dict[str, Any]]:
        scores = [0.5] * len(ends)
        return [{"trials": len(ends), "seconds_per_trial": ends[-1] / len(ends), "ends": ends, "scores": scores, **more}]  # fmt: skip

    rows = {"kerasweep": run(5, 6, warm=1), "keras_tuner": run(20), "optuna": run(10)}
    mixed = {"kerasweep_mixed": run(5, 9), "keras_tuner_mixed": run(20), "optuna_mixed": run(50)}
    text = page(record({"w5": {**rows, **mixed}}))
    assert "| 20 | yes |" in line(text, "W5", "KerasTuner / Kerasweep, a warm trial")
    assert "| 10 | **no** |" in line(text, "W5", "Optuna / Kerasweep, a warm trial")
    assert "| 4 | **no** |" in line(text, "W5", "KerasTuner / Kerasweep, mixed")
    assert "| 10 | yes |" in line(text, "W5", "Optuna / Kerasweep, mixed")


def test_sections_say_at_which_commit_they_were_measured(page: Page) -> None:
    made = record({"w1": W1, "driver": {"random_1": [{"trials_per_second": 9.0}], "random_8": []}})
    made["figures"]["driver"]["random_8"]["commit"] = "9876543210"
    text = page(made)
    sections = {part.partition("\n")[0]: part for part in text.split("## ")[1:]}
    assert "Measured at commit `0123456789`, 2026-11-25." in sections["W1: digits, one architecture"]
    both = (
        "Measured at commit `0123456789`, 2026-11-25 (random_1); commit `9876543210`, 2026-11-25 (random_8)."
    )
    assert both in sections["Driver"]
    assert "Measured at" not in sections["Memory"]
    assert "commit `0123456789`, 2026-11-25 (w1, driver); commit `9876543210`" in sections["Targets"]


@pytest.fixture(scope="module")
def measured(python: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the figures and the page of two of the cheapest works."""
    folder = tmp_path_factory.mktemp("bench")
    done = python(BENCHMARKS / "run.py", "--tiny", "w1.numpy", "driver", "--folder", folder, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (folder / "benchmarks.md").read_text(encoding="utf-8") in done.stdout
    return folder


def kept(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "benchmarks.json").read_text(encoding="utf-8"))


def test_works_run_and_are_kept(measured: Path) -> None:
    found = kept(measured)
    assert found["machine"]["cores"] >= 1
    (products,) = found["figures"]["w1"]["numpy"]["runs"]
    assert 0 < products["seconds_per_trial"] < products["process_seconds"]
    assert found["figures"]["w1"]["numpy"]["commit"]
    assert len(found["figures"]["driver"]) == 4


def test_a_part_is_measured_again_and_the_rest_stays(python: Any, measured: Path) -> None:
    before = kept(measured)
    before["figures"]["driver"]["random_1"]["commit"] = "earlier"
    (measured / "benchmarks.json").write_text(json.dumps(before), encoding="utf-8")
    done = python(BENCHMARKS / "run.py", "--tiny", "w1.numpy", "--folder", measured, cwd=measured)
    assert done.returncode == 0, done.stdout + done.stderr
    after = kept(measured)["figures"]
    assert after["driver"] == before["figures"]["driver"]
    assert len(after["w1"]["numpy"]["runs"]) == 1
    assert after["w1"] != before["figures"]["w1"]


def test_a_work_that_is_measured_elsewhere_says_so_and_is_measured_whole(
    python: Any, measured: Path, tmp_path: Path
) -> None:
    other = kept(measured)
    other["machine"]["processor"] = "Other CPU"
    (tmp_path / "benchmarks.json").write_text(json.dumps(other), encoding="utf-8")
    words = (BENCHMARKS / "run.py", "--tiny", "--folder", tmp_path)
    part = python(*words, "driver.random_1", cwd=tmp_path)
    assert part.returncode == 1
    assert part.stderr == (
        "benchmarks.json has figures of driver of another machine or other versions; measure all of driver.\n"
    )
    assert kept(tmp_path) == other
    done = python(*words, "w1.numpy", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    entries = kept(tmp_path)["figures"]
    assert entries["driver"] == other["figures"]["driver"]
    assert entries["w1"]["numpy"]["on"]["machine"] == kept(measured)["machine"]
    assert f", on {kept(measured)['machine']['processor']}, " in done.stdout


def test_a_work_that_there_is_not() -> None:
    words = [sys.executable, BENCHMARKS / "run.py", "w9"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("There is no w9; there are app, ")


def test_the_page_of_first_trials_marks_those_of_the_present_presets(python: Any, tmp_path: Path) -> None:
    """Where it differs: ``python benchmarks/starts.py --page``, or without it where a preset has changed elsewhere."""
    docs = BENCHMARKS.parent / "docs"
    figures = tmp_path / "starts.json"
    figures.write_bytes((docs / "starts.json").read_bytes())
    done = python(BENCHMARKS / "starts.py", "--page", "--figures", figures, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    written = figures.with_suffix(".md").read_text(encoding="utf-8")
    assert written == (docs / "starts.md").read_text(encoding="utf-8")
    assert written.count(", first trial |") == written.count("\n## "), (
        "each family's first trial was measured"
    )
