"""The benchmarks run, and their page says what the figures say; the figures themselves are ``make bench``'s."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def python(*arguments: object, check: bool = True) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, *map(str, arguments)], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0 or not check, done.stdout + done.stderr
    return done


def measurements() -> list[list[str]]:
    """Return work, name and script of everything that is measured; read in a process whose path has the scripts."""
    code = (
        f"import sys, json; sys.path.insert(0, {str(BENCHMARKS)!r}); from works import MEASUREMENTS; "
        "print(json.dumps([[one.work, one.name, one.command.split()[0]] for one in MEASUREMENTS]))"
    )
    return json.loads(python("-c", code).stdout)


def record(figures: dict[str, dict[str, list[dict[str, Any]]]], *, quick: bool = False) -> dict[str, Any]:
    """Return a record as run.py keeps it."""
    return {
        "machine": {"processor": "Some CPU", "cores": 2, "memory_gib": 7.8, "system": "Linux x86_64"},
        "versions": {"python": "3.11.7", "kerasweep": "0.1.0"},
        "quick": quick,
        "figures": {
            work: {name: {"command": f"{work}.py {name}", "runs": runs} for name, runs in rows.items()}
            for work, rows in figures.items()
        },
    }


def page(tmp_path: Path, made: dict[str, Any]) -> str:
    path = tmp_path / "benchmarks.json"
    path.write_text(json.dumps(made), encoding="utf-8")
    return python(BENCHMARKS / "page.py", path).stdout


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


def test_targets_are_ratios_of_medians_with_the_widest_range(tmp_path: Path) -> None:
    text = page(tmp_path, record({"w1": W1}))
    assert "| 22 (18.2–27.3) | yes |" in line(text, "KerasTuner / Kerasweep, warm")
    assert "| 3.12 | yes |" in line(text, "the same products in NumPy, warm")
    assert "| 1.67 | **no** |" in line(text, "speed-up, warm")
    assert "not measured" in line(text, "SciKeras `n_jobs=2` / Kerasweep")
    assert "failed: ValueError: no" in line(text, "| SciKeras", "`n_jobs=2` |")


def test_mixed_architectures_are_compared_on_what_all_have_trained(tmp_path: Path) -> None:
    rows = {
        "kerasweep": [{"trials": 3, "seconds": 6, "ends": [1, 3, 6], "scores": [0.9, 0.8, 0.1]}],
        "keras_tuner": [{"trials": 2, "seconds": 40, "ends": [20, 39], "scores": [0.9, 0.8]}],
    }
    text = page(tmp_path, record({"mixed": rows}))
    assert "| 13 | yes |" in line(text, "KerasTuner / Kerasweep, same configurations")
    assert "| Kerasweep | 3 | 3 s | 1 | 2 s | 0.85 |" in text


def test_a_quick_look_is_not_judged(tmp_path: Path) -> None:
    text = page(tmp_path, record({"w1": W1}, quick=True))
    assert "quick look" in text
    assert "yes |" not in text
    assert "**no**" not in text


def test_everything_that_is_measured_is_shown(tmp_path: Path) -> None:
    figures: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for work, name, _ in measurements():
        figures.setdefault(work, {})[name] = [{"skipped": f"reason of {work} {name}."}]
    text = page(tmp_path, record(figures))
    assert [pair for pair in measurements() if f"reason of {pair[0]} {pair[1]}." not in text] == []


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the figures and the page of two of the cheapest works."""
    folder = tmp_path_factory.mktemp("bench")
    only = "w1.numpy,browsing"
    done = python(BENCHMARKS / "run.py", "--quick", "--only", only, "--folder", folder)
    assert (folder / "benchmarks.md").read_text(encoding="utf-8") in done.stdout
    return folder


def test_works_run_and_are_kept(quick: Path) -> None:
    kept = json.loads((quick / "benchmarks.json").read_text(encoding="utf-8"))
    assert kept["machine"]["cores"] >= 1
    (products,) = kept["figures"]["w1"]["numpy"]["runs"]
    assert 0 < products["seconds_per_trial"] < products["process_seconds"]
    (browsing,) = kept["figures"]["browsing"]["1000"]["runs"]
    assert all(browsing[command] > 0 for command in ("best", "studies", "show", "compare", "spaces"))


def test_a_part_is_measured_again_and_the_rest_stays(quick: Path) -> None:
    before = json.loads((quick / "benchmarks.json").read_text(encoding="utf-8"))["figures"]
    python(BENCHMARKS / "run.py", "--quick", "--only", "w1.numpy", "--folder", quick)
    after = json.loads((quick / "benchmarks.json").read_text(encoding="utf-8"))["figures"]
    assert after["browsing"] == before["browsing"]
    assert len(after["w1"]["numpy"]["runs"]) == 1
    assert after["w1"] != before["w1"]


def test_a_work_that_there_is_not() -> None:
    done = python(BENCHMARKS / "run.py", "--only", "w9", check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("There is no w9; there are browsing, ")
