"""The command that opens the web app."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Annotated

import typer

from ..errors import UsageError
from ..printing import make_console, styled
from ..studies import shown_storage, storage_url
from .options import Storage

NEEDED = ("dash", "dash_mantine_components", "dash_ag_grid")
"""Packages of the extra ``app``."""


def ui(
    host: Annotated[
        str, typer.Option(help="Address to listen on; others than this machine's own ask for a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 for any that is free.")] = 8050,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the page in a browser.")
    ] = True,
    token: Annotated[
        bool, typer.Option("--token", help="Ask for a token here, too: where others log in to this machine.")
    ] = False,
    storage: Storage = None,
) -> None:
    """Open the web app: launch, browse, compare and export in a browser.

    [dim]kerasweep ui[/]
    [dim]kerasweep ui --storage results.db --port 0 --no-browser[/]
    """
    if any(find_spec(name) is None for name in NEEDED):
        raise UsageError("The web app needs a few more packages: pip install 'kerasweep[app]'")
    from ..app.server import listen, open_browser

    url = storage_url(storage)
    served = listen(url, host, port, asks=token)
    console = make_console()
    console.print(styled(shown_storage(url), " at ", (served.url, "bold")), soft_wrap=True)
    console.print("Press Ctrl-C to end; sweeps that run go on.", style="dim")
    if browser:
        open_browser(served.url)
    served.run()
