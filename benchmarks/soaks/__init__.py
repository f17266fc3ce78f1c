"""Long runs in which something is broken on purpose, over and over; ``benchmarks/soak.py`` runs them."""

from __future__ import annotations

from soaks.contract import Soak
from soaks.driver import SOAKS as OF_DRIVER

SOAKS: tuple[Soak, ...] = (*OF_DRIVER,)
"""All of them, in the order of the page."""
