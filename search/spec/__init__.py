"""The specification of a sweep: everything that a study needs to be run, resumed, cloned and reproduced.

Made from the command line's flags, from keyword arguments, or from a YAML file (``search/specfile.py``), and stored with
the study with its space written out in full.
"""

from .asked import check_asked, unusual
from .data import DataSpec
from .execution import ExecutionSpec
from .reading import make_spec, spec_of_study
from .searching import SearchMethod, SearchSpec
from .space import BASES, SpaceSpec, space_part
from .sweep import SweepSpec
from .training import CvSpec, TrainingSpec, parse_objective

__all__ = [
    "BASES",
    "CvSpec",
    "DataSpec",
    "ExecutionSpec",
    "SearchMethod",
    "SearchSpec",
    "SpaceSpec",
    "SweepSpec",
    "TrainingSpec",
    "check_asked",
    "make_spec",
    "parse_objective",
    "space_part",
    "spec_of_study",
    "unusual",
]
