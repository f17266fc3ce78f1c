"""Nested cross-validation: the same search on each outer fold's other rows, and its winner's score on the fold.

The studies of outer folds are ordinary ones, named after the study of all training rows, so that a launch that was interrupted
goes on where it was, and each can be looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..errors import SpecError
from ..studies import StudyRecord, best_trial
from ..studies.comparison import NestedScore, nested_score, outer_name
from ..training.data import OuterFold, hold_out_fold

if TYPE_CHECKING:
    from .ending import Ending
    from .plan import Plan


def check_outer_folds(plan: Plan, folds: int, *, detach: bool = False) -> None:
    """Refuse what nested cross-validation cannot score, before anything is trained.

    Args:
        plan: Of the study of all training rows.
        folds: Outer folds.
        detach: Whether the sweep is asked to run in a process of its own, which runs one study.

    Raises:
        SpecError: It is asked to be detached, there are fewer than two outer folds, several objectives, or the sweep is one of an outer fold itself.
        DataError: The rows cannot be cut, or none of the outer folds' searches could cut theirs.
    """
    if folds < 2:
        raise SpecError(f"Nested cross-validation needs two outer folds or more, got {folds}.")
    if detach:
        raise SpecError(
            "Nested cross-validation runs several searches, one after the other; leave detach out."
        )
    if plan.workload.goals.further:
        raise SpecError(
            "Nested cross-validation scores a winner, and of several objectives none is simply the best."
        )
    if plan.spec.data.outer is not None:
        raise SpecError("The sweep holds out an outer fold already; leave outer out.")
    hold_out_fold(plan.dataset, OuterFold(1, folds).text, plan.spec.search.seed)


def score_outer_folds(
    study: StudyRecord,
    folds: int,
    plan_of: Callable[[str, str], Plan],
    run: Callable[[Plan], Ending | None],
    refit: Callable[[StudyRecord], object],
) -> NestedScore | None:
    """Search on each outer fold's other rows, and score the winner on the fold, as far as that is not done.

    Args:
        study: The study of all training rows.
        folds: Outer folds.
        plan_of: Returns the plan of an outer fold's study, by its name and its fold, ``2/5``.
        run: Runs a plan, as a new study or as the continuation of one.
        refit: Trains the winner of a study and scores it on the fold.

    Returns:
        The score; None where a search was interrupted.

    Raises:
        StudyError: A search found no winner.
    """
    for number in range(1, folds + 1):
        outer = OuterFold(number, folds).text
        ending = run(plan_of(outer_name(study.name, number, folds), outer))
        if ending is None or ending.reason == "interrupted":
            return None
        if best_trial(ending.study).number not in ending.study.refits:
            refit(ending.study)
    return nested_score(study)
