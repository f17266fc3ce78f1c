"""The page ``know-how.md``: the catalogue of hyperparameters as practitioners read it.

The entries are the catalogue's. Written here is what it does not hold: how to use the page, what a chapter is about,
which symptom leads where, and what was left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from kerasweep.spaces import (
    PRESETS,
    SIZES,
    Between,
    Categorical,
    Condition,
    Hyperparameter,
    Space,
    Value,
    named_text,
    preset,
    value_text,
)
from kerasweep.spaces.catalogue import CATALOGUE, GROUPS, Entry
from kerasweep.spaces.catalogue.entry import (
    ALL_TASKS,
    ANY,
    ANY_TASK,
    COLOURED,
    FAMILIES,
    HIDDEN,
    OF_NUMBERS,
    ROWS,
    TABLES,
)
from kerasweep.spaces.catalogue.sources import COURSE


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

_INTRODUCTION = """\
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

_LEFT_OUT = """\
## Left out, because it changes nothing

The catalogue holds what acts: a test gives each hyperparameter another value and looks at what differs. These were
looked at and left out:

- **`relative_step` of Adafactor.** Keras 3.15 takes the smaller of the learning rate and one over the root of the step,
  whatever `relative_step` says.
- **`loss_scale_factor` of all optimizers.** The loss is multiplied by it and the gradients are divided by it, which
  cancels in float32.
- **`relu6` as an activation.** It is ReLU up to 6, and cannot be told from it where sums are small.
"""

_ABOUT_FIRST = """\
What the basic presets vary, the most widely used first: the value that a sweep tries first, the values of a grid where
it has several, and the range of all other searches. The families are those of `kerasweep spaces`; `own` is a function of
your own. Most of these values come from the notes of a first deep-learning course. Its learning rates for Adam lie above
the one that the entry below has from Keras; sweeps with larger presets, or with `--space learning_rate`, start from that."""

_ABOUT_SOURCES = """\
Papers and books, each with the hyperparameters that name it. Pages of the documentation of Keras, scikit-learn and
TensorFlow are linked in the entries."""


def know_how_page() -> str:
    """Return the page, as Markdown."""
    parts = [
        _introduction(),
        _first(),
        _symptoms(),
        *(_chapter(group, entries) for group, entries in GROUPS.items()),
        _LEFT_OUT,
        _sources(),
    ]
    return "\n".join(parts)


def _introduction() -> str:
    sizes = [len(preset(family)) for family in PRESETS]
    titles = [
        "Set these first",
        "What you see, and where to look",
        *(CHAPTERS[group].title for group in GROUPS),
        "Left out, because it changes nothing",
        "Sources",
    ]
    contents = " · ".join(f"[{title}](#{_anchor(title)})" for title in titles)
    return _INTRODUCTION.format(
        count=len(CATALOGUE), contents=contents, fewest=min(sizes), most_basic=max(sizes)
    )


