"""The page about exports, of the table of formats that commands, Python and the app read."""

from __future__ import annotations

from kerasweep.export import FORMATS

PAGE = """\
# Export the winner

This page is made by `make docs` from the table of formats in `export/formats.py`.

`kerasweep export --format NAME` writes the best trial of the last study; name a study and `--trial 7` for others, and
`-o` where it shall go; without a format, `-o train.py` or `-o trials.csv` says it by its ending. In Python: `study.export(path, "deploy")`, and `study.export(path, "python", trial=7)`.

| format | holds | is |
| --- | --- | --- |
{rows}

What trains takes as long as one training on all rows, and scores the model once on the test rows. What does not is
written at once; a text goes to the screen where no `-o` is given.

## Deploy

The zip has one folder with all that a machine without Kerasweep needs: `model.keras`, `preprocessing.joblib` and
`bundle.json`, `predict.py`, which reads files of the kind that the model was trained on, `requirements.txt`,
`configuration.yaml`, `scores.json`, and the first test rows as `sample_input` with what the model says of them in
`sample_output.csv`. Modules with layers of your own lie beside `predict.py`. Before the zip is written, `predict.py` runs on
the sample in a process that cannot import Kerasweep, and must say what the trained model says.

## Tables of all trials

Both have a row a trial: number, state, score and its standard error, each fold's score, epochs, seconds, parameters, seed,
what was measured, what failed, and a column a hyperparameter, empty where it is not active. A hyperparameter whose name is
taken is called `params_NAME`. In CSV an infinite score is `inf`, and a text that a spreadsheet would take for a formula
begins with `'`; Parquet keeps everything as it is. A tuple is its text in both.

## In the words of other tools

```python
import json

import keras_tuner
import kerasweep as ks
import optuna

study = ks.launch("iris", "linear", trials=3)

values = json.loads(study.export("hp.json", "keras-tuner").read_text())
hp = keras_tuner.HyperParameters.from_config(values)
hp.get("learning_rate")  # the winner's

trial = json.loads(study.export("trial.json", "optuna").read_text())
elsewhere = optuna.create_study(direction=trial["directions"][0])
elsewhere.enqueue_trial(trial["params"])  # tried first by optimize, or by ask
```

KerasTuner has no words for what is recommended under a condition, why, and how surely, and none for a choice that is None
or a tuple: a space that has one is refused, with its name. Optuna has no words for conditions, which its users write as
code; a tuple is its text. `distributions` are what `optuna.distributions.json_to_distribution` reads.

## On small machines

`tflite` is what Keras itself writes, tried with LiteRT's interpreter on test rows before it is kept. It is the model without
its preprocessing. Recurrent nets need operations that LiteRT has not by itself, and are refused.

## What is not there

ONNX: Keras writes it with the help of tf2onnx, which it has to patch for NumPy 2; once it need not, the format can follow.
"""


def exports_page() -> str:
    """Return the page."""
    rows = [
        f"| `{one.name}` | {one.meaning} | {one.suffix or 'a folder'}{', trains first' if one.refits else ''} |"
        for one in FORMATS.values()
    ]
    return PAGE.format(rows="\n".join(rows))
