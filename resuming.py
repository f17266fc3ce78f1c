"""A study is continued here or in a process of its own, whoever asks for it in Python."""

from __future__ import annotations

from typing import Any

from .given_objects import OBJECTS, refuse_objects, with_objects
from .studies import StudyRecord, read_study
from .tracking import follow


def resume_study(
    name: str | None, url: str, *, verbose: int = 2, detach: bool = False, join: bool = False, **given: Any
) -> StudyRecord:
    """Continue a study, the last one of a storage where no name is given.

    Args:
        name: Its name.
        url: The storage.
        verbose: As for ``kerasweep.resume``.
        detach: The same.
        join: The same.
        **given: Objects and settings, as for ``kerasweep.resume``.
    """
    from .detached import start_driver
    from .search.launch import run_plan
    from .search.opening import check_joining
    from .search.resume import plan_resume
    from .search.settings import as_specified

    if join:
        check_joining(url, beside="epochs=" if "epochs" in given else None)
    record = read_study(name, url)
    objects = with_objects(record, {one: given.pop(one) for one in OBJECTS if one in given})
    plan = plan_resume(record, given, **objects)
    if detach:
        refuse_objects(**objects)
        settings = as_specified(given, plan.spec.as_dict())
        start_driver({"settings": settings, "join": join}, record.name, url)
        return read_study(record.name, url)
    with follow(plan, url, verbose) as listen:
        return run_plan(plan, record, url, listen, join=join).study
