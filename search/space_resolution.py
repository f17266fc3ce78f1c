"""Resolves which space a sweep searches: a preset, a pick of the catalogue, a file or a definition, and its changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from ..errors import SpaceError, SpecError, did_you_mean
from ..spaces import Space, apply_overrides, fixed, pick, preset, read_space, short_text, space_from_dict
from ..spaces.catalogue import CATALOGUE, GROUPS
from ..spaces.dependencies import parents_first
from ..spaces.known_names import with_known_names
from ..spaces.overrides import IN_CATALOGUE
from ..spaces.possible import check_possible
from ..spaces.presets import SIZES, Size, why_not
from ..spaces.space import narrowed
from ..spaces.values import same
from ..training.data import Dataset, applicable_hyperparameters
from ..training.models import ModelSource
from ..training.models.loading import APPLICATIONS
from .spec import SpaceSpec, SweepSpec

COLOURS = 3
_DATA = ("tabular", "data")
"""Groups of the catalogue that are about data."""


def resolve_space(
    spec: SpaceSpec, source: ModelSource, dataset: Dataset, earlier: Space | None = None
) -> Space:
    """Return the space that a specification means for a model and its data.

    Args:
        spec: What is asked for.
        source: The model.
        dataset: The data.
        earlier: What is taken from an earlier study, where that is asked for.

    Raises:
        SpaceError: It cannot be read, names what does not act on the model, or holds what is not possible.
    """
    space = apply_overrides(
        _base(spec, source, dataset, earlier),
        spec.set,
        spec.fix,
        may_add=source.open_space,
        hint=partial(_what_helps, spec, source, dataset),
    )
    check_possible(space, own=source.open_space)
    return space


def _what_helps(spec: SpaceSpec, source: ModelSource, dataset: Dataset, name: str, value: str | None) -> str:
    """Return what a user can do who names a hyperparameter, or a choice of one, that only the catalogue has."""
    if source.open_space:
        return ""
    if why := _why_idle(name, source, dataset):
        return why
    if spec.file is not None:
        return f"The catalogue has it: write it into {spec.file}."
    size = (
        None if spec.pick or spec.define or spec.from_study else _first_preset(source, dataset, name, value)
    )
    if value is not None:
        return "" if size is None else f"--preset {size} has it, too, and --set {name}={value} takes it."
    if size is None:
        return IN_CATALOGUE
    return f"--preset {size} has it; or name it in --space, beside all others that shall vary."


def _why_idle(name: str, source: ModelSource, dataset: Dataset) -> str:
    """Return why a hyperparameter of the catalogue does not act on a family and its data; an empty text where it does."""
    if name in _inapplicable(dataset):
        return f"{name} has nothing to act on in {dataset.name}."
    return why_not(name, source.name, dataset.task, _kind(dataset))


def _first_preset(source: ModelSource, dataset: Dataset, name: str, value: str | None) -> Size | None:
    """Return the smallest of a family's presets in which a hyperparameter varies, and takes a value."""
    for size in SIZES:
        space = preset(source.name, size, task=dataset.task, kind=_kind(dataset))
        if name in space and (value is None or value in space[name].values()):
            return size
    return None


def add_known_names(spec: SpaceSpec, source: ModelSource) -> tuple[ModelSource, tuple[str, ...]]:
    """Return a model whose own space has the catalogue's recommended values for names that it knows, and a note of that.

    A space that is written out says its own, and so does a range that is set.
    """
    asked = source.contract != "own" and source.name not in APPLICATIONS  # their authors say where they start
    written_out = spec.define or spec.file is not None or spec.from_study is not None
    if not asked or spec.prior == "none" or written_out:
        return source, ()
    written = (*spec.set, *spec.fix)
    known = with_known_names(source.space, defaults=source.contract == "keras_tuner", except_for=written)
    note = (f"{known} (--prior none: as the function says)",) if known.meant else ()
    return replace(source, space=known.space), note


def without_known_names(spec: SweepSpec) -> SweepSpec:
    """Return a specification whose function starts as it says."""
    return spec.model_copy(update={"space": spec.space.model_copy(update={"prior": "none"})})


def _base(spec: SpaceSpec, source: ModelSource, dataset: Dataset, earlier: Space | None) -> Space:
    if spec.define:
        return space_from_dict(spec.define)
    if earlier is not None:
        return _fitting(earlier, spec, source, dataset)
    if spec.file is not None:
        return _completed(_check_applicable(read_space(spec.file), spec.file, source, dataset), source)
    if source.contract != "own" and spec.preset not in (None, "basic"):
        raise SpecError(
            f"'{source.name}' brings a space of its own; add to it with --space NAMES, --set and --fix."
        )
    family = "own" if source.open_space else source.name
    if spec.pick:
        _check_pick(spec.pick, source, dataset)
        chosen = pick(family, spec.pick, task=dataset.task, kind=_kind(dataset))
    elif spec.preset is not None or not source.open_space:
        chosen = preset(family, spec.preset or "basic", task=dataset.task, kind=_kind(dataset))
        chosen = chosen.without(_inapplicable(dataset))
    else:
        return source.space
    return _beside_own(source, chosen, spec.pick or ())


