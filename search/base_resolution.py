"""What a space of the family ``transfer`` says of its bases is checked against their files."""

from __future__ import annotations

from ..errors import SpecError
from ..spaces import Space
from ..spaces.catalogue import entry
from ..training.models import find_bases, read_saved
from .spec import SpaceSpec


def resolve_bases(space: Space, asked: SpaceSpec) -> tuple[Space, dict[str, str]]:
    """Return a space whose bases are here, and a digest of the content of each one's file.

    Where all bases are files that read pictures of one size, their own, there is no ``picture_size`` to choose.

    Raises:
        ModelError: The file of a base is not here, and cannot be downloaded, or is none.
        SpecError: A base does not read pictures of the size that is asked for.
    """
    if "base" not in space:
        return space, {}
    names = [str(name) for name in space["base"].values()]
    digests = find_bases(names)
    files = [name for name in names if entry("base").names_file(name)]
    own = {name: size for name in files if (size := read_saved(name).size) is not None}
    if not own or "picture_size" not in space:
        return space, digests
    sides = [(side, side) for side in space["picture_size"].values()]
    if all(size == side for size in own.values() for side in sides):
        return space, digests
    if len(own) == len(names) and "picture_size" not in (*asked.set, *asked.fix):
        return space.without(("picture_size",)), digests
    name, (height, width) = next(iter(own.items()))
    raise SpecError(
        f"The base {name} reads pictures of {height}x{width} and of no other size: search it by itself, "
        f"with --fix base={name} and without picture_size."
    )
