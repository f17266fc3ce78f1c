"""Kerasweep: cross-validated hyperparameter search for Keras models.

Public names load on first use (PEP 562), so that ``import kerasweep`` costs nothing and browsing a study
never imports TensorFlow.
"""

from __future__ import annotations

import random
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_PUBLIC = {
    "Categorical": ".spaces",
    "Dataset": ".training.data",
    "Float": ".spaces",
    "Int": ".spaces",
    "KerasweepError": ".errors",
    "Signature": ".training.models",
    "Space": ".spaces",
    "Study": ".study",
    "SweepCV": ".sweep_cv",
    "SweepSpec": ".search.spec",
    "backup": ".moving",
    "compare": ".api",
    "copy": ".moving",
    "import_keras_tuner": ".api",
    "launch": ".api",
    "learn": ".api",
    "list_studies": ".api",
    "load": ".api",
    "load_model": ".api",
    "plan_sweep": ".arguments",
    "preset": ".spaces",
    "report": ".api",
    "resume": ".api",
}

__all__ = ["__version__", *_PUBLIC]  # noqa: PLE0604 - the names are the keys of a literal above

if TYPE_CHECKING:  # an alias of the same name says to type checkers that the name is public
    from .api import compare as compare
    from .api import import_keras_tuner as import_keras_tuner
    from .api import launch as launch
    from .api import learn as learn
    from .api import list_studies as list_studies
    from .api import load as load
    from .api import load_model as load_model
    from .api import report as report
    from .api import resume as resume
    from .arguments import plan_sweep as plan_sweep
    from .errors import KerasweepError as KerasweepError
    from .moving import backup as backup
    from .moving import copy as copy
    from .search.spec import SweepSpec as SweepSpec
    from .spaces import Categorical as Categorical
    from .spaces import Float as Float
    from .spaces import Int as Int
    from .spaces import Space as Space
    from .spaces import preset as preset
    from .study import Study as Study
    from .sweep_cv import SweepCV as SweepCV
    from .training.data import Dataset as Dataset
    from .training.models import Signature as Signature


def __getattr__(name: str) -> Any:
    """Import a public name from its module when it is first asked for."""
    if name not in _PUBLIC:
        raise AttributeError(f"module 'kerasweep' has no attribute {name!r}")
    draws = random.getstate()  # others draw from the caller's generator while they are imported
    if "IPython" in sys.modules:
        import_module(".notebook", __name__).prepare_notebook()
    value = getattr(import_module(_PUBLIC[name], __name__), name)
    random.setstate(draws)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
