"""What a search is told by a study of another table of the same family."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from kerasweep.search.learning import Learned, learn
from kerasweep.search.lessons import Lesson, read_lesson
from simulation.simulate import Method, described, simulate
from simulation.table import Table

KINDS = ("learned", "misled")
"""From another table's study as it is; from the same with every comparison the other way round, its worst taken for best."""
COST = 12.0
"""Of the study that is learned from, in whole trainings."""
TEACHER = "knowhow"
"""Its search."""


def learned_from(table: Table, others: Sequence[Table], kind: str, seed: int) -> Learned | None:
    """Return what the table's partner tells: the next of its family, in order of name; None where it is alone.

    Args:
        table: What is searched.
        others: All tables, itself among them.
        kind: One of ``KINDS``.
        seed: Of the study on the partner.
    """
    family = {one.name: one for one in others if one.family == table.family and one.space == table.space}
    names = sorted(family)
    partner = family[names[(names.index(table.name) + 1) % len(names)]]
    if partner.name == table.name:
        return None
    lesson = _lesson(partner, table, seed)
    return learn(table.space, [lesson if kind == "learned" else replace(lesson, wins=1.0 - lesson.wins)])


@cache
def _lesson(partner: Table, table: Table, seed: int) -> Lesson:
    """Return what a study on the partner tells about a table; all methods learn from the same one."""
    found: list[Lesson] = []
    simulate(
        partner,
        Method.named(TEACHER),
        "file",
        seed,
        until=COST,
        read=lambda study: found.append(read_lesson(study, table.space, described(table))),
    )
    return found[0]