def _first() -> str:
    """Return the table of the basic presets."""
    presets = {family: preset(family) for family in PRESETS}
    names = [name for name in CATALOGUE if any(name in space for space in presets.values())]
    names.sort(key=lambda name: -sum(name in space for space in presets.values()))
    lines = [
        "## Set these first",
        "",
        _ABOUT_FIRST,
        "",
        "| hyperparameter | start with | grid | range | families |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name in names:
        having = {family: space[name] for family, space in presets.items() if name in space}
        cells = (
            _by_family({family: _recommended(one) for family, one in having.items()}),
            _by_family({family: _grid(one) for family, one in having.items()}),
            _by_family({family: _code(_range(one)) for family, one in having.items()}),
            "all" if len(having) == len(presets) else ", ".join(_code(family) for family in having),
        )
        lines.append(f"| {_link(name)} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def _grid(one: Hyperparameter) -> str:
    return ", ".join(map(_value, one.grid)) if len(one.grid) > 1 else _NOTHING


_NOTHING = "–"


def _by_family(texts: Mapping[str, str]) -> str:
    """Return what most families have, then what others have, each with their names."""
    families: dict[str, list[str]] = {}
    for family, text in texts.items():
        families.setdefault(text, []).append(family)
    usual, *others = sorted(families, key=lambda text: -len(families[text]))
    if _NOTHING in families and others:  # what others have is not what most have
        usual, others = "", [text for text in (usual, *others) if text != _NOTHING]
    differing = [f"{text} for {_listed(map(_code, families[text]), 'and')}" for text in others]
    return "<br>".join([usual, *differing] if usual else differing)


def _symptoms() -> str:
    lines = [
        "## What you see, and where to look",
        "",
        "| what you see | where to look |",
        "| --- | --- |",
        *(f"| {seen} | {', '.join(map(_link, names))} |" for seen, names in SYMPTOMS),
        "",
    ]
    return "\n".join(lines)


def _chapter(group: str, entries: Sequence[Entry]) -> str:
    chapter = CHAPTERS[group]
    return "\n".join([f"## {chapter.title}", "", chapter.about, "", *(_entry(one) for one in entries)])


def _entry(one: Entry) -> str:
    which = one.hyperparameter
    lines = [
        f"### `{which.name}`",
        "",
        f"{_sentence(which.meaning, which)}.",
        "",
        f"- **Start with** {_recommended(which)}{_for_families(one)}",
        f"- **Range** {_code(_range(which))} · **Confidence** {which.confidence} · **Preset** {_smallest(which.name)}",
    ]
    active = _active(one)
    if active:
        lines.append(f"- **Active** {active}")
    if which.advice:
        lines.append(f"- **When to change it:** {_marked(which.advice, which, values=True)}")
    if which.source:
        lines.append(f"- **Source:** {'; '.join(map(_linked, _parts(which.source)))}")
    return "\n".join([*lines, ""])


def _range(which: Hyperparameter) -> str:
    """Return the range; choices with spaces between them, so that lines break."""
    return ", ".join(map(value_text, which.choices)) if isinstance(which, Categorical) else which.range_text()


def _recommended(which: Hyperparameter) -> str:
    return "; ".join([_value(which.recommended), *_dependent(which)])


def _dependent(which: Hyperparameter) -> list[str]:
    """Return the recommendations that depend on other choices: ``0.02 with sgd or ftrl``."""
    return [
        f"{_value(each.value)} with {' and '.join(_choice(one) for one in each.conditions)}"
        for each in which.recommended_when
    ]


def _choice(condition: Condition) -> str:
    """Return a condition in short; the names of optimizers speak for themselves."""
    parent, texts = condition.parent, []
    for value in condition.values:
        if isinstance(value, Between):
            texts.append(f"{_code(parent)} {named_text(value)}")
        else:
            texts.append(
                _code(value_text(value) if parent == "optimizer" else f"{parent}={value_text(value)}")
            )
    return _listed(texts, "or")


def _for_families(one: Entry) -> str:
    """Return what families' larger presets recommend otherwise."""
    which, known = one.hyperparameter, _full_presets()
    differing: dict[str, list[str]] = {}
    for family in one.families:
        if which.name not in known[family]:
            continue
        theirs = known[family][which.name]
        if theirs.recommended != which.recommended:
            differing.setdefault(_value(theirs.recommended), []).append(family)
        further = [each for each in theirs.recommended_when if each not in which.recommended_when]
        for each in further:
            text = f"{_value(each.value)} with {_choice(each.conditions[0])}"
            differing.setdefault(text, []).append(family)
    return "".join(
        f"; {text} for {_listed(map(_code, families), 'and')}" for text, families in differing.items()
    )


@cache
def _full_presets() -> dict[str, Space]:
    return {family: preset(family, "full") for family in PRESETS}


def _smallest(name: str) -> str:
    """Return the smallest preset that has a hyperparameter."""
    return _sizes().get(name, "none, because the sweep sets it")


@cache
def _sizes() -> dict[str, str]:
    sizes: dict[str, str] = {}
    for size in reversed(SIZES):
        for family, known in PRESETS.items():
            kind = "colour image" if known.kind == "image" else known.kind
            sizes |= dict.fromkeys(preset(family, size, kind=kind).names, size)
    return sizes


def _active(one: Entry) -> str:
    where = [
        f"{_link(condition.parent)} is {_listed((_code(named_text(value)) for value in condition.values), 'or')}"
        for condition in one.hyperparameter.conditions
    ]
    parts = [f"where {' and '.join(where)}"] if where else []
    if one.families != ANY:
        parts.append(_families(one.families))
    if one.tasks not in (ALL_TASKS, ANY_TASK):
        names = {"multilabel": "for several labels a row"}
        parts.append(f"in {' and '.join(names.get(task, task) for task in one.tasks)}")
    kinds = {ROWS: "on tables and arrays", TABLES: "on tables", COLOURED: "on colour pictures"}
    if one.kinds in kinds:
        parts.append(kinds[one.kinds])
    return ", ".join(parts)


def _families(families: tuple[str, ...]) -> str:
    if families == FAMILIES:
        return "in every family"
    if families == HIDDEN:
        return "in every family but `linear`"
    if families in (OF_NUMBERS, (*OF_NUMBERS, "own")):
        return "in every family but `text`"
    return f"in {_listed(map(_code, families), 'and')}"


def _sentence(text: str, which: Hyperparameter) -> str:
    return _marked(text[:1].upper() + text[1:], which)


def _marked(text: str, which: Hyperparameter, *, values: bool = False) -> str:
    """Return a text with names of hyperparameters linked, and words that one types as code."""
    choices = {value_text(choice) for choice in which.choices} if isinstance(which, Categorical) else set()

    def mark(found: re.Match[str]) -> str:
        word = found.group()
        if "=" in word or (values and word in choices):
            return _code(word)
        if "_" in word:
            return _link(word) if word in CATALOGUE else _code(word)
        return word

    return re.sub(r"\b[a-z][a-z0-9_]*(=[a-z_]+)?\b", mark, text)


def _parts(source: str) -> list[str]:
    return source.split("; ")


_PAGE = re.compile(r"((?:keras\.io|scikit-learn\.org|www\.tensorflow\.org)/[^\s:]+)")
_SKLEARN = re.compile(r"\bsklearn\.[a-z_]+\.([A-Za-z]+)")


def _linked(part: str) -> str:
    """Return a source with its page linked."""

    def page(found: re.Match[str]) -> str:
        address = found.group()
        ending = ".html" if address.startswith("scikit-learn.org") else ""
        return f"[{address}](https://{address}{ending})"

    def member(found: re.Match[str]) -> str:
        address = f"https://scikit-learn.org/stable/modules/generated/{found.group()}.html"
        return f"[`{found.group()}`]({address})"

    return _SKLEARN.sub(member, _PAGE.sub(page, part))


def _sources() -> str:
    """Return all papers and books, each with the hyperparameters that name it."""
    parts = {part for one in CATALOGUE.values() for part in _parts(one.hyperparameter.source)}
    papers = {part for part in parts if re.search(r" (19|20)\d\d\b", part)} | {COURSE}
    works: dict[str, list[str]] = {}
    for name, one in CATALOGUE.items():
        for part in _parts(one.hyperparameter.source):
            if part in papers or part.startswith(COURSE):
                names = works.setdefault(_work(part, papers), [])
                names += [name] if name not in names else []
    lines = [
        "## Sources",
        "",
        _ABOUT_SOURCES,
        "",
        *(
            f"- {work[:1].upper() + work[1:]}: {', '.join(map(_link, names))}"
            for work, names in sorted(works.items(), key=lambda item: item[0].lower())
        ),
        "",
    ]
    return "\n".join(lines)


_DETAIL = re.compile(r"(, (sections?|appendix|figure|table) .*|: [a-z0-9].*)$")


def _work(part: str, papers: Iterable[str]) -> str:
    """Return a source without the place in it, and with the title that another entry gives."""
    if part.startswith(COURSE):
        return COURSE
    work = _DETAIL.sub("", part)
    titled = sorted({_DETAIL.sub("", other) for other in papers if other.startswith(f"{work}, ")} - {work})
    titled = [other for other in titled if not other.removeprefix(work).startswith(", section")]
    return titled[0] if titled else work


def _link(name: str) -> str:
    return f"[`{name}`](#{name})"


def _anchor(title: str) -> str:
    """Return the anchor that a heading gets on GitHub."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _code(text: str) -> str:
    return f"`{text}`"


def _value(value: Value) -> str:
    """Return a number as it is, and a word as code."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value_text(value) if is_number else _code(value_text(value))


def _listed(texts: Iterable[str], last: str) -> str:
    """Return ``a, b or c``."""
    *first, end = texts
    return f"{', '.join(first)} {last} {end}" if first else end
