"""Files for the browser to keep: exports and reports. They are made of what is stored, and change nothing."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

from flask import Flask, Response, request, send_file

from ..errors import KerasweepError
from ..export.files import as_bytes
from ..export.formats import FromStudy, find_format
from ..reports import render_report
from .export_view import asked_trial, content_of
from .jobs import Jobs
from .links import Address
from .site import Site


def add_downloads(server: Flask, site: Site, jobs: Jobs) -> None:
    """Answer ``/_download``: ``?study=...&format=...``, ``?report=...`` or ``?job=...&format=...``."""

    @server.get("/_download")
    def download() -> Response:
        asked = request.args
        try:
            if (key := asked.get("job")) is not None:
                return _of_job(jobs, key, asked.get("format", ""))
            if (name := asked.get("report")) is not None:
                page = render_report([site.study(name)])
                return _attached(page.encode(errors="xmlcharrefreplace"), file_name(name, ".html"))
            return _of_study(site, asked.get("study", ""), asked.get("format", ""), asked.get("trial", ""))
        except KerasweepError as error:
            return Response(f"{error}\n", 404, mimetype="text/plain")


def _of_study(site: Site, name: str, form: str, trial: str) -> Response:
    found = find_format(form)
    if not isinstance(found, FromStudy):
        return Response("It needs a training first.\n", 404, mimetype="text/plain")
    number = asked_trial(Address(query={"trial": trial}))
    content = content_of(found, site.study(name), number)
    return _attached(as_bytes(content), file_name(name, found.suffix, number))


def _of_job(jobs: Jobs, key: str, form: str) -> Response:
    found, job = find_format(form), jobs.find(key)
    if job is None or job.runs or job.failed or not job.product.exists():
        return Response("There is no such file.\n", 404, mimetype="text/plain")
    if job.product.is_dir():
        return _attached(_zipped(job.product), file_name(form, ".zip"))
    return _attached(job.product.read_bytes(), file_name(form, found.suffix))


def _zipped(folder: Path) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in sorted(folder.rglob("*")):
            if part.is_file():
                archive.write(part, part.relative_to(folder))
    return packed.getvalue()


def file_name(name: str, suffix: str, trial: int | None = None) -> str:
    """Return a name that any file system takes: letters, digits and hyphens of any script."""
    safe = re.sub(r"[^\w]+", "-", name).strip("-_")[:80] or "study"
    return f"{safe}{'' if trial is None else f'-trial-{trial}'}{suffix}"


def _attached(data: bytes, name: str) -> Response:
    """Return a file that a browser keeps and never shows as a page of this server."""
    return send_file(io.BytesIO(data), "application/octet-stream", as_attachment=True, download_name=name)
