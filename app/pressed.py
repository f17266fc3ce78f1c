"""Which button was pressed: a page that has just come calls its callbacks as well, with counts of 0."""

from __future__ import annotations

from dash import ctx


def pressed() -> str | None:
    """Return the id of the button whose press called this callback; None where something else did.

    Dash calls a callback for inputs that another callback has put into the page, in spite of ``prevent_initial_call``,
    where one of its outputs was there before.
    """
    key = ctx.triggered_id
    return str(key) if isinstance(key, str) and ctx.inputs.get(f"{key}.n_clicks") else None
