"""Writes the JSON Schemas that stand beside this file; ``make schema`` runs it."""

from __future__ import annotations

import json
from pathlib import Path

from kerasweep.search.schema import sweep_schema
from kerasweep.spaces.schema import space_schema

FOLDER = Path(__file__).parent

for name, schema in (("space", space_schema()), ("sweep", sweep_schema())):
    text = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
    (FOLDER / f"{name}.schema.json").write_text(text, encoding="utf-8")
