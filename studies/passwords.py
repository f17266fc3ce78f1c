"""Keeps passwords out of what is shown: of a storage's address, and of what a driver or a traceback says of it."""

from __future__ import annotations

import re
from urllib.parse import unquote

from ..errors import one_line

HIDDEN = "***"
_OPTION = re.compile(r"([?&][^=&#\s]*(?:pass|pwd|secret|token)[^=&#\s]*=)[^&#\s]*", re.IGNORECASE)
_CREDENTIALS = re.compile(
    r"(?!sqlite)(?P<scheme>[a-z][\w+.-]*:/+|(?![a-z][\w+.-]*:/))(?P<user>[^:/@\s]*):(?P<password>.*)@(?P<rest>.*)",
    re.DOTALL,
)
_IN_A_TEXT = re.compile(r"""(\b[a-z][\w+.-]*://[^\s:/@'"]*:)[^'"\n]*@""", re.IGNORECASE)
_SHORTEST = 3
"""Letters of a part of a password that is looked for in a message; fewer stand in many words."""


def without_password(url: str) -> str:
    """Return a URL that may be shown: its password, if any, is starred out, also where the URL is misspelt."""
    found = _CREDENTIALS.fullmatch(url)
    if found is not None:
        url = f"{found['scheme']}{found['user']}:{HIDDEN}@{found['rest']}"
    return _OPTION.sub(rf"\1{HIDDEN}", url)


def without_passwords(text: str) -> str:
    """Return a text, as a traceback, in which the password of every URL is starred out."""
    return _OPTION.sub(rf"\1{HIDDEN}", _IN_A_TEXT.sub(rf"\1{HIDDEN}@", text))


def reason_of(error: BaseException, url: str) -> str:
    """Return what went wrong with a storage, in one line that does not hold its password, or a part of it.

    A password in which ``@`` is not written ``%40`` is cut there, and its end taken for the name of the server.
    """
    found = _CREDENTIALS.fullmatch(url)
    password = "" if found is None else found["password"]
    # What a driver says, without what SQLAlchemy puts around it.
    reason, plain = one_line(getattr(error, "orig", None) or error), unquote(password)
    # Before URLs are looked for, whose pattern would take a part of a decoded password for a server's name.
    for part in sorted({password, plain, *password.split("@"), *plain.split("@")}, key=len, reverse=True):
        if len(part) >= _SHORTEST:
            reason = reason.replace(part, HIDDEN)
    reason = without_passwords(reason)
    if "@" not in password:
        return reason
    return f"{reason.rstrip('.')}; a password's own @ is written %40 in a URL"
