"""Runs all works one after the other, each in a process of its own, and writes ``docs/benchmarks.md``.

``make bench`` runs it. Rounds go through all works in turn, so that a slow spell of the machine meets all of them.
Every figure is kept in ``benchmarks.json`` beside the page, which is made from that file alone (``page.py``), with the
commit that it was measured at.

    python benchmarks/run.py w1 w4 mixed.optuna   measure these again; the other figures stay
    python benchmarks/run.py growth               what no other call measures, because it takes an hour
    python benchmarks/run.py w8                   whole searches, 5 of four contestants: 80 minutes
    python benchmarks/run.py --tiny               all of it once at a tiny size, into build/benchmarks: does it run?
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from machine import describe_commit, describe_machine, describe_versions
from page import write_page
from works import LONG, MEASUREMENTS, Measurement

HERE = Path(__file__).parent
ROOT = HERE.parent
FIGURES, PAGE = "benchmarks.json", "benchmarks.md"


def main() -> None:
    """Measure, write figures and page, and print the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "works",
        nargs="*",
        help="works, or single measurements as work.name; all but growth and w8 where none is named",
    )
    parser.add_argument("--tiny", action="store_true", help="tiny sizes, one round")
    parser.add_argument("--rounds", type=int, help="at most so many rounds")
    parser.add_argument("--folder", type=Path, help="where figures and page go")
    arguments = parser.parse_args()
    chosen = choose(arguments.works, tiny=arguments.tiny)
    most = 1 if arguments.tiny else arguments.rounds or max(one.rounds for one in chosen)
    folder = arguments.folder or (ROOT / "build" / "benchmarks" if arguments.tiny else ROOT / "docs")
    folder.mkdir(parents=True, exist_ok=True)
    record = start_record(folder / FIGURES, chosen, tiny=arguments.tiny, keep=bool(arguments.works))
    here = {
        "commit": describe_commit(ROOT),
        "date": datetime.now(UTC).date().isoformat(),
        **({} if is_of_here(record) else {"on": describe_here()}),
    }
    for number in range(most):
        for one in chosen:
            if number < one.rounds:
                figures = measure(one, tiny=arguments.tiny)
                add(record, one, figures, here, tiny=arguments.tiny)
                write_record(folder / FIGURES, record)
                print(f"round {number + 1}: {one.work} {one.name}: {json.dumps(figures)}", flush=True)
    print(write_page(record, folder / PAGE))
    sys.exit(1 if faults(record) else 0)


def choose(words: list[str], *, tiny: bool) -> list[Measurement]:
    """Return the measurements that a command line names; all but the long ones where it names none."""
    known = {one.work for one in MEASUREMENTS} | {f"{one.work}.{one.name}" for one in MEASUREMENTS}
    unknown = sorted(set(words) - known)
    if unknown:
        sys.exit(f"There is no {', '.join(unknown)}; there are {', '.join(sorted(known))}.")
    named = words or {one.work for one in MEASUREMENTS if tiny or one.work not in LONG}
    return [one for one in MEASUREMENTS if one.work in named or f"{one.work}.{one.name}" in named]


def start_record(path: Path, chosen: list[Measurement], *, tiny: bool, keep: bool) -> dict[str, Any]:
    """Return the record to fill: what a file holds, without the measurements that are made again.

    Where all is measured, a file of another machine or of other versions is begun afresh. Else the works that are measured
    say where; all contestants of a work are compared with each other, so that none is left of elsewhere.
    """
    fresh = {**describe_here(), "tiny": tiny, "figures": {}}
    if not path.exists():
        return fresh
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if not keep and not (is_of_here(record) and record["tiny"] == tiny):
        return fresh
    if record["tiny"] != tiny:
        sys.exit(f"{path.name} has figures of another size; measure everything again.")
    kept = {(one.work, one.name) for one in MEASUREMENTS if one not in chosen}
    record["figures"] = {
        work: {name: entry for name, entry in entries.items() if (work, name) in kept}
        for work, entries in record["figures"].items()
    }
    for work in sorted({one.work for one in chosen}):
        if not all(is_of_here(record, entry) for entry in record["figures"].get(work, {}).values()):
            sys.exit(
                f"{path.name} has figures of {work} of another machine or other versions; measure all of {work}."
            )
    return record


def describe_here() -> dict[str, Any]:
    """Return machine and versions."""
    return {"machine": describe_machine(), "versions": describe_versions()}


def is_of_here(record: dict[str, Any], entry: dict[str, Any] | None = None) -> bool:
    """Tell whether a record, or one entry of it, is of this machine and these versions."""
    found = (entry or {}).get("on", record)
    return all(found.get(key) == value for key, value in describe_here().items())


def measure(one: Measurement, *, tiny: bool) -> dict[str, Any]:
    """Run a script once and return its figures, with the seconds of the whole process."""
    script, *rest = one.arguments(tiny=tiny)
    if not (HERE / script).exists():
        return {"skipped": f"there is no {script}"}
    with tempfile.TemporaryDirectory(prefix="kerasweep-bench-", ignore_cleanup_errors=True) as scratch:
        started = time.perf_counter()
        done = subprocess.run(
            [sys.executable, str(HERE / script), *rest],
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "TMPDIR": scratch},
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = time.perf_counter() - started
    if done.returncode:
        print(done.stderr, file=sys.stderr)
        return {"error": done.stderr.strip().splitlines()[-1].replace(str(ROOT), ".")}
    return {**json.loads(done.stdout.splitlines()[-1]), "process_seconds": seconds}


def add(
    record: dict[str, Any], one: Measurement, figures: dict[str, Any], here: dict[str, Any], *, tiny: bool
) -> None:
    """Put the figures of one run into the record, with the commit, the date and, if it is another one, the machine of the measuring."""
    entries = record["figures"].setdefault(one.work, {})
    entry = entries.setdefault(one.name, {"command": " ".join(one.arguments(tiny=tiny)), **here, "runs": []})
    entry["runs"].append(figures)


def write_record(path: Path, record: dict[str, Any]) -> None:
    """Write the record, after every run, so that an interruption loses one."""
    rounded = json.loads(json.dumps(record), parse_float=lambda text: float(f"{float(text):.6g}"))
    path.write_text(json.dumps(rounded, indent=1) + "\n", encoding="utf-8")


def faults(record: dict[str, Any]) -> bool:
    """Tell whether any run failed."""
    entries = (entry for work in record["figures"].values() for entry in work.values())
    return any("error" in run for entry in entries for run in entry["runs"])


if __name__ == "__main__":
    main()
