"""Runs the four pipelines of a first Keras course, and a residual net, and writes docs/results.md from what comes out.

    KERASWEEP_DATA=../shared/data python examples/pipelines.py [NAME ...]

MNIST and Fashion-MNIST are read from KERASWEEP_DATA or downloaded by keras.datasets. Each pipeline is one YAML file
beside this script; what runs here is ``kerasweep launch FILE`` and ``kerasweep refit STUDY``.
"""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import time
from pathlib import Path

import kerasweep as ks
from kerasweep.texts import number_text

HERE = Path(__file__).parent
PIPELINES = ("nn-diabetes", "ann-mnist", "dnn-fashion", "cnn-mnist", "resnet-fashion")
DOCUMENT = HERE.parent / "docs" / "results.md"


def run(name: str, storage: Path) -> str:
    """Sweep, refit, and return the pipeline's section."""
    file = HERE / f"{name}.yaml"
    started = time.perf_counter()
    study = ks.launch(file=file, storage=storage)
    swept = time.perf_counter() - started
    refit = study.refit()
    best, about = study.best, study.record.about
    counts = ", ".join(f"{count} {state}" for state, count in study.record.counts.items())
    scores = ", ".join(f"{metric} **{value:.4g}**" for metric, value in refit.test.items())
    values = "\n".join(
        f"| `{key}` | {value:.4g} |" if isinstance(value, float) else f"| `{key}` | {value} |"
        for key, value in best.configuration.items()
    )
    return f"""## {name}

```sh
kerasweep launch examples/{name}.yaml
kerasweep refit {name}
```

- Sweep: {about["data"]["rows"]:,} training rows, {about["cv"]}, {counts}; {swept:.0f} s.
- Winner: trial {best.number}, {about["metric"]} {number_text(best.value, best.standard_error)} over the
  folds, {best.epochs} epochs, {best.parameters:,} parameters.
- Refit on all {refit.dataset.rows:,} training rows, {refit.seconds:.0f} s; test split of {len(refit.dataset.y_test):,}
  rows: {scores}.

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
the test split.

"""
    return head + "\n".join(sections[name] for name in PIPELINES if name in sections)


def written() -> dict[str, str]:
    """Return the sections that the document has."""
    text = DOCUMENT.read_text(encoding="utf-8") if DOCUMENT.exists() else ""
    parts = text.split("\n## ")[1:]
    return {part.partition("\n")[0]: f"## {part.strip()}\n" for part in parts}


def main() -> None:
    """Run the pipelines named on the command line, or all of them, and write their sections into the document."""
    names = sys.argv[1:] or PIPELINES
    storage = Path(tempfile.mkdtemp(prefix="kerasweep-pipelines-")) / "kerasweep.db"
    for name in names:
        section = run(name, storage)
        print(section)
        versions = ks.load(storage=storage).record.about["versions"]
        DOCUMENT.write_text(document_of({**written(), name: section}, versions), encoding="utf-8")


if __name__ == "__main__":
    main()
