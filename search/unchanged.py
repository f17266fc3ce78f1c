"""Whether data and bases are still those that a study was made with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import DataError, ModelError
from ..training.data.source_data import FROM_PYTHON
from .plan import Plan


def changed_bases(plan: Plan, about: Mapping[str, Any]) -> list[str]:
    """Return what differs between the bases of a plan and those that a study was made with, a few words each."""
    stored = about.get("bases") or {}
    return [
        f"base {name}: its file has changed (digest {stored[name]}, now {digest})"
        for name, digest in plan.bases.items()
        if stored.get(name, digest) != digest
    ]


def check_unchanged(plan: Plan, about: Mapping[str, Any]) -> None:
    """Refuse data or bases that are not those of the study.

    Raises:
        DataError: The fingerprint of the data differs.
        ModelError: The file of a base does.
    """
    changed = changed_bases(plan, about)
    if changed:
        raise ModelError(f"{changed[0][:1].upper()}{changed[0][1:]}. Launch a new study with --study NAME.")
    stored = about.get("data", {}).get("fingerprint", "")
    now = plan.dataset.fingerprint
    if stored and now != stored:
        way = "Launch a new study with --study NAME."
        if plan.spec.data.source.startswith(FROM_PYTHON):
            way = "Pass the same data=, with the sample_weight=, groups= and validation= that they had, or launch a new study."
        raise DataError(
            f"The data '{plan.spec.data.source}' have changed since the study was made "
            f"(fingerprint {stored}, now {now}). {way}"
        )
