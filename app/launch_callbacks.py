"""What happens on the page that launches: look at data, show a space, plan, start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import ALL, MATCH, Dash, Input, Output, State, no_update

from ..errors import KerasweepError
from ..search.plan import Plan
from ..search.planning import make_plan
from ..search.spec import make_spec
from ..spaces import PRESETS, Space, preset
from ..texts import count_text
from .launch_spec import read_lines, spec_of, spec_text, suggested_name
from .launch_view import FIELDS, launch_state
from .links import study_link
from .pieces import alert, error_alert
from .pressed import pressed
from .preview import options_of, preview
from .site import Site
from .space_view import space_panel, unfolded
from .uploads import save_upload, uploads_folder

_FORM = {
    **{name: State(f"launch-{name}", "value") for name in ("source", "model", "own", "more", *FIELDS)},
    "range_names": State({"type": "range", "name": ALL}, "id"),
    "range_values": State({"type": "range", "name": ALL}, "value"),
    "choice_names": State({"type": "choices", "name": ALL}, "id"),
    "choice_values": State({"type": "choices", "name": ALL}, "value"),
}
"""All fields of the page."""


def gathered(form: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a page as ``spec_of`` takes them: a model of the user's own goes before a family."""
    found = {name: form.get(name) for name in ("source", "more", *FIELDS)}
    found["model"] = (form.get("own") or "").strip() or form.get("model")
    for kind, key in (("range", "ranges"), ("choice", "choices")):
        names: Sequence[Mapping[str, Any]] = form.get(f"{kind}_names") or []
        values: Sequence[Any] = form.get(f"{kind}_values") or []
        found[key] = {
            str(one["name"]): value for one, value in zip(names, values, strict=True) if value is not None
        }
    return found


def shown_space(form: Mapping[str, Any]) -> Space | None:
    """Return the preset whose ranges a page shows."""
    model = form.get("model")
    return preset(str(model), str(form.get("preset") or "basic")) if model in PRESETS else None


def register_launch(app: Dash, site: Site) -> None:
    """Put the callbacks of launching into an app."""
    _register_data(app, site)
    _register_start(app, site)


def _register_data(app: Dash, site: Site) -> None:
    @app.callback(
        Output("launch-source", "value"),
        Output("upload-state", "children"),
        Input("upload", "contents"),
        State("upload", "filename"),
        prevent_initial_call=True,
    )
    def upload(contents: str | None, name: str | None) -> tuple[Any, Any]:
        if not contents:
            return no_update, no_update
        try:
            kept = save_upload(uploads_folder(site.storage), name or "", contents)
        except KerasweepError as error:
            return no_update, error_alert(error)
        without = (
            f" without {count_text(kept.passed_over, 'file')} of other kinds" if kept.passed_over else ""
        )
        return str(kept.path), alert(f"Kept as {kept.path}{without}.", color="green")

    @app.callback(
        Output("preview", "children"),
        Output("launch-target", "data"),
        Output("launch-model", "value"),
        Input("look", "n_clicks"),
        Input("upload-state", "children"),
        Input("launch-target", "value"),
        _FORM,
        prevent_initial_call=True,
    )
    def look(_clicks: int, _kept: Any, _target: Any, form: Mapping[str, Any]) -> tuple[Any, Any, Any]:
        if not pressed() and not form.get("source"):
            return no_update, no_update, no_update  # the fields have just come, and nothing is chosen yet
        return looked_at(site, gathered(form))

    @app.callback(
        Output("space", "children"), Input("launch-model", "value"), Input("launch-preset", "value")
    )
    def space(model: str | None, size: str) -> Any:
        return space_panel(model, size)

    @app.callback(
        Output({"type": "inside", "name": MATCH}, "children"),
        Input({"type": "open", "name": MATCH}, "n_clicks"),
        State({"type": "inside", "name": MATCH}, "id"),
        State("launch-model", "value"),
        State("launch-preset", "value"),
        prevent_initial_call=True,
    )
    def unfold(clicks: int, key: Mapping[str, str], model: str, size: str) -> Any:
        if clicks != 1:
            return no_update  # what was changed in it stays
        return unfolded(model, size, key["name"])


def looked_at(site: Site, form: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    """Return a preview, the columns to choose a target among, and a model where none was chosen."""
    source = str(form.get("source") or "").strip()

    def plan_with(model: str) -> Plan:
        asked = {**form, "model": model, "ranges": {}, "choices": {}}
        return make_plan(make_spec(spec_of(asked, None)), storage=site.storage)

    try:
        settings, _ = read_lines(form.get("more") or "")
        found = preview(source, plan_with, {**form, **settings})
    except KerasweepError as error:
        return error_alert(error), no_update, no_update
    return found.content, options_of(found.columns), no_update if form.get("model") else found.suggested


def _register_start(app: Dash, site: Site) -> None:
    @app.callback(
        Output("launch-state", "children"),
        Output("launch-job", "data"),
        Output("launch-poll", "disabled"),
        Output("plan", "disabled"),
        Output("launch", "disabled"),
        Output("url", "pathname", allow_duplicate=True),
        Input("plan", "n_clicks"),
        Input("launch", "n_clicks"),
        Input("launch-poll", "n_intervals"),
        State("launch-job", "data"),
        _FORM,
        prevent_initial_call=True,
    )
    def start(_plan: int, _launch: int, _looks: int, job: Any, form: Mapping[str, Any]) -> tuple[Any, ...]:
        if button := pressed():
            try:
                asked = gathered(form)
                job = begin(site, asked, shown_space(asked), starts=button == "launch")
            except KerasweepError as error:
                return error_alert(error), None, True, False, False, no_update
        return (*how_far(site, job or {}),)


def begin(site: Site, form: Mapping[str, Any], space: Space | None, *, starts: bool) -> dict[str, Any]:
    """Begin to plan or to launch what a form asks for; return what the page keeps of it.

    Raises:
        SpecError: The form asks for what cannot be.
        SweepError: Another command of a page runs.
    """
    nested = spec_of(form, space)
    nested.setdefault("study", suggested_name(nested, [study.name for study in site.studies()]))
    folder = site.jobs.new_folder()
    file = folder / "sweep.yaml"
    file.write_text(spec_text(nested), encoding="utf-8")
    job = site.jobs.start(["launch", str(file), "--detach" if starts else "--dry-run"], folder)
    return {"job": job.key, "study": nested["study"], "starts": starts}


def how_far(site: Site, kept: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what the page shows of a plan or launch, and where it goes once that has begun."""
    job = site.jobs.find(str(kept.get("job")))
    if job is None:
        return None, None, True, False, False, no_update
    starts = bool(kept["starts"])
    words = "Starting the sweep …" if starts else "Planning, and training two epochs for the estimate …"
    runs = job.runs
    output = job.output.removeprefix("Error: ") if job.failed else job.output
    shown = launch_state(words, output, runs=runs, failed=job.failed)
    begun = starts and not runs and not job.failed
    return shown, kept, not runs, runs, runs, study_link(str(kept["study"])) if begun else no_update
