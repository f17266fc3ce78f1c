"""What is installed is what is here: every folder of the package and every template is named in pyproject.toml."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
NOT_INSTALLED = {"tests", "examples", "benchmarks", "docs", ".ci"}


def settings() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def tracked() -> list[Path]:
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [Path(line) for line in done.stdout.splitlines()]


def test_every_folder_with_code_is_a_listed_package() -> None:
    folders = {
        path.parent for path in tracked() if path.suffix == ".py" and path.parts[0] not in NOT_INSTALLED
    }
    names = {".".join(("kerasweep", *folder.parts)) for folder in folders}
    assert names == set(settings()["tool"]["setuptools"]["packages"])


def test_every_template_is_package_data() -> None:
    patterns = settings()["tool"]["setuptools"]["package-data"]
    for path in tracked():
        if path.parts[0] not in NOT_INSTALLED and "templates" in path.parts:
            assert "templates/*" in patterns[".".join(("kerasweep", *path.parent.parent.parts))]


def test_constraints_name_versions_and_nothing_else() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert all(
        line.startswith("#") or re.fullmatch(r"[A-Za-z0-9_.-]+==[A-Za-z0-9.+]+", line) for line in lines
    )
    pinned = {line.split("==")[0].lower().replace("_", "-") for line in lines if "==" in line}
    for dependency in settings()["project"]["dependencies"]:
        assert re.split(r"[><=]", dependency)[0] in pinned
