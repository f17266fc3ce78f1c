"""What encoding a file's text may have, where it is not the one that it was read in."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from ...errors import DataError
from ...texts import is_unicode
from .delimited import UTF_8, marked_encoding, open_bytes

_SAMPLE = 2**16
"""Bytes of lines beyond ASCII that are looked at."""
_SCRIPTS = {
    "cp949": r"[가-힣]",
    "shift_jis": r"[\u3000-\u30ff\u4e00-\u9fff\uff01-\uff60]",
    "cp932": r"[\u3000-\u30ff\u4e00-\u9fff\uff01-\uff60]",
}
"""Encodings of two bytes a letter, and the letters that text in them is made of."""
_HALF = "holds half of a pair of surrogates, which no file can hold"


def file_encoding(path: Path, asked: str | None) -> str:
    """Return the encoding that a file is read in: what is asked for, else its byte order mark's, else UTF-8.

    Raises:
        DataError: There is no such encoding of text.
    """
    return _checked(asked) if asked else marked_encoding(path)


def _checked(name: str) -> str:
    try:
        b"a".decode(name)
    except (LookupError, ValueError) as error:  # also what is an encoding of bytes, such as rot13
        if not isinstance(error, UnicodeDecodeError):
            raise DataError(
                f"there is no encoding '{name}'; known are utf-8, utf-16, cp949, shift_jis, latin-1 and all others of Python"
            ) from error
    return UTF_8 if re.sub(r"[-_ ]", "", name).lower() == "utf8" else name


def encoding_problem(path: Path, encoding: str) -> str:
    """Return what of a file is not in an encoding, and the word for ``--encoding`` that may read it."""
    word = encoding.removesuffix("-sig").upper() if encoding == UTF_8 else encoding
    with open_bytes(path) as stream:
        start = stream.read(4096)
    if b"\0" in start:
        order = "le" if start[1::2].count(0) > start[::2].count(0) else "be"
        return f"not {word} text, but UTF-16 by its null bytes: --encoding utf-16-{order} reads it"
    where, beyond_ascii = "", b""
    with open_bytes(path) as stream:
        for number, line in enumerate(stream, 1):
            if not line.isascii() and len(beyond_ascii) < _SAMPLE:
                beyond_ascii += line
            try:
                line.decode(encoding)
            except UnicodeDecodeError as error:
                where = where or f"line {number} is not {word} text (byte {error.object[error.start]:#04x})"
    likely = likely_encoding(beyond_ascii)
    hint = f"perhaps --encoding {likely}" if likely else "name its encoding: --encoding cp1251, gb18030, ..."
    return f"{where or f'not {word} text'}; {hint}"


def likely_encoding(text: bytes) -> str | None:
    """Return the encoding in which bytes are most likely text: Korean, Japanese, or of western Europe; None for others.

    Letters of two bytes must be common ones of their script, and come in words; accented letters come by ones and twos.
    """
    for name, letters in _SCRIPTS.items():
        try:
            words = re.findall(r"[^\x00-\x7f]+", text.decode(name))
        except UnicodeDecodeError:
            continue
        found = re.findall(letters, "".join(words))
        common = (
            sum(len(letter.encode("euc_kr", "ignore")) == 2 for letter in found)
            if name == "cp949"
            else len(found)
        )
        if words and common >= 0.8 * sum(map(len, words)) >= 1.2 * len(words):
            return name
    accented = re.findall(rb"[\x80-\xff]+", text)
    if not accented or sum(map(len, accented)) >= 2.5 * len(accented):
        return None
    return "cp1252" if re.search(rb"[\x80-\x9f]", text) else "latin-1"


def check_unicode(values: Any, name: str) -> None:
    """Refuse texts that no file can hold, in a table's names and columns, a list or an array.

    Raises:
        DataError: There is half of a pair of surrogates.
    """
    columns = values.items() if hasattr(values, "columns") else [("", values)]
    for column, cells in columns:
        if isinstance(column, str) and not is_unicode(column):
            raise DataError(f"{name}: the name of column {column!a} {_HALF}: rename it")
        if getattr(getattr(cells, "dtype", None), "kind", "O") not in "OU":
            continue
        kinds = getattr(cells, "cat", None)
        broken = [
            cell
            for cell in (kinds.categories if kinds is not None else cells)
            if isinstance(cell, str) and not is_unicode(cell)
        ]
        if broken:
            where = f"column '{column}'" if column != "" else "a text"
            raise DataError(
                f"{name}: {where} {_HALF}, as in {broken[0][:40]!a}: "
                'text.encode("utf-8", "replace").decode() puts a question mark in its place'
            )
