"""What ``kerasweep doctor`` finds of Python and its packages, whose metadata are read: none is imported."""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec

from .finding import Finding

PACKAGES = ("kerasweep", "tensorflow", "keras", "keras-tuner", "optuna", "scikit-learn", "pandas", "plotly")
OLDEST = (3, 11)
_OF_EXTRA = re.compile(r"""^([A-Za-z0-9._-]+).*;.*\bextra\s*==\s*["']([A-Za-z0-9._-]+)["']""")


def python() -> Iterator[Finding]:
    """Tell which Python runs."""
    text = f"{platform.python_version()} at {sys.executable}"
    oldest = ".".join(map(str, OLDEST))
    yield Finding("python", text, sys.version_info >= OLDEST, f"Kerasweep runs on Python {oldest} or later")


def packages() -> Iterator[Finding]:
    """Tell which packages there are of those that no sweep does without."""
    found = {package: _version(package) for package in PACKAGES}
    yield Finding("packages", ", ".join(f"{name} {one}" for name, one in found.items() if one))
    missing = [name for name, one in found.items() if not one]
    if missing or find_spec("tensorflow") is None:
        missing = missing or ["tensorflow"]
        yield Finding("missing", ", ".join(missing), fine=False, todo=f"pip install {' '.join(missing)}")


def extras() -> Iterator[Finding]:
    """Tell which of the optional extras are there, and which are not."""
    try:
        needed = requires("kerasweep") or ()
    except PackageNotFoundError:
        return  # which is among the packages that are missing
    found: dict[str, list[str]] = {}
    for line in needed:
        if match := _OF_EXTRA.match(line):
            found.setdefault(match[2], []).append(match[1])
    here = {extra: names for extra, names in found.items() if all(map(_version, names))}
    missing = ",".join(extra for extra in found if extra not in here)
    text = ", ".join(f"{extra} ({names[0]} {_version(names[0])})" for extra, names in here.items()) or "none"
    yield Finding(
        "extras", text + (f"; what adds the others: pip install 'kerasweep[{missing}]'" if missing else "")
    )


def _version(package: str) -> str:
    """Return which version of a package there is; empty where there is none."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
