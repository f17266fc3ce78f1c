"""Makes ``docs/reliability.md`` of what ``soak.py`` keeps; long runs of the fuzz tests are entered there by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from soaks import SOAKS


def make_page(record: dict[str, Any]) -> str:
    """Return the page.

    Args:
        record: Machine, versions, and what each soak found, by its name.
    """
    machine, versions = record["machine"], record["versions"]
    names = ", ".join(f"{name} {number}" for name, number in versions.items())
    lines = [
        "# Reliability",
        "",
        "Written by `make soak`: what is broken on purpose, over and over, and what came of it. `benchmarks/soaks/` says how",
        "each is done; the tests do each of them at a tiny size. What was found is kept in `reliability.json`.",
        "",
        f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gib']} GiB, {machine['system']}; {names}.",
        "",
        "| soak | what must come of it | done | held | measured at |",
        "| --- | --- | --- | --- | --- |",
    ]
    found = {soak: record["soaks"][soak.name] for soak in SOAKS if soak.name in record["soaks"]}
    for soak, entry in found.items():
        held = "**no**" if entry["faults"] else "yes"
        where = f"commit `{entry['commit']}`{entry.get('remark', '')}, {entry['date']}"
        if entry.get("processor", machine["processor"]) != machine["processor"]:
            where += f", on {entry['processor']}"
        done = f"{entry['done']}, {entry['minutes']:.1f} minutes"
        lines.append(f"| `{soak.name}`: {soak.what} | {soak.promise} | {done} | {held} | {where} |")
    for soak, entry in found.items():
        if entry["faults"]:
            lines += ["", f"## What did not hold of `{soak.name}`", ""]
            lines += [f"- {fault}" for fault in entry["faults"]]
    return "\n".join((*lines, *_of_fuzzing(record.get("fuzz", ())), ""))


def _of_fuzzing(runs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what long runs of the fuzz tests found, which whoever runs them enters into the record."""
    if not runs:
        return []
    rows = [
        f"| `{one['test']}` | {one['cases']:,} | {one['found']} | commit `{one['commit']}`, {one['date']} |"
        for one in runs
    ]
    title = "## Long runs of the fuzz tests, by `KERASWEEP_FUZZ`"
    return ["", title, "", "| test | cases | found | measured at |", "| --- | --- | --- | --- |", *rows]
