"""Runs the notebooks of examples/notebooks, and writes what they show into them.

    python examples/notebooks.py                       all of them
    python examples/notebooks.py 1-regression          some of them
    python examples/notebooks.py --check 1-regression  run them, compare what matters with what is written, write nothing

They need jupyter's kernel: pip install ipykernel nbclient.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbclient
import nbformat

FOLDER = Path(__file__).parent / "notebooks"
SECONDS = 300


def main() -> None:
    """Run what the arguments say."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", help="notebooks; all where none is named")
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    given = parser.parse_args()
    differing = []
    for path in sorted(FOLDER.glob("*.ipynb")):
        if given.names and path.stem not in given.names:
            continue
        book = run(path)
        print(path.name)
        if given.check:
            differing += [
                f"{path.name}: {difference}" for difference in differences(nbformat.read(path, 4), book)
            ]
        else:
            nbformat.write(book, path)
    if differing:
        sys.exit("\n".join(differing))


def run(path: Path) -> Any:
    """Return a notebook as it is once all of its cells have run, in a folder that goes again."""
    book = nbformat.read(path, 4)
    with tempfile.TemporaryDirectory() as folder:
        if data := os.environ.get("KERASWEEP_DATA"):
            os.environ["KERASWEEP_DATA"] = str(Path(data).absolute())
        nbclient.NotebookClient(book, timeout=SECONDS, resources={"metadata": {"path": folder}}).execute()
    for cell in book.cells:
        cell.metadata.pop("execution", None)  # when each ran, which changes every time
    return book


def differences(written: Any, found: Any) -> Iterator[str]:
    """Yield in which cells two runs differ in what matters: which kinds of outputs there are, and nothing that is measured."""
    for place, (old, new) in enumerate(zip(written.cells, found.cells, strict=True), start=1):
        if old.source != new.source:
            yield f"cell {place} has another text"
        elif old.cell_type == "code" and (kinds := _kinds(old)) != _kinds(new):
            yield f"cell {place} showed {kinds}, now {_kinds(new)}"


def _kinds(cell: Any) -> list[str]:
    """Return the richest form of each output of a cell; of what is printed, that something is."""
    order = ("application/vnd.plotly.v1+json", "text/html", "text/plain")
    return [
        next((kind for kind in order if kind in output.get("data", ())), output.output_type)
        for output in cell.outputs
    ]


if __name__ == "__main__":
    main()
