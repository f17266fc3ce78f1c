"""Models: the families, a user's own functions, and how one configuration becomes a compiled model."""

from .loading import (
    FAMILIES,
    Family,
    ModelSource,
    can_be_imported,
    find_model,
    reads_as_given,
    reference_of,
)
from .signature import Build, Precision, Sample, Signature, batch_size_of
from .user_errors import describe_error, of_user

__all__ = [
    "FAMILIES",
    "Build",
    "Family",
    "ModelSource",
    "Precision",
    "Sample",
    "Signature",
    "batch_size_of",
    "can_be_imported",
    "describe_error",
    "find_model",
    "of_user",
    "reads_as_given",
    "reference_of",
]
