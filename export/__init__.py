"""A study or a trial as something that others use: a specification, a script, a folder with model and ``predict.py``.

``formats`` lists them, and imports each where it is written: some of them need TensorFlow.
"""

from .formats import FORMATS

__all__ = ["FORMATS"]
