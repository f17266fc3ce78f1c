"""Makes ``docs/reliability.md`` of what ``soak.py`` keeps; nothing on it comes from elsewhere."""

from __future__ import annotations

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
        where = f"commit `{entry['commit']}`, {entry['date']}"
        done = f"{entry['done']}, {entry['minutes']:.1f} minutes"
        lines.append(f"| `{soak.name}`: {soak.what} | {soak.promise} | {done} | {held} | {where} |")
    for soak, entry in found.items():
        if entry["faults"]:
            lines += ["", f"## What did not hold of `{soak.name}`", ""]
            lines += [f"- {fault}" for fault in entry["faults"]]
    return "\n".join((*lines, ""))
