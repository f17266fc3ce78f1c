"""The app as a server on this machine."""

from __future__ import annotations

import logging
import socket
import webbrowser
from dataclasses import dataclass

from dash import Dash
from flask import Flask
from werkzeug.serving import BaseWSGIServer, make_server

from ..errors import KerasweepError, SweepError, one_line
from .callbacks import register
from .downloads import add_downloads
from .security import Doors, guard
from .shell import shell
from .site import Site
from .uploads import LARGEST

logger = logging.getLogger("kerasweep.app")
_PAGE = """<!doctype html>
<html lang="en">
<head>
{%metas%}
<meta name="color-scheme" content="light dark">
<title>{%title%}</title>
{%favicon%}
{%css%}
</head>
<body>
{%app_entry%}
{%config%}
{%scripts%}
{%renderer%}
</body>
</html>"""


def make_app(site: Site, doors: Doors) -> Flask:
    """Return the app of a site.

    Args:
        site: What it shows.
        doors: What the server lets in.
    """
    app = Dash(
        "kerasweep.app",
        title="Kerasweep",
        update_title="",
        index_string=_PAGE,
        suppress_callback_exceptions=True,  # most components are on some pages only
        enable_mcp=False,
        serve_locally=True,
        add_log_handler=False,
        on_error=_on_error,
    )
    app.layout = shell
    register(app, site)
    server: Flask = app.server
    server.config["MAX_CONTENT_LENGTH"] = 2 * LARGEST  # an upload takes four thirds of its size
    add_downloads(server, site, site.jobs)
    guard(server, doors, app.csp_hashes())
    return server


def _on_error(error: Exception) -> None:
    """Log what a callback stumbled over; its page stays as it was."""
    if isinstance(error, KerasweepError):
        logger.warning("%s", one_line(error))
    else:
        logger.error("A page could not be updated.", exc_info=error)


@dataclass(frozen=True)
class Served:
    """A server that listens."""

    server: BaseWSGIServer
    url: str
    """With the token, where one is asked for."""
    site: Site

    def run(self) -> None:
        """Answer until interrupted."""
        try:
            self.server.serve_forever()
        finally:
            self.server.server_close()
            self.site.close()


def listen(storage: str, host: str, port: int, *, asks: bool = False) -> Served:
    """Return a server that listens, and answers once it is run.

    Args:
        storage: URL of the database.
        host: Address to listen on.
        port: Its port; 0 for any that is free.
        asks: Whether it asks for a token even where only this machine reaches it.

    Raises:
        SweepError: The port is taken, or the address is none of this machine's.
    """
    doors, site = Doors.of(host, asks=asks), Site(storage)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line for each request is no use to anyone here
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family, reuse_port=False)
    except OSError as error:
        why = one_line(error.strerror or error)
        raise SweepError(
            f"{host}:{port} cannot be listened on: {why}. Choose another --port, or 0 for any that is free."
        ) from error
    port = listening.getsockname()[1]
    with (
        listening
    ):  # the server has a copy of its own, and would end the process itself where a port is taken
        server = make_server(host, port, make_app(site, doors), threaded=True, fd=listening.fileno())
    name = f"[{host}]" if ":" in host else host
    url = f"http://{name}:{port}/"
    return Served(server, f"{url}?token={doors.token}" if doors.token else url, site)


def open_browser(url: str) -> None:
    """Show an address in the user's browser, where there is one."""
    try:
        if type(webbrowser.get()) is webbrowser.GenericBrowser:
            return  # one of text would take the terminal, and wait for a server that waits for it
        webbrowser.open(url)
    except (webbrowser.Error, OSError):
        logger.info("No browser could be opened.")
