"""How long commands that only look take, on a large study: the whole process, from start to end."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import tell

SUPPORT = Path(__file__).parents[1] / "tests" / "support"
REPORT = "report.html"
COMMANDS = {
    "best": ("best",),
    "studies": ("studies",),
    "show": ("show", "large"),
    "compare": ("compare", "large", "other"),
    "spaces": ("spaces",),
    "report": ("report", "curves", "--output", REPORT),
}


def make_studies(folder: Path, trials: int) -> None:
    """Write two studies of that many trials each, and a third one whose trials have curves as a sweep leaves them."""
    sys.path.insert(0, str(SUPPORT))
    from synthetic import make_large_study, make_study  # type: ignore[import-not-found]  # in the path since the line above

    url = f"sqlite:///{folder / 'kerasweep.db'}"
    make_large_study(url, "other", trials=trials, seed=1)
    make_large_study(url, "large", trials=trials)
    make_study(url, "curves", trials=trials)


def time_command(words: tuple[str, ...], folder: Path) -> float:
    """Return the seconds of one command."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "kerasweep", *words], cwd=folder, capture_output=True, check=True)
    return time.perf_counter() - started


def main() -> None:
    """Tell the median seconds of each command; the first run of all warms the disk's cache and is not counted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=1000)
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="kerasweep-bench-"))
    make_studies(folder, arguments.trials)
    time_command(COMMANDS["best"], folder)
    seconds = {name: time_command(words, folder) for name, words in COMMANDS.items()}
    tell(**seconds, report_mb=(folder / REPORT).stat().st_size / 1e6)


if __name__ == "__main__":
    main()
