"""What the page ``know-how.md`` says beside the catalogue: how to use it, what a chapter is about, which symptom leads where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Chapter:
    """What a group is called on the page, and what it is about."""

    title: str
    about: str


CHAPTERS: Mapping[str, Chapter] = {
    "optimizer": Chapter(
        "The optimizer",
        "How gradients become steps. The learning rate matters most; set it before anything else on this page. Most of "
        "the others belong to one optimizer and are active with it alone. Weight decay, clipping and averaging of the "
        "weights go with any.",
    ),
    "schedule": Chapter(
        "Learning-rate schedules",
        "How the learning rate changes while training. All times are epochs, and the trainer turns them into steps, so "
        "that a schedule means the same for any batch size and any number of rows. Schedules that [`decay_span`]"
        "(#decay_span) acts on end with the epochs of the sweep: with other `--epochs`, they fall differently.",
    ),
    "batch": Chapter(
        "Batches, epochs and stopping",
        "How long training goes on, and in which portions. The sweep sets epochs and patience for all configurations "
        "(`--epochs`, `--patience`); search them only where that is the question.",
    ),
    "loss": Chapter(
        "The loss",
        "What training makes small. A loss is no measure between configurations that have different losses. So "
        "classifications are compared by accuracy, and regressions with one of these in their space by their squared "
        "error (`val_mse`).",
    ),
    "dense": Chapter(
        "Dense layers",
        "Depth and width. More of both fits more; whether that helps is what validation says. Search the width first.",
    ),
    "convolution": Chapter(
        "Convolutional nets",
        "Blocks, filters, windows, how pictures become smaller, and the head that reads the last one. Depth and filters "
        "matter first. The rest is variants of known architectures, to be tried one at a time.",
    ),
    "sequence": Chapter(
        "Sequences",
        "Recurrent cells and layers, and what is read of all steps in the end. Width and learning rate matter first. "
        "Convolutions over time (`cnn1d`, `tcn`) share the chapter before this one.",
    ),
    "transfer": Chapter(
        "Transfer",
        "A base that was trained on other pictures before, under a new output: which, and how it goes on training. While it "
        "is frozen, only the output learns; then its last layers do, too, with a new optimizer and a lower rate. A schedule "
        "of the learning rate runs through each of the two parts by itself.",
    ),
    "text": Chapter(
        "Texts",
        "How texts become tokens, and what reads these. Words are learned from a fold's training rows only; numbers and "
        "categories beside a text are read, too. What reads the tokens, and the learning rate, matter first.",
    ),
    "activation": Chapter(
        "Activation functions",
        "What a hidden unit does with the weighted sum of its inputs. ReLU is hard to beat by much; the numbers in this "
        "chapter each belong to one function.",
    ),
    "normalization": Chapter(
        "Normalization layers",
        "What keeps the numbers between layers in one range, so that deep nets learn with higher rates. The choice of "
        "[`normalization`](#normalization) matters; the others refine it.",
    ),
    "dropout": Chapter(
        "Dropout and noise",
        "Noise while training, against learning by heart. It acts in training only: predictions have none.",
    ),
    "initializer": Chapter(
        "First weights",
        "How weights start. With normalization it matters little; without it, a deep net may not learn at all.",
    ),
    "regularizer": Chapter(
        "Penalties on weights",
        "What is added to the loss to hold weights back, against overfitting. With Adam and its relatives, prefer "
        "[`decay`](#decay), which acts on weights directly.",
    ),
    "constraint": Chapter(
        "Bounds on weights",
        "What weights are kept within after each step. Rarely needed; a bound on the norm goes with strong dropout.",
    ),
    "data": Chapter(
        "Training rows",
        "Which training rows train, and what each weighs. Validation rows never change, so that scores can be compared. "
        "Presets leave out what has nothing to act on, as balancing where classes are of one size.",
    ),
    "tabular": Chapter(
        "Columns of tables",
        "How columns of numbers and categories become what a model reads. Everything is fitted to a fold's training "
        "rows only. Presets leave out what has nothing to act on, as imputation where no value is missing. Scaling "
        "matters most.",
    ),
    "augmentation": Chapter(
        "Augmentation of pictures",
        "Pictures that are changed while training, so that the model sees each in many ways. The switches "
        "[`geometry`](#geometry), [`photometry`](#photometry) and [`random_erasing`](#random_erasing) make the changes "
        "after them active. Ask of each change whether a "
        "person would still give the same answer.",
    ),
    "mixing": Chapter(
        "Mixed batches",
        "Training rows that are blended with each other, targets included. It takes more epochs, because the model "
        "never sees the same row twice.",
    ),
}
"""Group -> its chapter."""

SYMPTOMS: Sequence[tuple[str, tuple[str, ...]]] = (
    ("The loss jumps, or becomes NaN", ("learning_rate", "clipping", "warmup", "epsilon")),
    (
        "The loss falls steadily, but slowly",
        ("learning_rate", "momentum", "normalization", "skip_connections"),
    ),
    ("Training and validation are both poor", ("units", "hidden_layers", "blocks", "filters", "binning")),
    (
        "Training is much better than validation",
        ("dropout", "decay", "kernel_regularizer", "geometry", "mixing", "units"),
    ),
    ("The curve is jagged at the end", ("learning_rate_schedule", "use_ema", "batch_size")),
    ("Training stops too early", ("patience", "start_from_epoch", "warmup")),
    ("Rare classes are never predicted", ("class_weight", "balancing", "loss")),
    ("The model is confident and wrong", ("label_smoothing",)),
    ("A few rows far off rule a regression", ("regression_loss", "scaling", "clip_outliers")),
    ("Columns have long tails, gaps or many categories", ("scaling", "imputation", "encoding")),
    ("Trials take too long", ("subset", "batch_size")),
)
"""What one sees -> where to look, in this order."""

INTRODUCTION = """\
# Know-how

