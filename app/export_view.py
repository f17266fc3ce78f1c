"""Exports of a study: every format that there is, what it would hold, and a file to keep."""

from __future__ import annotations

from pathlib import Path

from dash import dcc, html
from dash.development.base_component import Component

from ..errors import KerasweepError
from ..export.files import as_bytes
from ..export.formats import FORMATS, FromRefit, FromStudy, find_format
from ..studies import StudyRecord, best_trials
from ..texts import bytes_text, count_text, number_text
from .jobs import Job
from .links import Address, link, study_link
from .pieces import alert, anchor, aria, error_alert, panel, preformatted
from .site import Site
from .study_view import study_head

CANDIDATES = 10
"""Trials that are offered, the best ones; any other is reached from its page."""
_SHOWN = 20_000
"""Letters of a preview."""
_LISTED = 50
"""Files of a folder that are listed."""


def export_page(site: Site, name: str, address: Address) -> Component:
    """Return the page of a study's exports; the address says which: ``?format=yaml&trial=4``."""
    study = site.study(name)
    number = asked_trial(address)
    form = find_format(address.query.get("format", next(iter(FORMATS))))
    return html.Div(
        [
            study_head(study, "Export"),
            html.Div(
                [_formats(study, form.name, number), _trials(study, form.name, number)], className="choices"
            ),
            _of_study(study, form, number) if isinstance(form, FromStudy) else _of_refit(study, form, number),
            _report(study),
        ]
    )


def asked_trial(address: Address) -> int | None:
    """Return the trial that an address asks for; None for the best."""
    word = address.query.get("trial", "")
    return int(word) if word.isdecimal() and len(word) < 10 else None


def download_link(study: StudyRecord, form: str, trial: int | None) -> str:
    """Return the address of a file that is made at once."""
    return link("_download", study=study.name, format=form, trial=trial)


def content_of(form: FromStudy, study: StudyRecord, trial: int | None) -> str | bytes:
    """Return what a format holds; one of all trials takes none in particular."""
    return form.content(study, None if form.all_trials else trial)


def _formats(study: StudyRecord, chosen: str, trial: int | None) -> Component:
    items = [_choice(study, form, form, trial, on=form == chosen) for form in FORMATS]
    return html.Nav([html.Span("Format", className="label"), *items], **aria(label="Format"))


def _trials(study: StudyRecord, form: str, chosen: int | None) -> Component:
    best = best_trials(study, CANDIDATES)
    offered: list[tuple[int | None, str]] = [
        (trial.number, f"{trial.number} · {number_text(trial.score)}") for trial in best
    ]
    if not study.has_several:
        offered.insert(0, (None, "the best"))
    if chosen is not None and chosen not in [number for number, _ in offered]:
        offered.append((chosen, str(chosen)))
    items = [_choice(study, words, form, number, on=number == chosen) for number, words in offered]
    return html.Nav([html.Span("Trial", className="label"), *items], **aria(label="Trial"))


def _choice(study: StudyRecord, words: str, form: str, trial: int | None, *, on: bool) -> Component:
    return anchor(
        words,
        study_link(study.name, "export", format=form, trial=trial),
        className="choice on" if on else "choice",
        **aria(**({"current": "true"} if on else {})),
    )


def _of_study(study: StudyRecord, form: FromStudy, trial: int | None) -> Component:
    try:
        content = content_of(form, study, trial)
    except KerasweepError as error:
        return panel(form.name, error_alert(error), reading=form.meaning)
    size = bytes_text(len(as_bytes(content)))
    button = html.A(
        f"Download ({size})", href=download_link(study, form.name, trial), className="action", id="download"
    )
    shown = [text_preview(content, f"Preview of {form.name}")] if isinstance(content, str) else []
    return panel(form.name, html.P(button), *shown, reading=form.meaning)


def text_preview(text: str, label: str) -> Component:
    """Return the beginning of a text."""
    rest = len(text) - _SHOWN
    more = f"\n… and {count_text(rest, 'more letter')}" if rest > 0 else ""
    return preformatted(text[:_SHOWN] + more, label)


def _of_refit(study: StudyRecord, form: FromRefit, trial: int | None) -> Component:
    button = html.Button("Train it and write the file", id="refit", className="action", n_clicks=0)
    return panel(
        form.name,
        html.P("The trial is trained on all training rows first, in a process of its own.", className="note"),
        html.P(button),
        html.Div(id="job", **aria(live="polite")),
        dcc.Interval(id="job-poll", interval=1000, disabled=True),
        dcc.Store(id="job-of", data={"study": study.name, "format": form.name, "trial": trial, "job": None}),
        reading=form.meaning,
    )


def export_words(name: str, form: str, trial: int | None) -> list[str]:
    """Return the command that writes a format which needs training."""
    which = [] if trial is None else ["--trial", str(trial)]
    return ["export", "--format", form, *which, "--output", "{product}", "--", name]


def job_state(job: Job | None, form: str) -> Component:
    """Return how far a job is: what it prints, then what it wrote."""
    if job is None:
        return alert("The server does not know of it any more; start it again.", color="red")
    if job.runs:
        return html.Div([html.P("Training …", className="waiting"), preformatted(job.output, "Output")])
    if job.failed:
        return error_alert(job.output.removeprefix("Error: ").strip() or "It ended without a word.")
    button = html.A(
        "Download", href=link("_download", job=job.key, format=form), className="action", id="download"
    )
    return html.Div([html.P(button), _product(job.product)])


def _product(path: Path) -> Component:
    """Return what was written: a text as it is, a folder's files by name and size."""
    if path.is_dir():
        files = sorted(part for part in path.rglob("*") if part.is_file())
        lines = [
            f"{part.relative_to(path).as_posix()}  {bytes_text(part.stat().st_size)}"
            for part in files[:_LISTED]
        ]
        if (rest := len(files) - _LISTED) > 0:
            lines.append(f"and {count_text(rest, 'more file')}")
        return preformatted("\n".join(lines), "Files")
    content = path.read_bytes()
    try:
        return text_preview(content.decode(), "Preview")
    except UnicodeDecodeError:
        return html.P(bytes_text(len(content)))


def _report(study: StudyRecord) -> Component:
    button = html.A(
        "Download report.html", href=link("_download", report=study.name), className="action quiet"
    )
    return panel("Report", html.P(button), reading="All cards in one HTML file that needs no network.")
