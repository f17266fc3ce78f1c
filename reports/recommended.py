"""The winner beside the configuration that know-how suggests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..spaces import short_text
from ..studies.comparison import RecommendedRow, against_recommended, basic_names, study_space
from ..texts import ABSENT, count_text
from .axis_selection import BARS, is_wide
from .cards import Content, Figure, Row, Table, card, columns_of, not_yet
from .figures import against_recommended_figure

if TYPE_CHECKING:
    from .view import StudyView


@card("recommended", "Winner against recommended values", "Insights")
def recommended(view: StudyView) -> Content:
    """Set the winner beside the configuration that know-how suggests."""
    if study_space(view.study) is None:
        return Content("The study does not say which values were recommended.", ready=False)
    found = against_recommended(view.study, view.trials)
    if found is None:
        return not_yet("no trial is complete.")
    columns = columns_of("Hyperparameter", "Recommended", "Winner", "Difference", "Confidence", "Source")
    note = "Each line is a hyperparameter's whole range, logarithmic where the search was; choices stand in the order in which they were given."
    label = "Recommended and winning values within their ranges"
    if not is_wide(found.rows):
        caption = f"Hyperparameters of trial {found.winner} and what was recommended"
        figure = Figure(label, against_recommended_figure(found.rows))
        return Content(
            found.sentence, Table(caption, columns, _recommended_rows(found.rows)), (figure,), note=note
        )
    other = _by_share(view, [row for row in found.rows if not row.kept])
    kept = [row for row in found.rows if row.kept]
    drawn = [row for row in other if row.winner_active and row.recommended_active][:BARS]
    more = tuple(
        Table(f"{count_text(len(rows), 'hyperparameter')} of trial {found.winner} {words}", columns, made)
        for rows, words in (
            (other[BARS:], "that differ less notably"),
            (kept, "as recommended, or used by neither"),
        )
        if (made := _recommended_rows(rows))
    )
    if not other:
        return Content(found.sentence, more=more)
    shown = other[:BARS]
    caption = (
        f"{len(shown)} of {count_text(len(other), 'hyperparameter')} of trial {found.winner} that differ"
    )
    if len(shown) < len(other):
        note = f"Those that set the best trials apart most come first. {note}"
    figures = (Figure(label, against_recommended_figure(drawn)),) if drawn else ()
    return Content(
        found.sentence, Table(caption, columns, _recommended_rows(shown)), figures, more, note=note
    )


def _by_share(view: StudyView, rows: Sequence[RecommendedRow]) -> list[RecommendedRow]:
    """Return rows so that those come first that both configurations have, and of these the most important."""
    basic = basic_names(view.study.model)

    def key(row: RecommendedRow) -> tuple[bool, float, bool]:
        name = row.hyperparameter.name
        return (
            not (row.winner_active and row.recommended_active),
            -view.shares.get(name, 0.0),
            name not in basic,
        )

    return sorted(rows, key=key)


def _recommended_rows(compared: Sequence[RecommendedRow]) -> tuple[Row, ...]:
    rows = []
    for row in compared:
        parameter = row.hyperparameter
        cells = (
            parameter.name,
            short_text(row.recommended) if row.recommended_active else ABSENT,
            short_text(row.winner) if row.winner_active else ABSENT,
            row.difference or ABSENT,
            parameter.confidence,
            parameter.source,
        )
        rows.append(Row(cells))
    return tuple(rows)
