"""Breaks things on purpose, over and over, and writes what came of it to ``docs/reliability.md``.

``make soak`` runs all of it. What each soak finds is kept in ``reliability.json`` beside the page, with the commit that it
was found at.

    python benchmarks/soak.py driver-sqlite driver-postgresql    these; what was found of the others stays
    python benchmarks/soak.py --size 10                          all, each ten times
    python benchmarks/soak.py --tiny                             all at a tiny size, into build/benchmarks: does it run?
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from machine import describe_commit, describe_machine, describe_versions
from soaks import SOAKS
from soaks.contract import Finding, Place, Soak
from soaks.page import make_page

ROOT = Path(__file__).parents[1]
FOUND, PAGE = "reliability.json", "reliability.md"
MOST_FAULTS = 20
"""That are kept of a soak."""


def main() -> None:
    """Run what was asked for, write page and record after each, and print the page; 1 where something did not hold."""
    arguments = parse()
    folder = arguments.folder or (ROOT / "build" / "benchmarks" if arguments.tiny else ROOT / "docs")
    folder.mkdir(parents=True, exist_ok=True)
    record = start_record(folder / FOUND)
    page, held = make_page(record), True
    for soak in choose(arguments.names):
        size = arguments.size or (soak.tiny if arguments.tiny else soak.size)
        started = time.monotonic()
        found = run(soak, size)
        held &= not found.faults
        record["soaks"][soak.name] = {
            "done": found.done,
            "faults": found.faults[:MOST_FAULTS],
            "minutes": round((time.monotonic() - started) / 60, 2),
            "commit": describe_commit(ROOT),
            "date": datetime.now(UTC).date().isoformat(),
            "processor": record["machine"]["processor"],
        }
        page = make_page(record)
        (folder / FOUND).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        (folder / PAGE).write_text(page, encoding="utf-8")
        print(f"{soak.name}: {found.done}: {'held' if not found.faults else found.faults}", flush=True)
    print(page)
    sys.exit(0 if held else 1)


def parse() -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "names", nargs="*", help=f"of {', '.join(soak.name for soak in SOAKS)}; all by default"
    )
    parser.add_argument("--size", type=int, help="how often the harm is done, in each")
    parser.add_argument("--tiny", action="store_true", help="tiny sizes")
    parser.add_argument("--folder", type=Path, help="where page and record go")
    return parser.parse_args()


def choose(names: list[str]) -> list[Soak]:
    """Return the soaks that a command line names; all where it names none."""
    unknown = sorted(set(names) - {soak.name for soak in SOAKS})
    if unknown:
        sys.exit(f"There is no {', '.join(unknown)}; there are {', '.join(soak.name for soak in SOAKS)}.")
    return [soak for soak in SOAKS if not names or soak.name in names]


def start_record(path: Path) -> dict[str, Any]:
    """Return what a file holds, as found on this machine by now."""
    record: dict[str, Any] = {"soaks": {}}
    if path.exists():
        record = json.loads(path.read_text(encoding="utf-8"))
    return {**record, "machine": describe_machine(), "versions": describe_versions()}


def run(soak: Soak, size: int) -> Finding:
    """Run a soak in a folder of its own; one that raises has not held."""
    sys.path.append(str(ROOT / "tests" / "support"))
    from forking import Forker

    folder = Path(tempfile.mkdtemp(prefix="kerasweep-soak-")).resolve()
    forker = Forker()
    try:
        return soak.run(Place(folder, forker.popen), size)
    except Exception as error:  # noqa: BLE001 - the page says what happened; others are to run
        return Finding(f"ended by {type(error).__name__}", (" ".join(str(error).split()),))
    finally:
        forker.close()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
