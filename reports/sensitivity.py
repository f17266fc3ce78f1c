"""The card of a study that changed each hyperparameter a little: how far each change moves the score."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from ..studies.comparison import Effect, sensitivity
from .axis_selection import BARS
from .cards import Column, Content, Figure, Row, Table, card, not_yet
from .theme import ACCENT, BEST, QUIET, plain, themed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .view import StudyView


@card("sensitivity", "What a small change does")
def small_changes(view: StudyView) -> Content:
    """Rank small changes by how far they move the score, and say which cannot be told from noise."""
    found = sensitivity(view.study, view.trials)
    if found is None or not found.changes:
        return not_yet("no small change has ended.")
    columns = (
        Column("Hyperparameter"),
        Column("Change"),
        Column(f"{view.study.metric} moves by", numeric=True),
        Column("Seeds", numeric=True),
        Column(""),
    )
    rows = tuple(
        Row(
            (effect.name, effect.change, effect.text, str(len(effect.trials)), effect.verdict),
            highlighted=effect.is_told,
        )
        for effect in found.changes
    )
    caption = f"Each change beside {len(found.start)} trainings of the start, which differ by their seed"
    drawn = [effect for effect in found.ranking if effect.shift is not None][:BARS]
    figures = (Figure("The change of each hyperparameter that moves the score most", _figure(drawn, view)),)
    note = (
        "± standard error, paired by seed and fold: what the start's seeds differ by, which more seeds make smaller, and "
        "what the folds differ by beyond that, corrected for the overlap of their training rows (Nadeau and Bengio 2003). "
        "More than noise is judged for each change by itself, at 5 %. Positive is better than the start."
    )
    return Content(found.sentence, Table(caption, columns, rows), figures if drawn else (), note=note)


def _figure(effects: Sequence[Effect], view: StudyView) -> go.Figure:
    """Draw a point with its error for each change, the largest on top; those within noise are quiet."""
    rows = list(reversed(effects))
    names = [plain(f"{effect.name}: {effect.change}") for effect in rows]
    colours = [(BEST if effect.shift.mean > 0 else ACCENT) if effect.is_told else QUIET for effect in rows]  # type: ignore[union-attr]
    figure = go.Figure()
    figure.add_vline(x=0, line={"color": QUIET, "width": 1})
    for name, colour, effect in zip(names, colours, rows, strict=True):
        error = {"type": "data", "array": [effect.standard_error or 0], "color": colour, "thickness": 2}
        figure.add_scatter(
            x=[effect.shift.mean],  # type: ignore[union-attr]  # those without are not drawn
            y=[name],
            error_x={**error, "width": 6},
            mode="markers",
            marker={"size": 11, "color": colour, "symbol": "diamond"},
            customdata=[f"{effect.text}, {effect.verdict}"],
            hovertemplate="%{y}: %{customdata}<extra></extra>",
        )
    figure.update_layout(showlegend=False)
    figure.update_yaxes(type="category")
    words = f"{view.study.metric} better by ± standard error"
    return themed(figure, height=90 + 34 * max(len(rows), 1), x=words)
