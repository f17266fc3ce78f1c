"""What a sweep is given in Python, as objects and settings, becomes a specification, and that a plan."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .errors import StudyError
from .given_objects import objects_apart
from .search.settings import nest, put
from .studies import storage_url
from .study import Storage, Study

if TYPE_CHECKING:
    from .search.plan import Plan
    from .spaces import Space


def plan_sweep(
    data: Any = None,
    model: Any = None,
    *,
    file: str | os.PathLike[str] | None = None,
    space: Space | str | os.PathLike[str] | Sequence[str] | Mapping[str, Any] | None = None,
    sample_weight: Any = None,
    groups: Any = None,
    validation: Any = None,
    cv: Any = None,
    storage: Storage = None,
    **settings: Any,
) -> Plan:
    """Decide everything about a sweep without starting it; the arguments are those of ``launch``."""
    from .search.planning import make_plan
    from .search.spec import check_asked, make_spec
    from .search.specfile import read_spec
    from .training.data.source_data import FROM_PYTHON
    from .training.models import reference_of

    beside = {"sample_weight": sample_weight, "groups": groups, "validation": validation}
    data, cv, settings = objects_apart(data, {**settings, **beside, "cv": cv})
    if (given := settings.get("learn_from")) is not None:
        listed = given if isinstance(given, list | tuple) else [given]
        settings["learn_from"] = [_study_name(study, storage) for study in listed]
    if "from_study" in settings:
        settings["from_study"] = _study_name(settings["from_study"], storage)
    nested = nest(settings)
    given_data = None if data is None or isinstance(data, str | os.PathLike) else data
    given_model = None if isinstance(model, str) else model
    if given_data is not None:
        put(nested, ("data", "source"), f"{FROM_PYTHON}{type(getattr(data, 'data', data)).__name__}")
    elif data is not None:
        put(nested, ("data", "source"), str(data))
    if model is not None:
        nested["model"] = model if isinstance(model, str) else reference_of(model)
    if space is not None:
        nested["space"] = {**nested.get("space", {}), **_space_part(space, model, settings.get("set"))}
    if file is not None:
        spec = read_spec(file, nested)
    else:
        spec = make_spec(nested)
        check_asked(spec, nested)
    return make_plan(spec, data=given_data, model=given_model, cv=cv, storage=storage_url(storage))


def _space_part(space: Any, model: Any, ranges: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the part of a specification that ``space=`` means, beside the new ranges of ``set=``.

    Of a mapping of names to ranges, the rest of a family's preset stays as recommended, as of a list of names; for a function,
    it is the whole space.
    """
    from .search.spec import space_part
    from .spaces import Space, parse_range, space_to_dict

    if isinstance(space, Mapping) and space:
        if model is None or (isinstance(model, str) and ":" not in model):
            said = {name: written for name, written in space.items() if written is not None}
            return {"pick": list(space), "set": {**said, **(ranges or {})}}
        space = Space(tuple(parse_range(name, written) for name, written in space.items()))
    return {"define": space_to_dict(space)} if isinstance(space, Space) else space_part(space)


def _study_name(study: Any, storage: Storage) -> Any:
    """Return the name of a study that is given as an object; else what is given.

    Raises:
        StudyError: It lies in another storage.
    """
    if not isinstance(study, Study):
        return study
    if study.record.storage != storage_url(storage):
        raise StudyError(f"The study '{study.name}' lies in another storage than the new one.")
    return study.name