What Kerasweep knows about {count} hyperparameters: what each does, what to try first, and what to try when that is
wrong. It is the catalogue of `spaces/catalogue`, from which `make docs` writes this page. `kerasweep spaces
learning_rate` prints one entry in the terminal.

{contents}

## How to use this page

**Start with few.** Most of these hyperparameters are best left alone. The [basic preset](#set-these-first) of a family
varies {fewest} to {most_basic} of them, and its grid has 6 to 10 configurations:

```sh
kerasweep launch digits dnn --search grid
```

**Then look.** Compare the training curve with the validation curve of the best trial in the report, and let
[what you see](#what-you-see-and-where-to-look) say where to look next.

**Then pick.** `--space` lets a few hyperparameters vary. The rest of the basic preset stays at its recommended values,
and what a picked one needs is switched on: `momentum` fixes `optimizer` at `sgd`.

```sh
kerasweep launch digits dnn --search bayes --trials 30 --space learning_rate,momentum,dropout
kerasweep launch digits dnn --set learning_rate=0.0005..0.02:log --fix batch_size=32
```

`--preset standard` varies what practitioners try next, `--preset full` all that acts on the family. They are for long
sweeps with `--search bayes`, not for grids. `kerasweep spaces --count` says how many hyperparameters each has.

**Read an entry** like this:

- **Start with** is the recommended value, which a sweep tries first. Where it depends on another choice, that is said:
  "0.02 with `sgd`". A value "for `resnet`" is what that family's standard and full presets have instead; the basic
  presets follow the notes of a course and stand in the table below.
- **Range** is written as `--set` takes it: `0.1..0.9` for a range with both ends, `8..512:log` for one in which factors
  count rather than differences (16 to 32 is as far as 256 to 512), `adam,sgd` for choices. Presets narrow some ranges.
- **Confidence** says how much the recommended value is believed. *High*: change it for a reason only. *Medium*: a good
  start that data often move. *Low*: it depends on your data; if you search it at all, do not trust the start.
- **Preset** is the smallest preset of any family that has it.
- **Active** says when the hyperparameter does anything. Where its condition does not hold, a configuration does not
  have it, and a search spends no trials on it. Where there is no such line, it is always active, for every family and
  for functions of your own.
"""

LEFT_OUT = """\
## Left out, because it changes nothing

The catalogue holds what acts: a test gives each hyperparameter another value and looks at what differs. These were
looked at and left out:

- **`relative_step` of Adafactor.** Keras 3.15 takes the smaller of the learning rate and one over the root of the step,
  whatever `relative_step` says.
- **`loss_scale_factor` of all optimizers.** The loss is multiplied by it and the gradients are divided by it, which
  cancels in float32.
- **`relu6` as an activation.** It is ReLU up to 6, and cannot be told from it where sums are small.
"""

ABOUT_FIRST = """\
What the basic presets vary, the most widely used first: the value that a sweep tries first, the values of a grid where
it has several, and the range of all other searches. The families are those of `kerasweep spaces`; `own` is a function of
your own. Most of these values come from the notes of a first deep-learning course. Its learning rates for Adam lie above
the one that the entry below has from Keras; sweeps with larger presets, or with `--space learning_rate`, start from that."""

ABOUT_SOURCES = """\
Papers and books, each with the hyperparameters that name it. Pages of the documentation of Keras, scikit-learn and
TensorFlow are linked in the entries."""
