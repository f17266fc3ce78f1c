"""Every format of the registry is shown and downloaded; what trains does so in a process of its own."""

from __future__ import annotations

import io
import json
import time
import zipfile
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
from app_pages import as_json, shown, text_of
from app_shelf import HOSTILE, STUDIES
from kerasweep.app.downloads import file_name
from kerasweep.app.export_view import content_of, download_link, export_words, job_state
from kerasweep.app.jobs import Jobs
from kerasweep.app.links import link
from kerasweep.errors import KerasweepError, SweepError
from kerasweep.export.formats import FORMATS, FromRefit, FromStudy

if TYPE_CHECKING:
    from app_shelf import Shelf

HOST = {"Host": "localhost"}
AT_ONCE = [form for form in FORMATS.values() if isinstance(form, FromStudy)]


@pytest.mark.parametrize("name", STUDIES)
@pytest.mark.parametrize("form", FORMATS)
def test_every_format_of_every_study_is_shown_or_says_why_not(shelf: Shelf, name: str, form: str) -> None:
    words = text_of(shown(shelf, "study", name, "export", format=form))
    assert FORMATS[form].meaning in words
    assert "cannot be shown" not in words


@pytest.mark.parametrize("form", AT_ONCE, ids=lambda form: form.name)
@pytest.mark.parametrize("trial", [None, 0])
def test_what_is_downloaded_is_what_the_format_holds(
    shelf: Shelf, form: FromStudy, trial: int | None
) -> None:
    study = shelf.site.study(HOSTILE)
    content: object
    try:
        content = content_of(form, study, trial)
    except KerasweepError as error:
        content = f"{error}\n"
    found = shelf.client.get(download_link(study, form.name, trial), headers=HOST)
    assert (found.text if form.is_text else found.data[:4]) == (content if form.is_text else content[:4])
    if found.status_code == 404:
        return
    assert found.mimetype == "application/octet-stream"
    disposition = unquote(found.headers["Content-Disposition"])
    assert disposition.startswith("attachment")
    assert not set("<>/") & set(disposition)


def test_the_report_is_downloaded(shelf: Shelf) -> None:
    found = shelf.client.get(link("_download", report="one trial"), headers=HOST)
    assert found.text.startswith("<!doctype html>")
    assert found.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"study": "ordinary"},
        {"study": "ordinary", "format": "no such"},
        {"study": "no such", "format": "yaml"},
        {"study": "ordinary", "format": "python"},
        {"study": "ordinary", "format": "yaml", "trial": "999"},
        {"job": "guess", "format": "python"},
        {"job": "../../etc", "format": "no such"},
        {"report": "no such"},
    ],
)
def test_what_cannot_be_downloaded_says_why(shelf: Shelf, query: dict[str, str]) -> None:
    found = shelf.client.get(link("_download", **query), headers=HOST)
    assert found.status_code == 404
    assert found.mimetype == "text/plain"


@pytest.mark.parametrize(
    ("name", "safe"),
    [("a/b", "a-b.py"), ("..", "study.py"), ("한국어", "한국어.py"), ("x" * 300, "x" * 80 + ".py")],
)
def test_file_names_are_safe(name: str, safe: str) -> None:
    assert file_name(name, ".py") == safe


def test_a_name_is_never_taken_for_an_option() -> None:
    words = export_words("--help", "python", 3)
    assert words[words.index("--") + 1 :] == ["--help"]


def test_jobs_run_one_at_a_time_and_hand_over_what_they_wrote(shelf: Shelf) -> None:
    jobs = shelf.site.jobs
    job = jobs.start(export_words("one trial", "json", None))
    with pytest.raises(SweepError, match="Another command"):
        jobs.start(["doctor"])
    assert "Training" in text_of(as_json(job_state(job, "json"))) or not job.runs
    job.process.wait(60)
    assert not job.failed, job.output
    found = shelf.client.get(link("_download", job=job.key, format="json"), headers=HOST)
    assert json.loads(found.data)["model"] == "dnn"
    folder = next(form.name for form in FORMATS.values() if isinstance(form, FromRefit) and form.is_folder)
    job.product.unlink()
    (job.product / "inner").mkdir(parents=True)
    (job.product / "inner" / "a.txt").write_text("x")
    packed = shelf.client.get(link("_download", job=job.key, format=folder), headers=HOST).data
    assert zipfile.ZipFile(io.BytesIO(packed)).namelist() == ["inner/a.txt"]
    failed = jobs.start(["export", "--format", "json", "--", "no such"])
    failed.process.wait(60)
    assert failed.failed
    assert "no study" in failed.output
    jobs.close()
    assert not job.folder.exists()


def test_a_storage_is_not_among_the_words_of_a_process() -> None:
    jobs = Jobs("postgresql+psycopg://user:secret@nowhere/x")
    job = jobs.start(["--version"])
    while job.runs:
        time.sleep(0.05)
    assert "secret" not in " ".join(map(str, job.process.args))
    assert job.output.startswith("kerasweep")
    jobs.close()
