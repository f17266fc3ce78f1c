"""How a driver comes to its study: it makes one, goes on with one, or joins the drivers that share one on a server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

from ..errors import SpecError, StorageError, StudyError, StudyLocked, UsageError
from ..studies import StudyObjective, StudyRecord, find_study
from ..studies.lease import Sharing
from ..studies.lifecycle import create_study, drive_study
from ..studies.storage import sqlite_path
from ..studies.study_writer import StudyWriter
from ..training.data.profile import profile_of
from .plan import Plan
from .resume import with_epochs
from .spec import spec_of_study
from .spec_comparison import differences
from .unchanged import changed_bases

MAKING_SECONDS = 60.0
"""How long a driver that joins waits for another one that makes the study at this moment."""
_LOOK_SECONDS = 0.3


def check_joining(url: str, *, beside: str | None = None) -> None:
    """Refuse to join where no two drivers can share a study.

    Args:
        url: The storage.
        beside: An option that was given as well and has one driver, as it is written.

    Raises:
        UsageError: The storage is an SQLite file.
        SpecError: The option.
    """
    if sqlite_path(url) is not None:
        raise UsageError(
            "--join needs a server: an SQLite file has one writer, and a second driver would find it locked. "
            "Give the driver that runs more --workers, or copy the study to PostgreSQL or MySQL (kerasweep copy) and join it there."
        )
    if beside is not None:
        raise SpecError(f"{beside} is done by one driver; leave --join out.")


def open_study(
    plan: Plan, existing: StudyRecord | None, url: str, *, join: bool = False
) -> AbstractContextManager[StudyWriter]:
    """Return the study of a plan, open to be written.

    Args:
        plan: The plan.
        existing: The study that it continues.
        url: The storage.
        join: Whether it is shared with drivers that run it; one that is made by another driver in the meantime is joined.
    """
    if join:
        return _create_or_join(plan, existing, url)
    return _create(plan, url) if existing is None else _go_on(plan, existing, "open")


def differences_to(study: StudyRecord, plan: Plan) -> list[str]:
    """Return how a study differs from what a plan would make, in words."""
    if not study.spec or study.imported:
        return ["it was not made by Kerasweep"]
    found = differences(spec_of_study(study).as_dict(), plan.spec)  # with what was not written then
    stored = study.about["data"]["fingerprint"]
    if stored != plan.dataset.fingerprint:
        found.append(f"data: fingerprint {stored}, now {plan.dataset.fingerprint}")
    return found + changed_bases(plan, study.about)


def refuse_differing(study: StudyRecord, plan: Plan) -> None:
    """Refuse to go on with a study that differs from a plan.

    Raises:
        StudyError: with all differences.
    """
    different = differences_to(study, plan)
    if different:
        raise StudyError(
            f"The study '{study.name}' exists and differs: {'; '.join(different)}. Choose another name with --study, "
            "or the study's own settings."
        )


@contextmanager
def _create_or_join(plan: Plan, existing: StudyRecord | None, url: str) -> Iterator[StudyWriter]:
    end = time.monotonic() + MAKING_SECONDS
    with ExitStack() as stack:
        while True:
            if existing is not None:
                writer = stack.enter_context(_go_on(plan, existing, "joins"))
                break
            try:
                writer = stack.enter_context(_create(plan, url))
                break
            except (
                StudyError,
                StudyLocked,
                StorageError,
            ):  # two that make it, or the first tables, at one moment
                if time.monotonic() > end:
                    raise
            time.sleep(_LOOK_SECONDS)
            existing = find_study(str(plan.spec.study), url)
            if existing is not None:
                refuse_differing(existing, plan)
        yield writer


def _create(plan: Plan, url: str) -> AbstractContextManager[StudyWriter]:
    direction, goals = plan.workload.objective.direction, plan.workload.goals
    return create_study(
        url,
        str(plan.spec.study),
        direction,
        plan.spec.as_dict(),
        plan.about(),
        [StudyObjective(one.metric, one.direction) for one in goals.further],
        profile_of(plan.dataset, plan.workload.preparation),
        "open",
    )


def _go_on(plan: Plan, existing: StudyRecord, sharing: Sharing) -> AbstractContextManager[StudyWriter]:
    spec = plan.spec
    if plan.further is not None:  # the study's own epochs stay those of its search
        spec, sharing = with_epochs(spec, spec_of_study(existing).training.epochs), "alone"
    return drive_study(existing, spec.as_dict(), sharing)
