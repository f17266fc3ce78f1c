"""Uploads are data under safe names beside the database, and nothing else."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kerasweep.app import uploads
from kerasweep.app.uploads import safe_name, save_upload, uploads_folder
from kerasweep.errors import DataError, OutputError

if TYPE_CHECKING:
    from pathlib import Path


def sent(data: bytes) -> str:
    return f"data:text/csv;base64,{base64.b64encode(data).decode()}"


def test_a_file_is_kept_once_and_only_for_its_owner(tmp_path: Path) -> None:
    folder = tmp_path / "studies.db.uploads"
    path = save_upload(folder, "my data.csv", sent(b"a,b\n1,2\n")).path
    assert path == save_upload(folder, "my data.csv", sent(b"a,b\n1,2\n")).path
    assert path != save_upload(folder, "my data.csv", sent(b"a,b\n1,3\n")).path
    assert path.read_bytes() == b"a,b\n1,2\n"
    assert path.name == "my-data.csv"
    assert folder.stat().st_mode & 0o077 == 0
    assert uploads_folder(f"sqlite:///{tmp_path / 'studies.db'}") == folder


@pytest.mark.parametrize(
    "name", ["x.py", "x.keras", "x.yaml", "x.csv.py", "", "csv", "x.pkl", "x.html", ".csv/../x"]
)
def test_what_is_no_data_is_refused(name: str) -> None:
    with pytest.raises(DataError, match="Only data"):
        safe_name(name)


@given(st.text(), st.sampled_from(uploads.SUFFIXES))
def test_names_lead_nowhere(stem: str, suffix: str) -> None:
    safe = safe_name(stem + suffix)
    assert "/" not in safe
    assert "\\" not in safe
    assert not safe.startswith((".", "-"))
    assert len(safe) < 80
    assert safe.endswith(suffix) or suffix in (".csv.gz",)


@pytest.mark.parametrize("name", ["../../etc/x.csv", "C:\\Users\\x.csv", "/root/x.csv"])
def test_paths_are_left_out(name: str) -> None:
    assert safe_name(name) == "x.csv"


def test_what_does_not_arrive_whole_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for contents in ("", "data:text/csv;base64,a", "data:text/csv;base64,%%%%", "nothing"):
        with pytest.raises(DataError):
            save_upload(tmp_path, "x.csv", contents)
    monkeypatch.setattr(uploads, "LARGEST", 10)
    with pytest.raises(DataError, match="larger than"):
        save_upload(tmp_path, "x.csv", sent(b"x" * 100))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        save_upload(tmp_path / "file", "x.csv", sent(b"a"))
