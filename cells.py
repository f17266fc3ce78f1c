"""How a table's cell reads: a text without what surrounds it, a number, or a mark that stands for no value.

Data are read so, and so are the rows that an exported model predicts: exports hold these functions' source.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Any

MARKS = (
    "",
    "?",
    "-",
    "--",
    ".",
    "..",
    "*",
    "na",
    "n/a",
    "n.a.",
    "#n/a",
    "<na>",
    "nan",
    "null",
    "nil",
    "none",
)
"""Texts that stand for a missing number, in lower case."""
UNKNOWN = "?"
"""What stands for a missing class, too; of the other marks, ``-`` may be one beside ``+``."""


def plain_text(cell: Any) -> str | None:
    """Return a cell as text without spaces and quotes around it, 3.0 as ``3``; None where nothing is left."""
    if isinstance(cell, bytes):  # as HDF5 files have texts
        cell = cell.decode(errors="backslashreplace")
    text = str(int(cell) if isinstance(cell, float) and cell.is_integer() else cell).strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1].strip()
    return text or None


def class_text(cell: Any) -> str | None:
    """Return a class's name as plain text; None where it stands for no class: nothing, or a question mark."""
    text = plain_text(cell)
    return None if text == UNKNOWN else text


def plain_number(cell: Any) -> float:
    """Return the number that a cell says; NaN for a mark, ValueError for a word. Commas part thousands."""
    if not isinstance(cell, str):
        return float(cell)
    text = plain_text(cell) or ""
    if text.casefold() in MARKS:
        return float("nan")
    if "_" in text:  # Python would take 1_2 for 12, which is a code
        raise ValueError(f"'{text}' is not a number")
    return float(text.replace(",", "") if re.fullmatch(r"[-+]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?", text) else text)


def comma_number(cell: Any) -> float:
    """Return the number that a cell says with a decimal comma, ``1.234,5``; else as ``plain_number`` does."""
    text = (plain_text(cell) or "") if isinstance(cell, str) else ""
    if not text or text.casefold() in MARKS:
        return plain_number(cell)
    if not re.fullmatch(r"[-+]?(\d+|\d{1,3}(\.\d{3})+)(,\d+)?", text):
        raise ValueError(f"'{text}' is not a number with a decimal comma")
    return float(text.replace(".", "").replace(",", "."))


def number_reader(cells: Collection[Any], *, beside_commas: bool = False) -> Callable[[Any], float] | None:
    """Return the function that reads a column's texts as numbers; None where some are words.

    Args:
        cells: What there is of a column; missing values are left out.
        beside_commas: Whether another column has decimal commas for sure, so that ``1,234`` has one, too.
    """
    says_numbers = numbers_in(cells) is not None
    if has_decimal_commas(cells) and (beside_commas or not says_numbers):
        return comma_number
    return plain_number if says_numbers else None


def numbers_in(cells: Collection[Any]) -> list[float] | None:
    """Return the numbers that a column's texts say, NaN for marks; None where some are words.

    Also None where all are plain digits already, which somebody wants as text, and where one begins with a 0, as
    postcodes do.

    Args:
        cells: What there is of a column; missing values are left out.
    """
    texts = [str(cell) for cell in cells]
    if all(is_plain_number(text) for text in texts) or any(
        re.fullmatch(r"\s*['\"]?0\d+\D*", text) for text in texts
    ):
        return None
    try:
        numbers = [plain_number(text) for text in texts]
    except ValueError:
        return None
    return numbers if any(number == number for number in numbers) else None  # noqa: PLR0124 - one is not NaN


def has_decimal_commas(cells: Collection[Any]) -> bool:
    """Tell whether a column is numbers such as ``1,5``, marks aside."""
    texts = [text for text in (plain_text(cell) or "" for cell in cells) if text.casefold() not in MARKS]
    return (
        bool(texts)
        and all(re.fullmatch(r"[-+]?(\d+|\d{1,3}(\.\d{3})+)(,\d+)?", text) for text in texts)
        and any("," in text for text in texts)
    )


def is_mark_or_number(text: str) -> bool:
    """Tell whether a text is no word."""
    try:
        plain_number(text)
    except ValueError:
        return False
    return True


def is_plain_number(text: str) -> bool:
    """Tell whether a text is a number as programs write it."""
    return re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", text, re.IGNORECASE) is not None
