"""How a Python process is started that lives apart from its parent: no signal to the parent's group reaches it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def apart(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return options of ``subprocess.Popen`` for a process in a group of its own, which imports from where this one does.

    Args:
        environment: What is set in it beside what is set here.
    """
    paths = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
    options: dict[str, Any] = {"env": {**os.environ, **environment, "PYTHONPATH": paths}}
    if os.name == "posix":
        options["start_new_session"] = True
    else:
        options["creationflags"] = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
    return options
