"""Writes the documents that are generated: ``know-how.md``, ``exports.md`` and the JSON Schemas; ``make docs`` runs it.

With ``--check`` it writes nothing, names the documents that are not as generated, and exits with 1 where there are any.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from exports_page import exports_page
from kerasweep.search.schema import sweep_schema
from kerasweep.spaces.schema import SpaceFile, json_schema
from know_how import know_how_page

FOLDER = Path(__file__).parent


def documents() -> dict[str, str]:
    """Return every generated document: its path from this folder, and its text."""
    return {
        "know-how.md": know_how_page(),
        "exports.md": exports_page(),
        "schema/space.schema.json": _json(json_schema(SpaceFile)),
        "schema/sweep.schema.json": _json(sweep_schema()),
    }


def main(arguments: list[str]) -> int:
    """Write all documents, or check them; return the exit status."""
    stale = []
    for name, text in documents().items():
        file = FOLDER / name
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            stale.append(f"docs/{name}")
            if "--check" not in arguments:
                file.write_text(text, encoding="utf-8")
    if stale and "--check" in arguments:
        print(f"not as generated, run make docs: {', '.join(stale)}")  # noqa: T201 - what the command is for
        return 1
    return 0


def _json(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
