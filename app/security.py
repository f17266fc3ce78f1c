"""Who may ask the server: pages of its own, from this machine, or whoever has the token.

Three doors. The ``Host`` of a request must be one of the server's own names, so that a foreign page cannot reach it by
a name that it points at 127.0.0.1 (DNS rebinding). What may change something must come from a page of the server's own
(``Origin``). A server that other machines can reach asks for a token as well.
"""

from __future__ import annotations

import hmac
import ipaddress
import secrets
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from flask import Flask, Response, request

if TYPE_CHECKING:
    from collections.abc import Sequence

SAFE = ("GET", "HEAD", "OPTIONS")
"""Methods that change nothing."""
_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach an address that a server listens on."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class Doors:
    """What a server lets in."""

    host: str
    """What it listens on."""
    token: str | None = field(default=None, repr=False)
    """What a browser must show; None where only this machine can reach the server."""

    @classmethod
    def of(cls, host: str, *, asks: bool = False) -> Doors:
        """Return the doors of a server that listens on an address; ``asks`` for a token even where only this machine reaches it."""
        return cls(host, secrets.token_urlsafe(32) if asks or not is_loopback(host) else None)

    def knows(self, name: str) -> bool:
        """Tell whether a request may call the server by a name, without its port.

        Where other machines reach it, any name will do: a page that calls it by another one has no cookie for the token.
        """
        if not is_loopback(self.host):
            return True
        return name in _LOOPBACK_NAMES or name == self.host.strip("[]") or is_loopback(name)

    def is_token(self, text: str | None) -> bool:
        """Tell whether a text is the token, in a time that does not depend on how much of it is right."""
        return self.token is not None and hmac.compare_digest(
            (text or "").encode(errors="replace"), self.token.encode()
        )


def guard(server: Flask, doors: Doors, scripts: Sequence[str]) -> None:
    """Put the doors in front of a server.

    Args:
        server: The server.
        doors: What it lets in.
        scripts: Hashes of the scripts that its pages hold themselves, as a Content Security Policy names them.
    """
    policy = _policy(scripts)

    @server.before_request
    def check() -> Response | None:
        if not doors.knows(_name_of(request.host)):
            return _refused(
                403, f"This server does not answer to the name '{request.host}'. Open it as http://127.0.0.1."
            )
        if doors.token is not None and (answer := _ask_for_token(doors)) is not None:
            return answer
        if request.method not in SAFE and request.headers.get("Origin") != request.host_url.rstrip("/"):
            return _refused(403, "What changes something must come from a page of this server.")
        return None

    @server.after_request
    def add_headers(answer: Response) -> Response:
        for name, value in {**_HEADERS, "Content-Security-Policy": policy}.items():
            answer.headers.setdefault(name, value)
        return answer


def _ask_for_token(doors: Doors) -> Response | None:
    """Return None for a browser that has shown the token, else what it gets in place of the page."""
    port = urlsplit(request.host_url).port or 80
    cookie = f"kerasweep-{port}"  # cookies know no ports, and two servers may run on one machine
    if doors.is_token(request.cookies.get(cookie)):
        return None
    if request.method == "GET" and doors.is_token(request.args.get("token")):
        rest = urlencode([(name, value) for name, value in request.args.items(multi=True) if name != "token"])
        # Not a redirect: after a click elsewhere a browser would follow it without the cookie, which is strict.
        there = escape(
            f"?{rest}", quote=True
        )  # from where it is: a path that was read would have lost its quotes
        answer = Response(_page(f'<meta http-equiv="refresh" content="0;url={there}">', "Opening …"))
        answer.set_cookie(cookie, str(doors.token), httponly=True, samesite="Strict", path="/")
        return answer
    form = (
        '<form method="get" action="/"><label>Token <input name="token" type="password" autocomplete="off" required>'
        "</label> <button>Open</button></form>"
    )
    words = "This server asks for the token that it printed when it was started."
    return Response(_page("", f"<p>{words}</p>{form}"), 401)


def _name_of(host: str) -> str:
    """Return the name in a ``Host`` header, without port and brackets."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def _refused(status: int, why: str) -> Response:
    return Response(f"{why}\n", status, mimetype="text/plain")


def _page(head: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Kerasweep</title>{head}</head>'
        f"<body><main>{body}</main></body></html>"
    )


def _policy(scripts: Sequence[str]) -> str:
    """Return what pages may load and run: the server's own scripts, and nothing from anywhere else."""
    parts = {
        "default-src": "'self'",
        # Figures with many axes are drawn by WebGL, for which Plotly makes functions of text.
        "script-src": " ".join(("'self'", "'unsafe-eval'", *scripts)),
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "connect-src": "'self'",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in parts.items())
