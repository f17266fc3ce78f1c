"""Text that people wrote, in a table's columns or as a source's only feature: how it is recognised, and as which text it is read.

What becomes of it is in ``vectorization.py``; nothing here is learned from rows.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

TEXT = "text"
"""The column of texts that come without a table: a list of them, or a folder."""
FEWEST_WORDS = 3
"""On average, of texts that are sentences rather than categories."""
MAX_TOKENS, SEQUENCE_LENGTH = 20_000, 500
"""Google's guide to text classification: the 20,000 most frequent words, the first 500 of a text.

Source: developers.google.com/machine-learning/guides/text-classification, step 3.
"""
LONGEST_WORD = 100
"""Letters of a word; what is longer is none."""
_WITHOUT_SPACES = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]")
"""Letters of scripts that part no words with spaces: Thai, Japanese, Chinese."""

_IN_A_WORD = re.compile(r"""[^\s!"#$%&()*+,\-./:;<=>?@\[\\\]^_`{|}~']""")
"""What ``TextVectorization`` does not strip."""


@dataclass(frozen=True)
class TextExtent:
    """How much text the training rows have: an upper bound of what can be learned from any of them."""

    longest_words: int
    """Words of the longest text."""
    longest_characters: int
    different_words: int
    different_characters: int
    words: int
    """Of all texts together."""
    characters: int


TOKENS, FEATURES = "tokens", "features"
"""The inputs of a model that reads texts beside other columns."""

SPECIAL_TOKENS = 2
"""Of ``TextVectorization``: 0 for none, 1 for a word that it does not know."""


@dataclass(frozen=True)
class TextRecipe:
    """What becomes of a row's text."""

    max_tokens: int
    """Numbers of tokens, with 0 for none and 1 for unknown ones; words are learned from training rows, the most frequent ones."""
    length: int
    """Tokens of a row; longer texts are cut, shorter ones filled with 0."""
    unit: str = "word"
    """What a token is: a ``word`` or a ``character``."""
    ngrams: int = 1
    """Units in a row that are a token as well: with 2 each unit, and after them each pair of neighbours."""

    @property
    def longest_word(self) -> int | None:
        """Letters that are kept of what stands between spaces, all of them where each is a token."""
        return None if self.unit == "character" else LONGEST_WORD

    @property
    def layer_arguments(self) -> dict[str, Any]:
        """What Keras's ``TextVectorization`` is made with."""
        split = {"split": "character"} if self.unit == "character" else {}
        ngrams = {"ngrams": self.ngrams} if self.ngrams > 1 else {}
        return {"max_tokens": self.max_tokens, "output_sequence_length": self.length, **split, **ngrams}


def is_prose(texts: Sequence[str], fewest: int = FEWEST_WORDS) -> bool:
    """Tell whether texts have at least some words on average; a letter of a script without spaces counts as one."""
    words = sum(len(text.split()) + len(_WITHOUT_SPACES.findall(text)) for text in texts)
    return words >= fewest * len(texts)


def columns_of_text(frame: Any) -> tuple[str, ...]:
    """Return the columns of a cleaned table that hold text."""
    return tuple(
        str(column)
        for column, dtype in frame.dtypes.items()
        if dtype.name != "category" and dtype.kind not in "biuf"
    )


def text_table(values: Any) -> Any:
    """Return a table of one column, ``text``, of an array or list of texts; anything else as it is.

    A missing text is an empty one, and half of a pair of surrogates, which no file can hold, a question mark.
    """
    import pandas as pd

    if isinstance(values, list | tuple):
        cells = list(values)
    elif isinstance(values, np.ndarray) and values.dtype.kind in "UTSO" and values.size == len(values):
        cells = values.reshape(-1).tolist()
    else:
        return values
    texts = [cell.decode("utf-8", "replace") if isinstance(cell, bytes) else cell for cell in cells]
    known = [cell for cell in texts if cell is not None and not (isinstance(cell, float) and np.isnan(cell))]
    if not known or not all(isinstance(cell, str) for cell in known):
        return values
    plain = [
        str(cell).encode("utf-8", "replace").decode("utf-8") if isinstance(cell, str) else ""
        for cell in texts
    ]
    return pd.DataFrame({"text": pd.Series(plain, dtype=object)})


def plain_texts(frame: Any, columns: Sequence[str], longest: int | None = None) -> np.ndarray:
    """Return one text a row, ``(rows,)``: its columns one after the other, in lower case, with single spaces.

    Lower case and spaces are those of Unicode, of which ``TextVectorization`` knows the first 128 letters
    only. Accents are composed (NFC). A missing text is an empty one.

    Args:
        frame: The table.
        columns: Its columns of text.
        longest: Letters that are kept of what stands between spaces: in Keras's array of words each
            takes as much memory as the longest.
    """
    cells = frame[list(columns)].astype(object)
    texts = []
    for row in cells.where(cells.notna(), "").itertuples(index=False):
        text = unicodedata.normalize("NFC", " ".join(map(str, row)).lower().replace("\0", " "))
        plain = " ".join(word[:longest] for word in text.split())
        texts.append(plain.encode("utf-8", "replace").decode("utf-8"))
    return np.array([*texts, ""], dtype=object)[:-1]  # NumPy takes an empty list for numbers


def have_words(frame: Any, columns: Sequence[str]) -> np.ndarray:
    """Return which rows' texts hold any word, ``(rows,)`` bool."""
    return np.array([bool(_IN_A_WORD.search(text)) for text in plain_texts(frame, columns)], bool)


def extent_of(texts: Iterable[str]) -> TextExtent:
    """Return how much there is of texts as ``plain_texts`` gives them."""
    longest_words = longest_characters = all_words = all_characters = 0
    words: set[str] = set()
    characters: set[str] = set()
    for text in texts:
        parts = text.split()
        longest_words, longest_characters = max(longest_words, len(parts)), max(longest_characters, len(text))
        words.update(parts)
        characters.update(text)
        all_words, all_characters = all_words + len(parts), all_characters + len(text)
    different = len(words), len(characters)
    return TextExtent(longest_words, longest_characters, *different, all_words, all_characters)


def text_recipe(
    extent: TextExtent, max_tokens: int, length: int, unit: str = "word", ngrams: int = 1
) -> TextRecipe:
    """Return what becomes of texts; no more tokens, and no longer rows, than there can be in training rows."""
    if unit == "word":
        longest, different, units = extent.longest_words, extent.different_words, extent.words
    else:
        longest, different, units = extent.longest_characters, extent.different_characters, extent.characters
    different += sum(min(different**size, units) for size in range(2, ngrams + 1))
    longest += sum(max(0, longest - size) for size in range(1, ngrams))
    return TextRecipe(min(max_tokens, different + SPECIAL_TOKENS), max(1, min(length, longest)), unit, ngrams)


def with_token_shape(text: TextRecipe, columns: tuple[int, ...]) -> Any:
    """Return the shape of a row of tokens, and of columns beside them where there are any."""
    return {TOKENS: (text.length,), FEATURES: columns} if columns[0] else (text.length,)