def remarks_on_pick(spec: SpaceSpec, source: ModelSource, space: Space) -> Iterator[str]:
    """Yield what is fixed at another value than the basic preset has, because what is picked acts under it alone."""
    basic = {} if source.open_space or not spec.pick else preset(source.name).recommended()
    first = space.recommended()
    for name, value in basic.items():
        if name in spec.set or name in spec.fix or name in (spec.pick or ()) or name not in first:
            continue
        dependents = [
            one.name for one in space if any(name == condition.parent for condition in one.conditions)
        ]
        if dependents and not same(first[name], value):
            was = short_text(value)
            yield f"{name} is {short_text(first[name])}, and not {was} as in the preset, for {', '.join(dependents)}"


def _check_pick(names: Sequence[str], source: ModelSource, dataset: Dataset) -> None:
    """Refuse names that have nothing to act on.

    Raises:
        SpaceError: with all of them.
    """
    idle = [name for name in names if name in _inapplicable(dataset)]
    faults = [f"{name} has nothing to act on in {dataset.name}." for name in idle]
    ignored = _ignored(source)
    faults += [
        f"{name} does nothing for '{source.name}', which {'trains' if source.own_fit() else 'compiles'} its models itself."
        for name in names
        if name in ignored
    ]
    if faults:
        raise SpaceError(" ".join(faults))


def _ignored(source: ModelSource) -> set[str]:
    """Return the hyperparameters of the catalogue that a model ignores because it compiles, or trains, by itself."""
    if source.contract == "own" or "optimizer" in source.space:
        return set()
    read_groups = (*_DATA, *(() if source.own_fit() else ("batch", "mixing")))
    return {name for name, one in CATALOGUE.items() if one.hyperparameter.group not in read_groups} - {
        "learning_rate"
    }


def _inapplicable(dataset: Dataset) -> set[str]:
    """Return the names of the catalogue that are about data and have nothing to act on in these."""
    about_data = {one.hyperparameter.name for group in _DATA for one in GROUPS[group]}
    return about_data - applicable_hyperparameters(dataset)


def _beside_own(source: ModelSource, chosen: Space, picked: Sequence[str]) -> Space:
    """Return what is chosen of the catalogue, beside the hyperparameters that a function has of its own."""
    if not source.open_space or source.space == preset("own"):
        return chosen
    own = source.space.names
    both = parents_first((*source.space, *(one for one in chosen if one.name not in own)))
    space = Space(narrowed(both, untouched=own))
    for name in picked:
        if name not in space:
            raise SpaceError(f"{name} can never be active in the space that '{source.name}' brings.")
    return space


def _completed(space: Space, source: ModelSource) -> Space:
    """Return a family's space with the rest of its basic preset fixed, as a pick has it: its models read all of that."""
    if source.open_space:
        return space
    basic = preset(source.name)
    rest = [
        fixed(name, value, basic[name])
        for name, value in basic.recommended().items()
        if name not in space.names
    ]
    return Space(narrowed(parents_first((*space, *rest)), untouched=space.names))


def _fitting(earlier: Space, spec: SpaceSpec, source: ModelSource, dataset: Dataset) -> Space:
    """Return the space of an earlier study, which may be of other data, without what has nothing to act on in these."""
    if source.open_space:
        return earlier
    return _check_applicable(earlier.without(_inapplicable(dataset)), f"'{spec.from_study}'", source, dataset)


def _kind(dataset: Dataset) -> str:
    """Return the catalogue's word for a kind of data."""
    coloured = dataset.kind == "image" and dataset.x.shape[1:][-1:] == (COLOURS,) and dataset.x.ndim == 4
    return "colour image" if coloured else dataset.kind


def _check_applicable(space: Space, file: str, source: ModelSource, dataset: Dataset) -> Space:
    """Return the space of a file, all of which must act on a family's models; a user's function reads what it likes."""
    if source.open_space:
        return space
    fitting = [
        name for name, one in CATALOGUE.items() if one.applies(source.name, dataset.task, _kind(dataset))
    ]
    known = (*source.space.names, *fitting)
    foreign = [name for name in space.names if name not in known]
    if foreign:
        what = f"on {source.name} for {dataset.task} of {_kind(dataset)} data"
        raise SpaceError(
            "\n".join(f"{file}: {name} does not act {what}.{did_you_mean(name, known)}" for name in foreign)
        )
    return space
