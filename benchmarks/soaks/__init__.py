"""Long runs in which something is broken on purpose, over and over; ``benchmarks/soak.py`` runs them."""

from __future__ import annotations

from soaks.contract import Soak
from soaks.driver import SOAKS as OF_DRIVER
from soaks.many_trials import SOAKS as OF_MANY_TRIALS
from soaks.readers import SOAKS as OF_READERS
from soaks.worker import SOAKS as OF_WORKER

SOAKS: tuple[Soak, ...] = (*OF_DRIVER, *OF_WORKER, *OF_READERS, *OF_MANY_TRIALS)
"""All of them, in the order of the page."""
