"""KerasTuner's oracles as proposers: ``kt-random``, ``kt-grid``, ``kt-bayes``, ``kt-hyperband``."""

from .brackets import hyperband_trials
from .proposers import make_oracle

__all__ = ["hyperband_trials", "make_oracle"]
