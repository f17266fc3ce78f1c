"""Presets: spaces for a family of models in three sizes, and of hyperparameters that are picked by name.

They are made from the catalogue and what ``family_presets`` says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Literal, get_args

from ..errors import SpaceError, did_you_mean
from .ancestors import missing_ancestors
from .catalogue import CATALOGUE, entry
from .dependencies import parents_first
from .family_presets import FOR_TASKS, NARROW, PRESETS, Changes, Preset
from .hyperparameters import Hyperparameter
from .kinds import Categorical
from .space import Space, fits, fixed, kept_fields, narrowed

Size = Literal["basic", "standard", "full"]
SIZES: tuple[Size, ...] = get_args(Size)


def preset(family: str, size: str = "basic", *, task: str | None = None, kind: str | None = None) -> Space:
    """Return a family's preset.

    Args:
        family: One of ``PRESETS``.
        size: ``basic``, ``standard`` or ``full``.
        task: Leaves out what acts on other tasks only.
        kind: Leaves out what acts on other kinds of data only: ``table``, ``array``, ``image``, ``colour image``.

    Raises:
        SpaceError: There is no such family or size.
    """
    known = _preset(family)
    if size not in SIZES:
        raise SpaceError(f"There is no preset '{size}'.{did_you_mean(size, SIZES)}")
    if size == "basic":
        return _space(_changed(name, changes, grid=True) for name, changes in known.basic.items())
    wanted = _applying(family, task, kind)
    for_task = FOR_TASKS.get(task or "", {})
    if size == "full":  # the sweep says how many epochs
        return _space(_ranged(known, name, for_task) for name in wanted if name != "epochs")
    names = [name for name in wanted if name in known.standard or name in known.basic]
    return _space(_ranged(known, name, for_task, NARROW) for name in names)


def pick(family: str, names: Sequence[str], *, task: str | None = None, kind: str | None = None) -> Space:
    """Return a space in which the named hyperparameters vary, and the rest of the basic preset is fixed.

    What a picked one depends on is fixed at a value under which it is active.

    Raises:
        SpaceError: with every name that is not in the catalogue or does not act on the family; or two of them want
            different values of one that is not picked.
    """
    applying = _applying(family, task, kind)
    names = tuple(dict.fromkeys(names))
    faults = [why_not(name, family, task, kind) for name in names if name not in applying]
    if faults:
        raise SpaceError(" ".join(faults))
    basic, known = preset(family), _preset(family)
    start = {} if family == "own" else basic.recommended()  # a user's function reads what it likes
    made: dict[str, Hyperparameter] = {name: fixed(name, value, basic[name]) for name, value in start.items()}
    made |= {name: _ranged(known, name, FOR_TASKS.get(task or "", {})) for name in names}
    picked = [made[name] for name in names]
    made |= {ancestor.name: ancestor for ancestor in missing_ancestors(picked, names)}
    return _space(made.values())


def _preset(family: str) -> Preset:
    if family not in PRESETS:
        raise SpaceError(f"There is no preset '{family}'.{did_you_mean(family, PRESETS)}")
    return PRESETS[family]


def _applying(family: str, task: str | None, kind: str | None) -> list[str]:
    """Return the names of the hyperparameters that act on a family's models."""
    known = _preset(family)
    task, kind = task or known.task, kind or known.kind
    return [name for name, found in CATALOGUE.items() if found.applies(family, task, kind)]


def why_not(name: str, family: str, task: str | None = None, kind: str | None = None) -> str:
    """Return why a hyperparameter cannot vary for a family; an empty text where it can.

    Args:
        name: Its name.
        family: One of ``PRESETS``.
        task: As ``preset`` takes it.
        kind: As ``preset`` takes it.
    """
    if name in _applying(family, task, kind):
        return ""
    try:
        families = entry(name).families
    except SpaceError as error:
        return str(error)
    if family in families:
        return f"{name} does nothing for these data."
    return f"{name} does nothing for {family}; it acts on {', '.join(families)}."


def _ranged(known: Preset, name: str, *more: Mapping[str, Changes]) -> Hyperparameter:
    """Return a hyperparameter of the catalogue as a family uses it.

    Its grid takes the basic preset's values, the nearest of which gives way to the recommended one; else that alone.
    """
    made = _changed(name, known.ranges.get(name, {}))
    for changes in more:
        made = _made(made, changes.get(name, {}))
    grid = known.basic.get(name, {}).get("grid", ())
    if not grid or not all(fits(made, value) for value in grid):
        return replace(made, grid=(made.recommended,))
    if made.recommended in grid:
        return replace(made, grid=grid)
    near = made.nearest(grid, made.recommended)
    return replace(made, grid=tuple(made.recommended if value == near else value for value in grid))


def _changed(name: str, changes: Changes, *, grid: bool = False) -> Hyperparameter:
    made = _made(entry(name).hyperparameter, changes)
    return made if "grid" in changes or not grid else replace(made, grid=(made.recommended,))


def _made(known: Hyperparameter, changes: Changes) -> Hyperparameter:
    """Return a hyperparameter with other fields; a range becomes choices where it is given choices."""
    if not changes:
        return known
    fields = {"grid": (), "recommended_when": (), **changes}
    if "choices" in changes and not isinstance(known, Categorical):
        fields = {**kept_fields(known), "recommended": known.recommended, **fields}
        made: Hyperparameter = Categorical(known.name, **fields)
    else:
        made = replace(known, **fields)
    if "recommended_when" in changes:
        return made
    kept = tuple(one for one in known.recommended_when if fits(made, one.value))
    return replace(made, recommended_when=kept)


def _space(made: Iterable[Hyperparameter]) -> Space:
    """Return a space with parents first, without conditions and recommendations on what is absent, or what needs it."""
    return Space(narrowed(parents_first(tuple(made))))
