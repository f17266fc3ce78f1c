"""Models: the families, a user's own functions, and how one configuration becomes a compiled model."""

from .bases import find_bases, read_saved
from .loading import ModelSource, can_be_imported, find_model, reads_as_given, reference_of
from .signature import Build, Precision, Sample, Signature, batch_size_of
from .user_errors import of_user

__all__ = [
    "Build",
    "ModelSource",
    "Precision",
    "Sample",
    "Signature",
    "batch_size_of",
    "can_be_imported",
    "find_bases",
    "find_model",
    "of_user",
    "read_saved",
    "reads_as_given",
    "reference_of",
]
