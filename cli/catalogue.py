"""``kerasweep spaces``: presets, the catalogue, and one hyperparameter of it; imports nothing heavy."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from ..errors import SpaceError, SpecError, did_you_mean
from ..printing import make_console, styled
from ..spaces import (
    PRESETS,
    SIZES,
    Hyperparameter,
    Space,
    conditions_text,
    preset,
    space_text,
    space_to_dict,
    value_text,
)
from ..spaces.catalogue import CATALOGUE, GROUPS, Entry
from ..spaces.serialization import hyperparameter_to_dict
from ..studies.comparison import MAX_SHOWN
from ..texts import count_text
from .options import Json, print_json
from .tables import (
    facts_table,
    print_table,
    recommended_text,
    space_table,
    table,
)

MOST_OF_A_GRID = 1000
"""Further combinations are not counted: a large preset has more than stars."""


def spaces(
    name: Annotated[
        str | None,
        typer.Argument(help="A preset, or a hyperparameter of the catalogue.", show_default="all presets"),
    ] = None,
    size: Annotated[
        str, typer.Option("--preset", help="Size of the preset: basic, standard or full.")
    ] = "basic",
    groups: Annotated[bool, typer.Option("--groups", help="List the catalogue by group.")] = False,
    count: Annotated[bool, typer.Option("--count", help="Count the hyperparameters of each preset.")] = False,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of a space as a file, for editors.")
    ] = False,
    as_json: Json = False,
    as_yaml: Annotated[bool, typer.Option("--yaml", help="Print YAML, to be edited and launched.")] = False,
) -> None:
    """Show presets and the catalogue: what varies, what is recommended, and why.

    [dim]kerasweep spaces[/]
    [dim]kerasweep spaces cnn --preset full[/]
    [dim]kerasweep spaces learning_rate[/]
    [dim]kerasweep spaces --groups[/]
    [dim]kerasweep spaces cnn --yaml > my-space.yaml[/]
    """
    if schema:
        from ..spaces.schema import SpaceFile, json_schema

        print(json.dumps(json_schema(SpaceFile), indent=2, ensure_ascii=False))  # noqa: T201 - a file for other programs
    elif groups:
        _show_groups(as_json=as_json)
    elif name is not None and name not in PRESETS:
        _show_entry(name, as_json=as_json, as_yaml=as_yaml)
    elif count:
        _show_counts([name] if name else list(PRESETS), as_json=as_json)
    elif name is not None:
        _show_preset(name, size, as_json=as_json, as_yaml=as_yaml)
    elif as_yaml:
        raise SpecError(f"--yaml prints one preset; name it: {', '.join(PRESETS)}.")
    else:
        _show_presets(size, as_json=as_json)


def _show_presets(size: str, *, as_json: bool) -> None:
    found = {family: preset(family, size) for family in PRESETS}
    if as_json:
        print_json({family: space_to_dict(space) for family, space in found.items()})
        return
    made = table("", "preset", "for", ">hyperparameters", ">grid")
    for family, space in found.items():
        combinations = space.grid_size(MOST_OF_A_GRID)
        text = str(combinations) if combinations <= MOST_OF_A_GRID else f"over {MOST_OF_A_GRID:,}"
        made.add_row(styled((family, "bold")), PRESETS[family].meaning, str(len(space)), text)
    print_table(made)


def _show_preset(family: str, size: str, *, as_json: bool, as_yaml: bool) -> None:
    space = preset(family, size)
    if as_json:
        print_json(space_to_dict(space))
    elif as_yaml:
        print(space_text(space), end="")  # noqa: T201 - a file for other programs
    else:
        _show_space(f"{family}, {size}: {PRESETS[family].meaning}", space)


def _show_space(title: str, space: Space) -> None:
    """Print a small space in one table, a large one by group, without what a card of one hyperparameter tells."""
    if len(space) <= MAX_SHOWN:
        print_table(space_table(title, space))
        return
    console = make_console()
    console.print(styled((title, "bold"), f", {count_text(len(space), 'hyperparameter')}\n"))
    groups: dict[str, list[Hyperparameter]] = {}
    for one in space:
        groups.setdefault(one.group, []).append(one)
    for group, members in groups.items():
        print_table(space_table(group, members, brief=True))
    console.print("confidence, grid, advice and source of one: kerasweep spaces NAME", style="dim")


def _show_counts(families: list[str], *, as_json: bool) -> None:
    counts = {family: {size: len(preset(family, size)) for size in SIZES} for family in families}
    if as_json:
        print_json({"presets": counts, "catalogue": len(CATALOGUE)})
        return
    title = f"{count_text(len(CATALOGUE), 'hyperparameter')} in the catalogue"
    made = table(title, "preset", *(f">{size}" for size in SIZES))
    for family, sizes in counts.items():
        made.add_row(styled((family, "bold")), *(str(number) for number in sizes.values()))
    print_table(made)


def _show_groups(*, as_json: bool) -> None:
    names = {group: [one.hyperparameter.name for one in entries] for group, entries in GROUPS.items()}
    if as_json:
        print_json(names)
        return
    for group, entries in GROUPS.items():
        print_table(space_table(group, [one.hyperparameter for one in entries], brief=True))


def _show_entry(name: str, *, as_json: bool, as_yaml: bool) -> None:
    if name not in CATALOGUE:
        hint = did_you_mean(name, [*PRESETS, *CATALOGUE])
        raise SpaceError(f"There is no preset and no hyperparameter '{name}'.{hint}")
    if as_yaml:
        raise SpecError(
            f"--yaml prints a preset, and {name} is one hyperparameter; write its name into a space."
        )
    one = CATALOGUE[name]
    if as_json:
        print_json({"name": name, **hyperparameter_to_dict(one.hyperparameter), **_where(one)})
    else:
        print_table(facts_table(_facts(one)))


def _where(one: Entry) -> dict[str, Any]:
    return {"families": one.families, "tasks": one.tasks, "kinds": one.kinds}


def _facts(one: Entry) -> dict[str, str]:
    """Return the card of an entry."""
    which = one.hyperparameter
    facts = {
        "hyperparameter": which.name,
        "meaning": which.meaning,
        "range": which.range_text(),
        "possible": str(one.possible or ""),
        "recommended": recommended_text(which),
        "confidence": which.confidence,
        "active": f"where {conditions_text(which.conditions)}" if which.conditions else "always",
        "grid": "" if which.grid_is_derived else ", ".join(value_text(value) for value in which.grid),
        "advice": which.advice,
        "source": which.source,
        "group": which.group,
        **{key: ", ".join(values) for key, values in _where(one).items()},
    }
    return {key: fact for key, fact in facts.items() if fact}
