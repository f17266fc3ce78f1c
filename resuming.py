"""A study is continued here or in a process of its own, whoever asks for it in Python."""

from __future__ import annotations

from typing import Any

from .given_objects import refuse_objects, with_objects
from .studies import StudyRecord, read_study
from .tracking import follow


def resume_study(
    name: str | None,
    url: str,
    *,
    data: Any = None,
    model: Any = None,
    sample_weight: Any = None,
    groups: Any = None,
    validation: Any = None,
    cv: Any = None,
    verbose: int = 2,
    detach: bool = False,
    join: bool = False,
    **settings: Any,
) -> StudyRecord:
    """Continue a study, the last one of a storage where no name is given; the other arguments are those of ``kerasweep.resume``."""
    from .detached import start_driver
    from .search.launch import run_plan
    from .search.opening import check_joining
    from .search.resume import plan_resume

    if join:
        check_joining(url, beside="epochs=" if "epochs" in settings else None)
    record = read_study(name, url)
    beside = {"sample_weight": sample_weight, "groups": groups, "validation": validation}
    objects = with_objects(record, {"data": data, "model": model, "cv": cv, **beside})
    plan = plan_resume(record, settings, **objects)
    if detach:
        refuse_objects(**objects)
        start_driver({"settings": settings, "join": join}, record.name, url)
        return read_study(record.name, url)
    with follow(plan, url, verbose) as listen:
        return run_plan(plan, record, url, listen, join=join).study
