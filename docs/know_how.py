"""The page ``know-how.md``: the catalogue of hyperparameters as practitioners read it.

The entries are the catalogue's; what it does not hold is written in ``know_how_texts.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
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
from know_how_texts import ABOUT_FIRST, ABOUT_SOURCES, CHAPTERS, INTRODUCTION, LEFT_OUT, SYMPTOMS


def know_how_page() -> str:
    """Return the page, as Markdown."""
    parts = [
        _introduction(),
        _first(),
        _symptoms(),
        *(_chapter(group, entries) for group, entries in GROUPS.items()),
        LEFT_OUT,
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
    return INTRODUCTION.format(
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
        ABOUT_FIRST,
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
        ABOUT_SOURCES,
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
