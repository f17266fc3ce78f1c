"""Cards of a study's health: one for each finding, and one that says what was looked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..studies.health import findings_sentence
from .cards import Card, Content, card

if TYPE_CHECKING:
    from .view import StudyView

_LOOKED_FOR = (
    "Looked for: scores no better than a constant prediction, models that are stuck, failures of one kind, folds that "
    "disagree, noise larger than the differences, best values at the edge of their range, curves that still improve at the "
    "last epoch, overfitting, too few trials, hyperparameters without effect, repetitions, and whether the search has "
    "converged."
)


@card("checks", "What was looked for", "Health")
def health(view: StudyView) -> Content:
    """Say how many findings there are, and what the checks are."""
    if not view.study.trained:
        return Content("Not yet: no trial has ended.", ready=False)
    return Content(findings_sentence(view.findings) or "No finding asks for anything.", note=_LOOKED_FOR)


def finding_cards(view: StudyView) -> list[Card]:
    """Return a card for each finding, warnings first."""
    return [
        Card(
            f"health-{one.kind}",
            one.title,
            Content(one.sentence, note=one.what_to_do, tone=one.severity),
            "Health",
        )
        for one in view.findings
    ]
