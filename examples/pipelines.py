"""Runs the four pipelines of a first Keras course, and a residual net, and writes docs/results.md from what comes out.

    KERASWEEP_DATA=../shared/data python examples/pipelines.py [NAME ...]
    python examples/pipelines.py --tiny [NAME ...]     one trial of one epoch each, printed only: does it run?

MNIST and Fashion-MNIST are read from KERASWEEP_DATA or downloaded by keras.datasets. Each pipeline is one YAML file
beside this script; what runs here is ``kerasweep launch FILE`` and ``kerasweep refit STUDY``.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
import time
from pathlib import Path
from typing import Any

import kerasweep as ks
from kerasweep.spaces import short_text
from kerasweep.texts import duration_text, number_text

HERE = Path(__file__).parent
PIPELINES = ("nn-diabetes", "ann-mnist", "dnn-fashion", "cnn-mnist", "resnet-fashion")
DOCUMENT = HERE.parent / "docs" / "results.md"


def run(name: str, storage: Path, **changes: Any) -> str:
    """Sweep, refit, and return the pipeline's section."""
    started = time.perf_counter()
    study = ks.launch(file=HERE / f"{name}.yaml", storage=storage, **changes)
    seconds = time.perf_counter() - started
    study.refit()
    return section(study, seconds)


def section(study: ks.Study, seconds: float) -> str:
    """Return what came out of a sweep of so many seconds, and of its winner's refit."""
    best, about, name = study.best, study.record.about, study.name
    refit = study.record.refits[best.number]
    counts = ", ".join(f"{count} {state}" for state, count in study.record.counts.items())
    scores = ", ".join(f"{metric} **{value:.4g}**" for metric, value in refit["test"].items())
    values = "\n".join(f"| `{key}` | {short_text(value)} |" for key, value in best.configuration.items())
    precision = study.record.spec["training"]["precision"]
    return f"""## {name}

```sh
kerasweep launch examples/{name}.yaml
kerasweep refit {name}
```

- Sweep: {about["data"]["rows"]:,} training rows, {about["cv"]}, {counts}; {duration_text(seconds)}.
- Winner: trial {best.number}, {about["metric"]} {number_text(best.value, best.standard_error)}, {best.epochs} epochs, {best.parameters:,} parameters.
- Refit on all {refit["rows"]:,} training rows in {precision}, {duration_text(refit["seconds"])}; test split of {refit["test_rows"]:,} rows: {scores}.

| hyperparameter | winner |
| --- | --- |
{values}
"""


def document_of(sections: dict[str, str], versions: dict[str, str]) -> str:
    """Return the document of all pipelines' sections."""
    head = f"""# Results

The four pipelines of a first course in Keras, and a residual net, as sweeps on real data. Written by
`examples/pipelines.py` on {platform.system()} {platform.machine()} with {os.cpu_count()} cores, TensorFlow {versions["tensorflow"]}, Keras {versions["keras"]}; seed 0.
A sweep runs on a subset where the data are large; the winner is then trained on all training rows and scored once on
the test split. Times are of single runs, some beside other work; docs/benchmarks.md has those that are measured.

"""
    return head + "\n".join(sections[name] for name in PIPELINES if name in sections)


def written() -> dict[str, str]:
    """Return the sections that the document has."""
    text = DOCUMENT.read_text(encoding="utf-8") if DOCUMENT.exists() else ""
    parts = text.split("\n## ")[1:]
    return {part.partition("\n")[0]: f"## {part.strip()}\n" for part in parts}


def main() -> None:
    """Run the pipelines named on the command line, or all of them, and write their sections into the document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="pipelines; all where none is named")
    parser.add_argument("--tiny", action="store_true", help="one trial of one epoch each; print only")
    arguments = parser.parse_args()
    changes = {"trials": 1, "epochs": 1, "workers": 1} if arguments.tiny else {}
    storage = Path(tempfile.mkdtemp(prefix="kerasweep-pipelines-")) / "kerasweep.db"
    for name in arguments.names or PIPELINES:
        section = run(name, storage, **changes)
        print(section)
        if arguments.tiny:
            continue
        versions = ks.load(storage=storage).record.about["versions"]
        DOCUMENT.write_text(document_of({**written(), name: section}, versions), encoding="utf-8")


if __name__ == "__main__":
    main()
