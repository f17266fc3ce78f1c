"""The programs of a process: traced once, used again, dropped when they are many or large."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from tensorflow.python.eager import context

from ..garbage import Garbage
from .program import Program

MOST_PROGRAMS = 32
MOST_BYTES = 512 * 2**20
"""Of the programs' variables and graphs."""


class ProgramCache:
    """Programs by architecture; the one that was used longest ago goes first."""

    def __init__(self, most_programs: int = MOST_PROGRAMS, most_bytes: int = MOST_BYTES) -> None:
        self._most_programs = most_programs
        self._most_bytes = most_bytes
        self._programs: OrderedDict[tuple[str, int], Program] = OrderedDict()
        self._count = 0
        self._garbage = Garbage()

    def find(self, key: str, values: Sequence[Sequence[float]]) -> Program | None:
        """Return a program of an architecture that floats may be loaded into, those of each fold."""
        for entry, program in self._programs.items():
            if entry[0] == key and program.fits(values):
                self._programs.move_to_end(entry)
                return program
        return None

    def keep(self, key: str, program: Program) -> None:
        """Keep a program, in place of others where there are too many or too large ones."""
        self._count += 1
        self._programs[key, self._count] = program
        while len(self._programs) > 1 and self._is_full():
            _, dropped = self._programs.popitem(last=False)
            self._garbage.add(dropped.bytes)
            del dropped
        if self._garbage.free():
            context.context().clear_kernel_cache()  # which has what was dropped ready to run

    def _is_full(self) -> bool:
        total = sum(program.bytes for program in self._programs.values())
        return len(self._programs) > self._most_programs or total > self._most_bytes

    def __len__(self) -> int:
        return len(self._programs)
