"""What a driver in a process of its own runs (``detached.py``): a job from standard input, and then it ends.

python -m kerasweep.driver
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .bounded_log import bounded_log
from .errors import INTERRUPTED, KerasweepError


def run(job: Mapping[str, Any]) -> int:
    """Run a sweep as its driver, and return the exit code."""
    from .search.launch import resolve_study, run_plan
    from .search.planning import make_plan
    from .search.resume import plan_resume
    from .search.spec import make_spec
    from .studies import read_study
    from .tracking import follow

    url, name = str(job["storage"]), str(job["study"])
    if "spec" in job:
        plan, existing = resolve_study(make_plan(make_spec(job["spec"]), storage=url), url, named=True)
    else:
        existing = read_study(name, url)
        plan = plan_resume(existing, job["settings"])
    with follow(plan, url, 2) as listen:
        ending = run_plan(plan, existing, url, listen, join=bool(job.get("join")))
    print(ending.describe(), flush=True)  # noqa: T201 - the log
    return INTERRUPTED if ending.reason == "interrupted" else 0


def main() -> None:
    """Run what standard input asks for; the exit codes are those of the command line."""
    from .search.interrupt import interrupt_on_all

    interrupt_on_all()
    job = json.load(sys.stdin)
    try:
        with bounded_log(sys.stdout.fileno(), Path(job["log"])):
            code = run(job)
    except KerasweepError as error:
        print(*getattr(error, "__notes__", ()), f"Error: {error}", sep="\n", flush=True)  # noqa: T201
        code = error.exit_code
    except KeyboardInterrupt:
        print("Interrupted.", flush=True)  # noqa: T201
        code = INTERRUPTED
    sys.exit(code)


if __name__ == "__main__":
    main()
