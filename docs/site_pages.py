"""Adds to the documentation site what lies elsewhere: the README as its home, examples, and both references.

MkDocs calls it (``hooks`` in ``mkdocs.yml``). Nothing is written twice: pages outside this folder are taken as they are,
with their links turned to the site's pages, and references are made of docstrings and of the commands themselves.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import kerasweep
import typer.main
from kerasweep.cli.app import app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
OUTSIDE = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
"""Pages at the top of the repository -> their names on the site."""
EXAMPLES = "examples.md"
LANGUAGES = {".py": "python", ".yaml": "yaml"}
GROUPS = {
    "Search": ("launch", "resume", "plan_sweep", "learn", "SweepSpec", "SweepCV"),
    "Results": ("Study", "load", "list_studies", "compare", "report", "import_keras_tuner"),
    "Storages": ("copy", "backup"),
}
"""Public names that are shown first; all others stand under ``More``."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made of other things than files of this folder."""
    from mkdocs.structure.files import File

    made = {name: (ROOT / source).read_text(encoding="utf-8") for source, name in OUTSIDE.items()}
    made |= {EXAMPLES: examples_page(), "reference.md": reference_page(), "commands.md": commands_page()}
    for name, text in made.items():
        files.append(File.generated(config, name, content=text))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Turn links to files of the repository to pages of the site, outside code."""
    sources = {name: source for source, name in OUTSIDE.items()}
    folder = posixpath.dirname(sources.get(page.file.src_uri, f"docs/{page.file.src_uri}"))
    shown = posixpath.dirname(page.file.src_uri) or "."
    parts = re.split(r"(^```.*?^```|`[^`\n]*`)", markdown, flags=re.S | re.M)
    for place in range(0, len(parts), 2):
        parts[place] = re.sub(
            r"\]\(([^)#\s:]+)(#[^)\s]*)?\)", lambda link: _turned(link, folder, shown), parts[place]
        )
    return "".join(parts)


def _turned(link: re.Match[str], folder: str, from_folder: str) -> str:
    """Return a link of a file in a folder of the repository as one of a page in a folder of the site."""
    target, anchor = posixpath.normpath(posixpath.join(folder, link[1])), link[2] or ""
    if target in OUTSIDE:
        page = OUTSIDE[target]
    elif target == "docs/schema":
        page = "schema/sweep.schema.json"
    elif target.startswith("examples"):
        name = target.removeprefix("examples").lstrip("/")
        page, anchor = EXAMPLES, f"#{name.replace('.', '')}" if name else ""
    else:
        page = target.removeprefix("docs/")
    return f"]({posixpath.relpath(page, from_folder)}{anchor})"


def examples_page() -> str:
    """Return a page with every file of ``examples/``."""
    parts = ["# Examples\n\nFiles of `examples/`, which the tests run at a tiny size.\n"]
    for file in sorted((ROOT / "examples").iterdir()):
        if file.suffix in LANGUAGES:
            text = file.read_text(encoding="utf-8").strip()  # one of them writes a page with a fence of three
            parts.append(f"## {file.name}\n\n````{LANGUAGES[file.suffix]}\n{text}\n````\n")
    return "\n".join(parts)


def reference_page() -> str:
    """Return a page with the docstring of every public name."""
    first = {name for names in GROUPS.values() for name in names}
    others = [name for name in kerasweep.__all__ if name not in first and not name.startswith("_")]
    parts = ["# Python\n\n`import kerasweep as ks`. All names load on first use.\n"]
    for group, names in {**GROUPS, "More": tuple(others)}.items():
        parts.append(f"## {group}\n")
        parts += [f"::: kerasweep{kerasweep._PUBLIC[name]}.{_home(name)}\n" for name in names]
    return "\n".join(parts)


def _home(name: str) -> str:
    """Return a public name by the module that defines it, from the one that it is imported from."""
    thing = getattr(kerasweep, name)
    package = f"kerasweep{kerasweep._PUBLIC[name]}"
    return f"{thing.__module__}.{name}".removeprefix(f"{package}.")


def commands_page() -> str:
    """Return a page with the help of every command."""
    group: Any = typer.main.get_command(app)
    return "\n".join(
        ["# Commands\n", *(part for name in group.commands for part in _command(name, group.commands[name]))]
    )


def _command(name: str, command: Any) -> Iterator[str]:
    yield f"## kerasweep {name}\n"
    about = command.help or ""
    examples = re.findall(r"\[dim\](.*?)\[/\]", about)
    yield _plain(re.sub(r"\[dim\].*?\[/\]", "", about)).strip() + "\n"
    if examples:
        yield "\n".join(["```sh", *examples, "```\n"])
    rows = [row for parameter in command.params if (row := _parameter(parameter))]
    if rows:
        yield "\n".join(["| written | means |", "| --- | --- |", *rows, ""])


def _parameter(parameter: Any) -> str:
    """Return a row of a table: how it is written, and what it does."""
    written = ", ".join(parameter.opts) if parameter.param_type_name == "option" else parameter.name.upper()
    lines = [" ".join(_plain(line).split()) for line in (parameter.help or "").split("\n\n")]
    return f"| `{written}` | {'<br>'.join(lines).replace('|', '&#124;')} |"


def _plain(text: str) -> str:
    """Return text without the marks by which a terminal prints it bold; what was bold is code here."""
    return re.sub(r"\[bold\](.*?)\[/(?:bold)?\]", r"`\1`", text)
