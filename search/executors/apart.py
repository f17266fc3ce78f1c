"""How a Python process is started that lives apart from its parent: no signal to the parent's group reaches it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

STORAGE_VARIABLE = "KERASWEEP_STORAGE"
"""Where an address with a password may stand, which only processes that open the storage need."""


def apart(environment: Mapping[str, str], without: Collection[str] = ()) -> dict[str, Any]:
    """Return options of ``subprocess.Popen`` for a process in a group of its own, which imports from where this one does.

    Args:
        environment: What is set in it beside what is set here.
        without: What of this process's environment it does not get.
    """
    paths = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
    own = {name: value for name, value in os.environ.items() if name not in without}
    options: dict[str, Any] = {"env": {**own, **environment, "PYTHONPATH": paths}}
    if os.name == "posix":
        options["start_new_session"] = True
    else:
        options["creationflags"] = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
    return options
