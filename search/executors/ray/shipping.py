"""What a cluster's machines cannot be expected to have: Kerasweep as it is here, and the user's own modules."""

from __future__ import annotations

import shutil
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import cloudpickle

from ....training.workload import Workload

PACKAGE = Path(__file__).parents[3]
"""Kerasweep's own folder."""
_NOT_SHIPPED = ("tests", "docs", "benchmarks", "examples", "build", "dist", "*.egg-info", "__pycache__", ".*")
_INSTALLED = {"site-packages", "dist-packages"}
"""Folders of what was installed, of whatever Python."""


def copy_package(folder: Path) -> Path:
    """Copy Kerasweep without what only its clone has, and return the copy, whose folder is called as it is imported."""
    return Path(shutil.copytree(PACKAGE, folder / "kerasweep", ignore=shutil.ignore_patterns(*_NOT_SHIPPED)))


@contextmanager
def by_value(workload: Workload) -> Iterator[Workload]:
    """Yield a workload that is pickled with the code of its user's modules.

    Raises:
        ModelError: The module of its model cannot be imported.
    """
    source = workload.model
    if ":" in source.name and source.function is None:
        workload = replace(workload, model=replace(source, function=source.user_model()))
    modules = list(_users_modules())
    for module in modules:
        cloudpickle.register_pickle_by_value(module)
    try:
        yield workload
    finally:
        for module in modules:
            cloudpickle.unregister_pickle_by_value(module)


def _users_modules() -> Iterator[ModuleType]:
    """Yield the modules that were neither installed nor come with Python or Kerasweep."""
    installed = {Path(path).resolve() for path in sysconfig.get_paths().values()} | {PACKAGE.resolve()}
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if name == "__main__" or not file or not isinstance(module, ModuleType) or module.__name__ != name:
            continue
        folders = Path(file).resolve().parents
        if installed.isdisjoint(folders) and _INSTALLED.isdisjoint(folder.name for folder in folders):
            yield module
