"""The card of a study that changed each hyperparameter a little: how far each change moves the score."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from ..studies.comparison import Effect, sensitivity
from .axis_selection import BARS
from .cards import Content, Figure, Row, Table, card, columns_of, not_yet
from .theme import ACCENT, BEST, QUIET, labels, plain, themed, translucent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .view import StudyView


@card("sensitivity", "What a small change does")
def small_changes(view: StudyView) -> Content:
    """Rank small changes by how far they move the score, and say which cannot be told from noise."""
    found = sensitivity(view.study, view.trials)
    if found is None or not found.changes:
        return not_yet("no small change has ended.")
    moves = f">{view.study.metric} moves by"
    columns = columns_of("Hyperparameter", "Change", moves, ">Seeds", "")
    rows = tuple(
        Row(
            (effect.name, effect.change, effect.text, str(len(effect.trials)), effect.verdict),
            highlighted=effect.is_told,
        )
        for effect in found.changes
    )
    caption = f"Each change beside {len(found.start)} trainings of the start, which differ by their seed"
    drawn = tornado_rows(found.changes)
    figures = (Figure("How far small changes move the score", tornado(found.changes, view.study.metric)),)
    note = (
        "± standard error, paired by seed and fold: what the start's seeds differ by, which more seeds make smaller, and "
        "what the folds differ by beyond that, corrected for the overlap of their training rows (Nadeau and Bengio 2003). "
        "More than noise is judged for each change by itself, at 5 %. Positive is better than the start."
    )
    return Content(found.sentence, Table(caption, columns, rows), figures if drawn else (), note=note)


def tornado_rows(effects: Sequence[Effect]) -> dict[str, list[Effect]]:
    """Return the changes of each hyperparameter that were trained whole, those that move the score most first.

    Changes of one hyperparameter stand in order of the value that they change it to, where values have one.
    """
    found: dict[str, list[Effect]] = {}
    for effect in effects:
        if effect.shift is not None:
            found.setdefault(effect.name, []).append(effect)
    for changes in found.values():
        if all(isinstance(effect.after, int | float) for effect in changes):
            changes.sort(key=lambda effect: float(effect.after))  # type: ignore[arg-type]
    return found


def tornado(effects: Sequence[Effect], metric: str) -> go.Figure:
    """Draw how far each change moves the score, bars with their errors, the largest on top; those within noise are quiet.

    Args:
        effects: Those that move the score most first.
        metric: Name of the objective.
    """
    rows = dict(reversed(list(tornado_rows(effects).items())[:BARS]))
    names = labels(rows)
    figure = go.Figure()
    for place in range(max(map(len, rows.values()), default=0)):
        having = [(name, changes[place]) for name, changes in rows.items() if place < len(changes)]
        shown = [effect for _, effect in having]
        means = [effect.shift.mean for effect in shown if effect.shift]
        figure.add_bar(
            x=means,
            y=[names[name] for name, _ in having],
            orientation="h",
            error_x={
                "type": "data",
                "array": [effect.standard_error or 0 for effect in shown],
                "color": QUIET,
                "thickness": 1.5,
                "width": 4,
            },
            marker={
                "color": [
                    translucent(QUIET, 0.45) if not effect.is_told else BEST if mean > 0 else ACCENT
                    for effect, mean in zip(shown, means, strict=True)
                ]
            },
            customdata=[f"{plain(effect.change)}: {effect.text}, {effect.verdict}" for effect in shown],
            hovertemplate="%{y} %{customdata}<extra></extra>",
        )
    figure.add_vline(x=0, line={"color": QUIET, "width": 1})
    figure.update_layout(showlegend=False, barmode="group", bargap=0.3)
    figure.update_yaxes(type="category")
    bars = sum(map(len, rows.values()))
    return themed(figure, height=90 + 22 * max(bars, 2), x=f"{metric} better by ± standard error")
