"""What is said of a storage that fails: its reason and what to do, and no password."""

from __future__ import annotations

import pytest
from kerasweep.studies.faults import explain
from sqlalchemy.exc import OperationalError

ADVICE = "Once it answers, kerasweep resume goes on from what is written."


@pytest.mark.parametrize(
    ("password", "said"), [("geheim", "geheim"), ("ge%40heim", "ge@heim"), ("ge@heim", "heim")]
)
def test_a_fault_is_explained_without_the_password(password: str, said: str) -> None:
    url = f"postgresql+psycopg://me:{password}@host/x"
    found = OperationalError("SELECT 1", {}, Exception(f"{said} is of no use:\nno answer from {url}."))
    told = explain(found, url)
    assert "heim" not in told
    assert "no answer from postgresql+psycopg://me:***@host/x" in told
    assert told.endswith(f". {ADVICE}")
    assert "\n" not in told
