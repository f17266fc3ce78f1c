from __future__ import annotations

import contextlib
import stat
from pathlib import Path

import pytest
from kerasweep.errors import OutputError
from kerasweep.export.files import new_folder, write_file


def fill(folder: Path, word: str = "new") -> None:
    (folder / "bundle.json").write_text(word)


def listing(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "winner.yaml"
    write_file(path, "a: 1\n")
    write_file(path, "ä: 2\n")
    assert path.read_bytes() == "ä: 2\n".encode()
    assert listing(path.parent) == ["winner.yaml"]
    assert stat.S_IMODE(path.stat().st_mode) & 0o444 == 0o444


def test_a_file_cannot_take_a_folders_place(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="is a folder"):
        write_file(tmp_path, "x")
    (tmp_path / "plain").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        write_file(tmp_path / "plain" / "x.yaml", "x")


def test_a_folder_appears_when_it_is_full(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "model"
    with new_folder(target) as fresh:
        fill(fresh)
        assert not target.exists()
    assert listing(target) == ["bundle.json"]
    assert listing(target.parent) == ["model"]


@pytest.mark.parametrize("before", ["nothing", "empty", "export"])
def test_after_an_error_all_is_as_it_was(tmp_path: Path, before: str) -> None:
    target = tmp_path / "model"
    if before != "nothing":
        target.mkdir()
    if before == "export":
        fill(target, "old")
    with contextlib.suppress(ZeroDivisionError), new_folder(target) as fresh:
        fill(fresh)
        fill(fresh, str(1 // 0))
    assert listing(tmp_path) == ([] if before == "nothing" else ["model"])
    if before == "export":
        assert (target / "bundle.json").read_text() == "old"


def test_an_earlier_export_is_replaced_and_other_files_stay(tmp_path: Path) -> None:
    target = tmp_path / "model"
    target.mkdir()
    fill(target, "old")
    (target / "rows.csv").write_text("mine")
    with new_folder(target) as fresh:
        fill(fresh)
    assert (target / "bundle.json").read_text() == "new"
    assert (target / "rows.csv").read_text() == "mine"
    assert listing(tmp_path) == ["model"]


def test_a_folder_of_something_else_is_refused_unless_asked_for(tmp_path: Path) -> None:
    target = tmp_path / "photos"
    target.mkdir()
    (target / "cat.jpg").write_text("mine")
    with pytest.raises(OutputError, match="is not empty and no earlier export"), new_folder(target):
        pytest.fail("nothing may be made for a place that is taken")
    with new_folder(target, overwrite=True) as fresh:
        fill(fresh)
    assert listing(target) == ["bundle.json", "cat.jpg"]


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "model").write_text("")
    with (
        pytest.raises(OutputError, match="is a file; name a folder"),
        new_folder(tmp_path / "model", overwrite=True),
    ):
        pytest.fail("nothing may be made for a place that is taken")
