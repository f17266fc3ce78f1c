"""What a container or a scheduler leaves of the memory of a machine."""

from __future__ import annotations

from pathlib import Path

import pytest
from kerasweep.training import control_groups, machine

NEW = {"memory.max": "1000\n", "memory.current": "700\n", "memory.stat": "anon 400\ninactive_file 250\n"}
OLD = {
    "memory.limit_in_bytes": "1000\n",
    "memory.usage_in_bytes": "700\n",
    "memory.stat": "inactive_file 1\ntotal_inactive_file 250\n",
}


@pytest.mark.parametrize(
    ("own", "folders", "left"),
    [
        ("0::/job", {"job": NEW}, 550),
        ("0::/job/step", {"job": NEW, "job/step": {**NEW, "memory.max": "max\n"}}, 550),
        ("0::/job/step", {"job": NEW, "job/step": {**NEW, "memory.max": "960\n"}}, 510),
        ("0::/of/the/host", {"": NEW}, 550),
        ("0::/job", {"job": {**NEW, "memory.current": "2000\n"}}, 0),
        ("0::/job", {"job": {**NEW, "memory.stat": "broken"}}, 300),
        ("4:cpu,memory:/job\n0::/", {"memory/job": OLD}, 550),
        ("4:memory:/of/the/host\n0::/", {"memory": OLD}, 550),
        ("4:cpu:/job\n0::/", {"cpu/job": OLD}, None),
        ("0::/job", {"job": {**NEW, "memory.max": "max\n"}}, None),
        ("0::/", {}, None),
    ],
)
def test_the_nearest_bound_counts(
    own: str,
    folders: dict[str, dict[str, str]],
    left: int | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for folder, files in folders.items():
        (tmp_path / "groups" / folder).mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (tmp_path / "groups" / folder / name).write_text(text)
    (tmp_path / "own").write_text(f"{own}\n")
    monkeypatch.setattr(control_groups, "GROUPS", tmp_path / "groups")
    monkeypatch.setattr(control_groups, "OWN", tmp_path / "own")
    assert control_groups.memory_left() == left
    if left is not None and machine.free_memory() is not None:
        assert machine.free_memory() == left
    monkeypatch.setattr(control_groups, "OWN", tmp_path / "none")
    assert control_groups.memory_left() is None
