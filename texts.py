"""Numbers, durations, counts and names as people read them, the same on the command line and in reports."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

ABSENT = "–"
"""What stands where there is no value."""

_LARGE, _HUGE = 10_000, 1e9
"""From where numbers have commas, and from where they are told by their power of ten."""
_CUT = "(earlier lines are not kept)\n"


def is_unicode(text: str) -> bool:
    r"""Tell whether a text can be written anywhere: half of a pair of surrogates, such as ``"\\ud800"``, cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def difference_text(value: float, decimals: int) -> str:
    """Return a difference with so many decimals: ``0.6``, ``73,746,543``; a huge one by its power of ten, ``7.981e+09``."""
    if not abs(value) < _HUGE:
        return f"{value:.4g}"
    shown = round(value, decimals) + 0.0
    return f"{shown:,.{decimals}f}" if abs(shown) >= _LARGE else f"{shown:.{decimals}f}"


def number_text(value: float | None, standard_error: float | None = None) -> str:
    """Return a value as people write it: ``0.9734 ± 0.0012``, ``40,990 ± 7,030``, ``3.12e+25 ± 1.1e+24``.

    The error decides how many decimals are shown.
    """
    if value is None:
        return ABSENT
    if not math.isfinite(value):
        return str(value)
    large = _LARGE <= abs(value) < _HUGE
    if standard_error is None or not math.isfinite(standard_error):
        if large:
            return f"{value:,.0f}"
        return f"{value:.4f}" if 0.001 <= abs(value) < 100 or value == 0 else f"{value:.4g}"
    larger = max(abs(value), standard_error)
    if larger >= _HUGE or 0 < larger < 1e-6:
        return f"{value:.4g} ± {standard_error:.2g}"
    decimals = 4 if standard_error == 0 else 1 - math.floor(math.log10(standard_error))
    decimals = min(max(decimals, 0), 4 if abs(value) >= 0.001 or value == 0 else 10)
    form = f",.{decimals}f" if large else f".{decimals}f"
    return f"{value:{form}} ± {standard_error:{form}}"


def scores_text(scores: Sequence[float]) -> str:
    """Return the scores of folds side by side, with as many decimals as the largest of them is written with: ``0.9700  0.9312``."""
    largest = max((abs(score) for score in scores if math.isfinite(score)), default=0.0)
    _, _, decimals = number_text(largest).partition("e")[0].partition(".")
    form = f",.{len(decimals)}f" if largest >= 0.001 or not largest else ".3e"
    return "  ".join(f"{score:{form}}" if math.isfinite(score) else str(score) for score in scores)


def quantity_text(value: float) -> str:
    """Return a number of things with commas (``203,530``), any other to four digits (``0.0004167``)."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:.4g}"


def duration_text(seconds: float) -> str:
    """Return a duration as people say it: ``0.8 s``, ``1 min 47 s``, ``3 h 5 min``."""
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"


def percent_text(share: float) -> str:
    """Return a probability as people say it: ``88 %``, ``less than 1 %``, ``more than 99 %``."""
    if share < 0.01 or share > 0.99:
        return ("less than 1 %" if share > 0 else "0 %") if share < 0.5 else "more than 99 %"
    return f"{100 * share:.0f} %"


def bytes_text(size: float) -> str:
    """Return a size on disk: ``812 kB``, ``3.2 MB``, ``1.4 GB``."""
    for unit, one in (("GB", 1e9), ("MB", 1e6)):
        if size >= one:
            return f"{size / one:.1f} {unit}"
    return f"{math.ceil(size / 1e3)} kB"


BYTE_UNITS = {
    "b": 1,
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
    "tb": 10**12,
    "kib": 2**10,
    "mib": 2**20,
    "gib": 2**30,
    "tib": 2**40,
}
"""In small letters."""


def parse_bytes(text: str) -> float:
    """Return the bytes that ``4GB``, ``500 MB``, ``2GiB`` or ``1.5e9`` mean.

    Raises:
        ValueError: It is no size.
    """
    number = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE]\+?[0-9]+)?"
    found = re.fullmatch(rf"\s*({number})\s*([a-zA-Z]*)\s*", text)
    unit = None if found is None else BYTE_UNITS.get(found[2].lower() or "b")
    if found is None or unit is None:
        raise ValueError("must be a size such as 4GB or 500MB")
    return float(found[1]) * unit


def exact_bytes_text(size: float) -> str:
    """Return a size as it can be written, to the byte: ``4GB``, ``1.5GB``, ``1234567``."""
    for unit in ("GB", "MB"):
        one = BYTE_UNITS[unit.lower()]
        text = f"{size / one:.6f}".rstrip("0").rstrip(".")
        if size >= one and float(text) * one == size:
            return f"{text}{unit}"
    return repr(float(size)).removesuffix(".0")


def count_text(count: float, word: str, plural: str | None = None) -> str:
    """Return ``1 trial``, ``2 trials``, ``2 studies``, ``unbounded trials``."""
    plural = plural or re.sub(r"(?<=[^aeiou])y$", "ie", word) + "s"
    if not math.isfinite(count):
        return f"unbounded {plural}"
    return f"{int(count):,} {word if count == 1 else plural}"


def numbers_text(numbers: Sequence[object], most: int) -> str:
    """Return ``3, 5, 8 and 4 more``: at most so many numbers by name."""
    more = f" and {len(numbers) - most} more" if len(numbers) > most else ""
    return ", ".join(str(number) for number in numbers[:most]) + more


def names_text(names: Iterable[object], most: int = 8) -> str:
    """Return names quoted and separated by commas, shortened after ``most`` of them."""
    words = [f"'{name}'" for name in names]
    if len(words) > most:
        return f"{', '.join(words[:most])} and {len(words) - most} more"
    return ", ".join(words)


def end_of(text: str, most: int) -> str:
    """Return a text of several lines, or its last ones if it has more than so many characters, and says so."""
    if len(text) <= most:
        return text
    end = text[len(_CUT) - most :]
    lines = end.partition("\n")[2]
    return _CUT + (
        lines if len(lines) > most // 2 else end
    )  # a line that has most of it is cut, and not left out


def natural_key(text: str) -> tuple[tuple[int, int, str], ...]:
    """Return a sort key that puts ``img2`` before ``img10`` and is the same in every locale."""
    parts = re.split(r"([0-9]+)", text)
    return tuple((0, int(part), part) if index % 2 else (1, 0, part) for index, part in enumerate(parts))
