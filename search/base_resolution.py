"""What a space of the family ``transfer`` says of its bases is checked against their files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..errors import SpecError
from ..spaces import Space
from ..spaces.catalogue import entry
from ..training.models import find_bases, read_saved
from .spec import SpaceSpec


@dataclass(frozen=True)
class Bases:
    """The bases of a space."""

    digests: Mapping[str, str] = field(default_factory=dict)
    """Base -> a digest of the content of its file."""
    notes: tuple[str, ...] = ()
    """What those of the user's own are given, a sentence each."""


def resolve_bases(space: Space, asked: SpaceSpec) -> tuple[Space, Bases]:
    """Return a space whose bases are here, and what is known about them.

    Where all bases are files that read pictures of one size, their own, there is no ``picture_size`` to choose.

    Raises:
        ModelError: The file of a base is not here, and cannot be downloaded, or is none that can be used.
        SpecError: A base does not read pictures of the size that is asked for.
    """
    if "base" not in space:
        return space, Bases()
    names = [str(name) for name in space["base"].values()]
    digests = find_bases(names)
    saved = {name: read_saved(name) for name in names if entry("base").names_file(name)}
    notes = tuple(
        f"{name} is given pixels from {one.pixels[0]:g} to {one.pixels[1]:g}" for name, one in saved.items()
    )
    bases = Bases(digests, notes)
    own = {name: one.size for name, one in saved.items() if one.size is not None}
    if not own or "picture_size" not in space:
        return space, bases
    sides = [(side, side) for side in space["picture_size"].values()]
    if all(size == side for size in own.values() for side in sides):
        return space, bases
    if len(own) == len(names) and "picture_size" not in (*asked.set, *asked.fix):
        return space.without(("picture_size",)), bases
    name, (height, width) = next(iter(own.items()))
    raise SpecError(
        f"The base {name} reads pictures of {height}x{width} and of no other size: search it by itself, "
        f"with --fix base={name} and without picture_size."
    )
